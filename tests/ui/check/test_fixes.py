"""Fixing in the window: one finding, a kind, everything; seen first, done as one step, undone at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox
from window_driver import Driver
from window_driver import play as play_in_window

from ftdesk.settings import HostEntry
from ftdesk.ui.change_delegate import PREVIEW_ROLE, Piece
from ftdesk.ui.check.fixes_model import FixesModel, changed_sides
from ftdesk.ui.check.panel import CheckPanel
from ftdesk.ui.repairs import Repairs
from ftdesk.ui.text import Label
from ftdesk.ui.widgets import Tile
from ftdesk.validation.fixing import LineFix

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


def example(number: int, **extra: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": f"{number}?"}, ANSWER], **extra}).encode()


def weighted(number: int, weight: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": f"{number}?"}, ANSWER | {"weight": weight}]}).encode()


GOOD = [example(number) for number in range(12)]
UNTIDY = [*GOOD[:4], weighted(4, "1"), *GOOD[5:], b"", weighted(20, "1"), GOOD[0]]
SAFE = [*GOOD[:4], weighted(4, 1), *GOOD[5:], weighted(20, 1), GOOD[0]]


def play(application: QApplication, tmp_path: Path, scenario: Callable[[Driver], Any]) -> None:
    path = tmp_path / "untidy.jsonl"
    path.write_bytes(b"\n".join(UNTIDY) + b"\n")

    async def with_file(user: Driver) -> None:
        user.window.desk.files.open(path)
        await user.until(lambda: is_settled(user))
        user.click("place_check")
        await scenario(user)

    play_in_window(application, with_file)


def is_settled(user: Driver) -> bool:
    checking = user.window.desk.checking
    return checking.is_settled and checking.summary is not None and checking.summary.examples > 0


def lines_of(user: Driver) -> list[bytes]:
    document = user.window.desk.dataset.document
    assert document is not None
    return list(document.lines())


def choose(user: Driver, wanted: Callable[[Any], bool]) -> None:
    panel = user.window.panel("check")
    assert isinstance(panel, CheckPanel)
    position = next(at for at in range(panel.model.rowCount()) if wanted(panel.model.entry(at)))
    panel.view.selectRow(position)


async def proposed(user: Driver) -> None:
    await user.until_shown("fixes_dialog")
    await user.until_enabled("fixes_apply_button")


def test_everything_safe_is_fixed_at_once_and_undone_at_once(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.click("fix_all_button")
        await proposed(user)
        assert user.label("fixes_note") == "3 findings on 3 lines will be fixed, as one step that can be undone."
        assert not user.find("fix_remove-duplicate", QCheckBox).isChecked()
        user.click("fixes_apply_button")
        assert lines_of(user) == SAFE
        user.window.desk.dataset.undo()
        assert lines_of(user) == UNTIDY

    play(qapp, tmp_path, scenario)


def test_what_is_worth_a_look_is_fixed_when_it_is_ticked(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.click("fix_all_button")
        await proposed(user)
        user.find("fix_remove-duplicate", QCheckBox).click()
        await user.until(lambda: user.label("fixes_note").startswith("4 findings"))
        await proposed(user)
        user.click("fixes_apply_button")
        assert lines_of(user) == SAFE[:-1]

    play(qapp, tmp_path, scenario)


def test_a_line_that_is_not_ticked_stays(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.click("fix_all_button")
        await proposed(user)
        view: Any = user.find("fixes_view")
        view.selectRow(0)
        QTest.keyClick(view, Qt.Key.Key_Space)
        assert user.label("fixes_note").startswith("2 findings on 2 lines")
        user.click("fixes_apply_button")
        assert lines_of(user) == [*UNTIDY[:12], *SAFE[12:]]

    play(qapp, tmp_path, scenario)


def test_one_finding_is_fixed_by_its_button(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, lambda entry: getattr(entry, "row", -1) == 13)
        user.click("fix_button")
        await user.until(lambda: lines_of(user) != UNTIDY)
        assert lines_of(user) == [*UNTIDY[:13], weighted(20, 1), UNTIDY[14]]
        assert user.window.desk.dataset.document.undo_title == "Write weights as 0 or 1"  # type: ignore[union-attr]

    play(qapp, tmp_path, scenario)


def test_a_group_offers_its_own_kind_only(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, lambda entry: getattr(entry, "rule", "") == "invalid-weight")
        button = user.find("fix_button", QAbstractButton)
        assert button.text() == "Fix 2…"
        user.click("fix_button")
        await proposed(user)
        assert user.find("fix_coerce-weight", QCheckBox).isChecked()
        assert not user.find("fix_remove-line", QCheckBox).isChecked()
        user.click("fixes_apply_button")
        assert lines_of(user) == [*SAFE[:12], b"", weighted(20, 1), GOOD[0]]

    play(qapp, tmp_path, scenario)


def test_a_dataset_that_changes_meanwhile_is_not_fixed(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.click("fix_all_button")
        await proposed(user)
        document = user.window.desk.dataset.document
        assert document is not None
        document.remove([0], "Delete")
        await user.until(lambda: not user.is_shown("fixes_dialog"))
        assert lines_of(user) == UNTIDY[1:]

    play(qapp, tmp_path, scenario)


def test_the_price_of_the_chosen_host_is_shown(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        assert user.find("cost_label", Label).text() == "free"

    play(qapp, tmp_path, scenario)


@pytest.mark.parametrize(
    ("before", "after", "gone", "new"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2}', 'a": 1, "', ""),
        ("one two three", "one 2 three", "two", "2"),
        ("x" * 5_000 + " old " + "y" * 5_000, "x" * 5_000 + " new " + "y" * 5_000, "old", "new"),
        ("same", "same", "", ""),
        ("", "all", "", "all"),
    ],
)
def test_a_preview_shows_what_goes_and_what_comes(before: str, after: str, gone: str, new: str) -> None:
    sides = changed_sides(before, after)
    changed = ["".join(piece.text for piece in side if piece.changed) for side in sides]
    assert [part.replace(" ", "") for part in changed] == [gone.replace(" ", ""), new.replace(" ", "")]
    assert all(sum(len(piece.text) for piece in side) < 500 for side in sides)


@pytest.mark.usefixtures("qapp")
def test_a_line_that_goes_says_so_and_hides_nothing() -> None:
    model = FixesModel(QApplication.instance())  # type: ignore[arg-type]
    model.add([LineFix(3, "a\u202eb".encode(), None, ())])
    preview = model.data(model.index(0, 0), PREVIEW_ROLE)
    assert preview.before == (Piece("a⟦U+202E⟧b", True),)
    assert preview.after == (Piece("(the line goes)", False),)


def test_the_wand_of_a_finding_fixes_it(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, lambda entry: getattr(entry, "row", -1) == 4)
        view: Any = user.find("findings_view")
        area = view.visualRect(view.currentIndex())
        at = QPoint(area.right() - 24, area.center().y())
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        await user.until(lambda: lines_of(user) != UNTIDY)
        assert lines_of(user)[4] == SAFE[4]

    play(qapp, tmp_path, scenario)


def test_every_host_is_told_what_it_would_say(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        hosts = user.find("hosts_verdict")
        await user.until(lambda: "OpenAI: 2 errors" in hosts.accessibleName())
        assert "Together" in hosts.accessibleName()
        document = user.window.desk.dataset.document
        assert document is not None
        document.remove([4], "Delete")
        await user.until(lambda: "OpenAI: 1 error" in hosts.accessibleName())

    play(qapp, tmp_path, scenario)


def test_a_connection_is_checked_and_priced_as_the_kind_of_host_that_it_is(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        desk = user.window.desk
        entries = {
            "work": HostEntry("openai", "https://example.com/v1"),
            "mine": HostEntry("together", "https://x.test"),
        }
        desk.app.save_settings(replace(desk.app.settings, hosts=entries))
        desk.host.choose("work")
        await user.until(lambda: is_settled(user) and user.find("cost_label", Label).text().startswith(("$", "<")))
        assert "gpt-4o-mini" in user.find("cost_tile", Tile).accessibleName()
        desk.host.choose("mine")
        await user.until(lambda: is_settled(user) and user.find("cost_label", Label).text() == "–")
        assert user.find("hosts_verdict").accessibleName()

    play(qapp, tmp_path, scenario)


def test_a_finding_that_was_settled_by_typing_is_not_fixed(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        desk = user.window.desk
        panel = user.window.panel("check")
        assert isinstance(panel, CheckPanel)
        blank = desk.checking.findings(12)[0]
        assert blank.fix == "remove-line"
        document = desk.dataset.document
        assert document is not None
        document.replace(12, example(30), "Write")
        repairs = Repairs(desk, panel)
        repairs.fix(12, blank)
        await user.until(lambda: not repairs.is_busy)
        assert lines_of(user)[12] == example(30)

    play(qapp, tmp_path, scenario)
