"""The shape of a training file's lines, checked as OpenAI checks it and refused in OpenAI's words.

Source: the schemas ``FineTuneChatRequestInput`` and ``FineTunePreferenceRequestInput`` of the public OpenAPI
description (July 2025, the last with them), and messages that OpenAI's service is known to give. What a model cannot
learn from although its shape is right is for its trainer to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Literal, NoReturn

from ftdesk.engine.trainers.protocol import Method

FormatCode = Literal["invalid_training_file", "invalid_file_format"]

MIN_EXAMPLES = 10
MAX_LINE_BYTES = 64 << 20
"""Parsed, a line takes several times its size in memory."""
SPECIAL_TOKENS = (
    *("<|endoftext|>", "<|endofprompt|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>"),
    *("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
)
_HINT_LENGTH = 10
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MESSAGE_KEYS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"role", "content", "name"}),
    "user": frozenset({"role", "content", "name"}),
    "assistant": frozenset({"role", "content", "name", "weight", "refusal", "tool_calls", "function_call"}),
    "tool": frozenset({"role", "content", "tool_call_id"}),
    "function": frozenset({"role", "content", "name"}),
}
_PART_KEYS: Mapping[str, tuple[str, type]] = {
    "text": ("text", str),
    "refusal": ("refusal", str),
    "image_url": ("image_url", dict),
}
_PART_TYPES: Mapping[str, frozenset[str]] = {
    "system": frozenset({"text"}),
    "user": frozenset({"text", "image_url"}),
    "assistant": frozenset({"text", "refusal"}),
    "tool": frozenset(),
    "function": frozenset(),
}
_CHAT_KEYS = frozenset({"messages", "tools", "parallel_tool_calls", "functions"})
_INPUT_KEYS = frozenset({"messages", "tools", "parallel_tool_calls"})
_PREFERENCE_KEYS = frozenset({"input", "preferred_output", "non_preferred_output"})


class FormatError(Exception):
    """A line is not as it must be. ``text`` is the sentence without its prefix about the file."""

    def __init__(self, code: FormatCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def parse_line(line: bytes, number: int, example: int) -> dict[str, Any]:
    """The dictionary in a line; ``number`` counts all lines, ``example`` those with text. Raises ``FormatError``."""
    if len(line) > MAX_LINE_BYTES:
        raise FormatError(
            "invalid_training_file",
            f"Invalid file format. Example {example} has {len(line)} bytes, more than {MAX_LINE_BYTES} (line {number})",
        )
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise FormatError(
            "invalid_training_file",
            f"Invalid file format. Example {example} cannot be parsed. "
            f"Error: line contains invalid json: {reason} (line {number})",
        ) from None
    if not isinstance(value, dict):
        raise FormatError("invalid_training_file", not_a_dictionary(line, number))
    # Escapes such as \ud83d without their second half parse, but are no text: nothing could store or tokenise them.
    if rb"\ud" in line.lower() and _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise FormatError(
            "invalid_training_file", f"Invalid file format. Example {example} contains an unpaired surrogate."
        )
    return value


def not_a_dictionary(line: bytes, number: int) -> str:
    """What OpenAI says, at upload already, of a line that holds no JSON object."""
    hint = line.decode("utf-8", "replace").strip()[:_HINT_LENGTH]
    return (
        "Expected file to have JSONL format, where every line is a JSON dictionary. "
        f'Line {number} is not a dictionary (HINT: line starts with: "{hint}...").'
    )


def check_shape(method: Method, value: Mapping[str, Any], example: int) -> None:
    """Check one example. Raises ``FormatError``."""
    if method == "supervised":
        _check_chat(value, example)
    else:
        _check_preference(value, example)


def format_of(value: Mapping[str, Any]) -> Literal["fine-tune-chat", "fine-tune-preference"] | None:
    """Which of OpenAI's formats an example seems to be in, by its keys."""
    if "messages" in value:
        return "fine-tune-chat"
    if value.keys() & _PREFERENCE_KEYS:
        return "fine-tune-preference"
    return None


def _check_chat(value: Mapping[str, Any], example: int) -> None:
    if "messages" not in value:
        raise FormatError("invalid_file_format", f"Invalid file format. Example {example} is missing key 'messages'")
    _refuse_extra(value, _CHAT_KEYS, example)
    _check_messages(value["messages"], example)
    _check_tools(value.get("tools"), example)
    if not any(message["role"] == "assistant" for message in value["messages"]):
        _refuse(f"Example {example} has no message with role 'assistant'")


