"""Launching training exactly once, and following it."""
