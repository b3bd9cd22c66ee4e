"""Telling the desktop, for whoever looks elsewhere while something long goes on."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from ftdesk.ui.icons import icon
from ftdesk.ui.text import one_line
from ftdesk.ui.tokens import LIGHT

_SHOWN_MS = 10_000


def tell_desktop(window: QWidget, text: str) -> None:
    """Show ``text`` as a notification of the desktop where there are such, and mark the window in the task bar.

    Does nothing while the window is the one in use.
    """
    if window.isActiveWindow():
        return
    QApplication.alert(window)
    if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
        return
    # An icon is what Qt's notifications hang on; it leaves again with the message.
    tray = QSystemTrayIcon(icon("ftdesk", LIGHT.accent, 22), window)
    tray.messageClicked.connect(window.activateWindow)
    tray.show()
    tray.showMessage("ftdesk", one_line(text), tray.icon(), _SHOWN_MS)
    QTimer.singleShot(_SHOWN_MS, tray, tray.deleteLater)
