"""Price lists: what ships, what a user writes, and what a host makes of “auto”."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from ftdesk import resources
from ftdesk.engine.trainers.tiny.hyperparameters import resolve
from ftdesk.errors import InputError
from ftdesk.hosts.profiles import PROFILES
from ftdesk.validation.prices import PriceList, all_prices, parse_prices, prices_of, shipped_prices

LISTS = shipped_prices()
SMALL = 'as_of = 2026-01-02\nsource = "my contract"\n'


def shipped(host: str) -> PriceList:
    return next(prices for prices in LISTS if prices.host == host)


@pytest.mark.parametrize("prices", LISTS, ids=lambda prices: prices.host)
def test_every_price_that_ships_has_a_day_and_a_source(prices: PriceList) -> None:
    assert date(2025, 1, 1) < prices.as_of <= date(2026, 12, 31)
    assert prices.source
    assert all(price.source and price.as_of <= date(2026, 12, 31) for price in prices.models)
    assert prices.serving


def test_every_host_that_trains_has_a_list() -> None:
    assert {profile.name for profile in PROFILES} - {"openai-compatible"} <= {prices.host for prices in LISTS}


@pytest.mark.parametrize(
    ("host", "model", "training", "output"),
    [
        ("openai", "gpt-4.1-2025-04-14", 25.0, 12.0),
        ("openai", "gpt-4.1-mini-2025-04-14", 5.0, 3.2),
        ("openai", "ft:gpt-4.1-mini-2025-04-14:org:name:id", 5.0, 3.2),
        ("openai", "gpt-4o-mini-2024-07-18", 3.0, 1.2),
        ("openai", "gpt-4o-2024-08-06", 25.0, 15.0),
        ("openai", "gpt-4.1-nano-2025-04-14", None, None),
        ("azure", "gpt-4.1-2025-04-14", 2.0, None),
        ("nebius", "unsloth/gpt-oss-20b-BF16", 2.0, None),
        ("nebius", "meta-llama/Llama-3.1-8B-Instruct", 0.4, None),
        ("local", "tiny", 0.0, 0.0),
        ("local", "ft:tiny:acme:name:id", 0.0, 0.0),
    ],
)
def test_a_model_has_its_own_price_by_any_of_its_names(
    host: str, model: str, training: float | None, output: float | None
) -> None:
    price = shipped(host).price_of(model)
    assert price is not None
    assert (price.training, price.output) == (training, output)


@pytest.mark.parametrize(
    ("host", "model"), [("openai", "gpt-5"), ("azure", "gpt-4.1-mini"), ("together", "Qwen3"), ("local", "gpt-4.1")]
)
def test_what_is_not_known_has_no_price(host: str, model: str) -> None:
    assert shipped(host).price_of(model) is None


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(1, 25), (3, 25), (10, 10), (33, 3), (34, 3), (100, 3), (8_333, 3), (8_334, 2), (12_501, 1), (1_000_000, 1)],
)
def test_the_automatic_epochs_of_openai_are_those_of_its_cookbook(examples: int, epochs: int) -> None:
    rule = shipped("openai").automatic_epochs
    assert rule.epochs(examples) == epochs
    assert not rule.published


@pytest.mark.parametrize("examples", [1, 10, 64, 77, 160, 500, 640, 999, 1_000, 1_500, 3_999, 4_000, 8_000, 100_000])
def test_the_automatic_epochs_of_the_built_in_host_are_those_it_trains(examples: int) -> None:
    assert shipped("local").automatic_epochs.epochs(examples) == resolve("supervised", {}, examples).n_epochs


@pytest.fixture
def users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTDESK_HOME", str(tmp_path))
    folder = tmp_path / "config" / "prices"
    folder.mkdir(parents=True)
    return folder


def test_a_users_file_replaces_the_shipped_one_and_may_add_a_host(users_folder: Path) -> None:
    (users_folder / "openai.toml").write_text(SMALL + '[[models]]\nmatch = ["gpt-*"]\ntraining = 1\n')
    (users_folder / "acme.toml").write_text(SMALL)
    mine = prices_of("openai")
    assert mine is not None
    price = mine.price_of("gpt-4.1")
    assert price is not None
    assert (price.training, price.as_of, price.source) == (1.0, date(2026, 1, 2), "my contract")
    assert {"acme", "local", "azure"} <= {prices.host for prices in all_prices()}
    assert prices_of("nobody") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "as_of"),
        ("as_of = 3\nsource = ''", "as_of"),
        ("as_of = 2026-01-02", "source"),
        (SMALL + "price = 3", "the key price"),
        (SMALL + "[[models]]\nmatch = []", "models[0].match"),
        (SMALL + "[[models]]\nmatch = ['a']\ntraining = -1", "models[0].training"),
        (SMALL + "[[models]]\nmatch = ['a']\ntraining = nan", "models[0].training"),
        (SMALL + "[[models]]\nmatch = ['a']\ntraining = '1'", "models[0].training"),
        (SMALL + "[[serving]]\nname = 'a'\nhourly = 1", "serving[0].hourly"),
        (SMALL + "[automatic_epochs]\nusual = 1.5", "automatic_epochs.usual"),
        (SMALL + "models = 3", "models"),
        ("=", "line 1"),
    ],
)
def test_a_users_file_that_cannot_be_used_is_named_with_its_key(users_folder: Path, text: str, named: str) -> None:
    path = users_folder / "acme.toml"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        all_prices()
    assert str(path) in raised.value.title
    assert named in raised.value.title
    assert raised.value.hint


def test_shipped_files_say_what_their_keys_mean_by_being_read_whole() -> None:
    for path in resources.path("prices").glob("*.toml"):
        assert len(parse_prices(path.read_text(), path.stem).models) == len(
            tomllib.loads(path.read_text()).get("models", [])
        )
