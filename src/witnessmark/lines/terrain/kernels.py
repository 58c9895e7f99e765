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

LINES = 16
"""Lines walked together: what they need of a column is one run of memory."""

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """A function compiled without the interpreter's lock, so that threads run side by side."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@compiled
def first_column(
    line: int, base: NDArray[np.int64], part: NDArray[np.float64], top: int, low: bool, wanted: bool
) -> int:
    """First column where a line is (or is no longer, as `wanted` says) above the first row, or below the last.

    Parameters
    ----------
    base : ndarray of int64, shape (columns,)
        Whole rows that a line has climbed by each column, never turning.
    part : ndarray of float64, shape (columns,)
        And the share of a row.
    top : int
        Last row.
    low : bool
        Compare with the first row, else with the last.
    """
    begin, end = 0, len(base)
    while begin < end:
        c = (begin + end) // 2
        row = line + base[c]
        inside = row >= 0 if low else (row < top or (row == top and part[c] == 0.0))
        if inside == wanted:
            end = c
        else:
            begin = c + 1
    return begin


@compiled
def sample_lines(
    height: NDArray[np.float32],
    forward: bool,
    first: int,
    base: NDArray[np.int64],
    part: NDArray[np.float64],
    begin: int,
    end: int,
    line_h: NDArray[np.float32],
) -> None:
    """Heights along neighbouring lines, those of a column side by side; NaN off the grid and beside missing posts.

    Parameters
    ----------
    height : ndarray of float32, shape (columns, rows)
    first : int
        The first line.
    begin, end : int
        Steps from the far end that are wanted.
    line_h : ndarray of float32, shape (steps, n_lines)
        Filled.
    """
    columns, rows = height.shape
    n_lines = line_h.shape[1]
    for k in range(begin, end):
        c = columns - 1 - k if forward else k
        low, share = first + base[c], np.float32(part[c])
        if low >= 0 and low + n_lines < rows:
            if share == 0.0:
                for m in range(n_lines):
                    line_h[k, m] = height[c, low + m]
            else:
                for m in range(n_lines):
                    line_h[k, m] = height[c, low + m] + share * (height[c, low + m + 1] - height[c, low + m])
            continue
        for m in range(n_lines):
            row = low + m
            if row < 0 or row >= rows or (share > 0.0 and row == rows - 1):
                line_h[k, m] = np.nan
            elif share == 0.0:
                line_h[k, m] = height[c, row]
            else:
                line_h[k, m] = height[c, row] + share * (height[c, row + 1] - height[c, row])


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
    height : ndarray of float32, shape (columns, rows)
        Contiguous; lines run from column to column, so that the posts of neighbouring lines lie side by side.
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
    tangent, range_m : ndarray of float32, shape (columns, rows) of the window's posts that count
        Filled; both NaN where nothing is known ahead, or of the post itself.
    """
    columns, rows = height.shape
    row0, column0, n_rows, n_columns, _ = window
    row_end, column_end = row0 + n_rows, column0 + n_columns
    base, part = np.empty(columns, np.int64), np.empty(columns, np.float64)
    for c in range(columns):
        at = slope * c
        low = np.floor(at)
        share = at - low
        if share < 1e-9:
            share = 0.0
        elif share > 1.0 - 1e-9:
            low, share = low + 1.0, 0.0
        base[c], part[c] = int(low), share
    tangent[:], range_m[:] = np.nan, np.nan
    first_line, last_line = row0 - base[column0], row0 - base[column0]
    for c in range(column0, column_end):
        first_line = min(first_line, row0 - base[c] - 1)
        last_line = max(last_line, row_end - 1 - base[c])
    # Columns in the order in which the hull grows: from the farthest ahead towards the eye.
    count = columns - column0 if forward else column_end
    from_k = columns - column_end if forward else column0
    hull_s, hull_g = np.empty(count + 1, np.float64), np.empty(count + 1, np.float64)
    line_h = np.empty((count, LINES), np.float32)
    # What each line sees from each column; the first place is that of the line before.
    seen, away = np.full((count, LINES + 1), np.nan, np.float32), np.full((count, LINES + 1), np.nan, np.float32)
    for first in range(first_line, last_line + 1, LINES):
        # The steps in which any of these lines is on the grid: the outermost lines have the outermost ends.
        begin, end = columns, 0
        for line in (first, first + LINES - 1):
            left = first_column(line, base, part, rows - 1, slope >= 0.0, True)
            right = first_column(line, base, part, rows - 1, slope < 0.0, False)
            begin, end = min(begin, left), max(end, right)
        if forward:
            begin, end = columns - end, columns - begin
        end = min(end, count)
        sample_lines(height, forward, first, base, part, begin, end, line_h)
        seen[from_k:, 1:], away[from_k:, 1:] = np.nan, np.nan
        for m in range(LINES):
            top = 0
            for k in range(begin, end):
                # The post that now begins to count; the eye's own can go first: from above it nothing it hides is seen.
                insert = k if ahead == 1 else k - ahead
                if insert >= begin:
                    s = -insert * step_m
                    g = np.float64(line_h[insert, m]) - bend * s * s
                    if g == g:
                        while top >= 2 and (hull_g[top - 1] - g) * (hull_s[top - 2] - s) <= (hull_g[top - 2] - g) * (
                            hull_s[top - 1] - s
                        ):
                            top -= 1
                        hull_s[top], hull_g[top] = s, g
                        top += 1
                nearest = top - 2 if ahead == 1 else top - 1
                if k < from_k or nearest < 0:
                    continue
                s = -k * step_m
                g = np.float64(line_h[k, m]) + eye_m - bend * s * s
                rise, ahead_m = hull_g[nearest] - g, hull_s[nearest] - s
                for at in range(nearest - 1, -1, -1):
                    next_rise, next_ahead_m = hull_g[at] - g, hull_s[at] - s
                    if next_rise * ahead_m < rise * next_ahead_m:
                        break
                    rise, ahead_m = next_rise, next_ahead_m
                seen[k, m + 1], away[k, m + 1] = rise / ahead_m + 2.0 * bend * s, ahead_m
        spread_lines(
            seen, away, forward, first, base, part, window, (max(begin, from_k), end), columns, tangent, range_m
        )
        seen[from_k:, 0], away[from_k:, 0] = seen[from_k:, LINES], away[from_k:, LINES]


