"""Splits a dataset into training, validation and test so that nothing asked in one part is asked in another."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ftdesk.dataset.likeness import signature, template_shingles
from ftdesk.dataset.lines import FileLines
from ftdesk.dataset.questions import asked, asked_text, turns
from ftdesk.dataset.record import Record, read_record
from ftdesk.dataset.rows import Rows
from ftdesk.dataset.ties import Askers, Ties, tie_similar
from ftdesk.errors import InputError
from ftdesk.storage.folders import make_folder
from ftdesk.storage.together import write_together

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of a dataset: a number of examples, or a share of them between 0 and 1."""

    count: int | None = None
    share: float | None = None

    @staticmethod
    def parse(text: str) -> Amount:
        """Read ``20%`` or ``30``. Raises ``InputError``."""
        number, percent, rest = text.strip().partition("%")
        try:
            amount = Amount(share=float(number) / 100) if percent else Amount(count=int(number))
        except ValueError:
            rest = text
            amount = Amount()
        if rest or not ((amount.count or 0) > 0 or 0 < (amount.share or 0) < 1):
            raise InputError(
                f"“{text}” is not an amount of examples.", hint="Write a share like 20% or a number like 30."
            )
        return amount

    def of(self, examples: int) -> int:
        """The number of examples, at least one."""
        return self.count if self.count is not None else max(1, round((self.share or 0) * examples))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that is no example and so in no part. ``line`` counts from 1."""

    line: int
    reason: str
    is_blank: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """Line numbers of each part, from 0 and in the order of the file.

    ``together`` holds the examples that share their side because they ask the same or almost the same, or belong to one
    group; ``similar`` counts those that are near duplicates of another; ``ungrouped`` those without the field to group
    by.
    """

    parts: Mapping[Part, tuple[int, ...]]
    left_out: tuple[LeftOut, ...]
    together: tuple[tuple[int, ...], ...]
    similar: int
    ungrouped: int

    @property
    def joined(self) -> int:
        """How many examples are kept together with another."""
        return sum(map(len, self.together))


class SplitStoppedError(Exception):
    """Somebody stopped the reading of the lines."""


class WatchedLines:
    """Lines for ``split_examples`` in a thread: how many were read, over all passes, and a way to stop."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self._is_stopped = False
        self.read = 0

    def stop(self) -> None:
        """End before the next line. Call it from any thread."""
        self._is_stopped = True

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            if self._is_stopped:
                raise SplitStoppedError
            self.read += 1
            yield line


def split_examples(
    lines: Iterable[bytes],
    *,
    test: Amount,
    validation: Amount | None = None,
    seed: int = 0,
    group_by: str | None = None,
    near_duplicates: bool = True,
) -> Split:
    """Deal out lines. The same lines and seed give the same parts, in whatever order the lines stand.

    Examples stay together when they ask the same (compared without case, white space and punctuation, whatever the
    system prompt), also at an earlier turn of a conversation; when they ask almost the same (``near_duplicates``, see
    ``likeness``); or when their field ``group_by``, a top-level key or a path such as ``metadata.patient``, has the
    same value. An amount is met exactly unless such groups forbid it. ``lines`` is read twice for near duplicates.
    Raises ``InputError`` when the parts cannot be had.
    """
    template = template_shingles(_texts(lines)) if near_duplicates else frozenset()
    left_out: list[LeftOut] = []
    ties = Ties()
    keys: dict[int, bytes] = {}
    signatures: dict[bytes, bytes] = {}
    askers = Askers()
    ungrouped = 0
    for index, line in enumerate(lines):
        record = read_record(line)
        if record.kind in {"blank", "broken"}:
            left_out.append(LeftOut(index + 1, record.problem, record.kind == "blank"))
            continue
        keys[index] = key = _digest(asked(record))
        askers.note(key, _prompts(record))
        if near_duplicates and key not in signatures:
            signatures[key] = signature(asked_text(record), template)
        if group_by is not None:
            if (group := _group(record.value, group_by)) is None:
                ungrouped += 1
            else:
                ties.tie(key, _digest([group_by, group]))
    if not keys:
        raise InputError("There is no example to split.", hint="Choose a file with one JSON object per line.")
    if ungrouped == len(keys):
        raise InputError(
            f"No example has a field “{group_by}”.", hint="Name a top-level key, or a path such as metadata.patient."
        )
    askers.tie(ties, len(set(keys.values())))
    similar = tie_similar(ties, signatures)
    groups: dict[bytes, list[int]] = {}
    for index, key in keys.items():
        groups.setdefault(ties.found(key), []).append(index)
    return Split(
        _dealt(groups, test, validation, seed),
        tuple(left_out),
        tuple(tuple(group) for group in groups.values() if len(group) > 1),
        sum(key in similar for key in keys.values()),
        ungrouped,
    )


def split_file(
    path: Path,
    folder: Path,
    *,
    test: Amount,
    validation: Amount | None = None,
    seed: int = 0,
    group_by: str | None = None,
    near_duplicates: bool = True,
    replace: bool = False,
) -> Split:
    """Split ``path`` into ``train.jsonl``, ``test.jsonl`` and, if asked for, ``validation.jsonl`` in ``folder``.

    Lines are copied byte for byte, in their order. Files of these names are in the way unless they are to be
    ``replace``d. Raises ``InputError`` before anything is written, ``StorageError``.
    """
    with closing(FileLines(path)) as lines:
        rows = Rows(lines)
        split = split_examples(
            rows, test=test, validation=validation, seed=seed, group_by=group_by, near_duplicates=near_duplicates
        )
        write_parts(rows, split, folder, source=path, replace=replace)
    return split


