"""What can be repaired without asking. A repair that is not named here does not exist."""

from __future__ import annotations

from ftdesk.validation.findings import Fix
from ftdesk.validation.fixes import lines, members, messages, texts, tools
from ftdesk.validation.fixes.repair import Repair

__all__ = ["REPAIRS", "Repair", "repair_of"]

REPAIRS: tuple[Repair, ...] = (
    lines.remove_byte_order_mark,
    lines.REMOVE_LINE,
    members.remove_key,
    members.rename_key,
    messages.coerce_weight,
    messages.join_text_parts,
    tools.encode_arguments,
    tools.decode_arguments,
    tools.merge_tool_calls,
    tools.pair_tool_calls,
    messages.correct_role,
    messages.move_system_first,
    texts.trim_text,
    texts.remove_hidden_characters,
    messages.remove_message,
    members.remove_duplicate_key,
    lines.REMOVE_DUPLICATE,
    lines.REMOVE_NEAR_DUPLICATE,
    lines.REMOVE_EXAMPLE,
    lines.REMOVE_LEAK,
)

_BY_CODE = {repair.code: repair for repair in REPAIRS}


def repair_of(code: Fix) -> Repair:
    """The repair that findings name so."""
    return _BY_CODE[code]
