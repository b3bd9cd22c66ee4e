"""Rules about the length of an example in tokens."""

from __future__ import annotations

from collections.abc import Iterator

from ftdesk.validation.problem import Measure
from ftdesk.validation.rule import Problem, token_rule
from ftdesk.validation.tokens import ExampleTokens

_GOOD = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'


@token_rule(
    "example-too-long",
    "warning",
    "An example is longer than the model takes",
    why="The host cuts an example at the model's limit and says nothing: the end, mostly the answer, is never learned.",
    good=_GOOD,
    bad=_GOOD.replace(b"Hi", b"so" + b" on and" * 33_000),
)
def example_too_long(tokens: ExampleTokens) -> Iterator[Problem]:
    yield Problem(
        f"The example has {tokens.longest:,} tokens; the model takes {{limit}}, and the rest is cut off.",
        measure=Measure("max_example_tokens", tokens.longest),
    )
