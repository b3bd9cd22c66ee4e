"""The command line: one module per command, over the same services as the window."""
