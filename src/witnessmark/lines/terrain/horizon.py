"""Horizons of every place of a region at once: parallel lines for each bearing, with an upper hull.

A ray march asks every post ahead of every place. Here each line is walked once, from its far end towards the eye, and
keeps the upper hull of what it has passed: the horizon of a place is the hull's tangent from its eye. A post enters and
leaves the hull at most once, so the work a post is bounded (amortised O(1)) and the whole model is the range.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.ground import REFRACTION_K, Ground, Window, effective_radius_m

EYE_HEIGHT_M = 1.7
TANGENT_STEP = 1.0 / 8000.0
"""Of a packed tangent: 0.0036 degrees at the most between a horizon and its code; codes end at 76 degrees."""
RANGE_FIRST_M, RANGE_LAST_M = 10.0, 600_000.0
RANGE_STEPS_A_FOLD = 254.0 / float(np.log(RANGE_LAST_M / RANGE_FIRST_M))
"""Of a packed distance: 2.2 % at the most between a distance and its code."""
UNKNOWN = -32768
BEARINGS_AT_ONCE = 16

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class View:
    """How one looks.

    Attributes
    ----------
    eye_height_m : float
        Above the ground, at every place.
    refraction_k : float
        See `ground.effective_radius_m`.
    nearest_m : float
        Ground nearer than this does not count; the first post ahead always lies a post's spacing away.
    """

    eye_height_m: float = EYE_HEIGHT_M
    refraction_k: float = REFRACTION_K
    nearest_m: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.eye_height_m) and 0.0 <= self.eye_height_m <= 20_000.0):
            raise BadInputError(
                f"An eye {self.eye_height_m} m above the ground.", "Give metres, 1.7 for a person standing."
            )
        if not (np.isfinite(self.nearest_m) and self.nearest_m >= 0.0):
            raise BadInputError(f"Ground from {self.nearest_m} m on.", "Give a distance in metres, 0 for all of it.")


@dataclass(frozen=True, slots=True, eq=False)
class Horizons:
    """Horizons of the posts of a window.

    Attributes
    ----------
    azimuth_deg : ndarray of float64, shape (n_azimuths,)
        Bearings in the grid, clockwise from its north; add `Ground.convergence_deg` for true ones.
    tangent : ndarray of float32, shape (n_azimuths, n_rows, n_columns)
        Of the apparent elevation of the skyline; NaN where nothing is known ahead.
    range_m : ndarray of float32, shape (n_azimuths, n_rows, n_columns)
        How far the skyline is.
    """

    azimuth_deg: Floats
    tangent: Floats32
    range_m: Floats32


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Packed horizons of many places, all bearings of a place side by side.

    Attributes
    ----------
    ground : Sha256
        The ground they were computed on.
    view : View
    azimuth_deg : ndarray of float64, shape (n_azimuths,)
        Bearings in the grid, evenly spaced from 0.
    x_m, y_m : ndarray of float64, shapes (n_columns,) and (n_rows,)
        Of the places; place number = row x n_columns + column, rows from the south.
    convergence_deg : ndarray of float32, shape (n_places,)
        True bearing = bearing in the grid + this.
    tangent_code : ndarray of int16, shape (n_places, n_azimuths)
        Tangent = code x `TANGENT_STEP`; `UNKNOWN` where nothing is known.
    range_code : ndarray of uint8, shape (n_places, n_azimuths)
        See `range_of_code_m`; 0 where nothing is known.
    """

    ground: Sha256
    view: View
    azimuth_deg: Floats
    x_m: Floats
    y_m: Floats
    convergence_deg: Floats32
    tangent_code: NDArray[np.int16]
    range_code: NDArray[np.uint8]

    @property
    def n_places(self) -> int:
        """Number of places."""
        return len(self.x_m) * len(self.y_m)

    def place(self, number: int) -> tuple[float, float]:
        """East and north of a place [m]."""
        row, column = divmod(number, len(self.x_m))
        return float(self.x_m[column]), float(self.y_m[row])

    def tangents(self, number: int | slice | NDArray[np.intp]) -> Floats32:
        """Tangents of the skylines of places; NaN where nothing is known."""
        code = self.tangent_code[number]
        return np.where(code == UNKNOWN, np.nan, code * np.float32(TANGENT_STEP)).astype(np.float32)

    def ranges_m(self, number: int | slice | NDArray[np.intp]) -> Floats32:
        """Distances of the skylines of places [m]; NaN where nothing is known."""
        return np.asarray(range_of_code_m()[self.range_code[number]], np.float32)


def bearings_deg(n_azimuths: int) -> Floats:
    """Bearings of a profile in the grid, evenly spaced from north [deg].

    Examples
    --------
    >>> bearings_deg(4).tolist()
    [0.0, 90.0, 180.0, 270.0]
    """
    return np.asarray(np.arange(n_azimuths) * (360.0 / n_azimuths), np.float64)


def range_of_code_m() -> Floats32:
    """Distance of each packed code [m], NaN for 0: what matching looks distances up in.

    Examples
    --------
    >>> range_of_code_m()[[1, 255]].round().tolist()
    [10.0, 600000.0]
    """
    table: Floats = RANGE_FIRST_M * np.exp((np.arange(256) - 1.0) / RANGE_STEPS_A_FOLD)
    table[0] = np.nan
    return np.asarray(table, np.float32)


