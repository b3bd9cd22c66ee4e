"""Errors that nobody expected: all of them reach one log, and one notice, and the app stays open."""

from __future__ import annotations

import faulthandler
import logging
import re
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, QtMsgType, Signal, qInstallMessageHandler

from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.storage.folders import make_folder

log = logging.getLogger(__name__)

_KEYS = re.compile(r"\b(sk-[\w-]{8,}|hf_\w{8,}|Bearer\s+\S+)")
_LONGEST_LOG = 1 << 20
_LOST_DISPLAY = re.compile(r"The (X11|Wayland) connection broke")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Faults(QObject):
    """Takes over every hook through which an error can leave Python or Qt. ``close`` gives them back."""

    reported = Signal(object)
    """An exception nobody caught. Emitted in the window's thread, whichever thread it came from."""
    display_lost = Signal()
    """The window system has gone away: nothing can be shown any more, and Qt says so in an endless loop."""

    def __init__(self, logs: Path) -> None:
        super().__init__()
        folder = make_folder(logs)
        self._handler = logging.FileHandler(_fresh(folder / "ftdesk.log"), encoding="utf-8")
        self._handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(self._handler)
        # For crashes below Python, where no handler runs any more.
        self._crashes = (folder / "crash.log").open("a", encoding="utf-8")
        faulthandler.enable(self._crashes)
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._of_python
        threading.excepthook = self._of_thread
        sys.unraisablehook = self._of_finaliser
        self._last_of_qt = ""
        qInstallMessageHandler(self._of_qt)

    def of_loop(self, _loop: object, context: dict[str, Any]) -> None:
        """The event loop's exception handler."""
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._report(error)
        else:
            log.error("event loop: %s", context.get("message"))

    def close(self) -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        qInstallMessageHandler(None)
        faulthandler.disable()
        self._crashes.close()
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()

    def _of_python(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        self._report(error)

    def _of_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._report(arguments.exc_value)

    def _of_finaliser(self, arguments: sys.UnraisableHookArgs) -> None:
        # Too late to matter to the user, and often raised while the window goes.
        log.error("unraisable: %s", arguments.err_msg or "", exc_info=arguments.exc_value)

    def _of_qt(self, kind: QtMsgType, _context: object, message: str) -> None:
        # What Qt repeats without end, as it does when the display is lost, must not fill the disk.
        if message == self._last_of_qt:
            return
        self._last_of_qt = message
        serious = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        log.log(logging.ERROR if serious else logging.WARNING, "Qt: %s", message)
        if _LOST_DISPLAY.match(message):
            self.display_lost.emit()

    def _report(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            return
        if not isinstance(error, FtdeskError):
            log.error("unexpected error", exc_info=error)
        self.reported.emit(error)


def _fresh(log_file: Path) -> Path:
    """``log_file``, with what stands in it moved to ``.old`` when that has grown long."""
    with suppress(OSError):
        if log_file.stat().st_size > _LONGEST_LOG:
            log_file.replace(log_file.with_suffix(".log.old"))
    return log_file


class _Redacting(logging.Formatter):
    """Keeps keys and terminal controls out of the log."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return _CONTROL.sub("·", _KEYS.sub("[key]", super().format(record)))
