"""What is asked of the terrain and what it answers: a skyline with its hints, the places it fits, and how sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.horizon import EYE_HEIGHT_M

Point = tuple[float, float]
Polyline = tuple[Point, ...]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Peak:
    """A summit that somebody knows, and where it is seen.

    Attributes
    ----------
    name : str
    lat_deg, lon_deg : float
    x_px, y_px : float
    """

    name: str
    lat_deg: float
    lon_deg: float
    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True)
class Skyline:
    """The line between ground and sky in one upright frame, with what is known of the camera.

    Attributes
    ----------
    width_px, height_px : int
        Of the frame; pixels count from the top left, y downwards.
    skyline_px : polyline
        From left to right; columns it does not reach are not asked.
    sigma_px : float
        Standard error of the line [px].
    hfov_deg : (low, high) or None
        Horizontal field of view; equal when known, None when nothing is.
    eye_height_m : float
    pitch_deg, roll_deg : (mean, sd) or None
        Pitch above the level; roll clockwise as the camera turns.
    ignore_px : tuple of (x0, x1)
        Columns where people, smoke or cloud hide the line.
    at_most_px : tuple of polylines
        The terrain is at most here: it may lie lower, behind what hides it.
    inner_px : tuple of polylines
        Ridges in front of the skyline.
    peaks : tuple of Peak
    """

    width_px: int
    height_px: int
    skyline_px: Polyline
    sigma_px: float = 2.0
    hfov_deg: tuple[float, float] | None = None
    eye_height_m: float = EYE_HEIGHT_M
    pitch_deg: tuple[float, float] | None = None
    roll_deg: tuple[float, float] | None = None
    ignore_px: tuple[Span, ...] = ()
    at_most_px: tuple[Polyline, ...] = ()
    inner_px: tuple[Polyline, ...] = ()
    peaks: tuple[Peak, ...] = ()


@dataclass(frozen=True, slots=True)
class Pan:
    """Frames of one pan stitched: directions of the skyline from one place, in the frame of the pan.

    Attributes
    ----------
    azimuth_deg, elevation_deg, sigma_deg : tuple of float
        Bearing of each direction clockwise from the pan's own zero, its apparent elevation above the pan's own level,
        and its standard error; bearings ascend.
    scale_sd : float
        Relative standard error of all angles together, as the focal length is not known exactly.
    pitch_deg, roll_deg : (mean, sd)
        How the pan's level lies to the true one: raised towards its zero, and turned about that axis.
    drift_deg_sd : float
        Standard error that the stitching leaves between the pan's two ends.
    eye_height_m : float
    """

    azimuth_deg: tuple[float, ...]
    elevation_deg: tuple[float, ...]
    sigma_deg: tuple[float, ...]
    scale_sd: float
    pitch_deg: tuple[float, float]
    roll_deg: tuple[float, float]
    drift_deg_sd: float = 0.0
    eye_height_m: float = EYE_HEIGHT_M


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place the skyline fits, with the pose that fits best there.

    Attributes
    ----------
    lat_deg, lon_deg : float
    heading_deg : float
        True bearing of the optical axis, or of a pan's zero.
    pitch_deg, roll_deg, hfov_deg : float
    log_likelihood_nats : float
    residual_px : float
        Root mean square of the columns that count; of a pan in hundredths of a degree.
    probability : float
        Of the posterior within a kilometre.
    """

    lat_deg: float
    lon_deg: float
    heading_deg: float
    pitch_deg: float
    roll_deg: float
    hfov_deg: float
    log_likelihood_nats: float
    residual_px: float
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where a camera can have stood.

    Attributes
    ----------
    candidates : tuple of Candidate
        Best first, no two within half a kilometre.
    crs : str
        Of the grid of places; see `ground.Ground`.
    x_m, y_m : ndarray of float64, shapes (n_columns,) and (n_rows,)
        Of the searched places.
    log_evidence_nats : ndarray of float32, shape (n_rows, n_columns)
        Of each place with its best pose, tempered as calibrated; rows from the south. NaN where no ground is.
    heading_deg, heading_error_deg : ndarray of float32, shape (n_rows, n_columns)
        True bearing of the axis if the camera stood there, and its standard error.
    log_evidence_outside_nats : float
        Of a place elsewhere, on the same scale.
    p_outside_region : float
    region50_km2, region90_km2 : float
        Of the smallest region within the searched one that holds so much of what is inside.
    abstained : str or None
        Why there is no answer; the rest then says nothing.
    """

    candidates: tuple[Candidate, ...]
    crs: str
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    log_evidence_nats: NDArray[np.float32]
    heading_deg: NDArray[np.float32]
    heading_error_deg: NDArray[np.float32]
    log_evidence_outside_nats: float
    p_outside_region: float
    region50_km2: float
    region90_km2: float
    abstained: str | None = None
