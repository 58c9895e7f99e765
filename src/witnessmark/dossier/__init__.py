"""Editions, and the verifier that needs nothing else."""
