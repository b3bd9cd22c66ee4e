"""What is wrong with a dataset: rules, findings, tokens."""
