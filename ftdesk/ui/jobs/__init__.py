"""The place Jobs."""
