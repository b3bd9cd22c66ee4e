"""Scoring models on held-out examples: graders, statistics, runs."""
