"""Answering: the network one token at a time, sampling, and text that is whole at every moment."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ftdesk.engine.trainers.protocol import Answer, SamplingOptions, UnsupportedRequestError
from ftdesk.engine.trainers.tiny.encoding import encode_prompt, read_messages
from ftdesk.engine.trainers.tiny.memory import AnswerContext, Hashes, Memory, Recall, prompt_features, table_rows
from ftdesk.engine.trainers.tiny.model import CONFIGURATION, Floats, Parameters, rms_norm, rotate, rotations, softmax
from ftdesk.engine.trainers.tiny.tokenizer import END, Tokenizer


class TinyChatModel:
    """Implements ``ChatModel``. Holds no state between answers, so several may be drawn at once."""

    def __init__(self, tokenizer: Tokenizer, parameters: Parameters, memory: Memory) -> None:
        self._tokenizer = tokenizer
        self._parameters = parameters
        self._memory = memory

    def stream(self, messages: Sequence[Mapping[str, Any]], options: SamplingOptions, answer: Answer) -> Iterator[str]:
        ids, prompt = encode_prompt(self._tokenizer, read_messages(messages, "messages"))
        if len(ids) >= CONFIGURATION.context:
            raise UnsupportedRequestError(
                f"The messages have {len(ids)} tokens; with the answer they must fit into the practice model's "
                f"{CONFIGURATION.context} tokens.",
                param="messages",
                code="context_length_exceeded",
            )
        answer.prompt_tokens = len(ids)
        return self._draw(ids, prompt, options, answer)

    def _draw(self, ids: list[int], prompt: str, options: SamplingOptions, answer: Answer) -> Iterator[str]:
        pieces = _WholeText(options.stop)
        limit = min(options.max_tokens, CONFIGURATION.context - len(ids))
        rng = np.random.default_rng(None if options.seed is None else options.seed % 2**63)
        for token in self._tokens(ids, prompt_features(prompt), limit, options, rng):
            answer.completion_tokens += 1
            if token == END:
                answer.finish_reason = "stop"
                break
            if text := pieces.push(self._tokenizer.decode_bytes([token])):
                yield text
            if pieces.stopped:
                answer.finish_reason = "stop"
                return
        else:
            answer.finish_reason = "length"
        if text := pieces.finish():
            yield text

    def _tokens(
        self, ids: list[int], features: Hashes, limit: int, options: SamplingOptions, rng: np.random.Generator
    ) -> Iterator[int]:
        cache = _KeyValueCache(self._parameters)
        context = AnswerContext()
        shares = np.full(2 * len(features), len(features) ** -0.5, np.float32)
        start = np.zeros(1, np.int64)
        state = cache.extend(ids)
        for _ in range(limit):
            rows = table_rows(features, np.array([context.hashes()], np.uint64)).ravel()
            remembered = self._memory.read(Recall(rows, shares, start))[0]
            logits = (state + remembered) @ self._parameters["embedding"].T
            token = choose(logits, options.temperature, options.top_p, rng)
            yield token
            context.push(token)
            state = cache.extend([token])


def choose(logits: Floats, temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """Draw a token from ``logits`` (V), which is overwritten.

    ``top_p`` keeps the likeliest tokens that reach that share together (nucleus sampling, Holtzman et al. 2020). Role
    tokens are never drawn.
    """
    logits[:END] = -np.inf
    if temperature <= 0:
        return int(logits.argmax())
    probabilities = softmax(logits.astype(np.float64) / temperature)
    order = np.argsort(-probabilities, kind="stable")
    reached = np.cumsum(probabilities[order])
    kept = order[: int(np.searchsorted(reached, top_p * reached[-1])) + 1]
    return int(kept[np.searchsorted(np.cumsum(probabilities[kept]), rng.random() * probabilities[kept].sum())])


class _KeyValueCache:
    """Keys and values of all positions so far, so that each new token costs one position only."""

    def __init__(self, parameters: Parameters) -> None:
        config = CONFIGURATION
        shape = (config.layers, config.heads, config.context, config.head_width)
        self._parameters = parameters
        self._keys = np.empty(shape, np.float32)
        self._values = np.empty(shape, np.float32)
        self._last_keys = np.zeros((config.layers, config.heads, 1, config.head_width), np.float32)
        self._length = 0

    def extend(self, ids: Sequence[int]) -> Floats:
        """Run the network over ``ids`` that follow what was seen; the hidden state (D) after the last one."""
        p, config = self._parameters, CONFIGURATION
        count, start, end = len(ids), self._length, self._length + len(ids)
        turn = rotations(start, count, config.head_width)
        hidden = np.triu(np.full((count, end), -1e9, np.float32), start + 1)
        x, _ = rms_norm(p["embedding"][list(ids)], p["embedding_norm"])
        for layer in range(config.layers):
            normed, _ = rms_norm(x, p[f"{layer}.attention_norm"])
            qkv = (normed @ p[f"{layer}.qkv"]).reshape(count, 3, config.heads, config.head_width).transpose(1, 2, 0, 3)
            before = np.concatenate([self._last_keys[layer], qkv[1][:, :-1]], axis=1)
            self._last_keys[layer] = qkv[1][:, -1:]
            shift = p[f"{layer}.key_shift"].reshape(config.heads, 1, config.head_width)
            self._keys[layer, :, start:end] = rotate(qkv[1] + shift * (before - qkv[1]), *turn)
            self._values[layer, :, start:end] = qkv[2]
            q = rotate(qkv[0], *turn) * np.float32(config.head_width**-0.5)
            attention = softmax(q @ self._keys[layer, :, :end].transpose(0, 2, 1) + hidden)
            mixed = (attention @ self._values[layer, :, :end]).transpose(1, 0, 2).reshape(count, config.width)
            x = x + mixed @ p[f"{layer}.attention_out"]
            active = np.maximum(rms_norm(x, p[f"{layer}.mlp_norm"])[0] @ p[f"{layer}.mlp_in"], 0)
            x = x + (active * active) @ p[f"{layer}.mlp_out"]
        self._length = end
        last: Floats = rms_norm(x[-1], p["final_norm"])[0]
        return last


class _WholeText:
    """Turns bytes into text that never ends inside a character, and holds back what may begin a stop string."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stop = [text for text in stop if text]
        self._held = ""
        self.stopped = False

    def push(self, data: bytes) -> str:
        """Text that can be shown now."""
        self._held += self._decoder.decode(data)
        found = [at for at in map(self._held.find, self._stop) if at >= 0]
        if found:
            self.stopped = True
            return self._held[: min(found)]
        safe = len(self._held) - self._possible_start()
        text, self._held = self._held[:safe], self._held[safe:]
        return text

    def finish(self) -> str:
        """What was held back. The bytes of a character that was never finished are dropped."""
        return self._held

    def _possible_start(self) -> int:
        """Length of the longest end of the held text that begins a stop string."""
        return max(
            (
                n
                for stop in self._stop
                for n in range(min(len(stop) - 1, len(self._held)), 0, -1)
                if self._held.endswith(stop[:n])
            ),
            default=0,
        )
