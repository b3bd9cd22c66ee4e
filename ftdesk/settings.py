"""What the user chose, in one TOML file.

Read before the first paint, so it stands on the standard library alone: no pydantic on the start-up path.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True, slots=True)
class HostEntry:
    """A connection that the user added. Its key lives in the keyring, never here."""

    profile: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``last_file`` and ``last_place`` are where the window was left."""

    theme: Theme = "system"
    last_file: str = ""
    last_place: str = "dataset"
    recent_files: tuple[str, ...] = ()
    hosts: Mapping[str, HostEntry] = field(default_factory=dict)

    def with_file(self, path: Path) -> Settings:
        """The same settings after ``path`` was opened: it is the last file and heads the recent ones (ten at most)."""
        name = str(path)
        recent = (name, *(other for other in self.recent_files if other != name))
        return replace(self, last_file=name, recent_files=recent[:10])


def parse_settings(text: str) -> Settings:
    """Settings from TOML. Raises ``ValueError`` that names the key."""
    table = tomllib.loads(text)
    theme = _text(table, "theme", "system")
    if theme not in get_args(Theme):
        raise ValueError(f"theme must be one of {', '.join(get_args(Theme))}, not {theme!r}")
    recent = table.get("recent_files", [])
    if not (isinstance(recent, list) and all(isinstance(name, str) for name in recent)):
        raise ValueError("recent_files must be a list of paths")
    return Settings(
        theme=cast("Theme", theme),
        last_file=_text(table, "last_file", ""),
        last_place=_text(table, "last_place", "dataset"),
        recent_files=tuple(recent),
        hosts=_hosts(table.get("hosts", {})),
    )


def format_settings(settings: Settings) -> str:
    """TOML for ``settings``: strings and lists of them. The standard library reads TOML but does not write it."""
    lines = [
        f"theme = {_quoted(settings.theme)}",
        f"last_file = {_quoted(settings.last_file)}",
        f"last_place = {_quoted(settings.last_place)}",
        f"recent_files = [{', '.join(_quoted(name) for name in settings.recent_files)}]",
    ]
    for name, entry in settings.hosts.items():
        lines += ["", f"[hosts.{_quoted(name)}]"]
        lines += [f"{key.name} = {_quoted(getattr(entry, key.name))}" for key in fields(HostEntry)]
    return "\n".join(lines) + "\n"


def _hosts(table: Any) -> dict[str, HostEntry]:
    if not isinstance(table, dict):
        raise ValueError("hosts must be a table")
    entries = {}
    for name, entry in table.items():
        if not isinstance(entry, dict):
            raise ValueError(f"hosts.{name} must be a table")
        entries[name] = HostEntry(**{key.name: _text(entry, key.name, None) for key in fields(HostEntry)})
    return entries


def _text(table: Mapping[str, Any], key: str, default: str | None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    return value


def _quoted(text: str) -> str:
    """A TOML basic string: quotes, backslashes and control characters escaped."""
    pieces = []
    for character in text:
        if character in '"\\':
            pieces.append("\\" + character)
        elif ord(character) < 0x20 or ord(character) == 0x7F:
            pieces.append(f"\\u{ord(character):04X}")
        else:
            pieces.append(character)
    return f'"{"".join(pieces)}"'
