"""The corpus of the practice model: an endless, seeded stream of conversations drawn from tasks and word lists.

Everything is written for this model: no text of a data set, a benchmark or a sample file is in it. Run as a program it
prints some conversations.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator

from lexicon import load
from tasks import Conversation, Turn, copying, meaning, talking
from wording import Wording

TASKS: tuple[tuple[float, Callable[[Wording], Conversation]], ...] = (
    (5, copying.read_field),
    (6, copying.fields_to_json),
    (7, copying.sentence_to_json),
    (3, copying.repeat),
    (2, copying.make_list),
    (3, copying.fill_template),
    (5, copying.follow_pattern),
    (3, copying.call_tool),
    (14, meaning.name_kind),
    (9, meaning.say_synonym),
    (4, meaning.compare_meaning),
    (22, meaning.name_condition),
    (5, meaning.name_two_conditions),
    (12, meaning.look_up_code),
    (5, meaning.learn_from_examples),
    (6, meaning.choose_label),
    (11, meaning.read_ticket),
    (3, meaning.read_intent),
    (4, talking.chat),
    (4, talking.fact),
    (4, talking.formal),
    (12, talking.unknown),
    (1, talking.short_input),
)
LONG_SHARE = 0.01


def conversations(seed: int) -> Iterator[Conversation]:
    """Draw conversations for ever. Every hundredth is long, so that far positions are met before fine-tuning."""
    wording = Wording(load(), random.Random(seed))  # noqa: S311 - words for a corpus, no secret
    weights, tasks = zip(*TASKS, strict=True)
    rng = wording.rng
    while True:
        if rng.random() < LONG_SHARE:
            parts = [rng.choices(tasks, weights)[0](wording) for _ in range(rng.randint(4, 12))]
            yield [turn for i, part in enumerate(parts) for turn in (part if i == 0 else _without_system(part))]
        else:
            yield rng.choices(tasks, weights)[0](wording)


def _without_system(turns: Conversation) -> Conversation:
    """Later parts of a long conversation put their instruction into the user's message."""
    if turns[0].role != "system":
        return turns
    return [Turn("user", f"{turns[0].text}\n{turns[1].text}"), *turns[2:]]


if __name__ == "__main__":
    stream = conversations(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for _ in range(40):
        print("\n".join(f"{role:>9}: {text}" for role, text in next(stream)), end="\n\n")
