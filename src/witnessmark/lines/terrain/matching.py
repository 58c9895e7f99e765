"""Where a camera can have stood: a skyline, or a pan, against the ground of a region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.terrain import coarse, limits
from witnessmark.lines.terrain.coarse import Coarse
from witnessmark.lines.terrain.ground import HALO_M, Ground, lay_out
from witnessmark.lines.terrain.horizon import Profiles, View, profile
from witnessmark.lines.terrain.posterior import Calibration, log_sum, region_km2, spread_fits
from witnessmark.lines.terrain.profiles import ProfileCache
from witnessmark.lines.terrain.records import Candidate, Located, Pan, Skyline
from witnessmark.lines.terrain.refine import SPLIT_M, Fits, Refiner, Round, apart, sorted_fits, square
from witnessmark.lines.terrain.sighting import Sighting, sighting_of

Floats = NDArray[np.float64]
Progress = Callable[[float], None]

APART_M = 500.0
"""Between two candidates."""
NEAR_M = 1000.0
"""A candidate's probability is counted so far around it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How hard to look.

    Attributes
    ----------
    n_azimuths : int
        Bearings of the packed horizons.
    halo_m : float
    first, second, third : int
        Candidates that each round of the refinement takes.
    candidates : int
        Told in the end.
    finest_m : float
        The fine ground's spacing at the least.
    independent_a_degree : float
        Independent columns of a skyline a degree: what differs between ground and model is alike in neighbours.
    calibration : Calibration
    """

    n_azimuths: int = 360
    halo_m: float = HALO_M
    first: int = 6000
    second: int = 1200
    third: int = 250
    candidates: int = 20
    finest_m: float = 20.0
    independent_a_degree: float = 0.5
    calibration: Calibration = limits.CALIBRATION


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
    """Search a region for the places that a skyline fits.

    Parameters
    ----------
    region_deg : tuple of float
        West, south, east, north [deg].
    spacing_m : float
        Between the places searched.
    workers : int
        Threads; the answer does not depend on it.
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
    tell = progress if progress is not None else _silent
    sighting = sighting_of(sight)
    why = nothing_to_tell(sighting)
    ground = lay_out(provider, region_deg, spacing_m, halo_m=how.halo_m)
    tell(0.05)
    if why is not None:
        return _nothing(ground, why)
    view = View(sighting.eye_height_m)

    def swept(share: float) -> None:
        tell(0.05 + 0.2 * share)

    if cache is not None:
        profiles = cache.profile(ground, how.n_azimuths, view=view, workers=workers, progress=swept)
    else:
        profiles = profile(ground, how.n_azimuths, view=view, workers=workers, progress=swept)
    scored = coarse.search(profiles, sighting, spacing_m, workers=workers, progress=lambda s: tell(0.25 + 0.4 * s))
    fine_m = float(np.clip(ground.resolution_m / 2.0, how.finest_m, spacing_m)) if ground.resolution_m else spacing_m
    fine = lay_out(provider, region_deg, fine_m, halo_m=SPLIT_M + 2.0 * spacing_m)
    refiner = Refiner(fine, ground, sighting, independent_a_degree=how.independent_a_degree)
    fits = _refined(refiner, profiles, scored, how, spacing_m, workers)
    tell(0.95)
    return _told(ground, profiles, scored, fits, refiner, how)


def nothing_to_tell(sighting: Sighting) -> str | None:
    """Why a line tells nothing of where it was seen; None when it may."""
    of = sighting.points.side == 0
    a, b, sigma = sighting.points.a[of], sighting.points.b[of], sighting.points.sigma[of]
    if len(a) < limits.EMPTY_COLUMNS or sighting.span_deg < limits.EMPTY_DEG:
        return "The skyline is too short to tell one place from another."
    bins = sighting.binned(coarse.BIN_DEG)
    a, b, sigma = (values[bins.side == 0] for values in (bins.a, bins.b, bins.sigma))
    rest = b - np.polyval(np.polyfit(a - a.mean(), b, 1), a - a.mean())
    if float(np.sqrt(np.mean((rest / sigma) ** 2))) < limits.FLAT_SIGMAS**0.5:
        return "The skyline is as good as straight: flat country looks so everywhere."
    return None


def shortlisted(profiles: Profiles, scored: Coarse, most: int) -> Fits:
    """The best poses of all places, many places before second poses of the best."""
    n_poses = scored.score.shape[1]
    order = np.argsort(-scored.score.ravel(), kind="stable")[:most]
    place, pose = order // n_poses, order % n_poses
    row, column = place // len(profiles.x_m), place % len(profiles.x_m)
    poses = np.stack(
        [
            scored.heading_deg[place, pose],
            scored.pitch_deg[place, pose],
            scored.roll_deg[place, pose],
            np.log(scored.scale[place, pose]),
        ],
        axis=1,
    ).astype(np.float64)
    at = np.stack([profiles.x_m[column], profiles.y_m[row]], axis=1)
    return Fits(at, poses, scored.score[place, pose].astype(np.float64))


