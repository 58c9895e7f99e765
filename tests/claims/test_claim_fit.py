"""Claims laid over a grid: masks against brute force, partial coverage, and what does not fit said in words."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.claims import NamedPlace, claim_region, fit_book, fit_claim, load_claims, template
from witnessmark.claims.extent import area_and_share
from witnessmark.claims.places import AllOf, AnyOf, Box, Circle, Near, Outside, Region
from witnessmark.claims.records import About, Claim
from witnessmark.claims.times import Interval, share_on_axis, steps_within
from witnessmark.errors import BadInputError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.hypotheses.times import TimeAxis

CRS = "+proj=laea +lat_0=40 +lon_0=46.2 +datum=WGS84 +units=m"
START = dt.datetime(2031, 9, 12, 20, tzinfo=dt.UTC)  # midnight of the 13th at +04:00
OLDER = Alternative("older-footage", "The clip is older than the time axis.", 0.2)


def grid(columns: int = 40, rows: int = 30, spacing_m: float = 1000.0) -> PlaceGrid:
    x_m = (np.arange(columns, dtype=np.float64) - (columns - 1) / 2) * spacing_m
    y_m = (np.arange(rows, dtype=np.float64) - (rows - 1) / 2) * spacing_m
    to_wgs84 = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lon, lat = to_wgs84.transform(np.tile(x_m, rows), np.repeat(y_m, columns))
    return PlaceGrid(CRS, spacing_m, x_m, y_m, lat, lon)


SPACE = Hypotheses(grid(), TimeAxis(START, 1800.0, 96), (OLDER,))
BASE = load_claims(template()).claim("north-1")


def claim(place: Region | None = None, *time: Interval, alternatives: tuple[str, ...] = ()) -> Claim:
    return dataclasses.replace(BASE, about=About(place, time, alternatives))


def span(begin_h: float | None, end_h: float | None, precision_s: float = 0.0) -> Interval:
    """Hours after the axis' start."""
    ends = [None if hours is None else START + dt.timedelta(hours=hours) for hours in (begin_h, end_h)]
    return Interval(ends[0], ends[1], precision_s, "")


def test_the_place_mask_is_that_of_the_centres_one_by_one() -> None:
    region = AllOf((Circle(40.0, 46.2, 9.0), Outside(Box(46.18, 39.9, 46.3, 40.0))))
    mask = claim_region(claim(region), SPACE).place_mask
    geod = pyproj.Geod(ellps="WGS84")
    assert mask is not None
    for index, (lat, lon) in enumerate(zip(SPACE.places.lat_deg, SPACE.places.lon_deg, strict=True)):
        near = geod.line_length([46.2, lon], [40.0, lat]) <= 9000.0
        boxed = 46.18 <= lon <= 46.3 and 39.9 <= lat <= 40.0
        assert mask[index] == (near and not boxed)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-30.0, 80.0), st.floats(0.01, 40.0), st.floats(0.0, 7200.0)), min_size=1, max_size=4)
)
def test_the_time_mask_is_that_of_the_middles_one_by_one(spans: list[tuple[float, float, float]]) -> None:
    intervals = tuple(span(begin, begin + length, precision) for begin, length, precision in spans)
    axis = SPACE.times
    mask = steps_within(intervals, axis)
    edges = [interval.bounds_unix_s() for interval in intervals]
    for index in range(axis.n_instants):
        middle = axis.at(index).timestamp() + axis.step_s / 2
        assert mask[index] == any(begin <= middle < end for begin, end in edges)
    seconds = np.arange(START.timestamp() - 40 * 3600, START.timestamp() + 130 * 3600, 60.0)
    held = np.zeros(seconds.size, dtype=bool)
    for begin, end in edges:
        held |= (seconds >= begin) & (seconds < end)
    on_axis = held & (seconds >= START.timestamp()) & (seconds < axis.end.timestamp())
    share = share_on_axis(intervals, axis)
    assert share is not None
    if held.sum() > 100:
        assert share == pytest.approx(on_axis.sum() / held.sum(), abs=0.05)


def test_a_day_is_its_own_zones_day() -> None:
    day = load_claims(template()).claim("north-1").about.time[0]
    assert steps_within((day,), SPACE.times).nonzero()[0].tolist() == list(range(48))


def test_open_ends_reach_to_the_axis_ends_and_have_no_share() -> None:
    fit = fit_claim(claim(None, span(None, 10.0)), SPACE)
    assert fit.n_steps == 20 and fit.time_share is None and fit.region.place_mask is None
    assert fit_claim(claim(None, span(10.0, None)), SPACE).n_steps == 76


