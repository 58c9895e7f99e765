"""Norms and their elements, as data with citations."""
