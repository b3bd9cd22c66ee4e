"""Looks for patterns in text at the speed of memory, to leave most texts alone before anybody looks closely.

The engine is that of the schema validator (Rust's regex crate): it takes time in proportion to the text, whatever the
pattern, and a tenth of what Python's own needs where no pattern begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator

_PATTERN_BYTES = 1 << 20
_OTHERS_AS_NUL = bytes((*range(0x80), *[0] * 0x80))


class Passage(NamedTuple):
    """Some lines as one text, which is looked through in a fraction of the time that line by line takes.

    In ``ascii`` a NUL stands for each byte that is none of ASCII; JSON has no other NUL, so that signs may name it.
    """

    raw: bytes
    ascii: str

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> Self:
        raw = lines[0] if len(lines) == 1 else b"\n".join(lines)
        return cls(raw, (raw if raw.isascii() else raw.translate(_OTHERS_AS_NUL)).decode("ascii"))

    @property
    def escapes_ascii(self) -> bool:
        """Whether a character of ASCII is written as its number, so that signs are not to be seen."""
        return _ASCII_ESCAPE.found_in(self.ascii)


class Scanner:
    """Says whether a text holds ``pattern``, a regular expression that looks neither back nor ahead."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def found_in(self, text: str) -> bool:
        return self._validator.is_valid(text)

    @cached_property
    def _validator(self) -> Draft7Validator:
        from jsonschema_rs import Draft7Validator, RegexOptions

        limits = RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
        return Draft7Validator({"pattern": self.pattern}, pattern_options=limits, offline=True)


# As JSON may write any of these characters, and some programs write “<” and “&”.
_ASCII_ESCAPE = Scanner(r"\\u00[0-7]")


def signs(pattern: str) -> Callable[[Passage], bool]:
    """Whether a passage holds ``pattern``, as ``found_in`` says of its ASCII."""
    scanner = Scanner(pattern)
    return lambda passage: scanner.found_in(passage.ascii)
