"""Questions without a case: position, when, where; and what bad questions get."""

from __future__ import annotations

import copy
import datetime as dt
import math

import numpy as np
import pytest
from tests.lines.sun.planting import pole, pvlib_sun

from witnessmark.errors import BadInputError
from witnessmark.hypotheses import Hypotheses, PlaceGrid, TimeAxis
from witnessmark.lines.sun import answers, drawing, ephemeris
from witnessmark.lines.sun.camera import rays
from witnessmark.lines.sun.earth import Earth, weigh_earth
from witnessmark.lines.sun.likelihood import weigh
from witnessmark.lines.sun.map import earth_picture
from witnessmark.lines.sun.observations import CameraFacts
from witnessmark.lines.sun.overlay import path_px, sun_path
from witnessmark.plain import Plain, canonical

LAT, LON = 39.6, 46.3
AT = dt.datetime(2022, 9, 13, 11, 0, tzinfo=dt.UTC)


def image() -> dict[str, Plain]:
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    shadow = pole(azimuth, elevation, heading_deg=10.0, pitch_deg=-5.0, size=(1280, 720), sigma_px=2.0)
    camera: dict[str, Plain] = {
        "hfov_deg": [60.0, 3.0],
        "pitch_deg": [-5.0, 0.5],
        "roll_deg": [0.0, 0.5],
        "heading_deg": [10.0, 1.0],
    }
    return {"image": {"width_px": 1280, "height_px": 720}, "camera": camera, "shadows": [shadow]}


def direction(azimuth: list[Plain] | None, elevation: list[Plain] | None) -> dict[str, Plain]:
    return {"sun": {"azimuth_deg": azimuth, "elevation_deg": elevation}}


def test_position_of_sun_and_moon() -> None:
    sun = answers.position(LAT, LON, AT)
    assert isinstance(sun, dict)
    azimuth, apparent = pvlib_sun(AT, LAT, LON)
    assert sun["azimuth_deg"] == pytest.approx(azimuth, abs=0.003)
    assert sun["apparent_elevation_deg"] == pytest.approx(apparent, abs=0.003)
    moon = answers.position(LAT, LON, AT, "moon", 1500.0)
    assert isinstance(moon, dict) and 0.8 < float(str(moon["illuminated_fraction"])) < 0.95
    with pytest.raises(BadInputError, match="no UTC offset"):
        answers.position(LAT, LON, AT.replace(tzinfo=None))
    with pytest.raises(BadInputError, match="no place"):
        answers.position(95.0, LON, AT)


def test_when_from_pixels_and_from_a_direction() -> None:
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    start, end = AT.replace(hour=0), AT.replace(hour=0) + dt.timedelta(days=1)
    for document in (image(), direction([azimuth, 3.0], [elevation, 1.0])):
        answer = answers.when(answers.read_document(document), LAT, LON, start, end, 60.0, height_m=2000.0)
        assert isinstance(answer, dict) and not answer["abstains"]
        best = dt.datetime.fromisoformat(str(answer["best"]))
        assert abs(best - AT) < dt.timedelta(minutes=6)
        region = answer["region90"]
        assert isinstance(region, list)
        spans = [(str(span[0]), str(span[1])) for span in region if isinstance(span, list)]
        assert any(first <= "2022-09-13T11:00:00Z" <= last for first, last in spans)
        canonical(answer)


def test_two_dates_are_not_told_apart() -> None:
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    seen = answers.read_document(direction([azimuth, 3.0], [elevation, 1.0]))
    day = dt.timedelta(days=1)
    first = dt.datetime(2022, 9, 13, tzinfo=dt.UTC)
    claims = [(first, first + day), (first + day, first + 2 * day)]
    answer = answers.when(seen, LAT, LON, first, first + 2 * day, 60.0, claims=claims)
    assert isinstance(answer, dict)
    weighed = answer["claims"]
    assert isinstance(weighed, list)
    one, other = weighed
    assert isinstance(one, dict) and isinstance(other, dict)
    assert one["discriminates"] is False and other["discriminates"] is False
    assert one["log10_lr"] == pytest.approx(-float(str(other["log10_lr"])), abs=1e-9)
    assert float(str(one["bits"])) == pytest.approx(0.05, abs=0.1)
    with pytest.raises(BadInputError, match="holds no instant"):
        answers.when(seen, LAT, LON, first, first + day, 60.0, claims=[(first - day, first - day / 2)])


