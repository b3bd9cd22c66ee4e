"""Puts one table of tokens on the whole application, as palette and style sheet, and follows the system."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from ftdesk.settings import Theme as ThemeChoice
from ftdesk.ui.stylesheet import stylesheet
from ftdesk.ui.tokens import DARK, LIGHT, Tokens


class Theme(QObject):
    """The application's look. Follows the system unless the user chose light or dark."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: ThemeChoice) -> None:
        super().__init__(application)
        self._application = application
        self._choice: ThemeChoice = choice
        self._shown: Tokens | None = None
        application.setStyle("Fusion")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._apply)
        self.choose(choice)

    @property
    def choice(self) -> ThemeChoice:
        return self._choice

    @property
    def tokens(self) -> Tokens:
        return self._shown or LIGHT

    def choose(self, choice: ThemeChoice) -> None:
        self._choice = choice
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        # Native title bars and file dialogs follow where the platform can; our own widgets do not depend on it.
        QGuiApplication.styleHints().setColorScheme(schemes.get(choice, Qt.ColorScheme.Unknown))
        self._apply()

    def _apply(self) -> None:
        table = self._wanted()
        if table is self._shown:
            return
        self._shown = table
        self._application.setPalette(palette(table))
        self._application.setStyleSheet(stylesheet(table))
        self.changed.emit()

    def _wanted(self) -> Tokens:
        if self._choice == "system":
            return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._choice == "dark" else LIGHT


def palette(table: Tokens) -> QPalette:
    """The palette of a scheme, so that whatever the style sheet does not name still fits."""
    role = QPalette.ColorRole
    colours = {
        role.Window: table.window,
        role.WindowText: table.text,
        role.Base: table.window,
        role.AlternateBase: table.side,
        role.Text: table.text,
        role.Button: table.card,
        role.ButtonText: table.text,
        role.BrightText: table.error,
        role.ToolTipBase: table.text,
        role.ToolTipText: table.window,
        role.PlaceholderText: table.mute,
        role.Highlight: table.accent,
        role.HighlightedText: table.on_accent,
        role.Accent: table.accent,
        role.Link: table.accent,
        role.LinkVisited: table.accent,
        role.Light: table.hover,
        role.Midlight: table.hover,
        role.Mid: table.line,
        role.Dark: table.line_strong,
        role.Shadow: table.line_strong,
    }
    made = QPalette()
    for name, colour in colours.items():
        made.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, name, QColor(table.mute))
    return made
