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
    tangent[:], range_m[:] = np.nan, np.nan
    first_line, last_line = row0 - base[column0], row0 - base[column0]
    for c in range(column0, column_end):
        first_line = min(first_line, row0 - base[c] - 1)
        last_line = max(last_line, row_end - 1 - base[c])
    # Where posts go in the result, -1 for those that do not count.
    row_slot, column_slot = np.full(rows + 1, -1, np.int64), np.full(columns, -1, np.int64)
    for i in range(tangent.shape[0]):
        row_slot[row0 + i * step] = i
    for j in range(tangent.shape[1]):
        column_slot[column0 + j * step] = j
    # Columns in the order in which the hull grows: from the farthest ahead towards the eye.
    count = columns - column0 if forward else column_end
    from_k = columns - column_end if forward else column0
    hull_s, hull_g = np.empty(count + 1, np.float64), np.empty(count + 1, np.float64)
    line_g = np.empty(count, np.float64)
    seen, away = np.empty(columns, np.float64), np.empty(columns, np.float64)
    seen_before, away_before = np.full(columns, np.nan), np.full(columns, np.nan)
    for line in range(first_line, last_line + 1):
        # The columns where this line has posts on both sides.
        begin = first_column(line, base, part, rows - 1, slope >= 0.0, True)
        end = first_column(line, base, part, rows - 1, slope < 0.0, False)
        if forward:
            begin, end = columns - end, columns - begin
        end = min(end, count)
        for k in range(begin, end):
            c = columns - 1 - k if forward else k
            row, share = line + base[c], part[c]
            h = np.float64(height[row, c])
            if share > 0.0:
                h += share * (np.float64(height[row + 1, c]) - h)
            s = k * step_m
            line_g[k] = h - bend * s * s
        seen[column0:column_end] = np.nan
        top = 0
        for k in range(begin, end):
            # The post that now begins to count; the eye's own can go first, as from above it nothing it hides is seen.
            insert = k if ahead == 1 else k - ahead
            if insert >= begin:
                g, s = line_g[insert], -insert * step_m
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
            s, g = -k * step_m, line_g[k] + eye_m
            rise, ahead_m = hull_g[nearest] - g, hull_s[nearest] - s
            for at in range(nearest - 1, -1, -1):
                next_rise, next_ahead_m = hull_g[at] - g, hull_s[at] - s
                if next_rise * ahead_m < rise * next_ahead_m:
                    break
                rise, ahead_m = next_rise, next_ahead_m
            c = columns - 1 - k if forward else k
            seen[c], away[c] = rise / ahead_m + 2.0 * bend * s, ahead_m
        # Posts between this line and the one before, or on this one.
        left, right = (columns - end, columns - begin) if forward else (begin, end)
        for c in range(max(left, column0), min(right, column_end)):
            row, j = line + base[c], column_slot[c]
            if j < 0 or row_slot[row] < 0:
                continue
            i, share = row_slot[row], part[c]
            both = (1.0 - share) * seen[c] + share * seen_before[c] if share > 0.0 else seen[c]
            if both == both:
                tangent[i, j], range_m[i, j] = both, away[c] if share <= 0.5 else away_before[c]
        seen, seen_before = seen_before, seen
        away, away_before = away_before, away


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