def test_where_finds_the_place_and_not_the_night_side() -> None:
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    seen = answers.read_document(direction([azimuth, 3.0], [elevation, 1.0]))
    answer = answers.where(seen, [AT], 1.0)
    assert isinstance(answer, dict)
    best, region = answer["best"], answer["region90"]
    assert isinstance(best, dict) and isinstance(region, dict)
    assert best["lat_deg"] == pytest.approx(LAT, abs=2.5) and best["lon_deg"] == pytest.approx(LON, abs=2.5)
    only = answers.where(answers.read_document(direction(None, [elevation, 1.0])), [AT], 1.0)
    assert isinstance(only, dict) and isinstance(only["region90"], dict)
    assert float(str(only["region90"]["area_km2"])) > 5.0 * float(str(region["area_km2"]))
    longer = answers.where(seen, [AT + dt.timedelta(minutes=m) for m in range(-30, 31)], 1.0)
    assert isinstance(longer, dict) and float(str(longer["bits"])) < float(str(answer["bits"]))


def test_the_earth_grid_is_what_single_places_give() -> None:
    seen = answers.read_document(image())
    (sighting,) = seen.sightings
    earth = Earth.of(10.0)
    nats = weigh_earth(sighting, earth, [AT.timestamp()], 0.8, 10.0, 1.0)
    for row, column in ((3, 5), (12, 22), (9, 30)):
        lat, lon = float(earth.lat_deg[row]), float(earth.lon_deg[column])
        half = dt.timedelta(seconds=30)
        over = answers.one_place(lat, lon, AT - half, AT + half, 60.0)
        single = weigh(seen, over, "sun", "1", 0.8)
        assert nats[row, column] == pytest.approx(single.log_likelihood.values_nats[0, 0], abs=2e-3)  # type: ignore[union-attr]
    area = earth.area_km2().sum() * len(earth.lon_deg)
    assert area == pytest.approx(5.1e8, rel=0.01)


