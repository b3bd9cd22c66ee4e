"""The place Dataset."""
