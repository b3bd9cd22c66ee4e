"""Where things are, and who may read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ftdesk.errors import StorageError
from ftdesk.storage.folders import Folders, make_folder


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTDESK_HOME", str(tmp_path))
    folders = Folders.of_user()
    assert folders == Folders.under(tmp_path)
    for path in (folders.engine, folders.journals, folders.backups, folders.database, folders.settings, folders.logs):
        assert path.is_relative_to(tmp_path)


def test_a_relative_home_is_where_the_program_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FTDESK_HOME", "here")
    assert Folders.of_user().data == tmp_path / "here" / "data"


def test_without_it_the_folders_are_the_platforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FTDESK_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folders = Folders.of_user()
    assert folders.data.name in {"ftdesk", "Application Support"} or "ftdesk" in folders.data.parts
    assert folders.data != folders.config or os.name == "nt"


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")
def test_every_folder_on_the_way_is_private(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        path = make_folder(tmp_path / "home" / "data" / "engine")
    finally:
        os.umask(former)
    for folder in (path, path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert make_folder(path) == path


def test_a_folder_that_cannot_be_is_a_sentence_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError, match="Cannot make the folder") as caught:
            make_folder(path)
        assert "FTDESK_HOME" in caught.value.hint
