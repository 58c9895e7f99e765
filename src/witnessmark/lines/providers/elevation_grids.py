"""Grids of elevation posts joined into one ground: finest first, bilinear, across seams, voids told from gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.providers.contract import Elevations, Reading

METRES_PER_DEGREE = 111_194.9
"""Of latitude on the IUGG mean sphere."""
LOWEST_M, HIGHEST_M = -1_000.0, 9_000.0
"""Dry ground lies between the Dead Sea's shore (-430 m) and Everest (8 849 m); what lies beyond is a void code."""
NOT_STATED = "not stated"
BLOCK = 1024
NEGLIGIBLE = 1e-6
"""Weight of a post, and distance from it in steps, that do not count."""

Floats: TypeAlias = NDArray[np.float64]
Heights: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.intp]
Window = Callable[[int, int, int, int], Heights]
"""Heights of a window inside a grid: first row, first column, rows, columns; NaN for voids."""


class Grid(Protocol):
    """Posts at whole rows and columns, wherever on earth they lie.

    Attributes
    ----------
    name : str
    rows, columns : int
    resolution_m : float
        Post spacing, the wider of both directions [m].
    vertical_datum : str
    """

    name: str
    rows: int
    columns: int
    resolution_m: float
    vertical_datum: str

    def locate(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """Row and column positions of places, 0 at the first post; not finite where they have none."""
        ...

    def place(self, row: Floats, column: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of row and column positions."""
        ...

    def opened(self) -> AbstractContextManager[Window]:
        """Access to its heights, window by window."""
        ...

    def readings(self) -> tuple[Reading, ...]:
        """What was read of it so far."""
        ...


class PostGrid:
    """Heights at regular posts of latitude and longitude, row 0 in the north.

    Parameters
    ----------
    name : str
    first_deg : tuple of float
        Latitude and longitude of the north-western post [deg].
    step_deg : tuple of float
        Steps of latitude and longitude [deg], both positive.
    shape : tuple of int
        Rows and columns.
    vertical_datum : str
    load : callable
        Gives the heights [m], as often as asked; called once.
    readings : callable
        Gives what was read for them.
    """

    def __init__(
        self,
        name: str,
        first_deg: tuple[float, float],
        step_deg: tuple[float, float],
        shape: tuple[int, int],
        vertical_datum: str,
        load: Callable[[], NDArray[np.generic]],
        readings: Callable[[], tuple[Reading, ...]],
    ) -> None:
        self.name = name
        self.rows, self.columns = shape
        self.resolution_m = max(step_deg) * METRES_PER_DEGREE
        self.vertical_datum = vertical_datum
        self._first_lat_deg, self._first_lon_deg = first_deg
        self._step_lat_deg, self._step_lon_deg = step_deg
        self._load = load
        self._readings = readings

    @cached_property
    def _held(self) -> NDArray[np.generic]:
        return self._load()

    def locate(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """Row and column positions of places."""
        west = self._first_lon_deg - self._step_lon_deg
        lon = west + np.mod(lon_deg - west, 360.0)
        return (self._first_lat_deg - lat_deg) / self._step_lat_deg, (lon - self._first_lon_deg) / self._step_lon_deg

    def place(self, row: Floats, column: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of row and column positions."""
        return self._first_lat_deg - row * self._step_lat_deg, self._first_lon_deg + column * self._step_lon_deg

    @contextmanager
    def opened(self) -> Iterator[Window]:
        """Access to its heights [m], window by window."""
        held = self._held

        def window(top: int, left: int, rows: int, columns: int) -> Heights:
            return plausible(np.asarray(held[top : top + rows, left : left + columns]).astype(np.float32))

        yield window

    def readings(self) -> tuple[Reading, ...]:
        """What was read of it so far."""
        return self._readings()


def plausible(height_m: Heights) -> Heights:
    """The same heights with everything that cannot be ground made NaN."""
    with np.errstate(invalid="ignore"):
        return np.where((height_m > LOWEST_M) & (height_m < HIGHEST_M), height_m, np.float32(np.nan))


def joined(grids: Sequence[Grid], lat_deg: Floats, lon_deg: Floats) -> Elevations:
    """Heights at places from the first grid that has one there.

    Parameters
    ----------
    grids : sequence of Grid
        In the order in which they are asked; usually the finest first.
    lat_deg, lon_deg : ndarray of float64, equal shapes
        WGS 84 [deg].

    Returns
    -------
    Elevations

    Notes
    -----
    A grid covers the cells around its posts, half a step beyond the outermost. Between its outermost posts and
    those of a neighbour the posts of both are used, so tiles that share no row leave no seam; where there is no
    neighbour the outermost posts continue for that half step.
    """
    lat, lon = np.asarray(lat_deg, np.float64).ravel(), np.asarray(lon_deg, np.float64).ravel()
    height_m = np.full(lat.shape, np.nan, np.float32)
    covered = np.zeros(lat.shape, bool)
    used: dict[int, Grid] = {}
    for number, grid in enumerate(grids):
        others = [other for other in grids if other is not grid]

        def beyond(row: Ints, column: Ints, grid: Grid = grid, others: Sequence[Grid] = others) -> Heights:
            where = grid.place(row.astype(np.float64), column.astype(np.float64))
            return _from_neighbours(others, *where, used)

        missing = np.flatnonzero(np.isnan(height_m))
        inside, found_m = between_posts(grid, lat[missing], lon[missing], beyond)
        if inside.any():
            height_m[missing[inside]] = found_m
            covered[missing[inside]] = True
            used.setdefault(id(grid), grid)
        if number + 1 < len(grids) and not np.isnan(height_m).any():
            break
    read = [grid for grid in grids if id(grid) in used]
    datums = sorted({grid.vertical_datum for grid in read})
    shape = np.shape(lat_deg)
    return Elevations(
        height_m=height_m.reshape(shape),
        resolution_m=max((grid.resolution_m for grid in read), default=None),
        vertical_datum=" and ".join(datums) or NOT_STATED,
        readings=tuple(reading for grid in read for reading in grid.readings()),
        void=(covered & np.isnan(height_m)).reshape(shape),
    )


def _from_neighbours(others: Sequence[Grid], lat_deg: Floats, lon_deg: Floats, used: dict[int, Grid]) -> Heights:
    """Heights at places strictly between the posts of other grids, NaN elsewhere."""
    height_m = np.full(lat_deg.shape, np.nan, np.float32)
    for other in others:
        missing = np.flatnonzero(np.isnan(height_m))
        inside, found_m = between_posts(other, lat_deg[missing], lon_deg[missing], None)
        if inside.any():
            height_m[missing[inside]] = found_m
            used.setdefault(id(other), other)
    return height_m


def between_posts(
    grid: Grid, lat_deg: Floats, lon_deg: Floats, beyond: Callable[[Ints, Ints], Heights] | None
) -> tuple[NDArray[np.bool_], Heights]:
    """Bilinear heights of one grid.

    Parameters
    ----------
    beyond : callable or None
        Heights at rows and columns just outside the grid, NaN where unknown. None: only places between posts count.

    Returns
    -------
    inside : ndarray of bool, shape (n,)
    height_m : ndarray of float32, shape (inside.sum(),)
        NaN next to voids that have weight.
    """
    row, column = grid.locate(lat_deg, lon_deg)
    reach = NEGLIGIBLE if beyond is None else 0.5 + NEGLIGIBLE
    with np.errstate(invalid="ignore"):
        inside = (row >= -reach) & (row <= grid.rows - 1 + reach)
        inside &= (column >= -reach) & (column <= grid.columns - 1 + reach)
    row, column = row[inside], column[inside]
    height_m = np.full(row.shape, np.nan, np.float32)
    if not len(row):
        return inside, height_m
    if beyond is None:
        row, column = np.clip(row, 0, grid.rows - 1), np.clip(column, 0, grid.columns - 1)
    across = -(-grid.columns // BLOCK)
    block = np.clip(row, 0, grid.rows - 1).astype(np.intp) // BLOCK * across
    block += np.clip(column, 0, grid.columns - 1).astype(np.intp) // BLOCK
    order = np.argsort(block, kind="stable")
    edges = np.flatnonzero(np.diff(block[order])) + 1
    with grid.opened() as window:
        for members in np.split(order, edges):
            # Only what these places need: a file on a server is read no further.
            first_row, rows = _span(row[members], grid.rows)
            first_column, columns = _span(column[members], grid.columns)
            held = window(first_row, first_column, rows, columns)
            height_m[members] = _weighted(held, (first_row, first_column), row[members], column[members], beyond)
    return inside, height_m


def _span(position: Floats, posts: int) -> tuple[int, int]:
    """First post and number of posts around positions, inside the grid."""
    first = max(int(np.floor(position.min())), 0)
    return first, min(int(np.floor(position.max())) + 2, posts) - first


def _weighted(
    held: Heights, first: tuple[int, int], row: Floats, column: Floats, beyond: Callable[[Ints, Ints], Heights] | None
) -> Heights:
    """Bilinear between the posts of a window; a post without weight does not count, not even a void."""
    nearest_row, nearest_column = np.rint(row), np.rint(column)
    row = np.where(np.abs(row - nearest_row) < NEGLIGIBLE, nearest_row, row)
    column = np.where(np.abs(column - nearest_column) < NEGLIGIBLE, nearest_column, column)
    top, left = np.floor(row).astype(np.intp), np.floor(column).astype(np.intp)
    down, right = row - top, column - left
    total = np.zeros(row.shape)
    for d_row, row_weight in ((0, 1.0 - down), (1, down)):
        for d_column, column_weight in ((0, 1.0 - right), (1, right)):
            weight = row_weight * column_weight
            i, j = top + d_row - first[0], left + d_column - first[1]
            near_i, near_j = np.clip(i, 0, held.shape[0] - 1), np.clip(j, 0, held.shape[1] - 1)
            post_m = held[near_i, near_j]
            outside = ((near_i != i) | (near_j != j)) & (weight > 0.0)
            if beyond is not None and outside.any():
                known_m = beyond(i[outside] + first[0], j[outside] + first[1])
                post_m[outside] = np.where(np.isnan(known_m), post_m[outside], known_m)
            total += np.where(weight > 0.0, weight * post_m, 0.0)
    return total.astype(np.float32)
