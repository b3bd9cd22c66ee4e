"""What a row means: how each widely used shape of training data becomes an example in OpenAI's format.

A shape recognises a row by its keys, says why, and converts it. What it cannot convert it refuses with a reason, and
what it had no use for stays in the row, to be told: nothing is dropped or guessed silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdesk.dataset.formats.conversion import (
    Example,
    NotConvertibleError,
    messages_in,
    optional_text_in,
    parsed_text,
    present,
    refuse_apart,
    system_in,
    text_in,
    tools_in,
    turn_of,
)
from ftdesk.dataset.formats.transcripts import from_chatgpt, from_log, log_keys


@dataclass(frozen=True, slots=True)
class Shape:
    """``recognise`` gives the keys by which it knew the row, or nothing.

    ``convert`` takes out of the row what it uses, so that what is left in it is what an example has no place for. It
    raises ``NotConvertibleError`` where the example would mean something else without that.
    """

    name: str
    title: str
    recognise: Callable[[Mapping[str, Any]], Sequence[str]]
    convert: Callable[[dict[str, Any]], Example]


_SHAREGPT_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "tool": "tool",
    "observation": "tool",
    "function_response": "tool",
}


def _openai_keys(row: Mapping[str, Any]) -> Sequence[str]:
    if row.get("preferred_output") is not None:
        return present(row, "input", "preferred_output", "non_preferred_output")
    return present(row, "messages")


def _from_openai(row: dict[str, Any]) -> Example:
    example = dict(row)
    row.clear()
    for key in ("messages", "preferred_output", "non_preferred_output"):
        if example.get(key) is not None:
            example[key] = messages_in(example[key], key)
    for key in ("tools", "input") if "preferred_output" in example else ("tools",):
        if example.get(key) == "":
            del example[key]  # an empty cell
        elif isinstance(text := example.get(key), str):
            example[key] = parsed_text(text, key)
    return example


def _from_sharegpt(row: dict[str, Any]) -> Example:
    refuse_apart(row)
    key = "conversation" if present(row, "conversation") else "conversations"
    messages = system_in(row)
    for number, turn in enumerate(messages_in(row.pop(key, None), key), start=1):
        rest = dict(turn)
        speaker = rest.pop("from", None) if "from" in rest else rest.pop("role", None)
        role = _SHAREGPT_ROLES.get(str(speaker).lower())
        text = rest.pop("value", None) if "value" in rest else rest.pop("content", None)
        if role is None:
            raise NotConvertibleError(f"turn {number} is from “{speaker}”, which is no role")
        if role == "tool":
            raise NotConvertibleError(f"turn {number} is a tool's answer without the id of its call")
        if not isinstance(text, str):
            raise NotConvertibleError(f"turn {number} has no text")
        message = turn_of(role, text)
        if role == "assistant" and (weight := rest.pop("weight", None)) is not None:
            if weight not in (0, 1):
                raise NotConvertibleError(f"turn {number} has the weight {weight}, and an example knows only 0 and 1")
            message["weight"] = int(weight)
        elif rest.get("weight") == 0:
            del rest["weight"]  # nobody trains on a question anyway
        messages.append(message)
        row.update({f"{key}.{name}": value for name, value in rest.items() if value not in (None, "")})
    return {"messages": messages, **tools_in(row)}


def _from_alpaca(row: dict[str, Any]) -> Example:
    refuse_apart(row)
    messages = system_in(row)
    history = row.pop("history", None) or []
    if not isinstance(history, list):
        raise NotConvertibleError("“history” is not a list")
    for number, past in enumerate(history, start=1):
        if not (isinstance(past, list) and len(past) == 2 and all(isinstance(text, str) for text in past)):
            raise NotConvertibleError(f"entry {number} of “history” is not a question with its answer")
        messages += [turn_of("user", past[0]), turn_of("assistant", past[1])]
    instruction, extra = text_in(row, "instruction"), optional_text_in(row, "input")
    messages.append(turn_of("user", f"{instruction}\n\n{extra}" if extra else instruction))
    return {"messages": [*messages, turn_of("assistant", text_in(row, "output"))]}


def _pair_keys(row: Mapping[str, Any]) -> Sequence[str]:
    for prompt in ("prompt", "question", "query", "input", "user"):
        for answer in ("completion", "answer", "response", "output", "assistant"):
            if found := present(row, prompt, answer):
                return found
    return ()


def _from_pair(row: dict[str, Any]) -> Example:
    keys = _pair_keys(row)
    if not keys:
        raise NotConvertibleError("there is no prompt with its completion")
    refuse_apart(row)
    messages = system_in(row)
    if all(isinstance(row[key], list) for key in keys):
        for key in keys:
            messages += messages_in(row.pop(key), key)
    else:
        messages += [turn_of("user", text_in(row, keys[0])), turn_of("assistant", text_in(row, keys[1]))]
    return {"messages": messages, **tools_in(row)}


def _from_chosen(row: dict[str, Any]) -> Example:
    """TRL's preference shape: texts or lists of messages, with the prompt apart or as the common beginning of both."""
    refuse_apart(row)
    answers: dict[str, list[Any]] = {}
    for key in ("chosen", "rejected"):
        value = row.pop(key, None)
        answers[key] = [turn_of("assistant", value)] if isinstance(value, str) else messages_in(value, key)
    before = _asked(row.pop("prompt", None), *answers.values())
    for key, answer in answers.items():
        if answer[: len(before)] == before:
            del answer[: len(before)]
        if len(answer) != 1:
            raise NotConvertibleError(f"“{key}” has {len(answer)} messages after the prompt, where a preference has 1")
    return {
        "input": {"messages": [*system_in(row), *before], **tools_in(row)},
        "preferred_output": answers["chosen"],
        "non_preferred_output": answers["rejected"],
    }


