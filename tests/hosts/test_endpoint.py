"""Addresses that are safe to send a key to."""

from __future__ import annotations

import pytest

from ftdesk.errors import InputError
from ftdesk.hosts.endpoint import is_loopback, parse_base_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (" https://api.openai.com/v1/ ", "https://api.openai.com/v1"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("http://127.9.9.9/v1", "http://127.9.9.9/v1"),
    ],
)
def test_https_and_this_computer_are_taken(text: str, url: str) -> None:
    assert parse_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.openai.com/v1",
        "ftp://x/v1",
        "file:///etc/passwd",
        "http://example.com/v1",
        "http://10.0.0.1/v1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "https://",
        "https://user:sk-secret@example.com/v1",
        "https://example.com/v1?key=sk-secret",
        "https://example.com/v1#x",
        "https://example.com:port/v1",
        "http://[::1/v1",
    ],
)
def test_anything_else_is_refused_without_showing_a_secret_in_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_base_url(text)
    assert "sk-secret" not in caught.value.sentence
    assert caught.value.hint


@pytest.mark.parametrize("text", ["http://localhost/v1", "https://127.0.0.1/v1", "http://[::1]/"])
def test_this_computer_is_known_by_all_its_names(text: str) -> None:
    assert is_loopback(text)


@pytest.mark.parametrize("text", ["https://example.com", "https://0.0.0.0/v1", "https://localhost.evil.com"])
def test_other_computers_are_not_this_one(text: str) -> None:
    assert not is_loopback(text)
