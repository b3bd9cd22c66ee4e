"""Rules about the window's sources that no import contract can say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import ftdesk.ui
from ftdesk.ui.panels import PANELS

ROOT = Path(ftdesk.ui.__file__).parent


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node


def test_one_module_knows_qasync() -> None:
    assert [name for name, tree in sources() if "qasync" in imports(tree)] == ["loop.py"]


def test_panels_do_not_import_panels() -> None:
    places = {entry.name for entry in PANELS}
    crossing = []
    for name, tree in sources():
        place = name.split("/")[0]
        if place in places:
            others = tuple(f"ftdesk.ui.{other}." for other in places - {place})
            crossing += [f"{name}: {module}" for module in imports(tree) if f"{module}.".startswith(others)]
    assert crossing == []


def test_the_window_loads_no_sdk_and_nothing_heavy_at_import() -> None:
    heavy = {"openai", "tiktoken", "numpy", "pyqtgraph", "pydantic", "httpx2"}
    assert [name for name, tree in sources() if {module.split(".")[0] for module in imports(tree)} & heavy] == []


def test_no_dialog_is_run_in_a_loop_of_its_own() -> None:
    """``exec`` inside a coroutine starves the event loop; ``open`` and a signal do not."""
    blocking = {"exec", "exec_", "getOpenFileName", "getSaveFileName", "getText", "question", "critical"}
    assert [
        f"{name}:{call.lineno}" for name, tree in sources() for called, call in calls(tree) if called in blocking
    ] == []


def test_labels_and_tooltips_are_made_where_text_is_kept_plain() -> None:
    raw = [
        f"{name}:{call.lineno} {called}"
        for name, tree in sources()
        if name != "text.py"
        for called, call in calls(tree)
        if (called == "QLabel" and call.args) or (called == "setToolTip" and call.args and not _is_empty(call.args[0]))
    ]
    assert raw == []


def test_streams_of_services_are_closed_however_reading_them_ends() -> None:
    """A bare ``async for`` leaves its generator open when the body raises."""
    bare = [
        f"{name}:{loop.lineno}"
        for name, tree in sources()
        for loop in _loops(tree)
        if not any(loop in _loops(holder) for holder in _closing(tree))
    ]
    assert bare == []


def _loops(tree: ast.AST) -> list[ast.AsyncFor]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFor)]


def _closing(tree: ast.Module) -> Iterator[ast.AsyncWith]:
    """Blocks that close a generator at their end."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncWith) and "aclosing" in ast.unparse(node.items[0].context_expr):
            yield node


def _is_empty(argument: ast.expr) -> bool:
    return isinstance(argument, ast.Constant) and argument.value == ""
