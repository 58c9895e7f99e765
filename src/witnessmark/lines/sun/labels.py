"""What named states tell: sunlit or not, dark or light, the moon's phase, the edge of the relief's shadow."""

from __future__ import annotations

import math

import numpy as np

from witnessmark.lines.sun import ephemeris
from witnessmark.lines.sun.kernel import OUTLIER, Floats, Floats32, Places, Sky, risen
from witnessmark.lines.sun.observations import Label, Phase, ShadeEdge, Sighting
from witnessmark.lines.sun.refraction import lift_deg

CLOUDED = 0.5
"""Chance that cloud hides the sun, before any weather record; stated, between what `limits.DIRECT_SUN` tells of."""
MISNAMED = 0.05
"""Chance that a person names a state wrongly; stated, not measured."""
DARK_DEG, DARK_SOFT_DEG = -9.0, 1.5
"""Elevation at which people begin to call it dark, and over how much; between civil and nautical twilight. Stated."""
LIGHT_DEG, LIGHT_SOFT_DEG = -3.0, 1.2
"""The same for daylight."""
TURN_LONGEST_S = 86_400.0


def label_nats(label: Label, up: Floats32, covered: Floats32 | None) -> Floats32:
    """Log-likelihood of a named state [nats].

    Parameters
    ----------
    label : Label
    up : ndarray of float32, shape (n_places, n_instants)
        Sine of the sun's airless elevation.
    covered : ndarray of float32 or None
        Share of the disc above the relief's horizon where one is given, 0-1.

    Notes
    -----
    P(sunlit) = P(above the horizon) P(not clouded); each state is misnamed with a stated chance.
    """
    if label.kind == "sunlight":
        share = risen(up.copy())
        if covered is not None:
            share *= covered
        direct = share * np.float32(1.0 - CLOUDED)
        chance = direct if label.state == "sunlit" else 1.0 - direct
    else:
        elevation = np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
        dark = 1.0 / (1.0 + np.exp(np.clip((elevation - DARK_DEG) / DARK_SOFT_DEG, -60.0, 60.0)))
        light = 1.0 / (1.0 + np.exp(np.clip((LIGHT_DEG - elevation) / LIGHT_SOFT_DEG, -60.0, 60.0)))
        chance = {"dark": dark, "daylight": light, "twilight": np.clip(1.0 - dark - light, 0.0, 1.0)}[label.state]
    return np.asarray(np.log((1.0 - 2.0 * MISNAMED) * chance + MISNAMED), dtype=np.float32)


def phase_nats(phase: Phase, unix_s: Floats, scale: float) -> Floats:
    """Log-likelihood of the moon's phase [nats], shape (n_instants,): the same everywhere on earth.

    Student t of 4 degrees of freedom about the lit share, with a floor; a wrong side is named with a stated chance.
    """
    lit, growing = ephemeris.illuminated_fraction(unix_s + phase.at_s)
    nats = np.zeros(unix_s.shape)
    if phase.lit_fraction is not None and phase.error_fraction is not None:
        error = scale * phase.error_fraction
        square = ((lit - phase.lit_fraction) / error) ** 2
        nats += np.log((1.0 - OUTLIER) * 0.375 / error * (1.0 + square / 4.0) ** -2.5 + OUTLIER)
    if phase.growing is not None:
        nats += np.where(growing == phase.growing, math.log1p(-MISNAMED), math.log(MISNAMED))
    return nats


def horizon_share(horizon_deg: Floats32, places: Places, sky: Sky, up: Floats32) -> Floats32:
    """Share of the sun's disc above the relief's horizon, 0-1, shape (n_places, n_instants)."""
    above = _above_deg(horizon_deg, places, sky, up)
    return np.asarray(np.clip(above / np.float32(0.533) + np.float32(0.5), 0.0, 1.0), dtype=np.float32)


def edge_nats(edge: ShadeEdge, horizon_deg: Floats32, places: Places, sky: Sky, up: Floats32) -> Floats32:
    """Log-likelihood that the sun stands on the relief's horizon [nats]."""
    square = (_above_deg(horizon_deg, places, sky, up) / np.float32(edge.error_deg)) ** 2
    density = (1.0 - OUTLIER) * 0.375 / edge.error_deg * (1.0 + square / 4.0) ** -2.5
    return np.asarray(np.log(density * (up > -0.02) + OUTLIER / 90.0), dtype=np.float32)


def _above_deg(horizon_deg: Floats32, places: Places, sky: Sky, up: Floats32) -> Floats32:
    """Apparent elevation of the sun's middle above the relief in its azimuth [deg]."""
    here = places.frames
    east, north = sky.along(np.stack([here.east, here.north]), here.at_km)
    n_azimuths = horizon_deg.shape[1]
    position = np.mod(np.arctan2(east, north) / (2.0 * np.pi), 1.0) * n_azimuths
    left = position.astype(np.int64) % n_azimuths
    share = position - np.floor(position)
    rows = np.arange(len(horizon_deg))[:, None]
    line = (1.0 - share) * horizon_deg[rows, left] + share * horizon_deg[rows, (left + 1) % n_azimuths]
    airless = np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
    return np.asarray(airless + lift_deg(airless.astype(np.float64)) - line, dtype=np.float32)


def turn_nats(one: Sighting, other: Sighting, places: Places, first: Sky, second: Sky, scale: float) -> Floats32:
    """Log-likelihood of the turn of the sun's azimuth between two frames of one unmoved camera [nats].

    The heading is not needed: it is the same in both.
    """
    assert one.azimuth_deg is not None and other.azimuth_deg is not None
    here = places.frames
    axes = np.stack([here.east, here.north])
    east_1, north_1 = first.along(axes, here.at_km)
    east_2, north_2 = second.along(axes, here.at_km)
    seen = math.radians(other.azimuth_deg - one.azimuth_deg)
    turned = np.arctan2(east_2 * north_1 - north_2 * east_1, north_2 * north_1 + east_2 * east_1)
    off = np.mod(turned - np.float32(seen) + np.float32(np.pi), np.float32(2.0 * np.pi)) - np.float32(np.pi)
    error = scale * math.hypot(azimuth_error_rad(one), azimuth_error_rad(other))
    density = (1.0 - OUTLIER) * 0.375 / error * (1.0 + (off / error) ** 2 / 4.0) ** -2.5
    return np.asarray(np.log(density + OUTLIER / (2.0 * np.pi)), dtype=np.float32)


def azimuth_error_rad(sighting: Sighting) -> float:
    """Standard error of a sighting's azimuth [rad], from that across the sphere."""
    level = 1.0 if sighting.elevation_deg is None else max(math.cos(math.radians(sighting.elevation_deg)), 0.05)
    return math.radians(sighting.across_deg) / level
