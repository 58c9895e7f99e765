"""How a place fits, column by column: the ridge the model has in each direction beside what was marked there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain import refine
from witnessmark.lines.terrain.march import Marcher
from witnessmark.lines.terrain.march import Skyline as Marched
from witnessmark.lines.terrain.observations import Column, Crest, Place
from witnessmark.lines.terrain.records import Candidate
from witnessmark.lines.terrain.sighting import Sighting, directions_rad

COLUMNS = 160
"""Directions across the frame that are kept of a place."""
PAN_STEP_DEG = 0.75
MOST_COLUMNS = 480
NEAREST_M = 30.0
"""An eye that is higher by a metre does not lower what is nearer than this any further."""
ROUNDS = 6
SHARE = 0.2
"""Independent columns a column that is kept, about: neighbours err alike."""
CREST_STEP = 2
"""Ridges in front are kept of every so many directions."""

Floats = NDArray[np.float64]


def project(
    pinhole: bool, azimuth_rad: Floats, elevation_rad: Floats, scale: float, pitch_rad: float, roll_rad: float
) -> tuple[Floats, Floats]:
    """Where directions from the axis fall: the other way round of `sighting.directions_rad`.

    Directions behind a pinhole camera give NaN.
    """
    level = np.cos(elevation_rad)
    ahead, right, above = level * np.cos(azimuth_rad), level * np.sin(azimuth_rad), np.sin(elevation_rad)
    forward = ahead * np.cos(pitch_rad) + above * np.sin(pitch_rad)
    up = above * np.cos(pitch_rad) - ahead * np.sin(pitch_rad)
    right, up = right * np.cos(roll_rad) - up * np.sin(roll_rad), up * np.cos(roll_rad) + right * np.sin(roll_rad)
    if pinhole:
        forward = np.where(forward > 1e-3, forward, np.nan)
        return np.asarray(scale * right / forward), np.asarray(scale * up / forward)
    return np.asarray(np.arctan2(right, forward) / scale), np.asarray(np.arctan2(up, np.hypot(right, forward)) / scale)


def scale_of(sighting: Sighting, hfov_deg: float) -> float:
    """The scale at which a sight has this field of view; the other way round of `Sighting.hfov_deg`."""
    if sighting.pinhole:
        return float(0.5 * sighting.width_px / np.tan(np.radians(hfov_deg) / 2.0))
    span = float(np.degrees(np.ptp(sighting.points.a)))
    return hfov_deg / span if span > 0.0 else 1.0


@dataclass(frozen=True, slots=True)
class Errors:
    """How far the model's ridge may be off; see `refine` for what was measured.

    Attributes
    ----------
    at_metre_deg, from_m : float
        Standard error of its elevation [deg m], divided by its distance and the second.
    eye_mean_m, eye_sd_m : float
        By how much the eye stands higher over what it sees than the model has it.
    tail : float
        Degrees of freedom of the Student t that the residuals follow.
    """

    at_metre_deg: float
    from_m: float
    eye_mean_m: float
    eye_sd_m: float
    tail: float

    @classmethod
    def measured(cls) -> Errors:
        """Those that the search weighs with."""
        return cls(refine.CREST_DEG_M, refine.CREST_FROM_M, refine.EYE_MEAN_M, refine.EYE_SD_M, refine.TAIL)

    def ground_deg(self, range_m: Floats) -> Floats:
        """Standard error of a ridge's elevation [deg]."""
        return np.asarray(self.at_metre_deg / (range_m + self.from_m), np.float64)


