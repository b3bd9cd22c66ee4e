"""The line above every place: which file, which host, and how the data is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu

from ftdesk.ui.desk import Desk
from ftdesk.ui.text import Label, one_line, plural, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, count, restyle


class Header(QFrame):
    """``file_actions`` become the menu under the file's name, followed by the recent files."""

    def __init__(self, desk: Desk, file_actions: list[QAction]) -> None:
        super().__init__()
        self._desk = desk
        self._file_actions = file_actions
        self.setProperty("kind", "header")
        self.setFixedHeight(12 * UNIT)
        self._file = Button("", kind="quiet")
        self._file.setObjectName("file_button")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._file.setMenu(self._menu)
        self._hosts = Choice(self.tr("Host"))
        self._hosts.setObjectName("host_selector")
        self._hosts.activated.connect(lambda index: desk.host.choose(self._hosts.itemData(index)))
        self._health = Label("", "caption")
        self._health.setObjectName("health_label")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * UNIT, 0, 4 * UNIT, 0)
        row.setSpacing(3 * UNIT)
        row.addWidget(self._file)
        row.addStretch()
        row.addWidget(self._health)
        row.addWidget(self._hosts)
        train = Button(self.tr("Train…"), desk.requests.launch_requested.emit, icon_name="zap")
        train.setObjectName("launch_button")
        row.addWidget(train)
        desk.host.listed.connect(self.show_hosts)
        desk.checking.rows_checked.connect(self._show_health)
        desk.dataset.replaced.connect(self._show_file)
        desk.dataset.state_changed.connect(self._show_file)
        self._show_file()
        self.show_hosts()

    def show_hosts(self) -> None:
        """Read the list of hosts again."""
        self._hosts.clear()
        for name in self._desk.host_names():
            self._hosts.addItem(one_line(self._desk.host.title(name), 40), name)
        self._hosts.setCurrentIndex(max(0, self._hosts.findData(self._desk.host.name)))

    def _show_health(self) -> None:
        """Examples, tokens and the gravest finding, as far as they are known: ``61 examples · 8.4k tokens · ✓``."""
        checking, document = self._desk.checking, self._desk.dataset.document
        if document is None:
            self._health.setText("")
            return
        summary = checking.summary
        examples = summary.examples if summary else len(document)
        parts = [plural(examples, self.tr("1 example"), self.tr("{number} examples"))]
        if summary and summary.tokens:
            parts.append(self.tr("{count} tokens").format(count=count(summary.tokens)))
        errors, warnings = checking.count("error"), checking.count("warning")
        if not len(document):
            errors = warnings = 0  # nobody has done anything wrong yet
        if errors:
            parts.append(plural(errors, self.tr("1 error"), self.tr("{number} errors")))
        elif warnings:
            parts.append(plural(warnings, self.tr("1 warning"), self.tr("{number} warnings")))
        elif summary and summary.examples:
            parts.append("✓")
        self._health.setText(" · ".join(parts))
        restyle(self._health, "tone", "error" if errors else "warning" if warnings else "caption")

    def _show_file(self) -> None:
        document = self._desk.dataset.document
        name = one_line(self._desk.dataset.title, 60) or self.tr("No file open")
        modified = document is not None and document.is_modified
        # QPushButton would take & as the mark of a mnemonic.
        self._file.setText(name.replace("&", "&&") + ("  ●" if modified else "") + "  ▾")
        self._file.setAccessibleName(
            self.tr("File: {name}").format(name=name) + (self.tr(", not saved") if modified else "")
        )
        set_tooltip(self._file, str(document.path) if document is not None and document.path else name)

    def _fill_menu(self) -> None:
        self._menu.clear()
        self._menu.addActions(self._file_actions)
        recent = self._desk.files.recent
        if recent:
            self._menu.addSeparator()
        for path in recent:
            action = self._menu.addAction(one_line(path.name, 60).replace("&", "&&"))
            action.triggered.connect(lambda _=False, path=path: self._desk.files.open(path))
            action.setToolTip("")
        self._menu.setToolTipDuration(0)
        self._menu.setAttribute(Qt.WidgetAttribute.WA_AlwaysShowToolTips, False)
