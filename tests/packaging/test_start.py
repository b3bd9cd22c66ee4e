"""``packaging/start.py``: what the arguments need."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from start import absolute_paths, avoid_c_locale, libraries_for, wants_window
from system_packages import QT_LIBRARIES, XCB_LIBRARIES

from ftdesk.cli.main import COMMANDS, is_command

DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DISPLAY:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_a_command_opens_no_window(name: str) -> None:
    assert not wants_window([name])


@pytest.mark.parametrize("words", [[], ["train.jsonl"], ["./check"], ["data/train"], ["unknown"], [""]])
def test_what_is_no_command_opens_the_window_as_ftdesk_sees_it(words: list[str]) -> None:
    assert wants_window(words)
    assert not is_command(words)


@pytest.mark.parametrize("option", ["--version", "--help", "-h"])
def test_an_option_opens_no_window(option: str) -> None:
    assert not wants_window([option])


@pytest.mark.usefixtures("no_display")
def test_a_command_needs_no_library_even_where_a_window_could_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert libraries_for(["check", "train.jsonl"]) == {}


@pytest.mark.usefixtures("no_display")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be without a display")
def test_nothing_is_installed_for_a_window_that_cannot_open() -> None:
    assert libraries_for([]) == {}


@pytest.mark.usefixtures("no_display")
def test_a_window_needs_the_libraries_of_its_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert libraries_for([]) == QT_LIBRARIES | XCB_LIBRARIES


@pytest.mark.usefixtures("no_display")
def test_the_tests_need_qt_but_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert libraries_for(["test", "-x"]) == QT_LIBRARIES


def test_files_named_to_the_tests_are_those_of_the_callers_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_a.py").touch()
    monkeypatch.chdir(tmp_path)
    words = ["-k", "undo", "test_a.py", "test_a.py::test_b", "--maxfail=1"]
    assert absolute_paths(words) == [
        "-k",
        "undo",
        str(tmp_path / "test_a.py"),
        str(tmp_path / "test_a.py::test_b"),
        "--maxfail=1",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="the C locale is mended where C.UTF-8 is known to exist")
@pytest.mark.parametrize(
    ("before", "after"), [("C", "C.UTF-8"), ("POSIX", "C.UTF-8"), ("de_DE.UTF-8", "de_DE.UTF-8"), (None, None)]
)
def test_only_the_c_locale_is_replaced(before: str | None, after: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    if before:
        monkeypatch.setenv("LC_ALL", before)
    avoid_c_locale()
    assert os.environ.get("LC_ALL") == after
