"""The skylines of a pan's frames as directions in common axes, levelled, and merged where they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.records import Skyline
from witnessmark.lines.terrain.turning import directions

Floats = NDArray[np.float64]

STEP_DEG = 0.1
"""Between the directions of a stitched skyline."""
COLUMNS = 1000
"""Of a frame that are turned into directions, at most."""
HELD_PITCH_DEG, HELD_ROLL_DEG = 5.0, 2.0
"""How far from level a camera is held where nothing is said, standard deviations."""
LEAST_OVERLAP_DEG = 1.0
DISAGREE_DEG, DISAGREE_SIGMAS = 1.0, 5.0
"""Frames that differ by more than both do not show the same line there."""
DISAGREE_SHARE = 0.5
"""When they differ so in more of their overlap, the pan is not stitched."""
WIDEST_DEG = 350.0
LEAST_SIGMA_DEG = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame's skyline in the pan's angles.

    Attributes
    ----------
    azimuth_deg, elevation_deg : ndarray of float64, shape (n,)
        A column each, from left to right; azimuths within 180 degrees of the pan's zero.
    kept : ndarray of bool, shape (n,)
        Not ignored.
    sigma_deg : float
        Of the line as drawn.
    """

    azimuth_deg: Floats
    elevation_deg: Floats
    kept: NDArray[np.bool_]
    sigma_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """One skyline from several frames; see `pan.Stitched`."""

    azimuth_deg: Floats
    elevation_deg: Floats
    sigma_deg: Floats
    overlap_deg: float
    disagreement_deg: float
    remarks: tuple[str, ...]


def seen_by(line: Skyline, axes: Floats, focal_widths: float) -> Seen:
    """A frame's skyline as directions.

    Parameters
    ----------
    line : Skyline
    axes : ndarray of float64, shape (3, 3)
        From the frame's right, up and forward to the pan's east, north and up.
    focal_widths : float
    """
    x, y = np.array(line.skyline_px, np.float64).T
    columns = np.linspace(x[0], x[-1], int(np.clip(np.ceil(x[-1] - x[0]), 2, COLUMNS)))
    rows = np.interp(columns, x, y)
    kept = np.ones(len(columns), bool)
    for low, high in line.ignore_px:
        kept &= (columns < low) | (columns > high)
    at = np.column_stack([columns - line.width_px / 2.0, line.height_px / 2.0 - rows]) / line.width_px
    east, north, up = (directions(at, focal_widths) @ axes.T).T
    return Seen(
        np.degrees(np.arctan2(east, north)),
        np.degrees(np.arctan2(up, np.hypot(east, north))),
        kept,
        float(np.degrees(line.sigma_px / (focal_widths * line.width_px))),
    )


def levelled(rotation: Floats, lines: Sequence[Skyline]) -> tuple[Floats, tuple[float, float]]:
    """Turn all frames so that the pan's own level is the likeliest one; also its standard errors [deg].

    What is said or assumed of each frame's pitch and roll counts as one frame's worth in all, as a camera held askew is
    so in every frame; yet a wide pan fixes the level better, as the same roll cannot tilt both its ends alike.

    Parameters
    ----------
    rotation : ndarray of float64, shape (n_frames, 3, 3)
        As in `turning.Turned`; right, up and forward are left-handed, and so are cross products here.
    lines : sequence of Skyline

    Returns
    -------
    rotation : ndarray of float64, shape (n_frames, 3, 3)
        To axes east, north, up of the pan, with its middle towards north.
    errors_deg : (float, float)
        Of the level raised towards the pan's zero, and turned about it.
    """
    right, forward = rotation[:, :, 0], rotation[:, :, 2]
    share = 1.0 / len(lines)
    at = np.concatenate([right, forward])
    wanted, weight = [], []
    for name, usual in (("roll_deg", HELD_ROLL_DEG), ("pitch_deg", HELD_PITCH_DEG)):
        for line in lines:
            told: tuple[float, float] | None = getattr(line, name)
            mean, error = told if told is not None else (0.0, usual)
            # Rolled clockwise, the right side dips.
            wanted.append(np.sin(np.radians(mean)) * (-1.0 if name == "roll_deg" else 1.0))
            weight.append(share / np.radians(error) ** 2)
    heft = np.array(weight)
    # The mean of the frames' own ups to begin with, then least squares on the sphere.
    up = rotation[:, :, 1].mean(axis=0)
    up /= np.linalg.norm(up)
    matrix = np.eye(2)
    for _ in range(20):
        basis = _across(up)
        slope = at @ basis
        matrix = slope.T @ (heft[:, None] * slope) + 1e-9 * np.eye(2)
        step = np.linalg.solve(matrix, slope.T @ (heft * (np.array(wanted) - at @ up)))
        up = up + basis @ step
        up /= np.linalg.norm(up)
    flat = forward - (forward @ up)[:, None] * up
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    north = _middle(flat, up)
    east = np.cross(up, north)
    axes = np.stack([east, north, up])
    cover = np.linalg.inv(matrix)
    basis = _across(up)
    errors = [float(np.degrees(np.sqrt(way @ basis @ cover @ basis.T @ way))) for way in (north, east)]
    return np.asarray(np.einsum("ij,njk->nik", axes, rotation)), (errors[0], errors[1])


def _across(up: Floats) -> Floats:
    """Two directions across another: shape (3, 2)."""
    first = np.cross(up, np.eye(3)[int(np.abs(up).argmin())])
    first /= np.linalg.norm(first)
    return np.asarray(np.stack([first, np.cross(up, first)], axis=1))


