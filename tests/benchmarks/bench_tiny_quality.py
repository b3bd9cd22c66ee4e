"""How well the practice model learns a sample: CPU seconds, loss, exact match of base and tuned model.

    .venv/bin/python tests/benchmarks/bench_tiny_quality.py [TRAIN.jsonl TEST.jsonl]… [--seed 1] [--set n_epochs=9]

Base and tuned model answer the same held-out prompts greedily in the same run. Without files: the samples that ship.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # read when numpy is loaded; more threads only fight over small matrices

from ftdesk.engine.trainers.protocol import Answer, ChatModel, SamplingOptions, TrainingData
from ftdesk.engine.trainers.tiny import TinyTrainer
from ftdesk.evaluation.statistics import wilson_interval

SAMPLES = Path(__file__).parents[2] / "resources/samples"
DEFAULTS = ("medical-coder", "support-tickets")
Line = dict[str, Any]


def read_lines(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def exact_matches(model: ChatModel, test: Sequence[Line], misses: int) -> int:
    """How many last answers are reproduced, white space at the ends aside; prints some that are not."""
    correct = 0
    for line in test:
        *prompt, expected = line["messages"]
        answer = "".join(model.stream(prompt, SamplingOptions(temperature=0, max_tokens=200), Answer())).strip()
        correct += answer == expected["content"].strip()
        if answer != expected["content"].strip() and misses > 0:
            misses -= 1
            print(f"    {prompt[-1]['content']!r}\n      gave {answer!r}\n      not  {expected['content']!r}")
    return correct


def report(name: str, correct: int, total: int, seconds: float) -> None:
    low, high = wilson_interval(correct, total)
    print(
        f"  {name:5} {correct}/{total} = {correct / total:.2f} [{low:.2f}, {high:.2f}], {seconds:.1f} CPU s to answer"
    )


def measure(train: Path, test_file: Path, seed: int, hyperparameters: dict[str, Any], misses: int) -> None:
    training, test = read_lines(train), read_lines(test_file)
    trainer = TinyTrainer()
    plan = trainer.plan("supervised", hyperparameters, len(training))
    started = time.process_time()
    run = trainer.start(trainer.base_weights("tiny"), TrainingData(training, []), plan, seed)
    while run.step < run.total_steps:
        metrics = run.advance()
        if run.step % run.steps_per_epoch == 0 and run.step // run.steps_per_epoch in {1, 2, 4, 8, 16, plan.n_epochs}:
            print(f"  epoch {run.step // run.steps_per_epoch}: training loss {metrics.train_loss:.3f}")
    seconds = time.process_time() - started
    with tempfile.TemporaryDirectory() as folder:
        tuned = Path(folder) / "tuned.npz"
        run.export(tuned)
        print(
            f"{train.name}: {len(training)} examples, {plan.n_epochs} epochs, {run.total_steps} steps, "
            f"{seconds:.1f} CPU s"
        )
        print(f"  {1000 * seconds / run.total_steps:.0f} ms a step, tuned file {tuned.stat().st_size / 1e6:.1f} MB")
        for name, weights in (("base", trainer.base_weights("tiny")), ("tuned", tuned)):
            begun = time.process_time()
            correct = exact_matches(trainer.load(weights), test, misses if name == "tuned" else 0)
            report(name, correct, len(test), time.process_time() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="pairs of a training and a held-out file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="a hyperparameter")
    parser.add_argument("--misses", type=int, default=3, help="wrong answers to print")
    options = parser.parse_args()
    files = options.files or [SAMPLES / f"{name}{end}" for name in DEFAULTS for end in (".jsonl", ".test.jsonl")]
    hyperparameters = {name: json.loads(value) for name, value in (text.split("=", 1) for text in options.set)}
    for train, test in zip(files[::2], files[1::2], strict=True):
        measure(train, test, options.seed, hyperparameters, options.misses)


if __name__ == "__main__":
    main()
