"""How the real window feels with large data, beside the barest Qt that does the same in the same run.

    .venv/bin/python tests/benchmarks/bench_window.py [--mib 512] [--rows 1000000] [--only open,gaps,keys,rows] [--json]

Offscreen, on qasync's loop as in the app. Times are milliseconds. A gap is how late a 5 ms heartbeat comes;
``busy`` is what the window's thread spent between two beats, whoever else uses the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from bench_dataset import write_dataset
from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QStyledItemDelegate, QWidget

from ftdesk.app import App
from ftdesk.dataset.spans import dump
from ftdesk.ui.dataset.examples_delegate import ROW_HEIGHT
from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.fonts import install_fonts
from ftdesk.ui.long_list import LongList
from ftdesk.ui.loop import run
from ftdesk.ui.theme import Theme
from ftdesk.ui.window import Window

_BEAT_MS = 5
_KEYS = 120

Figures = dict[str, dict[str, float]]


def milliseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def quantiles(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median": statistics.median(ordered),
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "max": ordered[-1],
    }


class Heartbeat(QObject):
    """How late the event loop is, beat by beat; and ``busy``: the processor's time that it spent between two beats.

    What it spends is the program's doing. How late it is depends on who else uses the machine, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self.busy: list[float] = []
        self._last = self._spent = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def begin(self) -> None:
        self.late, self.busy = [], []
        self._last, self._spent = time.perf_counter(), time.thread_time()
        self._timer.start()

    def end(self) -> dict[str, float]:
        self._timer.stop()
        busy = quantiles(self.busy)
        return {**quantiles(self.late), "busy_p99": busy["p99"], "busy_max": busy["max"]}

    def _beat(self) -> None:
        now, spent = time.perf_counter(), time.thread_time()
        self.late.append(max(0.0, (now - self._last) * 1000 - _BEAT_MS))
        self.busy.append((spent - self._spent) * 1000)
        self._last, self._spent = now, spent