def test_partial_coverage_is_reported_as_a_share() -> None:
    # The grid ends 15 km north of 40 N; a circle about that edge lies half on it
    edge = float(np.max(SPACE.places.lat_deg)) + 0.5 / 111.0
    fit = fit_claim(claim(Circle(edge, 46.2, 6.0), span(-24.0, 24.0)), SPACE)
    assert fit.place_share == pytest.approx(0.5, abs=0.03)
    assert fit.time_share == pytest.approx(0.5, abs=1e-12)
    assert any("% of the place of claim north-1 lies on the grid" in note for note in fit.notes)
    assert "50 % of the time of claim north-1 lies on the time axis; the rest of it is not weighed." in fit.notes
    whole = fit_claim(claim(Circle(40.0, 46.2, 6.0), span(0.0, 24.0)), SPACE)
    assert whole.place_share == 1.0 and whole.time_share == 1.0 and whole.notes == ()
    assert whole.n_cells == pytest.approx(np.pi * 36.0, rel=0.05)


@settings(max_examples=60, deadline=None)
@given(st.floats(39.7, 40.3), st.floats(45.8, 46.6), st.floats(0.8, 60.0))
def test_cells_held_match_the_share_of_the_area(lat: float, lon: float, radius_km: float) -> None:
    try:
        fit = fit_claim(claim(Circle(lat, lon, radius_km)), SPACE)
    except BadInputError as error:
        assert "wholly outside" in str(error) or "centre of none" in str(error)
        return
    assert fit.place_share is not None
    expected = fit.place_share * np.pi * radius_km**2
    assert fit.n_cells == pytest.approx(expected, abs=0.03 * expected + 2.5 * radius_km + 2.0)


def test_too_small_a_place_or_time_is_refused_with_what_would_do() -> None:
    corner_lat, corner_lon = SPACE.places.lat_deg[615], SPACE.places.lon_deg[615]
    with pytest.raises(BadInputError, match=r"centre of none of the grid's cells of 1 km.*at least 0.707 km"):
        fit_claim(claim(Circle(float(corner_lat) + 0.0045, float(corner_lon) + 0.0058, 0.2)), SPACE)
    with pytest.raises(BadInputError, match="middle of none of the axis' steps of 30 min"):
        fit_claim(claim(None, span(1.0, 1.1)), SPACE)


def test_a_place_smaller_than_its_cell_is_weighed_and_said() -> None:
    lat, lon = float(SPACE.places.lat_deg[615]), float(SPACE.places.lon_deg[615])
    fit = fit_claim(claim(Circle(lat, lon, 0.2), span(0.2, 0.3)), SPACE)
    assert (fit.n_cells, fit.n_steps) == (1, 1)
    assert any("(0.126 km2) is smaller than one of the cells of 1 km; it is weighed as 1 whole" in n for n in fit.notes)
    assert any("is shorter than a step of 30 min; it is weighed as 1 whole step(s)." in n for n in fit.notes)


def test_wholly_outside_is_refused_unless_an_alternative_is_named() -> None:
    far, early = Circle(50.0, 10.0, 5.0), span(-100.0, -50.0)
    for outside in (claim(far), claim(None, early), claim(Circle(40.0, 46.2, 5.0), early)):
        with pytest.raises(BadInputError, match=r"wholly outside.*Widen the hypotheses.*every party"):
            fit_claim(outside, SPACE)
    fit = fit_claim(claim(far, alternatives=("older-footage",)), SPACE)
    assert fit.region.on_grid is False and fit.region.place_mask is None and fit.n_cells == 0
    assert any("only its alternatives are weighed" in note for note in fit.notes)


def test_alternatives_only_and_beside_a_place() -> None:
    only = claim_region(claim(alternatives=("older-footage",)), SPACE)
    assert only.on_grid is False and only.alternatives == {"older-footage"} and only.time_mask is None
    both = claim_region(claim(Circle(40.0, 46.2, 5.0), alternatives=("older-footage",)), SPACE)
    assert both.on_grid and both.place_mask is not None and both.alternatives == {"older-footage"}
    with pytest.raises(BadInputError, match="did you mean 'older-footage'"):
        fit_claim(claim(alternatives=("older-fotage",)), SPACE)


