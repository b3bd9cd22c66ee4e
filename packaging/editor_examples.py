"""An example of every kind, for pictures of the editor."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter


def examples() -> list[tuple[str, bytes]]:
    """Names of pictures, and the line that each shows."""
    values = (
        ("conversation", _conversation()),
        ("tools", _tools()),
        ("images", _images()),
        ("preference", _preference()),
        ("reinforcement", _reinforcement()),
    )
    lines = [(name, json.dumps(value, ensure_ascii=False).encode()) for name, value in values]
    return [*lines, ("broken", lines[0][1][:-2] + b'],, "note": }')]


def _say(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def _conversation() -> dict[str, Any]:
    return {
        "messages": [
            _say("system", "You are a medical coding assistant. Answer with ICD-10 codes, one to a line."),
            _say("user", "Type 2 diabetes with stage 3 chronic kidney disease.", name="Dr_Lee"),
            _say("assistant", "E11.22", weight=0),
            _say("user", "And the kidney disease?\nCopied from a note:\u200b\u00a0stage\u202e 3"),
            _say("assistant", "E11.22: Type 2 diabetes mellitus with diabetic chronic kidney disease\nN18.30"),
        ]
    }


def _tools() -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"order": {"type": "string", "pattern": "^A-[0-9]+$"}, "days": {"type": "integer"}},
        "required": ["order"],
    }
    calls = [
        {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": "A-1042"}'}},
        {"id": "call_2", "type": "function", "function": {"name": "find_order", "arguments": '{"days": "two"}'}},
        {"id": "call_3", "type": "function", "function": {"name": "refund", "arguments": '{"order": "A-7"}'}},
    ]
    return {
        "messages": [
            _say("user", "Where is my order A-1042?"),
            {"role": "assistant", "tool_calls": calls},
            _say("tool", '{"status": "shipped"}', tool_call_id="call_1"),
            _say("assistant", "It was shipped this morning."),
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "find_order", "description": "Where an order is.", "parameters": schema},
            }
        ],
        "parallel_tool_calls": True,
    }


def _images() -> dict[str, Any]:
    parts = [
        {"type": "text", "text": "Which of these is a receipt?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_picture()}", "detail": "low"}},
        {"type": "text", "text": "Or this one:"},
        {"type": "image_url", "image_url": {"url": "https://example.org/receipts/17.jpeg"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,damaged!"}},
    ]
    return {"messages": [_say("user", parts), _say("assistant", "The second.")]}


def _preference() -> dict[str, Any]:
    return {
        "input": {"messages": [_say("user", "I arrive at eleven at night. Is that a problem?")]},
        "preferred_output": [_say("assistant", "Not at all: the front desk is open all night.")],
        "non_preferred_output": [_say("assistant", "That is not a problem. The front desk is open.")],
    }


def _reinforcement() -> dict[str, Any]:
    return {
        "messages": [_say("developer", "Answer with one ICD-10 code."), _say("user", "Acute bronchitis.")],
        "reference_answer": "J20.9",
        "difficulty": 1.5,
        "strict": True,
        "also_right": ["J20", "J20.8"],
    }


def _picture() -> str:
    image = QImage(600, 400, QImage.Format.Format_RGB32)
    shades = QLinearGradient(0, 0, 600, 400)
    shades.setColorAt(0, QColor("#f6c177"))
    shades.setColorAt(1, QColor("#31748f"))
    painter = QPainter(image)
    painter.fillRect(image.rect(), shades)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt takes text
    return b64encode(buffer.data().data()).decode()
