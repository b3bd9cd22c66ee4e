"""``ftdesk hosts``: list, add, test and remove connections."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
import time
from contextlib import aclosing
from dataclasses import replace

from ftdesk.app import App
from ftdesk.cli.job_output import aligned, print_json, print_text
from ftdesk.cli.main import narrate
from ftdesk.errors import ExitStatus, InputError
from ftdesk.hosts.connections import check_host_name
from ftdesk.hosts.endpoint import parse_base_url
from ftdesk.hosts.profiles import PROFILES, HostProfile, profile_named
from ftdesk.hosts.profiles.compatible import COMPATIBLE
from ftdesk.hosts.types import LOCAL
from ftdesk.settings import HostEntry
from ftdesk.storage.secrets import Key, Place, variable_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document: a list of hosts")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="list the connections (what happens without an action)")
    add = actions.add_parser("add", help="add a connection, or replace the one of that name")
    add.add_argument("name", metavar="NAME", help="how models are to be named: NAME/MODEL")
    profiles = ", ".join(profile.name for profile in PROFILES if profile.name != LOCAL)
    add.add_argument("--profile", metavar="P", help=f"{profiles} (default: NAME if it is one, else {COMPATIBLE.name})")
    add.add_argument("--base-url", metavar="URL", help="its address (default: the profile's)")
    add.add_argument("--key-stdin", action="store_true", help="read the key from standard input")
    remove = actions.add_parser("remove", help="remove a connection and forget its key")
    remove.add_argument("name", metavar="NAME")
    test = actions.add_parser("test", help="ask a host for its models")
    test.add_argument("name", metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    actions = {"add": _add, "remove": _remove, "test": _test}
    return asyncio.run(actions.get(arguments.action, _list)(arguments))


async def _list(arguments: argparse.Namespace) -> int:
    async with aclosing(App()) as app:
        rows: list[dict[str, str | None]] = [{"name": LOCAL, "profile": LOCAL, "base_url": None, "key": None}]
        rows += [
            {"name": name, "profile": entry.profile, "base_url": entry.base_url, "key": await _place(app, name)}
            for name, entry in app.settings.hosts.items()
        ]
    if arguments.json:
        print_json(rows)
    else:
        cells = [
            (row["name"] or "", row["profile"] or "", row["base_url"] or "this computer", row["key"] or "")
            for row in rows
        ]
        print_text(aligned([("host", "profile", "address", "key"), *cells]))
    return ExitStatus.GOOD


async def _add(arguments: argparse.Namespace) -> int:
    name = arguments.name
    check_host_name(name)
    profile = _profile(name, arguments.profile)
    base_url = arguments.base_url or profile.base_url
    if not base_url:
        raise InputError(f"{profile.title} needs an address.", hint=f"Add --base-url {profile.base_url_example}.")
    entry = HostEntry(profile.name, parse_base_url(base_url))
    key = _read_key(profile, from_stdin=arguments.key_stdin)
    async with aclosing(App()) as app:
        former = app.settings.hosts.get(name)
        if former is not None and former.base_url != entry.base_url:
            await app.secrets.delete(name)  # a key is for the address that it was given for
        app.save_settings(replace(app.settings, hosts={**app.settings.hosts, name: entry}))
        if key is not None:
            await app.secrets.set(name, key)
        place = await app.secrets.where(name)
    narrate(f"Added {name} at {entry.base_url}. Try it: ftdesk hosts test {name}")
    if place == "memory":
        narrate(
            "This computer has no keyring that we trust, so the key was not kept. "
            f"Set the variable {variable_of(name)} when you use the host."
        )
    return ExitStatus.GOOD


async def _remove(arguments: argparse.Namespace) -> int:
    name = arguments.name
    async with aclosing(App()) as app:
        if name not in app.settings.hosts:
            raise InputError(f"There is no host “{name}” to remove.", hint="List them: ftdesk hosts")
        rest = {other: entry for other, entry in app.settings.hosts.items() if other != name}
        app.save_settings(replace(app.settings, hosts=rest))
        await app.secrets.delete(name)
        place = await app.secrets.where(name)
    narrate(f"Removed {name}." if place == "nowhere" else f"Removed {name}, but its key is still in the {place}.")
    return ExitStatus.GOOD


async def _test(arguments: argparse.Namespace) -> int:
    async with aclosing(App()) as app:
        client = await app.hosts.client(arguments.name)
        started = time.monotonic()
        models = await client.models()
        seconds = time.monotonic() - started
    print_text(f"{arguments.name} answers: {len(models)} models, {seconds:.1f} s.")
    return ExitStatus.GOOD


async def _place(app: App, name: str) -> Place | None:
    """Where the key of a connection is, or ``None`` when there is none."""
    place = await app.secrets.where(name)
    return None if place == "nowhere" else place


def _profile(name: str, chosen: str | None) -> HostProfile:
    if chosen is not None:
        profile = profile_named(chosen)
    else:
        profile = next((profile for profile in PROFILES if profile.name == name), COMPATIBLE)
    if profile.name == LOCAL:
        raise InputError("The built-in host is there already.", hint="It is called local and needs no key.")
    return profile


def _read_key(profile: HostProfile, *, from_stdin: bool) -> Key | None:
    """From standard input, or asked for on a terminal. Variables of other programs are offered, never taken."""
    if from_stdin:
        return Key.parse(sys.stdin.read())
    offered = os.environ.get("OPENAI_API_KEY")
    if not sys.stdin.isatty():
        if offered:
            narrate("OPENAI_API_KEY is set but not used. To use it: printenv OPENAI_API_KEY | … --key-stdin")
        return None
    narrate(profile.key_help)
    question = "Key (Enter: the one in OPENAI_API_KEY): " if offered else "Key (Enter: none): "
    typed = getpass.getpass(question) or offered
    return Key.parse(typed) if typed else None
