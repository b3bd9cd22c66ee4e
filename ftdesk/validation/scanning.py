"""Looks for patterns in text at the speed of memory, to leave most texts alone before anybody looks closely.

The engine is that of the schema validator (Rust's regex crate): it takes time in proportion to the text, whatever the
pattern, and a tenth of what Python's own needs where no pattern begins.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator

_PATTERN_BYTES = 1 << 20


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
