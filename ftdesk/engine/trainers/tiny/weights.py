"""Files of weights: half-precision arrays in numpy's npz format, written atomically and read without pickle."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ftdesk.engine.trainers.tiny.memory import ROWS, VALUES, Memory
from ftdesk.engine.trainers.tiny.model import CONFIGURATION, Parameters
from ftdesk.errors import FtdeskError

Arrays = Mapping[str, NDArray[Any]]

_LARGEST = np.float32(np.finfo(np.float16).max)
_SMALLEST_ROW = 1e-3


def save_weights(path: Path, parameters: Parameters, memory: Memory) -> None:
    """Write what ``load_weights`` reads. Only memory rows that say something are kept."""
    kept = np.flatnonzero(np.abs(memory.table).max(-1) >= _SMALLEST_ROW)
    arrays: dict[str, NDArray[Any]] = {name: halved(value) for name, value in parameters.items()}
    if len(kept):
        arrays |= {"memory.rows": kept.astype(np.uint32), "memory.values": halved(memory.table[kept])}
    write_arrays(path, arrays)


def halved(value: NDArray[np.float32]) -> NDArray[np.float16]:
    """Half precision, clipped to its range."""
    return np.clip(value, -_LARGEST, _LARGEST).astype(np.float16)


def load_weights(path: Path) -> tuple[Parameters, Memory]:
    """Read weights as float32. Raises ``FtdeskError`` for a missing or damaged file or one of another model."""
    arrays = read_arrays(path)
    parameters: Parameters = {}
    for name, shape in CONFIGURATION.shapes().items():
        value = arrays.get(name)
        if value is None or value.shape != shape or not np.isfinite(value).all():
            raise _damaged(path, f"The array {name} is missing, of the wrong shape or not finite.")
        parameters[name] = value.astype(np.float32)
    memory = Memory(CONFIGURATION.width)
    if "memory.rows" in arrays:
        rows, values = arrays["memory.rows"], arrays.get("memory.values")
        if values is None or values.shape != (len(rows), VALUES) or rows.max(initial=0) >= ROWS:
            raise _damaged(path, "The word memory does not fit together.")
        memory.table[rows] = values
    return parameters, memory


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an npz file. Raises ``FtdeskError`` if it cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(path, str(error)) from error


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write an npz file so that ``path`` holds either the old or the whole new one, whatever happens."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _damaged(path: Path, detail: str) -> FtdeskError:
    return FtdeskError(
        f"The weights file {path} cannot be read.",
        detail,
        "It is missing or damaged: train the model again, or install ftdesk again if it is the built-in one.",
    )
