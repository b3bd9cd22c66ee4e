"""Answers come in whole characters, stop where they should, and repeat with a seed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.engine.trainers.protocol import Answer, SamplingOptions, UnsupportedRequestError
from ftdesk.engine.trainers.tiny import TinyTrainer
from ftdesk.engine.trainers.tiny import serving as module
from ftdesk.engine.trainers.tiny.encoding import encode_prompt, read_messages
from ftdesk.engine.trainers.tiny.memory import prompt_features
from ftdesk.engine.trainers.tiny.model import forward
from ftdesk.engine.trainers.tiny.serving import TinyChatModel, choose
from ftdesk.engine.trainers.tiny.tokenizer import END
from ftdesk.engine.trainers.tiny.weights import load_weights

TRAINER = TinyTrainer()
MODEL = TRAINER.load(TRAINER.base_weights("tiny"))
HELLO = [{"role": "user", "content": "Hello"}]


def ask(options: SamplingOptions, text: str = "Hello") -> tuple[list[str], Answer]:
    answer = Answer()
    return list(MODEL.stream([{"role": "user", "content": text}], options, answer)), answer


def scripted(monkeypatch: pytest.MonkeyPatch, data: bytes, ending: Sequence[int] = (END,)) -> None:
    """Let the model say exactly these bytes, token by token."""
    tokens = [*TRAINER._tokenizer.encode_bytes(data), *ending]
    monkeypatch.setattr(TinyChatModel, "_tokens", lambda *_: iter(tokens))


def test_an_answer_counts_its_tokens_and_says_why_it_ended() -> None:
    pieces, answer = ask(SamplingOptions(temperature=0))
    assert "".join(pieces)
    assert answer.finish_reason == "stop"
    assert answer.prompt_tokens == len(encode_prompt(TRAINER._tokenizer, read_messages(HELLO, "m"))[0])
    assert answer.completion_tokens > len(pieces) / 2


def test_max_tokens_ends_an_answer_by_length() -> None:
    _, answer = ask(SamplingOptions(temperature=0, max_tokens=2))
    assert (answer.completion_tokens, answer.finish_reason) == (2, "length")


def test_a_seed_repeats_a_drawn_answer() -> None:
    draws = [ask(SamplingOptions(temperature=1.5, seed=seed, max_tokens=12))[0] for seed in (3, 3, 4, 5, 6)]
    assert draws[0] == draws[1]
    assert any(draw != draws[0] for draw in draws[2:])


def test_the_cached_pass_gives_the_hidden_states_of_the_whole_pass() -> None:
    parameters, _ = load_weights(TRAINER.base_weights("tiny"))
    ids = TRAINER._tokenizer.encode("The invoice for order A12345 is wrong.")
    whole, _ = forward(parameters, np.array([ids]))
    cache = module._KeyValueCache(parameters)
    assert cache.extend(ids[:5]) == pytest.approx(whole[0, 4], abs=1e-4)
    for position in range(5, len(ids)):
        state = cache.extend([ids[position]])
        assert state == pytest.approx(whole[0, position], abs=1e-4)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_pieces_are_whole_characters_and_make_up_the_text(text: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        scripted(monkeypatch, text.encode())
        pieces, _ = ask(SamplingOptions())
    assert "".join(pieces) == text
    assert all("\ufffd" not in piece for piece in pieces) or "\ufffd" in text


def test_a_character_that_was_never_finished_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, "naïve 🙂".encode()[:-2], ending=())
    pieces, answer = ask(SamplingOptions())
    assert "".join(pieces) == "naïve "
    assert answer.finish_reason == "length"


@given(st.binary(max_size=30))
def test_any_bytes_the_model_draws_make_valid_text(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        scripted(monkeypatch, data)
        for piece in ask(SamplingOptions())[0]:
            piece.encode()


@pytest.mark.parametrize(
    ("stop", "shown"),
    [(("STOP",), "one two "), (("two", "one t"), ""), (("never",), "one two STOP three"), (("p th",), "one two STO")],
)
def test_a_stop_string_ends_the_answer_and_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, stop: tuple[str, ...], shown: str
) -> None:
    scripted(monkeypatch, b"one two STOP three".replace(b"P t", b"P t"))
    pieces, answer = ask(SamplingOptions(stop=tuple(text.replace("p th", "P th") for text in stop)))
    assert "".join(pieces) == shown
    assert answer.finish_reason == "stop"


def test_the_start_of_a_stop_string_that_does_not_come_is_shown_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, b"a#")
    assert "".join(ask(SamplingOptions(stop=("##",)))[0]) == "a#"


def test_images_are_refused_before_the_first_piece() -> None:
    content = [{"type": "image_url", "image_url": {"url": "data:,"}}]
    with pytest.raises(UnsupportedRequestError, match="images") as caught:
        MODEL.stream([{"role": "user", "content": content}], SamplingOptions(), Answer())
    assert caught.value.param == "messages[0].content"


def test_a_prompt_beyond_the_context_is_refused_before_the_first_piece() -> None:
    with pytest.raises(UnsupportedRequestError, match="1024 tokens") as caught:
        MODEL.stream([{"role": "user", "content": "7" * 1100}], SamplingOptions(), Answer())
    assert (caught.value.param, caught.value.code) == ("messages", "context_length_exceeded")


def test_an_answer_never_leaves_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "choose", lambda *_: END + 60)
    _, answer = ask(SamplingOptions(max_tokens=5000), "7" * 1000)
    assert answer.prompt_tokens + answer.completion_tokens == 1024
    assert answer.finish_reason == "length"


def test_temperature_zero_takes_the_likeliest_token_but_never_a_role() -> None:
    logits = np.array([9.0, 9, 9, 9, 9, 1, 2, 3, 0], np.float32)
    assert choose(logits, 0, 1.0, np.random.default_rng(0)) == 7


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.0] * 5 + [0.5, 0.3, 0.15, 0.05])
    drawn = {choose(np.log(shares + 1e-20).astype(np.float32), 1.0, 0.75, rng) for _ in range(300)}
    assert drawn == {5, 6}


def test_sampling_follows_the_probabilities() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.0] * 5 + [0.7, 0.3])
    drawn = [choose(np.log(shares + 1e-20).astype(np.float32), 1.0, 1.0, rng) for _ in range(2000)]
    assert drawn.count(5) / 2000 == pytest.approx(0.7, abs=0.04)


def test_what_a_prompt_is_about_ignores_case_long_numbers_and_function_words() -> None:
    assert prompt_features("the Knee PAIN of 4711").tolist() == prompt_features("Knee pain, 0815").tolist()
    assert len(prompt_features("")) == 1


def test_related_words_share_features_and_unrelated_ones_only_that_of_every_prompt() -> None:
    lipids, related, other = (set(prompt_features(text)) for text in ("hyperlipidemia", "dyslipidemia", "fracture"))
    assert len(lipids & related) > 4
    assert lipids & other == set(prompt_features(""))


def test_prompt_features_are_the_same_in_every_process() -> None:
    text = "knee pain after a fall"
    program = f"from ftdesk.engine.trainers.tiny.memory import prompt_features as f; print(f({text!r}).tolist())"
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        assert printed.strip() == str(prompt_features(text).tolist())
