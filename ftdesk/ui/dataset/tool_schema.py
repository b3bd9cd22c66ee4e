"""Whether the arguments of a tool call meet the tool's JSON Schema. Schemas come from data and are not trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from ftdesk.dataset.spans import Path
from ftdesk.ui.text import one_line

if TYPE_CHECKING:
    from jsonschema_rs import Validator

_MOST_SHOWN = 5
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """What is wrong, in words, with the value at ``path`` of the arguments."""

    path: Path
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
        if not isinstance(schema, Mapping):
            self.problem = "A JSON Schema is an object in braces."
            return
        # Some 30 ms to load, and only examples with tools need it.
        from ftdesk.validation.schemas import schema_of

        compiled = schema_of(schema)
        self._validator = compiled.validator
        if compiled.problem is not None:
            self.problem = f"Not a usable JSON Schema: {one_line(compiled.problem, 160)}"
        elif compiled.validator is None:
            self.problem = "The schema refers to itself, so arguments are not checked against it."

    def problems(self, arguments: Any) -> list[SchemaProblem]:
        """The first few things in which ``arguments`` do not meet the schema."""
        if self._validator is None:
            return []
        errors = islice(self._validator.iter_errors(arguments), _MOST_SHOWN)
        return [SchemaProblem(tuple(error.instance_path), one_line(error.message, 160)) for error in errors]


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
