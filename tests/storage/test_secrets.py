"""Keys: in a keyring that we trust, or in memory, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked, PasswordDeleteError

from ftdesk.errors import InputError
from ftdesk.storage.secrets import KEYRINGS, Key, Secrets, variable_of

KEY = Key("sk-canary-0123456789")


class Trusted(KeyringBackend):
    """Stands for a keyring of the system; the interface is keyring's own."""

    priority = 5
    kept: dict[tuple[str, str], str] = {}  # noqa: RUF012 - one for all, as a system has

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")


class Locked(Trusted):
    """Its owner does not unlock it."""

    def get_password(self, *_: str) -> str | None:
        raise KeyringLocked("dismissed")

    def set_password(self, *_: str) -> None:
        raise KeyringLocked("dismissed")


class Hanging(Trusted):
    """Waits for a person who is not there."""

    release = threading.Event()

    def get_password(self, *_: str) -> str | None:
        self.release.wait()
        return None

    set_password = get_password  # type: ignore[assignment]


class PlainText(Trusted):
    """Like those that write to a file: it puts itself first."""

    priority = 100


class Unfit(Trusted):
    """For another system."""

    @properties.classproperty
    def priority(self) -> float:
        raise RuntimeError("no D-Bus")


def named(*backends: type[KeyringBackend]) -> list[tuple[str, str]]:
    return [(__name__, backend.__name__) for backend in backends]


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    Trusted.kept.clear()
    Hanging.release.clear()
    yield
    Hanging.release.set()


def test_a_key_is_kept_in_the_keyring_and_found_by_the_next_program() -> None:
    async def run() -> None:
        assert await Secrets(named(Trusted)).set("acme", KEY) == "keyring"
        later = Secrets(named(Trusted))
        assert await later.get("acme") == KEY
        assert await later.where("acme") == "keyring"
        assert await later.get("other") is None
        assert await later.where("other") == "nowhere"
        await later.delete("acme")
        await later.delete("acme")
        assert await Secrets(named(Trusted)).get("acme") is None

    asyncio.run(run())
    assert Trusted.kept == {}


@pytest.mark.parametrize("keyrings", [[], named(Unfit), named(Locked), [("no.such.module", "X")]])
def test_without_a_keyring_that_works_a_key_lives_as_long_as_the_program(keyrings: list[tuple[str, str]]) -> None:
    async def run() -> None:
        secrets = Secrets(keyrings)
        assert await secrets.set("acme", KEY) == "memory"
        assert await secrets.get("acme") == KEY
        assert await Secrets(keyrings).get("acme") is None
        await secrets.delete("acme")
        assert await secrets.where("acme") == "nowhere"

    asyncio.run(run())


def test_a_keyring_that_does_not_answer_holds_nobody_up() -> None:
    async def run() -> None:
        secrets = Secrets(named(Hanging), seconds=0.05)
        assert await secrets.set("acme", KEY) == "memory"
        assert await secrets.get("acme") == KEY

    asyncio.run(run())


def test_a_keyring_that_writes_plain_text_is_not_used_even_when_it_is_the_default() -> None:
    former = keyring.get_keyring()
    keyring.set_keyring(PlainText())
    try:
        assert asyncio.run(Secrets(named(Unfit)).set("acme", KEY)) == "memory"
    finally:
        keyring.set_keyring(former)
    assert Trusted.kept == {}
    assert all(module.startswith("keyring.backends.") for module, _ in KEYRINGS)
    assert not {"chainer", "fail", "null"} & {module.rpartition(".")[2] for module, _ in KEYRINGS}


def test_of_two_that_work_the_one_that_puts_itself_first_is_used() -> None:
    class Better(Trusted):
        priority = 9
        kept: dict[tuple[str, str], str] = {}  # noqa: RUF012

    globals()["Better"] = Better
    asyncio.run(Secrets(named(Trusted, Better)).set("acme", KEY))
    assert (len(Better.kept), len(Trusted.kept)) == (1, 0)


def test_a_variable_of_our_own_is_read_and_those_of_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-program")
    monkeypatch.setenv("FTDESK_KEY_MY_HOST", f" {KEY.value}\n")

    async def run() -> None:
        secrets = Secrets([])
        assert await secrets.get("openai") is None
        assert await secrets.get("my-host") == KEY
        assert await secrets.where("my-host") == "environment"
        await secrets.set("my-host", Key("sk-set-since"))
        assert await secrets.get("my-host") == Key("sk-set-since")

    asyncio.run(run())
    assert variable_of("my-host.eu") == "FTDESK_KEY_MY_HOST_EU"


@pytest.mark.parametrize("text", [KEY.value, f"  {KEY.value}\n", f"\t{KEY.value}\r\n"])
def test_what_pasting_adds_is_taken_off(text: str) -> None:
    assert Key.parse(text) == KEY


@pytest.mark.parametrize("text", ["", " \n", "sk-a b", "sk-a\nb", "sk-\x00", "sk-\x7f", "sk-ä", "“sk-a”", "sk-a\u200b"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Key.parse(text)
    assert "sk-" not in f"{caught.value.sentence} {caught.value.detail}"


def test_a_key_does_not_show_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secrets = Secrets([])
    asyncio.run(secrets.set("acme", KEY))
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").debug("%s %r %s %r", KEY, KEY, vars(secrets), [KEY])
    shown = f"{caplog.text} {KEY} {KEY!r} {secrets!r} {vars(secrets)}"
    assert KEY.value not in shown
    assert KEY.value.encode() in pickle.dumps(KEY), "the value is there all the same"
    assert tmp_path.exists()
