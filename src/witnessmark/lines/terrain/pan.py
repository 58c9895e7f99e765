"""Frames of one pan as one skyline in angles: stitched by what the frames share, with an error for every direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.panning import Seen, levelled, merged, seen_by
from witnessmark.lines.terrain.proposal import check_frame
from witnessmark.lines.terrain.records import Pan, Skyline
from witnessmark.lines.terrain.skyline_file import FrameFile, read_file
from witnessmark.lines.terrain.turning import TOLERANCE_SHARE as TOLERANCE
from witnessmark.lines.terrain.turning import (
    Shared,
    Turned,
    bundled,
    directions,
    joined,
    pixels,
    points_of,
    shared_points,
)

Floats = NDArray[np.float64]
Pictured: TypeAlias = tuple[Skyline, NDArray[np.uint8] | None]

FIELDS_DEG = (25.0, 110.0)
"""Horizontal fields of view that are tried where none is known."""
POINT_SIGMA = 1.0 / 1200.0
"""Error of a shared point, in widths, before it is measured."""
RESAMPLED = 24


@dataclass(frozen=True, slots=True, eq=False)
class Stitched:
    """A stitched pan and how it came about.

    Attributes
    ----------
    pan : Pan
    used : tuple of int
        Frames it is made of.
    axes : ndarray of float64, shape (n_frames, 3, 3)
        From each frame's right, up and forward to the pan's east, north and up.
    hfov_deg : float
        Of the frames, as found.
    points : int
        Points shared between frames that follow the turning.
    point_sigma_px : float
        How far they are off.
    overlap_deg : float
        Degrees of skyline seen by more than one frame.
    disagreement_deg : float
        Robust standard deviation of the difference there; NaN without overlap.
    remarks : tuple of str
    axis_deg : tuple of float
        Bearing of each frame's optical axis from the pan's zero.
    """

    pan: Pan
    used: tuple[int, ...]
    axes: Floats
    hfov_deg: float
    points: int
    point_sigma_px: float
    overlap_deg: float
    disagreement_deg: float
    remarks: tuple[str, ...]
    axis_deg: tuple[float, ...]


def sight_of_file(path: Path) -> tuple[Skyline | Pan, tuple[str, ...]]:
    """Read a file and stitch the frames of a pan, with the pictures it names; also what was put right or left out.

    Raises
    ------
    BadInputError
        When the file cannot be used or the frames cannot be joined.
    """
    asked = read_file(path)
    if isinstance(asked.sight, Pan):
        return asked.sight, asked.remarks
    if isinstance(asked.sight, FrameFile):
        return asked.sight.skyline, asked.remarks
    if len(asked.sight) == 1:
        return asked.sight[0].skyline, asked.remarks
    found = joined_frames([pictured(frame) for frame in asked.sight])
    return found.pan, asked.remarks + found.remarks


def pictured(frame: FrameFile) -> Pictured:
    """A frame with its picture, read in the sandbox where the file names one.

    Raises
    ------
    BadInputError
        When the picture cannot be read.
    """
    if frame.picture is None:
        return frame.skyline, None
    if not frame.picture.is_file():
        raise BadInputError(f"There is no picture {frame.picture}.", "Give its path from the skyline file's folder.")
    still = media.still_at(frame.picture, 0.0)
    if isinstance(still, media.Broken):
        raise BadInputError(f"The picture {frame.picture} cannot be read: {still.reason}", still.do)
    return frame.skyline, still.rgb


def stitch(frames: Sequence[Pictured | FrameFile], *, seed: int = 0) -> Pan:
    """One skyline from the frames of a pan; see `joined_frames`, which also tells how it came about.

    Raises
    ------
    BadInputError
        When a frame cannot be joined to the others; names it.
    """
    found = joined_frames([pictured(frame) if isinstance(frame, FrameFile) else frame for frame in frames], seed=seed)
    return found.pan


def joined_frames(frames: Sequence[Pictured], *, seed: int = 0) -> Stitched:
    """Stitch the frames of one pan, taken from one spot with one zoom, in their order.

    Parameters
    ----------
    frames : sequence of (Skyline, ndarray of uint8 of shape (height, width, 3) or None)
        The picture is needed to join a frame to others.
    seed : int
        Of the resampling.

    Raises
    ------
    BadInputError
        For fewer than two frames, frames of different shapes, frames without a picture, frames that share too few
        points or whose skylines contradict one another; names them.
    """
    pictures = _checked(frames)
    lines = [line for line, _ in frames]
    prior = _focal_prior(lines)
    pairs = shared_points([points_of(rgb) for rgb in pictures])
    spread = 2.0 * prior[1] if prior[1] < 0.5 else 0.75
    found = joined(pairs, len(frames), (float(np.exp(prior[0] - spread)), float(np.exp(prior[0] + spread))), TOLERANCE)
    if found is None or found[2]:
        _refuse(list(range(len(frames))) if found is None else found[2], pairs, len(frames))
    assert found is not None
    rough, kept, _ = found
    ones = [np.ones(len(shared.at_one)) for shared in kept]
    turned = bundled(rough, kept, ones, prior, POINT_SIGMA)
    sigma = _point_sigma(turned, kept)
    turned = bundled(turned, kept, ones, prior, sigma)
    resampled = _resampled(turned, kept, prior, sigma, seed)
    return _assembled(lines, turned, resampled, kept, sigma)


def _checked(frames: Sequence[Pictured]) -> list[NDArray[np.uint8]]:
    if len(frames) < 2:
        raise BadInputError(f"A pan of {len(frames)} frames.", "Give two frames or more, or search with the one.")
    without = [str(index + 1) for index, (_, rgb) in enumerate(frames) if rgb is None]
    if without:
        raise BadInputError(
            f"Frames {', '.join(without)} of the pan come without their picture, so that nothing joins them.",
            "Name the picture of every frame, or give the stitched directions.",
        )
    pictures = [rgb for _, rgb in frames if rgb is not None]
    first = frames[0][0]
    for index, ((line, _), rgb) in enumerate(zip(frames, pictures, strict=True)):
        check_frame(rgb)
        if rgb.shape[:2] != (line.height_px, line.width_px):
            raise BadInputError(
                f"Frame {index + 1} was drawn on {line.width_px} x {line.height_px} pixels, its picture has"
                f" {rgb.shape[1]} x {rgb.shape[0]}.",
                "Draw the skyline on the picture itself.",
            )
        if (line.width_px, line.height_px) != (first.width_px, first.height_px):
            raise BadInputError(
                f"Frame {index + 1} has {line.width_px} x {line.height_px} pixels, the first one has"
                f" {first.width_px} x {first.height_px}.",
                "Take all frames of a pan from one recording, without zooming.",
            )
    return pictures


def _focal_prior(lines: Sequence[Skyline]) -> tuple[float, float]:
    """Mean and standard error of the log of the focal length in widths, from what is said of the field of view."""
    told = [line.hfov_deg for line in lines if line.hfov_deg is not None]
    low, high = FIELDS_DEG if not told else (max(low for low, _ in told), min(high for _, high in told))
    if low > high:
        raise BadInputError(
            f"The frames' fields of view contradict one another: at least {low:g} and at most {high:g} degrees.",
            "A pan is stitched from frames of one zoom; give one field of view.",
        )
    longest, shortest = (float(np.log(0.5 / np.tan(np.radians(field) / 2.0))) for field in (low, high))
    return (longest + shortest) / 2.0, max((longest - shortest) / np.sqrt(12.0), 1e-3)


def _refuse(left: list[int], pairs: Sequence[Shared], n_frames: int) -> None:
    most = {frame: max([len(p.at_one) for p in pairs if frame in (p.one, p.other)], default=0) for frame in left}
    names = ", ".join(f"{frame + 1} ({most[frame]} points)" for frame in left)
    raise BadInputError(
        f"Of {n_frames} frames these share too few points with those beside them to be joined: {names}.",
        "Choose frames that overlap by a third or more, from one spot; or leave them out.",
    )


def _point_sigma(turned: Turned, pairs: Sequence[Shared]) -> float:
    """Robust error of a shared point, in widths."""
    away = np.concatenate([_off(turned, shared).ravel() for shared in pairs])
    return max(float(np.median(np.abs(away))) / 0.6745, 1e-5)


def _off(turned: Turned, shared: Shared) -> Floats:
    between = turned.rotation[shared.other].T @ turned.rotation[shared.one]
    seen = directions(shared.at_one, turned.focal_widths) @ between.T
    return np.asarray(pixels(seen, turned.focal_widths) - shared.at_other)


def _resampled(
    turned: Turned, pairs: Sequence[Shared], prior: tuple[float, float], sigma: float, seed: int
) -> list[Turned]:
    """The same from points drawn again with replacement, in blocks of neighbours, and a prior drawn from itself."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLED):
        weights = []
        for shared in pairs:
            # Points of one eighth of the frame err together: blocks of them are drawn, not each.
            block = np.floor((shared.at_one[:, 0] + 0.5) * 4.0) * 4.0 + np.floor((shared.at_one[:, 1] + 0.5) * 4.0)
            names, of = np.unique(block, return_inverse=True)
            weights.append(rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)))[of].astype(np.float64))
        drawn = (prior[0] + prior[1] * float(rng.standard_normal()), prior[1])
        found.append(bundled(turned, pairs, weights, drawn, sigma, rounds=4))
    return found


