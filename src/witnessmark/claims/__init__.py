"""Statements by parties, read from reviewed documents."""
