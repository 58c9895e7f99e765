"""Where: the relief, the posterior over it, the places the terrain line ranks, and the names of the case."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from numpy.typing import NDArray

from witnessmark.desk.case import Case
from witnessmark.desk.names import case_names
from witnessmark.desk.outside import FOLDER, open_providers
from witnessmark.desk.space import build
from witnessmark.errors import NotFoundError, ProviderError, WitnessmarkError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.plain import canonical
from witnessmark.web.doors import InCase
from witnessmark.web.mapping import Tile, TileStore, posterior_tile, relief_tile
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)
_TILES = TileStore()
SHARES = (0.9, 0.5)
NARROWS = 0.85
"""A region of more of the grid than this says nothing of the place, and its edge is not drawn."""


@router.get("/c/{case}/where")
def where_page(request: Request, seat: InCase, assessment: Annotated[str, Query(max_length=40)] = "") -> Response:
    """The map of an assessment, with every place named in a table beside it."""
    case = seat.case
    made = case.records.assessments()
    chosen = next((each for each in made if each["id"] == assessment), made[-1] if made else None)
    return page(
        request,
        "where.html",
        seat,
        case=case,
        made=made,
        chosen=chosen,
        space=case.settings.get("space"),
        viewpoints=viewpoints(case),
        has_relief=elevation(case) is not None,
    )


def viewpoints(case: Case) -> list[dict[str, Any]]:
    """The places terrain findings rank, best first for each item."""
    return [
        {"exhibit": result["exhibit"], "result": result["id"], "number": number, **place}
        for result in case.records.results("finding")
        if result["line"] == "terrain"
        for number, place in enumerate(result["observations"]["places"], 1)
    ]


@router.get("/c/{case}/where.json")
def where_facts(seat: InCase) -> dict[str, Any]:
    """What the map shows beside its tiles: the region, ranked viewpoints, named places."""
    case = seat.case
    space = case.settings.get("space")
    names = [
        {"name": each.name, "kind": each.kind, "lat_deg": each.lat_deg, "lon_deg": each.lon_deg}
        for each in case_names(case).things
        if each.lat_deg is not None and each.lon_deg is not None
    ]
    return {
        "region_deg": None if space is None else space["region_deg"],
        "viewpoints": [
            {name: each[name] for name in ("exhibit", "number", "lat_deg", "lon_deg", "heading_deg", "probability")}
            for each in viewpoints(case)
        ],
        "names": names,
    }


@router.get("/c/{case}/tiles/relief/{zoom}/{x}/{y}")
def relief(seat: InCase, zoom: int, x: int, y: int) -> Response:
    """A tile of shaded relief from the case's own elevation files."""
    case, tile = seat.case, _tile(zoom, x, y)
    provider = elevation(case)
    if provider is None:
        raise NotFoundError("The case holds no elevation.", "Put tiles into its folder outside/elevation.")
    layer = f"{case.folder} {getattr(provider, 'state', lambda: '')()}"

    def make() -> bytes | None:
        try:
            return relief_tile(tile, provider)
        except ProviderError:  # the kept part of an online model ends here
            return None

    return _answer(_TILES.get(f"relief {layer}", tile, make))


@router.get("/c/{case}/tiles/{assessment}/{zoom}/{x}/{y}")
def posterior(seat: InCase, assessment: str, zoom: int, x: int, y: int) -> Response:
    """A tile of an assessment's posterior of place."""
    case, tile = seat.case, _tile(zoom, x, y)
    body = next((each for each in case.records.assessments() if each["id"] == assessment), None)
    if body is None:
        raise NotFoundError("There is no such assessment.", "Choose one on the page Where.")

    def make() -> bytes | None:
        grid, density, regions = _placed(case, body)
        return posterior_tile(tile, grid, density, regions)

    return _answer(_TILES.get(f"{case.folder} {assessment}", tile, make))


def _tile(zoom: int, x: int, y: int) -> Tile:
    tile = Tile(zoom, x, y)
    if not tile.real:
        raise NotFoundError("There is no such tile.", "Use the map.")
    return tile


def _answer(png: bytes | None) -> Response:
    cache = {"Cache-Control": "private, max-age=3600"}
    return Response(status_code=204, headers=cache) if png is None else Response(png, 200, cache, "image/png")


def elevation(case: Case) -> ElevationProvider | None:
    """The case's first provider of heights that has files of its own; none that asks the network."""
    folder = case.folder / FOLDER / "elevation"
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    found = open_providers(case, {"elevation"})
    own = [name for name in sorted(found, key=lambda each: each != "elevation:folder") if name != "elevation:glo30"]
    return next((provider for name in own if isinstance(provider := found[name], ElevationProvider)), None)


def _placed(case: Case, body: dict[str, Any]) -> tuple[PlaceGrid, NDArray[np.float64], list[NDArray[np.bool_]]]:
    """The grid of an assessment, its posterior of place, and its 90 and 50 % regions."""
    spaces = [case.settings.get("space"), *(each["setting"].get("space") for each in case.records.payloads("case.set"))]
    for space in spaces:
        if space is None:
            continue
        over = _space(canonical(space))
        if over.digest() == body["space"]:
            break
    else:
        raise NotFoundError("The region of that assessment is not known any more.", "Assess again.")
    density = np.load(io.BytesIO(case.objects.get(body["marginals"]["place"]["key"])), allow_pickle=False)
    falling = np.sort(density)[::-1]
    summed = np.cumsum(falling) / max(float(falling.sum()), 1e-300)
    regions = []
    for share in SHARES:
        least = falling[min(int(np.searchsorted(summed, share)), density.size - 1)]
        region = density >= least
        if region.mean() < NARROWS:
            regions.append(region)
    return over.places, density.astype(np.float64), regions


@lru_cache(maxsize=4)
def _space(space: bytes) -> Hypotheses:
    try:
        return build(json.loads(space))
    except WitnessmarkError as error:
        raise NotFoundError("The region of the case cannot be used any more.", error.do) from error