def fit(sighting: Sighting, candidate: Candidate, marcher: Marcher, errors: Errors, *, height_px: int = 0) -> Place:
    """A candidate with every column beside the model's skyline.

    Parameters
    ----------
    sighting : Sighting
    candidate : Candidate
    marcher : Marcher
        Of ground around the candidate.
    errors : Errors
    height_px : int
        Of the frame; pixel rows are counted from its top. Not used for a pan.

    Returns
    -------
    Place

    Raises
    ------
    BadInputError
        When the candidate stands where there is no ground.
    """
    ground = marcher.ground
    x, y = ground.to_local(np.array([candidate.lat_deg]), np.array([candidate.lon_deg]))
    pose = _Pose(sighting, candidate, height_px)
    across = _across(sighting)
    line = [_line(sighting, side) for side in (0, 1)]
    guess = next((np.interp(across, each[0], each[1]) for each in line if len(each[0])), np.zeros_like(across))
    azimuth, _ = pose.directions(across, guess)
    found = marcher.skyline(float(x[0]), float(y[0]), np.mod(candidate.heading_deg + np.degrees(azimuth), 360.0))
    flat = np.arctan(found.tangent)
    raised_m = _raised_m(pose, line, azimuth, flat, found.range_m, errors)
    elevation = flat - raised_m / np.maximum(found.range_m, NEAREST_M)
    at_a, at_b = pose.points(azimuth, elevation)
    columns: list[Column] = []
    for k in np.flatnonzero(np.isfinite(at_a) & np.isfinite(at_b)).tolist():
        seen = [_at(each, float(at_a[k])) for each in line]
        side = 0 if np.isfinite(seen[0][0]) else 1
        columns.append(
            _column(pose, found, k, float(elevation[k]), (float(at_a[k]), float(at_b[k])), seen[side], side, errors)
        )
    return Place(
        candidate.lat_deg,
        candidate.lon_deg,
        found.eye_m - marcher.view.eye_height_m,
        candidate.heading_deg,
        candidate.pitch_deg,
        candidate.roll_deg,
        candidate.hfov_deg,
        candidate.log_likelihood_nats,
        candidate.residual_px,
        candidate.probability,
        round(raised_m, 2),
        tuple(sorted(columns, key=lambda column: column.x_px)),
        _crests(pose, found, azimuth),
    )


