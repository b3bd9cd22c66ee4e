"""JSON as a person reads it, and back on one line: white space changes, the values keep their characters."""

from __future__ import annotations

import re

from ftdesk.dataset.spans import Node, parse

_INDENT = "  "


def spread(text: str) -> str:
    """``text`` over several lines, indented. Raises ``JsonSyntaxError``."""
    text = text.removeprefix("\ufeff")
    return _spread(text, parse(text), "")


def gather(text: str, like: str = "") -> str:
    """``text`` on one line, with spaces after commas and colons if ``like`` has them. Raises ``JsonSyntaxError``."""
    comma = ", " if re.search(r'[\]}"\de], ["{\[\d]', like) or "," not in like else ","
    colon = ": " if '": ' in like or '":' not in like else ":"
    return _gather(text, parse(text), comma, colon)


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
