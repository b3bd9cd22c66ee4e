"""OpenAI. New fine-tuning jobs end for everybody on 2027-01-06."""

from __future__ import annotations

from ftdesk.hosts.profiles.profile import DPO, SUPERVISED, HostProfile

OPENAI = HostProfile(
    name="openai",
    title="OpenAI",
    as_of="2026-11-22",
    source="https://developers.openai.com/api/docs/deprecations, OpenAPI description 2.3.0 (openai/openai-openapi)",
    base_url="https://api.openai.com/v1",
    key_help="Make a key at https://platform.openai.com/api-keys. It starts with “sk-”.",
    methods={"supervised": SUPERVISED, "dpo": DPO},
    trainable_models=(
        "gpt-4.1-2025-04-14",
        "gpt-4.1-mini-2025-04-14",
        "gpt-4o-2024-08-06",
        "gpt-4o-mini-2024-07-18",
    ),
    answer_limit_field="max_completion_tokens",
)
