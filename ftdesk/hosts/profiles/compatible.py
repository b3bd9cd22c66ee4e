"""Any other server that speaks the OpenAI protocol."""

from __future__ import annotations

from ftdesk.hosts.profiles.profile import DPO, SUPERVISED, HostProfile

COMPATIBLE = HostProfile(
    name="openai-compatible",
    title="The host",
    as_of="2026-11-22",
    source="the OpenAPI description 2.3.0 (openai/openai-openapi)",
    base_url_example="http://127.0.0.1:8000/v1",
    key_help="Servers on this computer often want none.",
    methods={"supervised": SUPERVISED, "dpo": DPO},
)
