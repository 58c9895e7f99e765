"""Witnessmark: what a video shows, how sure we are, and how a stranger can check it."""

__version__ = "0.1.0"
