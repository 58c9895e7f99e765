"""Rehearsed shadows of poles: where they stand, how the ground slopes, what a person marks and knows."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pvlib import spa

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Care:
    """How well a person marks and what is known of the camera.

    Attributes
    ----------
    name : str
    pixel_px : float
        Standard deviation of every marked point.
    fov_share : float
        Relative error of the field of view.
    tilt_deg, heading_deg : float
        Standard errors of pitch and roll, and of the heading.
    slope_deg : float
        Standard deviation of the ground's slope along each of two axes, or its fixed size.
    slope_fixed : bool
        A slope of exactly that size in a random direction.
    poles : int
        Marked in one frame.
    tails : bool
        One point in twenty is misplaced five times as far.
    """

    name: str
    pixel_px: float = 2.0
    fov_share: float = 0.05
    tilt_deg: float = 0.5
    heading_deg: float = 1.0
    slope_deg: float = 2.0
    slope_fixed: bool = False
    poles: int = 1
    tails: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One frame with what a person marked, what is known, and the truth."""

    at: dt.datetime
    lat_deg: float
    lon_deg: float
    elevation_deg: float
    azimuth_deg: float
    width_px: int
    height_px: int
    hfov_deg: float
    given_hfov_deg: float
    given_pitch_deg: float
    given_roll_deg: float
    given_heading_deg: float
    top_px: tuple[tuple[float, float], ...]
    base_px: tuple[tuple[float, float], ...]
    tip_px: tuple[tuple[float, float], ...]


def sun_of(moments: list[dt.datetime], lat_deg: float, lon_deg: float) -> tuple[Floats, Floats]:
    """Azimuth and apparent elevation [deg] by pvlib's NREL algorithm."""
    unix_s = np.array([moment.timestamp() for moment in moments])
    found = spa.solar_position(unix_s, lat_deg, lon_deg, 0.0, 1013.25, 12.0, 67.0, 0.5667)
    return np.asarray(found[4]), np.asarray(90.0 - found[0])


def rehearse(rng: np.random.Generator, care: Care) -> Rehearsed:
    """Draw scenes until a person could mark one: the poles and their shadows lie in the frame."""
    while True:
        made = _try(rng, care)
        if made is not None:
            return made


def _try(rng: np.random.Generator, care: Care) -> Rehearsed | None:
    lat, lon = float(np.degrees(np.arcsin(rng.uniform(-0.87, 0.87)))), float(rng.uniform(-180.0, 180.0))
    second = float(rng.uniform(0.0, 365.0 * 86_400.0))
    at = dt.datetime(2022, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=round(second))
    azimuths, elevations = sun_of([at], lat, lon)
    azimuth, elevation = float(azimuths[0]), float(elevations[0])
    if not 6.0 <= elevation <= 70.0:
        return None
    width, height = 1280, 720
    hfov = float(rng.uniform(48.0, 78.0))
    pitch, roll = float(rng.normal(-6.0, 6.0)), float(rng.normal(0.0, 2.0))
    heading = float(rng.uniform(0.0, 360.0))
    towards = np.array(
        [
            math.sin(math.radians(azimuth)) * math.cos(math.radians(elevation)),
            math.cos(math.radians(azimuth)) * math.cos(math.radians(elevation)),
            math.sin(math.radians(elevation)),
        ]
    )
    eye = np.array([0.0, 0.0, float(rng.uniform(1.4, 3.0))])
    if care.slope_fixed:
        way = rng.uniform(0.0, 2.0 * math.pi)
        rise = math.tan(math.radians(care.slope_deg)) * np.array([math.cos(way), math.sin(way)])
    else:
        rise = np.tan(np.radians(care.slope_deg * rng.standard_normal(2)))
    tops, bases, tips = [], [], []
    for _ in range(care.poles):
        bearing = math.radians(heading + rng.uniform(-0.4, 0.4) * hfov)
        distance = float(rng.uniform(5.0, 18.0))
        x, y = distance * math.sin(bearing), distance * math.cos(bearing)
        base = np.array([x, y, x * rise[0] + y * rise[1]])
        top = base + np.array([0.0, 0.0, float(rng.uniform(1.0, 3.0))])
        # the shadow's tip: from the top away from the sun down to the plane z = a x + b y
        fall = towards[2] - rise @ towards[:2]
        if fall <= 0.02:
            return None
        tip = top - towards * ((top[2] - rise @ top[:2]) / fall)
        tops.append(top)
        bases.append(base)
        tips.append(tip)
    points = np.array(tops + bases + tips)
    pixels = project(points, eye, heading, pitch, roll, hfov, width, height)
    if pixels is None:
        return None
    inside = (pixels >= 0.0) & (pixels < [width, height])
    n = care.poles
    lengths = np.linalg.norm(pixels[:n] - pixels[n : 2 * n], axis=1)
    shadows = np.linalg.norm(pixels[2 * n :] - pixels[n : 2 * n], axis=1)
    if not inside.all() or lengths.min() < 40.0 or shadows.min() < 40.0:
        return None
    noise = care.pixel_px * rng.standard_normal(pixels.shape)
    if care.tails:
        noise *= np.where(rng.random((len(pixels), 1)) < 0.05, 5.0, 1.0)
    marked = [tuple(map(float, point)) for point in pixels + noise]
    return Rehearsed(
        at,
        lat,
        lon,
        elevation,
        azimuth,
        width,
        height,
        hfov,
        hfov * (1.0 + care.fov_share * rng.standard_normal()),
        pitch + care.tilt_deg * rng.standard_normal(),
        roll + care.tilt_deg * rng.standard_normal(),
        heading + care.heading_deg * rng.standard_normal(),
        tuple((x, y) for x, y in marked[:n]),
        tuple((x, y) for x, y in marked[n : 2 * n]),
        tuple((x, y) for x, y in marked[2 * n :]),
    )


def project(
    points_m: Floats,
    eye_m: Floats,
    heading_deg: float,
    pitch_deg: float,
    roll_deg: float,
    hfov_deg: float,
    width_px: int,
    height_px: int,
) -> Floats | None:
    """Pixels of points (east, north, up) through OpenCV's pinhole; None when one lies behind the camera.

    OpenCV's camera looks along z, with x to the right and y down. It is turned by the heading about the vertical, by
    the pitch about its own x, and by the roll about its own z.
    """
    level = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    turn, _ = cv2.Rodrigues(np.array([0.0, 0.0, math.radians(heading_deg)]))
    tilt, _ = cv2.Rodrigues(np.array([-math.radians(pitch_deg), 0.0, 0.0]))
    # a right side that dips turns the picture the other way
    dip, _ = cv2.Rodrigues(np.array([0.0, 0.0, -math.radians(roll_deg)]))
    to_camera = dip @ tilt @ level @ turn
    if ((points_m - eye_m) @ to_camera[2] <= 0.1).any():
        return None
    focal = width_px / 2.0 / math.tan(math.radians(hfov_deg) / 2.0)
    matrix = np.array([[focal, 0.0, width_px / 2.0], [0.0, focal, height_px / 2.0], [0.0, 0.0, 1.0]])
    axis, _ = cv2.Rodrigues(to_camera)
    pixels, _ = cv2.projectPoints(points_m, axis, -to_camera @ eye_m, matrix, None)
    return np.asarray(pixels.reshape(-1, 2), dtype=np.float64)
