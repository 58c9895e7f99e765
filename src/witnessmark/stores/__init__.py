"""Thin adapters over kept libraries: records, objects, jobs."""
