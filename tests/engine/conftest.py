"""One engine per module: starting one costs more than most tests."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from running import Engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    running = Engine(tmp_path_factory.mktemp("engine") / "data")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def client(engine: Engine) -> openai.OpenAI:
    return engine.client()
