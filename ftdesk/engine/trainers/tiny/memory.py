"""The word memory: what a word of the prompt says about the next token of the answer, learnt during fine-tuning.

A network this small reads the gist of a few examples badly, while single words carry most of the meaning. So each pair
of a prompt word and an answer context (the answer so far, and its last four tokens) is hashed to a row of a table, and
the rows of all pairs are added to the last hidden state before the logits. It is the log-linear part of a wide and deep
model (Cheng et al. 2016) with the hashing trick (Weinberger et al. 2009) and AdaGrad (Duchi et al. 2011). Base models
have no rows.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ftdesk.engine.trainers.tiny.model import Floats, Ints
from ftdesk.engine.trainers.tiny.tokenizer import ASSISTANT

Hashes = NDArray[np.uint64]

ROW_BITS = 16
ROWS = 1 << ROW_BITS
CONTEXTS = 2
VALUES = 32
"""Dimensions of a row. Fixed random signs map them into the width of the network; a row as wide did no better."""
_RECENT = 4
_RUN = 5
_SHORTEST_STEM = 4
_FUNCTION_WORDS = frozenset(
    word
    for line in (
        "a an the of in on at to for with and or is was",
        "were has had have no not be by from as it its this that",
        "his her he she my i we they after before since today now still",
        "also then than but so if about into over under up out again",
    )
    for word in line.split()
)
_EPSILON = np.float32(1e-2)
"""Added to AdaGrad's sums: rows whose gradients never mattered stay near zero and need not be kept."""
_WORD = re.compile(r"[^\W_]+")


def _hash(*parts: object) -> int:
    return zlib.crc32("\x1f".join(map(str, parts)).encode("utf-8", "replace"))


def prompt_features(text: str) -> Hashes:
    """Hashes of what a prompt is about, and one that every prompt has.

    A word counts with its first five letters and, if long, all runs of five (Bojanowski et al. 2017), so that relatives
    of a trained word are known; neighbours count as a pair. Function words and long numbers do not count.
    """
    features = {_hash("prompt")}
    before = ""
    for word in _WORD.findall(text.lower()):
        if word in _FUNCTION_WORDS or (word.isdigit() and len(word) > 1):
            before = ""
            continue
        features.add(_hash("word", word))
        if before:
            features.add(_hash("pair", before, word))
        if len(word) >= _SHORTEST_STEM and word.isalpha():
            features.add(_hash("stem", word[:_RUN]))
        if len(word) > _RUN and word.isalpha():
            features |= {_hash("run", word[start : start + _RUN]) for start in range(len(word) - _RUN + 1)}
        before = word
    return np.array(sorted(features), np.uint64)


def answer_contexts(tokens: Sequence[int]) -> Hashes:
    """Context hashes (len(tokens), 2) for predicting each token of an answer: all tokens before it, the last four."""
    return np.array(list(AnswerContext.along(tokens)), np.uint64).reshape(-1, CONTEXTS)


class AnswerContext:
    """Follows an answer token by token."""

    __slots__ = ("_last", "_prefix")

    def __init__(self) -> None:
        self._prefix = 0
        self._last = (ASSISTANT,) * _RECENT

    def hashes(self) -> tuple[int, int]:
        return _hash("all", self._prefix), _hash("last", *self._last)

    def push(self, token: int) -> None:
        self._prefix = zlib.crc32(token.to_bytes(2, "little"), self._prefix)
        self._last = (*self._last[1:], token)

    @classmethod
    def along(cls, tokens: Sequence[int]) -> list[tuple[int, int]]:
        context = cls()
        hashes = []
        for token in tokens:
            hashes.append(context.hashes())
            context.push(token)
        return hashes


def table_rows(features: Hashes, contexts: Hashes) -> Ints:
    """Rows (T, 2, F) of the pairs of F prompt features and the contexts (T, 2) of T tokens."""
    mixed = contexts[:, :, None] * np.uint64(0xC2B2AE3D27D4EB4F) ^ features * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(64 - ROW_BITS)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Recall:
    """Rows to add up for T tokens: ``rows`` (K) times ``shares`` (K); those of token t begin at ``starts[t]``."""

    rows: Ints
    shares: Floats
    starts: Ints

    @classmethod
    def join(cls, parts: Sequence[Recall]) -> Recall:
        """The tokens of all parts one after the other."""
        offsets = np.cumsum([0, *(len(part.rows) for part in parts)])
        return cls(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.shares for part in parts]),
            np.concatenate([part.starts + offset for part, offset in zip(parts, offsets, strict=False)]),
        )


class Memory:
    """The table (ROWS, M) of values in M dimensions, with AdaGrad's sums of squared gradients (ROWS)."""

    def __init__(self, width: int) -> None:
        self.table = np.zeros((ROWS, VALUES), np.float32)
        self.squares = np.zeros(ROWS, np.float32)
        signs = np.random.default_rng(0).integers(0, 2, (VALUES, width))
        self._basis: Floats = ((2 * signs - 1) / np.sqrt(VALUES)).astype(np.float32)

    def read(self, recall: Recall) -> Floats:
        """What the memory adds to the hidden states (T, D)."""
        found: Floats = np.add.reduceat(self.table[recall.rows] * recall.shares[:, None], recall.starts, axis=0)
        return found @ self._basis

    def update(self, recall: Recall, dhidden: Floats, rate: float) -> None:
        """One AdaGrad step, given the gradients (T, D) of the loss by the hidden states."""
        counts = np.diff(np.append(recall.starts, len(recall.rows)))
        gradients = np.repeat(dhidden @ self._basis.T, counts, axis=0) * recall.shares[:, None]
        order = np.argsort(recall.rows, kind="stable")
        rows = recall.rows[order]
        starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        summed = np.add.reduceat(gradients[order], starts, axis=0)
        touched = rows[starts]
        self.squares[touched] += np.square(summed).mean(-1)
        self.table[touched] -= np.float32(rate) * summed / np.sqrt(self.squares[touched] + _EPSILON)[:, None]
