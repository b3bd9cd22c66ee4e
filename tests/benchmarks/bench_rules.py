"""What the rules that look into words cost, on texts that hold nothing and on texts full of what they look for.

    .venv/bin/python tests/benchmarks/bench_rules.py [--rounds 5]

Printed is the best round: microseconds for an example of 4 kB that is not suspected, and megabytes a second where all
of the text is looked into.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from ftdesk.validation.indexes import facts_of
from ftdesk.validation.record import Line, read_example, read_line
from ftdesk.validation.rule import TextRule
from ftdesk.validation.rules import RULES

SENTENCES = (
    "the order came on Monday and was sent back because of a wrong size please tell customers that we pay within 14"
    " days or give another one of the same kind, which is what most of them want. Our shop in Berlin opens at 9:30"
)
SPOTS = (
    "jane.doe@acme-mail.com",
    "+49 30 901820-15",
    "4539 1488 0343 6468",
    "DE44 5001 0517 5407 3249 32",
    "ghp_" + "x1Y2" * 9,
    "AKIA" + "Q3EG" * 4,
)


def prose(seed: int, size: int, spots: Sequence[str] = ()) -> str:
    """Text of about ``size`` characters with something from ``spots`` in every fourth place."""
    choose = random.Random(seed)  # noqa: S311
    known = SENTENCES.split()
    words: list[str] = []
    while sum(map(len, words)) + len(words) < size:
        words += choose.choices(known, k=40)
        if spots:
            words.append(choose.choice(spots))
    return " ".join(words)


def line(seed: int) -> Line:
    turns = [("system", "Answer briefly."), ("user", prose(seed, 2000)), ("assistant", prose(1_000_000 + seed, 2000))]
    messages = [{"role": role, "content": text} for role, text in turns]
    return read_line(json.dumps({"messages": messages}).encode())


def best(rounds: int, work: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    # Many different lines: on a single one the processor learns which way each branch goes.
    lines = [line(seed) for seed in range(1, 1001)]
    bare = best(rounds, lambda: [read_line(each.raw) for each in lines]) / len(lines) * 1e6
    print(f"reading a line of {sum(len(each.raw) for each in lines) // len(lines):,} bytes: {bare:.1f} µs\n")
    full = prose(7, 400_000, SPOTS)
    value = {"messages": [{"role": "user", "content": full}, {"role": "assistant", "content": "Yes."}]}
    example = read_example(value, "supervised", "supervised", asked=True)
    print(f"{'rule':<24}{'µs a line':>10}{'suspected':>11}{'MB/s':>9}")
    for rule in RULES:
        if isinstance(rule, TextRule):
            suspects, check = rule.suspects, rule.check
            cost = best(rounds, lambda: [suspects(each) for each in lines]) / len(lines) * 1e6  # noqa: B023
            suspected = sum(suspects(each) for each in lines)
            speed = len(full) / best(rounds, lambda: list(check(example))) / 1e6  # noqa: B023
            print(f"{rule.code:<24}{cost:>10.2f}{suspected:>11}{speed:>9.0f}")
    cost = best(rounds, lambda: [facts_of(each) for each in lines]) / len(lines) * 1e6
    print(f"{'facts for dataset rules':<24}{cost:>10.2f}")


if __name__ == "__main__":
    main()
