"""Conversation examples in a JSONL file: lines kept byte for byte, edits as an overlay, undo, journal, split."""
