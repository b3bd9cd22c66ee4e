"""Adam with decoupled weight decay and gradient clipping, and the course of the learning rate."""

from __future__ import annotations

import math

import numpy as np

from ftdesk.engine.trainers.tiny.model import Parameters

_WARMUP_STEPS = 10
_FINAL_SHARE = 0.05
_FIRST_DECAY, _SECOND_DECAY = 0.9, 0.98
_WEIGHT_DECAY = 0.01
_LARGEST_NORM = 1.0


def schedule(step: int, total_steps: int) -> float:
    """Share of the peak learning rate at ``step`` (from 0): linear warm-up, then linear down to a twentieth."""
    warmup = min(1.0, (step + 1) / _WARMUP_STEPS)
    return warmup * (1 - (1 - _FINAL_SHARE) * step / total_steps)


class Adam:
    """Kingma & Ba 2015, with the weight decay of Loshchilov & Hutter 2019 on matrices. Updates parameters in place."""

    def __init__(self, parameters: Parameters) -> None:
        self.first = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.second = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.steps = 0

    def update(self, parameters: Parameters, gradients: Parameters, rate: float) -> None:
        """One step at learning rate ``rate``. ``gradients`` is used as scratch space."""
        self.steps += 1
        shrink = np.float32(clip_factor(gradients))
        step_size = np.float32(rate / (1 - _FIRST_DECAY**self.steps))
        unbias = np.float32(1 / (1 - _SECOND_DECAY**self.steps))
        for name, gradient in gradients.items():
            first, second, value = self.first[name], self.second[name], parameters[name]
            np.multiply(gradient, shrink, out=gradient)
            first *= np.float32(_FIRST_DECAY)
            first += np.float32(1 - _FIRST_DECAY) * gradient
            second *= np.float32(_SECOND_DECAY)
            second += np.float32(1 - _SECOND_DECAY) * np.square(gradient, out=gradient)
            if value.ndim > 1:
                value *= np.float32(1 - rate * _WEIGHT_DECAY)
            deviation = np.sqrt(np.multiply(second, unbias, out=gradient), out=gradient)
            deviation += np.float32(1e-8)
            value -= step_size * np.divide(first, deviation, out=gradient)


def clip_factor(gradients: Parameters) -> float:
    """What all gradients are multiplied with so that their common norm is at most 1."""
    norm = math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients.values()))
    return min(1.0, _LARGEST_NORM / (norm + 1e-9))
