"""Earlier versions are there when they are needed, and do not pile up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftdesk.dataset import backups as backups_module
from ftdesk.dataset.backups import Backups
from ftdesk.dataset.document import Document
from ftdesk.storage.folders import Folders

HOUR = 3_600 * 10**9
DAY = 24 * HOUR


def test_a_save_keeps_the_version_before_it(tmp_path: Path) -> None:
    path, backups = tmp_path / "a.jsonl", Backups(Folders.under(tmp_path).backups)
    path.write_bytes(b"first\n")
    with Document.open(path, Folders.under(tmp_path)) as document:
        for text in (b"second", b"third"):
            document.replace(0, text, "Edit")
            document.save()
    assert path.read_bytes() == b"third\n"
    assert [version.path.read_bytes() for version in backups.versions(path)] == [b"second\n", b"first\n"]


def test_a_backup_does_not_follow_what_is_written_later(tmp_path: Path) -> None:
    path, backups = tmp_path / "a.jsonl", Backups(Folders.under(tmp_path).backups)
    path.write_bytes(b"1\n")
    with Document.open(path, Folders.under(tmp_path)) as document:
        document.replace(0, b"2", "Edit")
        document.save()
    path.write_bytes(b"written in place by another program\n")
    assert [version.path.read_bytes() for version in backups.versions(path)] == [b"1\n"]


def test_saving_goes_on_when_no_backup_can_be_made(tmp_path: Path) -> None:
    path, folders = tmp_path / "a.jsonl", Folders.under(tmp_path)
    path.write_bytes(b"1\n")
    folders.data.mkdir()
    folders.backups.write_bytes(b"a file where the folder should be")
    with Document.open(path, folders) as document:
        document.replace(0, b"2", "Edit")
        document.save()
    assert path.read_bytes() == b"2\n"


def test_a_copy_is_made_where_links_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, backups = tmp_path / "a.jsonl", Backups(Folders.under(tmp_path).backups)
    path.write_bytes(b"1\n")

    def refuse(*_: object) -> None:
        raise OSError("links are not supported here")

    monkeypatch.setattr(os, "link", refuse)
    assert backups.keep(path)
    assert [version.path.read_bytes() for version in backups.versions(path)] == [b"1\n"]


def test_versions_are_thinned_with_age(tmp_path: Path) -> None:
    path, backups = tmp_path / "a.jsonl", Backups(Folders.under(tmp_path).backups)
    path.write_bytes(b"1\n")
    kept = backups.keep(path)
    assert kept is not None
    now = 1_800_000_000 * 10**9
    ages = [minutes * HOUR // 60 for minutes in range(0, 60, 10)]  # all of the last hour stay
    ages += [HOUR + half * HOUR // 2 for half in range(1, 40)]  # one an hour
    ages += [2 * DAY + quarter * DAY // 4 for quarter in range(40)]  # one a day
    ages += [400 * DAY, 500 * DAY]  # too old
    for age in ages:
        (kept.path.parent / f"{now - age}.jsonl").write_bytes(b"x")
    kept.path.unlink()
    backups.thin(path, now=now)
    left = [now - version.saved_at for version in backups.versions(path)]
    assert len([age for age in left if age < HOUR]) == 6
    assert 18 <= len([age for age in left if HOUR < age < DAY]) <= 22
    assert 9 <= len([age for age in left if age > DAY]) <= 12
    assert max(left) < 365 * DAY


def test_the_newest_versions_stay_whatever_their_age(tmp_path: Path) -> None:
    path, backups = tmp_path / "a.jsonl", Backups(Folders.under(tmp_path).backups)
    path.write_bytes(b"1\n")
    for _ in range(3):
        backups.keep(path)
    backups.thin(path, now=2**62)
    assert len(backups.versions(path)) == 3


def test_versions_of_a_large_file_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, backups = tmp_path / "a.jsonl", Backups(Folders.under(tmp_path).backups)
    monkeypatch.setattr(backups_module, "_MOST_BYTES", 1_000)
    for number in range(9):
        path.write_bytes(b"%d" % number * 200)
        backups.keep(path)
        path.unlink()
    assert [version.path.read_bytes()[:1] for version in backups.versions(path)] == [b"8", b"7", b"6", b"5", b"4"]
    path.write_bytes(b"x" * 2_000)
    backups.keep(path)
    assert [version.size for version in backups.versions(path)] == [2_000, 200, 200]
