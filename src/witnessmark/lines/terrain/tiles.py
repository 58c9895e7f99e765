"""A region in tiles: each searched by itself, in any order and anywhere, and joined without regard to the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.terrain import coarse
from witnessmark.lines.terrain.coarse import Coarse
from witnessmark.lines.terrain.ground import Lattice, lattice_of, lay_out_lattice
from witnessmark.lines.terrain.hints import headings_allowed, weighed_by_hints
from witnessmark.lines.terrain.horizon import Profiles, View, profile
from witnessmark.lines.terrain.profiles import ProfileCache
from witnessmark.lines.terrain.records import Pan, Skyline
from witnessmark.lines.terrain.refine import (
    EYE_MEAN_M,
    QUICK_GROWTH,
    SPLIT_M,
    Fits,
    Refiner,
    Round,
    apart,
    cross,
    joined,
    sorted_fits,
)
from witnessmark.lines.terrain.settings import Settings
from witnessmark.lines.terrain.sighting import sighting_of

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Progress = Callable[[float], None]
Scheduler = Literal["threads", "processes", "synchronous"]

TILE_KM2 = 1000.0
KEPT = 2000
"""Fits that an answer keeps."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a region, with the number of parts that share its short list.

    Attributes
    ----------
    lattice : Lattice
        Its posts; all tiles of a region share one grid.
    number, of : int
    """

    lattice: Lattice
    number: int
    of: int


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What the coarse search says of a tile.

    Attributes
    ----------
    tile : Tile
    log_evidence : ndarray of float32, shape (n_rows, n_columns)
        Coarse, of each place; NaN where no ground is.
    heading_deg : ndarray of float32, shape (n_rows, n_columns)
        True bearing that fits best.
    """

    tile: Tile
    log_evidence: Floats32
    heading_deg: Floats32


@dataclass(frozen=True, slots=True, eq=False)
class TileAnswer:
    """Answers of some tiles.

    Attributes
    ----------
    parts : tuple of Part
        By number.
    fits : Fits
        The best of all of them, best first.
    """

    parts: tuple[Part, ...]
    fits: Fits


def plan_tiles(
    region_deg: tuple[float, float, float, float], spacing_m: float, *, tile_km2: float = TILE_KM2
) -> tuple[Tile, ...]:
    """Split a region into tiles of about equal size.

    Raises
    ------
    BadInputError
        When the region is none.
    """
    if not tile_km2 > 0.0:
        raise BadInputError(f"Tiles of {tile_km2} km2.", "Give their area, above 0.")
    whole = lattice_of(region_deg, spacing_m)
    side = max(1.0, float(np.sqrt(tile_km2)) * 1000.0 / spacing_m)
    rows, columns = (_split(count, side) for count in (whole.rows, whole.columns))
    boxes = [(i, j) for i in rows for j in columns]
    return tuple(
        Tile(
            Lattice(
                whole.crs,
                whole.lat_deg,
                whole.lon_deg,
                spacing_m,
                whole.first_x + j[0],
                whole.first_y + i[0],
                j[1] - j[0],
                i[1] - i[0],
            ),
            number,
            len(boxes),
        )
        for number, (i, j) in enumerate(boxes)
    )


def search_tile(
    provider: ElevationProvider,
    tile: Tile,
    sight: Skyline | Pan,
    *,
    settings: Settings | None = None,
    workers: int = 1,
    cache: ProfileCache | None = None,
    progress: Progress | None = None,
) -> TileAnswer:
    """Search one tile, with as much ground around it as can be seen from it.

    A tile without elevation answers with nothing where others of the region have some.

    Parameters
    ----------
    workers : int
        Threads; the answer does not depend on it.

    Raises
    ------
    BadInputError, ProviderError
        See `matching.locate`.
    """
    how = Settings() if settings is None else settings
    sighting = sighting_of(sight)
    lattice = tile.lattice
    ground = lay_out_lattice(provider, lattice, halo_m=how.halo_m)
    view = View(sighting.eye_height_m)

    def told(first: float, last: float) -> Progress:
        return lambda share: progress(first + (last - first) * share) if progress is not None else None

    sweeping = told(0.05, 0.25)
    if cache is not None:
        profiles = cache.profile(ground, how.n_azimuths, view=view, workers=workers, progress=sweeping)
    else:
        profiles = profile(ground, how.n_azimuths, view=view, workers=workers, progress=sweeping)
    scored = coarse.search(
        profiles,
        sighting,
        lattice.spacing_m,
        allowed=headings_allowed(sighting, profiles, ground),
        workers=workers,
        progress=told(0.25, 0.65),
    )
    fine_m = min(max(ground.resolution_m / 2.0, how.finest_m), lattice.spacing_m)
    fine = lay_out_lattice(provider, lattice.finer(fine_m), halo_m=SPLIT_M + 2.0 * lattice.spacing_m)
    refiner = Refiner(fine, ground, sighting, independent_a_degree=how.independent_a_degree)
    fits = _refined(refiner, profiles, scored, how, lattice, workers, told(0.65, 1.0))
    if sighting.peaks or len(sighting.inner.a):
        share = min(1.0, how.independent_a_degree * sighting.per_residual_deg)
        fits = sorted_fits(weighed_by_hints(fits, sighting, fine, ground, share))
    shape = (lattice.rows, lattice.columns)
    region = ground.region
    height = ground.height_m[region.row : region.row + region.rows, region.column : region.column + region.columns]
    spread = np.where(np.isfinite(height), scored.log_evidence().reshape(shape), np.float32(np.nan)).astype(np.float32)
    heading = ((scored.heading_deg[:, 0] + profiles.convergence_deg).reshape(shape) % 360.0).astype(np.float32)
    return TileAnswer((Part(tile, spread, heading),), fits)


