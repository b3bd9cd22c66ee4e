"""One window per user and data folder: a second start hands its file to the first and ends."""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, QObject, Signal

if TYPE_CHECKING:
    # Loaded when needed: it takes longer than half the window.
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

_TIMEOUT_MS = 1000
_LONGEST = 1 << 16


class Instance(QObject):
    """``called`` tells that another start happened, with the file it named or an empty text."""

    called = Signal(str)

    def __init__(self, data: Path) -> None:
        super().__init__()
        # The folder is the identity, so that FTDESK_HOME separates; hashed, since socket names have a short limit.
        self._name = f"ftdesk-{zlib.crc32(str(data).encode('utf-8', 'surrogateescape')):08x}-{_user()}"
        self._server: QLocalServer | None = None

    def hand_over(self, path: Path | None) -> bool:
        """Ask the running window, if there is one, to come forward and open ``path``. Whether it heard."""
        if not self._is_known():
            return False
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_TIMEOUT_MS):
            return False
        import json

        named = "" if path is None else str(path.expanduser().absolute())
        socket.write(json.dumps(named).encode() + b"\n")
        # The answer proves that a window, and not a process that hangs, has taken it.
        heard = socket.waitForBytesWritten(_TIMEOUT_MS) and socket.waitForReadyRead(_TIMEOUT_MS)
        socket.disconnectFromServer()
        return heard

    def _is_known(self) -> bool:
        """Whether there may be a window: on Unix its socket is a file, where ``QLocalServer`` puts it."""
        return sys.platform == "win32" or Path(QDir.tempPath(), self._name).exists()

    def listen(self) -> None:
        """Be the one that others call. Without success the window works all the same, alone."""
        from PySide6.QtNetwork import QLocalServer

        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        if not server.listen(self._name):
            # A crash leaves the socket's name behind; nobody answered it, so it is nobody's.
            QLocalServer.removeServer(self._name)
            server.listen(self._name)
        server.newConnection.connect(self._accept)
        self._server = server

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def _accept(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if socket.bytesAvailable() > _LONGEST:
            socket.abort()
            return
        if not socket.canReadLine():
            return
        import json

        try:
            named = json.loads(bytes(socket.readLine().data()))
        except ValueError:
            socket.abort()
            return
        socket.write(b"\n")
        socket.flush()
        self.called.emit(named if isinstance(named, str) else "")


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
