"""Evidence and headings of searched places as they are kept: a few hundred kilobytes for thousands of km2."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.records import Located

STEP_NATS = 0.02
DEEPEST_NATS = 600.0
"""Evidence so far below the best counts as this: e to the minus 600 times as probable changes nothing."""
HEADING_STEP_DEG = 0.02
HEADINGS_WITHIN_NATS = 20.0
"""Headings are kept of places whose evidence lies within this of the best; others weigh nothing."""
NO_GROUND = 65_535
UNKNOWN_ERROR = 65_535
MOST_PLACES = 4_000_000


@dataclass(frozen=True, slots=True)
class PlaceField:
    """Evidence and headings over a grid of places, packed; `unpack` gives the arrays.

    Attributes
    ----------
    crs : str
        A metric coordinate system as PROJ has it.
    west_m, south_m : float
        Of the first place.
    spacing_m : float
    rows_count, columns_count : int
        Rows from the south.
    best_nats : float
        The largest evidence, from which the others are counted down.
    packed : bytes
        zlib over little-endian uint16: steps of `STEP_NATS` below the best, then headings and their errors in steps
        of `HEADING_STEP_DEG`.
    """

    crs: str
    west_m: float
    south_m: float
    spacing_m: float
    rows_count: int
    columns_count: int
    best_nats: float
    packed: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """A place field laid open.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, shapes (n_columns,) and (n_rows,)
    evidence_nats : ndarray of float64, shape (n_rows, n_columns)
        NaN where there is no ground.
    heading_deg, error_deg : ndarray of float64, shape (n_rows, n_columns)
        Error infinite where no heading is kept.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    evidence_nats: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    error_deg: NDArray[np.float64]


def pack(located: Located) -> PlaceField:
    """The searched places of an answer, as they are kept.

    Raises
    ------
    BadInputError
        When there is no evidence in it, or its grid is not even.
    """
    evidence = np.asarray(located.log_evidence_nats, np.float64)
    known = np.isfinite(evidence)
    if evidence.ndim != 2 or not known.any() or evidence.size > MOST_PLACES:
        raise BadInputError(
            f"A search with places of shape {evidence.shape}, {int(known.sum())} of them with ground.",
            f"Search a region with ground, of at most {MOST_PLACES:,} places.",
        )
    best = float(evidence[known].max())
    below = np.clip(best - np.where(known, evidence, best), 0.0, DEEPEST_NATS)
    heading = np.asarray(located.heading_deg, np.float64)
    error = np.asarray(located.heading_error_deg, np.float64)
    told = known & (below <= HEADINGS_WITHIN_NATS) & np.isfinite(heading) & np.isfinite(error) & (error >= 0.0)
    codes = np.zeros((3, *evidence.shape), "<u2")
    codes[0] = np.where(known, np.rint(below / STEP_NATS), NO_GROUND)
    codes[1][told] = np.rint(np.mod(heading[told], 360.0) / HEADING_STEP_DEG).astype(np.int64) % 18_000
    codes[2] = UNKNOWN_ERROR
    codes[2][told] = np.clip(np.rint(error[told] / HEADING_STEP_DEG), 1, UNKNOWN_ERROR - 1)
    rows, columns = evidence.shape
    spacing = _even(located.x_m, located.y_m)
    return PlaceField(
        located.crs,
        float(located.x_m[0]),
        float(located.y_m[0]),
        spacing,
        rows,
        columns,
        best,
        zlib.compress(codes.tobytes(), 9),
    )


def _even(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> float:
    """The one spacing of both axes [m]."""
    steps = np.concatenate([np.diff(x_m), np.diff(y_m)])
    if not len(steps) or not np.allclose(steps, steps[0], rtol=1e-6) or steps[0] <= 0.0:
        raise BadInputError("The searched places are not evenly spaced.", "Search a grid of at least two places.")
    return float(steps[0])


def unpack(field: PlaceField) -> Places:
    """The arrays of a kept field.

    Raises
    ------
    BadInputError
        When it is not what `pack` writes.
    """
    n_places = field.rows_count * field.columns_count
    if not 0 < n_places <= MOST_PLACES:
        raise BadInputError(f"A kept search states {n_places} places.", "Run the terrain line again.")
    opener = zlib.decompressobj()
    try:
        raw = opener.decompress(field.packed, 6 * n_places + 1)
    except zlib.error as error:
        raise BadInputError(f"A kept search cannot be read: {error}.", "Run the terrain line again.") from error
    if len(raw) != 6 * n_places:
        raise BadInputError("A kept search has another length than it states.", "Run the terrain line again.")
    codes = np.frombuffer(raw, "<u2").reshape(3, field.rows_count, field.columns_count).astype(np.float64)
    return Places(
        np.asarray(field.west_m + field.spacing_m * np.arange(field.columns_count), np.float64),
        np.asarray(field.south_m + field.spacing_m * np.arange(field.rows_count), np.float64),
        np.where(codes[0] == NO_GROUND, np.nan, field.best_nats - codes[0] * STEP_NATS),
        codes[1] * HEADING_STEP_DEG,
        np.where(codes[2] == UNKNOWN_ERROR, np.inf, codes[2] * HEADING_STEP_DEG),
    )
