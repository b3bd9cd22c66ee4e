"""A host for tests whose answers depend on the question, and connections to such hosts."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openai_server import OpenAIServer, Request, stream_of

from ftdesk.hosts.connections import HostConnections
from ftdesk.settings import HostEntry, Settings
from ftdesk.storage.folders import Folders
from ftdesk.storage.secrets import Secrets
from ftdesk.storage.settings_file import write_settings

Answering = Callable[[str, str], str]
CHAT = "/chat/completions"
NOBODY = "http://127.0.0.1:9/v1"
"""Where nothing answers."""


class AnsweringServer(OpenAIServer):
    """Answers with what ``answering(model, last message)`` says, in the name of the model that was asked."""

    def __init__(self, answering: Answering) -> None:
        super().__init__()
        self.answering = answering
        self.on_request = self._prepare

    @property
    def questions(self) -> Counter[tuple[str, str]]:
        """How often each model was asked each last message."""
        return Counter(_question(request) for request in self.asked("POST", CHAT))

    def _prepare(self, request: Request) -> None:
        if request.path.endswith(CHAT):
            model, question = _question(request)
            self.answer = stream_of(self.answering(model, question), model=model)


def _question(request: Request) -> tuple[str, str]:
    return request.json["model"], request.json["messages"][-1]["content"]


def connections(folder: Path, servers: Mapping[str, OpenAIServer | str]) -> HostConnections:
    """Hosts by name, each a server or a base URL."""
    return HostConnections(_entries(servers), Secrets(keyrings=()), Folders.under(folder))


def make_home(home: Path, servers: Mapping[str, OpenAIServer | str]) -> Path:
    """A folder for ``FTDESK_HOME`` of a user who has added these hosts."""
    write_settings(Folders.under(home).settings, Settings(hosts=_entries(servers)))
    return home


def _entries(servers: Mapping[str, OpenAIServer | str]) -> dict[str, HostEntry]:
    return {
        name: HostEntry("openai-compatible", server if isinstance(server, str) else server.base_url)
        for name, server in servers.items()
    }


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    while not condition():  # noqa: ASYNC110 - no event of our loop tells of it
        await asyncio.sleep(0.01)


def example(question: str, answer: str, **more: Any) -> bytes:
    """A line of a dataset."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages, **more}).encode() + b"\n"


def write_examples(path: Path, pairs: Sequence[tuple[str, str]]) -> Path:
    path.write_bytes(b"".join(example(question, answer) for question, answer in pairs))
    return path
