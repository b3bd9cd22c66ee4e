"""Runs the checking process, and carries requests to it and answers back without ever holding the window up."""

from __future__ import annotations

import multiprocessing
import queue
import threading
from multiprocessing.process import BaseProcess

from PySide6.QtCore import QObject, Signal

_STOP = b""


class CheckProcess(QObject):
    """One request at a time, answered in order. A thread of its own writes and reads, since both can block."""

    answered = Signal(bytes)
    lost = Signal()
    """The process died. Nothing more is answered; make a new one."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._process: BaseProcess | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="check", daemon=True)
        self._thread.start()

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def ask(self, request: bytes) -> None:
        self._requests.put(request)

    def close(self) -> None:
        """End the process. Answers still under way are dropped."""
        self._closing.set()
        self._requests.put(_STOP)
        if self._process is not None:
            self._process.terminate()
        self._thread.join()

    def _run(self) -> None:
        from ftdesk.ui.check_worker import serve

        # Spawned, not forked: a fork would copy Qt's threads' locks. It also costs the window nothing but this import.
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there,), name="ftdesk-check", daemon=True)
        try:
            process.start()
            self._process = process
            there.close()
            while not self._closing.is_set() and (request := self._requests.get()) != _STOP:
                here.send_bytes(request)
                self.answered.emit(here.recv_bytes())
        except (EOFError, OSError):
            if not self._closing.is_set():
                self.lost.emit()
        finally:
            here.close()
            process.terminate()
            process.join()