class Painted(QObject):
    """When a widget was last painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.at = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.at = time.perf_counter()
        return False


def frame(widget: QWidget) -> float:
    """One frame of ``widget``, painted now."""
    return milliseconds(widget.repaint)


class Bench:
    def __init__(self, window: Window, folder: Path, figures: Figures) -> None:
        self.window = window
        self.folder = folder
        self.figures = figures
        panel = window.panel("dataset")
        assert isinstance(panel, DatasetPanel)
        self.panel = panel
        self.heart = Heartbeat()

    def note(self, name: str, **values: float) -> None:
        self.figures[name] = {key: round(value, 2) for key, value in values.items()}
        print(f"{name:58}", "  ".join(f"{key} {value:9.2f}" for key, value in values.items()), flush=True)

    async def open(self, path: Path) -> float:
        """Open as the menu does; until the first examples are painted and the first conversation is shown."""
        painted = Painted(self.panel.list.view.viewport())
        begin = time.perf_counter()
        self.window.desk.files.open(path)
        dataset = self.window.desk.dataset
        await _until(lambda: dataset.document is not None and dataset.document.path == path)
        await _until(lambda: painted.at > begin and len(self.panel.conversation.cards) > 0)
        return (painted.at - begin) * 1000

    async def settle(self) -> None:
        await _until(lambda: self.window.desk.checking.is_settled)

    async def idle(self, seconds: float) -> dict[str, float]:
        self.heart.begin()
        await asyncio.sleep(seconds)
        return self.heart.end()

    async def large_file(self, mib: int) -> None:
        for line_bytes in (4000, 250):
            path = self.folder / f"{line_bytes}.jsonl"
            write_dataset(path, mib << 20, line_bytes)
            path.read_bytes()[:0]
            counted = milliseconds(
                lambda path=path: subprocess.run(["wc", "-l", path], check=True, capture_output=True)
            )  # type: ignore[misc]
            self.heart.begin()
            shown = await self.open(path)
            late = self.heart.end()
            self.note(
                f"open {mib} MiB of {line_bytes}-byte lines",
                shown=shown,
                wc=counted,
                ratio=shown / counted,
                gap=late["max"],
                busy=late["busy_max"],
            )
        await self.gaps()

    async def gaps(self) -> None:
        """Scroll, search and look at examples while the check of the large file runs."""
        idle = await self.idle(3)
        self.note("heartbeat, idle but for the check", **idle)
        view, search = self.panel.list.view, self.panel.list.search
        checking = self.window.desk.checking
        self.heart.begin()
        end = time.perf_counter() + 4
        bar = view.verticalScrollBar()
        while time.perf_counter() < end:
            bar.setValue((bar.value() + 3 * ROW_HEIGHT) % max(1, bar.maximum()))
            await asyncio.sleep(0.016)
        self.note("heartbeat, scrolling while it is checked", **self.heart.end())
        self.heart.begin()
        for text in ("knee", "acute chronic", "/left .nee/", "role:user fever"):
            search.setText("")
            for letter in text:
                QTest.keyClicks(search, letter)
                await asyncio.sleep(0.08)
            end = time.perf_counter() + 1
            while time.perf_counter() < end:
                bar.setValue((bar.value() + 3 * ROW_HEIGHT) % max(1, bar.maximum()))
                await asyncio.sleep(0.016)
        self.note("heartbeat, searching while it is checked", **self.heart.end())
        search.setText("")
        self.heart.begin()
        for step in range(60):
            self.window.desk.dataset.choose(step * 37)
            await asyncio.sleep(0.05)
        self.note("heartbeat, looking at examples while it is checked", **self.heart.end())
        print(f"    {checking.checked:,} rows were checked meanwhile")

    async def keys(self) -> None:
        """Type into one message: each key until the window has painted it."""
        words = "The patient presents with acute chronic pain of the left knee. "
        chinese = "患者左膝急性疼痛并伴有发热，已持续三天。"
        for size in (20_000, 2_000_000):
            texts = {
                "one line": words * (size // len(words)),
                "many lines": (words + "\n") * (size // (len(words) + 1)),
                "one Chinese line": chinese * (size // len(chinese)),
                "many Chinese lines": (chinese * 4 + "\n") * (size // (4 * len(chinese) + 1)),
            }
            for kind, text in texts.items():
                await self._keys_in(f"{size:,} characters, {kind}", text)

    async def _keys_in(self, name: str, text: str) -> None:
        path = self.folder / "one.jsonl"
        lines = [dump({"messages": [{"role": "user", "content": content}]}) for content in (text, "second")]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        self.heart.begin()
        await self.open(path)
        opening = self.heart.end()
        await self.settle()
        editor = self.panel.conversation.cards[0].editors[0]
        editor.setFocus()
        cursor = editor.textCursor()
        cursor.setPosition(editor.document().characterCount() // 2)
        editor.setTextCursor(cursor)
        editor.ensureCursorVisible()
        QApplication.processEvents()
        times, spent = [], []
        for _ in range(_KEYS):
            before = time.thread_time()
            times.append(self._key(editor))
            spent.append((time.thread_time() - before) * 1000)
        self.heart.begin()
        await asyncio.sleep(1.5)  # the pause after which what was typed is committed
        late = self.heart.end()
        reference = await self._bare_keys(text)
        ours = quantiles(times)
        busy = quantiles(spent)["p99"]
        self.note(
            f"key in {name}",
            **ours,
            busy_p99=busy,
            bare=reference["median"],
            ratio=ours["median"] / reference["median"],
            opening=opening["busy_max"],
            commit=late["busy_max"],
        )
        self.window.desk.dataset.document.discard_edits()  # type: ignore[union-attr]
        self.window.desk.dataset.show_document(None)

    def _key(self, editor: QPlainTextEdit) -> float:
        def work() -> None:
            QTest.keyClick(editor, Qt.Key.Key_X)
            editor.viewport().repaint()

        return milliseconds(work)

    async def _bare_keys(self, text: str) -> dict[str, float]:
        """A bare editor of the same size, with the text cut into lines of 2,000 characters, which Qt can lay out."""
        bare = QPlainTextEdit()
        bare.resize(720, 480)
        bare.setPlainText("\n".join(text[start : start + 2_000] for start in range(0, len(text), 2_000)))
        bare.show()
        bare.setFocus()
        cursor = bare.textCursor()
        cursor.setPosition(bare.document().characterCount() // 2)
        bare.setTextCursor(cursor)
        QApplication.processEvents()
        times = [self._key(bare) for _ in range(_KEYS)]
        bare.close()
        bare.deleteLater()
        return quantiles(times)

    async def many_rows(self, rows: int) -> None:
        path = self.folder / "rows.jsonl"
        with path.open("wb") as file:
            for number in range(rows):
                file.write(b'{"messages": [{"role": "user", "content": "Question %d"}]}\n' % number)
        opened = await self.open(path)
        view, model = self.panel.list.view, self.panel.list.model
        bare = LongList("Bare", QStyledItemDelegate(), ROW_HEIGHT)
        bare_model = _Bare(rows)
        bare.resize(view.size())
        bare.setModel(bare_model)
        bare.show()
        QApplication.processEvents()

        def show() -> None:
            model.beginResetModel()
            model.endResetModel()
            view.repaint()

        def bare_show() -> None:
            bare_model.beginResetModel()
            bare_model.endResetModel()
            bare.repaint()

        self.note(f"{rows:,} rows: opened", shown=opened)
        self._compare(f"{rows:,} rows: show", show, bare_show, 15)
        self._compare(f"{rows:,} rows: frame while scrolling", lambda: _scroll(view), lambda: _scroll(bare), 200)
        document = self.window.desk.dataset.document
        assert document is not None
        line = document.line(0)
        self._compare(
            f"{rows:,} rows: insert",
            lambda: (document.insert(rows // 2, [line], "Insert"), view.viewport().repaint()),
            lambda: (bare_model.insert(rows // 2), bare.viewport().repaint()),
            15,
        )
        bare.close()
        bare.deleteLater()
        document.discard_edits()

    def _compare(self, name: str, one: Callable[[], object], other: Callable[[], object], rounds: int) -> None:
        """Ours and the bare one in turn."""
        ours, theirs, busy = [], [], []
        for _ in range(rounds):
            before = time.thread_time()
            ours.append(milliseconds(one))
            busy.append((time.thread_time() - before) * 1000)
            theirs.append(milliseconds(other))
            QApplication.processEvents()
        spent = quantiles(busy)
        self.note(name, **quantiles(ours), busy=spent["median"], busy_p99=spent["p99"], bare=statistics.median(theirs))


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what is painted has no event of its own
        await asyncio.sleep(0.002)


def _scroll(view: LongList) -> None:
    bar = view.verticalScrollBar()
    bar.setValue(bar.value() + 3 * ROW_HEIGHT)
    view.viewport().repaint()


class _Bare(QAbstractTableModel):
    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def rowCount(self, _parent: Any = None) -> int:  # noqa: N802
        return self._rows

    def columnCount(self, _parent: Any = None) -> int:  # noqa: N802
        return 1

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return f"{index.row()}" if role == Qt.ItemDataRole.DisplayRole else None

    def insert(self, row: int) -> None:
        self.beginInsertRows(QModelIndex(), row, row)
        self._rows += 1
        self.endInsertRows()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="open,keys,rows")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ftdesk-bench-", dir=arguments.folder))
    os.environ["FTDESK_HOME"] = str(folder / "home")
    application = QApplication([])
    figures: Figures = {}

    async def live() -> None:
        install_fonts(application)
        app = App()
        window = Window(app, Theme(application, "light"))
        window.resize(1440, 900)
        window.show()
        window.activateWindow()
        window.begin()
        window.show_place("dataset")
        bench = Bench(window, folder, figures)
        await asyncio.sleep(1)
        bench.note("heartbeat, idle", **await bench.idle(3))
        try:
            if "open" in arguments.only:
                await bench.large_file(arguments.mib)
            if "keys" in arguments.only:
                await bench.keys()
            if "rows" in arguments.only:
                await bench.many_rows(arguments.rows)
        finally:
            await window.aclose()
            await app.aclose()
            window.close()

    try:
        run(application, live(), lambda _: None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
