"""Crusoe Intelligence Foundry. It trains and answers at two addresses."""

from __future__ import annotations

from ftdesk.hosts.profiles.profile import LEARNING_RATE_MULTIPLIER, N_EPOCHS, HostProfile, Hyperparameter

CRUSOE = HostProfile(
    name="crusoe",
    title="Crusoe Intelligence Foundry",
    as_of="2026-09-27",
    source="https://docs.crusoecloud.com/serverless-fine-tuning/",
    base_url="https://api.intelligence.crusoecloud.com/v1",
    inference_base_url="https://api.inference.crusoecloud.com/v1",
    key_help="Make a key in the Crusoe console under “API keys”.",
    methods={
        "supervised": (
            N_EPOCHS,
            Hyperparameter("batch_size", "Batch size", "integer", 16, 1024, help="Examples per step."),
            LEARNING_RATE_MULTIPLIER,
        )
    },
)
