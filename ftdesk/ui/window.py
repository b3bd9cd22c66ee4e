"""The window: rail, header, places and status line, and the one place where the panels meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ftdesk.app import App
from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.ui.panels import PANELS
from ftdesk.ui.rail import Rail
from ftdesk.ui.tokens import UNIT

if TYPE_CHECKING:
    from ftdesk.ui.commands import Command
    from ftdesk.ui.desk import Desk
    from ftdesk.ui.panel import Panel
    from ftdesk.ui.theme import Theme

_FILE_COMMANDS = ("open", "new", "save", "save_as", "import", "import_folder", "export", "split", "versions", "sample")
"""What the menu under the file's name offers."""


class Window(QMainWindow):
    """Makes each place when it is first shown. ``closed`` is the end of the program.

    ``bare`` gives the frame alone, which paints at once; ``furnish`` then brings everything else.
    """

    closed = Signal()
    desk: Desk

    def __init__(self, app: App, theme: Theme, *, bare: bool = False) -> None:
        super().__init__()
        self._app = app
        self._theme = theme
        self.setObjectName("main_window")
        self.setAcceptDrops(True)
        self.resize(1280, 820)
        self._running = False
        self._panels: dict[str, Panel] = {}
        self._place = ""
        self._open_later: Callable[[], None] | None = None
        self.commands: dict[str, QAction] = {}
        self._lay_out_frame()
        if not bare:
            self.furnish()

    def furnish(self) -> None:
        """Make the header, the services and the place that was shown last."""
        from ftdesk.ui.desk import make_desk

        self.desk = make_desk(self._app, self._theme, self)
        self.commands = self._make_commands()
        self._lay_out()
        self._connect()
        self._show_title()
        self.show_place(self._app.settings.last_place)

    @property
    def place(self) -> str:
        return self._place

    def panel(self, place: str) -> Panel:
        """The panel of a place, made if it was not shown yet."""
        if place not in self._panels:
            panel = next(entry for entry in PANELS if entry.name == place).make(self.desk)
            self._panels[place] = panel
            self._stack.addWidget(panel)
        return self._panels[place]

    def show_place(self, place: str) -> None:
        if place not in {entry.name for entry in PANELS}:
            place = PANELS[0].name
        if place == self._place:
            return
        self.desk.dataset.leaving.emit()
        self._place = place
        panel = self.panel(place)
        self._stack.setCurrentWidget(panel)
        self._rail.show_place(place)
        if self._running:
            panel.activated()
            panel.focus_first()

    def begin(self) -> None:
        """The event loop runs: from here on places may start work."""
        self._running = True
        self.desk.checking.begin()
        self.desk.jobs.begin()
        self.desk.files.begin()
        if self._open_later is not None:
            self._open_later()
            self._open_later = None
        panel = self.panel(self._place)
        panel.activated()
        panel.focus_first()

    def open_palette(self) -> None:
        """Every action that can be done now, by name."""
        from ftdesk.ui.command_palette import CommandPalette

        CommandPalette(self._all_commands(), self).open()

    def open_shortcuts(self) -> None:
        from ftdesk.ui.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._all_commands(), self).open()

    def open_settings(self) -> None:
        from ftdesk.ui.settings_dialog import SettingsDialog

        SettingsDialog(self.desk, self).open()

    def open_at_start(self, path: Path | None) -> None:
        """Open ``path``, or what was open last: now if that is quick, else when the event loop runs."""
        files = self.desk.files
        last = self.desk.app.settings.last_file
        wanted = path or (Path(last) if last else None)
        is_quick = wanted is None or files.opens_at_once(wanted)
        if path is None:
            open_now = files.open_last
        elif files.has_to_be_imported(path):
            is_quick, open_now = False, lambda: files.transfers.import_file(path)
        else:
            open_now = lambda: files.open(path)  # noqa: E731
        if is_quick or self._running:
            open_now()
        else:
            self._open_later = open_now

    def come_forward(self, named: str) -> None:
        """A second start: be seen, and open the file it named."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if named:
            self.show_place("dataset")
            self.desk.files.open_or_import(Path(named))

    async def aclose(self) -> None:
        """Stop what the places do, then close the file. Its unsaved edits are in the journal."""
        for panel in self._panels.values():
            await panel.aclose()
        await self.desk.jobs.aclose()
        await self.desk.files.aclose()
        self.desk.checking.close()
        self.desk.dataset.show_document(None)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        # Never asks: what is not saved is in the journal and comes back with the next start.
        self.desk.dataset.leaving.emit()
        settings = self._window_settings()
        settings.setValue("geometry", self.saveGeometry())
        try:
            self.desk.app.save_settings(replace(self.desk.app.settings, last_place=self._place))
        except FtdeskError as error:
            self.desk.notices.show_error(error)
        event.accept()
        self.closed.emit()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.commands:
            self.desk.files.disk.look()

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                event.acceptProposedAction()
                self.desk.files.open_or_import(Path(url.toLocalFile()))
                return

    def _make_commands(self) -> dict[str, QAction]:
        files, dataset = self.desk.files, self.desk.dataset
        return {
            name: self._command(name, text, keys, do)
            for name, text, keys, do in (
                ("open", self.tr("Open…"), QKeySequence.StandardKey.Open, files.choose_and_open),
                ("new", self.tr("New dataset"), QKeySequence.StandardKey.New, files.new),
                ("save", self.tr("Save"), QKeySequence.StandardKey.Save, files.save),
                ("save_as", self.tr("Save as…"), "Ctrl+Shift+S", files.save_as),
                ("import", self.tr("Import…"), "Ctrl+Shift+I", files.transfers.choose_import),
                ("import_folder", self.tr("Import a folder…"), "", files.transfers.choose_folder_import),
                ("export", self.tr("Export…"), "Ctrl+Shift+E", files.transfers.export),
                ("split", self.tr("Split…"), "Ctrl+Shift+P", files.transfers.split),
                ("versions", self.tr("Earlier versions…"), "", files.transfers.show_versions),
                ("sample", self.tr("Try the sample"), "", files.try_sample),
                ("undo", self.tr("Undo"), "Ctrl+Z", dataset.undo),
                ("redo", self.tr("Redo"), "Ctrl+Shift+Z", dataset.redo),
                ("train", self.tr("Train…"), "Ctrl+T", self.desk.requests.launch_requested.emit),
                ("palette", self.tr("Commands"), "Ctrl+K", self.open_palette),
                ("shortcuts", self.tr("Keyboard shortcuts"), "F1", self.open_shortcuts),
                ("settings", self.tr("Settings"), "Ctrl+,", self.open_settings),
                ("quit", self.tr("Quit"), "Ctrl+Q", self.close),
            )
        }

    def _command(self, name: str, text: str, keys: str | QKeySequence.StandardKey, do: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"command_{name}")
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda *_: do())
        self.addAction(action)
        return action

    def _all_commands(self) -> list[Command]:
        from ftdesk.ui.commands import commands_of

        place = next(entry for entry in PANELS if entry.name == self._place)
        here = commands_of(self.panel(place.name), QCoreApplication.translate("Places", place.title))
        return [*here, *commands_of(self)]

    def _lay_out_frame(self) -> None:
        self._rail = Rail()
        self._rail.show_place(self._app.settings.last_place)
        self._right = QVBoxLayout()
        self._right.setSpacing(0)
        centre = QWidget()
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addLayout(self._right, 1)
        self.setCentralWidget(centre)
        self.setMinimumSize(180 * UNIT, 120 * UNIT)
        self.setWindowTitle("ftdesk")
        geometry: Any = self._window_settings().value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    def _lay_out(self) -> None:
        from ftdesk.ui.header import Header
        from ftdesk.ui.status import StatusLine
        from ftdesk.ui.widgets import IconButton

        self._rail.column.addWidget(
            IconButton("settings", self.tr("Settings"), self.open_settings, size=20), 0, Qt.AlignmentFlag.AlignHCenter
        )
        self._stack = QStackedWidget()
        self._right.addWidget(Header(self.desk, [self.commands[name] for name in _FILE_COMMANDS]))
        self._right.addWidget(self._stack, 1)
        self._right.addWidget(StatusLine(self.desk.background))
        self.desk.notices.raise_()

    def _connect(self) -> None:
        from ftdesk.ui.routes import Routes

        self._rail.place_chosen.connect(self.show_place)
        for number, entry in enumerate(PANELS, start=1):
            self._command(
                f"place_{entry.name}",
                self.tr("Go to {place}").format(place=entry.title),
                f"Ctrl+{number}",
                lambda name=entry.name: self.show_place(name),  # type: ignore[misc]
            )
        self.desk.dataset.replaced.connect(self._show_title)
        self.desk.dataset.state_changed.connect(self._show_title)
        self.desk.host.changed.connect(lambda host: self.desk.checking.choose_host(self.desk.profile_of(host)))
        self.desk.checking.stopped.connect(self._say_stopped)
        Routes(self)

    def _show_title(self) -> None:
        document = self.desk.dataset.document
        title = self.desk.dataset.title.replace("[*]", "[*][*]")
        self.setWindowTitle(f"{title}[*] — ftdesk" if title else "ftdesk")
        self.setWindowModified(document is not None and document.is_modified)
        for name, did in (("undo", self.tr("Undo")), ("redo", self.tr("Redo"))):
            what = "" if document is None else document.undo_title if name == "undo" else document.redo_title
            self.commands[name].setText(f"{did}: {what}" if what else did)

    def _say_stopped(self) -> None:
        self.desk.notices.show_notice(
            self.tr("Checking stopped: its process ended."),
            self.tr("Check again"),
            self.desk.checking.restart,
            lasting=True,
        )

    def _window_settings(self) -> QSettings:
        return QSettings(str(self._app.folders.config / "window.ini"), QSettings.Format.IniFormat)
