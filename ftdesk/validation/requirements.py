"""What hosts ask of a training file. Figures as their documentation gives them; ``None`` where none is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ftdesk.errors import InputError


@dataclass(frozen=True, slots=True)
class Requirements:
    """``example_tokens`` maps the beginning of a model's name to the length at which its examples are cut.

    ``any_model_tokens`` holds when no model is named.
    """

    host: str
    min_examples: int
    any_model_tokens: int | None = None
    example_tokens: Mapping[str, int] = field(default_factory=dict)

    def token_limit(self, model: str | None) -> int | None:
        """At how many tokens an example for ``model`` is cut, or ``None`` if that is not known."""
        if model is None:
            return self.any_model_tokens
        name = base_model(model)
        prefixes = sorted(self.example_tokens, key=len, reverse=True)
        return next((self.example_tokens[prefix] for prefix in prefixes if name.startswith(prefix)), None)


# OpenAI: ten lines at least (supervised fine-tuning guide); 65,536 tokens an example for every model that can still be
# tuned, 16,385 for gpt-3.5-turbo-0125 (fine-tuning best practices). Longer examples lose their end without a word.
OPENAI = Requirements(
    "openai",
    min_examples=10,
    any_model_tokens=65_536,
    example_tokens={"gpt-4.1": 65_536, "gpt-4o": 65_536, "gpt-3.5-turbo": 16_385},
)

# The built-in host keeps to OpenAI's format and minimum. Its models count in tokens of their own.
LOCAL = Requirements("local", min_examples=10)

REQUIREMENTS: tuple[Requirements, ...] = (OPENAI, LOCAL)


def requirements_of(host: str) -> Requirements:
    """Raises ``InputError`` for a host whose requirements are not known."""
    for requirements in REQUIREMENTS:
        if requirements.host == host:
            return requirements
    known = ", ".join(requirements.host for requirements in REQUIREMENTS)
    raise InputError(f"What the host “{host}” asks of a training file is not known.", hint=f"Known hosts: {known}.")


def base_model(model: str) -> str:
    """The model below a fine-tuned one: ``ft:gpt-4.1-mini-2025-04-14:org:name:id`` is a ``gpt-4.1-mini-2025-04-14``."""
    return model.removeprefix("ft:").partition(":")[0].lower()
