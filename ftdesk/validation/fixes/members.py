"""Repairs of keys: those that do not belong, that are called otherwise now, or that stand twice."""

from __future__ import annotations

from ftdesk.dataset.spans import Node, Path, removal
from ftdesk.validation.fixes.repair import Edit, Place, repair
from ftdesk.validation.rules.structure import RENAMED


@repair("remove-key", "Remove unknown keys", safe=False)
def remove_key(place: Place) -> list[Edit]:
    return _without(place, keep_last=False)


@repair("remove-duplicate-key", "Keep only the last of equal keys", safe=False)
def remove_duplicate_key(place: Place) -> list[Edit]:
    return _without(place, keep_last=True)


@repair("rename-key", "Use the present names of keys", safe=True)
def rename_key(place: Place) -> list[Edit]:
    path = place.path
    name = RENAMED.get(str(path[-1])) if path else None
    if not path or name is None:
        return []
    parent, keys = _members(place, path)
    if name in keys or keys.count(str(path[-1])) != 1:
        return []
    start = parent.key_starts[keys.index(str(path[-1]))]
    return [Edit(start, place.line.text.index('"', start + 1) + 1, f'"{name}"')]


def _without(place: Place, *, keep_last: bool) -> list[Edit]:
    """Remove the members with the finding's key, all of them or all but the one that counts."""
    path = place.path
    if not path or not isinstance(path[-1], str):
        return []
    parent, keys = _members(place, path)
    same: list[int] = []
    for _ in range(keys.count(path[-1])):  # by look-up: an object may have thousands of keys
        same.append(keys.index(path[-1], same[-1] + 1 if same else 0))
    return [Edit(*removal(parent, index), "") for index in (same[:-1] if keep_last else same)]


def _members(place: Place, path: Path) -> tuple[Node, list[str]]:
    parent = place.node(path[:-1])
    return parent, parent.keys or []
