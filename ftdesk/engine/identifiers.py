"""Names of things, made here and only here.

A client's text is looked up in the store and never becomes part of a path; what does become part of one passes
``checked_id`` first.
"""

from __future__ import annotations

import re
import secrets
import string
from typing import Literal

Prefix = Literal["file-", "upload_", "part_", "ftjob-", "ftevent-", "ftckpt_", "chatcmpl-"]

_LETTERS = string.ascii_letters + string.digits
_ID = re.compile(r"(?:file-|part_|ftjob-)[A-Za-z0-9]{24}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
_SHORT_LENGTH = 8


def new_id(prefix: Prefix) -> str:
    """A fresh identifier in OpenAI's shape: prefix and 24 letters or digits (142 bits)."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(24))


def checked_id(text: str) -> str:
    """``text`` if it is an identifier that may name a file or folder. Raises ``ValueError`` otherwise."""
    if not _ID.fullmatch(text):
        raise ValueError(f"not an identifier: {text!r}")
    return text


def fine_tuned_name(base_model: str, suffix: str | None, job_id: str) -> str:
    """``ft:BASE:local:SUFFIX:JOB``, as OpenAI names tuned models. Characters that read badly in a name become ``-``."""
    part = _NOT_IN_NAMES.sub("-", suffix or "").strip("-")
    return f"ft:{base_model}:local:{part}:{job_id.removeprefix('ftjob-')[:_SHORT_LENGTH]}"


def checkpoint_name(model: str, step: int) -> str:
    return f"{model}:ckpt-step-{step}"
