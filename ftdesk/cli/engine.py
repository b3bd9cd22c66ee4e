"""``ftdesk engine``: run the built-in host alone."""

from __future__ import annotations

from ftdesk.engine.command import add_arguments, run

__all__ = ["add_arguments", "run"]
