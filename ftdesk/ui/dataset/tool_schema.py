"""Whether the arguments of a tool call meet the tool's JSON Schema. Schemas come from data and are not trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ftdesk.ui.text import one_line

if TYPE_CHECKING:
    from jsonschema_rs import Validator

_MOST_SHOWN = 5
_MOST_PARTS = 20_000
"""Parts of a schema with all its references followed. References that double at every step would take forever."""

_BACKTRACKS = 10_000
"""Steps back after which a pattern of a schema gives up."""

_LONGEST = 200_000

JsonPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """What is wrong, in words, with the value at ``path`` of the arguments."""

    path: JsonPath
    message: str

    @property
    def sentence(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).removeprefix(".")
        return f"{one_line(where, 120)}: {self.message}" if where else self.message


class ToolSchema:
    """The ``parameters`` of a tool. ``problem`` says why they cannot be used; then nothing is checked."""

    def __init__(self, schema: Any) -> None:
        self.problem = ""
        self._validator: Validator | None = None
        if not isinstance(schema, dict):
            self.problem = "A JSON Schema is an object in braces."
            return
        if _parts(schema, schema, frozenset(), [_MOST_PARTS]) > _MOST_PARTS:
            self.problem = "The schema refers to itself so often that it is not checked here."
            return
        # Some 30 ms to load, and only examples with tools need it.
        import jsonschema_rs

        try:
            self._validator = jsonschema_rs.validator_for(
                schema,
                retriever=_refuse,
                pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS),
            )
        except (ValueError, TypeError, RecursionError) as error:
            self.problem = f"Not a usable JSON Schema: {_words(error)}"

    def problems(self, arguments: Any) -> list[SchemaProblem]:
        """The first few things in which ``arguments`` do not meet the schema."""
        found: list[SchemaProblem] = []
        if self._validator is None:
            return found
        for error in self._validator.iter_errors(arguments):
            found.append(SchemaProblem(tuple(error.instance_path), one_line(error.message, 160)))
            if len(found) == _MOST_SHOWN:
                break
        return found


@lru_cache(maxsize=64)
def tool_schema(text: str) -> ToolSchema:
    """The schema that is written as JSON in ``text``."""
    if len(text) > _LONGEST:
        schema = ToolSchema({})
        schema.problem = "The schema is too long to be checked here."
        return schema
    try:
        return ToolSchema(json.loads(text))
    except (ValueError, RecursionError):
        return ToolSchema(None)


def _refuse(address: str) -> Any:
    raise ValueError(f"{address} is not part of the schema, and nothing is fetched")


def _words(error: Exception) -> str:
    return one_line(str(getattr(error, "message", error)).split("\n", 1)[0], 160)


def _parts(root: Any, node: Any, above: frozenset[str], left: list[int]) -> int:
    """How many parts ``node`` has with its references followed, each circle once; stops when there are too many."""
    total = 1
    left[0] -= 1
    if left[0] < 0:
        return _MOST_PARTS + 1
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    for child in children:
        total += _parts(root, child, above, left)
    reference = node.get("$ref") if isinstance(node, Mapping) else None
    if isinstance(reference, str) and reference.startswith("#") and reference not in above:
        total += _parts(root, _target(root, reference), above | {reference}, left)
    return total


def _target(root: Any, reference: str) -> Any:
    node = root
    for step in reference.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping):
            node = node.get(key)
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node
