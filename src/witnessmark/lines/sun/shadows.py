"""From pixels to the sun: every mark's error drawn many times, and all marks of a frame joined into one direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.sun.camera import Cameras
from witnessmark.lines.sun.marks import Disc, MoonMark, Read, Shadow
from witnessmark.lines.sun.refraction import airless_deg, lift_deg

Floats = NDArray[np.float64]

SLOPE_DEG = 2.0
"""Standard deviation of the ground's slope along each of two directions: people do not see two degrees."""
ROUGH_SLOPE_DEG = 6.0
"""The same where the person says that the ground is not flat."""
SHARED = 0.5
"""Share of the slope's variance common to all shadows of a frame."""
OBJECT_LEAN_DEG = 0.7
"""Standard deviation of the lean of what stands upright, along each of two directions; stated, not measured."""
KEPT_SHARE = 0.1
"""A mark of which fewer of the drawn cameras make a sun above the horizon is refused as impossible.

Cameras that a mark makes impossible are left out; where little is known of the camera those are many.
"""
LIFT_ERROR = 0.07
"""Relative error of refraction: air pressure and temperature are not known."""
CONTRADICTION = 4.0
"""Marks that disagree by more than this many of their standard errors are not joined."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Mean slope of the ground, towards the camera's right and forward [rise over run], from an elevation model."""

    right: float
    forward: float


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Directions drawn for one mark.

    Attributes
    ----------
    mark : Read
    towards : ndarray of float64, shape (n, 3)
        Right, forward, up; NaN rows where the camera drawn makes no sun.
    along_ground : bool
        Only the azimuth counts.
    """

    mark: Read
    towards: Floats
    along_ground: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """One direction from all marks of a frame [deg]; see `observations.Sighting`."""

    azimuth_deg: float
    elevation_deg: float | None
    airless_deg: float | None
    across_deg: float
    upward_deg: float
    correlation_ratio: float
    marks: tuple[Read, ...]
    misfit: float


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two marks that no one sun can explain, and by how much they differ."""

    one: Read
    other: Read
    apart_deg: float
    standard_errors: float


def draw_mark(mark: Read, cameras: Cameras, slope: Slope, common: Floats, rng: np.random.Generator) -> Drawn:
    """Directions to the sun (or moon) from one mark, one a camera drawn.

    Parameters
    ----------
    mark : Read
        Of a shadow, a disc or the moon.
    common : ndarray of float64, shape (n, 2)
        Standard normal draws of the part of the slope that the frame's shadows share.
    """
    n = len(cameras.focal_px)
    if isinstance(mark.body, Shadow):
        return _shadow(mark, mark.body, cameras, slope, common, rng)
    disc = mark.body.disc if isinstance(mark.body, MoonMark) else mark.body
    assert isinstance(disc, Disc)
    at = np.array(disc.centre_px) + disc.sigma_px * rng.standard_normal((n, 2))
    return Drawn(mark, cameras.rays(at[:, 0], at[:, 1]), False)


def _shadow(
    mark: Read, body: Shadow, cameras: Cameras, slope: Slope, common: Floats, rng: np.random.Generator
) -> Drawn:
    """Cast base, tip and top onto the ground and the upright, and look from the tip to the top.

    Notes
    -----
    The base's distance is taken as 1, as nothing depends on it. The ground passes through the base with normal
    (-a, -b, 1); the tip is where its ray meets the ground; the top is the point of the upright nearest to its ray.
    """
    n = len(cameras.focal_px)
    noise = body.sigma_px * rng.standard_normal((3, n, 2))
    spread = math.radians(ROUGH_SLOPE_DEG if body.flat is False else SLOPE_DEG)
    own = rng.standard_normal((n, 2))
    tilt = np.array([slope.right, slope.forward])
    tilt = tilt + spread * (math.sqrt(SHARED) * common + math.sqrt(1.0 - SHARED) * own)
    normal = np.stack([-tilt[:, 0], -tilt[:, 1], np.ones(n)], axis=1)
    base = cameras.rays(*(np.array(body.base_px) + noise[0]).T)
    tip_ray = cameras.rays(*(np.array(body.tip_px) + noise[1]).T)
    base_fall, tip_fall = (normal * base).sum(axis=1), (normal * tip_ray).sum(axis=1)
    on_ground = (base_fall < -1e-4) & (tip_fall < -1e-4)
    tip = tip_ray * (base_fall / np.where(on_ground, tip_fall, 1.0))[:, None]
    if body.top_px is None:
        towards = base - tip
        towards[~on_ground] = np.nan
        return Drawn(mark, towards, True)
    top_ray = cameras.rays(*(np.array(body.top_px) + noise[2]).T)
    lean = math.radians(OBJECT_LEAN_DEG) * rng.standard_normal((n, 2))
    upright = np.concatenate([lean, np.ones((n, 1))], axis=1)
    upright /= np.linalg.norm(upright, axis=1, keepdims=True)
    beside = upright - top_ray * (top_ray * upright).sum(axis=1, keepdims=True)
    off = base - top_ray * (top_ray * base).sum(axis=1, keepdims=True)
    height = -(beside * off).sum(axis=1) / np.maximum((beside**2).sum(axis=1), 1e-12)
    towards = base + upright * height[:, None] - tip
    length = np.linalg.norm(towards, axis=1)
    good = on_ground & (height > 0.0) & (towards[:, 2] > 0.0) & (length > 0.0)
    towards = np.where(good[:, None], towards / np.where(good, length, 1.0)[:, None], np.nan)
    return Drawn(mark, towards, False)