def write_parts(rows: Rows, split: Split, folder: Path, *, source: Path | None, replace: bool = False) -> None:
    """Write the parts of ``rows``, byte for byte and in their order: all or, when that fails, none.

    ``source`` is where the rows come from. Raises ``InputError`` when a part would overwrite it, overwrite another file
    without ``replace``, or stand beside a part of another split; ``StorageError``.
    """
    _check_folder(source, folder, split.parts, replace=replace)
    make_folder(folder)
    mode = stat.S_IMODE(rows.base.stat.st_mode) if rows.base is not None else 0o666
    last = len(rows) - 1

    def lines(members: Iterable[int]) -> Iterator[bytes]:
        return (rows.line(row) + (b"\n" if row < last or rows.final_newline else b"") for row in members)

    contents = {part_path(folder, part).name: lines(members) for part, members in split.parts.items()}
    write_together(folder, contents, new_file_mode=mode)


def part_path(folder: Path, part: Part) -> Path:
    return folder / f"{part}.jsonl"


def _dealt(
    groups: Mapping[bytes, Sequence[int]], test: Amount, validation: Amount | None, seed: int
) -> dict[Part, tuple[int, ...]]:
    """Whole groups to parts, in an order that only the seed and what the groups hold decide."""
    wanted: dict[Part, Amount] = {"test": test}
    if validation is not None:
        wanted["validation"] = validation
    examples = sum(map(len, groups.values()))
    if len(groups) <= len(wanted):
        counted = "is 1 separate group" if len(groups) == 1 else f"are {len(groups)} separate groups"
        raise InputError(
            f"There {counted} of examples, which cannot fill {len(wanted) + 1} parts.",
            hint="Add examples that ask something else, or group by another field.",
        )
    if sum(amount.of(examples) for amount in wanted.values()) >= examples:
        raise InputError(f"Of {examples} examples, none would be left to train on.", hint="Ask for smaller parts.")
    rest = sorted(groups, key=lambda group: hashlib.blake2b(b"%d:%b" % (seed, group)).digest())
    parts: dict[Part, tuple[int, ...]] = {}
    for number, (part, amount) in enumerate(wanted.items()):
        to_come = len(wanted) - number
        taken = _taken([len(groups[group]) for group in rest], amount.of(examples), len(rest) - to_come)
        parts[part] = tuple(sorted(index for place in taken for index in groups[rest[place]]))
        rest = [group for place, group in enumerate(rest) if place not in taken]
    parts["train"] = tuple(sorted(index for group in rest for index in groups[group]))
    return {part: parts[part] for part in PARTS if part in parts}


def _taken(sizes: Sequence[int], wanted: int, most_groups: int) -> set[int]:
    """Places of the groups that come closest to ``wanted`` examples, at least one: what fits, then what is nearer."""
    taken: set[int] = set()
    missing = wanted
    for largest in ("fitting", "nearer"):
        for place, size in enumerate(sizes):
            fits = size <= missing if largest == "fitting" else size < 2 * missing
            if fits and place not in taken and len(taken) < most_groups:
                taken.add(place)
                missing -= size
    return taken or {min(range(len(sizes)), key=sizes.__getitem__)}


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    records = map(read_record, lines)
    return (text for record in records if record.kind not in {"blank", "broken"} and (text := asked_text(record)))


def _prompts(record: Record) -> Iterator[bytes]:
    """What is asked at each turn of a user: the conversation up to there.

    Every answer is trained on, so a conversation that goes on asks what its beginning asks.
    """
    before = ""
    for role, message in turns(record):
        digest = _digest(["prompt", before, message])
        before = digest.hex()
        if role == "user":
            yield digest


def _digest(value: Any) -> bytes:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode("ascii"), digest_size=16).digest()


def _group(value: Any, path: str) -> str | None:
    """The value of a field as text, as 7 and "7" and 7.0 are one patient; ``None`` where there is none."""
    found = _field(value, path)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    text = found if isinstance(found, str) else json.dumps(found, sort_keys=True)
    return None if found is None or not text.strip() else text.strip()


def _field(value: Any, path: str) -> Any:
    """The value of a top-level key, or of a path of keys joined by dots; ``None`` if there is none."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    key, dot, rest = path.partition(".")
    if dot and isinstance(value, Mapping) and key in value:
        return _field(value[key], rest)
    return None


def _check_folder(source: Path | None, folder: Path, parts: Mapping[Part, Any], *, replace: bool) -> None:
    there = [part for part in PARTS if part_path(folder, part).exists()]
    for part in there:
        path = part_path(folder, part)
        if source is not None and path.samefile(source):
            raise InputError(f"{source} would be overwritten by one of its own parts.", hint="Choose another folder.")
        if part not in parts:
            raise InputError(
                f"{path} is left from another split and could hold the same examples.",
                hint="Remove it, or choose another folder.",
            )
    if there and not replace:
        raise InputError(
            f"{part_path(folder, there[0])} exists already.",
            hint="Choose another folder, or add --force to replace the parts in it.",
        )