def _middle(flat: Floats, up: Floats) -> Floats:
    """Half way between the first and the last of level directions, the way the pan went."""
    side = np.cross(up, flat[0])
    angles = np.unwrap(np.arctan2(flat @ side, flat @ flat[0]))
    turn = (angles.min() + angles.max()) / 2.0
    return np.asarray(np.cos(turn) * flat[0] + np.sin(turn) * side)


def merged(frames: Sequence[Seen], stitch_sigma_deg: Sequence[Floats]) -> Merged:
    """One elevation and error for each direction that a frame shows.

    Parameters
    ----------
    frames : sequence of Seen
    stitch_sigma_deg : sequence of ndarray of float64
        Error of each frame's columns that the joining leaves.

    Raises
    ------
    BadInputError
        When two frames contradict one another over most of what both show, or the pan goes too far round.
    """
    low = min(float(frame.azimuth_deg[frame.kept].min()) for frame in frames)
    high = max(float(frame.azimuth_deg[frame.kept].max()) for frame in frames)
    if high - low > WIDEST_DEG:
        raise BadInputError(
            f"The pan spans {high - low:.0f} degrees.", f"Leave frames out until it spans less than {WIDEST_DEG:g}."
        )
    grid = np.arange(low, high + STEP_DEG / 2.0, STEP_DEG)
    height = np.stack([_on_grid(grid, frame, frame.elevation_deg) for frame in frames])
    sigma = np.stack(
        [
            np.hypot(frame.sigma_deg, _on_grid(grid, frame, extra))
            for frame, extra in zip(frames, stitch_sigma_deg, strict=True)
        ]
    )
    away, excess, agrees = _compared(height, sigma)
    seen = np.isfinite(height)
    sigma = np.hypot(sigma, excess)
    many = seen.sum(axis=0)
    middle = np.nanmedian(np.where(seen.any(axis=0), height, 0.0), axis=0)
    near = seen & (np.abs(height - middle) <= np.maximum(DISAGREE_DEG, DISAGREE_SIGMAS * sigma))
    # Of two that differ neither is believed; of three or more, those near their middle.
    usable = np.where(many <= 2, agrees, near.sum(axis=0) >= 2) & (many > 0)
    counted = np.where(many <= 2, seen, near)
    weight = np.where(counted, 1.0 / np.square(np.where(counted, sigma, 1.0)), 0.0)
    total = np.maximum(weight.sum(axis=0), 1e-12)
    mean = (weight * np.where(counted, height, 0.0)).sum(axis=0) / total
    # What two frames get wrong alike, such as haze on the ridge, no averaging takes away.
    error = np.maximum(np.where(counted, sigma, np.inf).min(axis=0), LEAST_SIGMA_DEG)
    remarks = []
    if (dropped := float((~usable & (many > 0)).sum() * STEP_DEG)) > LEAST_OVERLAP_DEG:
        remarks.append(f"Over {dropped:.1f} degrees frames of the pan show different lines; they were left out there.")
    if not usable.any():
        raise BadInputError("The frames of the pan leave no direction in which they agree.", "Correct their skylines.")
    disagreement = float(np.median(np.abs(away)) / 0.6745) if len(away) else float("nan")
    return Merged(
        grid[usable],
        mean[usable],
        error[usable],
        float((many > 1).sum() * STEP_DEG),
        disagreement,
        tuple(remarks),
    )


def _on_grid(grid: Floats, frame: Seen, value: Floats) -> Floats:
    """A value of a frame's columns at common azimuths; NaN where it does not reach or is ignored."""
    order = np.argsort(frame.azimuth_deg, kind="stable")
    azimuth = frame.azimuth_deg[order]
    found = np.interp(grid, azimuth, value[order], left=np.nan, right=np.nan)
    kept = np.interp(grid, azimuth, frame.kept[order].astype(np.float64), left=0.0, right=0.0)
    return np.where(kept > 0.999, found, np.nan)


def _compared(height: Floats, sigma: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Differences where two frames show the line, what error they add, and directions in which all agree.

    Raises
    ------
    BadInputError
        When two frames contradict one another over most of what both show; names them.
    """
    n_frames, n_grid = height.shape
    agrees = np.ones(n_grid, bool)
    every: list[Floats] = []
    surplus: list[Floats] = []
    for one in range(n_frames):
        for other in range(one + 1, n_frames):
            both = np.isfinite(height[one]) & np.isfinite(height[other])
            if not both.any():
                continue
            away = height[other, both] - height[one, both]
            expected = np.hypot(sigma[one, both], sigma[other, both])
            contrary = np.abs(away) > np.maximum(DISAGREE_DEG, DISAGREE_SIGMAS * expected)
            if both.sum() * STEP_DEG > LEAST_OVERLAP_DEG and contrary.mean() > DISAGREE_SHARE:
                raise BadInputError(
                    f"The skylines of frames {one + 1} and {other + 1} differ by {np.median(np.abs(away)):.1f} degrees"
                    f" over most of the {both.sum() * STEP_DEG:.0f} degrees that both show.",
                    "Correct the one that follows another ridge, or leave it out.",
                )
            agrees[np.flatnonzero(both)[contrary]] = False
            every.append(away)
            surplus.append(np.square(away[~contrary]) - np.square(expected[~contrary]))
    if not every:
        return np.zeros(0), np.zeros(1), agrees
    # Half of the variance beyond what the frames' own errors explain is each one's share.
    extra = float(np.sqrt(max(float(np.mean(np.concatenate(surplus))), 0.0) / 2.0)) if any(map(len, surplus)) else 0.0
    return np.concatenate(every), np.full(1, extra), agrees