def merge(first: TileAnswer, second: TileAnswer) -> TileAnswer:
    """Join two answers; in whatever order and grouping tiles are joined, the outcome is the same.

    A tile that both hold counts once.
    """
    parts = {part.tile.number: part for part in (*second.parts, *first.parts)}
    mine = {part.tile.number for part in first.parts}
    if all(part.tile.number in mine for part in second.parts):
        return first
    fits = sorted_fits(joined([first.fits, second.fits]))
    return TileAnswer(tuple(parts[k] for k in sorted(parts)), fits.take(np.arange(min(KEPT, len(fits.score)))))


def search_tiles(
    provider: ElevationProvider,
    tiles: Sequence[Tile],
    sight: Skyline | Pan,
    *,
    settings: Settings | None = None,
    workers: int = 1,
    cache: ProfileCache | None = None,
    scheduler: Scheduler | Callable[..., object] = "threads",
) -> TileAnswer:
    """Search tiles side by side with Dask and join their answers.

    Parameters
    ----------
    workers : int
        Tiles at a time; each takes memory of its own, some 0.3 GiB for 1,000 km2 at 100 m.
    scheduler : str or callable
        As `dask.compute` takes it: "threads", "processes", or that of a cluster.
    """
    from dask.base import compute
    from dask.delayed import delayed

    steps = [delayed(search_tile)(provider, tile, sight, settings=settings, workers=1, cache=cache) for tile in tiles]
    # Dask's own types leave this function open.
    run = cast(Callable[..., tuple[TileAnswer, ...]], compute)
    return reduce(merge, run(*steps, scheduler=scheduler, num_workers=workers))


def shortlisted(profiles: Profiles, scored: Coarse, most: int, near: int) -> Fits:
    """The best poses of all places, and further ones of those that look at near ridges.

    A post stands badly for a camera between posts where the ridges are near: such views are compared with their like.
    """
    n_poses = scored.score.shape[1]
    ranked = np.argsort(-scored.score.ravel(), kind="stable")
    closer = scored.log_error.ravel()[ranked[most:]] > np.median(scored.log_error)
    order = np.concatenate([ranked[:most], ranked[most:][closer][:near]])
    place, pose = order // n_poses, order % n_poses
    row, column = place // len(profiles.x_m), place % len(profiles.x_m)
    poses = np.stack(
        [
            scored.heading_deg[place, pose],
            scored.pitch_deg[place, pose],
            scored.roll_deg[place, pose],
            np.log(scored.scale[place, pose]),
            np.full(len(place), EYE_MEAN_M),
        ],
        axis=1,
    ).astype(np.float64)
    at = np.stack([profiles.x_m[column], profiles.y_m[row]], axis=1)
    return Fits(at, poses, scored.score[place, pose].astype(np.float64), np.full((len(place), 2), np.nan))


def _refined(
    refiner: Refiner, profiles: Profiles, scored: Coarse, how: Settings, lattice: Lattice, workers: int, tell: Progress
) -> Fits:
    """Rounds over fewer and fewer places, each looking closer; last the cells around those that fit."""
    spacing_m = lattice.spacing_m
    third = spacing_m / 3.0
    fits = shortlisted(profiles, scored, how.first, how.first_near)
    fits = refiner.run(fits, Round(1.3, 1.0, [(0.0, 0.0)], 0, spacing_m, 4, facts=False, growth=QUICK_GROWTH), workers)
    tell(0.2)
    fits = apart(fits, third, how.second, 10.0)
    fits = refiner.run(
        fits, Round(1.3, 1.0, cross(third), 1, 2.0 * spacing_m, 5, facts=False, growth=QUICK_GROWTH), workers
    )
    tell(0.5)
    fits = apart(fits, third / 2.0, how.third, 10.0)
    fits = refiner.run(fits, Round(0.4, 0.5, cross(third / 2.0), 2, 2.0 * spacing_m, 6), workers)
    tell(0.9)
    around = refiner.run(_cells_around(fits, how, lattice), Round(0.4, 0.5, [(0.0, 0.0)], 0, spacing_m, 4), workers)
    tell(1.0)
    return sorted_fits(joined([fits, around]))


def _cells_around(fits: Fits, how: Settings, lattice: Lattice) -> Fits:
    """Posts about the best fits, with their poses: how fast the fit worsens is how well the place is known."""
    best = apart(fits, how.around_m, how.candidates)
    best = best.take(np.flatnonzero(best.score > best.score.max(initial=-np.inf) - how.around_nats))
    posts = best.place_m / lattice.spacing_m
    reach = int(how.around_m // lattice.spacing_m)
    steps = np.arange(-reach, reach + 1)
    j = np.rint(posts[:, 0])[:, None, None] + steps[None, None, :] + 0.0 * steps[None, :, None]
    i = np.rint(posts[:, 1])[:, None, None] + steps[None, :, None] + 0.0 * steps[None, None, :]
    inside = (
        (j >= lattice.first_x)
        & (j < lattice.first_x + lattice.columns)
        & (i >= lattice.first_y)
        & (i < lattice.first_y + lattice.rows)
    )
    whose = np.nonzero(inside)[0]
    place_m = np.stack([j[inside], i[inside]], axis=1) * lattice.spacing_m
    return Fits(place_m, best.pose[whose].copy(), best.score[whose].copy(), best.facts[whose].copy())


def _split(count: int, side: float) -> list[tuple[int, int]]:
    """First and last of nearly equal runs, none much longer than a side."""
    edges = np.linspace(0, count, max(1, round(count / side)) + 1).round().astype(int)
    return [(int(a), int(b)) for a, b in pairwise(edges)]
