"""Keys of hosts: in the system's keyring, or in memory until the process ends. Never in a file of ours."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from ftdesk.errors import InputError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")
Place = Literal["keyring", "environment", "memory", "nowhere"]

SERVICE = "ftdesk"
KEYRINGS: tuple[tuple[str, str], ...] = (
    ("keyring.backends.SecretService", "Keyring"),
    ("keyring.backends.libsecret", "Keyring"),
    ("keyring.backends.kwallet", "DBusKeyring"),
    ("keyring.backends.macOS", "Keyring"),
    ("keyring.backends.Windows", "WinVaultKeyring"),
)
"""Module and class of the keyrings we trust. ``keyring`` itself would also pick one that writes plain text."""


@dataclass(frozen=True, slots=True)
class Key:
    """An API key that does not show itself in a log, a traceback or a list of variables."""

    value: str = field(repr=False)

    @staticmethod
    def parse(text: str) -> Key:
        """The key in ``text`` without the white space around it, which pasting tends to add.

        Raises ``InputError`` for a key that cannot be sent in an HTTP header: the library's error would show it.
        """
        value = text.strip()
        if not value:
            raise InputError("The key is empty.", hint="Paste it as the host shows it.")
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise InputError(
                "The key holds characters that no key has (a space, a line break, a control or non-ASCII character).",
                hint="Copy it again, without quotes or text around it.",
            )
        return Key(value)


class Secrets:
    """One key per host name. A keyring may ask the person to unlock it, so each call has a thread and a time-out.

    For computers without a keyring there is one more source, never written: the variable that ``variable_of`` names.
    """

    def __init__(self, keyrings: Sequence[tuple[str, str]] | None = None, seconds: float = 60.0) -> None:
        self._keyrings = KEYRINGS if keyrings is None else keyrings
        self._seconds = seconds
        self._memory: dict[str, Key] = {}
        self._backend: KeyringBackend | None = None
        self._looked = False

    async def get(self, name: str) -> Key | None:
        """The key of host ``name``, or ``None``. Raises ``InputError`` when what is kept is not a key."""
        key, _ = await self._find(name)
        return key

    async def set(self, name: str, key: Key) -> Place:
        """Keep ``key`` and say where: in memory only when there is no keyring, or when it does not answer."""
        self._memory[name] = key
        await self._with_keyring(lambda keyring: keyring.set_password(SERVICE, name, key.value))
        return await self.where(name)

    async def delete(self, name: str) -> None:
        self._memory.pop(name, None)
        await self._with_keyring(lambda keyring: keyring.delete_password(SERVICE, name))

    async def where(self, name: str) -> Place:
        _, place = await self._find(name)
        return place

    async def _find(self, name: str) -> tuple[Key | None, Place]:
        kept = await self._with_keyring(lambda keyring: keyring.get_password(SERVICE, name))
        if kept:
            return Key.parse(kept), "keyring"
        if name in self._memory:
            return self._memory[name], "memory"
        given = os.environ.get(variable_of(name))
        if given:
            return Key.parse(given), "environment"
        return None, "nowhere"

    async def _with_keyring(self, work: Callable[[KeyringBackend], T]) -> T | None:
        """What ``work`` returns, or ``None`` when there is no keyring, it refuses, or it does not answer in time."""

        def call() -> T | None:
            keyring = self._keyring()
            # Each backend has errors of its own kind; whatever it is, the answer is that this keyring does not help.
            with suppress(Exception):
                return work(keyring) if keyring else None
            return None

        try:
            return await asyncio.wait_for(_in_thread(call), self._seconds)
        except TimeoutError:
            return None

    def _keyring(self) -> KeyringBackend | None:
        if not self._looked:
            self._backend = _best_keyring(self._keyrings)
            self._looked = True
        return self._backend


def variable_of(name: str) -> str:
    """The environment variable that may hold the key of host ``name``: ``FTDESK_KEY_MY_HOST`` for ``my-host``."""
    return "FTDESK_KEY_" + re.sub(r"\W", "_", name, flags=re.ASCII).upper()


def _best_keyring(keyrings: Sequence[tuple[str, str]]) -> KeyringBackend | None:
    """The trusted keyring that works here and puts itself first."""
    viable: list[tuple[float, KeyringBackend]] = []
    for module, name in keyrings:
        with suppress(Exception):  # not for this system, or a library of it is missing
            backend = getattr(importlib.import_module(module), name)
            viable.append((float(backend.priority), backend()))
    return max(viable, key=lambda pair: pair[0])[1] if viable else None


def _in_thread(call: Callable[[], T]) -> asyncio.Future[T]:
    """Run ``call`` in a daemon thread: one that hangs in a locked keyring must not keep the program from ending."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            future.set_exception(error)

    threading.Thread(target=work, name="ftdesk-keyring", daemon=True).start()
    return asyncio.wrap_future(future)
