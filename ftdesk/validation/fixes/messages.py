"""Repairs of messages: their order, role and weight, and content in the wrong wrapping."""

from __future__ import annotations

from ftdesk.dataset.spans import removal
from ftdesk.validation.fixes.repair import Edit, Place, repair
from ftdesk.validation.rules.content import meant_weight
from ftdesk.validation.rules.roles import likely_role

_INSTRUCTIONS = frozenset({"system", "developer"})


@repair("remove-message", "Remove empty and unused messages", safe=False)
def remove_message(place: Place) -> list[Edit]:
    path = place.message
    if path is None:
        return []
    return [Edit(*removal(place.node(path[:-1]), int(path[-1])), "")]


@repair("move-system-first", "Move the system message first", safe=False)
def move_system_first(place: Place) -> list[Edit]:
    path = place.message
    if path is None or path[-1] == 0:
        return []
    first = place.at((*path[:-1], 0))
    if isinstance(first, dict) and first.get("role") in _INSTRUCTIONS:
        return []  # which of two system messages should be first is not for a program to say
    start = place.node((*path[:-1], 0)).start
    return [
        Edit(start, start, place.source(place.node(path)) + place.line.comma),
        Edit(*removal(place.node(path[:-1]), int(path[-1])), ""),
    ]


@repair("correct-role", "Use the role that is meant", safe=False)
def correct_role(place: Place) -> list[Edit]:
    path = place.path
    role = place.at(path) if path and path[-1] == "role" else None
    if not path or not isinstance(role, str):
        return []
    meant = "system" if role == "developer" else likely_role(role)
    return [] if meant is None or meant == role else place.replacing(path, meant)


@repair("coerce-weight", "Write weights as 0 or 1", safe=True)
def coerce_weight(place: Place) -> list[Edit]:
    path = place.path
    if not path:
        return []
    weight = meant_weight(place.at(path))
    return [] if weight is None else place.replacing(path, weight)


@repair("join-text-parts", "Join the parts of a text", safe=True)
def join_text_parts(place: Place) -> list[Edit]:
    """A tool's answer in parts, where hosts take only a text."""
    path = place.path
    parts = place.at(path) if path else None
    if not path or not isinstance(parts, list) or not parts:
        return []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    words = [text for text in texts if isinstance(text, str)]
    return place.replacing(path, "".join(words)) if len(words) == len(parts) else []
