"""Dialogs around the file of a dataset: import, export, split, earlier versions."""
