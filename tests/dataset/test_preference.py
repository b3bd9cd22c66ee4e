from __future__ import annotations

import json

import pytest

from ftdesk.dataset.preference import copy_output, swap_outputs, write_output
from ftdesk.errors import InputError

GOOD = b'[ {"role":"assistant","content":"caf\\u00e9"} ]'
POOR = b'[{"content" : "1.0", "role":"assistant"}]'
LINE = b'{"preferred_output" : ' + GOOD + b', "input": {"messages": []},"non_preferred_output":' + POOR + b', "id":1.0}'


def test_answers_change_places_with_their_bytes() -> None:
    after = swap_outputs(LINE)
    assert after == LINE.replace(GOOD, b"@").replace(POOR, GOOD).replace(b"@", POOR)
    assert swap_outputs(after) == LINE


def test_an_answer_is_copied_to_the_other_side_with_its_bytes() -> None:
    assert copy_output(LINE, "preferred_output") == LINE.replace(POOR, GOOD)
    assert copy_output(LINE, "non_preferred_output") == LINE.replace(GOOD, POOR)
    alone = b'{"input": {"messages": []}, "preferred_output": ' + GOOD + b"}"
    assert json.loads(copy_output(alone, "preferred_output"))["non_preferred_output"] == json.loads(GOOD)


def test_an_answer_that_is_missing_is_made_or_said_to_be_missing() -> None:
    alone = b'{"input": {"messages": []}, "preferred_output": []}'
    assert json.loads(write_output(alone, "non_preferred_output"))["non_preferred_output"] == [
        {"role": "assistant", "content": ""}
    ]
    with pytest.raises(InputError):
        swap_outputs(alone)
    with pytest.raises(InputError):
        swap_outputs(b"{broken")
