"""The line below every place: what runs in the background, each with its progress and a way to stop it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from ftdesk.ui.text import Label, one_line
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import IconButton
from ftdesk.ui.work import BackgroundWork, Work


class StatusLine(QFrame):
    def __init__(self, background: BackgroundWork) -> None:
        super().__init__()
        self.setObjectName("status_line")
        self.setProperty("kind", "bottom")
        self.setFixedHeight(8 * UNIT)
        self._message = Label("", "caption")
        self._message.setObjectName("status_label")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4 * UNIT, 0, 4 * UNIT, 0)
        self._row.setSpacing(4 * UNIT)
        self._row.addWidget(self._message)
        self._row.addStretch()
        background.begun.connect(self._add)

    def show_message(self, text: str) -> None:
        """What was done last. Stays until the next."""
        self._message.setText(text)

    def _add(self, work: Work) -> None:
        item = _WorkItem(work)
        self._row.addWidget(item)


class _WorkItem(QWidget):
    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work
        self._title = Label("", "caption")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(24 * UNIT)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * UNIT)
        row.addWidget(self._title)
        row.addWidget(self._progress)
        if work.can_cancel:
            row.addWidget(IconButton("x", self.tr("Stop: {work}").format(work=work.title), work.cancel, size=12))
        work.changed.connect(self._show)
        work.ended.connect(self._leave)
        self._show()

    def _show(self) -> None:
        self._title.setText(one_line(self._work.title, 80))
        self._progress.setAccessibleName(self._work.title)
        if self._work.share < 0:
            self._progress.setRange(0, 0)
        else:
            self._progress.setRange(0, 1000)
            self._progress.setValue(round(self._work.share * 1000))

    def _leave(self) -> None:
        self.hide()
        self.deleteLater()