def _assembled(
    lines: Sequence[Skyline],
    turned: Turned,
    resampled: list[Turned],
    pairs: Sequence[Shared],
    sigma: float,
) -> Stitched:
    """The stitched skyline with its errors."""
    rotation, level_deg = levelled(turned.rotation, lines)
    base = [seen_by(line, axes, turned.focal_widths) for line, axes in zip(lines, rotation, strict=True)]
    log_scale = np.array([np.log(turned.focal_widths / each.focal_widths) for each in resampled])
    shifts = [_shift(lines, base, each) for each in resampled]
    leftmost = min(range(len(base)), key=lambda frame: float(base[frame].azimuth_deg.min()))
    rightmost = max(range(len(base)), key=lambda frame: float(base[frame].azimuth_deg.max()))
    ends = np.array([float(shift[rightmost][0][-1] - shift[leftmost][0][0]) for shift in shifts])
    drift = float(np.std(ends - _explained(ends, log_scale)))
    stitch_sigma = []
    for frame in range(len(lines)):
        up = np.array([shift[frame][1] for shift in shifts])
        stitch_sigma.append(np.std(up - _explained(up, log_scale), axis=0))
    found = merged(base, stitch_sigma)
    width = lines[0].width_px
    pan = Pan(
        tuple(np.round(found.azimuth_deg, 4).tolist()),
        tuple(np.round(found.elevation_deg, 4).tolist()),
        tuple(np.round(found.sigma_deg, 4).tolist()),
        float(np.std(log_scale)),
        (0.0, level_deg[0]),
        (0.0, level_deg[1]),
        drift,
        lines[0].eye_height_m,
    )
    return Stitched(
        pan,
        tuple(range(len(lines))),
        rotation,
        float(np.degrees(2.0 * np.arctan(0.5 / turned.focal_widths))),
        sum(len(shared.at_one) for shared in pairs),
        sigma * width,
        found.overlap_deg,
        found.disagreement_deg,
        found.remarks,
        tuple(np.degrees(np.arctan2(rotation[:, 0, 2], rotation[:, 1, 2])).round(4).tolist()),
    )


def _shift(lines: Sequence[Skyline], base: Sequence[Seen], turned: Turned) -> list[tuple[Floats, Floats]]:
    """How far each frame's columns move in azimuth and in elevation under another solution."""
    rotation, _ = levelled(turned.rotation, lines)
    again = [seen_by(line, axes, turned.focal_widths) for line, axes in zip(lines, rotation, strict=True)]
    return [
        (
            (there.azimuth_deg - here.azimuth_deg + 180.0) % 360.0 - 180.0,
            there.elevation_deg - here.elevation_deg,
        )
        for here, there in zip(base, again, strict=True)
    ]


def _explained(moved: Floats, log_scale: Floats) -> Floats:
    """What of a movement the common scale explains, by least squares: same shape as `moved`, resamplings first."""
    centred = log_scale - log_scale.mean()
    total = float(centred @ centred)
    if total < 1e-18:
        return np.zeros_like(moved)
    slope = np.tensordot(centred, moved, axes=(0, 0)) / total
    return np.asarray(np.multiply.outer(centred, slope))
