"""Regions of the ground as GeoJSON: circles, rings, what lies between two places, the southern part of a region."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import pyproj

_GEOD = pyproj.Geod(ellps="WGS84")
_CORNERS = 32
Point: TypeAlias = tuple[float, float]
"""Longitude and latitude [deg], as GeoJSON has them."""


def circle(centre: Point, radius_km: float) -> list[Point]:
    """A ring of points at a distance along the WGS 84 ellipsoid, not closed."""
    step = 360.0 / _CORNERS
    return [_moved(centre, -number * step, radius_km) for number in range(_CORNERS)]


def _moved(start: Point, azimuth_deg: float, distance_km: float) -> Point:
    lon, lat, _ = _GEOD.fwd(start[0], start[1], azimuth_deg, distance_km * 1000.0)
    return float(lon), float(lat)


def sector(centre: Point, bearing_deg: float, half_width_deg: float, near_km: float, far_km: float) -> list[Point]:
    """The part of a ring seen from a place under a bearing, between two distances."""
    turns = [bearing_deg + half_width_deg * (number / 6.0 - 1.0) for number in range(13)]
    inner = [_moved(centre, turn, near_km) for turn in turns] if near_km > 0 else [centre]
    return [*inner, *(_moved(centre, turn, far_km) for turn in reversed(turns))]


def between(first: Point, second: Point) -> list[Point]:
    """What lies between two places: within a quarter of their distance from the line that joins them."""
    azimuth, _, distance_m = _GEOD.inv(first[0], first[1], second[0], second[1])
    side_km = max(1.0, distance_m / 4000.0)
    corners = [_moved(place, azimuth + turn, side_km) for place in (first, second) for turn in (90.0, -90.0)]
    return hull([first, second, *corners])


def hull(points: Iterable[Point]) -> list[Point]:
    """The convex hull, counter-clockwise, not closed, edges straight in longitude and latitude.

    References
    ----------
    A. M. Andrew, Another efficient algorithm for convex hulls in two dimensions, Inf. Process. Lett. 9, 216 (1979),
    doi:10.1016/0020-0190(79)90072-3.
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(run: Sequence[Point]) -> list[Point]:
        kept: list[Point] = []
        for point in run:
            while len(kept) >= 2 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return half(ordered) + half(ordered[::-1])


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def part(ring: Sequence[Point], side: str, share: float) -> list[Point]:
    """The northern, southern, eastern or western share of a ring by its extent; `side` may name two ("south-east").

    References
    ----------
    I. E. Sutherland, G. W. Hodgman, Reentrant polygon clipping, Commun. ACM 17, 32 (1974), doi:10.1145/360767.360802.
    """
    kept = list(ring)
    for word, axis, upper in (("north", 1, True), ("south", 1, False), ("east", 0, True), ("west", 0, False)):
        if word not in side or not kept:
            continue
        values = [point[axis] for point in ring]
        low, high = min(values), max(values)
        edge = high - share * (high - low) if upper else low + share * (high - low)
        kept = _clip(kept, axis, edge, upper)
    return kept


def _clip(ring: Sequence[Point], axis: int, edge: float, upper: bool) -> list[Point]:
    kept: list[Point] = []
    for start, end in zip(ring, (*ring[1:], ring[0]), strict=True):
        start_in, end_in = (start[axis] >= edge) == upper, (end[axis] >= edge) == upper
        if start_in:
            kept.append(start)
        if start_in != end_in:
            share = (edge - start[axis]) / (end[axis] - start[axis])
            kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    return kept


def polygon(ring: Sequence[Point]) -> dict[str, object] | None:
    """A ring as a GeoJSON polygon, counter-clockwise and closed (RFC 7946, 3.1.6); None below three corners."""
    if len(ring) < 3:
        return None
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, (*ring[1:], ring[0]), strict=True))
    turned = list(ring) if area > 0 else list(ring)[::-1]
    rounded = [[round(lon, 5), round(lat, 5)] for lon, lat in (*turned, turned[0])]
    return {"type": "Polygon", "coordinates": [rounded]}


def reach_km(ring: Sequence[Point]) -> float:
    """How far the corners of a ring lie from their middle at most [km]."""
    middle = (sum(point[0] for point in ring) / len(ring), sum(point[1] for point in ring) / len(ring))
    return max(float(_GEOD.inv(middle[0], middle[1], point[0], point[1])[2]) for point in ring) / 1000.0


def distance_km(first: Point, second: Point) -> float:
    """Along the WGS 84 ellipsoid [km]."""
    distance = _GEOD.inv(first[0], first[1], second[0], second[1])[2]
    return float(distance) / 1000.0 if math.isfinite(distance) else math.inf
