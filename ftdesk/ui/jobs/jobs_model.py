"""The list of jobs: newest first, each with its state and how far it is."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ftdesk.overrides import override
from ftdesk.ui.fonts import CAPTION
from ftdesk.ui.job_feed import JobFeed, JobStory, job_key, job_title
from ftdesk.ui.jobs.wording import ICONS, status_word, when
from ftdesk.ui.row_painter import RowPainter, Weight, text_width
from ftdesk.ui.text import one_line
from ftdesk.ui.tokens import UNIT

Index = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 18 * UNIT


class JobsModel(QAbstractTableModel):
    """A projection of the feed: one column of stories."""

    def __init__(self, feed: JobFeed) -> None:
        super().__init__()
        self._feed = feed
        self._keys: list[str] = [job_key(job) for job in feed.jobs]
        feed.changed.connect(self._show)
        feed.told.connect(self._repaint)

    def key(self, row: int) -> str:
        return self._keys[row]

    def row(self, key: str) -> int:
        """The row of a job, or -1."""
        return self._keys.index(key) if key in self._keys else -1

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._keys)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 1

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        story = self._feed.story(self._keys[index.row()])
        if story is None:
            return None
        if role == Qt.ItemDataRole.UserRole:
            return story
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{one_line(job_title(story.job))}, {status_word(story.job.status)}, {one_line(story.job.model)}"
        return None

    def _show(self, key: str) -> None:
        wanted = [job_key(job) for job in self._feed.jobs]
        if wanted == self._keys:
            self._repaint(key)
        elif len(wanted) == len(self._keys) + 1 and [other for other in wanted if other != key] == self._keys:
            row = wanted.index(key)
            self.beginInsertRows(QModelIndex(), row, row)
            self._keys = wanted
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._keys = wanted
            self.endResetModel()

    def _repaint(self, key: str) -> None:
        row = self.row(key)
        if row >= 0:
            index = self.index(row, 0)
            self.dataChanged.emit(index, index)


class JobDelegate(QStyledItemDelegate):
    """Paints a job: icon, name and when; model; status and a bar while it runs."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(50 * UNIT, ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        story = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(story, JobStory):
            return
        job = story.job
        icon, tone = ICONS[job.status]
        with RowPainter(painter, option) as row:
            row.ground()
            table, colour = row.table, getattr(row.table, tone)
            line = row.area.adjusted(10 * UNIT, 2 * UNIT - 1, -3 * UNIT, 0)
            line.setHeight(5 * UNIT)
            row.icon(icon, colour, row.area.left() + 3 * UNIT, line.center().y(), 18)
            moment = when(job.created_at)
            row.text(line, moment, table.mute, size=CAPTION, align=Qt.AlignmentFlag.AlignRight)
            name = line.adjusted(0, 0, -text_width(moment, CAPTION) - 2 * UNIT, 0)
            row.text(name, job_title(job), table.text, weight=Weight.Medium)
            line.translate(0, 5 * UNIT)
            model = f"{job.host}/{job.model}"
            row.text(line, model, table.mute, size=CAPTION, elide=Qt.TextElideMode.ElideMiddle)
            line.translate(0, 5 * UNIT)
            share = story.progress.share if story.progress is not None and story.is_active else -1.0
            word = status_word(job.status) + (f"  {share:.0%}" if share >= 0 else "")
            left = line.left() + row.text(line, word, colour, size=CAPTION) + 3 * UNIT
            if share >= 0:
                row.bar(QRectF(left, line.center().y() - 1, line.right() - left, 4), share, colour)
