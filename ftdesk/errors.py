"""What can go wrong in a way a person can act on.

Lower errors (operating system, SQLite, SDK) are mapped to ``FtdeskError`` once, at the edge where they occur. The
window and the command line each show it in one place. Any other exception is a bug.
"""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """What a command ends with. ``NO`` means that the command worked and its answer is no."""

    GOOD = 0
    NO = 1
    UNUSABLE = 2
    HOST = 3
    INTERRUPTED = 130


class FtdeskError(Exception):
    """A known error.

    ``title`` is one sentence that says what happened and where, ``hint`` one that says what to do next, and ``detail``
    the words of whoever reported it (a server, the operating system), for those who want to look closer.
    """

    exit_status = ExitStatus.UNUSABLE

    def __init__(self, title: str, detail: str = "", hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint

    @property
    def sentence(self) -> str:
        """Title and hint in one line."""
        return f"{self.title} {self.hint}".strip()


class InputError(FtdeskError):
    """Arguments or a file that cannot be used."""


class StorageError(FtdeskError):
    """Something could not be kept: disk full, no permission, database damaged."""


class HostError(FtdeskError):
    """A host could not be reached, or refused."""

    exit_status = ExitStatus.HOST


class HostUnreachableError(HostError):
    """No well-formed answer came back, so whether the request took effect is unknown.

    ``never_sent`` is true when the connection could not even be opened.
    """

    def __init__(self, title: str, detail: str = "", hint: str = "", *, never_sent: bool = False) -> None:
        super().__init__(title, detail, hint)
        self.never_sent = never_sent


class HostRefusedError(HostError):
    """The host answered with an error. ``status`` is the HTTP status; ``code`` and ``param`` are the host's own."""

    def __init__(
        self,
        title: str,
        detail: str = "",
        hint: str = "",
        *,
        status: int = 0,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(title, detail, hint)
        self.status = status
        self.code = code
        self.param = param
