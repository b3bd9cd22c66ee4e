"""The transformer: parameters, forward pass, and the backward pass written out.

A causal decoder with rotary positions (Su et al. 2021), RMS norms before each block (Zhang & Sennrich 2019), a
squared-ReLU MLP (So et al. 2021; a third of GELU's cost in numpy) and one table for input and output embeddings (Press
& Wolf 2017). Keys are mixed with those of the position before ("smeared keys", Olsson et al. 2022): a head can then
look for what came after an earlier occurrence of the present token within one layer, so that a small network learns to
copy. Shapes: B rows, L positions, D width, H heads, V vocabulary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Parameters = dict[str, Floats]
"""``embedding`` (V, D), ``embedding_norm`` and ``final_norm`` (D), and for each layer n the arrays ``n.attention_norm``
(D), ``n.qkv`` (D, 3D), ``n.key_shift`` (D), ``n.attention_out`` (D, D), ``n.mlp_norm`` (D), ``n.mlp_in`` (D, 4D) and
``n.mlp_out`` (4D, D)."""

_EPSILON = np.float32(1e-5)
_HIDDEN = np.float32(-1e9)
_ROTATION_BASE = 10_000.0


@dataclass(frozen=True, slots=True)
class Configuration:
    """Sizes of the network. ``context`` is the longest sequence it accepts."""

    vocabulary: int = 1024
    width: int = 128
    layers: int = 4
    heads: int = 4
    context: int = 1024

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter."""
        d = self.width
        shapes: dict[str, tuple[int, ...]] = {"embedding": (self.vocabulary, d), "embedding_norm": (d,)}
        for layer in range(self.layers):
            shapes |= {f"{layer}.attention_norm": (d,), f"{layer}.qkv": (d, 3 * d), f"{layer}.key_shift": (d,)}
            shapes |= {f"{layer}.attention_out": (d, d), f"{layer}.mlp_norm": (d,)}
            shapes |= {f"{layer}.mlp_in": (d, 4 * d), f"{layer}.mlp_out": (4 * d, d)}
        shapes["final_norm"] = (d,)
        return shapes

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes().values())


CONFIGURATION = Configuration()


