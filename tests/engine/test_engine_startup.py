from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import openai
import pytest
from running import ROOT, Engine

from ftdesk.engine.catalogue import Catalogue, find_entries
from ftdesk.engine.command import _worker_command, add_arguments
from ftdesk.engine.folder import DataFolder
from ftdesk.engine.jobs.worker import Assignment
from ftdesk.engine.store import Store
from ftdesk.engine.trainers import TRAINERS
from ftdesk.errors import InputError, StorageError

posix = pytest.mark.skipif(os.name == "nt", reason="signals and modes of POSIX")


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """An engine that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "ftdesk.engine", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )


def loaded_by(program: str, words: Sequence[str]) -> set[str]:
    code = f"import sys\n{program}\nprint([name for name in {list(words)!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1].replace("'", '"')))


def test_a_second_engine_on_the_same_data_is_refused_in_one_sentence(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "data")
    try:
        second = run("--data", str(tmp_path / "data"))
        assert second.returncode == 2
        assert second.stdout == ""
        (sentence,) = second.stderr.splitlines()
        assert sentence.startswith(f"ftdesk engine: Another ftdesk engine is already using the data folder {tmp_path}")
        assert [model.id for model in engine.client().models.list()] == ["bigram", "bigram-slow"]
    finally:
        engine.stop()


@posix
def test_the_endpoint_is_there_for_the_same_user_while_the_engine_runs(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "data")
    path = tmp_path / "data" / "endpoint.json"
    endpoint = json.loads(path.read_text())
    assert endpoint == {"base_url": engine.base_url, "api_key": engine.api_key, "pid": engine.process.pid}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert engine.stop() == 0
    assert not path.exists()


def test_each_run_has_its_own_token(tmp_path: Path) -> None:
    tokens = set()
    for _ in range(2):
        engine = Engine(tmp_path / "data")
        tokens.add(engine.api_key)
        engine.stop()
    assert len(tokens) == 2
    assert all(len(token) >= 43 for token in tokens)  # 256 bits in base64


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    engine = Engine(tmp_path / "data", with_parent=False)
    engine.process.send_signal(number)
    assert engine.process.wait() == 0
    assert not (tmp_path / "data" / "endpoint.json").exists()
    engine.stop()


@posix
def test_a_stream_does_not_hold_it_up_when_it_is_to_end(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "data")
    client = engine.client()
    stream = client.chat.completions.create(
        model="bigram-slow", messages=[{"role": "user", "content": "FOREVER"}], stream=True
    )
    next(stream)
    engine.process.send_signal(signal.SIGTERM)
    with pytest.raises(openai.APIError, match="The engine is stopping"):
        for _ in stream:
            pass
    assert engine.process.wait() == 0
    engine.stop()


def test_standard_output_is_one_line_of_json(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "data")
    client = engine.client()
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve("file-x")
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="bigram", messages=[{"role": "user", "content": "BREAK"}])
    client.close()
    assert engine.process.stdin is not None
    assert engine.process.stdout is not None
    engine.process.stdin.close()
    assert engine.process.stdout.read() == ""
    engine.process.stdout.close()
    assert engine.process.wait() == 0


def test_without_a_folder_it_uses_that_of_ftdesk_home(tmp_path: Path) -> None:
    environment = {"FTDESK_HOME": str(tmp_path / "home")}
    blocked = tmp_path / "home" / "data"
    blocked.parent.mkdir()
    blocked.write_text("in the way")
    done = run(environment=environment)
    assert done.returncode == 2
    assert f"Cannot use the data folder {blocked / 'engine'}" in done.stderr


def test_a_port_that_is_taken_is_named_and_no_endpoint_is_left(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "one")
    try:
        stale = tmp_path / "two" / "endpoint.json"
        stale.parent.mkdir()
        stale.write_text("of an engine that was killed")
        done = run("--port", str(engine.port), "--data", str(tmp_path / "two"))
        assert done.returncode == 2
        assert not stale.exists()
        assert done.stderr.startswith(f"ftdesk engine: Cannot listen on port {engine.port} of 127.0.0.1.")
        assert len(done.stderr.splitlines()) == 1
    finally:
        engine.stop()


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    assert run("--port", port, "--data", str(tmp_path)).returncode == 2


def test_data_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    store = Store(folder.database, durable=True)
    store._database._execute("PRAGMA user_version=99")
    store.close()
    before = folder.database.read_bytes()
    with pytest.raises(StorageError, match="written by a newer ftdesk"):
        Store(folder.database, durable=True)
    assert folder.database.read_bytes() == before
    assert run("--data", str(tmp_path)).returncode == 2


def test_a_damaged_database_is_named_and_not_overwritten(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    folder.database.write_bytes(b"this is not a database, and not an empty file either" * 100)
    done = run("--data", str(tmp_path))
    assert done.returncode == 2
    assert str(folder.database) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_files_are_not_swept_away_with_a_lost_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    engine = Engine(data)
    engine.stop()
    kept = data / "files" / ("file-" + "a" * 24)
    kept.write_bytes(b"precious")
    for path in data.glob("engine.sqlite3*"):
        path.unlink()
    engine = Engine(data)
    engine.stop()
    assert kept.read_bytes() == b"precious"


def test_starting_loads_no_numerical_library_and_no_sdk() -> None:
    program = (
        "import argparse\nfrom ftdesk.engine.command import add_arguments\nadd_arguments(argparse.ArgumentParser())\n"
    )
    assert loaded_by(program, ["numpy", "starlette", "uvicorn", "asyncio", "sqlite3"]) == set()
    program = "import ftdesk.engine.server, ftdesk.engine.command, ftdesk.engine.catalogue, ftdesk.engine.store"
    assert loaded_by(program, ["numpy", "openai", "httpx2", "pydantic", "PySide6", "tiktoken"]) == set()
    program = "import ftdesk.engine.jobs.worker"
    assert loaded_by(program, ["starlette", "uvicorn", "asyncio", "numpy"]) == set()


def test_the_command_of_ftdesk_and_the_module_take_the_same_options() -> None:
    options = run("--help").stdout
    command = subprocess.run(
        [sys.executable, "-m", "ftdesk", "engine", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    for option in ("--port", "--data", "--model-dir", "--with-parent", "--trainers"):
        assert option in options
        assert option in command
    assert "--phase" not in options


def test_a_process_of_a_job_imports_nothing_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "csv.py").write_text("open('canary', 'w')")
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    Store(folder.database, durable=True).close()
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    command = _worker_command(parser.parse_args([]), folder, Assignment("train", "ftjob-none", 1))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, check=False, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL).returncode == 0
    assert not (tmp_path / "canary").exists()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert _worker_command(parser.parse_args([]), folder, Assignment("train", "ftjob-none", 1))[1] == "engine"


def test_every_trainer_offers_models_of_its_own() -> None:
    catalogue = Catalogue(TRAINERS, None)
    ids = [model.id for model in catalogue.base_models]
    assert "tiny" in ids
    assert len(set(ids)) == len(ids)
    assert catalogue.base_model("no such model") is None
    with pytest.raises(LookupError):
        catalogue.trainer("no such model")


@pytest.mark.parametrize("place", ["nowhere:TRAINERS", "ftdesk.engine.trainers:NONE", "ftdesk.engine.trainers", ""])
def test_trainers_that_are_not_there_are_named(place: str) -> None:
    with pytest.raises(InputError, match="There are no trainers at"):
        find_entries(place)
