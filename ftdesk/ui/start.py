"""Starts the window: display, application, one instance, and what happens to errors that nobody expected."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ftdesk.errors import ExitStatus, FtdeskError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from ftdesk.ui.faults import Faults
    from ftdesk.ui.instance import Instance
    from ftdesk.ui.window import Window

_X_SECONDS = 3.0


def run_window(words: Sequence[str]) -> int:
    """Show the window until it is closed; ``words`` may name one file to open. Returns the exit status."""
    problem = _unusable(words) or _without_display()
    if problem:
        _narrate(problem)
        return ExitStatus.UNUSABLE
    # Until the window is there nothing becomes garbage; looking for some costs a tenth of the start.
    gc.disable()
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        _narrate(
            f"ftdesk: the window needs a library of the system that is missing ({error}). "
            "On Debian or Ubuntu: apt-get install libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon0."
        )
        return ExitStatus.UNUSABLE
    application = QApplication(["ftdesk"])
    try:
        return _run(application, Path(words[0]) if words else None)
    except FtdeskError as error:
        _narrate(f"ftdesk: {error.sentence}")
        return error.exit_status


def _run(application: QApplication, path: Path | None) -> int:
    from ftdesk.app import App
    from ftdesk.ui.fonts import install_fonts
    from ftdesk.ui.instance import Instance
    from ftdesk.ui.theme import Theme
    from ftdesk.ui.window import Window

    application.setApplicationName("ftdesk")
    application.setDesktopFileName("ftdesk")
    # A closing dialog must not end the loop; the window's close event does.
    application.setQuitOnLastWindowClosed(False)
    app = App()
    instance = Instance(app.folders.data)
    if instance.hand_over(path):
        return ExitStatus.GOOD
    install_fonts(application)
    window = Window(app, Theme(application, app.settings.theme), bare=True)
    window.show()
    # The first paint is the frame, then the place with its file, and only then is asyncio imported.
    application.processEvents()
    from ftdesk.ui.faults import Faults

    faults = Faults(app.folders.logs)
    window.furnish()
    faults.reported.connect(window.desk.notices.show_error)
    instance.called.connect(window.come_forward)
    window.open_at_start(path)
    application.processEvents()
    gc.freeze()
    gc.enable()
    from ftdesk.ui.loop import run

    try:
        return run(
            application, _live(window, instance, faults), lambda loop: loop.set_exception_handler(faults.of_loop)
        )
    finally:
        instance.close()
        faults.close()


async def _live(window: Window, instance: Instance, faults: Faults) -> int:
    import asyncio

    instance.listen()
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    # Every finished edit is in the journal, so without a display there is nothing left to ask or to save.
    faults.display_lost.connect(closed.set)
    window.begin()
    await closed.wait()
    await window.aclose()
    await window.desk.app.aclose()
    return ExitStatus.GOOD


def _unusable(words: Sequence[str]) -> str:
    if len(words) > 1:
        return f"ftdesk: one file can be opened at a time, not {len(words)}. ftdesk --help lists the commands."
    if words and words[0].startswith("-"):
        return f"ftdesk: there is no option {words[0]}. ftdesk --help lists the commands."
    return ""


def _without_display() -> str:
    """Qt aborts the process without a display, and that cannot be caught: so look first."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    display = os.environ.get("DISPLAY", "")
    if display and _answers(display):
        return ""
    missing = f"nothing answers at DISPLAY={display!a}" if display else "there is none here"
    return (
        f"ftdesk: the window needs a graphical display and {missing}. "
        "Add “demo” to the command to see the whole loop in this terminal, “--help” for all there is, "
        "or put “xvfb-run -a” before it for a window nobody sees."
    )


def _answers(display: str) -> bool:
    """Whether an X server takes connections at ``display``: ``[HOST]:NUMBER[.SCREEN]``, see X(7)."""
    import socket

    host, colon, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not (colon and number.isdecimal()):
        return True  # a form that Qt may know
    if host not in ("", "unix"):
        with suppress(OSError):
            socket.create_connection((host.strip("[]"), 6000 + int(number)), timeout=_X_SECONDS).close()
            return True
        return False
    socket_file = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where every X server has it
    for path in (f"\0{socket_file}", socket_file):
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_X_SECONDS)
            connection.connect(path)
            return True
    return False


def _narrate(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - there is no window to say it in
