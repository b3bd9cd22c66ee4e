"""How long the check takes at most for one hostile line, and that none is too much for it.

    .venv/bin/python tests/benchmarks/bench_hostile.py [--lines 1000000] [--seed 1]

Mutations of every rule's examples go through the reader, all rules and the token counter. Printed are the slowest
lines; the exit status is 1 if one took more than a second of processor time.
"""

from __future__ import annotations

import argparse
import sys
import time
from heapq import heappush, heappushpop
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mutations import mutated_lines

from ftdesk.validation.checker import Checker, MethodChoice

METHODS: tuple[MethodChoice, ...] = ("supervised", "supervised", "preference", "reinforcement")
MOST_SECONDS = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    checkers = [Checker(method).line_checker for method in METHODS]
    for checker in checkers:
        checker.check_one(2, b'{"messages": [{"role": "user", "content": "loads both vocabularies: \xc5\xbf"}]}')
    slowest: list[tuple[float, bytes]] = []
    findings = 0
    begin = time.process_time()
    for number, line in enumerate(mutated_lines(arguments.lines, arguments.seed)):
        start = time.process_time()
        findings += len(checkers[number % len(checkers)].check_one(2, line).findings)
        entry = (time.process_time() - start, line)
        heappush(slowest, entry) if len(slowest) < 5 else heappushpop(slowest, entry)
    seconds = time.process_time() - begin
    print(f"{arguments.lines:,} lines, {findings:,} findings, {seconds:.0f} s of processor time, nothing uncaught")
    for taken, line in sorted(slowest, reverse=True):
        print(f"{taken * 1000:7.1f} ms for {len(line):,} bytes: {line[:60]!r} … {line[-30:]!r}")
    return int(max(slowest)[0] > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
