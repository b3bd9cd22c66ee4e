from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from ftdesk.ui.tasks import Tasks, consume

Run = Callable[..., object]


def test_an_error_in_a_task_is_reported_once_and_a_cancelled_task_is_not_an_error(run_in_qt: Run) -> None:
    errors: list[BaseException] = []

    async def fail() -> None:
        raise ValueError("broken")

    async def main() -> None:
        owner = QObject()
        tasks = Tasks(owner, errors.append)
        tasks.start("fails", fail())
        waiting = tasks.start("waits", asyncio.sleep(60))
        tasks.cancel("waits")
        await asyncio.wait([waiting])
        await asyncio.sleep(0)
        assert not tasks.is_running("fails")

    run_in_qt(main())
    assert [str(error) for error in errors] == ["broken"]


def test_a_new_task_replaces_the_one_with_its_name(run_in_qt: Run) -> None:
    async def main() -> None:
        tasks = Tasks(QObject(), pytest.fail)
        first = tasks.start("search", asyncio.sleep(60))
        second = tasks.start("search", asyncio.sleep(0))
        await asyncio.wait([first, second])
        assert first.cancelled()
        assert not second.cancelled()

    run_in_qt(main())


def test_tasks_end_with_their_widget(run_in_qt: Run, qapp: QApplication) -> None:
    async def main() -> None:
        owner = QObject()
        task = Tasks(owner, pytest.fail).start("waits", asyncio.sleep(60))
        owner.deleteLater()
        await asyncio.wait([task])
        assert task.cancelled()

    run_in_qt(main())


def test_a_stream_is_closed_when_applying_an_event_fails(run_in_qt: Run) -> None:
    closed = []

    async def events() -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    def refuse(_: int) -> None:
        raise ValueError("no")

    async def main() -> None:
        stream = events()
        with pytest.raises(ValueError, match="no"):
            await consume(stream, refuse)
        assert closed == [True]

    run_in_qt(main())


def test_the_loop_ends_when_its_future_does_although_qt_was_told_to_quit(run_in_qt: Run, qapp: QApplication) -> None:
    async def main() -> str:
        qapp.quit()
        await asyncio.sleep(0.05)
        return "done"

    assert run_in_qt(main()) == "done"