def test_the_same_document_gives_the_same_answer() -> None:
    start, end = AT.replace(hour=0), AT.replace(hour=0) + dt.timedelta(days=1)
    one, other = (
        answers.when(answers.read_document(copy.deepcopy(image())), LAT, LON, start, end, 300.0) for _ in range(2)
    )
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "not an object"),
        ({}, "neither 'sun'"),
        ({"sun": 5}, "'sun' is not an object"),
        ({"sun": {"azimuth_deg": None, "elevation_deg": None}}, "neither azimuth_deg"),
        ({"image": {"width_px": 1280}, "shadows": [{}]}, "height_px is None"),
        ({"image": {"width_px": 1280, "height_px": 720}, "shadows": [{}]}, "base_px is not"),
        ({"image": {"width_px": 1280, "height_px": 720}, "shadows": [3]}, "Shadow 1 is not an object"),
        ({"image": {"width_px": 1280, "height_px": 720}, "camera": 4, "shadows": [{}]}, "'camera' is not"),
    ],
)
def test_documents_that_cannot_be_read(document: object, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        answers.read_document(document)


def test_axes_and_grids_that_make_no_sense() -> None:
    seen = answers.read_document(direction(None, [40.0, 1.0]))
    with pytest.raises(BadInputError, match="cannot be weighed"):
        answers.when(seen, LAT, LON, AT, AT, 60.0)
    with pytest.raises(BadInputError, match="no UTC offset"):
        answers.when(seen, LAT, LON, AT.replace(tzinfo=None), AT, 60.0)
    with pytest.raises(BadInputError, match=r"grid of 0\.001"):
        answers.where(seen, [AT], 0.001)
    bearing = answers.read_document(direction([100.0, 2.0], None))
    with pytest.raises(BadInputError, match="Only the bearing"):
        answers.where(bearing, [AT], 5.0)


def test_tables_and_maps() -> None:
    seen = answers.read_document(direction(None, [40.0, 1.0]))
    over = answers.one_place(LAT, LON, AT.replace(hour=0), AT.replace(hour=0) + dt.timedelta(days=3), 600.0)
    found = weigh(seen, over, "sun", "1")
    values = found.log_likelihood.values_nats  # type: ignore[union-attr]
    days, table = drawing.day_table(values, over)
    assert [day.day for day in days] == [13, 14, 15] and table.shape == (3, 24)
    assert table.sum() == pytest.approx(1.0) and table[0, 22] < 0.01 < table[0].max()
    html = drawing.hours_html(values, over)
    assert html.count("<tr>") == 4 and "2022-09-14" in html and "style" not in html
    picture = drawing.hours_picture(values, over)
    assert picture.png.startswith(b"\x89PNG") and drawing.hours_picture(values, over).png == picture.png
    earth = Earth.of(4.0)
    nats = answers.where_nats(seen, [AT], earth)
    assert earth_picture(nats, earth.lat_deg, earth.lon_deg, [AT]).png.startswith(b"\x89PNG")
    mass = np.exp(nats) * earth.area_km2()
    held = mass[drawing.in_region(nats, mass, 0.5)].sum() / mass.sum()
    assert 0.5 <= held < 0.53
    assert math.isclose(ephemeris.unix_s(AT), AT.timestamp())


def test_the_suns_path_over_a_frame_passes_where_the_sun_is() -> None:
    camera = CameraFacts(0.0, 60.0, 1.0, 20.0, 1.0, 3.0, 1.0, "a person", 0)
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    heading = azimuth - 5.0
    (at,) = path_px(camera, heading, (640, 360), np.array([azimuth]), np.array([elevation]))
    focal = np.array([640 / 2 / math.tan(math.radians(30.0))])
    cast = rays(focal, np.radians([20.0]), np.radians([3.0]), (640, 360), at[0], at[1])[0]
    assert math.degrees(math.asin(cast[2])) == pytest.approx(elevation, abs=1e-6)
    assert math.degrees(math.atan2(cast[0], cast[1])) == pytest.approx(5.0, abs=1e-6)
    frame = np.full((360, 640, 3), 90, dtype=np.uint8)
    picture = sun_path(frame, camera, heading, LAT, LON, AT.date())
    assert picture.shows_footage and picture.png.startswith(b"\x89PNG") and "2022-09-13" in picture.caption


@pytest.mark.parametrize("month", [3, 6, 12])
def test_the_height_alone_over_the_earth_is_what_single_places_give(month: int) -> None:
    """Also on the night side, at the poles and across the edge of the map."""
    at = dt.datetime(2022, month, 21, 23, 30, tzinfo=dt.UTC)
    seen = answers.read_document(direction(None, [20.0, 2.0]))
    earth = Earth.of(7.5)
    for instants in ([at], [at, at + dt.timedelta(hours=5)]):
        nats = answers.where_nats(seen, instants, earth)
        lat, lon = (part.ravel() for part in np.meshgrid(earth.lat_deg, earth.lon_deg, indexing="ij"))
        grid = PlaceGrid("+proj=longlat", 1.0, np.arange(float(lat.size)), np.zeros(1), lat, lon)
        single = np.empty((lat.size, len(instants)))
        for number, moment in enumerate(instants):
            found = weigh(seen, Hypotheses(grid, TimeAxis(moment - dt.timedelta(seconds=30), 60.0, 1)), "sun", "1")
            single[:, number] = found.log_likelihood.values_nats[:, 0]  # type: ignore[union-attr]
        mean = np.log(np.exp(single).mean(axis=1)).reshape(nats.shape)
        assert np.ptp(mean) > 2.0
        assert np.max(np.abs(nats - mean)) < 0.02
