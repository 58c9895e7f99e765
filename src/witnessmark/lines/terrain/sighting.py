"""A skyline or a pan as rays of one eye: what every step of the matching reads, whatever the camera was."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.records import Pan, Peak, Polyline, Skyline, Span

Floats = NDArray[np.float64]

HFOV_UNKNOWN_DEG = (25.0, 100.0)
"""From a threefold telephone lens to an action camera; what is assumed when nobody says."""
PITCH_UNKNOWN_DEG = (0.0, 12.0)
ROLL_UNKNOWN_DEG = (0.0, 4.0)
"""Hand-held frames hang about the level; means and standard deviations when nobody says."""
HFOV_LEAST_DEG, HFOV_MOST_DEG = 1.0, 170.0
SPREAD_OF_SCALE = 2.0
"""Standard errors of a pan's scale to either side that are searched."""


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Points of a line in the camera's or the pan's own frame, at the middle of the scales.

    Attributes
    ----------
    a, b : ndarray of float64, shape (n,)
        Of a frame: right and up of the middle [px]. Of a pan: azimuth and elevation [rad].
    sigma : ndarray of float64, shape (n,)
        Standard error of b.
    side : ndarray of int8, shape (n,)
        0: the ground's edge lies here; 1: the ground is at most here.
    """

    a: Floats
    b: Floats
    sigma: Floats
    side: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A sight made ready.

    Attributes
    ----------
    pinhole : bool
        A frame, whose scale is the focal length [px]; else a pan, whose scale multiplies all angles.
    points : Rays
        All columns of the line that count, left to right.
    scale_low, scale_high : float
        Equal when known.
    pitch_deg, roll_deg : (mean, sd)
    eye_height_m : float
    inner : Rays
        Of ridges in front.
    peaks : tuple of Peak
        With their pixels measured right and up from the middle.
    width_px : float
        Of a frame; 0 for a pan.
    per_residual_deg : float
        Degrees to a unit of the residual: of a pixel in the frame's middle, or a hundredth.
    """

    pinhole: bool
    points: Rays
    scale_low: float
    scale_high: float
    pitch_deg: tuple[float, float]
    roll_deg: tuple[float, float]
    eye_height_m: float
    width_px: float
    per_residual_deg: float
    inner: Rays = field(default_factory=lambda: _none())
    peaks: tuple[Peak, ...] = ()

    @property
    def scale(self) -> float:
        """The middle of the scales."""
        return float(np.sqrt(self.scale_low * self.scale_high))

    @property
    def sigma_deg(self) -> float:
        """Standard error of the line's points."""
        if not len(self.points.sigma):
            return 0.0
        unit = self.per_residual_deg if self.pinhole else float(np.degrees(1.0))
        return float(np.median(self.points.sigma)) * unit

    @property
    def span_deg(self) -> float:
        """Angle between the line's outermost points, level, at the middle scale."""
        a = self.points.a
        edge = np.arctan(a / self.scale) if self.pinhole else a * self.scale
        return float(np.degrees(edge.max() - edge.min())) if len(a) else 0.0

    def hfov_deg(self, scale: float) -> float:
        """Horizontal field of view of a scale; of a pan its span."""
        if self.pinhole:
            return float(np.degrees(2.0 * np.arctan(0.5 * self.width_px / scale)))
        return float(np.degrees(np.ptp(self.points.a)) * scale)

    def binned(self, width_deg: float, least: int = 24, most: int = 240) -> Rays:
        """The line's points in bins about so wide: medians, which single spikes do not move.

        Points that stand for `at most` are binned by themselves.
        """
        parts = []
        n_bins = int(np.clip(np.ceil(self.span_deg / width_deg), least, most))
        edges = np.linspace(self.points.a.min(), self.points.a.max() + 1e-9, n_bins + 1)
        for side in (0, 1):
            of = self.points.side == side
            parts.append(_medians(self.points, np.flatnonzero(of), edges))
        return Rays(*(np.concatenate(some) for some in zip(*parts, strict=True)))


def sighting_of(sight: Skyline | Pan) -> Sighting:
    """Make a sight ready.

    Raises
    ------
    BadInputError
        When it says nothing that a camera can see.
    """
    return _of_pan(sight) if isinstance(sight, Pan) else _of_frame(sight)


def directions_rad(
    pinhole: bool, a: Floats, b: Floats, scale: float, pitch_rad: float, roll_rad: float
) -> tuple[Floats, Floats]:
    """Azimuths from the axis and elevations of points, under a pose.

    Notes
    -----
    A point's ray in the camera is (forward, right, up) = (1, a / f, b / f), or that of the pan's own angles times its
    scale. The camera then turns clockwise about its axis by the roll and rises by the pitch.
    """
    if pinhole:
        forward, right, up = np.ones_like(a), a / scale, b / scale
    else:
        forward, right = np.cos(b * scale) * np.cos(a * scale), np.cos(b * scale) * np.sin(a * scale)
        up = np.sin(b * scale)
    right, up = right * np.cos(roll_rad) + up * np.sin(roll_rad), up * np.cos(roll_rad) - right * np.sin(roll_rad)
    ahead = forward * np.cos(pitch_rad) - up * np.sin(pitch_rad)
    above = forward * np.sin(pitch_rad) + up * np.cos(pitch_rad)
    return np.arctan2(right, ahead), np.arctan2(above, np.hypot(right, ahead))


