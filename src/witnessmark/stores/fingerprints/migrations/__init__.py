"""Versions of a fingerprint store's tables, oldest first; each moves a store forward without losing a row."""
