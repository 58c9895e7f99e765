"""Sounds whose truth is known, and what happens to sound on its way round."""
