"""What hosts ask of a training file: dated data in ``resources/requirements``, one TOML file for each host.

A file of the same form in the folder ``requirements`` of the user's configuration replaces a shipped one, or adds a
host, without a new version of ftdesk.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ftdesk import resources
from ftdesk.errors import InputError
from ftdesk.storage.folders import Folders
from ftdesk.validation.findings import Severity
from ftdesk.validation.problem import Feature, Limit, Problem

DEFAULT_HOST = "openai"
"""Whose requirements count where no host is named: most others took over its format."""

Verdict = tuple[Severity | None, ...]
"""How grave one problem is for each of several hosts, in their order; ``None`` where it is none."""

_KEYS = frozenset({"title", "as_of", "sources", "accepts", "limits", "example_tokens", "unsupported", "severity"})


@dataclass(frozen=True, slots=True)
class Requirements:
    """What one host asks, as its documentation (``sources``) said at the day ``as_of``.

    ``limits`` has what is published. ``example_tokens`` maps the beginning of a model's name to the length at which
    its examples are cut; where no model is named, ``max_example_tokens`` of ``limits`` holds. ``unsupported`` is what
    the host refuses (error) or ignores (warning), ``accepts`` what it takes beyond OpenAI's format, ``severities`` has
    the rules that it takes otherwise than they say.
    """

    host: str
    title: str
    as_of: date
    sources: tuple[str, ...]
    limits: Mapping[Limit, int] = field(default_factory=dict)
    example_tokens: Mapping[str, int] = field(default_factory=dict)
    unsupported: Mapping[Feature, Severity] = field(default_factory=dict)
    accepts: frozenset[str] = frozenset()
    severities: Mapping[str, Severity | Literal["off"]] = field(default_factory=dict)

    @property
    def min_examples(self) -> int:
        """How many examples a training file needs."""
        return self.limits.get("min_examples", 1)

    def token_limit(self, model: str | None) -> int | None:
        """At how many tokens an example for ``model`` is cut, or ``None`` if that is not known."""
        if model is None:
            return self.limits.get("max_example_tokens")
        name = base_model(model)
        prefixes = sorted(self.example_tokens, key=len, reverse=True)
        return next((self.example_tokens[prefix] for prefix in prefixes if name.startswith(prefix)), None)

    def limit(self, name: Limit, model: str | None = None) -> int | None:
        """A limit, or ``None`` where none is published."""
        return self.token_limit(model) if name == "max_example_tokens" else self.limits.get(name)

    def judge(self, code: str, severity: Severity, problem: Problem, model: str | None = None) -> Severity | None:
        """How grave ``problem``, found by the rule ``code`` of ``severity``, is for this host; ``None``: not at all."""
        if problem.extra in self.accepts or (problem.measure is not None and not self._breaks(problem, model)):
            return None
        grave: Severity | Literal["off"] | None = problem.severity or severity
        if problem.feature is not None:
            grave = self.unsupported.get(problem.feature)
        grave = self.severities.get(code, grave) if grave is not None else None
        return None if grave == "off" else grave

    def _breaks(self, problem: Problem, model: str | None) -> bool:
        measure = problem.measure
        limit = None if measure is None else self.limit(measure.limit, model)
        if measure is None or limit is None:
            return False
        return measure.amount < limit if measure.limit.startswith("min_") else measure.amount > limit


def all_requirements() -> tuple[Requirements, ...]:
    """Those of every host that is known, the user's own files included, by name.

    Raises ``InputError`` for a file of the user that cannot be used.
    """
    return _load(Folders.of_user().config / "requirements")


def usable_requirements() -> tuple[Requirements, ...]:
    """The same, but what comes with ftdesk where a file of the user cannot be used: the window goes on with that."""
    return _load(Folders.of_user().config / "requirements", strict=False)


def shipped_requirements() -> tuple[Requirements, ...]:
    """Those that come with ftdesk, by name."""
    return _load(None)


def requirements_of(host: str) -> Requirements:
    """Raises ``InputError`` for a host whose requirements are not known, and for a file that cannot be used."""
    for requirements in all_requirements():
        if requirements.host == host:
            return requirements
    known = ", ".join(requirements.host for requirements in all_requirements())
    raise InputError(f"What the host “{host}” asks of a training file is not known.", hint=f"Known hosts: {known}.")


def requirements_or_default(host: str) -> Requirements:
    """Those of ``host``, or of the default host where its own are not known. Never raises."""
    usable = {requirements.host: requirements for requirements in usable_requirements()}
    return usable.get(host) or usable[DEFAULT_HOST]


def token_limit_of(host: str, model: str | None) -> int | None:
    """At how many tokens ``host`` cuts an example for ``model``, or ``None`` if that or the host is not known.

    Raises ``InputError`` for a file of the user that cannot be used.
    """
    return next((each.token_limit(model) for each in all_requirements() if each.host == host), None)


def base_model(model: str) -> str:
    """The model below a fine-tuned one: ``ft:gpt-4.1-mini-2025-04-14:org:name:id`` is a ``gpt-4.1-mini-2025-04-14``."""
    return model.removeprefix("ft:").partition(":")[0].lower()


@cache
def _load(users: Path | None, *, strict: bool = True) -> tuple[Requirements, ...]:
    found = {host: _read(path) for host, path in _files(resources.path("requirements")).items()}
    for host, path in _files(users).items() if users is not None else ():
        try:
            found[host] = _read(path)
        except InputError:
            if strict:
                raise
    return tuple(found[host] for host in sorted(found))


def _files(folder: Path) -> dict[str, Path]:
    try:
        return {path.stem: path for path in folder.iterdir() if path.suffix == ".toml"}
    except OSError:  # mostly, there is no such folder
        return {}


def _read(path: Path) -> Requirements:
    try:
        return parse_requirements(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, ValueError) as error:  # TOML and UTF-8 errors are ValueErrors
        reason = str(error).rstrip(".").replace("\n", " ")
        raise InputError(
            f"The requirements in {path} cannot be used: {reason}.",
            hint="Correct the file, or remove it to use those that come with ftdesk.",
        ) from error


def parse_requirements(text: str, host: str) -> Requirements:
    """Requirements from TOML. Raises ``ValueError`` that names the key."""
    table = tomllib.loads(text)
    unknown = table.keys() - _KEYS
    if unknown:
        raise ValueError(f"the key {min(unknown)!r} is not known")
    as_of = table.get("as_of")
    if type(as_of) is not date:
        raise ValueError("as_of must be a date, such as 2026-11-22")
    title = table.get("title", host)
    if not isinstance(title, str):
        raise ValueError("title must be a text")
    return Requirements(
        host=host,
        title=title,
        as_of=as_of,
        sources=_texts(table, "sources"),
        limits=cast("dict[Limit, int]", _numbers(table, "limits", get_args(Limit))),
        example_tokens={name.lower(): number for name, number in _numbers(table, "example_tokens").items()},
        unsupported=cast(
            "dict[Feature, Severity]", _words(table, "unsupported", get_args(Severity), get_args(Feature))
        ),
        accepts=frozenset(_texts(table, "accepts")),
        severities=cast("dict[str, Severity]", _words(table, "severity", (*get_args(Severity), "off"))),
    )


def _texts(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    texts = table.get(name, [])
    if not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(texts)


def _numbers(table: Mapping[str, Any], name: str, keys: tuple[str, ...] = ()) -> dict[str, int]:
    part = _part(table, name, keys)
    for key, value in part.items():
        if type(value) is not int or value < 1:
            raise ValueError(f"{name}.{key} must be a whole number from 1")
    return part


def _words(table: Mapping[str, Any], name: str, words: tuple[str, ...], keys: tuple[str, ...] = ()) -> dict[str, str]:
    part = _part(table, name, keys)
    for key, value in part.items():
        if value not in words:
            raise ValueError(f"{name}.{key} must be one of {', '.join(words)}")
    return part


def _part(table: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    part = table.get(name, {})
    if not isinstance(part, dict):
        raise ValueError(f"{name} must be a table")
    unknown = [key for key in part if keys and key not in keys]
    if unknown:
        raise ValueError(f"{name}.{unknown[0]} is not known; known are {', '.join(keys)}")
    return part
