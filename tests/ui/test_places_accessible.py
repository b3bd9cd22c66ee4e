"""Whoever hears the window instead of seeing it: every control of the three places of the loop has a name."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QWidget,
)
from window_driver import Driver, play, quick_engine

from ftdesk.hosts.types import ModelName
from ftdesk.jobs.types import LaunchPlan

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView, QAbstractScrollArea, QProgressBar)


def unnamed(root: QWidget) -> list[str]:
    """Controls without a name, but for those that Qt makes inside of others."""
    return [
        f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}"
        for widget in root.findChildren(QWidget)
        if isinstance(widget, CONTROLS)
        and not isinstance(widget, QScrollBar)
        and not isinstance(widget.parent(), QComboBox | QTabBar)
        and not isinstance(widget, QHeaderView)
        and not widget.objectName().startswith("qt_")
        and type(widget).__name__ not in {"QComboBoxListView", "QComboBoxPrivateContainer", "QListView"}
        and not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
    ]


def test_every_control_of_jobs_playground_and_evaluation_has_a_name(
    qapp: QApplication, tmp_path: Path, home: Path
) -> None:
    data = tmp_path / "data.jsonl"
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    data.write_bytes(b"".join(json.dumps({"messages": messages}).encode() + b"\n" for _ in range(20)))

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        user.window.desk.jobs.launch(LaunchPlan(data, ModelName("local", "bigram")))
        await user.until_shown("try_job_button")
        user.click("launch_button")
        await user.until_enabled("launch_confirm_button")
        dialog = user.find("launch_dialog")
        user.click("advanced_button")
        found = unnamed(dialog)
        dialog.reject()  # type: ignore[attr-defined]
        for place in ("playground", "evaluation"):
            user.click(f"place_{place}")
        for place in ("jobs", "playground", "evaluation"):
            found += unnamed(user.find(f"{place}_panel"))
        assert not found

    with quick_engine(home):
        play(qapp, scenario, place="jobs")


def test_the_keyboard_alone_reaches_every_control_of_the_playground(qapp: QApplication) -> None:
    async def scenario(user: Driver) -> None:
        user.find("prompt_edit").setFocus()
        reached = set()
        for _ in range(80):
            focused = QApplication.focusWidget()
            assert focused is not None
            reached.add(focused.objectName())
            user.window.focusNextChild()
        wanted = {"prompt_edit", "system_edit", "send_button", "diff_toggle", "options_button", "prompt_source"}
        assert wanted <= reached
        assert {user.find(name).focusPolicy() & Qt.FocusPolicy.TabFocus for name in wanted} == {Qt.FocusPolicy.TabFocus}

    play(qapp, scenario, place="playground")
