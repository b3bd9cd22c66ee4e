"""The place Rescue."""
