"""Another program changes the open file: it is noticed, told once, and both sides are kept."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from window_driver import Driver, play

from ftdesk.dataset.document import Document
from ftdesk.dataset.merging import Merging
from ftdesk.ui import disk_changes

EDITED = b'{"messages": []}'
THEIRS = b'{"from": "elsewhere"}\n'


def content(path: Path) -> bytes:
    return path.read_bytes()


def opened(user: Driver) -> Document:
    document = user.window.desk.dataset.document
    assert document is not None
    return document


def buttons(user: Driver) -> dict[str, QPushButton]:
    return {button.text(): button for button in user.window.desk.notices.findChildren(QPushButton)}


def remove(path: Path) -> None:
    path.unlink()


def write(path: Path, content: bytes, *, how: str) -> None:
    """As an editor does: over the old content, or as a new file under the old name."""
    if how == "in place":
        path.write_bytes(content)
    else:
        other = path.with_suffix(".new")
        other.write_bytes(content)
        other.replace(path)


async def until_told(user: Driver, part: str) -> None:
    await user.until(lambda: any(part in text for text in user.window.desk.notices.texts))


@pytest.mark.parametrize(
    "ways",
    [["in place"] * 3, ["replaced"] * 3, ["replaced", "in place", "in place"]],
    ids=["in place", "replaced", "in place after it was replaced"],
)
def test_each_change_by_another_program_is_noticed_while_the_window_is_open(
    qapp: QApplication, sample: Path, ways: list[str]
) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        user.window.desk.files.disk._poll.stop()  # what the system tells is enough
        for number, how in enumerate(ways, start=1):
            write(sample, THEIRS * number, how=how)
            await until_told(user, "was changed by another program")
            assert set(buttons(user)) == {"Read it again", "Close"}
            buttons(user)["Read it again"].click()
            assert len(opened(user)) == number
            user.window.desk.notices.close_all()

    play(qapp, scenario)


def test_a_large_file_is_read_again_in_a_thread_and_unsaved_edits_are_put_aside(
    qapp: QApplication, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_changes, "_AT_ONCE_BYTES", 10)

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        before = opened(user)
        before.replace(0, EDITED, "Edit")
        write(sample, THEIRS, how="replaced")
        user.window.desk.files.disk.reload()
        await user.until(lambda: user.window.desk.dataset.document not in (None, before))
        assert list(opened(user).lines()) == [THEIRS.strip()]
        kept = opened(user).set_aside
        assert kept is not None
        assert str(kept) in " ".join(user.window.desk.notices.texts)

    play(qapp, scenario)


def test_a_change_that_no_event_tells_of_is_noticed_too(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        disk = user.window.desk.files.disk
        user.window.desk.files.open(sample)
        assert disk._watcher is not None
        disk._watcher.removePaths([*disk._watcher.files(), *disk._watcher.directories()])
        disk._poll.setInterval(50)
        write(sample, THEIRS, how="in place")
        await until_told(user, "was changed by another program")

    play(qapp, scenario)


def test_one_change_is_told_once(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        disk = user.window.desk.files.disk
        user.window.desk.files.open(sample)
        write(sample, THEIRS, how="in place")
        await until_told(user, "was changed by another program")
        user.window.desk.notices.close_all()
        disk.look()
        assert user.window.desk.notices.texts == []

    play(qapp, scenario)


def test_saving_is_no_change_by_another_program(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        opened(user).replace(0, EDITED, "Edit")
        user.window.commands["save"].trigger()
        await asyncio.sleep(0.6)
        user.window.desk.files.disk.look()
        assert user.window.desk.notices.texts == ["Saved sample.jsonl."]

    play(qapp, scenario)


@pytest.mark.parametrize("choice", ["Bring both together", "Read it again", "Keep both"])
def test_with_unsaved_edits_both_sides_are_kept_whatever_is_chosen(
    qapp: QApplication, sample: Path, choice: str
) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        rest = content(sample).splitlines()[1:]
        opened(user).replace(0, EDITED, "Edit")
        theirs = content(sample) + THEIRS
        write(sample, theirs, how="replaced")
        await until_told(user, "was changed by another program")
        buttons(user)[choice].click()
        document = opened(user)
        assert content(sample) == theirs
        if choice == "Bring both together":
            assert list(document.lines()) == [EDITED, *rest, THEIRS.strip()]
            assert document.is_modified
        elif choice == "Read it again":
            assert list(document.lines()) == theirs.splitlines()
            assert document.set_aside is not None
            assert EDITED.decode() in document.set_aside.read_text().replace("\\", "")
            assert str(document.set_aside) in " ".join(user.window.desk.notices.texts)
        else:
            mine = sample.with_name("sample (mine).jsonl")
            assert document.path == mine
            assert content(mine).splitlines() == [EDITED, *rest]
            assert not document.is_modified

    play(qapp, scenario)


def test_a_file_that_was_removed_can_be_written_again(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        before = content(sample)
        user.window.desk.files.open(sample)
        remove(sample)
        await until_told(user, "was removed or renamed by another program")
        buttons(user)["Write it again"].click()
        assert content(sample) == before
        assert not opened(user).changed_on_disk()

    play(qapp, scenario)


def test_saving_over_another_programs_change_asks_first(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        opened(user).replace(0, EDITED, "Edit")
        write(sample, THEIRS, how="replaced")
        user.window.commands["save"].trigger()
        assert "Saving would lose" in user.window.desk.notices.texts[0]
        assert {"Bring both together", "Keep both", "Save as…"} <= set(buttons(user))
        assert content(sample) == THEIRS

    play(qapp, scenario)


@pytest.mark.parametrize("saving", [False, True], ids=["told", "told before saving"])
def test_rows_that_were_overwritten_are_not_offered_to_be_kept(qapp: QApplication, sample: Path, saving: bool) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        opened(user).replace(0, EDITED, "Edit")
        write(sample, THEIRS, how="in place")
        if saving:
            user.window.commands["save"].trigger()
        await until_told(user, "was overwritten by another program")
        assert set(buttons(user)) == {"Bring both together", "Read it again", "Close"}
        buttons(user)["Bring both together"].click()
        assert [EDITED, THEIRS.strip()] == sorted(opened(user).lines(), key=lambda line: line != EDITED)
        assert not any("overwritten" in text for text in user.window.desk.notices.texts)

    play(qapp, scenario)


def test_the_choices_stay_until_one_has_worked(
    qapp: QApplication, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        opened(user).replace(0, EDITED, "Edit")
        write(sample, THEIRS, how="replaced")
        await until_told(user, "was changed by another program")
        with monkeypatch.context() as patch:
            patch.setattr(disk_changes, "_free_name", lambda path, _: path.parent / "no such folder" / path.name)
            buttons(user)["Keep both"].click()
        assert len(user.window.desk.notices.texts) == 2  # the question and what failed
        buttons(user)["Keep both"].click()
        assert not any("was changed" in text for text in user.window.desk.notices.texts)
        assert not opened(user).is_modified

    play(qapp, scenario)


def test_the_choices_go_with_the_dataset_they_are_about(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        opened(user).replace(0, EDITED, "Edit")
        write(sample, THEIRS, how="replaced")
        await until_told(user, "was changed by another program")
        user.window.desk.files.new()
        assert user.window.desk.notices.texts == []

    play(qapp, scenario)


def test_a_large_file_is_merged_beside_the_loop_with_what_is_typed_meanwhile(
    qapp: QApplication, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_changes, "_AT_ONCE_BYTES", 10)
    reached, go_on, compare = threading.Event(), threading.Event(), Merging.compare

    def held(merging: Merging) -> None:
        reached.set()
        assert go_on.wait(60)
        compare(merging)

    monkeypatch.setattr(Merging, "compare", held)

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        rest = content(sample).splitlines()[2:]
        document = opened(user)
        document.replace(0, EDITED, "Edit")
        write(sample, content(sample) + THEIRS, how="replaced")
        user.window.desk.files.disk.merge()
        await user.until(reached.is_set)
        document.replace(1, EDITED, "Edit meanwhile")
        go_on.set()
        await user.until(lambda: any("Both sets" in text for text in user.window.desk.notices.texts))
        assert list(document.lines()) == [EDITED, EDITED, *rest, THEIRS.strip()]
        assert document.undo_title == "Merge"
        document.undo()
        assert list(document.lines()) == content(sample).splitlines()

    play(qapp, scenario)
