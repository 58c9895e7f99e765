"""Drawn writing for benchmarks/text.py."""
