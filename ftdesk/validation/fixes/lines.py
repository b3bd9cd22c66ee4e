"""Repairs of whole lines."""

from __future__ import annotations

from ftdesk.validation.fixes.repair import Edit, Place, Repair, repair

REMOVE_LINE = Repair("remove-line", "Remove lines that hold nothing", safe=True, edits=None)
REMOVE_DUPLICATE = Repair("remove-duplicate", "Remove copies of examples", safe=False, edits=None)
REMOVE_NEAR_DUPLICATE = Repair("remove-near-duplicate", "Remove examples almost like others", safe=False, edits=None)
REMOVE_EXAMPLE = Repair("remove-example", "Remove examples that teach nothing", safe=False, edits=None)
REMOVE_LEAK = Repair("remove-leak", "Remove examples of the test file", safe=False, edits=None)


@repair("remove-byte-order-mark", "Remove the byte order mark", safe=True)
def remove_byte_order_mark(place: Place) -> list[Edit]:
    return [Edit(0, 1, "")] if place.line.text.startswith("\ufeff") else []