def sweep(
    ground: Ground, azimuth_deg: Floats, *, window: Window | None = None, view: View | None = None, workers: int = 1
) -> Horizons:
    """Horizons of every post of a window towards bearings in the grid.

    Parameters
    ----------
    azimuth_deg : ndarray of float64, shape (n_azimuths,)
        Clockwise from grid north.
    window : Window or None
        The ground's region when None.
    workers : int
        Threads; each takes one bearing at a time. The numbers do not depend on it.

    Returns
    -------
    Horizons

    Notes
    -----
    With s along the line in the direction of sight, R' the effective radius and g = h - s^2 / 2R', the tangent of the
    apparent elevation from a place v to a post t is (g_t - g_v) / (s_t - s_v) + s_v / R' exactly. Lines cross the
    grid a post's spacing apart; along a line, heights are linear between the two posts beside it. A place between two
    lines gets its horizon from both, with its own height, weighted by nearness. The earth's drop s^2 / 2R' is that of
    a level sight's small angles: at 100 km the next term is 0.1 m.
    """
    part = ground.region if window is None else window
    _inside(part, ground)
    look = View() if view is None else view
    azimuth = np.ascontiguousarray(azimuth_deg, np.float64)
    shape = (len(azimuth), *part.shape)
    tangent, range_m = np.empty(shape, np.float32), np.empty(shape, np.float32)
    task = _Task(ground, part, look)

    def one(k: int) -> None:
        task.run(float(azimuth[k]), tangent[k], range_m[k])

    _each(one, len(azimuth), workers)
    return Horizons(azimuth, tangent, range_m)


def profile(
    ground: Ground,
    n_azimuths: int = 720,
    *,
    window: Window | None = None,
    view: View | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Profiles:
    """Horizons of every post of a window all around, packed: 3 bytes a bearing.

    Parameters
    ----------
    n_azimuths : int
        Evenly spaced from grid north.
    progress : callable or None
        Told the share done, from 0 to 1.

    Returns
    -------
    Profiles
    """
    from witnessmark.lines.terrain.kernels import pack

    part = ground.region if window is None else window
    if n_azimuths < 4:
        raise BadInputError(
            f"A profile of {n_azimuths} bearings.", "Give at least 4; 720 is a bearing each half degree."
        )
    azimuth = bearings_deg(n_azimuths)
    x, y = ground.posts_of(part)
    n_places = len(x) * len(y)
    tangent_code = np.empty((n_places, n_azimuths), np.int16)
    range_code = np.empty((n_places, n_azimuths), np.uint8)
    for first in range(0, n_azimuths, BEARINGS_AT_ONCE):
        some = sweep(ground, azimuth[first : first + BEARINGS_AT_ONCE], window=part, view=view, workers=workers)
        flat = (len(some.azimuth_deg), n_places)
        packed = (TANGENT_STEP, RANGE_FIRST_M, RANGE_STEPS_A_FOLD, tangent_code, range_code)
        pack(some.tangent.reshape(flat), some.range_m.reshape(flat), first, *packed)
        if progress is not None:
            progress(min(1.0, (first + BEARINGS_AT_ONCE) / n_azimuths))
    turn = ground.convergence_deg(*(grid.ravel() for grid in np.meshgrid(x, y))).astype(np.float32)
    look = View() if view is None else view
    return Profiles(ground.digest(), look, azimuth, x, y, turn, tangent_code, range_code)


class _Task:
    """A ground and its transpose, ready for lines along either."""

    def __init__(self, ground: Ground, part: Window, view: View) -> None:
        self._ground, self._part, self._view = ground, part, view
        self._by_row = np.ascontiguousarray(ground.height_m, np.float32)
        self._by_column = np.ascontiguousarray(ground.height_m.T, np.float32)

    def run(self, azimuth_deg: float, tangent: Floats32, range_m: Floats32) -> None:
        """Fill the horizons towards one bearing."""
        from witnessmark.lines.terrain.kernels import sweep_lines

        part, view = self._part, self._view
        east, north = float(np.sin(np.radians(azimuth_deg))), float(np.cos(np.radians(azimuth_deg)))
        radius_m = effective_radius_m(self._ground.lat_deg, np.array([azimuth_deg]), view.refraction_k)
        bend = float(0.5 / radius_m[0])
        along, across = (east, north) if abs(east) >= abs(north) else (north, east)
        step_m = self._ground.spacing_m / abs(along)
        ahead = max(1, int(np.ceil(view.nearest_m / step_m)))
        common = (along > 0.0, across / along, step_m, bend, view.eye_height_m, ahead)
        if abs(east) < abs(north):
            window = (part.column, part.row, part.columns, part.rows, part.step)
            sweep_lines(self._by_row, *common, window, tangent, range_m)
            return
        window = (part.row, part.column, part.rows, part.columns, part.step)
        turned = np.empty(tangent.shape[::-1], np.float32), np.empty(tangent.shape[::-1], np.float32)
        sweep_lines(self._by_column, *common, window, *turned)
        tangent[:], range_m[:] = turned[0].T, turned[1].T


def _each(one: Callable[[int], None], count: int, workers: int) -> None:
    if workers <= 1:
        for k in range(count):
            one(k)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(count)))


def _inside(part: Window, ground: Ground) -> None:
    rows, columns = ground.height_m.shape
    if part.row < 0 or part.column < 0 or part.row + part.rows > rows or part.column + part.columns > columns:
        raise BadInputError(f"{part} reaches beyond a ground of {rows} x {columns} posts.", "Take a window inside it.")
    if part.rows < 1 or part.columns < 1 or part.step < 1:
        raise BadInputError(f"{part} holds no posts.", "Take at least one row and one column, with a step from 1.")
