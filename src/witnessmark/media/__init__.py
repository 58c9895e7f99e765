"""Decoding in a limited process: facts, frames, shots, sound."""
