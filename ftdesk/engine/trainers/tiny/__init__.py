"""The built-in practice model: a small language model in plain numpy that really trains on the user's examples."""

from ftdesk.engine.trainers.tiny.trainer import TinyTrainer

__all__ = ["TinyTrainer"]
