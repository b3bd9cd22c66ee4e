"""Reads a training file in blocks or parts of whole lines, and refuses what cannot be one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ftdesk.dataset.lines import unreadable
from ftdesk.errors import InputError
from ftdesk.storage.files import read_at
from ftdesk.validation.record import BYTE_ORDER_MARK

_BLOCK = 256 * 1024
_HEAD = 8192
_LF = 10
_MAGIC = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"%PDF-", "a PDF document"),
    (b"ARROW1", "an Arrow file"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"[\0", b"\0[")


def open_training_file(path: Path) -> tuple[BinaryIO, int]:
    """The file, open, and its size in bytes. Raises ``InputError`` if it cannot be read, is empty, or is not text."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            # A pipe or a device may have no end, and could not be read again to train on.
            raise InputError(f"Cannot read {path}: it is not a regular file.", hint="Save the data to a file first.")
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"There is no file {str(path)!a}: {error}.") from error
    try:
        size = os.fstat(file.fileno()).st_size
        _require_text(path, file.read(_HEAD))
        file.seek(0)
    except OSError as error:
        file.close()
        raise unreadable(path, error) from error
    except InputError:
        file.close()
        raise
    return file, size


def read_blocks(file: BinaryIO, path: Path, size: int = _BLOCK) -> Iterator[tuple[list[bytes], int]]:
    """Lists of whole lines without their LF, and how many bytes were read up to their end.

    Lines end at LF alone, as every other program counts them; a CR before it stays with the line, where JSON takes it
    for white space. After a final LF there is no further line. Memory is bounded by ``size`` and the longest line.
    Raises ``InputError`` when reading fails.
    """
    pieces: list[bytes] = []
    done = 0
    while chunk := _read(file, path, size):
        done += len(chunk)
        head, newline, rest = chunk.rpartition(b"\n")
        if not newline:
            pieces.append(chunk)
            continue
        pieces.append(head)
        yield b"".join(pieces).split(b"\n"), done - len(rest)
        pieces = [rest] if rest else []
    if pieces:
        yield [b"".join(pieces)], done


def _read(file: BinaryIO, path: Path, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise unreadable(path, error) from error


def read_lines_from(descriptor: int, start: int, end: int) -> bytes:
    """The lines that begin at an offset from ``start`` up to, not including, ``end``, each with its LF.

    Lines end at LF alone, as every other program counts them; a CR before it stays with the line, where JSON takes it
    for white space. So parts of a file that follow each other hold each line once, and each part can be read by another
    process. Memory is bounded by the size of the part and the longest line. Raises ``OSError``.
    """
    return b"".join(line_pieces(descriptor, start, end, bytearray(end - start + 1)))


def line_pieces(descriptor: int, start: int, end: int, buffer: bytearray) -> list[memoryview | bytes]:
    """The same in pieces; the first stands in ``buffer``, of a byte more than the part, until that is used again.

    Where the bytes are only looked at, that saves copies, which cost as much as a digest of them.
    """
    before = min(start, 1)
    size = _read_into(descriptor, start - before, memoryview(buffer)[: end - start + before])
    head = 0
    if before:
        # The byte before the part says whether a line begins with it.
        head = buffer.find(b"\n", 0, size) + 1
        if not head or start - before + head >= end:
            return []
    pieces: list[memoryview | bytes] = [memoryview(buffer)[head:size]]
    ended = size == 0 or buffer[size - 1] == _LF
    at = end
    while not ended:
        piece = read_at(descriptor, at, _BLOCK)
        at += len(piece)
        newline = piece.find(b"\n")
        pieces.append(piece[: newline + 1] if newline >= 0 else piece)
        ended = newline >= 0 or not piece
    return pieces


def _read_into(descriptor: int, start: int, buffer: memoryview) -> int:
    """Fill ``buffer`` from ``start`` on; how many bytes there were."""
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [buffer], start)
    content = read_at(descriptor, start, len(buffer))
    buffer[: len(content)] = content
    return len(content)


def split_lines(content: bytes) -> list[bytes]:
    """Lines without their LF. After a final LF there is no further line."""
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _require_text(path: Path, head: bytes) -> None:
    if not head.removeprefix(BYTE_ORDER_MARK):
        raise InputError(f"{path} is empty.", hint="A training file has one JSON example on each line.")
    if head.startswith(_UTF16):
        raise InputError(f"{path} is UTF-16 text.", hint="Save it as UTF-8.")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise InputError(f"{path} is {kind}, not JSON Lines.", hint="Convert it to one JSON example on each line.")
    if b"\0" in head and not head.removeprefix(BYTE_ORDER_MARK).lstrip().startswith((b"{", b"[")):
        raise InputError(f"{path} is not a text file.", hint="A training file has one JSON example on each line.")