def _check_preference(value: Mapping[str, Any], example: int) -> None:
    for key in ("input", "preferred_output", "non_preferred_output"):
        if key not in value:
            raise FormatError("invalid_file_format", f"Invalid file format. Example {example} is missing key '{key}'")
    _refuse_extra(value, _PREFERENCE_KEYS, example)
    prompt = value["input"]
    if not isinstance(prompt, dict):
        _refuse(f'Example {example}, key "input": Input should be a valid dictionary')
    if "messages" not in prompt:
        raise FormatError("invalid_file_format", f"Invalid file format. Example {example} is missing key 'messages'")
    _refuse_extra(prompt, _INPUT_KEYS, example)
    _check_messages(prompt["messages"], example)
    _check_tools(prompt.get("tools"), example)
    for key in ("preferred_output", "non_preferred_output"):
        output = value[key]
        if not isinstance(output, list) or len(output) != 1:
            _refuse(f'Example {example}, key "{key}": List should have exactly 1 item')
        _check_messages(output, example)
        if output[0]["role"] != "assistant":
            _refuse(f"Example {example}, key \"{key}\": Input should be a message with role 'assistant'")


def _check_messages(messages: Any, example: int) -> None:
    if not isinstance(messages, list):
        _refuse(f'Example {example}, key "messages": Input should be a valid list')
    if not messages:
        _refuse(f'Example {example}, key "messages": List should have at least 1 item')
    for number, message in enumerate(messages, 1):
        _check_message(message, f"Example {example}, message {number}", example)


def _check_message(message: Any, place: str, example: int) -> None:
    if not isinstance(message, dict):
        _refuse(f"{place}: Input should be a valid dictionary")
    if "role" not in message:
        _refuse(f"{place} Discriminator 'role' is missing in value")
    role = message["role"]
    if not isinstance(role, str) or role not in _MESSAGE_KEYS:
        roles = ", ".join(f"'{known}'" for known in _MESSAGE_KEYS)
        _refuse(f"{place} Input tag {role!r} found using 'role' does not match any of the expected tags: {roles}")
    for key in message:
        if key not in _MESSAGE_KEYS[role]:
            _refuse(f'{place}, key "{key}": Extra inputs are not permitted')
    _check_content(message, role, place)
    if role == "assistant":
        _check_assistant(message, place)
    if role == "tool":
        _want(message, "tool_call_id", str, "string", place)
    for text in _texts(message):
        for token in SPECIAL_TOKENS:
            if token in text:
                raise FormatError(
                    "invalid_file_format",
                    f"Invalid file format. Example {example} message contains an invalid token: {token}.",
                )


def _check_content(message: Mapping[str, Any], role: str, place: str) -> None:
    content = message.get("content")
    if isinstance(content, str):
        return
    if content is None:
        if role != "assistant" or not any(message.get(key) for key in ("tool_calls", "function_call", "refusal")):
            _refuse(f'{place}, key "content": Input should be a valid string')
        return
    if not isinstance(content, list) or not content or not _PART_TYPES[role]:
        _refuse(f'{place}, key "content": Input should be a valid string')
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(kind, str) or kind not in _PART_TYPES[role]:
            _refuse(f'{place}, key "content": Input should be a valid content part')
        key, wanted = _PART_KEYS[kind]
        if not isinstance(part.get(key), wanted):
            _refuse(f'{place}, key "content.{key}": Field required')
        if kind == "image_url" and not isinstance(part[key].get("url"), str):
            _refuse(f'{place}, key "content.image_url.url": Field required')


def _check_assistant(message: Mapping[str, Any], place: str) -> None:
    weight = message.get("weight", 1)
    if isinstance(weight, bool) or weight not in (0, 1):
        _refuse(f'{place}, key "weight": Input should be 0 or 1')
    calls = message.get("tool_calls")
    if calls is None:
        return
    if not isinstance(calls, list) or not calls:
        _refuse(f'{place}, key "tool_calls": Input should be a valid list')
    for call in calls:
        if not isinstance(call, dict) or call.get("type") != "function" or not isinstance(call.get("function"), dict):
            _refuse(f'{place}, key "tool_calls": Input should be a valid function call')
        _want(call, "id", str, "string", f"{place}, tool_calls")
        for key in ("name", "arguments"):
            _want(call["function"], key, str, "string", f"{place}, tool_calls.function")


def _check_tools(tools: Any, example: int) -> None:
    if tools is None:
        return
    if not isinstance(tools, list):
        _refuse(f'Example {example}, key "tools": Input should be a valid list')
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type") != "function":
            _refuse(f'Example {example}, key "tools": Input should be a valid function')
        _want(function, "name", str, "string", f"Example {example}, tools.function")


def _texts(message: Mapping[str, Any]) -> list[str]:
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = (part.get("text") for part in parts)
    return [text for text in texts if isinstance(text, str)]


def _want(value: Mapping[str, Any], key: str, kind: type, name: str, place: str) -> None:
    if not isinstance(value.get(key), kind):
        _refuse(f'{place}, key "{key}": Input should be a valid {name}')


def _refuse_extra(value: Mapping[str, Any], known: Collection[str], example: int) -> None:
    for key in value:
        if key not in known:
            raise FormatError(
                "invalid_file_format", f'Invalid file format. Example {example} contains an extra "{key}".'
            )


def _refuse(text: str) -> NoReturn:
    raise FormatError("invalid_training_file", f"Invalid file format. {text}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
