"""Azure OpenAI in Microsoft Foundry, over its ``/openai/v1`` address, which needs no API version."""

from __future__ import annotations

from ftdesk.hosts.profiles.profile import DPO, SUPERVISED, HostProfile

AZURE = HostProfile(
    name="azure",
    title="Azure OpenAI",
    as_of="2026-10-07",
    source="https://learn.microsoft.com/azure/foundry/openai/how-to/fine-tuning (MicrosoftDocs/azure-ai-docs)",
    base_url_example="https://RESOURCE.openai.azure.com/openai/v1",
    key_help="Find the key in the Azure portal under “Keys and Endpoint” of the resource.",
    methods={"supervised": SUPERVISED, "dpo": DPO},
    suffix_pattern="[^.]{1,18}",
    suffix_rule="1 to 18 characters without a dot",
    answer_limit_field="max_completion_tokens",
    statuses={"pending": "queued", "notRunning": "queued", "canceling": "running", "canceled": "cancelled"},
)
