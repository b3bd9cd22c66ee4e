"""What hosts ask: the shipped data, the user's own, and the verdicts that follow from them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from ftdesk import resources
from ftdesk.errors import InputError
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import HostVerdict, Report
from ftdesk.validation.problem import Feature, Limit, Measure, Problem
from ftdesk.validation.requirements import (
    Requirements,
    all_requirements,
    parse_requirements,
    requirements_of,
    requirements_or_default,
    shipped_requirements,
    usable_requirements,
)
from ftdesk.validation.rules import RULES

HOSTS = ["azure", "crusoe", "fireworks", "local", "nebius", "openai", "together"]
TODAY = date(2026, 11, 22)


def example(number: int, **message: Any) -> bytes:
    messages = [
        {"role": "user", "content": f"{number} + {number}?"},
        {"role": "assistant", "content": f"{2 * number}.", **message},
    ]
    return json.dumps({"messages": messages}).encode()


def check(lines: list[bytes], **options: Any) -> Report:
    return Checker(count_tokens=False, **options).check_lines(lines)


def test_every_host_of_the_profiles_is_known() -> None:
    from ftdesk.hosts.profiles import PROFILES

    assert [requirements.host for requirements in shipped_requirements()] == HOSTS
    assert {profile.name for profile in PROFILES} - {"openai-compatible"} <= set(HOSTS)


@pytest.mark.parametrize("requirements", shipped_requirements(), ids=lambda requirements: requirements.host)
def test_shipped_requirements_have_a_date_and_sources_and_name_rules_that_exist(requirements: Requirements) -> None:
    assert requirements.as_of >= date(2025, 12, 1)
    assert requirements.sources
    assert requirements.title
    assert requirements.severities.keys() <= {rule.code for rule in RULES}


def test_a_host_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="acme") as error:
        requirements_of("acme")
    assert "azure, crusoe" in error.value.hint


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own requirements."""
    monkeypatch.setenv("FTDESK_HOME", str(tmp_path))
    folder = tmp_path / "config" / "requirements"
    folder.mkdir(parents=True)
    return folder


def test_a_file_of_the_user_replaces_a_shipped_one(home: Path) -> None:
    (home / "openai.toml").write_text("as_of = 2027-01-01\n[limits]\nmin_examples = 3\n", encoding="utf-8")
    assert requirements_of("openai").min_examples == 3
    assert requirements_of("openai").as_of == date(2027, 1, 1)
    assert [requirements.host for requirements in all_requirements()] == HOSTS
    assert check([example(number) for number in range(3)]).findings == ()