def _from_preference_columns(row: dict[str, Any]) -> Example:
    """The table that is written for preference examples."""
    refuse_apart(row)
    return {
        "input": {"messages": [*system_in(row), turn_of("user", text_in(row, "user"))]},
        "preferred_output": [turn_of("assistant", text_in(row, "preferred"))],
        "non_preferred_output": [turn_of("assistant", text_in(row, "non_preferred"))],
    }


def _asked(prompt: Any, chosen: list[Any], rejected: list[Any]) -> list[Any]:
    """What stands before the two answers, by ``prompt`` and by what both begin with; they must not contradict."""
    shared = 0
    while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
        shared += 1
    common = chosen[:shared]
    if not prompt:
        if not common:
            raise NotConvertibleError("there is no prompt before the two answers")
        return common
    before = [turn_of("user", prompt)] if isinstance(prompt, str) else messages_in(prompt, "prompt")
    if common and common[-len(before) :] != before:
        raise NotConvertibleError("“prompt” is not what both answers begin with")
    return common or before


SHAPES: tuple[Shape, ...] = (
    Shape("openai", "OpenAI", _openai_keys, _from_openai),
    Shape("chatgpt", "ChatGPT data export", lambda row: present(row, "mapping", "current_node"), from_chatgpt),
    Shape("log", "Requests with responses", log_keys, from_log),
    Shape(
        "sharegpt",
        "ShareGPT",
        lambda row: present(row, "conversations") or present(row, "conversation"),
        _from_sharegpt,
    ),
    Shape("trl-preference", "TRL preference", lambda row: present(row, "chosen", "rejected"), _from_chosen),
    Shape(
        "preference-columns",
        "Columns with a preference",
        lambda row: present(row, "user", "preferred", "non_preferred"),
        _from_preference_columns,
    ),
    Shape("alpaca", "Alpaca", lambda row: present(row, "instruction", "output"), _from_alpaca),
    Shape("prompt-completion", "Prompt and completion", _pair_keys, _from_pair),
)