def _refined(
    refiner: Refiner, profiles: Profiles, scored: Coarse, how: Settings, spacing_m: float, workers: int
) -> Fits:
    """Rounds over fewer and fewer places, each looking closer."""
    third = spacing_m / 3.0
    fits = shortlisted(profiles, scored, how.first)
    fits = refiner.run(fits, Round(1.3, 1.0, [(0.0, 0.0)], 0, spacing_m, 4), workers)
    fits = sorted_fits(fits).take(np.arange(min(how.second, int(np.isfinite(fits.score).sum()))))
    fits = refiner.run(fits, Round(1.3, 1.0, square(third, 3), 0, spacing_m, 4), workers)
    fits = apart(fits, third, how.third, 10.0)
    cross = [(0.0, 0.0), (third / 2, 0.0), (-third / 2, 0.0), (0.0, third / 2), (0.0, -third / 2)]
    fits = refiner.run(fits, Round(0.6, 0.5, cross, 2, 2.0 * spacing_m, 5), workers)
    return apart(fits, third / 2.0, how.third, 10.0)


def _told(ground: Ground, profiles: Profiles, scored: Coarse, fits: Fits, refiner: Refiner, how: Settings) -> Located:
    """The answer from fits and coarse scores."""
    calibration = how.calibration
    x_m, y_m = profiles.x_m, profiles.y_m
    shape = (len(y_m), len(x_m))
    tempered = fits.score / calibration.temperature
    total = log_sum(tempered)
    known = np.isfinite(ground.height_m[_rows(ground), _columns(ground)])
    spread = np.where(known, scored.spread.reshape(shape).astype(np.float64) / calibration.coarse_temperature, -np.inf)
    behind = np.exp(spread - log_sum(spread.ravel()))
    ahead = spread_fits(x_m, y_m, fits.place_m, np.exp(tempered - total), calibration.place_sd_m)
    ahead = np.where(known, ahead, 0.0)
    probability = calibration.missed * behind + (1.0 - calibration.missed) * ahead / max(ahead.sum(), 1e-300)
    with np.errstate(divide="ignore"):
        log_evidence = np.where(known, np.log(probability) + total, np.nan)
    outside = total + calibration.outside[0]
    p_outside = float(1.0 / (1.0 + np.exp(np.clip(total - outside, -700.0, 700.0))))
    cell_km2 = (ground.spacing_m / 1000.0) ** 2
    heading = (scored.heading_deg[:, 0] + profiles.convergence_deg).reshape(shape) % 360.0
    error = np.full(shape, 4.0, np.float32)
    lat, lon = ground.to_geographic(fits.place_m[:, 0], fits.place_m[:, 1])
    turn = ground.convergence_deg(fits.place_m[:, 0], fits.place_m[:, 1])
    candidates: list[Candidate] = []
    distinct = apart(fits, APART_M, how.candidates)
    for place, pose, score in zip(distinct.place_m, distinct.pose, distinct.score, strict=True):
        k = int(np.argmin(np.abs(fits.place_m - place).sum(axis=1) + np.abs(fits.score - score)))
        near = (x_m[None, :] - place[0]) ** 2 + (y_m[:, None] - place[1]) ** 2 <= NEAR_M**2
        candidates.append(
            Candidate(
                float(lat[k]),
                float(lon[k]),
                float((pose[0] + turn[k]) % 360.0),
                float(pose[1]),
                float(pose[2]),
                refiner.sighting.hfov_deg(float(np.exp(pose[3]))),
                float(score),
                0.0,
                float(probability[near].sum() * (1.0 - p_outside)),
            )
        )
    return Located(
        tuple(candidates),
        ground.crs,
        x_m,
        y_m,
        log_evidence.astype(np.float32),
        heading.astype(np.float32),
        error,
        outside,
        p_outside,
        region_km2(probability, 0.5, cell_km2),
        region_km2(probability, 0.9, cell_km2),
    )


def _nothing(ground: Ground, why: str) -> Located:
    x_m, y_m = ground.posts_of(ground.region)
    blank = np.zeros((len(y_m), len(x_m)), np.float32)
    area = blank.size * (ground.spacing_m / 1000.0) ** 2
    return Located((), ground.crs, x_m, y_m, blank, np.full_like(blank, np.nan), np.full_like(blank, 180.0), 0.0, 0.5,
                   0.5 * area, 0.9 * area, why)  # fmt: skip


def _rows(ground: Ground) -> slice:
    return slice(ground.region.row, ground.region.row + ground.region.rows)


def _columns(ground: Ground) -> slice:
    return slice(ground.region.column, ground.region.column + ground.region.columns)


def _silent(_: float) -> None:
    """Nobody wants to know."""
