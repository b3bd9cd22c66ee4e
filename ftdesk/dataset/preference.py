"""Edits of the two answers of a preference example. Answers that change places keep their bytes.

Every function takes a line and gives back the line with that one thing changed, and raises ``InputError`` when the line
is broken or has no such answer.
"""

from __future__ import annotations

from typing import Literal

from ftdesk.dataset.spans import JsonText, Node, find
from ftdesk.errors import InputError

Output = Literal["preferred_output", "non_preferred_output"]
OUTPUTS: tuple[Output, Output] = ("preferred_output", "non_preferred_output")


def swap_outputs(line: bytes) -> bytes:
    """The preferred answer becomes the other one, and the other way round."""
    text = JsonText(line)
    first, second = sorted((_node(text, key) for key in OUTPUTS), key=lambda node: node.start)
    whole = text.text
    return "".join(
        (
            whole[: first.start],
            whole[second.start : second.end],
            whole[first.end : second.start],
            whole[first.start : first.end],
            whole[second.end :],
        )
    ).encode("utf-8")


def copy_output(line: bytes, source: Output) -> bytes:
    """Put what one answer is in the place of the other, to be changed there."""
    other = OUTPUTS[1 - OUTPUTS.index(source)]
    text = JsonText(line)
    node = _node(text, source)
    copied = text.text[node.start : node.end]
    if other not in (text.root.keys or []):
        text.set_key((), other, [])
    place = _node(text, other)
    return (text.text[: place.start] + copied + text.text[place.end :]).encode("utf-8")


def write_output(line: bytes, output: Output) -> bytes:
    """Make an empty answer where there is none."""
    text = JsonText(line)
    text.set_key((), output, [{"role": "assistant", "content": ""}])
    return bytes(text)


def _node(text: JsonText, key: Output) -> Node:
    try:
        return find(text.root, (key,))
    except KeyError as error:
        raise InputError(f"The example has no {key}.", hint="Write the answer first.") from error