class _Pose:
    """A sight under a candidate's pose: from directions to the picture and back."""

    def __init__(self, sighting: Sighting, candidate: Candidate, height_px: int) -> None:
        self.sighting, self.candidate = sighting, candidate
        self.pinhole = sighting.pinhole
        self.scale = scale_of(sighting, candidate.hfov_deg)
        self._turns = float(np.radians(candidate.pitch_deg)), float(np.radians(candidate.roll_deg))
        self._middle = (sighting.width_px - 1.0) / 2.0, (height_px - 1.0) / 2.0
        self.unit_deg = float(np.degrees(1.0 / self.scale)) if self.pinhole else 0.01
        """Degrees to a unit of a residual."""

    def directions(self, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        return directions_rad(self.pinhole, a, b, self.scale, *self._turns)

    def points(self, azimuth_rad: Floats, elevation_rad: Floats) -> tuple[Floats, Floats]:
        return project(self.pinhole, azimuth_rad, elevation_rad, self.scale, *self._turns)

    def shown(self, a: float, b: float) -> tuple[float, float]:
        """Where a point stands in the picture: pixels; of a pan its own bearing and the true elevation [deg]."""
        if self.pinhole:
            return self._middle[0] + a, self._middle[1] - b
        _, elevation = self.directions(np.array([a]), np.array([b]))
        return float(np.degrees(a)), float(np.degrees(elevation[0]))

    def units(self, apart: float) -> float:
        """A difference of b as a residual: pixels, or hundredths of a degree."""
        return apart if self.pinhole else 100.0 * float(np.degrees(apart)) * self.scale


def _across(sighting: Sighting) -> Floats:
    """Directions across the whole sight."""
    if sighting.pinhole:
        half = (sighting.width_px - 1.0) / 2.0
        return np.linspace(-half, half, COLUMNS)
    span = float(np.degrees(np.ptp(sighting.points.a)))
    n = int(np.clip(np.ceil(span / PAN_STEP_DEG), COLUMNS, MOST_COLUMNS))
    return np.linspace(sighting.points.a.min(), sighting.points.a.max(), n)


def _line(sighting: Sighting, side: int) -> tuple[Floats, Floats, Floats]:
    """Points of the line of one side in order, with their errors."""
    points = sighting.points
    of = np.flatnonzero(points.side == side)
    of = of[np.argsort(points.a[of], kind="stable")]
    return points.a[of], points.b[of], points.sigma[of]


def _at(line: tuple[Floats, Floats, Floats], a: float) -> tuple[float, float]:
    """Where the line stands at a column and its error; NaN where it has no point within a column or two."""
    if not len(line[0]):
        return np.nan, np.nan
    near = int(np.argmin(np.abs(line[0] - a)))
    gap = float(np.median(np.diff(line[0]))) if len(line[0]) > 1 else 1.0
    if abs(float(line[0][near]) - a) > 1.5 * gap:
        return np.nan, np.nan
    return float(np.interp(a, line[0], line[1])), float(line[2][near])


def _raised_m(
    pose: _Pose,
    line: list[tuple[Floats, Floats, Floats]],
    azimuth_rad: Floats,
    elevation_rad: Floats,
    range_m: Floats,
    errors: Errors,
) -> float:
    """By how much the eye stands higher than the model has it, as the line has it.

    Notes
    -----
    The mean of a normal prior and of the line's residuals, weighted as Student's t weighs them (iteratively): an eye
    higher by h lowers a ridge at distance r by h / r.
    """
    at_a, at_b = pose.points(azimuth_rad, elevation_rad)
    known = np.isfinite(at_a) & np.isfinite(at_b)
    if not known.any() or not len(line[0][0]):
        return errors.eye_mean_m
    seen = np.array([_at(line[0], float(a)) for a in at_a[known]]).reshape(-1, 2)
    held = np.isfinite(seen[:, 0])
    if not held.any():
        return errors.eye_mean_m
    unit = np.radians(pose.unit_deg)
    left = np.array([pose.units(float(value)) for value in (seen[:, 0] - at_b[known])[held]]) * unit
    sinks = 1.0 / np.maximum(range_m[known][held], NEAREST_M)
    sigma = np.array([pose.units(float(value)) for value in seen[held, 1]]) * unit
    spread = np.hypot(sigma, np.radians(errors.ground_deg(range_m[known][held])))
    raised = errors.eye_mean_m
    for _ in range(ROUNDS):
        off = left + raised * sinks
        weight = (errors.tail + 1.0) / (errors.tail + (off / spread) ** 2) / spread**2 * SHARE
        precision = 1.0 / errors.eye_sd_m**2
        raised = (precision * errors.eye_mean_m - float(np.sum(weight * sinks * left))) / (
            precision + float(np.sum(weight * sinks**2))
        )
    return raised


def _column(
    pose: _Pose,
    found: Marched,
    k: int,
    elevation_rad: float,
    at: tuple[float, float],
    seen: tuple[float, float],
    side: int,
    errors: Errors,
) -> Column:
    x, model_y = pose.shown(*at)
    seen_y = residual = error = None
    if np.isfinite(seen[0]):
        seen_y = round(pose.shown(at[0], seen[0])[1], 4)
        residual = round(pose.units(seen[0] - at[1]), 3)
        ground = float(errors.ground_deg(found.range_m[k : k + 1])[0])
        error = round(float(np.hypot(pose.units(seen[1]), ground / pose.unit_deg)), 3)
    return Column(
        round(x, 3),
        round(model_y, 4),
        seen_y,
        round(float(found.azimuth_deg[k]), 3),
        round(float(np.degrees(elevation_rad)), 4),
        round(float(found.range_m[k]), 1),
        residual,
        error,
        seen_y is not None and side == 1,
    )


def _crests(pose: _Pose, found: Marched, azimuth_rad: Floats) -> tuple[Crest, ...]:
    """Ridges in front, of some of the directions."""
    made: list[Crest] = []
    for k in range(0, len(azimuth_rad), CREST_STEP):
        for tangent, range_m in zip(found.inner_tangent[k], found.inner_range_m[k], strict=True):
            if not np.isfinite(tangent):
                continue
            a, b = pose.points(azimuth_rad[k : k + 1], np.arctan(np.array([tangent])))
            if np.isfinite(a[0]) and np.isfinite(b[0]):
                x, y = pose.shown(float(a[0]), float(b[0]))
                made.append(Crest(round(x, 2), round(y, 3), round(float(range_m), 1)))
    return tuple(made)
