"""Fingerprinting for keeps: a recording is worth waiting for on a busy machine, so the clock stops it late."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import Progress, fingerprint_of, limits_for
from witnessmark.media.records import Broken

WALL_OF_CPU = 20.0
"""Seconds by the clock allowed for each second of processor time: what is made of the pictures, and whatever else the
machine does, takes time as well. On a machine with twenty other jobs, twice was reached after six of ten hours."""


def fingerprint_patiently(path: str | Path, *, progress: Progress | None = None) -> Fingerprint | Broken:
    """As `fingerprint_of`, for as long as it takes on a busy machine; the limit of processor time stays as it is."""
    limits = limits_for(path)
    return fingerprint_of(path, replace(limits, wall_s=WALL_OF_CPU * limits.cpu_s), progress=progress)
