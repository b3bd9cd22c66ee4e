"""A re-check finds what a check finds, and does not do its work again."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftdesk.validation import line_checker, parallel
from ftdesk.validation.cache import CheckCache, part_key
from ftdesk.validation.checker import Checker, CheckFinished
from ftdesk.validation.findings import Report
from ftdesk.validation.line_checker import LineChecker
from ftdesk.validation.requirements import requirements_of

PART = 4096


def example(question: str, answer: str = "Yes.") -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}).encode()


def check(path: Path, cache: CheckCache | None, checker: Checker | None = None, workers: int = 1) -> Report:
    *_, last = (checker or Checker("supervised", model="gpt-4o")).check_file(path, cache=cache, workers=workers)
    assert isinstance(last, CheckFinished)
    return last.report


@pytest.fixture
def cache(tmp_path: Path) -> CheckCache:
    return CheckCache(tmp_path / "cache")


@pytest.fixture
def lines() -> list[bytes]:
    lines = [example(f"What is {number}?", f"Number {number}. " * (number % 9 + 1)) for number in range(300)]
    lines[40], lines[120], lines[200], lines[250] = b"{]", b"", lines[7], b"\xff"
    return lines


@pytest.fixture
def dataset(tmp_path: Path, lines: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parallel, "PART", PART)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines each call of the line checker has checked."""
    counts: list[int] = []
    honest = LineChecker.check

    def counting(self: LineChecker, lines: list[bytes], *rest: int, **more: bool) -> line_checker.Tally:
        counts.append(len(lines))
        return honest(self, lines, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(LineChecker, "check", counting)
    return counts


def test_an_unchanged_file_is_not_checked_again(dataset: Path, cache: CheckCache, checked: list[int]) -> None:
    first = check(dataset, cache)
    assert sum(checked) == 300
    checked.clear()
    assert check(dataset, cache) == first == check(dataset, None)
    assert sum(checked) == 300  # by the check without a cache


def test_only_the_part_with_an_edit_is_checked_again(
    dataset: Path, cache: CheckCache, checked: list[int], lines: list[bytes]
) -> None:
    check(dataset, cache)
    lines[150] = lines[150].replace(b"What", b"Whut").replace(b"Number", b"", 1).replace(b"is", b"isnumber", 1)
    assert len(b"\n".join(lines)) + 1 == dataset.stat().st_size
    dataset.write_bytes(b"\n".join(lines) + b"\n")
    checked.clear()
    report = check(dataset, cache)
    assert 0 < sum(checked) < 60
    assert report == check(dataset, None)


def test_a_part_that_has_moved_is_known_and_names_its_own_lines(
    dataset: Path, cache: CheckCache, checked: list[int]
) -> None:
    first = check(dataset, cache)
    before = list(checked)
    line = b'{"messages": "' + b"x" * (PART - 17) + b'"}\n'
    assert len(line) == PART
    dataset.write_bytes(line + dataset.read_bytes())
    checked.clear()
    moved = check(dataset, cache)
    # The first part of before no longer begins the file; all others are known.
    assert checked == [1, before[0]]
    assert [(finding.line or 0) - 1 for finding in moved.findings if finding.rule == "invalid-json"] == [
        finding.line for finding in first.findings if finding.rule == "invalid-json"
    ]
    assert moved == check(dataset, None)


def test_what_is_across_lines_is_found_after_a_recheck_too(
    dataset: Path, cache: CheckCache, lines: list[bytes]
) -> None:
    check(dataset, cache)
    checker = Checker("supervised", model="gpt-4o")
    check(dataset, cache, checker)
    before = {(finding.line, finding.rule) for finding in checker.dataset_findings()}
    assert (201, "duplicate-example") in before
    result = checker.check_record(201, lines[200])
    checker.recheck(201, 201, result, example("Something else?"))
    after = {(finding.line, finding.rule) for finding in checker.dataset_findings()}
    assert (201, "duplicate-example") not in after


def test_another_host_model_or_method_is_another_result(dataset: Path, cache: CheckCache, checked: list[int]) -> None:
    check(dataset, cache)
    others = (
        Checker("preference", model="gpt-4o"),
        Checker("supervised", model="gpt-3.5-turbo"),
        Checker("supervised", model="gpt-4o", requirements=requirements_of("local")),
        Checker("supervised", model="gpt-4o", count_tokens=False),
        Checker(model="gpt-4o"),
    )
    for checker in others:
        checked.clear()
        check(dataset, cache, checker)
        assert sum(checked) == 300


def test_every_process_gives_the_same_settings_the_same_digest() -> None:
    # Sets have another order in each process, and who wrote the requirements may have used some.
    program = (
        "from dataclasses import dataclass\n"
        "from ftdesk.validation.cache import _canonical, settings_digest\n"
        "from ftdesk.validation.checker import Checker\n"
        "@dataclass\n"
        "class Values:\n"
        "    names: frozenset = frozenset('some words to be put in order'.split())\n"
        "    more: dict = None\n"
        "print(_canonical((Values(), Values(more={'b': {1, 2}, 'a': [None]}))))\n"
        "print(settings_digest(Checker(model='gpt-4o').line_checker).hex())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_a_file_that_begins_as_another_goes_on_is_not_taken_for_it(
    dataset: Path, cache: CheckCache, tmp_path: Path
) -> None:
    # A byte order mark may stand on the first line only.
    marked = tmp_path / "marked.jsonl"
    marked.write_bytes(b"\xef\xbb\xbf" + dataset.read_bytes())
    check(marked, cache)
    twice = tmp_path / "twice.jsonl"
    twice.write_bytes(b" " * (PART - 1) + b"\n" + marked.read_bytes())
    assert check(twice, cache) == check(twice, None)


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "other"])
def test_a_broken_result_is_not_used(dataset: Path, cache: CheckCache, checked: list[int], damage: str) -> None:
    first = check(dataset, cache)
    entries = [path for path in cache.folder.rglob("*") if path.is_file()]
    assert len(entries) > 5
    for entry in entries:
        content = entry.read_bytes()
        changed = {
            "cut": content[: len(content) // 2],
            "empty": b"",
            "changed": content[:-1] + bytes([content[-1] ^ 1]),
            "other": entries[0].read_bytes() if entry != entries[0] else b"",
        }
        entry.write_bytes(changed[damage])
    checked.clear()
    assert check(dataset, cache) == first
    assert sum(checked) == 300


def test_where_nothing_can_be_kept_the_check_goes_on(dataset: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    cache = CheckCache(blocked / "checks")
    assert check(dataset, cache) == check(dataset, None)


def test_the_folder_stays_small_and_what_was_used_last_stays(tmp_path: Path) -> None:
    cache = CheckCache(tmp_path, most_bytes=3000)
    keys = [part_key(b"", [bytes([number])], first=False) for number in range(10)]
    for age, key in enumerate(keys):
        cache.keep(key, bytes(500))
        for path in (path for path in tmp_path.rglob("*") if path.is_file() and path.name in key.hex()):
            os.utime(path, (1_000_000 - age, 1_000_000 - age))
    assert cache.find(keys[8]) == bytes(500)  # which makes it the youngest
    cache.trim()
    assert [cache.find(key) is not None for key in keys] == [True] * 4 + [False] * 4 + [True, False]


def test_half_written_files_are_cleared_away(tmp_path: Path) -> None:
    cache = CheckCache(tmp_path)
    cache.keep(part_key(b"", [], first=True), b"x")
    torn = next(path for path in tmp_path.iterdir() if path.is_dir()) / "torn.tmp"
    torn.write_bytes(b"x")
    cache.trim()
    assert torn.exists()  # another process may be at it
    os.utime(torn, (1, 1))
    cache.trim()
    assert not torn.exists()


def _check_often(path: Path, folder: Path) -> None:
    for _ in range(5):
        cache = CheckCache(folder, most_bytes=2000)
        check(path, cache, Checker("supervised", count_tokens=False))


def test_two_processes_share_it(dataset: Path, cache: CheckCache) -> None:
    expected = check(dataset, None, Checker("supervised", count_tokens=False))
    process = multiprocessing.get_context("spawn").Process(target=_check_often, args=(dataset, cache.folder))
    process.start()
    for _ in range(20):
        assert check(dataset, cache, Checker("supervised", count_tokens=False)) == expected
    process.join()
    assert process.exitcode == 0


def test_worker_processes_use_it(cache: CheckCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_WORTH_SHARING", 0)
    path = tmp_path / "large.jsonl"
    path.write_bytes(b"\n".join(example(f"{number}?", "word " * 200) for number in range(4000)))
    first = check(path, cache, Checker("supervised", count_tokens=False), workers=2)
    kept = [entry.stat().st_mtime_ns for entry in cache.folder.rglob("*") if entry.is_file()]
    assert len(kept) > 7
    assert check(path, cache, Checker("supervised", count_tokens=False), workers=2) == first
    assert [entry.stat().st_mtime_ns for entry in cache.folder.rglob("*") if entry.is_file()] == kept
