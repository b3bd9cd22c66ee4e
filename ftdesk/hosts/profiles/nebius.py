"""Nebius Token Factory. Its rate is absolute where OpenAI's is a multiplier, hence a setting of its own."""

from __future__ import annotations

from ftdesk.hosts.profiles.profile import BATCH_SIZE, N_EPOCHS, HostProfile, Hyperparameter

NEBIUS = HostProfile(
    name="nebius",
    title="Nebius Token Factory",
    as_of="2025-12-31",
    source="https://docs.tokenfactory.nebius.com/api-reference/fine-tuning/create-a-fine-tuning-job",
    base_url="https://api.tokenfactory.nebius.com/v1",
    key_help="Make a key in the console of Token Factory under “API keys”.",
    methods={
        "supervised": (
            N_EPOCHS,
            BATCH_SIZE,
            Hyperparameter("learning_rate", "Learning rate", above=True, maximum=1, help="Absolute, for example 1e-5."),
        )
    },
)
