"""The camera's eye: pinhole projection, the panorama frames are cut from, and the unsteady hand."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.rehearsal.noise import Floats

BLOCK_PX = 8
"""Frame pixels between exactly computed nodes of a reprojection; linear between (error below 0.03 panorama pixels)."""

Codes = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Lens:
    """An ideal pinhole with square pixels and the principal point in the middle.

    Attributes
    ----------
    width_px, height_px : int
    horizontal_fov_deg : float

    Notes
    -----
    Pixel coordinates are continuous: (0, 0) is the outer corner of the top left pixel, whose centre is (0.5, 0.5).
    """

    width_px: int
    height_px: int
    horizontal_fov_deg: float

    @property
    def focal_px(self) -> float:
        """Focal length in pixels: (width / 2) / tan(field of view / 2)."""
        return self.width_px / 2.0 / float(np.tan(np.radians(self.horizontal_fov_deg) / 2.0))


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera looks.

    Attributes
    ----------
    heading_deg : float
        True bearing of the optical axis.
    pitch_deg : float
        Of the axis above the horizontal.
    roll_deg : float
        Positive when the camera's right side dips.
    """

    heading_deg: float
    pitch_deg: float
    roll_deg: float

    def axes(self) -> Floats:
        """Right, up and forward unit vectors as rows, in east, north, up: shape (3, 3)."""
        psi, theta, phi = np.radians([self.heading_deg, self.pitch_deg, self.roll_deg])
        forward = np.array([np.sin(psi) * np.cos(theta), np.cos(psi) * np.cos(theta), np.sin(theta)])
        right = np.array([np.cos(psi), -np.sin(psi), 0.0])
        up = np.cross(right, forward)
        return np.stack([right * np.cos(phi) - up * np.sin(phi), right * np.sin(phi) + up * np.cos(phi), forward])


def project(lens: Lens, pose: Pose, direction: Floats) -> tuple[Floats, Floats]:
    """Pixel column and row of directions, shape (..., 3); NaN for those behind the camera."""
    x, y, z = np.moveaxis(direction @ pose.axes().T, -1, 0)
    ahead = z > 1e-9
    scale = lens.focal_px / np.where(ahead, z, 1.0)
    column = np.where(ahead, lens.width_px / 2.0 + scale * x, np.nan)
    row = np.where(ahead, lens.height_px / 2.0 - scale * y, np.nan)
    return column, row


def rays(lens: Lens, pose: Pose, column_px: Floats, row_px: Floats) -> Floats:
    """Directions through pixels, shape (..., 3), not normalised."""
    x = (column_px - lens.width_px / 2.0) / lens.focal_px
    y = (lens.height_px / 2.0 - row_px) / lens.focal_px
    return np.asarray(np.stack([x, y, np.ones_like(x)], axis=-1) @ pose.axes())


