"""``ftdesk cost``: what it prints, for people and programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftdesk.cli.main import run_command

LINE = '{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "Yes."}]}\n'


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTDESK_HOME", str(tmp_path / "home"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(LINE % number for number in range(100)))
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = run_command(["cost", *map(str, words)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def document(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    status, out, err = run(capsys, *words, "--json")
    assert (status, err) == (0, "")
    return json.loads(out)


def test_all_hosts_are_shown_side_by_side(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    status, out, said = run(capsys, data)
    assert status == 0
    lines = out.splitlines()
    assert lines[0].startswith(f"{data}: 100 examples, ")
    assert lines[1].split() == [
        *("host/model", "epochs", "tokens", "billed", "training", "1,000", "answers"),
        *("hosting", "a", "month", "prices", "of"),
    ]
    hosts = [line.split()[0].split("/")[0] for line in lines[2:]]
    assert hosts[0] == "local"
    assert {"openai", "azure", "nebius", "crusoe", "together", "fireworks"} <= set(hosts)
    assert "unknown" in lines[-1]
    assert "* assumed" in said


def test_one_document_has_the_sum_and_where_it_comes_from(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    found = document(capsys, data, "--model", "openai/gpt-4.1-mini-2025-04-14", "--epochs", 4)
    (cost,) = found["estimates"]
    assert found["examples"] == 100
    assert found["exact"] is True
    assert cost["billed_tokens"] == 4 * found["tokens"]
    assert cost["training"] == pytest.approx(4 * found["tokens"] * 5 / 1e6)
    assert (cost["host"], cost["model"], cost["epochs_assumed"]) == ("openai", "gpt-4.1-mini-2025-04-14", False)
    assert cost["as_of"] == "2026-11-22"
    assert cost["source"].startswith("https://")


def test_a_model_without_its_host_is_shown_wherever_it_has_a_price(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    found = document(capsys, data, "--model", "gpt-oss-20b")
    assert [cost["host"] for cost in found["estimates"]] == ["nebius"]


def test_one_host_is_shown_in_detail(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    _, out, _ = run(capsys, data, "--host", "nebius")
    assert "dedicated H100: $4.05 an hour, $2,956.50 a month" in out
    assert "requests an hour (gpt-4o-mini on OpenAI)" in out
    assert "3 (assumed)" in out


@pytest.fixture
def connections(tmp_path: Path) -> None:
    settings = tmp_path / "home" / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    entry = '[hosts.%s]\nprofile = "%s"\nbase_url = "https://example.com/v1"\n'
    settings.write_text(entry % ("work", "azure") + entry % ("rack", "openai-compatible"))


@pytest.mark.usefixtures("connections")
@pytest.mark.parametrize(
    "words", [["--host", "work", "--model", "gpt-4.1"], ["--model", "work/gpt-4.1"]], ids=["host", "model"]
)
def test_a_connection_has_the_prices_of_its_kind(
    capsys: pytest.CaptureFixture[str], data: Path, words: list[str]
) -> None:
    found = document(capsys, data, *words, "--epochs", 1)
    (cost,) = found["estimates"]
    assert (cost["host"], cost["model"]) == ("azure", "gpt-4.1")
    assert cost["training"] == pytest.approx(found["tokens"] * 2 / 1e6)


@pytest.mark.usefixtures("connections")
def test_a_connection_of_a_kind_without_prices_is_named(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    status, out, err = run(capsys, data, "--model", "rack/llama")
    assert (status, out) == (2, "")
    assert "No prices of “rack” are known." in err


@pytest.mark.usefixtures("connections")
def test_a_connection_may_have_a_price_file_of_its_own(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    prices = tmp_path / "home" / "config" / "prices"
    prices.mkdir()
    (prices / "rack.toml").write_text(
        'as_of = 2026-01-02\nsource = "bill"\n[[models]]\nmatch = ["llama"]\ntraining = 7\n'
    )
    (cost,) = document(capsys, data, "--model", "rack/llama")["estimates"]
    assert (cost["host"], cost["per_million"]["training"]) == ("rack", 7.0)


@pytest.mark.parametrize(
    "words", [["--host", "nowhere"], ["--epochs", "0"], ["--epochs", "-3"], ["--model", "openai/x", "--host", "acme"]]
)
def test_what_cannot_be_answered_is_one_sentence(
    capsys: pytest.CaptureFixture[str], data: Path, words: list[str]
) -> None:
    status, out, err = run(capsys, data, *words)
    assert (status, out) == (2, "")
    assert err.startswith("ftdesk cost: ")
    assert err.count("\n") == 1


def test_a_model_that_nobody_prices_says_so(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    cost = document(capsys, data, "--model", "openai/gpt-99")["estimates"][0]
    assert cost["training"] is None
    status, out, _ = run(capsys, data, "--model", "openai/gpt-99")
    assert status == 0
    assert "training       unknown" in out
