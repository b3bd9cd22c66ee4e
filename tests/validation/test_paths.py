"""From the paths that findings show back to where their values stand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.dataset.spans import parse
from ftdesk.validation import paths
from ftdesk.validation.paths import resolve
from ftdesk.validation.wording import member

KEYS = st.text(st.sampled_from('ab_.-[]“”…\\n\n"0é'), max_size=45) | st.sampled_from(["k" * 64, "k" * 65])


@given(st.lists(KEYS, unique=True, min_size=1, max_size=6), KEYS)
def test_a_key_is_found_however_it_is_written_unless_another_looks_alike(keys: list[str], inner: str) -> None:
    root = parse(json.dumps({key: [{inner: 1}] for key in keys}))
    written = [member("", key) for key in keys]
    readings = [f"{piece}{rest}" for piece in written for rest in ("", "[0]", member("[0]", inner))]
    for key, piece in zip(keys, written, strict=True):
        for rest, steps in (("", ()), ("[0]", (0,)), (member("[0]", inner), (0, inner))):
            found = resolve(root, piece + rest)
            assert found == (key, *steps) or (found is None and readings.count(piece + rest) > 1)


def test_usual_keys_are_looked_up_and_not_written_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def counting(path: str, key: str) -> str:
        written.append(key)
        return member(path, key)

    monkeypatch.setattr(paths, "member", counting)
    keys = [f"key-{number}" for number in range(200)] + [f"key {number}" for number in range(200)]
    root = parse(json.dumps(dict.fromkeys(keys, 1)))
    assert [resolve(root, member("", key)) for key in keys] == [(key,) for key in keys]
    assert len(written) <= len(keys)
