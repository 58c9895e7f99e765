"""Findings combined, with their dependence, sensitivity and words."""
