"""Where a camera can have stood: a skyline, or a pan, against the ground of a region."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.terrain import coarse, limits
from witnessmark.lines.terrain.ground import Ground, Window, lattice_of, lay_out_lattice
from witnessmark.lines.terrain.posterior import Cells, cells_of, log_sum, odds_outside, region_km2
from witnessmark.lines.terrain.profiles import ProfileCache
from witnessmark.lines.terrain.records import Candidate, Located, Pan, Skyline
from witnessmark.lines.terrain.refine import Fits, apart
from witnessmark.lines.terrain.settings import Settings
from witnessmark.lines.terrain.sighting import Sighting, sighting_of
from witnessmark.lines.terrain.tiles import TileAnswer, merge, plan_tiles, search_tile

__all__ = ["Settings", "locate", "told"]

Floats = NDArray[np.float64]
Progress = Callable[[float], None]

APART_M = 500.0
"""Between two candidates."""
NEAR_M = 1000.0
"""A candidate's probability is counted so far around it."""
SQUARE_M, AS_GOOD_NATS = 50.0, 1.0
"""See `settled`."""


def locate(
    provider: ElevationProvider,
    region_deg: tuple[float, float, float, float],
    spacing_m: float,
    sight: Skyline | Pan,
    *,
    settings: Settings | None = None,
    workers: int = 2,
    cache: ProfileCache | None = None,
    progress: Progress | None = None,
) -> Located:
    """Search a region for the places that a skyline fits, tile after tile.

    Parameters
    ----------
    region_deg : tuple of float
        West, south, east, north [deg].
    spacing_m : float
        Between the places searched.
    workers : int
        Threads; the answer does not depend on it. To search tiles side by side see `tiles.search_tiles`.
    cache : ProfileCache or None
        Where packed horizons are kept; None computes them anew.
    progress : callable or None
        Told the share done, from 0 to 1.

    Returns
    -------
    Located

    Raises
    ------
    BadInputError
        When the sight or the region is none; see `sighting.sighting_of` and `ground.lay_out`.
    ProviderError
        When elevations cannot be read, or numba is missing.
    """
    how = Settings() if settings is None else settings
    sighting = sighting_of(sight)
    why = nothing_to_tell(sighting)
    if why is not None:
        return _nothing(lay_out_lattice(provider, lattice_of(region_deg, spacing_m), halo_m=0.0), why)
    tiles = plan_tiles(region_deg, spacing_m)
    answers: list[TileAnswer] = []
    for tile in tiles:

        def tell(share: float, done: int = tile.number) -> None:
            if progress is not None:
                progress((done + share) / len(tiles))

        answers.append(search_tile(provider, tile, sight, settings=how, workers=workers, cache=cache, progress=tell))
    return told(reduce(merge, answers), sight, settings=how)


def nothing_to_tell(sighting: Sighting) -> str | None:
    """Why a line tells nothing of where it was seen; None when it may."""
    if (sighting.points.side == 0).sum() < limits.EMPTY_COLUMNS or sighting.span_deg < limits.EMPTY_DEG:
        return "The skyline is too short to tell one place from another."
    bins = sighting.binned(coarse.BIN_DEG)
    a, b, sigma = (values[bins.side == 0] for values in (bins.a, bins.b, bins.sigma))
    if len(a) < 3:
        return "The skyline is too short to tell one place from another."
    across = (a - a.mean()) / max(float(np.ptp(a)), 1e-12)
    rest = b - np.polyval(np.polyfit(across, b, 1), across)
    if float(np.sqrt(np.mean((rest / sigma) ** 2))) < limits.FLAT_SIGMAS:
        return "The skyline is as good as straight: level country looks so from everywhere."
    return None


def told(answer: TileAnswer, sight: Skyline | Pan, *, settings: Settings | None = None) -> Located:
    """The answer for a region from those of its tiles.

    Returns
    -------
    Located
        Places of tiles that are not among them count as without ground.
    """
    how = Settings() if settings is None else settings
    sighting, calibration = sighting_of(sight), how.calibration
    crs, x_m, y_m, log_coarse, heading = _joined_parts(answer)
    lattice = answer.parts[0].tile.lattice
    ground = Ground(
        crs, lattice.spacing_m, float(x_m[0]), float(y_m[0]), log_coarse, np.isnan(log_coarse),
        Window(0, 0, *log_coarse.shape), lattice.lat_deg, lattice.lon_deg,
    )  # fmt: skip
    fits = answer.fits
    cells = cells_of(fits, x_m, y_m, lattice.spacing_m, log_coarse, calibration)
    odds = odds_outside(fits, sighting.sigma_deg, calibration)
    total = log_sum(cells.log_evidence[np.isfinite(cells.log_evidence)])
    p_outside = float(1.0 / (1.0 + np.exp(-np.clip(odds, -700.0, 700.0))))
    probability = np.where(np.isfinite(cells.log_evidence), np.exp(cells.log_evidence - total), 0.0)
    cell_km2 = (lattice.spacing_m / 1000.0) ** 2
    heading, error = _headings(cells, fits, heading, ground)
    best = settled(fits, apart(fits, APART_M, how.candidates), calibration.temperature)
    candidates = _candidates(best, ground, sighting, probability * (1.0 - p_outside))
    return Located(
        candidates,
        crs,
        x_m,
        y_m,
        cells.log_evidence.astype(np.float32),
        heading,
        error,
        total + odds,
        p_outside,
        region_km2(probability, 0.5, cell_km2),
        region_km2(probability, 0.9, cell_km2),
    )


