from __future__ import annotations

from typing import Literal

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from ftdesk.ui.theme import Theme, palette
from ftdesk.ui.tokens import DARK, LIGHT, Tokens, contrast, tokens

GROUNDS = ("window", "side", "card", "bubble", "hover", "selected")
PAIRS = [
    *((text, ground) for text in ("text", "mute") for ground in GROUNDS),
    *((text, ground) for text in ("accent", "warning", "error", "second") for ground in ("window", "side", "card")),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("accent", "accent_soft"),
    ("warning", "warning_soft"),
    ("error", "error_soft"),
    ("text", "error_soft"),
    ("accent", "selected"),
    ("window", "text"),
]
"""Every colour of text with every ground it stands on in the style sheet and in what paints itself."""


@pytest.mark.parametrize("table", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_readable_on_its_ground(table: Tokens, text: str, ground: str) -> None:
    assert contrast(getattr(table, text), getattr(table, ground)) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("choice", "table"), [("light", LIGHT), ("dark", DARK)])
def test_the_chosen_scheme_is_that_of_palette_and_widgets(
    qapp: QApplication, qtbot: QtBot, choice: Literal["light", "dark"], table: Tokens
) -> None:
    theme = Theme(qapp, choice)
    button = QPushButton("Press")
    qtbot.addWidget(button)
    button.show()
    assert theme.tokens is table
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(table.window)
    assert tokens(button.palette()) is table
    assert button.grab().toImage().pixelColor(button.width() // 2, 4) == QColor(table.card)


def test_changing_the_theme_repaints_what_is_there(qapp: QApplication, qtbot: QtBot) -> None:
    theme = Theme(qapp, "light")
    changes: list[Tokens] = []
    theme.changed.connect(lambda: changes.append(theme.tokens))
    button = QPushButton("Press")
    qtbot.addWidget(button)
    button.show()
    theme.choose("dark")
    assert changes == [DARK]
    assert button.grab().toImage().pixelColor(button.width() // 2, 4) == QColor(DARK.card)
    theme.choose("dark")
    assert changes == [DARK]


def test_tokens_are_recognised_from_either_palette() -> None:
    assert tokens(palette(LIGHT)) is LIGHT
    assert tokens(palette(DARK)) is DARK
