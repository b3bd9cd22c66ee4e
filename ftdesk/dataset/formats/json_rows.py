"""Rows of JSON: one on each line, or all in one value that is a list or wraps one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ftdesk.dataset.document import read_lines
from ftdesk.dataset.formats.source import SourceRow
from ftdesk.dataset.lines import unreadable
from ftdesk.errors import InputError

_BOM = b"\xef\xbb\xbf"
_WHOLE_FILE_LIMIT = 1 << 30
"""A JSON array is parsed as a whole; over this size that would take more memory than is polite."""

_WRAPPERS = ("data", "dataset", "rows", "examples", "items", "records", "samples", "instances")
_SPLITS = ("train", "validation", "test")
_SHARED = ("system", "system_prompt", "tools", "context", "instruction", "prompt")
"""What belongs to every row when it stands beside them. The rest, a version or a licence, does not."""
_WRAPPER_START = re.compile(
    rb'\{(?:\s*"[^"]*"\s*:\s*(?:"[^"]*"|[^\[\]{}",]+),)*\s*"(?:%s)"\s*:\s*\['
    % "|".join((*_WRAPPERS, *_SPLITS)).encode("ascii")
)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key stands in it twice: only the last value would be read."""
    made = dict(members)
    if len(made) < len(members):
        twice = Counter(key for key, _ in members).most_common(1)[0][0]
        raise ValueError(f"the key “{twice}” stands there twice")
    return made


_DECODER = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_once)


def json_lines(path: Path) -> Iterator[SourceRow]:
    """One row for each line that is not blank. Raises ``InputError``."""
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            yield SourceRow(number, _DECODER.decode(line.removeprefix(_BOM).decode("utf-8")))
        except (ValueError, RecursionError) as error:
            yield SourceRow(number, None, f"not valid JSON: {error}")


def json_value(path: Path) -> Iterator[SourceRow]:
    """The items of a list, or of the list in an object that wraps it (``{"data": […]}``). Raises ``InputError``."""
    value = _parsed(path)
    items = _wrapped(value, path) if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise InputError(f"{path} holds neither a list nor an object.", hint="Choose a file with a list of examples.")
    for number, item in enumerate(items, start=1):
        yield SourceRow(number, item)


def is_one_value(start: bytes, *, is_whole: bool, may_wrap: bool) -> bool:
    """Whether a file that begins with ``start`` is one JSON value and not one on each line.

    ``is_whole`` tells that ``start`` is all of it. An object can only be told from a first line where the file's name
    says JSON (``may_wrap``): by being a list's wrapper, or by not ending on its line.
    """
    text = start.removeprefix(_BOM).lstrip()
    if not text.startswith((b"[", b"{") if may_wrap else b"["):
        return False
    line, newline, rest = text.partition(b"\n")
    if not (newline or is_whole):  # longer than was looked at
        return text.startswith(b"[") or _WRAPPER_START.match(text) is not None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return True
    return not rest.strip() and (isinstance(value, list) or bool(_lists(value)))


def _lists(value: Mapping[str, Any]) -> list[str]:
    """The keys under which an object holds rows. With messages of its own it is a row itself."""
    if "messages" in value:
        return []
    return [
        key
        for key in (*_WRAPPERS, *_SPLITS)
        if isinstance(items := value.get(key), list) and all(isinstance(item, Mapping) for item in items)
    ]


def _wrapped(value: Mapping[str, Any], path: Path) -> Any:
    keys = _lists(value)
    if len(keys) > 1:
        raise InputError(
            f"{path} holds several lists: {', '.join(keys)}.", hint="Save the one that you want as a file of its own."
        )
    if keys and (shared := [key for key in _SHARED if value.get(key)]):
        raise InputError(
            f"{path} holds “{shared[0]}” beside its rows, which may mean nothing without it.",
            hint="Write it into each row.",
        )
    return value[keys[0]] if keys else [value]


def _parsed(path: Path) -> Any:
    try:
        if path.stat().st_size > _WHOLE_FILE_LIMIT:
            raise InputError(
                f"{path} is one JSON array of over 1 GiB, which has to be read as a whole.",
                hint="Turn it into JSON Lines first, one example on a line.",
            )
        return json.loads(path.read_text("utf-8-sig"), object_pairs_hook=_once)
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON: {error}.", hint="Repair it where it says.") from error
