"""The table over place and time: right where plain arithmetic is, honest about days, and dependent on the heading."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.sun.planting import NOBODY, mark, pole, pvlib_sun
from tests.lines.sun.test_sun_marks import ITEM

from witnessmark.hypotheses import Alternative, Hypotheses, PlaceGrid, TimeAxis
from witnessmark.lines.contract import Abstention, Finding, InputRef, Marks, Tools
from witnessmark.lines.sun import SUN, bits, ephemeris, kernel, labels, likelihood, looking
from witnessmark.lines.sun.headings import Headings, pack, pack_horizon, unpack, unpack_horizon
from witnessmark.lines.sun.marks import read_marks
from witnessmark.lines.sun.observations import Label, Phase, Sighting, SunObservations
from witnessmark.plain import from_plain, to_plain

SIZE = (1280, 720)
LAT, LON = 39.6, 46.3
AT = dt.datetime(2022, 9, 13, 11, 0, tzinfo=dt.UTC)


def over_days(first: dt.datetime, days: int, step_s: float = 600.0, lon_deg: float = LON) -> Hypotheses:
    """Nine places some way apart, and whole days of solar time."""
    start = first - dt.timedelta(hours=lon_deg / 15.0)
    axis = np.arange(3, dtype=np.float64) * 20_000.0
    lat = np.repeat(LAT + 0.18 * np.arange(-1, 2), 3)
    lon = np.tile(lon_deg + 0.23 * np.arange(-1, 2), 3)
    places = PlaceGrid("+proj=laea", 20_000.0, axis, axis, lat.astype(np.float64), lon.astype(np.float64))
    n = round(days * 86_400.0 / step_s)
    return Hypotheses(places, TimeAxis(start, step_s, n), (Alternative("elsewhere", "Elsewhere.", 0.1),))


def sighting(azimuth: float | None, elevation: float | None, *, north: bool = True, body: str = "sun") -> Sighting:
    return Sighting(body, 0.0, "", azimuth, elevation, elevation, 2.4, 1.0, 0.3, north, True, ("m1",), "a shadow")


def seen_with(*sightings: Sighting, **fields: object) -> SunObservations:
    empty: dict[str, object] = dict.fromkeys(("labels", "phases", "edges", "cameras", "headings", "fields"), ())
    inputs = (InputRef(NOBODY, "mark:m1"),)
    given = {**empty, "horizon": None, "remarks": (), "inputs": inputs, **fields}
    return SunObservations(item=NOBODY, sightings=sightings, seed=1, **given)  # type: ignore[arg-type]  # by name


def weighed(seen: SunObservations, over: Hypotheses) -> Finding:
    found = SUN.weigh(seen, over)
    assert isinstance(found, Finding), found
    found.log_likelihood.check(over)
    return found


def test_cells_are_what_float64_trigonometry_gives() -> None:
    over = over_days(dt.datetime(2022, 9, 13, tzinfo=dt.UTC), 1, 300.0)
    here = ephemeris.frames(over.places.lat_deg, over.places.lon_deg)
    track = ephemeris.track("sun", over.times.unix_s())
    one = sighting(200.0, 45.0, north=False)
    heading, error = np.linspace(5.0, 40.0, 9), np.linspace(0.5, 6.0, 9)
    cells = kernel.cells(one, kernel.Places(here, heading, error), kernel.Sky.of(track), 1.0)
    azimuth, elevation = np.radians(np.stack(ephemeris.azimuth_elevation(track, here)))
    a0, e0 = np.radians(heading + 200.0)[:, None], math.radians(45.0)
    away = azimuth - a0
    cos = np.sin(elevation) * math.sin(e0) + np.cos(elevation) * math.cos(e0) * np.cos(away)
    scale = np.sqrt(2.0 / (1.0 + cos))
    x = scale * np.cos(elevation) * np.sin(away)
    y = scale * (np.sin(elevation) * math.cos(e0) - np.cos(elevation) * math.sin(e0) * np.cos(away))
    up, across = math.radians(1.0), math.radians(2.4)
    xx = across**2 + (math.cos(e0) * np.radians(error)) ** 2
    xy, yy = 0.3 * up * across, up**2
    det = xx * yy - xy**2
    square = (yy * x.T**2 - 2.0 * xy * x.T * y.T + xx * y.T**2) / det
    t = (1.0 / (2.0 * np.pi * np.sqrt(det)) * (1.0 + square / 4.0) ** -3.0).T
    risen = np.clip((np.sin(elevation) - kernel.RISEN[0]) / (kernel.RISEN[1] - kernel.RISEN[0]), 0.0, 1.0)
    expected = np.log(0.97 * t * risen + 0.03 / (2.0 * np.pi))
    # the sun's parallax, 0.002 degrees, is left out of the cells
    assert np.abs(cells - expected).max() < 0.02


def test_a_density_on_the_sphere_sums_to_one() -> None:
    rng = np.random.default_rng(5)
    towards = rng.standard_normal((3, 200_000))
    towards /= np.linalg.norm(towards, axis=0)
    here = ephemeris.frames(np.array([LAT]), np.array([LON]))
    sky = kernel.Sky(towards.astype(np.float32), None)
    one = Sighting("sun", 0.0, "", 20.0, 40.0, 40.0, 8.0, 5.0, 0.3, True, True, ("m",), "x")
    up = sky.along(here.up[None], here.at_km)[0]
    for heavy in (True, False):
        known = replace(one, heavy=heavy)
        full = kernel._full(known, here, sky, np.array([20.0]), np.zeros(1), 1.0)
        assert float(full.mean()) * 4.0 * math.pi == pytest.approx(1.0, abs=0.04)  # of 200 000 draws
        by_height = np.exp(kernel.look_up(kernel.height_table(known, 1.0), up))
        assert float(by_height[up > 0.0].mean()) * 2.0 * math.pi == pytest.approx(1.0, abs=0.04)
        by_bearing = kernel._bearing(known, here, sky, np.array([20.0]), np.zeros(1), 1.0)
        assert float(by_bearing[up > 0.0].mean()) * 2.0 * math.pi == pytest.approx(1.0, abs=0.04)


def test_chunks_do_not_change_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    over = over_days(AT.replace(hour=0), 2)
    seen = seen_with(sighting(200.0, 45.0))
    whole = weighed(seen, over).log_likelihood.values_nats
    monkeypatch.setattr(kernel, "CELLS", 50)
    monkeypatch.setattr(likelihood, "IN_MEMORY_BYTES", 10)
    parts = weighed(seen, over).log_likelihood.values_nats
    assert isinstance(parts, np.memmap)
    assert np.allclose(whole, parts, atol=2e-3)


def test_the_sun_hardly_tells_the_thirteenth_from_the_fourteenth() -> None:
    """Against the closed form d^2 / (2 ln 2), d the shift from one day to the next in standard errors."""
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    across = 3.0 * math.cos(math.radians(elevation))
    one = Sighting("sun", 0.0, "", azimuth, elevation, elevation, across, 1.0, 0.0, True, False, ("m",), "a shadow")
    over = over_days(dt.datetime(2022, 9, 13, tzinfo=dt.UTC), 2, 60.0)
    finding = weighed(seen_with(one), over)
    told = finding.parameters["bits"]
    assert isinstance(told, dict)
    # the nearest the sun comes on the fourteenth to where it stood, in the errors of the marks
    best = min(
        math.hypot((a - azimuth) / 3.0, e - elevation)
        for a, e in (pvlib_sun(AT + dt.timedelta(days=1, minutes=m), LAT, LON) for m in range(-8, 9))
    )
    closed_bits = best**2 / (2.0 * math.log(2.0))
    assert float(str(told["neighbours"])) == pytest.approx(closed_bits, abs=0.1)
    assert "does not discriminate" in finding.statement
    assert any("does not discriminate" in limit for limit in finding.limits)


def test_the_moon_does_tell_days_apart() -> None:
    at = dt.datetime(2022, 9, 13, 19, 0, tzinfo=dt.UTC)
    here = ephemeris.frames(np.array([LAT]), np.array([LON]))
    azimuth, elevation = ephemeris.azimuth_elevation(ephemeris.track("moon", np.array([at.timestamp()])), here)
    assert elevation[0, 0] > 10.0
    over = over_days(dt.datetime(2022, 9, 12, tzinfo=dt.UTC), 4, 300.0)
    of_moon = weighed(seen_with(sighting(float(azimuth[0, 0]), float(elevation[0, 0]), body="moon")), over)
    values = of_moon.log_likelihood.values_nats[4]
    assert abs(over.times.at(int(values.argmax())) - at) < dt.timedelta(minutes=16)
    told = of_moon.parameters["bits"]
    assert isinstance(told, dict) and float(str(told["neighbours"])) > 1.0


@dataclass
class Known:
    heading_deg: NDArray[np.float64]
    error_deg: NDArray[np.float64]
    at_s: float | None = None


def test_the_heading_is_a_function_of_the_place() -> None:
    over = over_days(AT.replace(hour=0), 1)
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    field = Known(np.full(9, 100.0), np.full(9, 2.0))
    field.heading_deg[4] = 30.0
    assert isinstance(field, Headings)
    one = sighting((azimuth - 30.0) % 360.0, elevation, north=False)
    finding = weighed(seen_with(one, fields=(pack("headings:terrain", field),)), over)
    values = finding.log_likelihood.values_nats
    assert int(values.max(axis=1).argmax()) == 4
    assert abs(over.times.at(int(values[4].argmax())) - AT) <= dt.timedelta(minutes=10)


def test_a_heading_not_known_in_a_place_leaves_the_height() -> None:
    over = over_days(AT.replace(hour=0), 1)
    field = Known(np.full(9, 30.0), np.full(9, 2.0))
    field.error_deg[3] = np.inf
    one = sighting(150.0, 40.0, north=False)
    with_field = weighed(seen_with(one, fields=(pack("headings:terrain", field),)), over)
    without = weighed(seen_with(one), over)
    assert np.allclose(with_field.log_likelihood.values_nats[3], without.log_likelihood.values_nats[3], atol=1e-5)
    assert any("not its bearing" in limit for limit in without.limits)


def test_packed_headings_come_back() -> None:
    field = Known(np.array([0.0, 359.999, -10.0, 5.0]), np.array([0.5, 2.0, np.nan, np.inf]), 3.0)
    heading, error = unpack(pack("x", field))
    assert heading[:2] == pytest.approx([0.0, 0.0], abs=0.006) and error[:2] == pytest.approx([0.5, 2.0])
    assert np.isinf(error[2:]).all()


def test_observations_with_headings_and_a_horizon_survive_being_kept() -> None:
    field = pack("headings:terrain", Known(np.linspace(0.0, 300.0, 9), np.full(9, 2.0)))
    seen = seen_with(sighting(10.0, 40.0, north=False), fields=(field,), horizon=pack_horizon("horizons:t", ridge()))
    again = from_plain(SunObservations, to_plain(seen))
    assert again == seen
    assert seen.horizon is not None and np.allclose(unpack_horizon(seen.horizon), ridge().horizon_deg, atol=0.011)


def test_headings_of_another_grid_are_refused_with_the_fix() -> None:
    over = over_days(AT.replace(hour=0), 1)
    field = pack("headings:terrain", Known(np.zeros(4), np.ones(4)))
    answer = SUN.weigh(seen_with(sighting(10.0, 40.0, north=False), fields=(field,)), over)
    assert isinstance(answer, Abstention) and "4 places" in answer.reason


def test_only_a_bearing_and_no_heading_is_an_abstention() -> None:
    over = over_days(AT.replace(hour=0), 1)
    answer = SUN.weigh(seen_with(sighting(10.0, None, north=False)), over)
    assert isinstance(answer, Abstention) and "where the camera looks is not known" in answer.reason
    assert isinstance(SUN.weigh(seen_with(sighting(200.0, None)), over), Finding)


def test_the_turn_between_two_frames_needs_no_heading() -> None:
    over = over_days(AT.replace(hour=0), 1, 300.0)
    late = AT + dt.timedelta(hours=2)
    (a1, e1), (a2, e2) = pvlib_sun(AT, LAT, LON), pvlib_sun(late, LAT, LON)
    first = Sighting("sun", 0.0, "tripod", a1 - 77.0, e1, e1, 0.8, 2.0, 0.0, False, True, ("m1",), "a shadow")
    second = Sighting("sun", 7200.0, "tripod", a2 - 77.0, e2, e2, 0.8, 2.0, 0.0, False, True, ("m2",), "a shadow")
    apart = (Sighting("sun", 0.0, "", a1 - 77.0, e1, e1, 0.8, 2.0, 0.0, False, True, ("m1",), "a shadow"), second)
    turning, heights = weighed(seen_with(first, second), over), weighed(seen_with(*apart), over)
    best = over.times.at(int(turning.log_likelihood.values_nats[4].argmax()))
    assert abs(best - AT) <= dt.timedelta(minutes=15)
    told = [float(str(found.parameters["bits"]["total"])) for found in (turning, heights)]  # type: ignore[call-overload,index]
    assert told[0] > told[1] + 0.1


def test_daylight_and_darkness() -> None:
    over = over_days(AT.replace(hour=0), 1)
    here = ephemeris.frames(over.places.lat_deg, over.places.lon_deg)
    _, elevation = ephemeris.azimuth_elevation(ephemeris.track("sun", over.times.unix_s()), here)
    middle = elevation[4]
    for state, best in (("dark", middle < -14), ("daylight", middle > 5), ("twilight", (middle < -4) & (middle > -8))):
        found = weighed(seen_with(labels=(Label("darkness", state, 0.0, "m"),)), over)
        values = found.log_likelihood.values_nats[4]
        assert values[best].min() > values[~best].min() + 1.0
        assert values[best].mean() == pytest.approx(values.max(), abs=0.4)
    sunlit = weighed(seen_with(labels=(Label("sunlight", "sunlit", 0.0, "m"),)), over).log_likelihood.values_nats[4]
    assert sunlit[middle > 1].min() > sunlit[middle < -1].max() + 2.0
    shade = weighed(seen_with(labels=(Label("sunlight", "no-shadow", 0.0, "m"),)), over).log_likelihood.values_nats[4]
    assert shade[middle < -1].min() > shade[middle > 1].max() > shade[middle < -1].min() - 1.0


def test_the_moons_phase_alone_says_nothing_of_place() -> None:
    over = over_days(dt.datetime(2022, 9, 5, tzinfo=dt.UTC), 20, 3600.0)
    phase = Phase(0.5, 0.08, False, 0.0, "m")
    found = weighed(seen_with(phases=(phase,)), over)
    assert found.log_likelihood.values_nats.shape == (1, over.times.n_instants)
    best = over.times.at(int(found.log_likelihood.values_nats[0].argmax()))
    assert abs(best - dt.datetime(2022, 9, 17, 21, 52, tzinfo=dt.UTC)) < dt.timedelta(hours=6)  # the last quarter


@dataclass
class Ridge:
    """A ridge 20 degrees high from south to north by west; open elsewhere."""

    horizon_deg: NDArray[np.float32]


def ridge() -> Ridge:
    table = np.zeros((9, 72), dtype=np.float32)
    table[:, 36:] = 20.0
    return Ridge(table)


def test_the_reliefs_horizon_hides_the_sun() -> None:
    over = over_days(AT.replace(hour=0), 1)
    evening = AT + dt.timedelta(hours=2, minutes=50)
    _, elevation = pvlib_sun(evening, LAT, LON)
    assert 5.0 < elevation < 15.0
    tools = Tools(Path(), providers={"horizons:terrain": ridge()})
    marks: Marks = (mark("d", "sun-direction", {"azimuth_deg": None, "elevation_deg": [elevation, 1.0]}),)
    read, refused = read_marks(marks)
    seen = looking.observe(ITEM, marks, read, refused, None, tools)
    assert isinstance(seen, SunObservations)
    values = weighed(seen, over).log_likelihood.values_nats[4]
    level = weighed(seen_with(*seen.sightings), over).log_likelihood.values_nats[4]
    at = round((evening - over.times.start).total_seconds() / 600.0)
    assert values[at] < level[at] - 3.0  # hidden in the evening, so it was the morning
    assert values.max() == pytest.approx(level.max(), abs=0.1)


def test_the_edge_of_the_reliefs_shadow_tells_the_minute() -> None:
    over = over_days(AT.replace(hour=0), 1, 60.0)
    tools = Tools(Path(), providers={"horizons:terrain": ridge()})
    marks: Marks = (mark("e", "shade-edge", {"error_deg": 0.4}),)
    read, refused = read_marks(marks)
    seen = looking.observe(ITEM, marks, read, refused, None, tools)
    assert isinstance(seen, SunObservations)
    values = weighed(seen, over).log_likelihood.values_nats[4]
    _, elevation = pvlib_sun(over.times.at(int(values.argmax())), LAT, LON)
    assert elevation == pytest.approx(20.0, abs=0.5) or elevation == pytest.approx(0.0, abs=0.8)
    nowhere = SUN.weigh(seen_with(edges=seen.edges), over)
    assert isinstance(nowhere, Abstention) and "no horizon of the relief" in nowhere.reason


def test_bits_of_a_known_table() -> None:
    over = over_days(AT.replace(hour=0), 2, 43_200.0)
    table = np.log(np.array([[0.5, 0.5, 0.25, 0.25]], dtype=np.float32))
    told = bits.tell(table, over)
    assert told.neighbours == pytest.approx(1.0, abs=1e-5)
    share = np.array([1 / 3, 1 / 3, 1 / 6, 1 / 6])
    assert told.total == pytest.approx(float((share * np.log2(share * 4)).sum()), abs=1e-5) == told.days


def test_frames_count_for_less_than_their_number() -> None:
    over = over_days(AT.replace(hour=0), 1, 60.0)
    one = weighed(seen_with(sighting(200.0, 45.0)), over).log_likelihood.values_nats
    four = weighed(seen_with(*[sighting(200.0, 45.0)] * 4), over).log_likelihood.values_nats
    assert np.allclose(four, 2.0 * one, atol=1e-3)


def test_labels_that_only_repeat_a_shadow_are_not_counted_again() -> None:
    over = over_days(AT.replace(hour=0), 1)
    plain = weighed(seen_with(sighting(200.0, 45.0)), over)
    both = weighed(seen_with(sighting(200.0, 45.0), labels=(Label("sunlight", "sunlit", 0.0, "m"),)), over)
    assert np.array_equal(plain.log_likelihood.values_nats, both.log_likelihood.values_nats)


def test_azimuth_errors_are_those_of_the_sphere() -> None:
    assert labels.azimuth_error_rad(sighting(10.0, 60.0)) == pytest.approx(math.radians(4.8))


def test_a_marked_shadow_on_two_days_gives_the_same_hour() -> None:
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    marks: Marks = (
        mark("m1", "shadow", pole(azimuth, elevation, heading_deg=10.0, pitch_deg=-5.0, size=SIZE, sigma_px=2.0)),
        mark("c", "camera", {"hfov_deg": [60.0, 3.0], "pitch_deg": [-5.0, 0.5], "roll_deg": [0.0, 0.5]}),
        mark("h", "heading", {"heading_deg": 10.0, "error_deg": 1.0}),
    )
    read, refused = read_marks(marks)
    seen = looking.observe(ITEM, marks, read, refused, looking.FrameSize(*SIZE, {}), Tools(Path()))
    assert isinstance(seen, SunObservations)
    values = weighed(seen, over_days(dt.datetime(2022, 9, 12, tzinfo=dt.UTC), 4, 60.0)).log_likelihood.values_nats[4]
    by_day = values.reshape(4, 1440).argmax(axis=1)
    assert np.ptp(by_day) < 12
