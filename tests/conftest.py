"""What tests of several parts share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

# Before anything imports Qt: no test needs a display, and none may open a window on the developer's.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from openai_server import OpenAIServer


def pytest_configure() -> None:
    """What a shell runs in the background ignores Ctrl-C, and so would the programs that tests start and interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """A host on loopback that wants no key."""
    with OpenAIServer() as running:
        yield running