def settled(fits: Fits, best: Fits, temperature: float) -> Fits:
    """For each of the best fits, one about as good in the middle of all those around it.

    A narrower lens from farther off shows nearly the same: along such a valley the very best fit lies anywhere, often
    at an end, and the middle of what fits is nearer to the truth.

    Parameters
    ----------
    fits : Fits
        All of them.
    best : Fits
        Of different places.
    temperature : float
        Differences of log densities are divided by it.

    Returns
    -------
    Fits
        Best first, still apart: of two whose middles have come together the better one.
    """
    chosen = []
    for place, score in zip(best.place_m, best.score, strict=True):
        near = np.flatnonzero(np.hypot(*(fits.place_m - place).T) < APART_M)
        order = near[np.argsort(-fits.score[near], kind="stable")]
        # One fit a square: refined places lie in heaps about the peaks.
        _, first = np.unique(np.rint(fits.place_m[order] / SQUARE_M), axis=0, return_index=True)
        of = order[np.sort(first)]
        weight = np.exp((fits.score[of] - score) / temperature)
        middle = (fits.place_m[of] * weight[:, None]).sum(axis=0) / weight.sum()
        good = order[fits.score[order] > score - AS_GOOD_NATS]
        chosen.append(int(good[np.argmin(np.hypot(*(fits.place_m[good] - middle).T))]))
    return apart(fits.take(np.array(chosen, np.intp)), APART_M, len(chosen))


def _candidates(fits: Fits, ground: Ground, sighting: Sighting, probability: Floats) -> tuple[Candidate, ...]:
    x_m, y_m = ground.posts_of(ground.region)
    lat, lon = ground.to_geographic(fits.place_m[:, 0], fits.place_m[:, 1])
    turn = ground.convergence_deg(fits.place_m[:, 0], fits.place_m[:, 1])
    found: list[Candidate] = []
    for k, (place, pose) in enumerate(zip(fits.place_m, fits.pose, strict=True)):
        near = (x_m[None, :] - place[0]) ** 2 + (y_m[:, None] - place[1]) ** 2 <= NEAR_M**2
        found.append(
            Candidate(
                float(lat[k]),
                float(lon[k]),
                float((pose[0] + turn[k]) % 360.0),
                float(pose[1]),
                float(pose[2]),
                sighting.hfov_deg(float(np.exp(pose[3]))),
                float(fits.score[k]),
                float(fits.facts[k, 0]) / sighting.per_residual_deg,
                float(probability[near].sum()),
            )
        )
    return tuple(found)


def _headings(
    cells: Cells, fits: Fits, coarse_deg: NDArray[np.float32], ground: Ground
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """True heading of each cell and its error: of its fit where it has one, else of the coarse search."""
    heading, error = coarse_deg.copy(), np.full(coarse_deg.shape, limits.COARSE_HEADING_DEG, np.float32)
    fitted = cells.fit >= 0
    of = cells.fit[fitted]
    turn = ground.convergence_deg(fits.place_m[of, 0], fits.place_m[of, 1])
    heading[fitted] = ((fits.pose[of, 0] + turn) % 360.0).astype(np.float32)
    error[fitted] = np.maximum(fits.facts[of, 1], limits.LEAST_HEADING_DEG).astype(np.float32)
    return heading, error


def _joined_parts(answer: TileAnswer) -> tuple[str, Floats, Floats, NDArray[np.float32], NDArray[np.float32]]:
    """The grid that all tiles lie on, and what the coarse search says on it."""
    lattices = [part.tile.lattice for part in answer.parts]
    left, low = min(one.first_x for one in lattices), min(one.first_y for one in lattices)
    right, top = max(one.first_x + one.columns for one in lattices), max(one.first_y + one.rows for one in lattices)
    evidence = np.full((top - low, right - left), np.nan, np.float32)
    heading = np.full_like(evidence, np.nan)
    for part, one in zip(answer.parts, lattices, strict=True):
        at = np.s_[
            one.first_y - low : one.first_y - low + one.rows, one.first_x - left : one.first_x - left + one.columns
        ]
        evidence[at], heading[at] = part.log_evidence, part.heading_deg
    x_m, y_m = np.arange(left, right) * lattices[0].spacing_m, np.arange(low, top) * lattices[0].spacing_m
    return lattices[0].crs, x_m.astype(np.float64), y_m.astype(np.float64), evidence, heading


def _nothing(ground: Ground, why: str) -> Located:
    x_m, y_m = ground.posts_of(ground.region)
    blank = np.zeros((len(y_m), len(x_m)), np.float32)
    blank[~np.isfinite(ground.height_m)] = np.nan
    area = float(np.isfinite(blank).sum()) * (ground.spacing_m / 1000.0) ** 2
    return Located((), ground.crs, x_m, y_m, blank, np.full_like(blank, np.nan), np.full_like(blank, 180.0), 0.0, 0.5,
                   0.5 * area, 0.9 * area, why)  # fmt: skip
