from __future__ import annotations

from pathlib import Path

import pytest

from ftdesk.engine.api.lines import LineCounter, first_line


@pytest.mark.parametrize(
    ("content", "number"),
    [(b"", 0), (b"\n\n", 0), (b"a", 1), (b"a\n", 1), (b"a\n\n \t\r\nb", 2), (b"a\r\nb\r\n", 2), (b"\xe2\x80\xa8\n", 1)],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_lines_with_text_are_counted_however_the_bytes_are_cut(content: bytes, number: int, size: int) -> None:
    counter = LineCounter()
    for start in range(0, len(content), size):
        counter.feed(content[start : start + size])
    assert counter.count == number


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", (1, b"", False)),
        (b" \n\r\n", (1, b"", False)),
        (b"{}\n[]\n", (1, b"{}\n", False)),
        (b"\xef\xbb\xbf\n\n {}\n", (3, b" {}\n", False)),
        (b"\xef\xbb\xbf{}", (1, b"{}", False)),
        (b"\n" + b"x" * 50, (2, b"x" * 10, True)),
        (b" " * 35 + b"\nabc", (2, b"abc", False)),
        (b"123456789\nx", (1, b"123456789\n", False)),
    ],
)
def test_the_first_line_with_text_is_found_and_cut_when_it_is_too_long(
    tmp_path: Path, content: bytes, found: tuple[int, bytes, bool]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert first_line(path, 10) == found
