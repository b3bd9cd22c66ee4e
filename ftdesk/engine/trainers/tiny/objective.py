"""What training minimises: the supervised loss and the preference loss (DPO) of answers, with their gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ftdesk.engine.trainers.tiny.encoding import Conversation
from ftdesk.engine.trainers.tiny.memory import Hashes, Memory, Recall, answer_contexts, prompt_features, table_rows
from ftdesk.engine.trainers.tiny.model import Floats, Ints, Parameters, Trace, backward, forward, softmax

CHUNK_TOKENS = 4096
"""Padded tokens that go through the network at once; bounds memory, changes no result but the order of sums."""
_MISSED_WORDS = 0.15
_MISSED_PREFIX = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation with what the memory looks up for it: per answer the prompt features (F) and contexts (T, 2).

    The memory learns from ``labelled`` examples only: words tell which of a few known answers is meant, but where every
    answer is new, a small file holds too few prompts to tell telling words from others.
    """

    conversation: Conversation
    features: tuple[Hashes, ...]
    contexts: tuple[Hashes, ...]
    labelled: bool

    @classmethod
    def prepare(cls, conversation: Conversation, *, labelled: bool = False) -> Example:
        features = tuple(prompt_features(answer.prompt) for answer in conversation.answers)
        spans = (conversation.ids[answer.start : answer.stop] for answer in conversation.answers)
        return cls(conversation, features, tuple(answer_contexts(span) for span in spans), labelled)

    @property
    def length(self) -> int:
        return len(self.conversation.ids)


Unit = tuple[Example, ...]
"""What belongs together in a batch: one example, or the preferred and the other answer to one prompt."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded ids (B, L), the T trained tokens at ``rows`` and ``columns``, and what the memory looks up for them.

    ``labelled`` (T) is 1 for the tokens the memory learns from, else 0.
    """

    ids: Ints
    rows: Ints
    columns: Ints
    labelled: Floats
    recall: Recall


def collate(examples: Sequence[Example], dropout: np.random.Generator | None = None) -> Batch:
    """Stack examples. With ``dropout`` the memory misses words at random, so that it does not lean on one."""
    ids = np.zeros((len(examples), max(example.length for example in examples)), np.int64)
    rows: list[Ints] = []
    columns: list[Ints] = []
    tables: list[Ints] = []
    shares: list[Floats] = []
    counts: list[Ints] = []
    for row, example in enumerate(examples):
        ids[row, : example.length] = example.conversation.ids
        for answer, features, contexts in zip(
            example.conversation.answers, example.features, example.contexts, strict=True
        ):
            span = np.arange(answer.start, answer.stop)
            rows.append(np.full_like(span, row))
            columns.append(span)
            kept = _kept(len(features), dropout)
            found = table_rows(features, contexts).reshape(len(span), -1)[:, kept]
            tables.append(found.ravel())
            shares.append(np.full(found.size, len(features) ** -0.5, np.float32))
            counts.append(np.full(len(span), found.shape[1], np.int64))
    starts = np.cumsum(np.concatenate([[0], *counts]))[:-1]
    recall = Recall(np.concatenate(tables), np.concatenate(shares), starts)
    labelled = np.array([example.labelled for example in examples], np.float32)[np.concatenate(rows)]
    return Batch(ids, np.concatenate(rows), np.concatenate(columns), labelled, recall)


def _kept(features: int, dropout: np.random.Generator | None) -> Ints:
    """Which of the (context, feature) pairs are looked up: never none."""
    kept = np.ones((2, features), bool)
    if dropout is not None:
        kept &= dropout.random(features) >= _MISSED_WORDS
        if dropout.random() < _MISSED_PREFIX:
            kept[0] = False
        if not kept.any():
            kept[:, 0] = True
    return np.flatnonzero(kept)


@dataclass(slots=True)
class Scores:
    """Log-probabilities (T) of the trained tokens and whether each was the likeliest (T)."""

    log_probabilities: Floats
    correct: np.ndarray[tuple[int], np.dtype[np.bool_]]
    _states: Floats
    _remembered: Floats
    _probabilities: Floats
    _trace: Trace

    def memory_gradient(self, p: Parameters, batch: Batch) -> Floats:
        """Gradients (T, D) by what the memory said, of the summed loss it would have without the network.

        Learnt by this too, the memory keeps its say when the network already knows every training prompt by heart.
        """
        dlogits = softmax(self._remembered @ p["embedding"].T)
        dlogits[np.arange(len(dlogits)), batch.ids[batch.rows, batch.columns]] -= 1
        dstates: Floats = dlogits @ p["embedding"]
        return dstates

    def backward(self, p: Parameters, batch: Batch, upstream: Floats, gradients: Parameters) -> Floats:
        """Add the gradients for ``upstream`` (T), d loss / d log-probability; return those by the states (T, D)."""
        dlogits = self._probabilities * -upstream[:, None]
        tokens = batch.ids[batch.rows, batch.columns]
        dlogits[np.arange(len(tokens)), tokens] += upstream
        dtable = dlogits.T @ self._states
        gradients["embedding"] = gradients["embedding"] + dtable if "embedding" in gradients else dtable
        dstates: Floats = dlogits @ p["embedding"]
        dhidden = np.zeros((*batch.ids.shape, dstates.shape[1]), np.float32)
        dhidden[batch.rows, batch.columns - 1] = dstates
        backward(p, self._trace, dhidden, gradients)
        return dstates


