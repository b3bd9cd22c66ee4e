"""JSON Schemas of tools, which come from data and are not trusted.

A schema never reaches the network or a file, its patterns have a limit of steps, and one that could take long is not
tried on any arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

_MOST_REMEMBERED = 1_000
_PATTERN_STEPS = 10_000
_PATTERN_BYTES = 1 << 20
# Each reference may double the work, so thirty of them are enough to keep a machine busy for a day.
_MOST_STEPS = 20_000
_VALUE = "the value"
_MOST_LEFT_OUT = 50
_MOST_KEYS = 5
_SHORTEST_SECRET = 20
_DEFINITIONS = frozenset({"$defs", "definitions"})  # of the whole schema, tried only where something refers to them


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A schema, ready to be tried on arguments, or the reason why it is none."""

    problem: str | None
    validator: Validator | None

    def violations(self, arguments: Any) -> Iterator[str]:
        """What is wrong with the arguments of one call, in words that repeat no value of theirs: it may be a secret."""
        if self.validator is not None:
            for error in self.validator.iter_errors(arguments):
                steps = (f"[{step}]" if isinstance(step, int) else f".{_key(step)}" for step in error.instance_path)
                place = "".join(steps).lstrip(".")
                yield f"{place}: {_reason(error)}" if place else _reason(error)


_remembered: dict[str, ToolSchema] = {}
"""Schemas by their text: the examples of a file mostly offer the same tools."""


def schema_of(parameters: Mapping[str, Any]) -> ToolSchema:
    """The schema of a tool's parameters. Never raises."""
    try:
        key = repr(parameters)
    except RecursionError:
        return ToolSchema("it is nested too deeply", None)
    schema = _remembered.get(key)
    if schema is None:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        schema = _remembered[key] = _compile(parameters)
    return schema


def _reason(error: ValidationError) -> str:
    """What the validator says, which leaves out values but not the keys of an object."""
    kind = error.kind
    if kind.name in {"additionalProperties", "unevaluatedProperties"}:
        unexpected: list[str] = getattr(kind, "unexpected", [])
        return f"additional properties are not allowed ({', '.join(map(_key, unexpected[:_MOST_KEYS]))})"
    return "a key is not allowed" if kind.name == "propertyNames" else error.message


def _key(key: str) -> str:
    return key if len(key) < _SHORTEST_SECRET else f"{key[:6]}…"


def _compile(parameters: Mapping[str, Any]) -> ToolSchema:
    from jsonschema_rs import FancyRegexOptions, ValidationError, validator_for

    limits = FancyRegexOptions(backtrack_limit=_PATTERN_STEPS, size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
    schema = dict(parameters)
    for _ in range(_MOST_LEFT_OUT):
        try:
            validator = validator_for(schema, pattern_options=limits, offline=True, mask=_VALUE)
        except ValidationError as error:
            simpler = _without_foreign(schema, error)
            if simpler is None:
                # Of the schema itself, values may be told.
                return ToolSchema(error.message.replace(_VALUE, json.dumps(error.instance), 1), None)
            schema = simpler
        except ValueError as error:  # numbers and texts that the library cannot hold
            return ToolSchema(str(error), None)
        else:
            return ToolSchema(None, validator if _Steps(schema).bounded else None)
    return ToolSchema(None, None)


def _without_foreign(schema: dict[str, Any], error: ValidationError) -> dict[str, Any] | None:
    """The schema without what made it fail, if that is another dialect's or engine's and need not be wrong.

    A pattern may be JavaScript's, which hosts take, or too large for the limit here.
    """
    if error.kind.name == "format" and getattr(error.kind, "format", None) == "regex":
        simpler = deepcopy(schema)
        *steps, last = error.instance_path
        holder: Any = simpler
        for step in steps[:-1] if steps[-1:] == ["patternProperties"] else steps:
            holder = holder[step]
        if last in holder and isinstance(holder[last], str):
            del holder[last]
        else:  # which keys are additional is not known any more
            del holder["patternProperties"][last]
            holder.pop("additionalProperties", None)
            holder.pop("unevaluatedProperties", None)
        return simpler
    if error.message.startswith("Unknown meta-schema") and "$schema" in schema:
        return {key: value for key, value in schema.items() if key != "$schema"}
    return None


@dataclass(slots=True)
class _Steps:
    """How many steps a validation may take: every schema within, those behind references as often as they are used."""

    root: Mapping[str, Any]
    _behind: dict[str, int] = field(default_factory=dict)

    @property
    def bounded(self) -> bool:
        try:
            return self._of(self.root) <= _MOST_STEPS
        except RecursionError:
            return False

    def _of(self, node: Any) -> int:
        if isinstance(node, list):
            return sum(map(self._of, node))
        if not isinstance(node, dict):
            return 0
        steps = 1 + sum(
            self._of(value) for key, value in node.items() if not (node is self.root and key in _DEFINITIONS)
        )
        if "$dynamicRef" in node or "$recursiveRef" in node:
            steps += _MOST_STEPS
        reference = node.get("$ref")
        return min(steps + (self._of_reference(reference) if isinstance(reference, str) else 0), _MOST_STEPS + 1)

    def _of_reference(self, reference: str) -> int:
        steps = self._behind.get(reference)
        if steps is None:
            self._behind[reference] = _MOST_STEPS + 1  # while it is being counted: a circle
            target: Any = self.root
            for step in reference.removeprefix("#").split("/")[1:]:
                key = step.replace("~1", "/").replace("~0", "~")
                target = target.get(key) if isinstance(target, dict) else None
            known = reference.startswith("#/") and isinstance(target, dict)
            steps = self._behind[reference] = self._of(target) if known else _MOST_STEPS + 1
        return steps
