"""Text without what does not tell two questions apart: case, punctuation, white space, invisible characters."""

from __future__ import annotations

import unicodedata


class _Folding(dict[int, int | str | None]):
    """What becomes of a character: nothing of an invisible one, a space of white space and punctuation."""

    def __missing__(self, code: int) -> int | str | None:
        category = unicodedata.category(chr(code))
        becomes = None if category == "Cf" else " " if category[0] in "PZC" else code
        self[code] = becomes
        return becomes


_FOLDING = _Folding()


def folded(text: str) -> str:
    """``text`` without case, punctuation and differences of white space; itself when nothing else is in it."""
    words = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDING).split()
    return " ".join(words) or text.strip()
