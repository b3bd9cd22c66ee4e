"""What the practice model is taught before anybody fine-tunes it. A task draws one conversation from a ``Wording``."""

from __future__ import annotations

from typing import NamedTuple


class Turn(NamedTuple):
    """One message of a corpus conversation, in the roles of the chat template."""

    role: str
    text: str


Conversation = list[Turn]


def conversation(system: str, user: str, assistant: str) -> Conversation:
    """The usual shape. An empty system prompt is left out."""
    turns = [Turn("user", user), Turn("assistant", assistant)]
    return [Turn("system", system), *turns] if system else turns
