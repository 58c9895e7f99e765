"""Outlines on the ground as GeoJSON geometry: cells of a grid, circles, boxes and polygons, by RFC 7946's rules."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import pyproj
from numpy.typing import NDArray

from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.plain import Plain

Ring: TypeAlias = list[tuple[float, float]]
"""Longitude and latitude [deg], not closed."""

DIGITS = 6
"""Of coordinates [deg]: a tenth of a metre, as RFC 7946, section 11.2, advises."""
_KEPT_EVERY = 16
"""Cells: on a straight side of an outline a corner is kept so often, as straight on the grid is curved on the map."""
_CIRCLE_CORNERS = 96
_GEOD = pyproj.Geod(ellps="WGS84")


def grid_outline(grid: PlaceGrid, mask: NDArray[np.bool_]) -> dict[str, Plain]:
    """The outline of chosen cells as a MultiPolygon, cut at the 180th meridian.

    Parameters
    ----------
    grid : PlaceGrid
    mask : ndarray of bool, shape (n_places,)

    Returns
    -------
    dict
        GeoJSON; outer rings counterclockwise, holes clockwise. A cell that straddles the meridian is drawn on the
        side of its centre, up to the meridian.
    """
    east = np.asarray(grid.lon_deg) >= 0.0
    straddles = bool(mask.any()) and float(np.ptp(grid.lon_deg[mask])) > 180.0
    polygons: list[Plain] = []
    for part, side in ((mask & east, 180.0), (mask & ~east, -180.0)) if straddles else ((mask, 0.0),):
        for rings in _traced(part.reshape(grid.shape)):
            polygons.append([_closed(_on_ground(grid, ring, side)) for ring in rings])
    return {"type": "MultiPolygon", "coordinates": polygons}


def circle(lat_deg: float, lon_deg: float, radius_km: float) -> dict[str, Plain] | None:
    """A geodesic circle; a point where there is no radius, None where it holds a pole."""
    if radius_km <= 0.0:
        return {"type": "Point", "coordinates": [round(lon_deg, DIGITS), round(lat_deg, DIGITS)]}
    _, _, to_pole_m = _GEOD.inv(lon_deg, lat_deg, lon_deg, math.copysign(90.0, lat_deg))
    if radius_km * 1000.0 >= to_pole_m:
        return None
    azimuths = np.arange(_CIRCLE_CORNERS) * (-360.0 / _CIRCLE_CORNERS)  # counterclockwise
    here = np.ones(_CIRCLE_CORNERS)
    lon, lat, _ = _GEOD.fwd(lon_deg * here, lat_deg * here, azimuths, radius_km * 1000.0 * here)
    return polygon([(float(x), float(y)) for x, y in zip(lon, lat, strict=True)])


def box(west_deg: float, south_deg: float, east_deg: float, north_deg: float) -> dict[str, Plain]:
    """A box between two meridians; west greater than east crosses the 180th."""
    if east_deg < west_deg:
        east_deg += 360.0
    steps = max(1, math.ceil((east_deg - west_deg) / 90.0))  # no side so long that its way round is in doubt
    along = [west_deg + (east_deg - west_deg) * step / steps for step in range(steps + 1)]
    return polygon([(lon, south_deg) for lon in along] + [(lon, north_deg) for lon in reversed(along)])


def polygon(ring: Sequence[tuple[float, float]]) -> dict[str, Plain]:
    """A polygon of corners (longitude, latitude), wound counterclockwise and cut at the 180th meridian."""
    whole = _continuous(ring)
    if _signed_area(whole) < 0.0:
        whole.reverse()
    lowest = min(lon for lon, _ in whole)
    shift = -360.0 * math.floor((lowest + 180.0) / 360.0)
    whole = [(lon + shift, lat) for lon, lat in whole]
    within = _clipped(whole, 180.0, keep_below=True)
    beyond = [(lon - 360.0, lat) for lon, lat in _clipped(whole, 180.0, keep_below=False)]
    parts = [_closed(part) for part in (within, beyond) if len(part) >= 3 and abs(_signed_area(part)) > 0.0]
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": [parts[0]]}
    return {"type": "MultiPolygon", "coordinates": [[part] for part in parts]}


def together(geometries: Sequence[dict[str, Plain]]) -> dict[str, Plain]:
    """Several geometries as one: a MultiPolygon where all are areas, else a collection."""
    areas: list[Plain] = []
    for one in geometries:
        coordinates = one.get("coordinates")
        if one.get("type") == "Polygon":
            areas.append(coordinates)
        elif one.get("type") == "MultiPolygon" and isinstance(coordinates, list):
            areas.extend(coordinates)
        else:
            return {"type": "GeometryCollection", "geometries": list(geometries)}
    return {"type": "MultiPolygon", "coordinates": areas}


def _traced(cells: NDArray[np.bool_]) -> list[list[list[tuple[int, int]]]]:
    """Outlines of cells joined by their sides: for each piece the outer ring and its holes, as (column, row) corners.

    Every side between a chosen cell and one that is not is walked with the chosen cell on the left; walks that come
    back to a corner are parted there, so that no ring touches itself.
    """
    n_pieces, labels = cv2.connectedComponents(cells.astype(np.uint8), connectivity=4)
    padded = np.pad(cells, 1)
    ways: dict[tuple[int, int], list[tuple[tuple[int, int], int]]] = defaultdict(list)
    sides = (  # the neighbour across the side, and the side's corners, seen from the cell at (row, column)
        ((-1, 0), (0, 0), (1, 0)),
        ((0, 1), (1, 0), (1, 1)),
        ((1, 0), (1, 1), (0, 1)),
        ((0, -1), (0, 1), (0, 0)),
    )
    for (down, across), (from_x, from_y), (to_x, to_y) in sides:
        beyond = padded[1 + down : 1 + down + cells.shape[0], 1 + across : 1 + across + cells.shape[1]]
        for row, column in np.argwhere(cells & ~beyond):
            start, end = (int(column) + from_x, int(row) + from_y), (int(column) + to_x, int(row) + to_y)
            ways[start].append((end, int(labels[row, column])))
    outer: dict[int, list[list[tuple[int, int]]]] = {piece: [] for piece in range(1, n_pieces)}
    holes: dict[int, list[list[tuple[int, int]]]] = {piece: [] for piece in range(1, n_pieces)}
    while ways:
        start = min(ways)
        walk, labels_seen = _walk(ways, start)
        for ring in _parted(walk):
            (outer if _signed_area([(float(x), float(y)) for x, y in ring]) > 0 else holes)[labels_seen].append(ring)
    return [[*outer[piece], *holes[piece]] for piece in range(1, n_pieces)]


def _walk(
    ways: dict[tuple[int, int], list[tuple[tuple[int, int], int]]], start: tuple[int, int]
) -> tuple[list[tuple[int, int]], int]:
    """Follow sides of one piece until back at the start; the sides walked are taken out."""
    walk: list[tuple[int, int]] = []
    here = start
    piece = ways[start][0][1]
    while True:
        ahead = ways[here]
        chosen = next(index for index, (_, label) in enumerate(ahead) if label == piece)
        if len(ahead) > 1 and walk:  # two cells meet at this corner only: keep to the one walked along
            came = (here[0] - walk[-1][0], here[1] - walk[-1][1])
            left = (here[0] - came[1], here[1] + came[0])
            chosen = next((i for i, (end, label) in enumerate(ahead) if end == left and label == piece), chosen)
        end, _ = ahead.pop(chosen)
        if not ahead:
            del ways[here]
        walk.append(here)
        here = end
        if here == start:
            return walk, piece


def _parted(walk: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """A walk cut into rings that pass each corner once, without the corners on straight sides that can go."""
    rings: list[list[tuple[int, int]]] = []
    path: list[tuple[int, int]] = []
    at: dict[tuple[int, int], int] = {}
    for corner in [*walk, walk[0]]:
        if corner in at:
            cut = at[corner]
            rings.append(path[cut:])
            for gone in path[cut + 1 :]:
                del at[gone]
            del path[cut + 1 :]
        else:
            at[corner] = len(path)
            path.append(corner)
    return [_thinned(ring) for ring in rings if len(ring) >= 4]


def _thinned(ring: list[tuple[int, int]]) -> list[tuple[int, int]]:
    def turns(index: int) -> bool:
        before, here, after = ring[index - 1], ring[index], ring[(index + 1) % len(ring)]
        return (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1])

    return [corner for index, corner in enumerate(ring) if turns(index) or sum(corner) % _KEPT_EVERY == 0]


def _on_ground(grid: PlaceGrid, ring: list[tuple[int, int]], side: float) -> Ring:
    """Corners of cells as longitude and latitude, kept to one side of the 180th meridian where that is asked."""
    half = grid.spacing_m / 2.0
    x_m = np.array([float(grid.x_m[0]) - half + column * grid.spacing_m for column, _ in ring])
    y_m = np.array([float(grid.y_m[0]) - half + row * grid.spacing_m for _, row in ring])
    lon, lat = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x_m, y_m)
    if side:
        lon = np.where(np.sign(lon) == np.sign(side), lon, side)
    return [(float(east), float(north)) for east, north in zip(lon, lat, strict=True)]


def _closed(ring: Ring) -> list[Plain]:
    """A ring as GeoJSON has it: rounded, its first corner again at the end."""
    made: list[Plain] = [[round(lon, DIGITS), round(lat, DIGITS)] for lon, lat in ring]
    return [*made, made[0]]


def _signed_area(ring: Sequence[tuple[float, float]]) -> float:
    """Positive for counterclockwise, in squares of the unit (the shoelace formula)."""
    after = [*ring[1:], ring[0]]
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(ring, after, strict=True)) / 2.0


def _continuous(ring: Sequence[tuple[float, float]]) -> Ring:
    """Longitudes without jumps: each within half a turn of the one before."""
    made: Ring = [ring[0]]
    for lon, lat in ring[1:]:
        before = made[-1][0]
        made.append((before + (lon - before + 180.0) % 360.0 - 180.0, lat))
    return made


def _clipped(ring: Ring, at_lon_deg: float, *, keep_below: bool) -> Ring:
    """The part of a polygon on one side of a meridian.

    References
    ----------
    I. E. Sutherland, G. W. Hodgman, Reentrant polygon clipping, Commun. ACM 17, 32 (1974), doi:10.1145/360767.360802.
    """

    def inside(lon_deg: float) -> bool:
        return lon_deg <= at_lon_deg if keep_below else lon_deg >= at_lon_deg

    made: Ring = []
    for (lon_a, lat_a), (lon_b, lat_b) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if inside(lon_a):
            made.append((lon_a, lat_a))
        if inside(lon_a) != inside(lon_b) and lon_a != at_lon_deg and lon_b != at_lon_deg:
            made.append((at_lon_deg, lat_a + (at_lon_deg - lon_a) * (lat_b - lat_a) / (lon_b - lon_a)))
    return made
