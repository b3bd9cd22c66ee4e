"""Every rule by its own examples, and the frame that holds the rules."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from dataclasses import replace
from pathlib import Path

import pytest

import ftdesk.validation.rules as rules_package
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Finding
from ftdesk.validation.leaks import number_of, question_of
from ftdesk.validation.problem import Limit
from ftdesk.validation.requirements import Requirements, requirements_of
from ftdesk.validation.rule import Against, DatasetRule, LikenessRule, Rule, TokenRule
from ftdesk.validation.rules import RULES

REQUIRED = {
    "invalid-json", "invalid-utf8", "not-an-object", "blank-line", "duplicate-key", "byte-order-mark",
    "missing-messages", "empty-messages", "message-not-object", "missing-role", "unknown-role", "missing-content",
    "empty-content", "content-not-text", "no-assistant", "last-not-assistant", "no-user", "system-not-first",
    "invalid-weight", "nothing-trained", "unknown-key", "tool-call-unanswered", "tool-answer-unpaired",
    "tool-unknown", "tool-arguments-not-json", "tool-arguments-schema", "tool-arguments-double-encoded",
    "tool-schema-invalid", "image-limit", "image-too-large", "image-format", "special-token-text",
    "hidden-characters", "example-too-long", "too-few-examples", "file-too-large", "mixed-methods", "method-mismatch",
    "preference-missing-output", "preference-output-count", "preference-output-role", "preference-identical",
    "reinforcement-no-reference", "duplicate-example", "near-duplicate-example", "contradicting-examples",
    "leaked-into-test", "system-prompt-varies", "secret-in-text", "personal-data",
}  # fmt: skip


def modules() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(rules_package.__path__)]


# What a host would have to take for the bad example to be too much; the real limits are too large for an example.
LIMITS: dict[str, tuple[Limit, int]] = {
    "file-too-large": ("max_file_bytes", 500),
    "image-too-large": ("max_image_bytes", 50),
    "too-many-images": ("max_image_examples", 0),
}


def requirements_for(rule: Rule, content: bytes) -> Requirements:
    requirements = requirements_of(rule.host or "openai")
    if rule.code in LIMITS and content == rule.bad:
        name, limit = LIMITS[rule.code]
        return replace(requirements, limits={**requirements.limits, name: limit})
    return requirements


def against(rule: Rule, content: bytes) -> Against:
    if rule.code != "leaked-into-test" or content != rule.bad:
        return Against()
    question = question_of(content.partition(b"\n")[0])
    assert question is not None
    return Against("test.jsonl", {number_of(question): 1})


def findings_of(rule: Rule, content: bytes) -> list[Finding]:
    """What all rules say of the content of a file; that it is short only where the rule is about several lines."""
    checker = Checker(
        rule.method or "auto",
        requirements=requirements_for(rule, content),
        count_tokens=isinstance(rule, TokenRule),
        against=against(rule, content),
    )
    report = checker.check_lines(content.removesuffix(b"\n").split(b"\n"))
    return [
        finding
        for finding in report.findings
        if isinstance(rule, DatasetRule | LikenessRule) or finding.rule != "too-few-examples"
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_finds_its_bad_example(rule: Rule) -> None:
    assert rule.code in {finding.rule for finding in findings_of(rule, rule.bad)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_no_rule_finds_anything_in_a_good_example(rule: Rule) -> None:
    assert findings_of(rule, rule.good) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_reports_its_bad_example_with_its_own_severity(rule: Rule) -> None:
    severities = {finding.severity for finding in findings_of(rule, rule.bad) if finding.rule == rule.code}
    assert severities == {rule.severity}


def test_codes_are_unique_kebab_case_and_hold_all_that_are_promised() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)
    assert set(codes) >= REQUIRED


def test_every_rule_that_is_written_is_in_the_tuple() -> None:
    written = {
        value.code
        for name in modules()
        for value in vars(importlib.import_module(f"{rules_package.__name__}.{name}")).values()
        if isinstance(value, Rule)
    }
    assert written == {rule.code for rule in RULES}


def test_a_rule_is_named_after_its_code() -> None:
    named = {
        name.replace("_", "-"): value.code
        for module in modules()
        for name, value in vars(importlib.import_module(f"{rules_package.__name__}.{module}")).items()
        if isinstance(value, Rule)
    }
    assert all(name == code for name, code in named.items())


@pytest.mark.parametrize("name", modules())
def test_rules_do_not_import_rules(name: str) -> None:
    source = Path(rules_package.__path__[0], f"{name}.py").read_text(encoding="utf-8")
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module}
    assert not any(module.startswith(rules_package.__name__) for module in imported)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_titles_are_plain_and_reasons_are_sentences(rule: Rule) -> None:
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert len(rule.title) <= 60
    assert rule.why.endswith(".")
    assert "  " not in rule.why


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_messages_are_one_sentence_on_one_line(rule: Rule) -> None:
    for finding in findings_of(rule, rule.bad):
        assert finding.message.endswith(".")
        assert "\n" not in finding.message
        assert finding.message[0].isupper() or finding.message.startswith("“")