def initial_parameters(seed: int, configuration: Configuration = CONFIGURATION) -> Parameters:
    """Untrained parameters: normal with deviation 0.02, smaller where a block writes into the residual stream (GPT-2).

    Half of the heads start with keys of their own position, half with keys of the position before.
    """
    rng = np.random.default_rng(seed)
    into_residual = 1 / math.sqrt(2 * configuration.layers)
    parameters: Parameters = {}
    for name, shape in configuration.shapes().items():
        if name.endswith("key_shift"):
            parameters[name] = np.repeat([0.0, 1.0], configuration.width // 2).astype(np.float32)
        elif len(shape) == 1:
            parameters[name] = np.ones(shape, np.float32)
        else:
            deviation = 0.02 * (into_residual if name.endswith("_out") else 1.0)
            parameters[name] = rng.normal(0.0, deviation, shape).astype(np.float32)
    return parameters


@lru_cache(maxsize=256)
def rotations(start: int, length: int, head_width: int) -> tuple[Floats, Floats]:
    """Cosines and sines (L, head/2) of the positions from ``start`` on."""
    frequencies = _ROTATION_BASE ** (-np.arange(0, head_width, 2) / head_width)
    angles = np.arange(start, start + length)[:, None] * frequencies
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def rotate(x: Floats, cos: Floats, sin: Floats) -> Floats:
    """Turn each pair (x[i], x[i + half]) by its angle. The inverse is ``rotate(x, cos, -sin)``."""
    half = x.shape[-1] // 2
    turned = np.empty_like(x)
    first, second = x[..., :half], x[..., half:]
    turned[..., :half] = first * cos - second * sin
    turned[..., half:] = first * sin + second * cos
    return turned


def rms_norm(x: Floats, gain: Floats) -> tuple[Floats, Floats]:
    """``x`` divided by its root mean square, times ``gain``; and the inverse root mean squares (…, 1)."""
    inverse = 1 / np.sqrt(np.square(x).mean(-1, keepdims=True) + _EPSILON)
    return x * inverse * gain, inverse


def _rms_norm_backward(dy: Floats, x: Floats, gain: Floats, inverse: Floats) -> tuple[Floats, Floats]:
    unit = x * inverse
    dgain = (dy * unit).reshape(-1, gain.shape[0]).sum(0)
    dunit = dy * gain
    return inverse * (dunit - unit * (dunit * unit).mean(-1, keepdims=True)), dgain


@dataclass(slots=True)
class LayerTrace:
    """What one layer's forward pass leaves for its backward pass. Attention arrays are (B, H, L, …)."""

    x: Floats
    normed: Floats
    inverse: Floats
    q: Floats
    k: Floats
    key_step: Floats
    v: Floats
    attention: Floats
    mixed: Floats
    x_mid: Floats
    normed_mid: Floats
    inverse_mid: Floats
    active: Floats
    squared: Floats


@dataclass(slots=True)
class Trace:
    """What the forward pass leaves for the backward pass."""

    ids: Ints
    embedded: Floats
    embedded_inverse: Floats
    layers: list[LayerTrace]
    x: Floats
    inverse: Floats


def softmax(scores: Floats) -> Floats:
    """Softmax over the last axis, in place."""
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    return scores


def forward(p: Parameters, ids: Ints, configuration: Configuration = CONFIGURATION) -> tuple[Floats, Trace]:
    """Hidden states (B, L, D) of ``ids`` (B, L) after the last norm. Logits are their product with ``embedding.T``.

    Rows may be padded at the end: no position sees a later one.
    """
    length = ids.shape[1]
    causal = np.triu(np.full((length, length), _HIDDEN, np.float32), 1)
    turn = rotations(0, length, configuration.head_width)
    embedded = p["embedding"][ids]
    x, embedded_inverse = rms_norm(embedded, p["embedding_norm"])
    layers = []
    for layer in range(configuration.layers):
        trace = _layer_forward(p, layer, x, turn, causal, configuration.heads)
        x = trace.x_mid + (trace.squared @ p[f"{layer}.mlp_out"]).reshape(x.shape)
        layers.append(trace)
    hidden, inverse = rms_norm(x, p["final_norm"])
    return hidden, Trace(ids, embedded, embedded_inverse, layers, x, inverse)


def _layer_forward(
    p: Parameters, layer: int, x: Floats, turn: tuple[Floats, Floats], causal: Floats, heads: int
) -> LayerTrace:
    batch, length, width = x.shape
    head = width // heads
    normed, inverse = rms_norm(x, p[f"{layer}.attention_norm"])
    qkv = (
        (normed.reshape(-1, width) @ p[f"{layer}.qkv"]).reshape(batch, length, 3, heads, head).transpose(2, 0, 3, 1, 4)
    )
    key_step = np.empty_like(qkv[1])
    np.subtract(qkv[1][:, :, :-1], qkv[1][:, :, 1:], out=key_step[:, :, 1:])
    np.negative(qkv[1][:, :, 0], out=key_step[:, :, 0])
    shift = p[f"{layer}.key_shift"].reshape(heads, 1, head)
    q, k, v = rotate(qkv[0], *turn), rotate(qkv[1] + shift * key_step, *turn), np.ascontiguousarray(qkv[2])
    q *= np.float32(head**-0.5)
    attention = q @ k.transpose(0, 1, 3, 2)
    attention += causal
    softmax(attention)
    mixed = np.ascontiguousarray((attention @ v).transpose(0, 2, 1, 3)).reshape(-1, width)
    x_mid = x + (mixed @ p[f"{layer}.attention_out"]).reshape(x.shape)
    normed_mid, inverse_mid = rms_norm(x_mid, p[f"{layer}.mlp_norm"])
    active = np.maximum(normed_mid.reshape(-1, width) @ p[f"{layer}.mlp_in"], 0)
    return LayerTrace(
        x, normed, inverse, q, k, key_step, v, attention, mixed, x_mid, normed_mid, inverse_mid, active, active * active
    )


def backward(
    p: Parameters, trace: Trace, dhidden: Floats, gradients: Parameters, configuration: Configuration = CONFIGURATION
) -> None:
    """Add to ``gradients`` those by every parameter, given ``dhidden`` (B, L, D), those by the hidden states."""
    width = configuration.width
    turn = rotations(0, trace.ids.shape[1], configuration.head_width)
    dx, dgain = _rms_norm_backward(dhidden, trace.x, p["final_norm"], trace.inverse)
    _add(gradients, "final_norm", dgain)
    for layer in reversed(range(configuration.layers)):
        dx = _mlp_backward(p, layer, trace.layers[layer], dx, gradients)
        dx = _attention_backward(p, layer, trace.layers[layer], turn, dx, gradients)
    dx, dgain = _rms_norm_backward(dx, trace.embedded, p["embedding_norm"], trace.embedded_inverse)
    _add(gradients, "embedding_norm", dgain)
    table = np.zeros_like(p["embedding"])
    np.add.at(table, trace.ids.ravel(), dx.reshape(-1, width))
    _add(gradients, "embedding", table)


def _mlp_backward(p: Parameters, layer: int, t: LayerTrace, dx: Floats, gradients: Parameters) -> Floats:
    width = dx.shape[-1]
    flat = dx.reshape(-1, width)
    _add(gradients, f"{layer}.mlp_out", t.squared.T @ flat)
    dactive = flat @ p[f"{layer}.mlp_out"].T
    dactive *= t.active
    dactive *= 2
    _add(gradients, f"{layer}.mlp_in", t.normed_mid.reshape(-1, width).T @ dactive)
    dnormed = (dactive @ p[f"{layer}.mlp_in"].T).reshape(dx.shape)
    through, dgain = _rms_norm_backward(dnormed, t.x_mid, p[f"{layer}.mlp_norm"], t.inverse_mid)
    _add(gradients, f"{layer}.mlp_norm", dgain)
    return dx + through


def _attention_backward(
    p: Parameters, layer: int, t: LayerTrace, turn: tuple[Floats, Floats], dx: Floats, gradients: Parameters
) -> Floats:
    batch, length, width = dx.shape
    heads, head = t.q.shape[1], t.q.shape[3]
    cos, sin = turn
    flat = dx.reshape(-1, width)
    _add(gradients, f"{layer}.attention_out", t.mixed.T @ flat)
    dmixed = (flat @ p[f"{layer}.attention_out"].T).reshape(batch, length, heads, head).transpose(0, 2, 1, 3)
    dmixed = np.ascontiguousarray(dmixed)
    dqkv = np.empty((batch, length, 3, heads, head), np.float32)
    by_role = dqkv.transpose(2, 0, 3, 1, 4)
    by_role[2] = t.attention.transpose(0, 1, 3, 2) @ dmixed
    dscores = dmixed @ t.v.transpose(0, 1, 3, 2)
    dscores -= np.einsum("bhij,bhij->bhi", dscores, t.attention)[..., None]
    dscores *= t.attention
    by_role[0] = rotate(dscores @ t.k, cos, -sin) * np.float32(head**-0.5)
    dkeys = rotate(dscores.transpose(0, 1, 3, 2) @ t.q, cos, -sin)
    _add(gradients, f"{layer}.key_shift", np.einsum("bhld,bhld->hd", dkeys, t.key_step).ravel())
    dstep = dkeys * p[f"{layer}.key_shift"].reshape(heads, 1, head)
    by_role[1] = dkeys - dstep
    by_role[1][:, :, :-1] += dstep[:, :, 1:]
    dflat = dqkv.reshape(-1, 3 * width)
    _add(gradients, f"{layer}.qkv", t.normed.reshape(-1, width).T @ dflat)
    dnormed = (dflat @ p[f"{layer}.qkv"].T).reshape(dx.shape)
    through, dgain = _rms_norm_backward(dnormed, t.x, p[f"{layer}.attention_norm"], t.inverse)
    _add(gradients, f"{layer}.attention_norm", dgain)
    return dx + through


def _add(gradients: Parameters, name: str, value: Floats) -> None:
    if name in gradients:
        gradients[name] += value
    else:
        gradients[name] = value
