"""Whatever stands in the middle of a file, its bytes stay until somebody edits that line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from data.json_cases import json_cases
from data.naughty_strings import naughty_strings

from ftdesk.dataset.conversation import set_text
from ftdesk.dataset.document import Document
from ftdesk.dataset.record import read_record
from ftdesk.dataset.spans import dump
from ftdesk.errors import InputError
from ftdesk.validation.checker import Checker

EXAMPLE = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}'


def conversation(text: str, *, ascii_only: bool) -> bytes:
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": text}]
    return dump({"messages": messages}, ascii_only=ascii_only).encode()


def hostile_lines() -> dict[str, bytes]:
    """JSON of every verdict, and naughty strings: escaped, as they are, and as a line that is no JSON at all."""
    lines = dict(json_cases())
    for number, text in enumerate(naughty_strings()):
        lines[f"escaped {number}"] = conversation(text, ascii_only=True)
        lines[f"as it is {number}"] = conversation(text, ascii_only=False)
        lines[f"bare {number}"] = text.encode("utf-8", "surrogatepass")
    return lines


LINES = hostile_lines()


def file_of(third: bytes) -> bytes:
    return b"\n".join([EXAMPLE, EXAMPLE, third, EXAMPLE, EXAMPLE]) + b"\n"


def after(path: Path, third: bytes, work: Callable[[Document], object]) -> bytes:
    """The file with ``third`` as its third line, after ``work`` and a save."""
    path.write_bytes(file_of(third))
    with Document.open(path) as document:
        assert len(document) == 5 + third.count(b"\n")
        work(document)
        document.save()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def without_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches the disk is tested elsewhere; a thousand files need not."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def test_opening_and_saving_keeps_every_byte(tmp_path: Path) -> None:
    def look(document: Document) -> None:
        for row in range(len(document)):
            document.record(row)

    wrong = [name for name, third in LINES.items() if after(tmp_path / "a.jsonl", third, look) != file_of(third)]
    assert wrong == []


def test_editing_the_first_line_changes_no_other_byte(tmp_path: Path) -> None:
    def edit(document: Document) -> None:
        document.replace(0, set_text(document.line(0), 1, "Edited"), "Edit")

    head = EXAMPLE.replace(b"Hello", b"Edited")
    wrong = [
        name
        for name, third in LINES.items()
        if after(tmp_path / "a.jsonl", third, edit) != head + file_of(third)[len(EXAMPLE) :]
    ]
    assert wrong == []


def test_every_text_of_json_is_read_and_nothing_else(tmp_path: Path) -> None:
    """A line need also be an object to be an example; what is read of one that is none says that it is JSON."""

    def is_json(line: bytes) -> bool:
        record = read_record(line)
        return record.kind != "broken" or "is JSON" in record.problem

    wrong = [
        name
        for name, line in json_cases().items()
        if name[0] in "yn" and line.strip() and is_json(line) != (name[0] == "y")
    ]
    assert wrong == []


def test_a_naughty_string_is_read_and_written_as_it_is() -> None:
    for text in naughty_strings():
        for ascii_only in (True, False):
            line = conversation(text, ascii_only=ascii_only)
            assert [message["content"] for message in read_record(line).messages] == [text, text]
            edited = set_text(conversation("other", ascii_only=ascii_only), 0, text)
            assert json.loads(edited)["messages"][0]["content"] == text


def test_no_line_breaks_the_check() -> None:
    for name, third in LINES.items():
        report = Checker().check_lines(file_of(third).split(b"\n")[:-1])
        assert all(1 <= finding.line <= 5 + third.count(b"\n") for finding in report.findings if finding.line), name


def test_an_edit_inside_a_hostile_line_is_done_or_refused_in_a_sentence() -> None:
    done = 0
    for third in LINES.values():
        with suppress(InputError):
            assert b"Edited" in set_text(third, 0, "Edited")
            done += 1
    assert done >= 2 * len(naughty_strings())


def test_a_number_of_too_many_digits_is_called_that_and_not_broken_json() -> None:
    record = read_record(b'{"messages": [], "n": ' + b"9" * 5_000 + b"}")
    assert (record.kind, record.problem) == ("broken", "A number in the line has too many digits.")


def test_a_second_byte_order_mark_is_called_that() -> None:
    assert read_record(b"\xef\xbb\xbf\xef\xbb\xbf{}").problem == "A second byte order mark begins the line."