def impossible(drawn: Drawn) -> str | None:
    """Why a mark makes no sun, or None."""
    share = float(np.mean(np.isfinite(drawn.towards[:, 0])))
    if share >= KEPT_SHARE:
        return None
    return (
        f"The {drawn.mark.kind} mark {drawn.mark.id[:60]} makes no possible sun for {1.0 - share:.0%} of the cameras "
        "that fit the frame: its tip or base lies above the ground's horizon, or the top below the base."
    )


def join(drawn: Sequence[Drawn]) -> Joined | Contradiction:
    """One direction with one covariance from all marks of a frame.

    Notes
    -----
    Each mark gives one or two coordinates in the plane that touches the sphere at their mean (Lambert's equal-area
    projection, Snyder 1987, chapter 24). Their covariance over the samples, which holds what the marks share through
    the camera and the ground, gives the generalised least-squares mean (Aitken 1935, doi:10.1017/S0370164600014346);
    where marks disagree by more than their errors, the errors are enlarged by as much (Birge 1932,
    doi:10.1103/PhysRev.40.207).
    """
    full = [entry for entry in drawn if not entry.along_ground]
    if not full:
        return _along_ground(drawn)
    usable = np.all([np.isfinite(entry.towards[:, 0]) for entry in drawn], axis=0)
    if np.count_nonzero(usable) < 30:
        return _apart(drawn)
    middle = np.sum([_robust_mean(entry.towards[usable]) for entry in full], axis=0)
    middle /= np.linalg.norm(middle)
    rows, design = [], []
    for entry in drawn:
        across, upward = plane(entry.towards[usable], middle)
        if entry.along_ground:
            azimuth = np.arctan2(entry.towards[usable, 0], entry.towards[usable, 1])
            centre = math.atan2(middle[0], middle[1])
            rows.append(np.sin(azimuth - centre) * math.hypot(middle[0], middle[1]))
            design.append([1.0, 0.0])
        else:
            rows.extend([across, upward])
            design.extend([[1.0, 0.0], [0.0, 1.0]])
    table = np.array([_winsorised(row) for row in rows])
    means, h = np.median(table, axis=1), np.array(design)
    covariance = np.cov(table) + np.diag(np.full(len(rows), 1e-8))
    precise = np.linalg.inv(covariance)
    joint = np.linalg.inv(h.T @ precise @ h)
    best = joint @ h.T @ precise @ means
    left = means - h @ best
    spare = len(rows) - 2
    birge = math.sqrt(max(1.0, float(left @ precise @ left) / spare)) if spare else 1.0
    if birge > CONTRADICTION:
        return _apart(drawn)
    direction = from_plane(best, middle)
    elevation = math.degrees(math.asin(direction[2]))
    lift = float(lift_deg(airless_deg(np.array([elevation])))[0])
    joint = joint * birge**2
    upward_deg = math.hypot(math.degrees(math.sqrt(joint[1, 1])), LIFT_ERROR * lift)
    across_deg = math.degrees(math.sqrt(joint[0, 0]))
    return Joined(
        azimuth_deg=math.degrees(math.atan2(direction[0], direction[1])),
        elevation_deg=elevation,
        airless_deg=float(airless_deg(np.array([elevation]))[0]),
        across_deg=across_deg,
        upward_deg=upward_deg,
        correlation_ratio=float(np.clip(math.degrees(1.0) ** 2 * joint[0, 1] / (across_deg * upward_deg), -0.99, 0.99)),
        marks=tuple(entry.mark for entry in drawn),
        misfit=birge,
    )