def test_a_file_of_the_user_adds_a_host(home: Path) -> None:
    text = 'title = "House"\nas_of = 2026-11-22\n[unsupported]\nmessage-weight = "error"\n'
    (home / "house.toml").write_text(text, encoding="utf-8")
    lines = [example(number) for number in range(10)] + [example(10, weight=1)]
    report = check(lines)
    assert report.hosts["house"] == HostVerdict(errors=1, warnings=0)
    assert report.hosts["openai"] == HostVerdict(errors=0, warnings=0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("as_of = ", "Invalid value"),
        ("", "as_of must be a date"),
        ('as_of = "2026-11-22"', "as_of must be a date"),
        ("as_of = 2026-11-22T10:00:00", "as_of must be a date"),
        ("as_of = 2026-11-22\nsources = 3", "sources must be a list of texts"),
        ("as_of = 2026-11-22\ntitle = 3", "title must be a text"),
        ("as_of = 2026-11-22\nlimit = 3", "the key 'limit' is not known"),
        ("as_of = 2026-11-22\nlimits = 3", "limits must be a table"),
        ("as_of = 2026-11-22\n[limits]\nmin_exampels = 3", "limits.min_exampels is not known"),
        ("as_of = 2026-11-22\n[limits]\nmin_examples = true", "limits.min_examples must be a whole number"),
        ("as_of = 2026-11-22\n[limits]\nmin_examples = 0", "limits.min_examples must be a whole number"),
        ('as_of = 2026-11-22\n[unsupported]\ntools = "no"', "unsupported.tools must be one of error, warning, hint"),
        ('as_of = 2026-11-22\n[unsupported]\nhats = "error"', "unsupported.hats is not known"),
        ('as_of = 2026-11-22\n[severity]\ninvalid-json = "none"', "severity.invalid-json must be one of error"),
    ],
)
def test_a_broken_file_of_the_user_is_named_in_one_sentence(home: Path, text: str, reason: str) -> None:
    (home / "openai.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        requirements_of("openai")
    assert str(home / "openai.toml") in error.value.title
    assert reason in error.value.title
    assert "\n" not in error.value.sentence
    assert "remove it" in error.value.hint


def test_beside_a_broken_file_the_shipped_one_goes_on(home: Path) -> None:
    (home / "openai.toml").write_text("", encoding="utf-8")
    (home / "nebius.toml").write_text("as_of = 2027-01-01\n", encoding="utf-8")
    assert [requirements.host for requirements in usable_requirements()] == HOSTS
    assert requirements_or_default("openai").min_examples == 10
    assert requirements_or_default("nebius").as_of == date(2027, 1, 1)
    assert requirements_or_default("acme").host == "openai"
    assert check([example(number) for number in range(10)]).findings == ()


def test_a_file_that_is_no_text_is_named(home: Path) -> None:
    (home / "openai.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"openai\.toml"):
        all_requirements()


def test_a_file_that_cannot_be_read_is_named(home: Path) -> None:
    (home / "openai.toml").mkdir()
    with pytest.raises(InputError, match=r"openai\.toml"):
        all_requirements()


@pytest.mark.parametrize(
    ("measure", "severity"),
    [
        (Measure("min_examples", 9), "error"),
        (Measure("min_examples", 10), None),
        (Measure("max_images", 10), None),
        (Measure("max_images", 11), "error"),
        (Measure("max_tools", 1_000), None),  # no limit is known
    ],
)
def test_a_limit_is_broken_beyond_it_only(measure: Measure, severity: str | None) -> None:
    host = Requirements("acme", "Acme", TODAY, (), limits={"min_examples": 10, "max_images": 10})
    assert host.judge("rule", "error", Problem("…", measure=measure)) == severity


def test_a_feature_is_as_grave_as_the_host_says() -> None:
    host = Requirements("acme", "Acme", TODAY, (), unsupported={"images": "error", "name": "hint"})
    features: tuple[Feature, ...] = ("images", "name", "tools")
    found = [host.judge("rule", "warning", Problem("…", feature=feature)) for feature in features]
    assert found == ["error", "hint", None]


def test_a_host_can_take_a_rule_otherwise() -> None:
    host = Requirements("acme", "Acme", TODAY, (), severities={"soft": "hint", "off": "off"})
    assert host.judge("soft", "error", Problem("…", severity="warning")) == "hint"
    assert host.judge("off", "error", Problem("…")) is None
    assert host.judge("other", "error", Problem("…", severity="warning")) == "warning"


def test_what_is_no_problem_cannot_be_made_one() -> None:
    host = Requirements("acme", "Acme", TODAY, (), limits={"max_images": 10}, severities={"image-limit": "error"})
    assert host.judge("image-limit", "error", Problem("…", measure=Measure("max_images", 2))) is None
    assert host.judge("image-limit", "error", Problem("…", feature="images")) is None


def test_one_pass_gives_a_verdict_for_every_host() -> None:
    lines = [example(number) for number in range(5)]
    lines.append(example(5, weight=1))
    lines.append(b'{"messages": [{"role": "user", "content": "?"}], "id": 1}')
    report = check(lines)
    assert report.hosts == {
        "openai": HostVerdict(3, 0),  # an unknown key, no assistant, too few
        "azure": HostVerdict(3, 0),
        "crusoe": HostVerdict(2, 1),  # no least number is known; weights are not documented
        "fireworks": HostVerdict(2, 0),
        "local": HostVerdict(3, 0),
        "nebius": HostVerdict(2, 1),
        "together": HostVerdict(1, 1),
    }
    assert (report.count("error"), report.count("warning")) == report.hosts["openai"]
    document = report.to_json()
    assert next(iter(document["hosts"])) == "openai"
    assert document["hosts"]["together"] == {"errors": 1, "warnings": 1}


def test_findings_are_those_for_the_chosen_host() -> None:
    lines = [example(number) for number in range(5)] + [example(5, weight=1)]
    for host, rules in (("openai", ["too-few-examples"]), ("nebius", ["not-supported"]), ("fireworks", [])):
        report = check(lines, requirements=requirements_of(host))
        assert [finding.rule for finding in report.findings] == rules
        assert next(iter(report.hosts)) == host
        verdict = report.hosts[host]
        assert (report.count("error"), report.count("warning")) == verdict


def test_the_limit_in_a_sentence_is_that_of_the_host() -> None:
    lines = [example(number) for number in range(2)]
    (openai,) = check(lines).findings
    (fireworks,) = check(lines, requirements=requirements_of("fireworks")).findings
    assert openai.message == "The file has 2 examples; at least 10 are needed."
    assert fireworks.message == "The file has 2 examples; at least 3 are needed."


def test_a_brace_in_the_data_is_left_alone() -> None:
    line = b'{"messages": [{"role": "{limit}", "content": "?"}, {"role": "assistant", "content": "!"}]}'
    assert "{limit}" in check([line]).findings[0].message


def test_azure_wants_the_mark_that_others_warn_of() -> None:
    lines = [example(number) for number in range(10)]
    azure = requirements_of("azure")
    assert [finding.rule for finding in check(lines, requirements=azure).findings] == ["byte-order-mark-missing"]
    marked = [b"\xef\xbb\xbf" + lines[0], *lines[1:]]
    assert check(marked, requirements=azure).findings == ()
    assert [finding.rule for finding in check(marked).findings] == ["byte-order-mark"]


def test_what_a_host_takes_beyond_the_format_is_no_problem_for_it() -> None:
    lines = [example(number) for number in range(10)]
    weighted = json.loads(example(10)) | {"weight": 0.5}
    weighted["messages"][1]["reasoning_content"] = "Twice ten."
    lines.append(json.dumps(weighted).encode())
    lines.append(b'{"prompt": "11 + 11?", "completion": "22."}')
    report = check(lines)
    assert report.hosts["openai"] == HostVerdict(2, 1)  # weight, prompt and completion; reasoning_content
    assert report.hosts["together"] == HostVerdict(1, 0)
    assert report.hosts["nebius"] == HostVerdict(1, 1)
    rules = [finding.rule for finding in check(lines, requirements=requirements_of("together")).findings]
    assert rules == ["missing-messages"]
    assert requirements_of("openai").judge("unknown-key", "error", Problem("…", extra="example.other")) == "error"


def test_preference_examples_are_refused_where_only_supervised_training_is_documented() -> None:
    answer = [{"role": "assistant", "content": "Yes."}]
    value = {
        "input": {"messages": [{"role": "user", "content": "Rain?"}]},
        "preferred_output": answer,
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
    }
    report = check([json.dumps(value).encode()])
    errors = {host for host, verdict in report.hosts.items() if verdict.errors}
    assert errors == {"openai", "azure", "local", "fireworks", "crusoe", "nebius"}  # four of them for too few
    assert report.hosts["nebius"].errors == 1
    assert report.hosts["together"] == HostVerdict(0, 0)


def test_a_host_that_cuts_sooner_is_warned_of_though_another_is_chosen() -> None:
    long = b'{"messages": [{"role": "user", "content": "so%s"}, {"role": "assistant", "content": "?"}]}' % (b" on" * 90)
    openai = requirements_of("openai")
    short = replace(openai, limits={**openai.limits, "max_example_tokens": 50}, host="short")
    checker = Checker(requirements=short)
    report = checker.check_lines([long])
    assert ("example-too-long", "warning") in {(finding.rule, finding.severity) for finding in report.findings}
    assert report.hosts["short"].warnings == report.hosts["openai"].warnings + 1


@pytest.mark.parametrize("name", sorted(path.name for path in resources.path("requirements").glob("*.toml")))
def test_a_shipped_file_can_be_copied_as_a_beginning(name: str) -> None:
    text = resources.path(f"requirements/{name}").read_text(encoding="utf-8")
    assert parse_requirements(text, name.removesuffix(".toml")) == requirements_of(name.removesuffix(".toml"))


def test_all_limits_and_features_are_asked_for_by_a_rule() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__).parents[2] / "ftdesk/validation/rules").glob("*.py")
    )
    assert [name for name in get_args(Limit) + get_args(Feature) if f'"{name}"' not in source] == []
