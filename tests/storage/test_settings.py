"""Settings as a person may edit them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.errors import InputError, StorageError
from ftdesk.settings import HostEntry, Settings, format_settings, parse_settings
from ftdesk.storage.settings_file import read_settings, write_settings

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SETTINGS = st.builds(
    Settings,
    theme=st.sampled_from(["system", "light", "dark"]),
    last_file=TEXT,
    last_place=TEXT,
    recent_files=st.lists(TEXT, max_size=3).map(tuple),
    hosts=st.dictionaries(TEXT, st.builds(HostEntry, profile=TEXT, base_url=TEXT), max_size=3),
)


@given(SETTINGS)
def test_settings_come_back_as_they_were_written(settings: Settings) -> None:
    assert parse_settings(format_settings(settings)) == settings


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "settings.toml") == Settings()


def test_a_file_is_replaced_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.toml"
    settings = Settings(theme="dark", hosts={"acme": HostEntry("openai", "https://x/v1")})
    write_settings(path, settings)
    assert read_settings(path) == settings
    write_settings(path, Settings())
    assert read_settings(path) == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = 'pink'", "theme must be one of system, light, dark, not 'pink'"),
        ("last_file = 5", "last_file must be a text"),
        ("recent_files = 'x'", "recent_files must be a list of paths"),
        ("recent_files = [1]", "recent_files must be a list of paths"),
        ("hosts = 5", "hosts must be a table"),
        ("[hosts]\nacme = 5", "hosts.acme must be a table"),
        ("[hosts.acme]\nprofile = 'openai'", "base_url must be a text"),
        ("theme = ", "Invalid value"),
        ("\xff", "Invalid"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, "latin-1" if "\xff" in text else "utf-8")
    with pytest.raises(InputError) as caught:
        read_settings(path)
    assert str(path) in caught.value.title
    assert words.lower() in caught.value.title.lower()


def test_settings_of_a_newer_version_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("theme = 'dark'\nshiny = true\n")
    assert read_settings(path).theme == "dark"


def test_a_folder_in_their_place_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        read_settings(tmp_path)
    with pytest.raises(StorageError):
        write_settings(tmp_path, Settings())


def test_an_opened_file_heads_the_recent_ones_once() -> None:
    settings = Settings()
    for number in [*range(12), 5]:
        settings = settings.with_file(Path(f"/data/{number}.jsonl"))
    assert settings.last_file == "/data/5.jsonl"
    assert settings.recent_files[:3] == ("/data/5.jsonl", "/data/11.jsonl", "/data/10.jsonl")
    assert len(settings.recent_files) == len(set(settings.recent_files)) == 10
