"""The coarse search: every place of a region against a skyline, on packed horizons."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.horizon import TANGENT_STEP, Profiles, range_of_code_m
from witnessmark.lines.terrain.sighting import Rays, Sighting, directions_rad

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Progress = Callable[[float], None]

BIN_DEG = 1.3
BINS_LEAST, BINS_MOST = 24, 120
EDGE_DEG = 1.2
"""Two lenses apart: how far a point at the line's edge moves."""
PITCH_STEP_DEG = 9.0
TAIL = 3.0
TRIED, POSES = 10, 3
"""Headings of a place that are fitted robustly, and those that are kept."""
APART_DEG = 6.0
UNKNOWN_DEG = 6.0
"""Standard error given to a bearing of which nothing is known."""
CREST_RAD = 0.08
"""Standard error of a packed elevation, times the distance in posts [rad]."""
CREST_POSTS = 3.0
"""Posts added to that distance: a hill at one's feet is wrong by some degrees and no more."""
LIFT_DEG_M = 500.0
"""How much too low crests are, by the distance and a post's spacing: woods, and what posts cut off [deg m]."""
EYE_SD_M, EYE_NEAREST_M = 8.0, 50.0
"""How well a post's height stands for the eye's; ridges nearer than this do not go with it yet."""
ALIKE_M = 100.0
"""Along a ridge after which errors are others: those of a camera between posts are as smooth as the ridge."""
TURN_SHARE = 0.45
PLACES_AT_ONCE = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Lenses:
    """Scales and pitches under which the line is tried.

    Attributes
    ----------
    scale, pitch_deg : ndarray of float64, shape (n_lenses,)
    azimuth_deg, elevation_deg : ndarray of float64, shape (n_lenses, n)
        Of the line's bins, from the heading.
    """

    scale: Floats
    pitch_deg: Floats
    azimuth_deg: Floats
    elevation_deg: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """What the coarse search found at every place.

    Attributes
    ----------
    score : ndarray of float32, shape (n_places, n_poses)
        Log densities, best first.
    heading_deg, scale, pitch_deg, roll_deg : ndarray of float32, shape (n_places, n_poses)
        Headings in the grid.
    log_error : ndarray of float32, shape (n_places, n_poses)
        Mean log of the columns' errors: high where the ridges are near.
    """

    score: Floats32
    heading_deg: Floats32
    scale: Floats32
    pitch_deg: Floats32
    roll_deg: Floats32
    log_error: Floats32

    def log_evidence(self) -> Floats32:
        """Of each place, over its poses; shape (n_places,)."""
        top = self.score.max(axis=1)
        with np.errstate(invalid="ignore"):
            return np.asarray(top + np.log(np.exp(self.score - top[:, None]).sum(axis=1)), np.float32)


def lenses_of(sighting: Sighting, bins: Rays) -> Lenses:
    """The scales and pitches to try: so many that a point at the edge is never far off."""
    edge = float(np.max(np.abs(bins.a)))
    moved = np.degrees(0.5 * np.sin(2.0 * np.arctan(edge / sighting.scale)) if sighting.pinhole else edge)
    width = float(np.log(sighting.scale_high / sighting.scale_low))
    n_scales = max(1, int(np.ceil(width * moved / EDGE_DEG)))
    scale = sighting.scale_low * np.exp(width * (np.arange(n_scales) + 0.5) / n_scales)
    mean, sd = sighting.pitch_deg
    n_pitches = max(1, min(5, 2 * round(1.25 * sd / PITCH_STEP_DEG) + 1))
    pitch = mean + PITCH_STEP_DEG * (np.arange(n_pitches) - (n_pitches - 1) / 2.0)
    scales, pitches = (grid.ravel() for grid in np.meshgrid(scale, pitch, indexing="ij"))
    roll_rad = float(np.radians(sighting.roll_deg[0]))
    both = [
        directions_rad(sighting.pinhole, bins.a, bins.b, float(f), float(np.radians(p)), roll_rad)
        for f, p in zip(scales, pitches, strict=True)
    ]
    return Lenses(scales, pitches, np.degrees([one[0] for one in both]), np.degrees([one[1] for one in both]))


