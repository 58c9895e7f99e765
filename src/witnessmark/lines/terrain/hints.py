"""What marks besides the skyline say of a place: known summits, and ridges in front."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.ground import Ground, effective_radius_m
from witnessmark.lines.terrain.horizon import Profiles, View
from witnessmark.lines.terrain.march import Marcher
from witnessmark.lines.terrain.records import Peak
from witnessmark.lines.terrain.refine import CREST_DEG_M, CREST_FROM_M, Fits
from witnessmark.lines.terrain.sighting import Sighting, directions_rad

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SUMMIT_M = 100.0
"""Standard error of a summit's place: of a name on a map, and of the model's highest post near it."""
POINTING_DEG = 0.3
"""Of a summit marked in a frame, besides the marking's own error."""
COARSE_DEG = 2.0
"""Of a heading of the coarse search, besides the lens and the summit."""
LEAST_NATS = -12.0
"""No summit takes more from a place than this: the name can be wrong."""
INNER_LEAST_NATS = -3.0
"""No column of a ridge in front takes more than this: the model may not hold that ridge."""


def headings_allowed(sighting: Sighting, profiles: Profiles, ground: Ground) -> Floats32 | None:
    """Log density of each heading of each place by the summits marked; None without summits.

    Returns
    -------
    ndarray of float32, shape (n_places, n_azimuths), or None
    """
    if not sighting.peaks:
        return None
    x, y = (grid.ravel() for grid in np.meshgrid(profiles.x_m, profiles.y_m))
    total = np.zeros((len(x), len(profiles.azimuth_deg)), np.float32)
    for peak in sighting.peaks:
        east, north, _ = _summit(peak, ground)
        bearing, away = np.degrees(np.arctan2(east - x, north - y)), np.hypot(east - x, north - y)
        turn = [_direction(sighting, peak, f, sighting.pitch_deg[0], 0.0)[0] for f in _scales(sighting)]
        error = np.hypot(COARSE_DEG + 0.5 * abs(turn[0] - turn[2]), np.degrees(np.arctan2(3.0 * SUMMIT_M, away)))
        off = (profiles.azimuth_deg[None, :] - (bearing - turn[1])[:, None] + 180.0) % 360.0 - 180.0
        total += np.maximum(-0.5 * (off / error[:, None]) ** 2, LEAST_NATS).astype(np.float32)
    return total


def weighed_by_hints(fits: Fits, sighting: Sighting, fine: Ground, wide: Ground, share: float) -> Fits:
    """Fits with what summits and ridges in front add to their log densities.

    Parameters
    ----------
    fine, wide : Ground
        Ridges in front are looked for on the first, summits on the second.
    share : float
        Independent columns a column of the ridges in front.
    """
    score = fits.score.copy()
    for peak in sighting.peaks:
        score += _of_peak(fits, sighting, peak, wide)
    if len(sighting.inner.a):
        marcher = Marcher(fine, View(sighting.eye_height_m))
        for k in range(len(score)):
            score[k] += share * _of_ridges(fits.place_m[k], fits.pose[k], sighting, marcher)
    return replace(fits, score=score)


def _of_peak(fits: Fits, sighting: Sighting, peak: Peak, ground: Ground) -> Floats:
    east, north, top_m = _summit(peak, ground)
    x, y = fits.place_m[:, 0], fits.place_m[:, 1]
    away = np.maximum(np.hypot(east - x, north - y), 1.0)
    bearing = np.degrees(np.arctan2(east - x, north - y))
    eye_m = ground.height_at_m(x, y) + sighting.eye_height_m + fits.pose[:, 4]
    bend = 0.5 / effective_radius_m(ground.lat_deg, np.asarray(bearing, np.float64))
    rise = np.degrees(np.arctan((top_m - eye_m - bend * away * away) / away))
    seen = np.array(
        [_direction(sighting, peak, float(np.exp(pose[3])), float(pose[1]), float(pose[2])) for pose in fits.pose]
    ).reshape(-1, 2)
    error = np.sqrt(POINTING_DEG**2 + sighting.sigma_deg**2 + np.degrees(np.arctan2(SUMMIT_M, away)) ** 2)
    turned = (fits.pose[:, 0] + seen[:, 0] - bearing + 180.0) % 360.0 - 180.0
    density = -0.5 * (turned / error) ** 2 - 0.5 * ((rise - seen[:, 1]) / error) ** 2
    return np.asarray(np.maximum(np.nan_to_num(density, nan=LEAST_NATS), LEAST_NATS), np.float64)


def _of_ridges(place_m: Floats, pose: Floats, sighting: Sighting, marcher: Marcher) -> float:
    """Log density of the columns of ridges in front: each next to the nearest crest that the ground has there."""
    inner = sighting.inner
    columns = np.linspace(0, len(inner.a) - 1, min(len(inner.a), 60)).astype(np.intp)
    azimuth, elevation = directions_rad(
        sighting.pinhole,
        inner.a[columns],
        inner.b[columns],
        float(np.exp(pose[3])),
        float(np.radians(pose[1])),
        float(np.radians(pose[2])),
    )
    turn = float(marcher.ground.convergence_deg(place_m[:1], place_m[1:])[0])
    seen = marcher.skyline(float(place_m[0]), float(place_m[1]), pose[0] + np.degrees(azimuth) + turn)
    crest = np.degrees(np.arctan(np.column_stack([seen.inner_tangent, seen.tangent])))
    far = np.column_stack([seen.inner_range_m, seen.range_m])
    error = np.hypot(inner.sigma[columns][:, None] * sighting.per_residual_deg, CREST_DEG_M / (far + CREST_FROM_M))
    density = -0.5 * ((crest - np.degrees(pose[4] / far) - np.degrees(elevation)[:, None]) / error) ** 2
    best = np.nan_to_num(density, nan=-np.inf).max(axis=1)
    return float(np.maximum(best, INNER_LEAST_NATS).mean() * len(inner.a))


def _summit(peak: Peak, ground: Ground) -> tuple[float, float, float]:
    """East, north and height of a summit: the highest within its error [m]."""
    x, y = ground.to_local(np.array([peak.lat_deg]), np.array([peak.lon_deg]))
    step = np.linspace(-2.0 * SUMMIT_M, 2.0 * SUMMIT_M, 9)
    around_x, around_y = np.meshgrid(x + step, y + step)
    height = ground.height_at_m(around_x, around_y)
    if not np.isfinite(height).any():
        return float(x[0]), float(y[0]), np.nan
    k = int(np.nanargmax(height))
    return float(around_x.flat[k]), float(around_y.flat[k]), float(height.flat[k])


def _direction(sighting: Sighting, peak: Peak, scale: float, pitch_deg: float, roll_deg: float) -> tuple[float, float]:
    """Bearing from the axis and elevation of a marked summit [deg]."""
    at = np.array([peak.x_px]), np.array([peak.y_px])
    azimuth, elevation = directions_rad(
        sighting.pinhole, *at, scale, float(np.radians(pitch_deg)), float(np.radians(roll_deg))
    )
    return float(np.degrees(azimuth[0])), float(np.degrees(elevation[0]))


def _scales(sighting: Sighting) -> tuple[float, float, float]:
    return sighting.scale_low, sighting.scale, sighting.scale_high
