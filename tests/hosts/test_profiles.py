"""What a profile lets through before anything is uploaded."""

from __future__ import annotations

import math
import pkgutil
from typing import Any

import pytest

import ftdesk.hosts.profiles
from ftdesk.errors import InputError
from ftdesk.hosts.endpoint import parse_base_url
from ftdesk.hosts.profiles import PROFILES, HostProfile, profile_named


def test_every_profile_that_has_a_module_is_offered() -> None:
    modules = {module.name for module in pkgutil.iter_modules(ftdesk.hosts.profiles.__path__)} - {"profile"}
    assert len(modules) == len(PROFILES)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_addresses_are_good_and_defaults_pass_their_own_check(profile: HostProfile) -> None:
    for url in filter(None, (profile.base_url, profile.inference_base_url, profile.base_url_example)):
        assert parse_base_url(url) == url
    for method, schema in profile.methods.items():
        profile.check(method, {parameter.name: "auto" for parameter in schema}, None)


def test_an_unknown_profile_is_refused_with_the_list() -> None:
    with pytest.raises(InputError, match="no host profile “opnai”") as caught:
        profile_named("opnai")
    assert caught.value.hint == "Choose one of openai, azure, nebius, crusoe, openai-compatible."


@pytest.mark.parametrize(
    ("profile", "method", "settings", "suffix"),
    [
        ("openai", "supervised", {"n_epochs": 50, "batch_size": 256, "learning_rate_multiplier": 0.1}, "x" * 64),
        ("openai", "dpo", {"beta": 2, "n_epochs": "auto"}, None),
        ("azure", "supervised", {}, "x" * 18),
        ("nebius", "supervised", {"learning_rate": 1e-5}, None),
        ("local", "supervised", {"prompt_word_dropout": 0}, None),
    ],
)
def test_what_a_host_knows_passes(profile: str, method: Any, settings: dict[str, Any], suffix: str | None) -> None:
    profile_named(profile).check(method, settings, suffix)


@pytest.mark.parametrize(
    ("profile", "method", "settings", "suffix", "words"),
    [
        ("openai", "reinforcement", {}, None, "does not train by “reinforcement”"),
        ("nebius", "dpo", {}, None, "does not train by “dpo”"),
        ("openai", "supervised", {"beta": 1}, None, "has no setting “beta” for supervised"),
        ("openai", "supervised", {"n_epochs": 0}, None, "Epochs cannot be 0. Give a whole number from 1 up to 50"),
        ("openai", "supervised", {"n_epochs": 2.5}, None, "Epochs cannot be 2.5"),
        ("openai", "supervised", {"n_epochs": "many"}, None, "Epochs cannot be many"),
        ("openai", "supervised", {"n_epochs": math.nan}, None, "Epochs cannot be nan"),
        ("openai", "supervised", {"learning_rate_multiplier": 0}, None, "cannot be 0. Give a number above 0"),
        ("openai", "supervised", {"learning_rate_multiplier": math.inf}, None, "cannot be inf"),
        ("openai", "dpo", {"beta": 2.1}, None, "Beta cannot be 2.1. Give a number above 0 up to 2"),
        ("openai", "supervised", {}, "", "cannot be a suffix"),
        ("openai", "supervised", {}, "x" * 65, "cannot be a suffix"),
        (
            "azure",
            "supervised",
            {},
            "v1.0",
            "cannot be a suffix on Azure OpenAI. Give 1 to 18 characters without a dot",
        ),
    ],
)
def test_what_a_host_would_refuse_after_the_upload_is_refused_before(
    profile: str, method: Any, settings: dict[str, Any], suffix: str | None, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        profile_named(profile).check(method, settings, suffix)
    assert words in caught.value.sentence
