"""Rendered places, filmed from several stands in several lights, and what comparing them gave."""
