"""Versions of the tables, oldest first; each moves a case's records forward without losing a row."""
