"""The loops of the fine march: the highest posts of blocks, and rays that skip the blocks they cannot see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.kernels import compiled

Heights = NDArray[np.float32]
Floats = NDArray[np.float64]


@compiled
def highest_of_blocks(height: Heights, side: int, out: Heights) -> None:
    """The highest post that bilinear ground inside each block of cells touches; inf where a post is missing.

    Parameters
    ----------
    height : ndarray of float32, shape (rows, columns)
    side : int
        Cells a block.
    out : ndarray of float32, shape (ceil((rows - 1) / side), ceil((columns - 1) / side))
    """
    rows, columns = height.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            top = np.float32(-np.inf)
            for row in range(i * side, min(i * side + side + 1, rows)):
                for column in range(j * side, min(j * side + side + 1, columns)):
                    h = height[row, column]
                    if h != h:
                        top = np.float32(np.inf)
                    elif h > top:
                        top = h
            out[i, j] = top


@compiled
def bilinear(height: Heights, column: float, row: float) -> float:
    """Height between posts; NaN outside and next to a missing post."""
    rows, columns = height.shape
    if not (0.0 <= row <= rows - 1 and 0.0 <= column <= columns - 1):
        return np.nan
    i, j = min(int(row), rows - 2), min(int(column), columns - 2)
    up, right = row - i, column - j
    low = height[i, j] * (1.0 - right) + height[i, j + 1] * right
    high = height[i + 1, j] * (1.0 - right) + height[i + 1, j + 1] * right
    return float(low * (1.0 - up) + high * up)


@compiled
def way_out(column: float, row: float, east: float, north: float, side: int, rows: int, columns: int) -> float:
    """How far a ray runs until it leaves its block or the grid [cells]."""
    along = np.inf
    if east > 0.0:
        along = (min(np.floor(column / side) * side + side, columns - 1.0) - column) / east
    elif east < 0.0:
        along = (np.floor(column / side) * side - column) / east
    if north > 0.0:
        along = min(along, (min(np.floor(row / side) * side + side, rows - 1.0) - row) / north)
    elif north < 0.0:
        along = min(along, (np.floor(row / side) * side - row) / north)
    return float(max(along, 0.0))


@compiled
def crest(
    height: Heights,
    eye: tuple[float, float],
    towards: tuple[float, float],
    spacing_m: float,
    eye_m: float,
    bend: float,
    step_m: float,
    at_m: float,
    tangent: float,
) -> tuple[float, float]:
    """The highest tangent, and where, between the samples on either side of a sample that stands out.

    Parameters
    ----------
    eye, towards : tuple of float
        Column and row of the eye, east and north of the bearing.
    at_m, tangent : float
        The sample.
    """
    best, at_best = tangent, at_m
    for m in range(-7, 8):
        d = at_m + m * step_m / 8.0
        if m == 0 or d < 0.5 * step_m:
            continue
        h = bilinear(height, eye[0] + towards[0] * d / spacing_m, eye[1] + towards[1] * d / spacing_m)
        t = (h - eye_m - bend * d * d) / d
        if t > best:
            best, at_best = t, d
    return best, at_best


@compiled
def march_rays(
    height: Heights,
    fine: Heights,
    wide: Heights,
    sides: tuple[int, int],
    spacing_m: float,
    column0: float,
    row0: float,
    eye_m: float,
    azimuth_rad: Floats,
    bend: Floats,
    step_cells: float,
    nearest_m: float,
    farthest_m: float,
    gap_m: float,
    gap_share: float,
    tangent: Floats,
    range_m: Floats,
    reach_m: Floats,
    inner_tangent: Floats,
    inner_range_m: Floats,
) -> None:
    """March rays from one eye and keep every crest it sees.

    Parameters
    ----------
    fine, wide : ndarray of float32
        Highest posts of blocks of `sides` cells.
    column0, row0 : float
        The eye in posts.
    eye_m : float
        Its height above the vertical datum.
    azimuth_rad, bend : ndarray of float64, shape (n_azimuths,)
        Bearings in the grid, and 1 / 2R' for each.
    step_cells : float
        Between samples.
    gap_m, gap_share : float
        What lies behind a crest begins this far behind it at least, and this share of its distance.
    tangent, range_m, reach_m : ndarray of float64, shape (n_azimuths,)
        Filled; reach is where data end.
    inner_tangent, inner_range_m : ndarray of float64, shape (n_azimuths, n_inner)
        Filled with the crests below the skyline, nearest first, those with the widest gaps behind; NaN beyond.
    """
    n_inner = inner_tangent.shape[1]
    gaps = np.empty(n_inner, np.float64)
    step_m = step_cells * spacing_m
    for k in range(len(azimuth_rad)):
        east, north = np.sin(azimuth_rad[k]), np.cos(azimuth_rad[k])
        best, at_best, reach, found = -np.inf, np.nan, np.inf, 0
        inner_tangent[k, :] = np.nan
        inner_range_m[k, :] = np.nan
        n = max(1, int(np.ceil(nearest_m / step_m)))
        while True:
            d = n * step_m
            column, row = column0 + east * n * step_cells, row0 + north * n * step_cells
            if not (0.0 <= row <= height.shape[0] - 1 and 0.0 <= column <= height.shape[1] - 1):
                reach = min(reach, d)
                break
            if d > farthest_m:
                break
            skipped = False
            for level in range(2):
                side = sides[1] if level == 0 else sides[0]
                blocks = wide if level == 0 else fine
                i = min(int(row) // side, blocks.shape[0] - 1)
                j = min(int(column) // side, blocks.shape[1] - 1)
                # A ray on an edge belongs to the block ahead of it; on the last posts there is none.
                out = way_out(column, row, east, north, side, height.shape[0], height.shape[1])
                rise = np.float64(blocks[i, j]) - eye_m - bend[k] * d * d
                far = d + out * spacing_m
                if rise / (d if rise > 0.0 else far) < best:
                    n = max(n + 1, int(np.ceil((n * step_cells + out) / step_cells)))
                    skipped = True
                    break
            if skipped:
                continue
            h = bilinear(height, column, row)
            if h != h:
                reach = min(reach, d)
            else:
                t = (h - eye_m - bend[k] * d * d) / d
                if t > best:
                    gap = d - at_best
                    if gap > max(gap_m, gap_share * at_best) and n_inner > 0:
                        width = np.log(d / at_best)
                        slot = found
                        if found == n_inner:
                            slot = int(np.argmin(gaps))
                            if gaps[slot] < width:
                                for m in range(slot, n_inner - 1):
                                    gaps[m] = gaps[m + 1]
                                    inner_tangent[k, m] = inner_tangent[k, m + 1]
                                    inner_range_m[k, m] = inner_range_m[k, m + 1]
                                slot = n_inner - 1
                            else:
                                slot = -1
                        else:
                            found += 1
                        if slot >= 0:
                            gaps[slot] = width
                            inner_tangent[k, slot], inner_range_m[k, slot] = crest(
                                height, (column0, row0), (east, north), spacing_m, eye_m, bend[k], step_m, at_best, best
                            )
                    best, at_best = t, d
            n += 1
        if at_best == at_best:
            best, at_best = crest(
                height, (column0, row0), (east, north), spacing_m, eye_m, bend[k], step_m, at_best, best
            )
        tangent[k], range_m[k] = (best, at_best) if at_best == at_best else (np.nan, np.nan)
        reach_m[k] = min(reach, farthest_m)
