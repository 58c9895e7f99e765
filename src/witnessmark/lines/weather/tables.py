"""The fitted tables: how states last, and what a record shows of them; kept as data with where they come from."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bins = NDArray[np.int64]
EDGES: Mapping[str, tuple[float, ...]] = {
    "rain": (0.001, 0.6),
    "wind": (1.0, 2.2, 3.4, 4.6, 6.0, 8.0, 10.5),
    "visibility": (1.2, 3.0, 6.0, 9.7, 13.0, 16.0),
    "sky": (20.0, 85.0),
    "snow": (0.01,),
}
"""Where the states of each family part: mm in the hour, m/s at 10 m, km, percent of cloud, m of snow."""
SMOOTHING = 0.5
"""Added to every row of a table in all, spread over its cells, so that what was not seen is not impossible."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One family's table.

    Attributes
    ----------
    transition : ndarray of float64, shape (n_states, n_states)
        P(state an hour later | state).
    emission : mapping of str to ndarray, shape (n_states, n_states)
        By kind of record: P(bin the record shows | state at the place).
    source : str
        What it was fitted on.
    """

    transition: Floats
    emission: Mapping[str, Floats]
    source: str


def bins_of(family: str, values: Floats) -> Bins:
    """The state that each value lies in, -1 for NaN."""
    found = np.searchsorted(np.array(EDGES[family]), values, side="right").astype(np.int64)
    return np.asarray(np.where(np.isnan(values), -1, found))


def count_pairs(first: Sequence[Bins], second: Sequence[Bins], n_states: int) -> Floats:
    """P(second | first) from pairs of series on the same hours, each row made to sum to 1."""
    counts = np.full((n_states, n_states), SMOOTHING / n_states)
    for one, other in zip(first, second, strict=True):
        held = (one >= 0) & (other >= 0)
        np.add.at(counts, (one[held], other[held]), 1.0)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def fit_transition(series: Sequence[Bins], n_states: int) -> Floats:
    """P(state an hour later | state) from hourly series; hours that follow a gap do not count."""
    return count_pairs([states[:-1] for states in series], [states[1:] for states in series], n_states)


@functools.cache
def tables() -> Mapping[str, Table]:
    """The tables that come with the line, by family."""
    held = json.loads(files("witnessmark.lines.weather").joinpath("tables.json").read_text(encoding="utf-8"))
    return {
        family: Table(
            np.array(body["transition"]),
            {kind: np.array(rows) for kind, rows in body["emission"].items()},
            body["source"],
        )
        for family, body in held.items()
    }
