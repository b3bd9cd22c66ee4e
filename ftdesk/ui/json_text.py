"""JSON as a person reads it, and back on one line: white space changes, the values keep their characters."""

from __future__ import annotations

from contextlib import suppress

from ftdesk.dataset.spans import JsonSyntaxError, Node, parse

_INDENT = "  "


def spread(text: str) -> str:
    """``text`` over several lines, indented. Raises ``JsonSyntaxError``."""
    text = text.removeprefix("\ufeff")
    return _spread(text, parse(text), "")


def gather(text: str, like: str = "") -> str:
    """``text`` on one line, with spaces after commas and colons where ``like`` has them. Raises ``JsonSyntaxError``."""
    comma, colon = _manner(like)
    return _gather(text, parse(text), comma, colon)


def _manner(like: str) -> tuple[str, str]:
    """How ``like`` writes commas and colons; with a space where it does not tell."""
    comma, colon = ", ", ": "
    with suppress(JsonSyntaxError):
        waiting = [parse(like)]
        while waiting:
            node = waiting.pop(0)
            children = node.children or []
            starts = [child.start for child in children] if node.keys is None else node.key_starts
            if len(children) > 1:
                comma = "," + _space(like[children[0].end : starts[1]])
            if node.keys:
                colon = ":" + _space(like[starts[0] : children[0].start].rpartition(":")[2])
            if len(children) > 1 and node.keys:
                break
            waiting += children
    return comma, colon


def _space(between: str) -> str:
    return " " if " " in between else ""


def _key(text: str, node: Node, index: int) -> str:
    return text[node.key_starts[index] : (node.children or [])[index].start].rstrip(" \t\r\n:")


def _spread(text: str, node: Node, indent: str) -> str:
    if node.children is None:
        return text[node.start : node.end]
    if not node.children:
        return "[]" if node.keys is None else "{}"
    inner = indent + _INDENT
    items = [_spread(text, child, inner) for child in node.children]
    if node.keys is None:
        return f"[\n{inner}" + f",\n{inner}".join(items) + f"\n{indent}]"
    members = [f"{_key(text, node, index)}: {item}" for index, item in enumerate(items)]
    return f"{{\n{inner}" + f",\n{inner}".join(members) + f"\n{indent}}}"


def _gather(text: str, node: Node, comma: str, colon: str) -> str:
    if node.children is None:
        return text[node.start : node.end]
    items = [_gather(text, child, comma, colon) for child in node.children]
    if node.keys is None:
        return f"[{comma.join(items)}]"
    return f"{{{comma.join(f'{_key(text, node, index)}{colon}{item}' for index, item in enumerate(items))}}}"
