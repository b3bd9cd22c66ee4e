"""The files of a launch: a copy of the dataset as it is on screen, by the hash of its content, and its parts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ftdesk.dataset.document import Document
from ftdesk.dataset.split import Amount, LeftOut, Part, part_path, split_file
from ftdesk.errors import StorageError
from ftdesk.storage.folders import make_folder

SMALLEST_TO_SPLIT = 15
"""With fewer examples, what is left to train on would be below what hosts ask for."""

_NAME_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Shares:
    """Per cent of the examples that are held back. Nothing is when both are 0."""

    test: int = 0
    validation: int = 0


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is uploaded, and what is kept to measure by. ``rows`` are those of the document, by part."""

    training: Path
    validation: Path | None
    test: Path | None
    rows: Mapping[Part, Sequence[int]]
    left_out: Sequence[LeftOut] = field(default_factory=tuple)


def copy_of(document: Document, folder: Path) -> Path:
    """A file under ``folder`` with the rows of ``document`` as they are now, unsaved edits included.

    Equal content has an equal name, so training twice on the same data keeps it once. Raises ``StorageError``.
    """
    incoming = make_folder(folder) / f".{uuid.uuid4().hex}.tmp"
    try:
        digest = document.export(incoming)
        place = make_folder(folder / digest[:_NAME_LENGTH]) / "train.jsonl"
        incoming.replace(place)
    except OSError as error:
        raise StorageError(
            f"Cannot keep the training data in {folder}: {error.strerror}.",
            str(error),
            "Free some space and try again.",
        ) from error
    finally:
        incoming.unlink(missing_ok=True)
    return place


def prepare(whole: Path, examples: int, shares: Shares) -> TrainingData:
    """Deal ``whole``, a copy of ``examples`` rows, out. Raises ``InputError``, ``StorageError``."""
    if not shares.test and not shares.validation:
        return TrainingData(whole, None, None, {"train": range(examples)})
    test, validation = Amount(share=shares.test / 100), Amount(share=shares.validation / 100)
    folder = whole.parent / f"test{shares.test}-validation{shares.validation}"
    if shares.test:
        split = split_file(whole, folder, test=test, validation=validation if shares.validation else None, replace=True)
        rows = dict(split.parts)
    else:
        # The split always has a test part; held back for validation alone, it is used as such.
        part_path(folder, "validation").unlink(missing_ok=True)
        split = split_file(whole, folder, test=validation, replace=True)
        part_path(folder, "test").replace(part_path(folder, "validation"))
        rows = {"train": split.parts["train"], "validation": split.parts["test"]}
    return TrainingData(
        part_path(folder, "train"),
        part_path(folder, "validation") if "validation" in rows else None,
        part_path(folder, "test") if "test" in rows else None,
        rows,
        split.left_out,
    )


def suggested_suffix(name: str, pattern_length: int = 18) -> str:
    """A name for the new model from that of a file: letters, digits and hyphens."""
    words = "".join(character if character.isascii() and character.isalnum() else " " for character in name).split()
    suffix = "-".join(words).lower()[:pattern_length].strip("-")
    return suffix or "my-model"
