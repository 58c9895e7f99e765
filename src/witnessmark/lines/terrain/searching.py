"""A search from question to observations, the same for a case's line and for files without a case."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark
from witnessmark.lines.providers.noting import Noted
from witnessmark.lines.terrain.explaining import PLACES, explain
from witnessmark.lines.terrain.observations import Searched, Sighted, TerrainObservations
from witnessmark.lines.terrain.packing import pack
from witnessmark.lines.terrain.profiles import ProfileCache
from witnessmark.lines.terrain.records import Located, Pan, Skyline
from witnessmark.lines.terrain.sighting import sighting_of

Progress = Callable[[float, str], None]
SEARCH_SHARE = 0.9
"""Of the work; the rest is fitting the best places again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Folders in which what was computed is kept; None for nowhere.

    Attributes
    ----------
    profiles : Path or None
        Horizons, so that a region is swept once.
    tiles : Path or None
        Answers of tiles.
    """

    profiles: Path | None = None
    tiles: Path | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched for, and where.

    Attributes
    ----------
    sight : Skyline or Pan
    region_deg : tuple of float
        West, south, east, north.
    spacing_m : float
    asked_by : str
        "mark", "case" or "file".
    workers : int
    tile_km2 : float
        A larger region is searched in tiles of about this size, which bounds the memory it takes.
    """

    sight: Skyline | Pan
    region_deg: tuple[float, float, float, float]
    spacing_m: float
    asked_by: str
    workers: int = 2
    tile_km2: float = 1000.0


def search(question: Question, elevation: Noted, kept: Kept, progress: Progress) -> Located:
    """Search the region for places the line can be seen from, tile after tile.

    Where answers are kept, a tile that was searched before is not searched again: a search that was killed goes on
    where it stopped.

    Raises
    ------
    BadInputError, ProviderError
        When the region lies outside the data, or the data cannot be read.
    """
    from witnessmark.lines.terrain.keeping import TileKeeper
    from witnessmark.lines.terrain.matching import locate, nothing_to_tell, told
    from witnessmark.lines.terrain.settings import Settings
    from witnessmark.lines.terrain.tiles import TileAnswer, merge, plan_tiles, search_tile

    sight, how = question.sight, Settings()
    if nothing_to_tell(sighting_of(sight)) is not None:
        return locate(elevation, question.region_deg, question.spacing_m, sight, settings=how)
    tiles = plan_tiles(question.region_deg, question.spacing_m, tile_km2=question.tile_km2)
    cache = None if kept.profiles is None else ProfileCache(kept.profiles)
    state = elevation.state()
    keeper = TileKeeper(kept.tiles, state) if kept.tiles is not None and state else None
    answers: list[TileAnswer] = []
    for tile in tiles:
        what = "searching the region" if len(tiles) == 1 else f"searching tile {tile.number + 1} of {len(tiles)}"

        def tell(share: float, done: int = tile.number, what: str = what) -> None:
            progress(SEARCH_SHARE * (done + share) / len(tiles), what)

        answer = None if keeper is None else keeper.get(tile, sight, how)
        if answer is None:
            answer = search_tile(
                elevation, tile, sight, settings=how, workers=question.workers, cache=cache, progress=tell
            )
            if keeper is not None:
                keeper.put(tile, sight, how, answer)
        answers.append(answer)
        tell(1.0)
    return told(reduce(merge, answers), sight, settings=how)


def observed(
    item: Sha256,
    marked: tuple[InputRef, ...],
    question: Question,
    sighted: Sighted,
    elevation: Noted,
    located: Located,
    remarks: tuple[Remark, ...],
    progress: Progress,
    *,
    at_most: int = PLACES,
) -> TerrainObservations:
    """An answer with its best places fitted column by column, as it is kept.

    Parameters
    ----------
    item : Sha256
        Of what the line was marked on.
    marked : tuple of InputRef
        The marks.
    question : Question
    sighted : Sighted
    elevation : Noted
        As it was searched with.
    located : Located
        Not abstained.
    remarks : tuple of Remark
    progress : callable
    at_most : int
        Places that are fitted.

    Raises
    ------
    BadInputError, ProviderError
        When the region cannot be laid out finer than it was searched.
    """
    progress(SEARCH_SHARE, "fitting the best places")
    shown = explain(elevation, question.region_deg, question.sight, located, at_most=at_most)
    progress(1.0, "done")
    return TerrainObservations(
        item=item,
        inputs=(*marked, *(InputRef(each.sha256, f"elevation:{each.source}") for each in elevation.readings)),
        sighted=sighted,
        searched=Searched(
            question.region_deg,
            question.spacing_m,
            question.asked_by,
            elevation.name,
            round(elevation.resolution_m, 2),
            elevation.vertical_datum,
            round(shown.missing_fraction, 4),
        ),
        places=shown.places,
        rivals=shown.rivals,
        field=pack(located),
        relief=shown.relief,
        outside_nats=outside_nats(located),
        outside_probability=float(located.p_outside_region),
        region50_km2=float(located.region50_km2),
        region90_km2=float(located.region90_km2),
        remarks=remarks,
    )


def outside_nats(located: Located) -> float:
    """Log-likelihood of a place elsewhere, on the scale of those of places inside [nats].

    Notes
    -----
    `Located.p_outside_region` holds at even odds of inside and outside, where the likelihood inside is the mean over
    the region's places: so that of outside is this mean times p / (1 - p).
    """
    evidence = np.asarray(located.log_evidence_nats, np.float64)
    inside = evidence[np.isfinite(evidence)]
    best = float(inside.max())
    mean = best + float(np.log(np.exp(inside - best).mean()))
    p = min(max(located.p_outside_region, 1e-9), 1.0 - 1e-9)
    return mean + math.log(p / (1.0 - p))
