"""Sounds and measures for the benchmark of speech."""
