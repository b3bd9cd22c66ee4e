"""Rules about who speaks, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ftdesk.validation.findings import Fix, Method
from ftdesk.validation.record import Example
from ftdesk.validation.rule import Problem, record_rule
from ftdesk.validation.wording import kind_of, quoted

_GOOD = (
    b'{"messages": [{"role": "system", "content": "Answer briefly."},'
    b' {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'
)

_ROLES = frozenset({"system", "user", "assistant", "tool", "function"})
_OTHER_WORDS = {
    "human": "user",
    "customer": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "agent": "assistant",
}


@record_rule(
    "missing-role",
    "error",
    "A message has no role",
    why="The role says who speaks. The host cannot tell how to read a message without one and refuses the file.",
    good=_GOOD,
    bad=b'{"messages": [{"content": "Hi"}, {"role": "user", "content": "Hi"},'
    b' {"role": "assistant", "content": "Hello"}]}\n',
)
def missing_role(example: Example) -> Iterator[Problem]:
    for message in example.messages:
        if message.value.get("role") is None:
            yield Problem("The message has no role.", message.path)


@record_rule(
    "unknown-role",
    "error",
    "A role is not one that the format knows",
    why="Roles are system, user, assistant and tool, in small letters. Hosts refuse a file with any other.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "human", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n',
)
def unknown_role(example: Example) -> Iterator[Problem]:
    for message in example.messages:
        role = message.value.get("role")
        path = f"{message.path}.role"
        if role is None or message.role in _known_roles(example.method):
            continue
        if message.role is None:
            yield Problem(f"The role must be a text, not {kind_of(role)}.", path)
        elif role == "developer":
            yield Problem(
                "The role “developer” is documented for reinforcement only; here it is “system”.",
                path,
                severity="warning",
                fix="correct-role",
            )
        else:
            likely = likely_role(message.role)
            advice = f"; “{likely}” is probably meant" if likely else "; use system, user, assistant or tool"
            yield Problem(
                f"The role {quoted(message.role)} is unknown{advice}.", path, fix="correct-role" if likely else None
            )


def _lacks(example: Example, role: str) -> bool:
    """Whether nobody speaks in ``role``.

    With a role that nobody knows that cannot be said, and it has its own finding.
    """
    roles = {message.role for message in example.prompt.messages}
    return bool(roles) and role not in roles and roles <= _known_roles("reinforcement")


def _known_roles(method: Method) -> frozenset[str]:
    return _ROLES | {"developer"} if method == "reinforcement" else _ROLES


@lru_cache(maxsize=256)
def likely_role(role: str) -> str | None:
    """The role that was probably meant."""
    from difflib import get_close_matches

    word = role[:40].strip().lower()
    return _OTHER_WORDS.get(word) or next(iter(get_close_matches(word, sorted(_ROLES), n=1, cutoff=0.75)), None)


@record_rule(
    "no-assistant",
    "error",
    "There is no assistant message",
    why="Supervised training learns the assistant's words. Without any there is nothing to learn, and hosts refuse "
    "the file.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": "Hi"}]}\n',
)
def no_assistant(example: Example) -> Iterator[Problem]:
    if example.method == "supervised" and _lacks(example, "assistant"):
        yield Problem("The example has no assistant message, so there is nothing to learn.", example.prompt.path)


@record_rule(
    "last-not-assistant",
    "warning",
    "The last message is not the assistant's",
    why="Nothing after the last assistant message is learned; often the answer is missing.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"},'
    b' {"role": "user", "content": "How are you?"}]}\n',
)
def last_not_assistant(example: Example) -> Iterator[Problem]:
    messages = example.prompt.messages
    answered = any(message.role == "assistant" for message in messages)
    if (
        example.method == "supervised"
        and answered
        and messages[-1].role in _known_roles("reinforcement") - {"assistant"}
    ):
        yield Problem(
            "The last message is not the assistant's, so it is not learned from.",
            messages[-1].path,
            fix="remove-message",
        )


@record_rule(
    "no-user",
    "hint",
    "There is no user message",
    why="A model is asked by users later. An example in which nobody asks rarely teaches what is wanted.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "system", "content": "Answer briefly."},'
    b' {"role": "assistant", "content": "Hello"}]}\n',
)
def no_user(example: Example) -> Iterator[Problem]:
    if _lacks(example, "user"):
        yield Problem("The example has no user message.", example.prompt.path)


@record_rule(
    "system-not-first",
    "hint",
    "A system message is not the first message",
    why="Instructions belong at the start. Many chat templates take one system message, first, and fail or drop any "
    "other.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Answer briefly."},'
    b' {"role": "assistant", "content": "Hello"}]}\n',
)
def system_not_first(example: Example) -> Iterator[Problem]:
    fix: Fix | None = "move-system-first"
    for position, message in enumerate(example.prompt.messages):
        if message.role in {"system", "developer"}:
            if position:
                yield Problem(f"The {message.role} message is not the first message.", message.path, fix=fix)
            fix = None  # of several, which comes first is for a person to say
