"""The one style sheet. Widgets choose their look by a dynamic property: ``kind`` for surfaces, ``tone`` for text."""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from ftdesk import resources
from ftdesk.ui.tokens import Tokens

_SHEET = Template("""
* { outline: 0; }
QWidget { color: $text; }
QMainWindow, QDialog { background: $window; }
QToolTip { background: $text; color: $window; border: 0; padding: 4px 8px; }

QFrame[kind="rail"], QFrame[kind="side"] { background: $side; }
QFrame[kind="rail"] { border: 0; border-right: 1px solid $line; }
QFrame[kind="header"] { background: $window; border: 0; border-bottom: 1px solid $line; }
QFrame[kind="left"], QFrame[kind="right"] { background: $side; border: 0; }
QFrame[kind="bottom"] { background: $window; border: 0; border-top: 1px solid $line; }
QFrame[kind="card"], QFrame[kind="tile"] { background: $card; border: 1px solid $line; border-radius: 12px; }
QFrame[kind="bubble"] { background: $bubble; border: 1px solid $bubble; border-radius: 12px; margin-left: 64px; }
QFrame[kind="code"] { background: $side; border: 1px solid $line; border-radius: 8px; }
QFrame[kind="drop"] { background: $accent; border: 0; border-radius: 1px; }
QFrame[dragged="true"] { border: 1px dashed $accent; }
QFrame[kind="toast"] { background: $text; border: 0; border-radius: 12px; }
QFrame[kind="toast"] QLabel { color: $window; }
QFrame[kind="warning"] { background: $warning_soft; border: 0; border-radius: 8px; }
QFrame[kind="error"] { background: $error_soft; border: 0; border-radius: 8px; }
QFrame[kind="line"] { background: $line; border: 0; max-height: 1px; min-height: 1px; }

QLabel { background: transparent; }
QLabel[tone="title"] { font-size: 20px; font-weight: 600; }
QLabel[tone="heading"] { font-size: 14px; font-weight: 600; }
QLabel[tone="figure"] { font-size: 24px; font-weight: 600; }
QLabel[level="error"] { color: $error; }
QLabel[level="warning"] { color: $warning; }
QLabel[tone="mute"] { color: $mute; }
QLabel[tone="caption"] { color: $mute; font-size: 12px; }
QLabel[tone="accent"] { color: $accent; font-size: 12px; }
QLabel[tone="warning"] { color: $warning; font-size: 12px; }
QLabel[tone="error"] { color: $error; font-size: 12px; }
QLabel[chip="plain"] { background: $bubble; color: $mute; border-radius: 8px; padding: 0 8px; font-size: 12px; }
QLabel[chip="accent"] { background: $accent_soft; color: $accent; border-radius: 8px; padding: 0 8px; font-size: 12px; }
QLabel[chip="warning"] { background: $warning_soft; color: $warning; border-radius: 8px; padding: 0 8px;
  font-size: 12px; }
QLabel[chip="error"] { background: $error_soft; color: $error; border-radius: 8px; padding: 0 8px; font-size: 12px; }

QPushButton { background: $card; border: 1px solid $line_strong; border-radius: 8px; padding: 6px 12px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selected; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $mute; background: $side; border-color: $line; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: 5px 11px; }
QPushButton[kind="primary"]:disabled { background: $bubble; color: $mute; border-color: $line; }
QPushButton[kind="quiet"] { background: transparent; border: 1px solid transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:checked { background: $selected; color: $accent; }
QPushButton[kind="quiet"]:focus { border: 1px solid $accent; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 2px 4px;
  text-align: left; }
QPushButton[kind="link"]:hover { background: $accent_soft; }
QPushButton[kind="link"]:focus { border: 1px solid $accent; }
QPushButton[kind="toast"] { background: transparent; color: $window; border: 1px solid $mute; padding: 4px 12px;
  font-weight: 600; }
QPushButton[kind="toast"]:focus, QPushButton[kind="toast"]:hover { border: 1px solid $window; }
QPushButton[kind="role"] { background: transparent; border: 1px solid transparent; border-radius: 8px; color: $mute;
  padding: 2px 8px; font-size: 12px; font-weight: 600; text-align: left; }
QPushButton[kind="role"]:hover { background: $hover; color: $text; }
QPushButton[kind="role"]:focus { border: 1px solid $accent; }
QPushButton::menu-indicator { image: none; width: 0; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 8px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $selected; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:checked { background: $selected; }
QToolButton::menu-indicator { image: none; }
QToolButton[kind="rail"] { border-radius: 12px; padding: 8px 0 4px 0; font-size: 11px; color: $mute; }
QToolButton[kind="rail"]:checked { color: $accent; font-weight: 600; }

QLineEdit, QSpinBox, QDoubleSpinBox { background: $window; border: 1px solid $line_strong; border-radius: 8px;
  padding: 6px 8px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit[broken="true"] { border: 1px solid $error; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus { border: 1px solid $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled { color: $mute; background: $side; }
QPlainTextEdit, QTextEdit, QTextBrowser { background: transparent; border: 0;
  selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit[kind="field"] { background: $window; border: 1px solid $line_strong; border-radius: 8px;
    padding: 4px 8px; }
QPlainTextEdit[kind="field"]:focus { border: 1px solid $accent; }
QPlainTextEdit[kind="field"][broken="true"] { border: 1px solid $error; }
QComboBox { background: $card; border: 1px solid $line_strong; border-radius: 8px; padding: 6px 24px 6px 8px; }
QComboBox[kind="small"] { padding: 2px 24px 2px 8px; font-size: 12px; }
QComboBox:hover { background: $hover; }
QComboBox:focus { border: 1px solid $accent; }
QComboBox QLineEdit { background: transparent; border: 0; padding: 0; }
QComboBox::drop-down { border: 0; width: 24px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $card; border: 1px solid $line_strong; selection-background-color: $selected;
  selection-color: $text; padding: 4px; }
QCheckBox { spacing: 6px; border: 1px solid transparent; border-radius: 4px; padding: 1px; }
QCheckBox:focus { border: 1px solid $accent; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $mute; border-radius: 4px; background: $window; }
QCheckBox::indicator:checked { border: 1px solid $accent; background: $check_ground; image: url("$check"); }
QCheckBox::indicator:disabled { border: 1px solid $line_strong; }
QCheckBox[kind="caption"] { color: $mute; font-size: 12px; }

QMenu { background: $card; border: 1px solid $line_strong; border-radius: 8px; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selected; color: $text; }
QMenu::item:disabled { color: $mute; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QScrollArea { border: 0; background: transparent; }
QScrollArea > QWidget > QWidget[kind="page"] { background: transparent; }
QTableView, QListView, QTreeView { background: transparent; border: 0; selection-background-color: $selected;
  selection-color: $text; alternate-background-color: $side; }
QTableView[kind="long"] { selection-background-color: transparent; }
QTableWidget::item { padding: 0 8px; }
QHeaderView::section { background: $side; color: $mute; border: 0; border-bottom: 1px solid $line; padding: 6px 8px;
  font-size: 12px; }
QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }
QScrollBar:vertical { width: 12px; background: transparent; margin: 0; }
QScrollBar:horizontal { height: 12px; background: transparent; margin: 0; }
QScrollBar::handle { background: $line_strong; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $mute; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar { background: $bubble; border: 0; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QTabBar::tab { padding: 6px 12px; color: $mute; background: transparent;
  border: 0; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabWidget::pane { border: 0; border-top: 1px solid $line; }
""")


def stylesheet(table: Tokens) -> str:
    """The style sheet in the colours of ``table``."""
    # The check mark is a file, and black there: so it needs a light ground in both schemes.
    ground = table.accent if table.dark else table.accent_soft
    return _SHEET.substitute(asdict(table), check=resources.path("icons/check.svg").as_posix(), check_ground=ground)
