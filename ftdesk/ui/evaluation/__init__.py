"""The place Evaluation."""
