"""Whether two recordings change alike: thumbnails laid over one another, block by block.

A background that stays proves a place or a set, not a recording. What proves a copy is change: what moves in one,
moves in the other, in the same block and the same second, and no longer does when one of them is shifted in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.areas import Area, Group, areas_on, hidden_at
from witnessmark.lines.copies.fingerprint import Thumbnails
from witnessmark.lines.copies.library import Template
from witnessmark.lines.copies.timeline import Line

BLOCK = 8
"""Side of a block on the common grid [px]."""
MEAN_REACH_S = 2.0
"""Change is what differs from the mean over this long before and after."""
NOISE_LEVELS = 2.5
"""Change of this root mean square counts half [grey levels]: coding noise is below it."""
LEAST_PX, LEAST_PIXELS = 7.0, 160.0
"""Sides and area of the common part, in the coarser thumbnail, that can be compared at all [px]."""
LEAST_COMMON = 0.4
"""Share of the one or of the other picture that the common part must make up: a logo is no common picture."""
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
TEXTURE_LEVELS = 4.0
"""Texture of this root mean square counts half when the pictures themselves are compared [grey levels]."""
COVERED = 0.6
"""A block counts when at least this share of it shows the reference."""
_CHANNELS = 4
_AT_ONCE = 128
Matrix = NDArray[np.float64]
Pixel = TypeVar("Pixel", np.float32, np.bool_)
Changes = tuple[NDArray[np.float32], NDArray[np.float32]]
"""How blocks change, shape (n, blocks, BLOCK * BLOCK), and the power of it, shape (n, blocks)."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlaid:
    """Two recordings' thumbnails on one grid: the part of the query's frame that the reference covers.

    Attributes
    ----------
    q_s, r_s : ndarray of float64, shapes (n,), (m,)
    query, reference : ndarray of float32, shapes (n, height, width), (m, height, width)
    valid : ndarray of bool, shape (height, width)
        Where the reference shows.
    box : tuple of float
        Left, top, right, bottom of the grid in the query's frame, as shares.
    areas : tuple of Area
        Marked areas of the reference, in which nothing is compared.
    """

    q_s: NDArray[np.float64]
    r_s: NDArray[np.float64]
    query: NDArray[np.float32]
    reference: NDArray[np.float32]
    valid: NDArray[np.bool_]
    box: tuple[float, float, float, float]
    areas: tuple[Area, ...] = ()


def overlay(
    query: Thumbnails, reference: Thumbnails, matrix: Matrix, turned: bool, marks: Sequence[Template] = ()
) -> Overlaid | None:
    """Lay thumbnails over one another.

    Parameters
    ----------
    query, reference : Thumbnails
    matrix : ndarray of float64, shape (3, 3)
        From reference to query, as shares of width and height, after mirroring when `turned`.
    turned : bool
    marks : sequence of Template
        Marked areas of the reference's frame.

    Returns
    -------
    Overlaid or None
        None when the common part is too small to compare, or the transform is not one that footage undergoes.
    """
    if not sane(matrix):
        return None
    corners = _map(matrix, CORNERS)
    (left, top), (right, bottom) = np.clip(corners.min(axis=0), 0, 1), np.clip(corners.max(axis=0), 0, 1)
    (_, qh, qw), (_, rh, rw) = query.luma.shape, reference.luma.shape
    back = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float64)
    seen = np.clip(_map(back, box), 0, 1)
    across_r, down_r = seen.max(axis=0) - seen.min(axis=0)
    across_px = min((right - left) * qw, across_r * rw)
    down_px = min((bottom - top) * qh, down_r * rh)
    if min(across_px, down_px) < LEAST_PX or across_px * down_px < LEAST_PIXELS:
        return None
    width = int(np.clip(round(across_px / BLOCK), 1, 12)) * BLOCK
    height = int(np.clip(round(down_px / BLOCK), 1, 12)) * BLOCK
    across, down = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    unit = np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float64)
    at_q = (np.array([left, top]) + np.array([right - left, bottom - top]) * unit).astype(np.float64)
    at_r = _map(back, at_q)
    valid = ((at_r > 0) & (at_r < 1)).all(axis=1).reshape(height, width)
    common = float(valid.mean()) * (right - left) * (bottom - top)
    if max(common, common / max(_area(corners), 1e-6)) < LEAST_COMMON:
        return None
    if turned:
        at_r = np.stack([1.0 - at_r[:, 0], at_r[:, 1]], axis=1)
    coarse_q = ((right - left) * qw * (bottom - top) * qh / (width * height)) ** 0.5
    coarse_r = (across_r * rw * down_r * rh / (width * height)) ** 0.5
    blur_px = 1.5 * max(1.0, float(coarse_r))
    return Overlaid(
        query.times_s.astype(np.float64),
        reference.times_s.astype(np.float64),
        _laid(query.luma, at_q, (height, width), float(coarse_q)),
        _laid(reference.luma, at_r, (height, width), float(coarse_r)),
        valid,
        (float(left), float(top), float(right), float(bottom)),
        areas_on(marks, at_r, (height, width), (blur_px / rw, blur_px / rh)),
    )


