"""Pretrain the practice model on its own corpus with PyTorch, on one thread, and write the weights ftdesk ships.

Torch is needed here only; training and answering in ftdesk are plain numpy (``ftdesk/engine/trainers/tiny``). The two
forward passes are the same function of the same arrays. Loss counts on answers alone, as in fine-tuning.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from corpus import conversations
from tasks import Conversation
from torch.nn import functional

from ftdesk.engine.trainers.tiny.model import CONFIGURATION as C
from ftdesk.engine.trainers.tiny.model import initial_parameters
from ftdesk.engine.trainers.tiny.tokenizer import ASSISTANT, END, SYSTEM, TOOL, USER, Tokenizer

ROLES = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT, "tool": TOOL}
POOL = 1536
"""Conversations drawn at once and sorted by length, so that little of a batch is padding."""
BATCH_TOKENS = 2560
"""Padded size of a batch: about 40 short conversations, or 3 of the longest."""
LONGEST = 768
WARMUP = 100
MATRIX_RATE = 0.02
TABLE_RATE = 3e-3

Batch = tuple[torch.Tensor, torch.Tensor]


def encode(tokenizer: Tokenizer, turns: Conversation) -> tuple[list[int], list[float]]:
    """Ids, and for each the weight of predicting it: 1/sqrt(answer length), so that a one-word label is not drowned."""
    ids: list[int] = []
    weights: list[float] = []
    for role, text in turns:
        tokens = [*tokenizer.encode(text), END]
        ids += [ROLES[role], *tokens]
        weight = len(tokens) ** -0.5 if role == "assistant" else 0.0
        weights += [0.0, *[weight] * len(tokens)]
    return ids[:LONGEST], weights[:LONGEST]


def batches(tokenizer: Tokenizer, seed: int) -> Iterator[Batch]:
    """Endless padded batches: ids (B, L) and weights (B, L)."""
    stream = conversations(seed)
    rng = random.Random(seed)  # noqa: S311 - order of batches, no secret
    while True:
        pool = sorted((encode(tokenizer, next(stream)) for _ in range(POOL)), key=lambda item: len(item[0]))
        groups: list[list[tuple[list[int], list[float]]]] = [[]]
        for item in pool:
            if (len(groups[-1]) + 1) * len(item[0]) > BATCH_TOKENS:
                groups.append([])
            groups[-1].append(item)
        rng.shuffle(groups)
        for group in groups:
            length = max(len(ids) for ids, _ in group)
            ids = torch.zeros(len(group), length, dtype=torch.long)
            weights = torch.zeros(len(group), length)
            for row, (tokens, values) in enumerate(group):
                ids[row, : len(tokens)] = torch.tensor(tokens)
                weights[row, : len(values)] = torch.tensor(values)
            yield ids, weights


def rms_norm(x: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    return functional.rms_norm(x, (x.shape[-1],), gain, 1e-5)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Causal attention (B, H, L, head), written out: on short rows three times as fast backwards as torch's own."""
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    later = torch.full(scores.shape[-2:], -1e4, dtype=scores.dtype).triu(1)
    return (scores + later).softmax(-1).to(v.dtype) @ v


def hidden_states(p: dict[str, torch.nn.Parameter], ids: torch.Tensor) -> torch.Tensor:
    """The forward pass of ``ftdesk.engine.trainers.tiny.model``. Shape (B, L, width)."""
    batch, length = ids.shape
    head = C.width // C.heads
    angles = torch.arange(length)[:, None] * 10000.0 ** (-torch.arange(0, head, 2) / head)
    cos, sin = angles.cos(), angles.sin()
    x = rms_norm(p["embedding"][ids], p["embedding_norm"])
    for layer in range(C.layers):
        h = rms_norm(x, p[f"{layer}.attention_norm"]) @ p[f"{layer}.qkv"]
        q, k, v = h.view(batch, length, 3, C.heads, head).permute(2, 0, 3, 1, 4)
        before = functional.pad(k, (0, 0, 1, 0))[:, :, :-1]
        k = k + p[f"{layer}.key_shift"].view(C.heads, 1, head) * (before - k)
        mixed = attend(rotate(q, cos, sin), rotate(k, cos, sin), v)
        x = x + mixed.transpose(1, 2).reshape(batch, length, C.width) @ p[f"{layer}.attention_out"]
        h = torch.relu(rms_norm(x, p[f"{layer}.mlp_norm"]) @ p[f"{layer}.mlp_in"])
        x = x + (h * h) @ p[f"{layer}.mlp_out"]
    return rms_norm(x, p["final_norm"])


def loss_of(p: dict[str, torch.nn.Parameter], batch: Batch) -> torch.Tensor:
    ids, weights = batch
    rows, columns = torch.nonzero(weights[:, 1:], as_tuple=True)
    logits = hidden_states(p, ids)[rows, columns] @ p["embedding"].T
    losses = functional.cross_entropy(logits, ids[rows, columns + 1], reduction="none")
    share = weights[rows, columns + 1]
    return (losses * share).sum() / share.sum()


def save(p: dict[str, torch.nn.Parameter], target: Path) -> None:
    partial = target.with_suffix(".partial.npz")
    np.savez(partial, **{name: value.detach().numpy().astype(np.float16) for name, value in p.items()})
    partial.replace(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--steps", type=int, default=3_600)
    parser.add_argument("--stop", type=int, help="end after this step of the schedule")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start", type=Path, help="go on from these weights")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    tokenizer = Tokenizer.load(options.tokenizer)
    start = dict(np.load(options.start)) if options.start else initial_parameters(options.seed)
    p = {name: torch.nn.Parameter(torch.tensor(value, dtype=torch.float32)) for name, value in start.items()}
    matrices = [value for name, value in p.items() if value.ndim == 2 and name != "embedding"]
    others = [value for name, value in p.items() if value.ndim == 1 or name == "embedding"]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.Muon(matrices, lr=MATRIX_RATE, weight_decay=0.05, momentum=0.95),
        torch.optim.AdamW(others, lr=TABLE_RATE, betas=(0.9, 0.98), weight_decay=0.01),
    ]
    stream = batches(tokenizer, options.seed)
    recent: list[float] = []
    last = options.stop or options.steps
    for step in range(1, last + 1):
        scale = min(1.0, step / WARMUP) * max(0.02, min(1.0, 1.25 * (1 - step / options.steps)))
        for optimizer, rate in zip(optimizers, (MATRIX_RATE, TABLE_RATE), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):  # twice as fast; parameters and gradients stay float32
            loss = loss_of(p, next(stream))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        for optimizer in optimizers:
            optimizer.step()
        recent.append(loss.item())
        if not math.isfinite(recent[-1]):
            raise SystemExit(f"step {step}: the loss is {recent[-1]}")
        if step % 200 == 0 or step == last:
            print(f"step {step} loss {sum(recent) / len(recent):.4f} cpu {time.process_time():.0f} s", flush=True)
            recent.clear()
            save(p, options.target)


if __name__ == "__main__":
    main()