@compiled
def spread_lines(
    seen: NDArray[np.float32],
    away: NDArray[np.float32],
    forward: bool,
    first: int,
    base: NDArray[np.int64],
    part: NDArray[np.float64],
    window: tuple[int, int, int, int, int],
    steps: tuple[int, int],
    columns: int,
    tangent: NDArray[np.float32],
    range_m: NDArray[np.float32],
) -> None:
    """Give the posts on and between lines what those saw, by nearness; distances from the nearer line.

    Parameters
    ----------
    seen, away : ndarray of float32, shape (steps, n_lines + 1)
        Place 0 is the line before the first.
    """
    row0, column0, n_rows, _, step = window
    n_lines = seen.shape[1] - 1
    for k in range(steps[0], steps[1]):
        c = columns - 1 - k if forward else k
        if (c - column0) % step != 0:
            continue
        j, low, share = (c - column0) // step, first + base[c], np.float32(part[c])
        begin, end = max(0, row0 - low), min(n_lines, row0 + n_rows - low)
        nearer = 1 if share <= 0.5 else 0
        if step == 1:
            for m in range(begin, end):
                both = seen[k, m + 1]
                if share > 0.0:
                    both += share * (seen[k, m] - both)
                tangent[j, low + m - row0] = both
                range_m[j, low + m - row0] = away[k, m + nearer] if both == both else np.float32(np.nan)
            continue
        for m in range(begin, end):
            if (low + m - row0) % step == 0:
                i = (low + m - row0) // step
                both = seen[k, m + 1]
                if share > 0.0:
                    both += share * (seen[k, m] - both)
                tangent[j, i] = both
                range_m[j, i] = away[k, m + nearer] if both == both else np.float32(np.nan)


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
