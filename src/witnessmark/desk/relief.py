"""What a case's lines ask one another about the ground: where to search, headings by place, horizons of the relief."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.desk.case import Case
from witnessmark.desk.marking import marks
from witnessmark.desk.outside import FOLDER
from witnessmark.desk.space import case_space
from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.terrain.ground import HALO_M, lay_out
from witnessmark.lines.terrain.horizon import sweep
from witnessmark.lines.terrain.likelihood import headings_on
from witnessmark.lines.terrain.observations import Axis, TerrainObservations
from witnessmark.plain import canonical, from_plain

TERRAIN = "terrain"
FINEST_SEARCH_M = 100.0
MOST_SEARCHED = 400_000
"""Places of a region that are tried at most: 4,000 km2 at 100 m. A larger region is searched more widely spaced."""
HORIZON_STEP_DEG = 5.0
MOST_HORIZONS = 1_500_000
"""Cells times bearings that are kept with a finding, some megabytes; a case with more cells gets no horizons."""
SMALLEST_POSTS_M, MOST_POSTS_A_SIDE = 60.0, 1500


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """Where the terrain line searches: the region of the case.

    Attributes
    ----------
    region_deg : tuple of float
        West, south, east, north.
    spacing_m : float
    folder : Path
        Keeps horizons and answers of tiles; it can be removed at any time.
    """

    region_deg: tuple[float, float, float, float]
    spacing_m: float
    folder: Path | None

    def state(self) -> str:
        """Changes with the region."""
        return Sha256.of(canonical([list(self.region_deg), self.spacing_m])).hex()


def case_search(case: Case) -> CaseSearch | None:
    """The search of a case; None when no region is set."""
    space: Mapping[str, Any] | None = case.settings.get("space")
    if space is None:
        return None
    west, south, east, north = (float(value) for value in space["region_deg"])
    width_m = ((east - west) % 360.0) * 111_194.9 * math.cos(math.radians((south + north) / 2.0))
    area_m2 = width_m * (north - south) * 111_194.9
    spacing_m = max(FINEST_SEARCH_M, math.ceil(math.sqrt(area_m2 / MOST_SEARCHED) / 10.0) * 10.0)
    return CaseSearch((west, south, east, north), spacing_m, case.folder / FOLDER / "terrain")


class TerrainHeadings:
    """Headings by place, from the terrain line's latest result on the same item; what the sun line asks.

    Parameters
    ----------
    result : str
        Its identifier.
    seen : TerrainObservations
    axis : Axis
        Of the frame it holds for.
    grid : PlaceGrid
        Of the case.
    """

    def __init__(self, result: str, seen: TerrainObservations, axis: Axis, grid: PlaceGrid) -> None:
        self._result, self._seen, self._axis, self._grid = result, seen, axis, grid

    @cached_property
    def _held(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        heading, error = headings_on(self._seen, self._grid)
        return (heading + self._axis.from_heading_deg) % 360.0, np.hypot(error, self._axis.error_deg)

    @property
    def heading_deg(self) -> NDArray[np.float64]:
        """True bearing of the optical axis [deg], shape (n_places,)."""
        return self._held[0]

    @property
    def error_deg(self) -> NDArray[np.float64]:
        """Its standard error [deg], shape (n_places,); infinite where it is not known."""
        return self._held[1]

    @property
    def at_s(self) -> float | None:
        """Presentation time of the frame it holds for [s]."""
        return self._axis.at_s

    def state(self) -> str:
        """Changes with the result."""
        return self._result


def terrain_headings(case: Case, item: Item) -> tuple[TerrainHeadings, ...]:
    """Headings from the terrain finding that stands on an item, one a frame that was marked."""
    for result in reversed(case.records.results()):
        if result["line"] == TERRAIN and result["item"] == item.sha256.hex() and result["kind"] == "finding":
            try:
                seen = from_plain(TerrainObservations, result["observations"])
                grid = case_space(case).places
            except WitnessmarkError:  # of an older version: the terrain line is to be run again
                return ()
            return tuple(TerrainHeadings(str(result["id"]), seen, axis, grid) for axis in seen.sighted.axes)
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class ReliefHorizons:
    """The relief's horizon in the middle of every cell, at even steps of azimuth from true north.

    Attributes
    ----------
    horizon_deg : ndarray of float32, shape (n_places, n_azimuths)
    """

    horizon_deg: NDArray[np.float32]
    digest: str

    def state(self) -> str:
        """Changes with the ground or the cells."""
        return self.digest


def relief_horizons(case: Case, item: Item, found: Mapping[str, Any]) -> ReliefHorizons | None:
    """Horizons of the case's cells from its elevation, kept in the case folder; None where they cannot be had.

    They are asked for only where something is marked on the item. Cells without ground or horizon get a level one, as
    the sun line would assume without them.

    Parameters
    ----------
    case : Case
    item : Item
    found : mapping of str to provider
        Opened; elevation is taken from the first that covers the region.
    """
    if find_spec("numba") is None or not marks(case, item) or case.settings.get("space") is None:
        return None
    over = case_space(case)
    n_azimuths = round(360.0 / HORIZON_STEP_DEG)
    if over.places.n_places * n_azimuths > MOST_HORIZONS:
        return None
    space = case.settings["space"]
    west, south, east, north = (float(value) for value in space["region_deg"])
    for name in sorted(found):
        provider = found[name]
        if not name.startswith("elevation:") or not isinstance(provider, ElevationProvider):
            continue
        state = str(provider.state()) if hasattr(provider, "state") else ""
        digest = Sha256.of(canonical([name, state, over.digest(), n_azimuths, "1"])).hex()
        kept = case.folder / FOLDER / "terrain" / "horizons" / f"{digest}.npy"
        table = _kept(kept, (over.places.n_places, n_azimuths))
        if table is None:
            try:
                table = _swept(provider, (west, south, east, north), over.places, n_azimuths)
            except WitnessmarkError:  # does not cover the region, or cannot be read: the next one
                continue
            kept.parent.mkdir(parents=True, exist_ok=True)
            half = kept.with_suffix(".half.npy")
            np.save(half, table, allow_pickle=False)
            half.replace(kept)
        return ReliefHorizons(table, digest)
    return None


def _kept(path: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """What was swept before; None when nothing is kept or it is not what was written."""
    try:
        table = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    whole = table.shape == shape and table.dtype == np.float32 and bool(np.isfinite(table).all())
    return table if whole else None


def _swept(
    provider: ElevationProvider, region_deg: tuple[float, float, float, float], grid: PlaceGrid, n_azimuths: int
) -> NDArray[np.float32]:
    """Horizons of the posts next to the cells' middles, turned to true bearings."""
    side_m = (region_deg[3] - region_deg[1]) * 111_194.9 + 2.0 * HALO_M
    spacing_m = max(SMALLEST_POSTS_M, side_m / MOST_POSTS_A_SIDE)
    ground = lay_out(provider, region_deg, spacing_m)
    x, y = ground.to_local(grid.lat_deg, grid.lon_deg)
    window = ground.region
    xs, ys = ground.posts_of(window)
    column = np.clip(np.rint((x - xs[0]) / spacing_m), 0, len(xs) - 1).astype(np.intp)
    row = np.clip(np.rint((y - ys[0]) / spacing_m), 0, len(ys) - 1).astype(np.intp)
    turn = ground.convergence_deg(x, y)
    table = np.zeros((grid.n_places, n_azimuths), np.float32)
    for number in range(n_azimuths):
        bearing = number * 360.0 / n_azimuths
        # grids turn by a degree or two at the most across a region: one sweep at the mean turn is near enough
        swept = sweep(ground, np.array([(bearing - float(np.mean(turn))) % 360.0]), window=window)
        table[:, number] = np.degrees(np.arctan(np.nan_to_num(swept.tangent[0][row, column], nan=0.0)))
    return table
