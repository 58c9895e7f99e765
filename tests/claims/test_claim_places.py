"""Regions against brute force by other means: haversine on dense points, winding numbers, set algebra."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.claims.places import (
    AllOf,
    AnyOf,
    Box,
    Circle,
    NamedPlace,
    Near,
    Outside,
    Polygon,
    Region,
    bounds_deg,
    resolve,
)
from witnessmark.errors import BadInputError, NotFoundError

LAT = st.floats(-80.0, 80.0)
LON = st.floats(-180.0, 180.0)


def scattered(n: int, around: tuple[float, float], reach_deg: float, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    lat = np.clip(around[0] + rng.uniform(-reach_deg, reach_deg, n), -90.0, 90.0)
    lon = (around[1] + rng.uniform(-reach_deg, reach_deg, n) + 180.0) % 360.0 - 180.0
    return lat, lon


def haversine_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    a, b, c, d = map(math.radians, (lat_a, lon_a, lat_b, lon_b))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(h)))


def turns_round(ring: np.ndarray, lat: float, lon: float) -> float:
    """Winding number by summed angles: a second way to tell inside from outside."""
    angles = np.arctan2(ring[:, 0] - lat, ring[:, 1] - lon)
    steps = np.diff(np.append(angles, angles[0]))
    return float(np.sum((steps + np.pi) % (2 * np.pi) - np.pi) / (2 * np.pi))


@settings(max_examples=60, deadline=None)
@given(LAT, LON, st.floats(0.5, 3000.0))
def test_a_circle_agrees_with_great_circles_beyond_the_ellipsoids_half_percent(
    lat: float, lon: float, radius_km: float
) -> None:
    lats, lons = scattered(120, (lat, lon), min(60.0, radius_km / 60.0))
    inside = Circle(lat, lon, radius_km).holds(lats, lons)
    for index in range(len(lats)):
        distance = haversine_km(lat, lon, lats[index], lons[index])
        if abs(distance - radius_km) > 0.006 * distance + 1e-6:
            assert inside[index] == (distance < radius_km)


def test_a_circle_is_measured_along_the_ellipsoid() -> None:
    # One minute of arc along the meridian at 45 deg: M(45) = a(1-e2)/(1-e2/2)^1.5 (WGS 84 defining constants)
    a, e2 = 6378.137, 0.00669437999014
    minute_km = a * (1 - e2) / (1 - e2 / 2) ** 1.5 * math.radians(1 / 60)
    point = (np.array([45.0 + 1 / 120 + 1 / 60]), np.array([10.0]))
    centre_lat = 45.0 + 1 / 120
    assert Circle(centre_lat, 10.0, minute_km * 1.0001).holds(*point)[0]
    assert not Circle(centre_lat, 10.0, minute_km * 0.9997).holds(*point)[0]


@settings(max_examples=80, deadline=None)
@given(LAT, LON, st.integers(3, 9), st.integers(0, 10_000))
def test_a_polygon_agrees_with_its_winding_number(lat: float, lon: float, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bearings = np.sort(rng.uniform(0, 2 * np.pi, n))
    reach = rng.uniform(0.2, 3.0, n)
    corners = [
        (float(lat + r * np.sin(b)), float((lon + r * np.cos(b) + 180.0) % 360.0 - 180.0))
        for r, b in zip(reach, bearings, strict=True)
    ]
    polygon = Polygon(tuple(corners))
    ring = polygon.ring_deg()
    lats, lons = scattered(60, (lat, lon), 3.5, seed)
    inside = polygon.holds(lats, lons)
    for index in range(len(lats)):
        near_lon = ring[0, 1] + (lons[index] - ring[0, 1] + 180.0) % 360.0 - 180.0
        turns = turns_round(ring, lats[index], near_lon)
        assert inside[index] == (round(turns) % 2 == 1)


def test_a_corner_or_edge_on_a_cell_centre_is_counted_once_over_a_tiling() -> None:
    lats, lons = (axis.ravel() for axis in np.meshgrid(np.arange(-3.0, 4.0), np.arange(-3.0, 4.0)))
    tiles = [
        Polygon(((south, west), (south, west + 2), (south + 2, west + 2), (south + 2, west)))
        for south in (-4.0, -2.0, 0.0, 2.0)
        for west in (-4.0, -2.0, 0.0, 2.0)
    ]
    counted = np.sum([tile.holds(lats, lons) for tile in tiles], axis=0)
    assert counted.tolist() == [1] * lats.size


@pytest.mark.parametrize(
    ("corners", "crosses"),
    [
        (((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)), False),
        (((0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)), True),
        (((0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (0.5, 1.0)), False),
        (((0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (0.0, 1.0), (2.0, 0.0)), True),
        (((0.0, 179.0), (0.0, -179.0), (1.0, -179.0), (1.0, 179.0)), False),
    ],
)
def test_polygons_that_cross_themselves(corners: tuple[tuple[float, float], ...], crosses: bool) -> None:
    assert Polygon(corners).crosses_itself() is crosses


def test_boxes_and_polygons_cross_the_180th_meridian() -> None:
    lats, lons = np.zeros(4), np.array([178.0, 179.5, -179.5, -178.0])
    expected = [False, True, True, False]
    assert Box(179.0, -1.0, -179.0, 1.0).holds(lats, lons).tolist() == expected
    ring = Polygon(((-1.0, 179.0), (-1.0, -179.0), (1.0, -179.0), (1.0, 179.0)))
    assert ring.holds(lats, lons).tolist() == expected
    assert Circle(0.0, 180.0, 100.0).holds(lats, lons).tolist() == expected


def test_a_box_round_the_earth_holds_every_meridian() -> None:
    assert Box(-180.0, -10.0, 180.0, 10.0).holds(np.zeros(3), np.array([-180.0, 0.0, 180.0])).all()


SIMPLE = st.one_of(
    st.builds(Circle, LAT, LON, st.floats(10.0, 2000.0)),
    st.builds(Box, LON, st.floats(-80.0, 0.0), LON, st.floats(0.1, 80.0)),
)
REGIONS: st.SearchStrategy[Region] = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        inner.map(Outside),
    ),
    max_leaves=5,
)


def holds_one_by_one(region: Region, lat: float, lon: float) -> bool:
    if isinstance(region, AnyOf):
        return any(holds_one_by_one(part, lat, lon) for part in region.parts)
    if isinstance(region, AllOf):
        return all(holds_one_by_one(part, lat, lon) for part in region.parts)
    if isinstance(region, Outside):
        return not holds_one_by_one(region.part, lat, lon)
    return bool(region.holds(np.array([lat]), np.array([lon]))[0])


@settings(max_examples=80, deadline=None)
@given(REGIONS)
def test_made_regions_are_set_algebra_and_lie_in_their_bounds(region: Region) -> None:
    rng = np.random.default_rng(3)
    lats, lons = rng.uniform(-90, 90, 150), rng.uniform(-180, 180, 150)
    inside = region.holds(lats, lons)
    assert inside.tolist() == [holds_one_by_one(region, a, b) for a, b in zip(lats, lons, strict=True)]
    bounds = bounds_deg(region)
    if bounds is not None:
        west, south, east, north = bounds
        assert np.all((lats[inside] >= south) & (lats[inside] <= north))
        assert np.all((lons[inside] - west) % 360.0 <= east - west + 1e-9)


class Listed:
    """A gazetteer of three entries."""

    def find(self, name: str) -> tuple[NamedPlace, ...]:
        places = (
            NamedPlace("Lake Tarn", 40.0, 46.0, 1.5, "case gazetteer"),
            NamedPlace("Lake Tarnovo", 44.0, 41.0, 1.5, "case gazetteer"),
            NamedPlace("Twin Peak", 40.1, 46.1, 0.2, "case gazetteer"),
            NamedPlace("Twin Peak", 41.1, 47.1, 0.2, "case gazetteer"),
        )
        return tuple(place for place in places if place.name.lower().startswith(name.lower()))


def test_a_name_becomes_a_circle_widened_by_its_own_reach() -> None:
    region, used = resolve(AllOf((Near("Lake Tarn", 2.0), Outside(Near("Lake Tarn", 0.5)))), Listed())
    assert region == AllOf((Circle(40.0, 46.0, 3.5), Outside(Circle(40.0, 46.0, 2.0))))
    assert [found.place.name for found in used] == ["Lake Tarn", "Lake Tarn"]


def test_names_that_cannot_be_placed() -> None:
    with pytest.raises(BadInputError, match="is the name of 2 places"):
        resolve(Near("Twin Peak", 1.0), Listed())
    with pytest.raises(NotFoundError, match="knows no place 'Nowhere'"):
        resolve(AnyOf((Near("Nowhere", 1.0),)), Listed())
    with pytest.raises(BadInputError, match="needs a gazetteer"):
        resolve(Near("Lake Tarn", 1.0), None)
    with pytest.raises(BadInputError, match="has not been looked up"):
        Near("Lake Tarn", 1.0).holds(np.zeros(1), np.zeros(1))


def test_part_of_a_name_is_taken_only_when_nothing_else_could_be_meant() -> None:
    region, used = resolve(Near("lake tarn", 2.0), Listed())
    assert region == Circle(40.0, 46.0, 3.5) and used[0].asked == "lake tarn"
    region, used = resolve(Near("Lake Tarnov", 2.0), Listed())
    assert (used[0].asked, used[0].place.name) == ("Lake Tarnov", "Lake Tarnovo")
    with pytest.raises(BadInputError, match="is the name of 2 places"):
        resolve(Near("Lake Ta", 2.0), Listed())
