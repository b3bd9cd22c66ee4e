"""The asyncio loop that Qt drives. The only module that knows qasync.

It runs the window's own coroutines. Network clients live on a loop in a worker thread (see ``hosts``), because two
streams at full speed would hold this one up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

import qasync  # type: ignore[import-untyped]
from PySide6.QtWidgets import QApplication

Result = TypeVar("Result")


class Loop(qasync.QEventLoop):  # type: ignore[misc]  # qasync ships no types
    """qasync's loop with a ``run_until_complete`` that ends when its future does.

    qasync pumps Qt's events once more after it has un-set the running loop, which hangs on Python 3.14 when Qt quits;
    and ``QApplication.quit`` ends one ``exec`` only, so the loop goes on until the future is done.
    """

    def run_until_complete(self, future: Any) -> Any:
        awaited = asyncio.ensure_future(future, loop=self)

        def stop(_: object) -> None:
            self.stop()

        awaited.add_done_callback(stop)
        try:
            while not awaited.done():
                self.run_forever()
        finally:
            awaited.remove_done_callback(stop)
        return awaited.result()


def run(application: QApplication, main: Coroutine[Any, Any, Result], prepare: Callable[[Loop], None]) -> Result:
    """Run ``main`` to its end on Qt's event loop. ``prepare`` may set the loop's exception handler."""

    def make() -> asyncio.AbstractEventLoop:
        loop = Loop(application, already_running=False)
        prepare(loop)
        return cast("asyncio.AbstractEventLoop", loop)

    with asyncio.Runner(loop_factory=make) as runner:
        return runner.run(main)
