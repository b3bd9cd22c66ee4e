"""Repairs of tool calls: arguments in the right wrapping, ids that pair, parallel calls in one message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ftdesk.dataset.spans import Path
from ftdesk.validation.fixes.repair import Edit, Place, repair

_MERGED_KEYS = frozenset({"role", "content", "tool_calls", "weight"})


@repair("encode-arguments", "Write arguments as a JSON text", safe=True)
def encode_arguments(place: Place) -> list[Edit]:
    path = place.path
    if not path or not isinstance(place.at(path), dict):
        return []
    node = place.node(path)  # as it stands there, so that numbers and the order of keys stay
    return [Edit(node.start, node.end, place.line.written(place.source(node)))]


@repair("decode-arguments", "Unwrap twice encoded arguments", safe=True)
def decode_arguments(place: Place) -> list[Edit]:
    path = place.path
    text = place.at(path) if path else None
    inner = text
    while isinstance(inner, str):
        text = inner
        try:
            inner = json.loads(text)
        except ValueError:
            return []
    return place.replacing(path, text) if path and isinstance(inner, dict) and text != place.at(path) else []


@repair("pair-tool-calls", "Pair tool answers with their calls", safe=False)
def pair_tool_calls(place: Place) -> list[Edit]:
    """Calls and answers without a partner are paired in order, if there are as many of both."""
    exchange = _exchange(place)
    if exchange is None:
        return []
    calls = {index: _identifier(call.get("id")) for index, call in enumerate(exchange.calls) if isinstance(call, dict)}
    given = {index: _identifier(answer.get("tool_call_id")) for index, answer in exchange.answers}
    lone_calls = [(index, known) for index, known in calls.items() if known is None or known not in given.values()]
    taken: set[str] = set()
    lone_answers = []
    for index, known in given.items():
        if known is None or known in taken or known not in calls.values():
            lone_answers.append((index, known))
        else:
            taken.add(known)
    if len(lone_calls) != len(lone_answers):
        return []
    edits: list[Edit] = []
    for (call, known), (answer, _) in zip(lone_calls, lone_answers, strict=True):
        identifier = known or _unused(place, taken)
        if known is None:
            edits += _member(place, (*exchange.message, "tool_calls", call), "id", identifier)
        taken.add(identifier)
        edits += _member(place, (*exchange.message[:-1], answer), "tool_call_id", identifier)
    return edits


@repair("merge-tool-calls", "Join parallel tool calls", safe=True)
def merge_tool_calls(place: Place) -> list[Edit]:
    """Messages in a row that only call tools become the first of them."""
    path = place.message
    if path is None:
        return []
    messages, first = place.at(path[:-1]), int(path[-1])
    while first > 0 and _only_calls(messages[first - 1]):
        first -= 1
    last = first
    while last < len(messages) and _only_calls(messages[last]):
        last += 1
    run = messages[first:last]
    if len(run) < 2 or any(message.get("weight") != run[0].get("weight") for message in run):
        return []
    calls = [_calls_source(place, (*path[:-1], index)) for index in range(first + 1, last)]
    children = place.node(path[:-1]).children or []
    end = (place.node((*path[:-1], first, "tool_calls")).children or [])[-1].end
    # The others go with the commas between them.
    gone = (children[first].end, children[last - 1].end)
    if last < len(messages):
        gone = (children[first + 1].start, children[last].start)
    return [Edit(end, end, "".join(place.line.comma + text for text in calls)), Edit(*gone, "")]


class _Exchange(NamedTuple):
    """A message that calls tools, and the tool messages right after it with their indexes."""

    message: Path
    calls: list[Any]
    answers: list[tuple[int, dict[str, Any]]]


def _exchange(place: Place) -> _Exchange | None:
    path = place.message
    if path is None:
        return None
    messages, index = place.at(path[:-1]), int(path[-1])
    while index > 0 and _role(messages[index]) == "tool":
        index -= 1
    calls = messages[index].get("tool_calls") if isinstance(messages[index], dict) else None
    if not isinstance(calls, list):
        return None
    answers = []
    for position in range(index + 1, len(messages)):
        if _role(messages[position]) != "tool":
            break
        answers.append((position, messages[position]))
    return _Exchange((*path[:-1], index), calls, answers)


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, dict) else None


def _only_calls(message: Any) -> bool:
    return (
        _role(message) == "assistant"
        and not message.get("content")
        and message.keys() <= _MERGED_KEYS
        and isinstance(message.get("tool_calls"), list)
        and bool(message["tool_calls"])
    )


def _calls_source(place: Place, path: Path) -> str:
    children = place.node((*path, "tool_calls")).children or []
    return place.line.text[children[0].start : children[-1].end]


def _identifier(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _unused(place: Place, taken: set[str]) -> str:
    written = place.line.text
    numbers: Iterator[str] = (f"call_{number}" for number in range(1, 10_000))
    return next(name for name in numbers if name not in taken and f'"{name}"' not in written)


def _member(place: Place, path: Path, key: str, value: str) -> list[Edit]:
    """Set a member of the object at ``path``, at its end if it is not there yet."""
    if place.has((*path, key)):
        return place.replacing((*path, key), value)
    node = place.node(path)
    at = node.children[-1].end if node.children else node.start + 1
    comma = place.line.comma if node.children else ""
    return [Edit(at, at, f"{comma}{place.line.written(key)}{place.line.colon}{place.line.written(value)}")]
