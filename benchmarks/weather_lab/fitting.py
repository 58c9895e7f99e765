"""Fitting the tables that come with the line, and writing them as its data."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.weather_lab.data import Floats, mast, mountain
from numpy.typing import NDArray

from witnessmark.lines.weather.tables import EDGES, Table, bins_of, count_pairs, fit_transition

SKY_RIGHT = ((0.62, 0.30, 0.08), (0.25, 0.50, 0.25), (0.08, 0.30, 0.62))
"""Sky a record shows, given that at the place: right in about 60 %. Stated: no two records of one sky were at hand."""
FROM_AIRPORTS = ("rain", "wind", "visibility")
Mask = NDArray[np.bool_]


def fit_airports(stations: Sequence[dict[str, Floats]], family: str, chosen: Mask) -> Table:
    """The table of a family from all ordered pairs of stations, on the chosen hours."""
    states = [bins_of(family, np.where(chosen, station[family], np.nan)) for station in stations]
    n_states = len(EDGES[family]) + 1
    ordered = list(itertools.permutations(states, 2))
    seen, shown = [pair[0] for pair in ordered], [pair[1] for pair in ordered]
    source = "three New York airports, 2013, 17-33 km apart: one as the place, another as the record"
    return Table(fit_transition(states, n_states), {"station": count_pairs(seen, shown, n_states)}, source)


def fit_all(folder: Path, stations: Sequence[dict[str, Floats]], chosen: Mask) -> dict[str, Table]:
    """Every table from every record at hand."""
    found = {family: fit_airports(stations, family, chosen) for family in FROM_AIRPORTS}
    measured, model = mast(folder)["wind"]
    emission = count_pairs([bins_of("wind", measured)], [bins_of("wind", model)], len(EDGES["wind"]) + 1)
    wind = found["wind"]
    found["wind"] = Table(
        wind.transition,
        {**wind.emission, "model": emission},
        f"{wind.source}; reanalysis: MERRA-2 (50 m) against a mast (40 m), 2016, both brought to 10 m",
    )
    sky = mountain(folder)["sky"]
    states = np.where(np.isnan(sky), -1, sky).astype(np.int64)
    found["sky"] = Table(
        fit_transition([states], 3),
        {"station": np.array(SKY_RIGHT)},
        "persistence: cloud types of the NSRDB over a mountain in Colorado, 2023; the record's errors are stated",
    )
    return found


def write_tables(found: dict[str, Table], path: Path) -> None:
    """The tables as data, four digits a number."""
    held = {
        family: {
            "source": table.source,
            "edges": list(EDGES[family]),
            "transition": _rounded(table.transition),
            "emission": {kind: _rounded(rows) for kind, rows in table.emission.items()},
        }
        for family, table in sorted(found.items())
    }
    path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def _rounded(rows: Floats) -> list[list[float]]:
    """Rows of at least a ten-thousandth a cell that sum to 1."""
    cells = np.maximum(rows, 1e-4)
    return [[round(float(cell), 5) for cell in row / row.sum()] for row in cells]
