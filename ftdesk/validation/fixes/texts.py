"""Repairs inside of a text. All characters that stay keep their escapes."""

from __future__ import annotations

from ftdesk.validation.fixes.repair import Edit, Place, repair
from ftdesk.validation.rules.text import hidden_in

_LINE_BREAKS = frozenset("\v\f\x85\u2028\u2029")
"""Invisible, but words stand on both sides of them."""


@repair("trim-text", "Remove blanks at the ends of texts", safe=False)
def trim_text(place: Place) -> list[Edit]:
    path = place.path
    if not path or not isinstance(place.at(path), str):
        return []
    characters = list(place.characters(place.node(path)))
    inner = [position for position, (_, character) in enumerate(characters) if not character.isspace()]
    if not inner:
        return []
    return [edit for edit, _ in (*characters[: inner[0]], *characters[inner[-1] + 1 :])]


@repair("remove-hidden-characters", "Remove invisible characters", safe=False)
def remove_hidden_characters(place: Place) -> list[Edit]:
    path = place.path
    text = place.at(path) if path else None
    if not path or not isinstance(text, str):
        return []
    hidden = set(hidden_in(text))
    edits = []
    position, half = -1, False
    for edit, unit in place.characters(place.node(path)):
        # An escaped character outside the basic plane is written in two halves.
        position += not (half and "\udc00" <= unit <= "\udfff")
        half = "\ud800" <= unit <= "\udbff"
        if position in hidden:
            edits.append(edit._replace(text="\\n") if unit in _LINE_BREAKS else edit)
    return edits