def search(
    profiles: Profiles,
    sighting: Sighting,
    spacing_m: float,
    *,
    allowed: Floats32 | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Coarse:
    """Score every place of some profiles.

    Parameters
    ----------
    spacing_m : float
        Of the ground they were swept on.
    allowed : ndarray of float32, shape (n_places, n_azimuths), or None
        Added to each heading's log density.
    workers : int
        Threads; the numbers do not depend on it.
    """
    from witnessmark.lines.terrain.coarse_kernels import score_places

    bins = sighting.binned(BIN_DEG, BINS_LEAST, BINS_MOST)
    two_sided = int((bins.side == 0).sum())
    lenses = lenses_of(sighting, bins)
    n_azimuths = len(profiles.azimuth_deg)
    step = 360.0 / n_azimuths
    shift = np.rint(lenses.azimuth_deg / step).astype(np.int32) % n_azimuths
    seen = lenses.elevation_deg.astype(np.float32)
    cosine, sine = np.cos(np.radians(lenses.azimuth_deg)), -np.sin(np.radians(lenses.azimuth_deg))
    prior = np.zeros((len(lenses.scale), 6))
    prior[:, 0], prior[:, 1] = sighting.pitch_deg[0] - lenses.pitch_deg, 1.0 / max(sighting.pitch_deg[1], 0.05) ** 2
    prior[:, 3], prior[:, 5] = 1.0 / max(sighting.roll_deg[1], 0.05) ** 2, 1.0 / EYE_SD_M**2
    tables = tables_of(spacing_m)
    unit = sighting.scale / lenses.scale if sighting.pinhole else lenses.scale / sighting.scale
    codes, far = profiles.tangent_code, profiles.range_code
    n_places = len(codes)
    score = np.empty((n_places, POSES), np.float32)
    poses = np.empty((n_places, POSES, 5), np.float32)
    nothing = np.zeros((1, 1), np.float32)
    done = 0

    def some(first: int) -> None:
        nonlocal done
        of = slice(first, min(first + PLACES_AT_ONCE, n_places))
        score_places(
            np.ascontiguousarray(codes[of]),
            np.ascontiguousarray(far[of]),
            TANGENT_STEP,
            tables,
            unit,
            TURN_SHARE * max(step, 0.5),
            shift,
            seen,
            cosine.astype(np.float32),
            sine.astype(np.float32),
            two_sided,
            bins.side,
            prior,
            TAIL,
            (sighting.sigma_deg, sighting.span_deg / max(len(bins.a), 1), ALIKE_M, float(np.log(UNKNOWN_DEG))),
            max(1, round(APART_DEG / step)),
            TRIED,
            nothing if allowed is None else allowed[of],
            score[of],
            poses[of],
        )
        done += of.stop - of.start
        if progress is not None:
            progress(done / n_places)

    starts = range(0, n_places, PLACES_AT_ONCE)
    if workers <= 1:
        for first in starts:
            some(first)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(some, starts))
    lens = poses[..., 1].astype(np.intp)
    return Coarse(
        score,
        (poses[..., 0] * np.float32(step)).astype(np.float32),
        lenses.scale[lens].astype(np.float32),
        (lenses.pitch_deg[lens] + poses[..., 2]).astype(np.float32),
        (sighting.roll_deg[0] + poses[..., 3]).astype(np.float32),
        poses[..., 4].copy(),
    )


def tables_of(spacing_m: float) -> tuple[Floats32, Floats32, Floats32, Floats32]:
    """By the code of a ridge's distance: variance of the ground, lift [deg], change with the eye [deg/m], distance."""
    range_m = range_of_code_m().astype(np.float64)
    variance = np.degrees(CREST_RAD / (range_m / spacing_m + CREST_POSTS)) ** 2
    lift, close = LIFT_DEG_M / (range_m + spacing_m), np.degrees(1.0 / (range_m + EYE_NEAREST_M))
    lift[0] = close[0] = 0.0
    return variance.astype(np.float32), lift.astype(np.float32), close.astype(np.float32), range_of_code_m()