def score(p: Parameters, memory: Memory, batch: Batch) -> Scores:
    """Run the network and the memory over a batch."""
    hidden, trace = forward(p, batch.ids)
    remembered = memory.read(batch.recall)
    states = hidden[batch.rows, batch.columns - 1] + remembered
    probabilities = softmax(states @ p["embedding"].T)
    tokens = batch.ids[batch.rows, batch.columns]
    chosen = probabilities[np.arange(len(tokens)), tokens]
    correct = probabilities.argmax(-1) == tokens
    return Scores(np.log(np.maximum(chosen, np.float32(1e-30))), correct, states, remembered, probabilities, trace)


@dataclass(slots=True)
class Sums:
    """Running sums over chunks of a batch."""

    loss: float = 0.0
    correct: float = 0.0
    count: float = 0.0

    def add(self, loss: float, correct: float, count: float) -> None:
        self.loss += loss
        self.correct += correct
        self.count += count

    @property
    def mean_loss(self) -> float:
        return self.loss / self.count

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


def supervised_pass(
    p: Parameters,
    memory: Memory,
    units: Sequence[Unit],
    gradients: Parameters | None = None,
    dropout: np.random.Generator | None = None,
    memory_rate: float = 0.0,
) -> Sums:
    """Cross-entropy in nats over the trained tokens of ``units``.

    With ``gradients``, adds those of the mean loss to it and lets the memory take its step at ``memory_rate``.
    """
    total = sum(example.conversation.trained_tokens for unit in units for example in unit)
    sums = Sums()
    recalled: list[tuple[Recall, Floats]] = []
    for group in chunks(units):
        batch = collate([example for unit in group for example in unit], dropout)
        scores = score(p, memory, batch)
        count = len(scores.log_probabilities)
        sums.add(-float(scores.log_probabilities.sum()), float(scores.correct.sum()), count)
        if gradients is not None:
            upstream = np.full(count, -1 / total, np.float32)
            dstates = scores.backward(p, batch, upstream, gradients) * np.float32(total)
            recalled.append((batch.recall, (dstates + scores.memory_gradient(p, batch)) * batch.labelled[:, None]))
    if any(example.labelled for unit in units for example in unit) and recalled:
        whole = Recall.join([recall for recall, _ in recalled])
        memory.update(whole, np.concatenate([dstates for _, dstates in recalled]), memory_rate)
    return sums


def preference_pass(
    p: Parameters,
    memory: Memory,
    reference: Parameters,
    units: Sequence[Unit],
    beta: float,
    gradients: Parameters | None = None,
) -> Sums:
    """Direct preference optimisation (Rafailov et al. 2023, eq. 7) over pairs (preferred, other).

    The memory stays as it is. ``Sums.correct`` counts the pairs whose reward margin is positive. With ``gradients``,
    adds those of the mean loss to it.
    """
    sums = Sums()
    for group in chunks(units):
        batch = collate([example for unit in group for example in unit])
        scores = score(p, memory, batch)
        gained = scores.log_probabilities - score(reference, memory, batch).log_probabilities
        rewards = beta * np.bincount(batch.rows, gained, len(batch.ids))
        margins = rewards[0::2] - rewards[1::2]
        sums.add(float(np.logaddexp(0, -margins).sum()), float((margins > 0).sum()), len(margins))
        if gradients is not None:
            pull = beta / (1 + np.exp(margins)) / len(units)
            per_row = np.stack([-pull, pull], axis=1).ravel().astype(np.float32)
            scores.backward(p, batch, per_row[batch.rows], gradients)
    return sums


def chunks(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Units in groups of similar length within ``CHUNK_TOKENS``. A unit, one example or a pair, is never split."""
    ordered = sorted(units, key=_longest)
    group: list[Unit] = []
    for unit in ordered:
        if group and (len(group) + 1) * len(unit) * _longest(unit) > CHUNK_TOKENS:
            yield group
            group = []
        group.append(unit)
    if group:
        yield group


def _longest(unit: Unit) -> int:
    return max(example.length for example in unit)