def _of_frame(sight: Skyline) -> Sighting:
    width, height = float(sight.width_px), float(sight.height_px)
    if not (width >= 2 and height >= 2):
        raise BadInputError(f"A frame of {width:g} x {height:g} pixels.", "Give the size of the frame that was marked.")
    if not (np.isfinite(sight.sigma_px) and sight.sigma_px > 0.0):
        raise BadInputError(f"A skyline good to {sight.sigma_px} px.", "Give its standard error, above 0.")
    low, high = HFOV_UNKNOWN_DEG if sight.hfov_deg is None else sight.hfov_deg
    if not HFOV_LEAST_DEG <= low <= high <= HFOV_MOST_DEG:
        raise BadInputError(
            f"A horizontal field of view from {low:g} to {high:g} degrees.",
            f"Give degrees between {HFOV_LEAST_DEG:g} and {HFOV_MOST_DEG:g}, the lower first, or none.",
        )
    middle = ((width - 1.0) / 2.0, (height - 1.0) / 2.0)
    scales = sorted(0.5 * width / np.tan(np.radians(angle) / 2.0) for angle in (low, high))
    lines = [(sight.skyline_px, 0)] + [(line, 1) for line in sight.at_most_px]
    parts = [_columns(line, side, sight.ignore_px, middle, sight.sigma_px) for line, side in lines]
    inner = [_columns(line, 0, sight.ignore_px, middle, sight.sigma_px) for line in sight.inner_px]
    per_px = float(np.degrees(1.0 / np.sqrt(scales[0] * scales[1])))
    peaks = tuple(
        Peak(peak.name, peak.lat_deg, peak.lon_deg, peak.x_px - middle[0], middle[1] - peak.y_px)
        for peak in sight.peaks
    )
    return Sighting(
        True,
        _joined(parts),
        float(scales[0]),
        float(scales[1]),
        PITCH_UNKNOWN_DEG if sight.pitch_deg is None else sight.pitch_deg,
        ROLL_UNKNOWN_DEG if sight.roll_deg is None else sight.roll_deg,
        sight.eye_height_m,
        width,
        per_px,
        _joined(inner),
        peaks,
    )


def _of_pan(sight: Pan) -> Sighting:
    a = np.radians(np.asarray(sight.azimuth_deg, np.float64))
    b = np.radians(np.asarray(sight.elevation_deg, np.float64))
    sigma = np.radians(np.asarray(sight.sigma_deg, np.float64))
    if not (len(a) == len(b) == len(sigma) and np.isfinite([a, b, sigma]).all()):
        raise BadInputError("A pan needs as many bearings as elevations and errors, all numbers.", "Stitch it anew.")
    if len(a) and not ((np.diff(a) > 0.0).all() and (sigma > 0.0).all()):
        raise BadInputError("A pan's bearings do not ascend, or an error is not above 0.", "Stitch it anew.")
    span = max(float(np.degrees(np.ptp(a))) if len(a) else 0.0, 1.0)
    spread = SPREAD_OF_SCALE * float(np.hypot(sight.scale_sd, sight.drift_deg_sd / span))
    return Sighting(
        False,
        Rays(a, b, sigma, np.zeros(len(a), np.int8)),
        1.0 / (1.0 + spread),
        1.0 + spread,
        sight.pitch_deg,
        sight.roll_deg,
        sight.eye_height_m,
        0.0,
        0.01,
    )


def _columns(line: Polyline, side: int, ignore: tuple[Span, ...], middle: tuple[float, float], sigma_px: float) -> Rays:
    """A polyline at every whole column it covers that is not to be ignored."""
    points = np.asarray(line, np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise BadInputError("A line holds a point that is not a number.", "Draw it anew.")
    if len(points) < 2:
        return _none()
    if not (np.diff(points[:, 0]) > 0.0).all():
        raise BadInputError("A line does not run from left to right.", "Turn it round, or draw it anew.")
    x = np.arange(np.ceil(points[0, 0]), np.floor(points[-1, 0]) + 1.0)
    kept = np.ones(len(x), bool)
    for low, high in ignore:
        kept &= ~((x >= low) & (x <= high))
    x = x[kept]
    y = np.interp(x, points[:, 0], points[:, 1])
    return Rays(x - middle[0], middle[1] - y, np.full(len(x), sigma_px), np.full(len(x), side, np.int8))


def _medians(rays: Rays, kept: NDArray[np.intp], edges: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.int8]]:
    """Bins of some points, those with at least a third of a full bin's; the mean of a, the median of b."""
    bins = np.digitize(rays.a[kept], edges) - 1
    counts = np.bincount(bins, minlength=len(edges)) if len(kept) else np.zeros(len(edges), np.int64)
    enough = max(1, int(np.median(counts[counts > 0])) // 3) if len(kept) else 1
    a, b, sigma, side = [], [], [], []
    for k in np.flatnonzero(counts >= enough):
        of = kept[bins == k]
        a.append(float(rays.a[of].mean()))
        b.append(float(np.median(rays.b[of])))
        sigma.append(float(rays.sigma[of].mean()))
        side.append(int(rays.side[of[0]]))
    return np.array(a), np.array(b), np.array(sigma), np.array(side, np.int8)


def _joined(parts: list[Rays]) -> Rays:
    if not parts:
        return _none()
    return Rays(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("a", "b", "sigma", "side")))


def _none() -> Rays:
    return Rays(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, np.int8))
