"""What a rule says of an example, before a host's requirements decide how grave that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ftdesk.validation.findings import Fix, Severity

Limit = Literal[
    "min_examples",
    "max_file_bytes",
    "max_example_tokens",
    "max_tools",
    "max_images",
    "max_image_bytes",
    "max_image_examples",
]
"""What hosts limit: ``min_examples``, ``max_file_bytes`` and ``max_image_examples`` in a file, ``max_example_tokens``,
``max_tools`` and ``max_images`` in an example, ``max_image_bytes`` in an image."""

Feature = Literal[
    "images",
    "message-weight",
    "name",
    "no-byte-order-mark",
    "parallel-tool-calls",
    "preference",
    "reinforcement",
    "tools",
]
"""What not every host takes."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How much there is of what hosts limit. It is a problem for those only whose limit it breaks."""

    limit: Limit
    amount: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule says of one line. The frame adds the line number, the rule's code and the severity.

    ``severity`` overrides the rule's own, for a case that is less grave than the usual one. With a ``measure`` the
    problem is one for hosts whose limit is broken, and ``{limit}`` in the message becomes that limit; with a
    ``feature``, for hosts that do not take it. ``extra`` names what is no part of OpenAI's format and none for hosts
    that accept it, such as ``example.weight``, a key beside the messages.
    """

    message: str
    path: str | None = None
    column: int | None = None
    severity: Severity | None = None
    fix: Fix | None = None
    measure: Measure | None = None
    feature: Feature | None = None
    extra: str | None = None
