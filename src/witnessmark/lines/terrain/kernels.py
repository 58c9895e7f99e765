"""The loops over posts, compiled by numba when first used and kept compiled beside this file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import ProviderError

try:
    import numba
except ImportError as error:
    raise ProviderError(
        "Horizons are computed with numba, which is not installed.", "Run: pip install 'witnessmark[terrain]'."
    ) from error

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """A function compiled without the interpreter's lock, so that threads run side by side."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@compiled
def sweep_lines(
    height: NDArray[np.float32],
    forward: bool,
    slope: float,
    step_m: float,
    bend: float,
    eye_m: float,
    ahead: int,
    window: tuple[int, int, int, int, int],
    tangent: NDArray[np.float32],
    range_m: NDArray[np.float32],
) -> None:
    """Horizons of all posts of a window towards one bearing, by parallel lines and an upper hull.

    Parameters
    ----------
    height : ndarray of float32, shape (rows, columns)
        Contiguous; lines run along columns.
    forward : bool
        The bearing looks towards higher columns.
    slope : float
        Rows a line climbs in a column, from -1 to 1.
    step_m : float
        Length of a line between two columns.
    bend : float
        1 / 2R' [1/m].
    eye_m : float
        Height of the eye above the ground.
    ahead : int
        The first column ahead of the eye that counts, at least 1.
    window : tuple of int
        First row, first column, rows, columns, step.
    tangent, range_m : ndarray of float32, shape of the window's posts that count
        Filled; both NaN where nothing is known ahead, or of the post itself.
    """
    rows, columns = height.shape
    row0, column0, n_rows, n_columns, step = window
    row_end, column_end = row0 + n_rows, column0 + n_columns
    base = np.empty(columns, np.int64)
    part = np.empty(columns, np.float64)
    for c in range(columns):
        at = slope * c
        low = np.floor(at)
        share = at - low
        if share < 1e-9:
            share = 0.0
        elif share > 1.0 - 1e-9:
            low, share = low + 1.0, 0.0
        base[c], part[c] = int(low), share
    tangent[:] = 0.0
    range_m[:] = np.nan
    first_line, last_line = row0 - base[column0], row0 - base[column0]
    for c in range(column0, column_end):
        first_line = min(first_line, row0 - base[c] - 1)
        last_line = max(last_line, row_end - 1 - base[c])
    # Columns in the order in which the hull grows: from the farthest ahead towards the eye.
    count = columns - column0 if forward else column_end
    hull_s, hull_g = np.empty(count, np.float64), np.empty(count, np.float64)
    line_g = np.empty(count, np.float64)
    for line in range(first_line, last_line + 1):
        for k in range(count):
            c = columns - 1 - k if forward else k
            row, share = line + base[c], part[c]
            if row < 0 or row >= rows or (share > 0.0 and row == rows - 1):
                line_g[k] = np.nan
                continue
            h = np.float64(height[row, c])
            if share > 0.0:
                h += share * (np.float64(height[row + 1, c]) - h)
            s = k * step_m
            line_g[k] = h - bend * s * s
        top = 0
        for k in range(count):
            if k >= ahead:
                # The post ahead of the eye that now begins to count.
                g, s = line_g[k - ahead], -(k - ahead) * step_m
                if g == g:
                    while top >= 2 and (hull_g[top - 1] - g) * (hull_s[top - 2] - s) <= (hull_g[top - 2] - g) * (
                        hull_s[top - 1] - s
                    ):
                        top -= 1
                    hull_s[top], hull_g[top] = s, g
                    top += 1
            c = columns - 1 - k if forward else k
            if c < column0 or c >= column_end or (c - column0) % step != 0:
                continue
            share, row = part[c], line + base[c]
            low_counts = row0 <= row < row_end and (row - row0) % step == 0
            high_counts = share > 0.0 and row0 <= row + 1 < row_end and (row + 1 - row0) % step == 0
            if not (low_counts or high_counts):
                continue
            s, g = -k * step_m, line_g[k] + eye_m
            seen, away = np.nan, np.nan
            if top > 0 and g == g:
                rise, away = hull_g[top - 1] - g, hull_s[top - 1] - s
                for at in range(top - 2, -1, -1):
                    next_rise, next_away = hull_g[at] - g, hull_s[at] - s
                    if next_rise * away < rise * next_away:
                        break
                    rise, away = next_rise, next_away
                seen = rise / away + 2.0 * bend * s
            j = (c - column0) // step
            if low_counts:
                i = (row - row0) // step
                tangent[i, j] += np.float32((1.0 - share) * seen)
                if share <= 0.5:
                    range_m[i, j] = np.float32(away)
            if high_counts:
                i = (row + 1 - row0) // step
                tangent[i, j] += np.float32(share * seen)
                if share > 0.5:
                    range_m[i, j] = np.float32(away)


@compiled
def pack(
    tangent: NDArray[np.float32],
    range_m: NDArray[np.float32],
    first: int,
    tangent_step: float,
    nearest_m: float,
    steps_a_fold: float,
    tangent_code: NDArray[np.int16],
    range_code: NDArray[np.uint8],
) -> None:
    """Horizons of some bearings into the columns of a profile table.

    Parameters
    ----------
    tangent, range_m : ndarray of float32, shape (n_bearings, n_places)
    first : int
        Column of the first bearing.
    tangent_step : float
        What one of a code is worth.
    nearest_m : float
        Distance of code 1 [m].
    steps_a_fold : float
        Codes to e times the distance.
    tangent_code, range_code : ndarray of int16 and uint8, shape (n_places, n_azimuths)
        -32768 and 0 where nothing is known.
    """
    bearings, places = tangent.shape
    for place in range(places):
        for k in range(bearings):
            t, r = tangent[k, place], range_m[k, place]
            if t != t:
                tangent_code[place, first + k] = -32768
                range_code[place, first + k] = 0
                continue
            tangent_code[place, first + k] = np.int16(min(max(np.rint(t / tangent_step), -32767.0), 32767.0))
            folds = np.rint(np.log(max(np.float64(r), nearest_m) / nearest_m) * steps_a_fold)
            range_code[place, first + k] = np.uint8(min(folds, 254.0) + 1.0)
