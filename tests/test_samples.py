"""The sample datasets: clean files, no duplicates, and every answer that a program can check is right."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from itertools import combinations, pairwise
from typing import Any, TypeAlias

import pytest

from ftdesk import resources

SIZES = {"medical-coder": 160, "support-tickets": 160, "tool-calling": 60}
TRAINED = tuple(SIZES)
HELD_OUT = ("medical-coder", "support-tickets")

# Long descriptions as in the official FY2025 list of valid (billable) codes; FY2026 and FY2027 changed none of them.
OFFICIAL = {
    "D50.9": "Iron deficiency anemia, unspecified",
    "E03.9": "Hypothyroidism, unspecified",
    "E11.22": "Type 2 diabetes mellitus with diabetic chronic kidney disease",
    "E11.9": "Type 2 diabetes mellitus without complications",
    "E78.5": "Hyperlipidemia, unspecified",
    "F41.1": "Generalized anxiety disorder",
    "G43.909": "Migraine, unspecified, not intractable, without status migrainosus",
    "I10": "Essential (primary) hypertension",
    "I11.0": "Hypertensive heart disease with heart failure",
    "I12.9": "Hypertensive chronic kidney disease with stage 1 through stage 4 chronic kidney disease, "
    "or unspecified chronic kidney disease",
    "I25.10": "Atherosclerotic heart disease of native coronary artery without angina pectoris",
    "I48.91": "Unspecified atrial fibrillation",
    "I50.22": "Chronic systolic (congestive) heart failure",
    "I50.9": "Heart failure, unspecified",
    "J02.0": "Streptococcal pharyngitis",
    "J06.9": "Acute upper respiratory infection, unspecified",
    "J18.9": "Pneumonia, unspecified organism",
    "J20.9": "Acute bronchitis, unspecified",
    "J44.1": "Chronic obstructive pulmonary disease with (acute) exacerbation",
    "J44.9": "Chronic obstructive pulmonary disease, unspecified",
    "J45.901": "Unspecified asthma with (acute) exacerbation",
    "J45.909": "Unspecified asthma, uncomplicated",
    "K21.9": "Gastro-esophageal reflux disease without esophagitis",
    "K35.80": "Unspecified acute appendicitis",
    "M17.11": "Unilateral primary osteoarthritis, right knee",
    "M17.12": "Unilateral primary osteoarthritis, left knee",
    "M54.50": "Low back pain, unspecified",
    "N18.30": "Chronic kidney disease, stage 3 unspecified",
    "N18.31": "Chronic kidney disease, stage 3a",
    "N18.32": "Chronic kidney disease, stage 3b",
    "N20.0": "Calculus of kidney",
    "N39.0": "Urinary tract infection, site not specified",
}
# The tabular list asks for a second code after these, so they never stand alone.
FOLLOWED_BY = {"E11.22": "N18.3", "I11.0": "I50.", "I12.9": "N18.3"}
# A disease that is presumed to cause the other one has a combination code instead of these pairs.
NEVER_TOGETHER = (("I10", "I50."), ("I10", "N18."), ("E11.9", "N18."))

TICKET_VALUES = {
    "category": {"billing", "shipping", "refund", "defect", "account"},
    "priority": {"low", "normal", "high"},
}
PRIORITY_WORDS = {
    "high": r"\burgent(ly)?\b|\basap\b|\bas soon as possible\b|\bimmediately\b|\bright away\b|\btoday\b|\bemergency\b",
    "low": r"\bno rush\b|\bno hurry\b|\btake your time\b|\bcan wait\b|\bwhenever you have time\b"
    r"|\bwhen you get a chance\b|\blow priority\b",
}

Example: TypeAlias = dict[str, Any]


def text_of(name: str) -> str:
    return (resources.path("samples") / f"{name}.jsonl").read_bytes().decode("utf-8")


def object_without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), f"repeated key in {pairs}"
    return dict(pairs)


@cache
def examples(name: str) -> tuple[Example, ...]:
    return tuple(
        json.loads(line, object_pairs_hook=object_without_repeated_keys) for line in text_of(name).splitlines()
    )


def prompt(example: Example) -> str:
    return "\n".join(message["content"] for message in example["messages"] if message["role"] == "user")


def answer(example: Example) -> str:
    content: str = example["messages"][-1]["content"]
    return content


def words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+", text.casefold()))


def wording(name: str, example: Example) -> tuple[str, ...]:
    """The words of the prompt; a ticket without what is filled in, so that two tickets cannot differ in that alone."""
    text = prompt(example)
    if name == "support-tickets":
        label = json.loads(answer(example))
        text = text.replace(label["product"], "").replace(label["order_id"], "")
    return words(text)


def overlap(one: Iterable[str], other: Iterable[str]) -> float:
    """Share of the words of both prompts that they have in common, 0 to 1."""
    return len(set(one) & set(other)) / len(set(one) | set(other))


def coded(example: Example) -> list[tuple[str, str]]:
    """Code and description of each line of a medical answer."""
    lines = [line.partition(": ") for line in answer(example).split("\n")]
    return [(code, description) for code, _, description in lines]


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRAINED)
def test_file_has_one_plainly_written_example_a_line(name: str) -> None:
    text = text_of(name)
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert text.endswith("}\n")
    assert text == "".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples(name))


@pytest.mark.parametrize("name", TRAINED)
def test_file_has_the_promised_number_of_examples(name: str) -> None:
    assert len(examples(name)) == SIZES[name]
    assert f"| `{name}.jsonl` | {SIZES[name]} |" in (resources.path("samples") / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", TRAINED)
def test_no_prompt_is_asked_twice(name: str) -> None:
    repeated = [text for text, count in Counter(wording(name, e) for e in examples(name)).items() if count > 1]
    assert repeated == []


@pytest.mark.parametrize("name", HELD_OUT)
def test_no_two_prompts_are_nearly_the_same(name: str) -> None:
    closest = max(combinations((wording(name, e) for e in examples(name)), 2), key=lambda pair: overlap(*pair))
    assert overlap(*closest) < 0.6, closest


@pytest.mark.parametrize("name", HELD_OUT)
def test_single_turn_example_is_system_user_assistant(name: str) -> None:
    for example in examples(name):
        assert list(example) == ["messages"]
        assert [message["role"] for message in example["messages"]] == ["system", "user", "assistant"]
        assert all(list(message) == ["role", "content"] for message in example["messages"])
        assert all(message["content"].strip() == message["content"] != "" for message in example["messages"])
    assert len({example["messages"][0]["content"] for example in examples(name)}) == 1


# --- medical coder ---------------------------------------------------------------------------------------------------


def test_every_code_has_the_syntax_and_the_official_description() -> None:
    found = {line for example in examples("medical-coder") for line in coded(example)}
    assert found == set(OFFICIAL.items())
    assert all(re.fullmatch(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", code) for code, _ in found)


def test_every_code_is_practised_and_stands_alone_unless_a_second_one_must_follow() -> None:
    answers = [[code for code, _ in coded(example)] for example in examples("medical-coder")]
    alone = Counter(codes[0] for codes in answers if len(codes) == 1)
    assert set(alone) == set(OFFICIAL) - set(FOLLOWED_BY)
    assert all(4 <= count <= 6 for count in alone.values())
    pairs = [codes for codes in answers if len(codes) > 1]
    assert len(pairs) == 22
    assert all(len(codes) == len(set(codes)) == 2 for codes in pairs)


def test_coding_conventions_hold_in_every_answer() -> None:
    for example in examples("medical-coder"):
        codes = [code for code, _ in coded(example)]
        for code, required in FOLLOWED_BY.items():
            if code in codes:
                assert codes[0] == code, example
                assert codes[1].startswith(required), example
        for one, other in NEVER_TOGETHER:
            assert not (one in codes and any(code.startswith(other) for code in codes)), example


@pytest.mark.parametrize(
    ("code", "evidence"),
    [
        ("M17.11", r"\b(right|r)\b"),
        ("M17.12", r"\b(left|l)\b"),
        ("N18.31", r"\b3a\b"),
        ("N18.32", r"\b3b\b"),
        ("I50.22", r"\bchronic\b.*(\bsystolic\b|\bhfref\b|\breduced ejection fraction\b)"),
        ("J44.1", r"\bexacerbation\b|\baecopd\b|\bdecompensated\b"),
        ("J45.901", r"\bexacerbation\b"),
    ],
)
def test_specific_code_is_supported_by_the_text(code: str, evidence: str) -> None:
    prompts = [prompt(e) for e in examples("medical-coder") if code in dict(coded(e))]
    assert prompts
    assert [text for text in prompts if not re.search(evidence, text.casefold())] == []


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("Patient presents with acute bronchitis.", ["J20.9"]),
        ("Patient has type 2 diabetes with chronic kidney disease stage 3.", ["E11.22", "N18.30"]),
        ("Patient has essential hypertension and hyperlipidemia.", ["I10", "E78.5"]),
    ],
)
def test_the_introductory_examples_are_there(asked: str, codes: list[str]) -> None:
    assert [[code for code, _ in coded(e)] for e in examples("medical-coder") if prompt(e) == asked] == [codes]


def test_the_first_examples_already_show_every_medical_answer() -> None:
    answers = [answer(example) for example in examples("medical-coder")]
    distinct = len(set(answers))
    assert len(set(answers[:distinct])) == distinct


# --- support tickets -------------------------------------------------------------------------------------------------


def test_ticket_answer_is_json_that_the_ticket_supports() -> None:
    for example in examples("support-tickets"):
        label = json.loads(answer(example))
        assert list(label) == ["category", "priority", "product", "order_id"]
        assert all(label[field] in values for field, values in TICKET_VALUES.items()), label
        assert re.fullmatch(r"[A-Z][0-9]{5}", label["order_id"])
        assert prompt(example).count(label["order_id"]) == 1
        assert label["product"] in prompt(example)


def test_the_documented_words_decide_the_priority() -> None:
    for example in examples("support-tickets"):
        said = {level for level, pattern in PRIORITY_WORDS.items() if re.search(pattern, prompt(example).casefold())}
        priority = json.loads(answer(example))["priority"]
        assert said == ({priority} - {"normal"}), prompt(example)


def test_tickets_are_balanced_and_order_numbers_never_repeat() -> None:
    labels = [json.loads(answer(example)) for example in examples("support-tickets")]
    assert set(Counter(label["category"] for label in labels).values()) == {32}
    assert set(Counter(label["priority"] for label in labels).values()) == {53, 54}
    products = Counter(label["product"] for label in labels)
    assert len(products) == 12
    assert min(products.values()) >= 12
    assert max(products.values()) <= 15
    assert len({label["order_id"] for label in labels}) == len(labels)
    assert len({(label["category"], label["priority"]) for label in labels[:15]}) == 15


# --- tool calling ----------------------------------------------------------------------------------------------------

KINDS: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}
KEYWORDS: dict[str, Callable[[Any, Any], bool]] = {
    "enum": lambda value, allowed: value in allowed,
    "pattern": lambda value, pattern: re.search(pattern, value) is not None,
    "minimum": lambda value, least: value >= least,
    "maximum": lambda value, most: value <= most,
    "required": lambda value, keys: set(keys) <= set(value),
    "properties": lambda value, schemas: set(value) <= set(schemas),  # stricter than the standard: no unknown argument
}


def violations(value: Any, schema: dict[str, Any], where: str = "arguments") -> list[str]:
    """What in ``value`` breaks ``schema``. Raises ``AssertionError`` on a keyword it does not know."""
    assert set(schema) <= {"type", "description", "items", *KEYWORDS}, f"{where}: unknown keyword in {schema}"
    kind = schema["type"]
    if not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{where}: not of type {kind}"]
    found = [
        f"{where}: {key} {schema[key]}"
        for key, holds in KEYWORDS.items()
        if key in schema and not holds(value, schema[key])
    ]
    if kind == "array":
        parts = [(f"{where}[]", item, schema["items"]) for item in value]
    elif kind == "object":
        parts = [
            (f"{where}.{key}", value[key], schema["properties"][key]) for key in value if key in schema["properties"]
        ]
    else:
        parts = []
    return found + [error for place, part, rule in parts for error in violations(part, rule, place)]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"room": "cellar", "celsius": 20},
        {"room": "office", "celsius": "20"},
        {"room": "office", "celsius": True},
        {"room": "office", "celsius": 31},
        {"room": "office", "celsius": 4.5},
        {"room": "office", "celsius": 20, "fan": "on"},
    ],
)
def test_arguments_that_break_a_schema_are_noticed(wrong: dict[str, Any]) -> None:
    offered = [tool["function"] for example in examples("tool-calling") for tool in example["tools"]]
    thermostat = next(function for function in offered if function["name"] == "set_thermostat")
    assert violations({"room": "office", "celsius": 20.5}, thermostat["parameters"]) == []
    assert violations(wrong, thermostat["parameters"]) != []


def test_tool_example_offers_two_to_four_described_functions() -> None:
    for example in examples("tool-calling"):
        assert list(example) == ["messages", "tools"]
        functions = [tool["function"] for tool in example["tools"]]
        assert all(tool["type"] == "function" for tool in example["tools"])
        assert 2 <= len({function["name"] for function in functions}) == len(functions) <= 4
        for function in functions:
            assert list(function) == ["name", "description", "parameters"]
            assert function["parameters"]["type"] == "object"
            assert set(function["parameters"]["required"]) <= set(function["parameters"]["properties"])


def test_arguments_of_every_call_fit_the_offered_schema() -> None:
    for example in examples("tool-calling"):
        schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in example["tools"]}
        for message in example["messages"]:
            for call in message.get("tool_calls", ()):
                function = call["function"]
                assert violations(json.loads(function["arguments"]), schemas[function["name"]]) == [], call


def test_every_call_is_answered_in_order_and_the_assistant_has_the_last_word() -> None:
    seen: list[str] = []
    for example in examples("tool-calling"):
        open_calls: list[str] = []
        messages = example["messages"]
        for message in messages:
            if message["role"] == "tool":
                assert message["tool_call_id"] == open_calls.pop(0)
                assert isinstance(json.loads(message["content"]), dict)
                continue
            assert open_calls == [], "a call is not answered"
            open_calls = [call["id"] for call in message.get("tool_calls", ())]
            seen += open_calls
            assert bool(open_calls) != bool(message.get("content"))
            assert message["role"] == "assistant" or not open_calls
        roles = [message["role"] for message in messages]
        assert roles[:2] == ["system", "user"]
        assert not any(pair == ("user", "user") for pair in pairwise(roles))
        assert roles[-1] == "assistant"
        assert messages[-1]["content"].strip()
    assert len(seen) == len(set(seen))


def test_tool_examples_cover_none_one_several_and_parallel_calls() -> None:
    turns = [
        [len(message["tool_calls"]) for message in example["messages"] if "tool_calls" in message]
        for example in examples("tool-calling")
    ]
    assert sum(calls == [] for calls in turns) == 9
    assert sum(any(count > 1 for count in calls) for calls in turns) == 9
    assert sum(len(calls) > 1 for calls in turns) == 9


# --- held out --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HELD_OUT)
def test_held_out_file_shares_no_prompt_with_training_and_asks_only_for_what_was_taught(name: str) -> None:
    if not (resources.path("samples") / f"{name}.test.jsonl").exists():
        pytest.skip("no held-out file")
    taught, held_out = examples(name), examples(f"{name}.test")
    assert {words(prompt(e)) for e in taught}.isdisjoint(words(prompt(e)) for e in held_out)
    assert max(overlap(wording(name, e), wording(name, t)) for e in held_out for t in taught) < 0.8
    assert len({wording(name, e) for e in held_out}) == len(held_out)
    assert {e["messages"][0]["content"] for e in held_out} == {taught[0]["messages"][0]["content"]}
    if name == "medical-coder":
        assert {line for e in held_out for line in coded(e)} <= {line for e in taught for line in coded(e)}
        return
    known, asked = ([json.loads(answer(e)) for e in file] for file in (taught, held_out))
    for field in ("category", "priority", "product"):
        assert {label[field] for label in asked} <= {label[field] for label in known}
    assert {label["order_id"] for label in asked}.isdisjoint(label["order_id"] for label in known)
