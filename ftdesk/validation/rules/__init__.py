"""All rules. A rule that is not named here does not exist; the order is that of the findings on one line."""

from __future__ import annotations

from ftdesk.validation.rule import Rule
from ftdesk.validation.rules import content, dataset, length, lines, preference, roles, structure, tools

RULES: tuple[Rule, ...] = (
    lines.byte_order_mark,
    lines.blank_line,
    lines.invalid_utf8,
    lines.invalid_json,
    lines.not_an_object,
    lines.duplicate_key,
    structure.mixed_methods,
    structure.method_mismatch,
    structure.missing_messages,
    structure.empty_messages,
    structure.message_not_object,
    structure.unknown_key,
    roles.missing_role,
    roles.unknown_role,
    roles.no_assistant,
    roles.last_not_assistant,
    roles.no_user,
    roles.system_not_first,
    content.missing_content,
    content.empty_content,
    content.content_not_text,
    content.invalid_weight,
    content.nothing_trained,
    tools.tool_call_malformed,
    tools.tool_call_unanswered,
    tools.tool_answer_unpaired,
    tools.tool_unknown,
    tools.tool_arguments_not_json,
    preference.preference_missing_output,
    preference.preference_output_count,
    preference.preference_output_role,
    preference.preference_identical,
    length.example_too_long,
    dataset.duplicate_example,
    dataset.too_few_examples,
)
