"""The real engine in its own process, and clients that check each of its answers against OpenAI's description."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import openai
from jsonschema import Draft202012Validator
from openai.types.fine_tuning import FineTuningJob
from referencing import Registry, Resource

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "resources" / "schemas" / "openai"
T = TypeVar("T")
ENDED = ("succeeded", "failed", "cancelled")


class Engine:
    """One engine process with the bigram trainer. ``models`` is the folder in which that trainer leaves its notes."""

    def __init__(self, data: Path, *, trainers: str | None = "bigram:TRAINERS", with_parent: bool = True) -> None:
        self.data = data
        self.models = data.parent / "models"
        self.models.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "ftdesk.engine", "--data", str(data)]
        command += ["--trainers", trainers, "--model-dir", str(self.models)] if trainers else []
        command += ["--with-parent"] if with_parent else []
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'engine'}"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the engine did not start: {self.process.wait()}"
        endpoint = json.loads(line)
        self.base_url: str = endpoint["base_url"]
        self.api_key: str = endpoint["api_key"]
        self.port = int(self.base_url.split(":")[2].split("/")[0])
        self._clients: list[openai.OpenAI] = []

    def client(self, **options: Any) -> openai.OpenAI:
        """An unmodified client whose every answer is checked."""
        http = openai.DefaultHttpxClient(trust_env=False, event_hooks={"response": [check_response]})
        values = {"base_url": self.base_url, "api_key": self.api_key, "max_retries": 0, "http_client": http} | options
        client = openai.OpenAI(**values)
        self._clients.append(client)
        return client

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of a request that no client would send. ``headers`` go on top of a valid authorization."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            given = {"Authorization": f"Bearer {self.api_key}"} | (headers or {})
            connection.request(method, path, body, {name: value for name, value in given.items() if value})
            response = connection.getresponse()
            content = response.read()
            value = json.loads(content) if content else None
            if response.status >= 400 and method != "HEAD":
                validate("ErrorResponse", value)
            return response.status, value
        finally:
            connection.close()

    def stop(self) -> int:
        """As a parent that ends: close the pipe."""
        for client in self._clients:
            client.close()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait()
        self.process.stdout.close()
        return status

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.stop()

    def worker(self, job_id: str) -> int | None:
        """The process that runs a job."""
        return next(iter(processes_with(f"--job\0{job_id}")), None)


def processes_with(arguments: str) -> list[int]:
    """Live processes whose NUL-separated command line contains ``arguments``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command, state = (entry / "cmdline").read_bytes(), (entry / "stat").read_text().rpartition(") ")[2][0]
            except OSError:
                continue
            if arguments.encode() in command and state != "Z":
                found.append(int(entry.name))
    return found


def until(look: Callable[[], T | None]) -> T:
    """Look again and again until there is something; there is no limit, since a slow machine is no fault."""
    while True:
        found = look()
        if found:
            return found
        time.sleep(0.03)


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def preference(question: str, better: str, worse: str) -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": better}],
        "non_preferred_output": [{"role": "assistant", "content": worse}],
    }


def jsonl(examples: Iterable[object]) -> bytes:
    return b"".join(json.dumps(example).encode() + b"\n" for example in examples)


EXAMPLES = [chat(f"What is {n}?", f"It is {'odd' if n % 2 else 'even'}.") for n in range(12)]
PREFERENCES = [preference(f"Greet {n}", "Good day.", "Yo.") for n in range(12)]


def upload(client: openai.OpenAI, content: bytes | None = None, name: str = "train.jsonl") -> str:
    return client.files.create(file=(name, jsonl(EXAMPLES) if content is None else content), purpose="fine-tune").id


def ended(client: openai.OpenAI, job_id: str) -> FineTuningJob:
    def look() -> FineTuningJob | None:
        job = client.fine_tuning.jobs.retrieve(job_id)
        return job if job.status in ENDED else None

    return until(look)


def train(client: openai.OpenAI, content: bytes | None = None, **options: Any) -> FineTuningJob:
    """A job from its start to its end."""
    values = {"model": "bigram", "training_file": upload(client, content), "seed": 7} | options
    return ended(client, client.fine_tuning.jobs.create(**values).id)


def messages(client: openai.OpenAI, job_id: str) -> list[str]:
    """All messages of a job, oldest first."""
    return [event.message for event in client.fine_tuning.jobs.list_events(job_id, limit=50)][::-1]


def steps(client: openai.OpenAI, job_id: str) -> list[dict[str, Any]]:
    """The metrics of a job, oldest first."""
    events = client.fine_tuning.jobs.list_events(job_id, limit=50)
    return [dict(event.data) for event in events if event.type == "metrics"][::-1]  # type: ignore[call-overload]


def newest_step(client: openai.OpenAI, job_id: str) -> int:
    newest = client.fine_tuning.jobs.list_events(job_id, limit=3).data
    return max((int(dict(event.data)["step"]) for event in newest if event.type == "metrics"), default=0)  # type: ignore[call-overload]


def check_response(response: Any) -> None:
    """Fails for an answer that OpenAI's description does not allow. Streams are for their tests to look at."""
    if not response.headers.get("content-type", "").startswith("application/json"):
        return
    response.read()
    if response.is_error:
        validate("ErrorResponse", response.json())
        return
    described = operation(response.request.method, response.request.url.path).get("response")
    if described:
        validate(described, response.json())


def operation(method: str, path: str) -> dict[str, str]:
    for name, schemas in _operations().items():
        described_method, _, template = name.partition(" ")
        if method == described_method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return schemas
    raise AssertionError(f"{method} {path} is not described")


def validate(schema: str, value: object) -> None:
    _validator(schema).validate(value)


def allows(schema: str, value: object) -> bool:
    return bool(_validator(schema).is_valid(value))


@cache
def _operations() -> dict[str, dict[str, str]]:
    operations: dict[str, dict[str, str]] = json.loads((SCHEMAS / "operations.json").read_text())
    return operations


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{schema}.json"}, registry=_registry())


@cache
def _registry() -> Registry[Any]:
    def resource(path: Path) -> Resource[Any]:
        contents = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | json.loads(path.read_text())
        return Resource.from_contents(contents)

    return Registry().with_resources((path.name, resource(path)) for path in SCHEMAS.glob("[A-Z]*.json"))