@dataclass(frozen=True, slots=True, eq=False)
class Cylinder:
    """The geometry of a cylindrical panorama: columns even in bearing, rows even in tangent of elevation.

    Attributes
    ----------
    first_azimuth_deg : float
        Of the centre of column 0.
    first_tangent : float
        Of the centre of row 0, the highest.
    step_rad : float
        Between columns, and in tangent between rows.
    """

    first_azimuth_deg: float
    first_tangent: float
    step_rad: float
    n_columns: int
    n_rows: int

    @property
    def azimuth_deg(self) -> Floats:
        """Bearings of the column centres; may run past 360."""
        return np.asarray(self.first_azimuth_deg + np.degrees(self.step_rad) * np.arange(self.n_columns))

    @property
    def row_tangent(self) -> Floats:
        """Tangents of elevation of the row centres, falling."""
        return np.asarray(self.first_tangent - self.step_rad * np.arange(self.n_rows), dtype=np.float64)

    @classmethod
    def covering(cls, lens: Lens, poses: tuple[Pose, ...], oversample: float) -> Cylinder:
        """The smallest panorama that holds every frame, with `oversample` columns a pixel of the frame's centre."""
        edge_x = np.linspace(0.0, lens.width_px, 9)
        edge_y = np.linspace(0.0, lens.height_px, 7)
        grid_x, grid_y = np.meshgrid(edge_x, edge_y)
        middle = poses[len(poses) // 2].heading_deg
        lows, highs, downs, ups = [], [], [], []
        for pose in poses:
            east, north, up = np.moveaxis(rays(lens, pose, grid_x, grid_y), -1, 0)
            bearing = _around(np.degrees(np.arctan2(east, north)), middle)
            tangent = up / np.hypot(east, north)
            lows.append(bearing.min())
            highs.append(bearing.max())
            downs.append(tangent.min())
            ups.append(tangent.max())
        step = 1.0 / (lens.focal_px * oversample)
        first = float(min(lows)) - 3.0 * np.degrees(step)
        n_columns = int(np.ceil(np.radians(max(highs) - first) / step)) + 5
        top = float(max(ups)) + 4.0 * step
        return cls(first, top, step, n_columns, int(np.ceil((top - min(downs)) / step)) + 5)

    def locate(self, east: Floats, north: Floats, up: Floats) -> tuple[Floats, Floats]:
        """Column and row positions (centres at whole numbers) of directions."""
        middle = self.first_azimuth_deg + np.degrees(self.step_rad) * self.n_columns / 2.0
        bearing = _around(np.degrees(np.arctan2(east, north)), middle)
        column = np.radians(bearing - self.first_azimuth_deg) / self.step_rad
        row = (self.first_tangent - up / np.hypot(east, north)) / self.step_rad
        return column, row

    def cut(self, picture: Codes, lens: Lens, pose: Pose) -> Codes:
        """The frame of a pose, cut from a picture on this cylinder by the exact pinhole mapping."""
        blocks_x, blocks_y = -(-lens.width_px // BLOCK_PX) + 2, -(-lens.height_px // BLOCK_PX) + 2
        x, y = np.meshgrid(
            (np.arange(blocks_x) - 0.5) * BLOCK_PX,
            (np.arange(blocks_y) - 0.5) * BLOCK_PX,
        )
        column, row = self.locate(*np.moveaxis(rays(lens, pose, x, y), -1, 0))
        size = (blocks_x * BLOCK_PX, blocks_y * BLOCK_PX)
        inner = (slice(BLOCK_PX, BLOCK_PX + lens.height_px), slice(BLOCK_PX, BLOCK_PX + lens.width_px))
        map_x = cv2.resize(column.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)[inner]
        map_y = cv2.resize(row.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)[inner]
        frame = cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(frame, dtype=np.uint16)


def _around(bearing_deg: Floats, middle_deg: float) -> Floats:
    return np.asarray((bearing_deg - middle_deg + 180.0) % 360.0 - 180.0 + middle_deg)


def hand_shake(time_s: Floats, strength_deg: float, seed: int) -> Floats:
    """Unsteadiness of a hand-held camera about its axes.

    Parameters
    ----------
    time_s : ndarray of float64, shape (n,)
    strength_deg : float
        Root mean square of each angle, about [deg].

    Returns
    -------
    ndarray of float64, shape (n, 3)
        Heading, pitch, roll [deg].

    Notes
    -----
    Sway with amplitude falling as 1/f from 0.15 Hz plus a small physiological tremor at 7-11 Hz, the two parts of
    postural hand motion (Elble & Koller, Tremor, 1990); random phases, so that it is a smooth function of time.
    """
    rng = np.random.default_rng(seed)
    frequency_hz = np.concatenate([np.geomspace(0.15, 4.0, 18), np.linspace(7.0, 11.0, 7)])
    amplitude = np.concatenate([1.0 / (1.0 + (frequency_hz[:18] / 0.5) ** 1.6), np.full(7, 0.012)])
    amplitude *= strength_deg / np.sqrt((amplitude**2).sum() / 2.0)
    result = np.empty((len(time_s), 3))
    for axis in range(3):
        phase = rng.uniform(0.0, 2.0 * np.pi, len(frequency_hz))
        weight = amplitude * rng.rayleigh(0.8, len(frequency_hz))
        result[:, axis] = np.sin(2.0 * np.pi * time_s[:, None] * frequency_hz + phase) @ weight
    return result


def pan(time_s: Floats, duration_s: float, start_deg: float, end_deg: float) -> Floats:
    """Headings of a pan that rests a little, eases in, eases out and rests [deg]."""
    t = np.clip((time_s / duration_s - 0.10) / 0.80, 0.0, 1.0)
    return np.asarray(start_deg + (end_deg - start_deg) * t * t * t * (t * (6.0 * t - 15.0) + 10.0))
