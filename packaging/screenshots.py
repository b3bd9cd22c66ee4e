"""Pictures of every place of the window after the whole loop on the sample, in light and dark.

    .venv/bin/python packaging/screenshots.py FOLDER            # QT_SCALE_FACTOR=2 for twice the size
    .venv/bin/python packaging/screenshots.py FOLDER --editor   # only the editor, with every kind of example

Everything in them is real: the sample is trained, compared and scored while the pictures are taken.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from editor_examples import examples
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from ftdesk.app import App
from ftdesk.storage.folders import Folders
from ftdesk.ui.fonts import install_fonts
from ftdesk.ui.loop import run
from ftdesk.ui.theme import Theme
from ftdesk.ui.window import Window

SIZE = (1280, 820)


class Photographer:
    """Goes through the loop by clicks and takes a picture of each place."""

    def __init__(self, application: QApplication, window: Window, theme: Theme, folder: Path) -> None:
        self._application = application
        self._window = window
        self._theme = theme
        self._folder = folder

    async def go(self) -> None:
        self._click("try_sample_button")
        await self._until(lambda: "✓" in self._text("health_label"))
        await self._take("dataset")
        self._click("place_check")
        await self._take("check")
        self._click("launch_button")
        await self._until(lambda: self._find("launch_confirm_button").isEnabled())
        await self._take("launch")
        self._click("launch_confirm_button")
        await self._until(lambda: self._is_shown("job_status_label"))
        await self._until(lambda: self._text("job_status_label").startswith(("Succeeded", "Failed")))
        await self._take("jobs")
        self._click("try_job_button")
        await self._until(lambda: self._is_shown("prompt_edit"))
        self._find("prompt_edit").setPlainText("Follow-up of hypertension and dyslipidemia, both stable.")  # type: ignore[attr-defined]
        self._click("send_button")
        await self._until(lambda: not self._is_shown("stop_button") and self._text("pane_1_served") != "")
        await self._take("playground")
        self._click("place_evaluation")
        await self._until(lambda: self._is_shown("evaluation_run_button"))
        self._click("evaluation_run_button")
        await self._until(lambda: not self._is_shown("evaluation_stop_button"))
        await self._take("evaluation")
        self._click("place_rescue")
        await self._take("rescue")

    async def go_through_editor(self) -> None:
        """Open an example of every kind, and find and replace over all of them."""
        kinds = examples()
        path = self._folder / "every-kind.jsonl"
        path.write_bytes(b"\n".join(line for _, line in kinds) + b"\n")
        self._window.desk.files.open(path)
        await self._until(lambda: self._is_shown("examples_view"))
        for row, (name, _) in enumerate(kinds):
            self._window.desk.dataset.choose(row)
            await asyncio.sleep(1)
            await self._take(f"editor-{name}")
        panel = self._window.panel("dataset")
        next(action for action in panel.actions() if action.objectName() == "command_replace").trigger()
        await self._until(lambda: self._is_shown("replace_dialog"))
        self._find("replace_find").setText("order")  # type: ignore[attr-defined]
        self._find("replace_with").setText("parcel")  # type: ignore[attr-defined]
        await self._until(lambda: self._find("replace_button").isEnabled())
        await self._take("editor-replace")
        self._find("replace_dialog").reject()  # type: ignore[attr-defined]
        path.unlink()

    async def _take(self, name: str) -> None:
        for theme in ("light", "dark"):
            self._theme.choose(theme)
            await asyncio.sleep(0.5)
            dialog = self._application.activeModalWidget()
            (dialog or self._window).grab().save(str(self._folder / f"{name}-{theme}.png"))

    def _find(self, name: str) -> QWidget:
        found = [widget for widget in self._window.findChildren(QWidget, name) if widget.isVisible()]
        return found[0] if found else self._window.findChildren(QWidget, name)[0]

    def _is_shown(self, name: str) -> bool:
        return any(widget.isVisible() for widget in self._window.findChildren(QWidget, name))

    def _text(self, name: str) -> str:
        widget = self._find(name)
        return widget.text() if isinstance(widget, QLabel) else ""

    def _click(self, name: str) -> None:
        button = self._find(name)
        if isinstance(button, QAbstractButton):
            button.click()

    async def _until(self, condition: Callable[[], object]) -> None:
        while not condition():  # noqa: ASYNC110 - what is shown has no event of its own
            await asyncio.sleep(0.05)


def main() -> int:
    """Take the pictures and return the exit status."""
    editor_only = sys.argv[2:] == ["--editor"]
    if len(sys.argv) != 2 + editor_only:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(["ftdesk"])
    application.setQuitOnLastWindowClosed(False)
    install_fonts(application)
    with tempfile.TemporaryDirectory() as home:
        return run(application, _live(application, folder, Path(home), editor_only=editor_only), lambda _: None)


async def _live(application: QApplication, folder: Path, home: Path, *, editor_only: bool) -> int:
    app = App(Folders.under(home))
    theme = Theme(application, "light")
    window = Window(app, theme)
    window.resize(*SIZE)
    window.show()
    window.begin()
    try:
        photographer = Photographer(application, window, theme, folder)
        await (photographer.go_through_editor() if editor_only else photographer.go())
    finally:
        await window.aclose()
        await app.aclose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
