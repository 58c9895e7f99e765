"""The refinement: the short list marched on fine ground, poses fitted robustly, places moved below the grid."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.ground import Ground, effective_radius_m
from witnessmark.lines.terrain.horizon import View
from witnessmark.lines.terrain.sighting import Rays, Sighting

Floats = NDArray[np.float64]

SPLIT_M = 8_000.0
"""Ridges farther than this are looked up on the ground of the search: 100 m posts are half a degree there."""
GROWTH, QUICK_GROWTH = 0.006, 0.012
TAIL = 3.0
MARGIN_DEG = 6.0
CREST_DEG_M, CREST_FROM_M = 300.0, 300.0
"""Standard error of an elevation on ground at the data's own spacing: the first by the distance and the second [deg].

Chosen, with the length below, by how likely the true places came out among their rivals in 16 development questions of
benchmarks/terrain.py. With the true place and pose the error found there, woods and the eye's height not taken off, is
1.1 deg to 800 m, 0.4 at 1.2 km, 0.24 at 2.3 km, 0.14 at 5 km and 0.07 at 9 km; much of it one shift for a whole line.
"""
EYE_MEAN_M, EYE_SD_M = -6.0, 6.0
"""How much higher the eye stands over what it sees than the model has it: woods raise ridges and not the ground at the
feet, and posts lower crests. With the true pose -13 m in the median from 800 m on and -6 m nearer; pitch takes part up.
"""
TURN_DEG = 0.1
ALIKE_M = 60.0
"""Along a ridge after which errors of an elevation model at 90 m are others."""
PLACES_AT_ONCE = 16


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Places with the poses fitted there.

    Attributes
    ----------
    place_m : ndarray of float64, shape (n, 2)
        East and north in the grid.
    pose : ndarray of float64, shape (n, 5)
        Heading in the grid, pitch, roll [deg], log of the scale, height of the eye beyond the model's [m].
    score : ndarray of float64, shape (n,)
        Log density.
    facts : ndarray of float64, shape (n, 2)
        Root mean square of the residuals that count, and standard error of the heading [deg].
    """

    place_m: Floats
    pose: Floats
    score: Floats
    facts: Floats

    def take(self, chosen: NDArray[np.intp]) -> Fits:
        """Some of them, in that order."""
        return Fits(self.place_m[chosen], self.pose[chosen], self.score[chosen], self.facts[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """How closely a round looks.

    Attributes
    ----------
    bin_deg : float
        Width of the line's bins.
    step_deg : float
        Between bearings.
    offsets_m : sequence of (east, north)
        Places tried around a candidate.
    shrinks : int
        Further rounds of half the offsets.
    reach_m : float
    steps : int
        Of Gauss-Newton at each place.
    facts : bool
        Find them too.
    growth : float
        A ray's step as a share of its distance at the least.
    """

    bin_deg: float
    step_deg: float
    offsets_m: Sequence[tuple[float, float]]
    shrinks: int
    reach_m: float
    steps: int
    facts: bool = True
    growth: float = GROWTH


class Refiner:
    """Fine and wide ground made ready for a sighting.

    Parameters
    ----------
    fine : Ground
        At the data's own spacing, with a halo of `SPLIT_M` as far as data reach.
    wide : Ground
        With the whole halo, in the same coordinates.
    share : float
        Independent columns a degree of the line.
    """

    def __init__(self, fine: Ground, wide: Ground, sighting: Sighting, *, independent_a_degree: float) -> None:
        self.fine, self.wide, self.sighting = fine, wide, sighting
        self._near, self._far = _packed(fine), _packed(wide)
        self._highest_m = float(max(np.nanmax(fine.height_m), np.nanmax(wide.height_m)))
        self._independent = independent_a_degree
        view = View(sighting.eye_height_m)
        self._bend = 0.5 / float(effective_radius_m(wide.lat_deg, np.array([45.0]), view.refraction_k)[0])
        low, high = np.log(sighting.scale_low), np.log(sighting.scale_high)
        self.priors = np.array(
            [
                sighting.pitch_deg[0],
                1.0 / max(sighting.pitch_deg[1], 0.05) ** 2,
                sighting.roll_deg[0],
                1.0 / max(sighting.roll_deg[1], 0.05) ** 2,
                low,
                high,
                EYE_MEAN_M,
                1.0 / EYE_SD_M**2,
            ]
        )

    def bins(self, bin_deg: float) -> tuple[Rays, Floats, float, float]:
        """The line's bins, their errors [deg], the independent columns a bin, and its width [deg]."""
        bins = self.sighting.binned(bin_deg)
        unit = self.sighting.per_residual_deg if self.sighting.pinhole else float(np.degrees(1.0))
        width_deg = self.sighting.span_deg / max(1.0, float(np.ceil(self.sighting.span_deg / bin_deg)))
        share = min(1.0, self._independent * width_deg)
        return bins, bins.sigma * unit, share, width_deg

    def run(self, fits: Fits, how: Round, workers: int = 1) -> Fits:
        """Fit every candidate anew, as closely as said; the numbers do not depend on the workers."""
        from witnessmark.lines.terrain.refine_kernels import try_places

        bins, sigma_deg, share, width_deg = self.bins(how.bin_deg)
        place_m, pose = fits.place_m.copy(), fits.pose.copy()
        score, facts = np.empty(len(pose)), np.full((len(pose), 2), np.nan)
        offsets = np.array(how.offsets_m, np.float64).reshape(-1, 2)
        sighting = self.sighting
        edge = np.abs(bins.a).max()
        half = np.degrees(np.arctan(edge / sighting.scale_low) if sighting.pinhole else edge * sighting.scale_high)
        half = min(180.0, 1.03 * float(half) + MARGIN_DEG)

        def some(first: int) -> None:
            of = slice(first, first + PLACES_AT_ONCE)
            try_places(
                *self._near,
                *self._far,
                self._highest_m,
                SPLIT_M,
                how.growth,
                sighting.eye_height_m,
                self._bend,
                sighting.pinhole,
                bins.a,
                bins.b,
                sigma_deg,
                bins.side,
                half,
                how.step_deg,
                (CREST_DEG_M, CREST_FROM_M, TURN_DEG, ALIKE_M, width_deg),
                self.priors,
                TAIL,
                share,
                how.steps,
                offsets,
                how.shrinks,
                how.reach_m,
                place_m[of],
                pose[of],
                score[of],
                facts[of] if how.facts else facts[:0],
            )

        starts = range(0, len(score), PLACES_AT_ONCE)
        if workers <= 1:
            for first in starts:
                some(first)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(some, starts))
        return Fits(place_m, pose, score, facts)


def sorted_fits(fits: Fits) -> Fits:
    """Best first; ties by place, so that no order of computing shows."""
    order = np.lexsort((fits.place_m[:, 0], fits.place_m[:, 1], -fits.score))
    return fits.take(order[np.isfinite(fits.score[order])])


def apart(fits: Fits, least_m: float, most: int, heading_deg: float = 360.0) -> Fits:
    """Best first, without those within so far of a better one that looks the same way."""
    ranked = sorted_fits(fits)
    kept: list[int] = []
    held = np.empty((most, 2))
    looks = np.empty(most)
    for k in range(len(ranked.score)):
        n = len(kept)
        if n:
            near = ((held[:n] - ranked.place_m[k]) ** 2).sum(axis=1) < least_m * least_m
            turned = np.abs((looks[:n] - ranked.pose[k, 0] + 180.0) % 360.0 - 180.0) < heading_deg
            if bool((near & turned).any()):
                continue
        held[n], looks[n] = ranked.place_m[k], ranked.pose[k, 0]
        kept.append(k)
        if len(kept) == most:
            break
    return ranked.take(np.array(kept, np.intp))


def joined(parts: Sequence[Fits]) -> Fits:
    """All of some lists."""
    return Fits(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Fits)))


def cross(side_m: float) -> list[tuple[float, float]]:
    """A place and its four neighbours."""
    return [(0.0, 0.0), (side_m, 0.0), (-side_m, 0.0), (0.0, side_m), (0.0, -side_m)]


def _packed(ground: Ground) -> tuple[NDArray[np.float32], tuple[float, float, float]]:
    return np.ascontiguousarray(ground.height_m, np.float32), (ground.west_m, ground.south_m, ground.spacing_m)
