"""The host that is built in."""

from __future__ import annotations

from ftdesk.hosts.profiles.profile import DPO, SUPERVISED, HostProfile, Hyperparameter
from ftdesk.hosts.types import LOCAL

BUILT_IN = HostProfile(
    name=LOCAL,
    title="The built-in host",
    as_of="2026-11-22",
    source="ftdesk.engine",
    methods={
        "supervised": (
            *SUPERVISED,
            Hyperparameter(
                "prompt_word_dropout",
                "Prompt word dropout",
                maximum=0.5,
                help="Share of prompt words left out at random, so that other wordings are understood.",
            ),
            Hyperparameter(
                "slot_replacement",
                "Slot replacement",
                maximum=1,
                help="Share of examples in which words copied from the prompt are replaced, so that copying is learnt.",
            ),
        ),
        "dpo": DPO,
    },
)
