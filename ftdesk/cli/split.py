"""``ftdesk split``: a leak-free split of a dataset."""

from __future__ import annotations

import argparse
from pathlib import Path

from ftdesk.cli.main import narrate
from ftdesk.dataset.split import Amount, LeftOut, part_path, split_file
from ftdesk.errors import ExitStatus

_SHOWN_LINES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--test", required=True, metavar="AMOUNT", help="a share such as 20%% or a number of examples")
    parser.add_argument("--validation", metavar="AMOUNT", help="the same for a validation file")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed deals out anew (default 0)")
    parser.add_argument(
        "--group-by",
        metavar="FIELD",
        help="keep examples with the same value on one side; a top-level key or a path such as metadata.patient",
    )
    parser.add_argument(
        "--split-near-duplicates",
        dest="near_duplicates",
        action="store_false",
        help="let examples that ask almost the same be on different sides",
    )
    parser.add_argument("--force", action="store_true", help="replace the parts of an earlier split in DIR")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of the new files")


def run(arguments: argparse.Namespace) -> int:
    """Split, and end with 0 only if every line that is not blank is in a part."""
    split = split_file(
        arguments.file,
        arguments.out,
        test=Amount.parse(arguments.test),
        validation=Amount.parse(arguments.validation) if arguments.validation is not None else None,
        seed=arguments.seed,
        group_by=arguments.group_by,
        near_duplicates=arguments.near_duplicates,
        replace=arguments.force,
    )
    _narrate_left_out(split.left_out)
    if split.joined:
        number = len(split.together)
        groups = "1 group that asks" if number == 1 else f"{number} groups, each of which asks"
        narrate(
            f"{split.joined} examples were kept together in {groups} the same or belongs together; "
            f"{split.similar} of them are near duplicates."
        )
    if split.ungrouped:
        narrate(f"{split.ungrouped} examples have no field “{arguments.group_by}” and were dealt out one by one.")
    for part, members in split.parts.items():
        print(f"{len(members):>8}  {part_path(arguments.out, part)}")
    return ExitStatus.GOOD if all(line.is_blank for line in split.left_out) else ExitStatus.NO


def _narrate_left_out(left_out: tuple[LeftOut, ...]) -> None:
    for line in left_out[:_SHOWN_LINES]:
        narrate(f"Line {line.line} is in no part: {line.reason}")
    if len(left_out) > _SHOWN_LINES:
        narrate(f"… and {len(left_out) - _SHOWN_LINES} more lines are in no part.")
