"""Words for values. Text from data is untrusted and may be long: it is quoted clipped, with controls visible."""

from __future__ import annotations

import re
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def quoted(text: str, limit: int = 40) -> str:
    """``text`` between quotation marks, on one line, clipped to ``limit`` characters."""
    clipped = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"“{visible(clipped)}”"


def visible(text: str) -> str:
    """``text`` with everything that does not print as an escape, so that it stays on one line and hides nothing."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def kind_of(value: Any) -> str:
    """The kind of a JSON value with its article: “a list”, “a number”, “null”."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def member(path: str, key: str) -> str:
    """The path of the member ``key`` of the object at ``path``; an unusual key is written in brackets."""
    if _NAME.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{quoted(key)}]"


def counted(number: int, noun: str) -> str:
    """``1 example``, ``2 examples``, ``1,000 addresses``."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{'' if number == 1 else plural}"
