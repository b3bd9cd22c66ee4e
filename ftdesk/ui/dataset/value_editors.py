"""Editors for JSON inside of an example: arguments that must meet a schema, schemas, and any other value."""

from __future__ import annotations

import json

from PySide6.QtWidgets import QWidget

from ftdesk.dataset.spans import JsonSyntaxError, find, parse
from ftdesk.overrides import override
from ftdesk.ui.dataset.tool_schema import SchemaProblem, tool_schema
from ftdesk.ui.json_editor import JsonEditor


class ArgumentsEditor(JsonEditor):
    """``problem`` has a line for everything that does not meet the schema; the first is marked where it is."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, object_only=False, parent=parent)
        self._schema = ""

    def use_schema(self, schema: str) -> None:
        """Check against ``schema``, which is JSON; against nothing while it is empty."""
        if schema != self._schema:
            self._schema = schema
            self.look()

    @override
    def _first_mistake(self, shown: str) -> tuple[str, int]:
        if not shown.strip():
            return self.tr("Arguments are JSON; without any they are {}."), 0
        problem, position = super()._first_mistake(shown)
        if problem or not self._schema:
            return problem, position
        schema = tool_schema(self._schema)
        problems = schema.problems(json.loads(self.text))
        if not problems:
            return "", -1
        return "\n".join(one.sentence for one in problems), _place(shown, problems[0])


class ValueEditor(JsonEditor):
    """A JSON value of the example. What is no JSON yet stays here until it must be kept (``commit_all``)."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, object_only=False, parent=parent)

    @override
    def commit(self) -> None:
        try:
            parse(self.shown_text)
        except JsonSyntaxError:
            return
        super().commit()

    def commit_all(self) -> None:
        """Commit what is typed, JSON or not."""
        super().commit()


class SchemaEditor(ValueEditor):
    """Says whether what is written is a usable JSON Schema."""

    @override
    def _first_mistake(self, shown: str) -> tuple[str, int]:
        if not shown.strip():
            return self.tr("Parameters are a JSON Schema; without any they are {}."), 0
        problem, position = super()._first_mistake(shown)
        if problem:
            return problem, position
        return tool_schema(self.text).problem, -1


def _place(shown: str, problem: SchemaProblem) -> int:
    try:
        return find(parse(shown), problem.path).start
    except KeyError:
        return 0