def _area(corners: NDArray[np.float64]) -> float:
    """Area of a polygon."""
    after = np.roll(corners, -1, axis=0)
    return float(abs((corners[:, 0] * after[:, 1] - after[:, 0] * corners[:, 1]).sum()) / 2)


def sane(matrix: Matrix) -> bool:
    """Whether a transform keeps corners in order, stretches neither way much more than the other, and folds nothing."""
    corners = _map(matrix, CORNERS)
    sides = np.roll(corners, -1, axis=0) - corners
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    depth = np.concatenate([CORNERS, np.ones((4, 1))], axis=1) @ matrix[2]
    if not np.isfinite(corners).all() or (turns <= 0).any() or (depth <= 0).any():
        return False
    longest = np.hypot(*sides.T)
    return bool(longest.max() < 8.0 * longest.min() and abs(float(np.linalg.det(matrix))) > 1e-4)


def _map(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    weight = np.where(np.abs(moved[:, 2:]) < 1e-6, 1e-6, moved[:, 2:])
    return np.asarray(moved[:, :2] / weight)


def _laid(
    luma: NDArray[np.uint8], at: NDArray[np.float64], shape: tuple[int, int], shrink: float
) -> NDArray[np.float32]:
    """Pictures read at places given as shares; blurred first by as much as they shrink."""
    height, width = luma.shape[1:]
    x = (at[:, 0] * width - 0.5).astype(np.float32).reshape(shape)
    y = (at[:, 1] * height - 0.5).astype(np.float32).reshape(shape)
    blur = 0.5 * (shrink**2 - 1.0) ** 0.5 if shrink > 1.05 else 0.0
    laid = np.empty((len(luma), *shape), np.float32)
    for start in range(0, len(luma), _CHANNELS):  # as channels of one picture, which is faster and gives the same
        some = np.ascontiguousarray(luma[start : start + _CHANNELS].transpose(1, 2, 0))
        soft = cv2.GaussianBlur(some, (0, 0), blur) if blur > 0.2 else some
        read = cv2.remap(soft, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        smooth = cv2.GaussianBlur(read, (0, 0), 0.7).reshape(*shape, -1)
        laid[start : start + _CHANNELS] = np.moveaxis(smooth, 2, 0)
    return laid


def blocks_of(pictures: NDArray[np.float32], hides: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Blocks less their means: shape (n, blocks, BLOCK * BLOCK) of pictures of shape (n, height, width).

    Hidden pixels, and blocks of which too little is left, are 0.
    """
    flat = _cut(pictures)
    if hides is None:
        means = flat.reshape(-1, BLOCK * BLOCK) @ np.full(BLOCK * BLOCK, 1.0 / (BLOCK * BLOCK), np.float32)
        return np.asarray(flat - means.reshape(*flat.shape[:2], 1))
    shows = _cut(~hides[None].copy())[0].astype(np.float32) * left_over(hides)[:, None]
    means = (flat * shows).sum(axis=2) / np.maximum(shows.sum(axis=1), 1.0)
    return np.asarray((flat - means[:, :, None]) * shows, dtype=np.float32)


def left_over(hides: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The blocks of which enough is not hidden."""
    return np.asarray(1.0 - _cut(hides[None])[0].mean(axis=1) >= COVERED)


def _cut(pictures: NDArray[Pixel]) -> NDArray[Pixel]:
    n, height, width = pictures.shape
    cut = pictures.reshape(n, height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(0, 1, 3, 2, 4)
    return cut.reshape(n, -1, BLOCK * BLOCK)


def counted_blocks(overlaid: Overlaid) -> NDArray[np.bool_]:
    """The blocks of which enough shows the reference."""
    height, width = overlaid.valid.shape
    share = overlaid.valid.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean(axis=(1, 3))
    return np.asarray(share.ravel() >= COVERED)


def change(
    blocks: NDArray[np.float32], times_s: NDArray[np.float64], reach_s: float = MEAN_REACH_S
) -> NDArray[np.float32]:
    """What differs from the mean of the frames before and after."""
    sums = np.zeros((len(blocks) + 1, *blocks.shape[1:]), np.float32)
    for row, one in enumerate(blocks):  # row by row, as whole arrays do not fit the processor's cache
        np.add(sums[row], one, out=sums[row + 1])
    low = np.searchsorted(times_s, times_s - reach_s - 1e-6)
    high = np.searchsorted(times_s, times_s + reach_s + 1e-6)
    counts = (high - low).astype(np.float32)
    changed = np.empty(blocks.shape, np.float32)
    for row, one in enumerate(blocks):
        mean = changed[row]
        np.subtract(sums[high[row]], sums[low[row]], out=mean)
        np.divide(mean, counts[row], out=mean)
        np.subtract(one, mean, out=mean)
    return changed


def softened(changes: NDArray[np.float32], noise_levels: float = NOISE_LEVELS) -> NDArray[np.float32]:
    """Each block's change at a length from 0 to 1: a strong movement counts as one, coding noise as little."""
    length = np.sqrt(_product(changes, changes))[..., None]
    return np.asarray(changes / (length + noise_levels * BLOCK), dtype=np.float32)


def _product(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scalar products along the last axis."""
    return np.asarray(np.einsum("...i,...i->...", one, other))


def change_table(overlaid: Overlaid, margin: float = 0.3) -> NDArray[np.float32]:
    """How alike every query frame and every reference frame change, less a margin; shape (n, m).

    A pair adds the scalar product of both changes over all blocks, less `margin` of their mean power: pairs in which
    nothing changes add nothing.
    """
    counted = counted_blocks(overlaid)
    if not counted.any():
        return np.zeros((len(overlaid.q_s), len(overlaid.r_s)), np.float32)
    table = np.zeros((len(overlaid.q_s), len(overlaid.r_s)), np.float32)
    for rows, hides in hidden_at(overlaid.areas, overlaid.r_s):
        left = counted if hides is None else counted & left_over(hides)
        if left.any():
            q = _moves(overlaid.query, overlaid.q_s, left, hides)
            r = _moves(overlaid.reference, overlaid.r_s, left, hides)
            r = r if len(rows) == len(r) else r[rows]
            power = 0.5 * (_product(q, q)[:, None] + _product(r, r)[None, :])
            table[:, rows] = (q @ r.T - margin * power) / left.sum()
    return table


def _moves(
    pictures: NDArray[np.float32],
    times_s: NDArray[np.float64],
    left: NDArray[np.bool_],
    hides: NDArray[np.bool_] | None,
) -> NDArray[np.float32]:
    """How the blocks that are left change, side by side: shape (n, blocks * BLOCK * BLOCK).

    Of a long recording a part at a time, with what its first and last means reach, so that it stays in the cache.
    """
    moved = np.empty((len(pictures), int(left.sum()), BLOCK * BLOCK), np.float32)
    for start in range(0, len(pictures), _AT_ONCE):
        end = min(start + _AT_ONCE, len(pictures))
        low = int(np.searchsorted(times_s, times_s[start] - MEAN_REACH_S - 1e-6))
        high = int(np.searchsorted(times_s, times_s[end - 1] + MEAN_REACH_S + 1e-6))
        blocks = blocks_of(pictures[low:high], hides)
        changed = change(blocks if left.all() else blocks[:, left], times_s[low:high])
        moved[start:end] = softened(changed[start - low : end - low])
    return moved.reshape(len(moved), -1)


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How two recordings agree along one line of time; arrays have one row a query frame of the stretch.

    Attributes
    ----------
    q_s : ndarray of float64, shape (n,)
    alike : ndarray of float32, shape (n, blocks)
        Scalar product of both changes in a block.
    power : ndarray of float32, shape (n, blocks)
        Mean of the squares of both changes: `alike` is at most as large.
    still : ndarray of float32, shape (blocks,)
        Correlation of both recordings' mean pictures within the block, -1 to 1.
    texture : ndarray of float32, shape (blocks,)
        Lesser root mean square of the two mean pictures within the block [levels].
    quieter, livelier : ndarray of float32, shape (blocks,)
        Mean power of change in the recording that changes less there, and in the other.
    like, seen : ndarray of float32, shape (n, blocks)
        As `alike` and `power`, of the pictures themselves instead of their change.
    shown : ndarray of bool, shape (n, blocks)
        Blocks that no marked area hides; where one does, all else is 0.
    """

    q_s: NDArray[np.float64]
    alike: NDArray[np.float32]
    power: NDArray[np.float32]
    still: NDArray[np.float32]
    texture: NDArray[np.float32]
    quieter: NDArray[np.float32]
    livelier: NDArray[np.float32]
    like: NDArray[np.float32]
    seen: NDArray[np.float32]
    shown: NDArray[np.bool_]

    def share(self, rows: NDArray[np.bool_] | slice = slice(None)) -> float:
        """Share of all change that agrees, -1 to 1."""
        return float(self.alike[rows].sum() / max(float(self.power[rows].sum()), 1e-6))


def along(overlaid: Overlaid, line: Line, whole: bool = False, shift_s: float = 0.0) -> Agreement | None:
    """Agreement along a line of time, the reference's frames interpolated to the query's times.

    Parameters
    ----------
    overlaid : Overlaid
    line : Line
    whole : bool
        Over all of the query that the line maps into the reference, not only from `q0_s` to `q1_s`.
    shift_s : float
        Shift the reference by so much [s], as a control.
    """
    inside, r_wanted = _led(overlaid, line, whole, shift_s)
    counted = counted_blocks(overlaid)
    if inside.sum() < 2 or not counted.any():
        return None
    q_s = overlaid.q_s[inside]
    pictures = overlaid.query[inside], interpolated(overlaid.reference, overlaid.r_s, r_wanted[inside])
    groups = hidden_at(overlaid.areas, r_wanted[inside])
    shown = np.ones((len(q_s), int(counted.sum())), np.bool_)
    for rows, hides in groups:
        if hides is not None:
            shown[rows] = left_over(hides)[counted]
    (q, changed_q), (r, changed_r) = (_blocks_and_change(one, q_s, counted, groups) for one in pictures)
    alike = _product(changed_q, changed_r)
    power_q, power_r = _product(changed_q, changed_q), _product(changed_r, changed_r)
    power = 0.5 * (power_q + power_r)
    mean_q, mean_r = q.mean(axis=0), r.mean(axis=0)
    long_q, long_r = np.sqrt((mean_q**2).sum(axis=1)), np.sqrt((mean_r**2).sum(axis=1))
    still = (mean_q * mean_r).sum(axis=1) / np.maximum(long_q * long_r, 1.0)
    mean_power_q, mean_power_r = power_q.mean(axis=0), power_r.mean(axis=0)
    quieter, livelier = np.minimum(mean_power_q, mean_power_r), np.maximum(mean_power_q, mean_power_r)
    look_q, look_r = softened(q, TEXTURE_LEVELS), softened(r, TEXTURE_LEVELS)
    like = _product(look_q, look_r)
    looked = 0.5 * (_product(look_q, look_q) + _product(look_r, look_r))
    return Agreement(
        q_s, alike, power, still, np.minimum(long_q, long_r) / BLOCK, quieter, livelier, like, looked, shown
    )


def _led(
    overlaid: Overlaid, line: Line, whole: bool = False, shift_s: float = 0.0
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which of the query's frames a line leads into the reference, and the time there of every one."""
    r_wanted = line.offset_s + shift_s + line.speed * overlaid.q_s
    inside = (r_wanted >= overlaid.r_s[0] - 0.13) & (r_wanted <= overlaid.r_s[-1] + 0.13)
    if not whole:
        inside &= (overlaid.q_s >= line.q0_s - 1e-6) & (overlaid.q_s <= line.q1_s + 1e-6)
    return inside, r_wanted


def _blocks_and_change(
    pictures: NDArray[np.float32], times_s: NDArray[np.float64], counted: NDArray[np.bool_], groups: Sequence[Group]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Blocks of pictures and how they change, each row with what is hidden at its time."""
    blocks = changed = np.zeros((len(pictures), int(counted.sum()), BLOCK * BLOCK), np.float32)
    for rows, hides in groups:
        part = blocks_of(pictures, hides)[:, counted]
        moved = softened(change(part, times_s))
        if len(rows) == len(pictures):
            return part, moved
        blocks, changed = blocks.copy(), changed.copy()
        blocks[rows], changed[rows] = part[rows], moved[rows]
    return blocks, changed


def interpolated(
    pictures: NDArray[np.float32], times_s: NDArray[np.float64], wanted_s: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Pictures at other times, mixed from the one before and the one after."""
    if len(times_s) == 1:
        return np.repeat(pictures, len(wanted_s), axis=0)
    right = np.clip(np.searchsorted(times_s, wanted_s), 1, len(times_s) - 1)
    span = np.maximum(times_s[right] - times_s[right - 1], 1e-6)
    share = np.clip((wanted_s - times_s[right - 1]) / span, 0.0, 1.0).astype(np.float32)[:, None, None]
    return np.asarray(pictures[right - 1] * (1 - share) + pictures[right] * share, dtype=np.float32)


def refined(overlaid: Overlaid, line: Line) -> Line:
    """The line with offset and speed moved to where the pictures change most alike, below the sampling grid."""
    ours: dict[bytes, Changes] = {}
    best, value = line, _value(overlaid, line, ours)
    for step_s, step_speed in ((0.125, 0.02), (0.0625, 0.01), (0.03, 0.005)):
        for _ in range(3):
            middle = (best.q0_s + best.q1_s) / 2
            tries = [(d, 0.0) for d in (-step_s, step_s)]
            if best.q1_s - best.q0_s > 3.0:
                tries += [(0.0, d) for d in (-step_speed, step_speed)]
            options = []
            for d_offset, d_speed in tries:
                offset_s = best.offset_s + d_offset - d_speed * middle
                option = Line(best.speed + d_speed, offset_s, best.q0_s, best.q1_s, best.weight)
                options.append((_value(overlaid, option, ours), option))
            top = max(options, key=lambda pair: pair[0])
            if top[0] <= value + 1e-4:
                break
            value, best = top
    return best


def _value(overlaid: Overlaid, line: Line, ours: dict[bytes, Changes]) -> float:
    """`Agreement.share` along a line; `ours` keeps how the query changes, by the frames that were looked at."""
    if overlaid.areas:
        seen = along(overlaid, line)
        return -1.0 if seen is None else seen.share()
    inside, r_wanted = _led(overlaid, line)
    counted = counted_blocks(overlaid)
    if inside.sum() < 2 or not counted.any():
        return -1.0
    q_s = overlaid.q_s[inside]
    if (key := inside.tobytes()) not in ours:
        ours[key] = _changes(overlaid.query[inside], q_s, counted)
    changed_q, power_q = ours[key]
    changed_r, power_r = _changes(interpolated(overlaid.reference, overlaid.r_s, r_wanted[inside]), q_s, counted)
    power = 0.5 * (power_q + power_r)
    return float(_product(changed_q, changed_r).sum() / max(float(power.sum()), 1e-6))


def _changes(pictures: NDArray[np.float32], times_s: NDArray[np.float64], counted: NDArray[np.bool_]) -> Changes:
    moved = softened(change(blocks_of(pictures)[:, counted], times_s))
    return moved, _product(moved, moved)
