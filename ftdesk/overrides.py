"""``override`` for type checkers. Python 3.11 has it only in typing_extensions, too slow for the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import override
else:
    Method = TypeVar("Method")

    def override(method: Method) -> Method:
        return method


__all__ = ["override"]
