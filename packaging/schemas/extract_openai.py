"""Cuts out of OpenAI's public API description the schemas of the operations that the built-in host answers.

    python packaging/schemas/extract_openai.py openapi.json COMMIT

``openapi.json`` is the file of that name in the repository openai/openai-openapi (MIT licence) at COMMIT. Everything is
written to ``resources/schemas/openai``: a file per schema, and ``operations.json`` that says which one answers what.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[2] / "resources" / "schemas" / "openai"
PREFIXES = ("/files", "/uploads", "/models", "/fine_tuning/jobs", "/chat/completions")
OMITTED_PATHS = ("/chat/completions/",)
OMITTED_OPERATIONS = ("listChatCompletions",)
OMITTED_REQUESTS = ("CreateChatCompletionRequest",)
"""A hundred further schemas hang on this one, nearly all for what the host does not offer."""
ALSO = ("ErrorResponse",)
DROPPED_KEYS = frozenset({"description", "title", "example", "examples", "deprecated", "discriminator"})
REFERENCE = "#/components/schemas/"
JSON_TYPES = ("application/json", "multipart/form-data")
EVENT_STREAM = "text/event-stream"


def main(arguments: list[str]) -> int:
    """Write the schemas and return the exit status."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    description = json.loads(Path(arguments[0]).read_text("utf-8"))
    components = description["components"]["schemas"]
    operations = dict(read_operations(description["paths"]))
    roots = {name for operation in operations.values() for name in operation.values()} | set(ALSO)
    TARGET.mkdir(parents=True, exist_ok=True)
    for former in TARGET.glob("*.json"):
        former.unlink()
    names = sorted(reachable(components, roots))
    for name in names:
        write(TARGET / f"{name}.json", {"$id": f"{name}.json"} | repaired(name, components[name]))
    write(TARGET / "operations.json", operations)
    write(
        TARGET / "source.json", {"repository": "openai/openai-openapi", "commit": arguments[1], "schemas": len(names)}
    )
    return 0


def read_operations(paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """``"GET /v1/files"`` and the names of its schemas: ``response``, ``events``, ``request``."""
    for path, methods in paths.items():
        if not path.startswith(PREFIXES) or path.startswith(OMITTED_PATHS):
            continue
        for method, operation in methods.items():
            if method not in {"get", "post", "delete"} or operation["operationId"] in OMITTED_OPERATIONS:
                continue
            answers = operation["responses"]["200"]["content"]
            asked = operation.get("requestBody", {}).get("content", {})
            named = {
                "response": schema_name(answers, *JSON_TYPES),
                "events": schema_name(answers, EVENT_STREAM),
                "request": schema_name(asked, *JSON_TYPES),
            }
            kept = {role: name for role, name in named.items() if name and name not in OMITTED_REQUESTS}
            yield f"{method.upper()} /v1{path}", kept


def schema_name(content: dict[str, Any], *types: str) -> str | None:
    """The component that describes a body of one of ``types``."""
    for kind in types:
        reference = content.get(kind, {}).get("schema", {}).get("$ref", "")
        if reference.startswith(REFERENCE):
            return str(reference.removeprefix(REFERENCE))
    return None


def reachable(components: dict[str, Any], roots: set[str]) -> set[str]:
    """The schemas that ``roots`` lead to, themselves included."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += references(components[name])
    return found


def references(schema: Any) -> Iterator[str]:
    """The names of all components that ``schema`` refers to."""
    if isinstance(schema, dict):
        if isinstance(target := schema.get("$ref"), str):
            yield target.removeprefix(REFERENCE)
        for value in schema.values():
            yield from references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references(value)


def repaired(name: str, schema: Any) -> Any:
    """``schema`` without prose, with relative references, and with the repairs that README.md in ``TARGET`` lists."""
    if isinstance(schema, list):
        return [repaired(name, value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: {field: repaired(name, value) for field, value in part.items()}
        if key == "properties"
        else repaired(name, part)
        for key, part in schema.items()
        if key not in DROPPED_KEYS and not key.startswith("x-")
    }
    if isinstance(target := kept.get("$ref"), str):
        kept["$ref"] = target.removeprefix(REFERENCE) + ".json"
    if kept.get("exclusiveMinimum") is True:
        kept["exclusiveMinimum"] = kept.pop("minimum")
    if name == "FineTuningJob" and "validating_files" in kept.get("enum", ()):
        kept["enum"] = [*kept["enum"], "paused"]
    return {"anyOf": [kept, {"type": "null"}]} if kept.pop("nullable", False) else kept


def write(path: Path, value: Any) -> None:
    """As readable JSON, so that an update is a readable change."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
