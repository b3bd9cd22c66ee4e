"""What tests of several parts share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai_server import OpenAIServer


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """A host on loopback that wants no key."""
    with OpenAIServer() as running:
        yield running
