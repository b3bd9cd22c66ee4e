"""Rules about preference examples: a prompt and two answers, one of them preferred."""

from __future__ import annotations

from collections.abc import Iterator

from ftdesk.validation.record import ABSENT, Example
from ftdesk.validation.rule import Problem, record_rule
from ftdesk.validation.wording import counted, kind_of

_GOOD = (
    b'{"input": {"messages": [{"role": "user", "content": "Hi"}]},'
    b' "preferred_output": [{"role": "assistant", "content": "Hello"}],'
    b' "non_preferred_output": [{"role": "assistant", "content": "What?"}]}\n'
)


@record_rule(
    "preference-missing-output",
    "error",
    "An answer of a preference example is missing",
    why="Preference training compares two answers to one prompt. Without both, the host refuses the file.",
    good=_GOOD,
    bad=b'{"input": {"messages": [{"role": "user", "content": "Hi"}]},'
    b' "preferred_output": [{"role": "assistant", "content": "Hello"}]}\n',
)
def preference_missing_output(example: Example) -> Iterator[Problem]:
    for output in example.outputs:
        if output.value is ABSENT or output.value is None:
            yield Problem(f"The example has no “{output.path}”.", output.path)


@record_rule(
    "preference-output-count",
    "error",
    "An answer is not exactly one message",
    why="Only the last turn is compared, so each answer is a list of exactly one message.",
    good=_GOOD,
    bad=_GOOD.replace(b'[{"role": "assistant", "content": "What?"}]', b"[]"),
)
def preference_output_count(example: Example) -> Iterator[Problem]:
    for output in example.outputs:
        if output.value is ABSENT or output.value is None:
            continue
        if not isinstance(output.value, list):
            yield Problem(f"“{output.path}” must be a list of one message, not {kind_of(output.value)}.", output.path)
        elif len(output.value) != 1:
            yield Problem(
                f"“{output.path}” must hold exactly one message, not {counted(len(output.value), 'message')}.",
                output.path,
            )


@record_rule(
    "preference-output-role",
    "error",
    "An answer is not the assistant's",
    why="Both answers are what the assistant could have said, so their role is assistant.",
    good=_GOOD,
    bad=_GOOD.replace(b'"assistant", "content": "What?"', b'"user", "content": "What?"'),
)
def preference_output_role(example: Example) -> Iterator[Problem]:
    for output in example.outputs:
        for message in output.messages:
            if message.role is not None and message.role != "assistant":
                yield Problem("An answer must have the role “assistant”.", f"{message.path}.role")


@record_rule(
    "preference-identical",
    "warning",
    "Both answers are the same",
    why="Where both answers are equal there is no preference to learn.",
    good=_GOOD,
    bad=_GOOD.replace(b"What?", b"Hello"),
)
def preference_identical(example: Example) -> Iterator[Problem]:
    values = [output.value for output in example.outputs]
    if values and isinstance(values[0], list) and values[0] and values[0] == values[1]:
        yield Problem("The preferred and the other answer are the same.", example.outputs[1].path, fix="remove-example")
