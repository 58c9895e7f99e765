"""How often direct sun reaches the ground, by the sun's height and by what cloud a satellite has."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from witnessmark.lines.sun.limits import wilson

SUNSHINE_W_M2 = 120.0
"""Direct irradiance from which the sun shines (WMO-No. 8, Guide to Instruments, volume I, chapter 8)."""
LOWEST_DEG = 5.0
SKIES = {
    "clear": (0, 1),
    "cirrus": (7,),
    "overlapping cloud": (8,),
    "water cloud": (3,),
    "mixed or super-cooled cloud": (4, 5),
    "opaque ice cloud": (6,),
    "overshooting cloud": (9,),
}
"""Codes of the cloud type in the National Solar Radiation Database, version 4."""


def sunshine(record: Path) -> list[str]:
    """Share of half hours with sunshine, from a year of the National Solar Radiation Database."""
    rows = ["| Sky | half hours | with direct sun |", "|---|---|---|"]
    if not record.is_file():
        return [*rows, f"| not measured: {record.name} is not at hand | | |"]
    with gzip.open(record, "rt", encoding="utf-8", newline="") as stream:
        held = list(csv.reader(stream))[2:]
    column = {name: np.array([float(row[k]) for row in held[1:]]) for k, name in enumerate(held[0])}
    elevation, direct = 90.0 - column["Solar Zenith Angle"], column["DNI"] >= SUNSHINE_W_M2
    up = elevation > LOWEST_DEG
    chosen = {"any, sun more than 5 degrees up": up}
    for low, high in ((5.0, 15.0), (15.0, 30.0), (30.0, 90.0)):
        chosen[f"any, sun {low:.0f} to {high:.0f} degrees up"] = (elevation > low) & (elevation <= high)
    chosen |= {f"{name}, by satellite": up & np.isin(column["Cloud Type"], codes) for name, codes in SKIES.items()}
    for name, mask in chosen.items():
        reached, tried = int(direct[mask].sum()), int(mask.sum())
        low, high = wilson(reached, tried)
        rows.append(f"| {name} | {tried} | {reached / tried:.1%} ({low:.1%} to {high:.1%}) |")
    return rows