def test_what_holds_in_any_case_and_what_holds_nowhere() -> None:
    bare = Hypotheses(SPACE.places, SPACE.times)
    everywhere = Box(40.0, 30.0, 50.0, 50.0)
    assert any("holds under everything that is weighed" in note for note in fit_claim(claim(everywhere), bare).notes)
    fit = fit_claim(claim(everywhere), SPACE)
    assert any("covers the whole grid" in note for note in fit.notes)
    with pytest.raises(BadInputError, match="holds no ground"):
        fit_claim(claim(AllOf((Circle(40.0, 46.0, 1.0), Circle(40.1, 46.3, 1.0)))), SPACE)
    with pytest.raises(BadInputError, match="names no place, time or alternative"):
        fit_claim(claim(), SPACE)


class OnePlace:
    def find(self, name: str) -> tuple[NamedPlace, ...]:
        return (NamedPlace(name, 40.0, 46.2, 2.0, "case gazetteer, 2031"),)


def test_a_named_place_is_reported_with_what_was_added() -> None:
    fit = fit_claim(claim(Near("Lake Tarn", 3.0)), SPACE, OnePlace())
    assert fit.n_cells == pytest.approx(np.pi * 25.0, rel=0.06)
    assert fit.looked_up[0].place.source == "case gazetteer, 2031"
    assert any("its reach of 2 km added" in note for note in fit.notes)


def test_a_book_fits_whole_or_not_at_all() -> None:
    book = load_claims(template())
    space = Hypotheses(SPACE.places, SPACE.times, (OLDER,))
    fits = fit_book(book, space)
    assert [fit.region.claim_id for fit in fits] == ["north-1", "south-1", "paper-1"]
    assert fits[2].n_steps == 16
    text = template().replace("older-footage]", "staged]").replace("lat: 39.95", "lat: 59.95")
    with pytest.raises(BadInputError) as caught:
        fit_book(load_claims(text), space)
    assert "has 2 problems" in str(caught.value) and "'staged'" in str(caught.value)


def test_the_other_side_of_a_union_counts_once() -> None:
    twice = fit_claim(claim(AnyOf((Circle(40.0, 46.2, 5.0), Circle(40.0, 46.2, 5.0)))), SPACE)
    once = fit_claim(claim(Circle(40.0, 46.2, 5.0)), SPACE)
    assert twice.n_cells == once.n_cells and twice.place_share == once.place_share == 1.0


def test_claims_that_contradict_and_still_overlap_are_told() -> None:
    book = load_claims(template())
    assert not any("contradict" in note for fit in fit_book(book, SPACE) for note in fit.notes)
    text = template().replace(
        "      alternatives: [older-footage]",
        "      place: {bbox: [46.0, 39.9, 46.3, 40.1]}\n      alternatives: [older-footage]",
    )
    north, south, paper = fit_book(load_claims(text), SPACE)
    assert any("Claims north-1 and south-1 contradict one another" in note for note in north.notes)
    assert any("Claims north-1 and south-1 contradict one another" in note for note in south.notes)
    assert not any("contradict" in note for note in paper.notes)


def test_small_parts_far_apart_are_all_seen() -> None:
    parts = AnyOf((Circle(40.0, 46.2, 2.0), Circle(-30.0, 120.0, 2.0), AnyOf((Circle(60.0, -100.0, 2.0),))))
    area_km2, share = area_and_share(parts, SPACE.places)
    assert area_km2 == pytest.approx(3 * np.pi * 4.0, rel=0.02) and share == pytest.approx(1 / 3, abs=0.01)
    far = AnyOf((Circle(-30.0, 120.0, 0.5), Circle(60.0, -100.0, 0.5)))
    with pytest.raises(BadInputError, match="wholly outside"):
        fit_claim(claim(far), SPACE)


@pytest.mark.parametrize("lat", [0.0, 40.0, 75.0])
def test_areas_agree_with_geodesic_polygons(lat: float) -> None:
    box = Box(10.0, lat, 12.0, lat + 1.5)
    lons, lats = np.linspace(10.0, 12.0, 400), np.linspace(lat, lat + 1.5, 50)
    ring_lon = [*lons, *np.full(50, 12.0), *lons[::-1], *np.full(50, 10.0)]
    ring_lat = [*np.full(400, lat), *lats, *np.full(400, lat + 1.5), *lats[::-1]]
    area_m2, _ = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(ring_lon, ring_lat)
    area_km2, _ = area_and_share(box, SPACE.places)
    assert area_km2 == pytest.approx(abs(area_m2) / 1e6, rel=1e-4)