def plane(towards: Floats, middle: Floats) -> tuple[Floats, Floats]:
    """Coordinates [rad] in the equal-area plane that touches the sphere at `middle`: across (right) and upward."""
    level = math.hypot(middle[0], middle[1])
    right = np.array([middle[1], -middle[0], 0.0]) / level if level > 1e-9 else np.array([1.0, 0.0, 0.0])
    up = np.cross(right, middle)
    scale = np.sqrt(2.0 / np.maximum(1.0 + towards @ middle, 1e-6))
    return (towards @ right) * scale, (towards @ up) * scale


def from_plane(at: Floats, middle: Floats) -> Floats:
    """The direction of a point in that plane; the inverse of `plane`."""
    level = math.hypot(middle[0], middle[1])
    right = np.array([middle[1], -middle[0], 0.0]) / level if level > 1e-9 else np.array([1.0, 0.0, 0.0])
    up = np.cross(right, middle)
    square = min(float(at @ at), 3.9)
    result: Floats = middle * (1.0 - square / 2.0) + math.sqrt(1.0 - square / 4.0) * (at[0] * right + at[1] * up)
    return result


def _along_ground(drawn: Sequence[Drawn]) -> Joined | Contradiction:
    """Only azimuths: tops were not marked."""
    usable = np.all([np.isfinite(entry.towards[:, 0]) for entry in drawn], axis=0)
    level = [entry.towards[usable, :2] / np.linalg.norm(entry.towards[usable, :2], axis=1)[:, None] for entry in drawn]
    middle = np.sum([part.mean(axis=0) for part in level], axis=0)
    centre = math.atan2(middle[0], middle[1])
    table = np.array([_winsorised(_turned(np.arctan2(part[:, 0], part[:, 1]) - centre)) for part in level])
    covariance = np.atleast_2d(np.cov(table)) + np.diag(np.full(len(level), 1e-8))
    precise = np.linalg.inv(covariance)
    ones = np.ones(len(level))
    variance = 1.0 / float(ones @ precise @ ones)
    means = np.median(table, axis=1)
    best = variance * float(ones @ precise @ means)
    left = means - best
    birge = math.sqrt(max(1.0, float(left @ precise @ left) / (len(level) - 1))) if len(level) > 1 else 1.0
    if birge > CONTRADICTION:
        return _apart(drawn)
    return Joined(
        azimuth_deg=math.degrees(float(_turned(np.array(centre + best)))),
        elevation_deg=None,
        airless_deg=None,
        across_deg=math.degrees(math.sqrt(variance) * birge),
        upward_deg=0.0,
        correlation_ratio=0.0,
        marks=tuple(entry.mark for entry in drawn),
        misfit=birge,
    )


def _apart(drawn: Sequence[Drawn]) -> Contradiction:
    """The pair of marks that differ most, in their standard errors."""
    worst: Contradiction | None = None
    for index, one in enumerate(drawn):
        for other in drawn[index + 1 :]:
            both = np.isfinite(one.towards[:, 0]) & np.isfinite(other.towards[:, 0])
            if np.count_nonzero(both) < 30:
                found = Contradiction(one.mark, other.mark, 180.0, math.inf)
            else:
                found = _difference(one, other, both)
            if worst is None or found.standard_errors > worst.standard_errors:
                worst = found
    assert worst is not None
    return worst


def _difference(one: Drawn, other: Drawn, both: NDArray[np.bool_]) -> Contradiction:
    first, second = one.towards[both], other.towards[both]
    turn = _turned(np.arctan2(first[:, 0], first[:, 1]) - np.arctan2(second[:, 0], second[:, 1]))
    gaps = [turn * math.cos(math.asin(float(np.clip(np.median(first[:, 2]), 0.0, 1.0))))]
    if not one.along_ground and not other.along_ground:
        gaps.append(np.arcsin(first[:, 2]) - np.arcsin(second[:, 2]))
    errors = [abs(float(np.median(gap))) / max(float(np.std(_winsorised(gap))), 1e-6) for gap in gaps]
    worst = int(np.argmax(errors))
    apart = [abs(float(np.median(turn))), *(abs(float(np.median(gap))) for gap in gaps[1:])]
    return Contradiction(one.mark, other.mark, math.degrees(apart[worst]), errors[worst])


def _robust_mean(towards: Floats) -> Floats:
    middle = np.median(towards, axis=0)
    return np.asarray(middle / np.linalg.norm(middle))


def _winsorised(values: Floats) -> Floats:
    """Values held within their 1st and 99th percentiles: single wild draws must not set the error."""
    low, high = np.percentile(values, [1.0, 99.0])
    return np.clip(values, low, high)


def _turned(angle_rad: Floats) -> Floats:
    """Angles reduced to -pi..pi."""
    return np.asarray(np.mod(angle_rad + np.pi, 2.0 * np.pi) - np.pi)
