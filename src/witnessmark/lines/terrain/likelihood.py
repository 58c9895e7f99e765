"""From evidence over searched places to a log-likelihood over the hypotheses' places, and headings for the sun."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import NDArray

from witnessmark.hypotheses.likelihood import LogLikelihood, mean_nats
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.terrain.limits import CALIBRATION
from witnessmark.lines.terrain.observations import TerrainObservations
from witnessmark.lines.terrain.packing import PlaceField, Places, unpack
from witnessmark.lines.terrain.telling import STANDING_LIMITS, own_limits, statement
from witnessmark.plain import to_plain

METHOD = "skyline against horizons of an elevation model, best pose of each place, Student t, tempered as calibrated"
ELSEWHERE = "elsewhere"

Floats = NDArray[np.float64]


def weigh(seen: TerrainObservations, over: Hypotheses, line: str, version: str) -> Finding | Abstention:
    """Weigh the place axis by what was searched.

    Parameters
    ----------
    seen : TerrainObservations
    over : Hypotheses
    line, version : str

    Returns
    -------
    Finding or Abstention
        The values have shape (n_places, 1): nothing here bears on time.

    Notes
    -----
    A cell's likelihood is the mean of those of the searched places in it; as far as it was not searched, that of a
    place elsewhere takes their part. "elsewhere" gets the latter, every other alternative the grid's mean.
    """
    nats, covered = on_cells(seen, over.places)
    if not (covered > 0.0).any():
        return Abstention(
            line,
            version,
            "The region that was searched and the one that is weighed have no ground in common.",
            "Search the region of the case, or set the case's region where the search was.",
            seen.inputs,
        )
    mean = mean_nats(nats.astype(np.float32).reshape(-1, 1), over)
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=seen.inputs,
        parameters={"calibration": to_plain(CALIBRATION), "searched": to_plain(seen.searched)},
        seed=0,
        log_likelihood=LogLikelihood.of_places(
            nats, {each.name: seen.outside_nats if each.name == ELSEWHERE else mean for each in over.alternatives}
        ),
        cap_nats=-math.log(CALIBRATION.missed),
        observations=to_plain(seen),
        statement=statement(seen),
        limits=(*own_limits(seen, float(covered.mean())), *STANDING_LIMITS),
    )


def on_cells(seen: TerrainObservations, grid: PlaceGrid) -> tuple[Floats, Floats]:
    """Log-likelihood of each cell [nats], and which share of it was searched.

    Returns
    -------
    nats, covered : ndarray of float64, shape (n_places,)
    """
    places = unpack(seen.field)
    cell, known = _pairs(places, seen.field, grid)
    evidence = places.evidence_nats.ravel()[known]
    best = float(evidence.max(initial=seen.outside_nats))
    total = np.bincount(cell, weights=np.exp(evidence - best), minlength=grid.n_places)
    count = np.bincount(cell, minlength=grid.n_places)
    share = min(1.0, (seen.field.spacing_m / grid.spacing_m) ** 2)
    covered = np.minimum(1.0, count * share)
    mean = np.divide(total, count, out=np.zeros(grid.n_places), where=count > 0)
    mixed = covered * mean + (1.0 - covered) * float(np.exp(seen.outside_nats - best))
    return np.log(np.maximum(mixed, 1e-300)) + best, covered


def headings_on(seen: TerrainObservations, grid: PlaceGrid) -> tuple[Floats, Floats]:
    """True heading and its standard error if the camera stood in each cell [deg]; error infinite where not known.

    Places of a cell count by their evidence. The error holds each place's own and how far they lie apart.

    Returns
    -------
    heading_deg, error_deg : ndarray of float64, shape (n_places,)
    """
    places = unpack(seen.field)
    cell, known = _pairs(places, seen.field, grid)
    evidence = places.evidence_nats.ravel()[known]
    heading = np.radians(places.heading_deg.ravel()[known])
    error = places.error_deg.ravel()[known]
    told = np.isfinite(error)
    cell, evidence, heading, error = cell[told], evidence[told], heading[told], error[told]
    best = np.full(grid.n_places, -np.inf)
    np.maximum.at(best, cell, evidence)
    weight = np.exp(evidence - best[cell]) if len(cell) else evidence
    total, east, north, square = (
        np.bincount(cell, weights=weight * part, minlength=grid.n_places)
        for part in (np.ones_like(error), np.sin(heading), np.cos(heading), error**2)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        # circular standard deviation (Mardia & Jupp, Directional Statistics, 2000, eq. 2.3.11)
        length = np.clip(np.hypot(east, north) / total, 1e-9, 1.0)
        spread = np.degrees(np.sqrt(-2.0 * np.log(length)))
        deviation = np.sqrt(square / total + spread**2)
    held = total > 0.0
    mean = np.where(held, np.degrees(np.arctan2(east, north)) % 360.0, 0.0)
    return mean, np.where(held, deviation, np.inf)


def _pairs(places: Places, field: PlaceField, grid: PlaceGrid) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cells and the searched places with ground that count for them, as numbers of either.

    Each place counts for the cell it lies in; where cells are finer than that, each has the place next to it.
    """
    finer = grid.spacing_m < field.spacing_m
    ours, theirs = (grid.crs, field.crs) if finer else (field.crs, grid.crs)
    asking, asked = ((grid.x_m, grid.y_m), (places.x_m, places.y_m))
    if not finer:
        asking, asked = asked, asking
    step_m = field.spacing_m if finer else grid.spacing_m
    x, y = (part.ravel() for part in np.meshgrid(*asking))
    at_x, at_y = _between(ours, theirs).transform(x, y)
    column = np.floor((np.asarray(at_x) - asked[0][0]) / step_m + 0.5)
    row = np.floor((np.asarray(at_y) - asked[1][0]) / step_m + 0.5)
    inside = (row >= 0) & (row < len(asked[1])) & (column >= 0) & (column < len(asked[0]))
    from_number = np.flatnonzero(inside)
    to_number = (row[inside] * len(asked[0]) + column[inside]).astype(np.intp)
    cell, place = (from_number, to_number) if finer else (to_number, from_number)
    known = np.isfinite(places.evidence_nats.ravel()[place])
    return cell[known], place[known]


@lru_cache(maxsize=16)
def _between(ours: str, theirs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(ours, theirs, always_xy=True)
