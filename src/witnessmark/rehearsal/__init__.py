"""Rendered incidents with known truth."""
