"""Labels weighed against records: what is likelier, what is not told, and what must hold for any record."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.clips import space
from tests.lines.weather.planting import START, Made, days_of_weather, label, plant_weather, record_of

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.lines.contract import Abstention, Finding, Tools
from witnessmark.lines.providers.contract import WeatherHour
from witnessmark.lines.weather import WEATHER, chain, limits
from witnessmark.lines.weather.bits import day_nats, day_pairs
from witnessmark.lines.weather.eye import said
from witnessmark.lines.weather.labels import read_document, read_marks
from witnessmark.lines.weather.likelihood import in_steps
from witnessmark.lines.weather.observations import RecordSeen, WeatherLabel
from witnessmark.lines.weather.packing import HOUR, gaps, pack, unpack
from witnessmark.lines.weather.tables import EDGES, bins_of, tables
from witnessmark.lines.weather.weighing import beside, capped, weigh_hours

RAINY = {1: range(9, 15)}
RAIN = read_document({"rain": True})


def packed(n_days: int = 3, distance_km: float | None = 10.0, climb_m: float | None = 0.0) -> RecordSeen:
    return pack(days_of_weather(n_days, RAINY), "made", distance_km, climb_m)


@pytest.mark.parametrize(
    ("document", "wet"),
    [
        ({"rain": True}, True),
        ({"rain": False}, False),
        ({"sky": "overcast"}, True),
        ({"sky": "clear"}, False),
        ({"wind": "strong"}, True),
        ({"wind": "calm"}, False),
        ({"visibility_km": [1, 8]}, True),
        ({"visibility_km": [16, None]}, False),
        ({"temperature_c": [5, 10]}, True),
    ],
)
def test_each_label_favours_the_hours_that_looked_so(document: dict[str, object], wet: bool) -> None:
    nats = weigh_hours(read_document(document), [packed()], START, 72).nats
    wet_hours, dry_hours = nats[34:38].mean(), nats[[10, 12, 60]].mean()
    assert (wet_hours > dry_hours) == wet and abs(wet_hours - dry_hours) > 0.1


def test_rain_that_is_recorded_is_worth_more_than_none() -> None:
    wet = weigh_hours(RAIN, [packed()], START, 72).nats
    dry = weigh_hours(read_document({"rain": False}), [packed()], START, 72).nats
    assert wet.max() > 1.0 and dry.max() < 0.2


def test_nothing_known_weighs_nothing() -> None:
    weighed = weigh_hours(RAIN, [packed()], START - 400 * HOUR, 2000)
    assert np.abs(weighed.nats[[0, 5, 1990]]).max() == 0.0
    silent = pack(record_of([WeatherHour(START, temperature_c=5.0)]), "made", 10.0, 0.0)
    nothing = weigh_hours(RAIN, [silent], START, 72)
    assert nothing.served == {} and nothing.unserved == ("rain",) and not nothing.nats.any()


def test_a_gap_fades_to_nothing() -> None:
    record = days_of_weather(20, {number: range(24) for number in range(5)})
    holed = record_of([hour for hour in record.hours if not 5 <= (hour.at - START).days < 15])
    nats = weigh_hours(RAIN, [pack(holed, "made", 10.0, 0.0)], START, 480).nats
    assert nats[100] > nats[125] > nats[135] and abs(nats[240]) < 0.02 and nats[470] < -0.5
    (gap,) = gaps(pack(holed, "made", 10.0, 0.0), START, START + 480 * HOUR)
    assert gap.start == START + 120 * HOUR and gap.end == START + 359 * HOUR


def test_no_record_tells_more_than_its_cap() -> None:
    everything = read_document(
        {"rain": True, "sky": "overcast", "wind": "strong", "visibility_km": [1, 8], "temperature_c": [6, 10]}
    )
    nats = weigh_hours(everything, [packed()], START, 72).nats
    assert 2.5 * math.log(2.0) < np.abs(nats).max() <= 3.3 * math.log(2.0)
    both = weigh_hours(everything, [packed(), packed(distance_km=11.0)], START, 72).nats
    np.testing.assert_array_equal(both, nats)  # the nearer record serves every family


@settings(max_examples=25, deadline=None)
@given(
    rain=st.lists(st.none() | st.floats(0.0, 20.0), min_size=48, max_size=48),
    wind=st.lists(st.none() | st.floats(0.0, 30.0), min_size=48, max_size=48),
    seen=st.booleans(),
)
def test_any_record_gives_finite_numbers_within_the_cap(
    rain: list[float | None], wind: list[float | None], seen: bool
) -> None:
    hours = [
        WeatherHour(START + at * HOUR, precipitation_mm=rain[at], wind_speed_m_s=wind[at], snow_depth_m=rain[at])
        for at in range(48)
    ]
    labels = read_document({"rain": seen, "wind": "calm" if seen else "strong", "snow_on_ground": seen})
    weighed = weigh_hours(labels, [pack(record_of(hours), "made", 10.0, 0.0)], START, 48)
    assert np.isfinite(weighed.nats).all() and np.abs(weighed.nats).max() <= limits.CAP_NATS + 1e-12


@settings(max_examples=30, deadline=None)
@given(km=st.floats(0.0, 500.0), more_km=st.floats(1.0, 500.0), climb=st.floats(0.0, 3000.0))
def test_farther_and_higher_records_tell_less(km: float, more_km: float, climb: float) -> None:
    near, far = packed(distance_km=km), packed(distance_km=km + more_km)
    assert beside(far, "rain") >= beside(near, "rain")
    assert beside(replace(near, climb_m=climb), "rain") >= beside(near, "rain")
    tells = [np.ptp(weigh_hours(RAIN, [one], START, 72).nats) for one in (near, far)]
    assert tells[1] <= tells[0] + 1e-12


def test_several_labels_of_one_clip_count_as_one() -> None:
    once = weigh_hours(RAIN, [packed()], START, 72).nats
    thrice = weigh_hours(read_document([{"rain": True}] * 3), [packed()], START, 72).nats
    np.testing.assert_allclose(once, thrice)


def test_snow_that_flickers_in_the_record_tells_little() -> None:
    rng = np.random.default_rng(1)
    truth = np.repeat([1] * 60 + [0] * 60, 24)
    label_of_snow = read_document({"snow_on_ground": True})

    def spread(right: float) -> float:
        wrong = np.repeat(rng.random(120) > right, 24)
        shown = np.where(wrong, 1 - truth, truth)
        hours = [WeatherHour(START + at * HOUR, snow_depth_m=0.3 * state) for at, state in enumerate(shown)]
        nats = weigh_hours(label_of_snow, [pack(record_of(hours), "made", 10.0, 0.0)], START, truth.size).nats
        assert np.abs(np.diff(nats[::24])).max() < 0.2  # neighbouring days look alike
        return float(nats[:1200].mean() - nats[-1200:].mean())

    assert spread(0.98) > 0.5 > spread(0.55)


def test_scenes_count_by_what_their_analyst_holds_them_for() -> None:
    hours = [WeatherHour(START + 24 * day * HOUR, cloud_cover_percent=100.0 if day > 1 else 5.0) for day in range(4)]
    spans = []
    for right in (0.5, 0.7, 0.95):
        record = pack(record_of(hours, "satellite", right), "made", 0.0, 0.0)
        spans.append(float(np.ptp(weigh_hours(read_document({"sky": "clear"}), [record], START, 96).nats)))
    assert spans[0] < spans[1] < spans[2]


def test_a_bent_chain_keeps_the_shares_it_is_bent_to() -> None:
    chained = tables()["wind"].transition
    wanted = np.linspace(1.0, 2.0, len(chained))
    wanted /= wanted.sum()
    np.testing.assert_allclose(chain.long_run(chain.bent(chained, chain.long_run(chained), wanted)), wanted, atol=1e-4)


def test_smoothing_agrees_with_summing_over_every_path() -> None:
    transition = np.array([[0.9, 0.1], [0.3, 0.7]])
    likely = np.array([[0.8, 0.3], [0.2, 0.9], [1.0, 1.0], [0.6, 0.5]])
    start = chain.long_run(transition)
    found = chain.smooth(likely, transition, start)
    mass = np.zeros((4, 2))
    for path in np.ndindex(2, 2, 2, 2):
        weight = start[path[0]] * likely[0, path[0]]
        for step in range(1, 4):
            weight *= transition[path[step - 1], path[step]] * likely[step, path[step]]
        for step in range(4):
            mass[step, path[step]] += weight
    np.testing.assert_allclose(found, mass / mass.sum(axis=1, keepdims=True), atol=1e-12)


def test_tables_are_chances() -> None:
    for family, table in tables().items():
        n_states = len(EDGES[family]) + 1
        for rows in (table.transition, *table.emission.values()):
            assert rows.shape == (n_states, n_states) and (rows > 0.0).all()
            np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-3)
        assert len(table.source) > 20


@pytest.mark.parametrize("field", ["rain", "snow_on_ground", "wind", "sky"])
def test_what_can_be_said_of_a_state_sums_to_one(field: str) -> None:
    words: dict[str, tuple[object, ...]] = {
        "rain": (True, False),
        "snow_on_ground": (True, False),
        "wind": ("calm", "moderate", "strong"),
        "sky": ("clear", "partly", "overcast"),
    }
    family = {"snow_on_ground": "snow"}.get(field, field)
    spoken = [said(read_document({field: word})[0], family) for word in words[field]]
    total = sum(part for part in spoken if part is not None)
    np.testing.assert_allclose(np.asarray(total), 1.0, atol=0.02)


def test_packing_keeps_values_to_a_small_step() -> None:
    values = unpack(packed())
    assert values["rain"][33] == 3.0 and values["t"][33] == 8.0 and values["visibility"][0] == 20.0
    assert bins_of("rain", np.array([0.0, 0.3, 2.0, np.nan])).tolist() == [0, 1, 2, -1]


@pytest.mark.parametrize(
    ("body", "match"),
    [
        ({"sky": "grey"}, "sky must be one of"),
        ({"rain": "yes"}, "neither true, false"),
        ({"visibility_km": [5, 1]}, "the lower first"),
        ({"temperature_c": 5}, r"\[lowest, highest\]"),
        ({"temperature_c": [15, 15]}, "at least 1 degree wide"),
        ({"rain": True, "at_utc": "2031-09-13T11:00"}, "no UTC offset"),
        ({"rains": True}, "holds rains"),
        ({"rain": None}, "say nothing"),
        (3, "no fields"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(body: object, match: str) -> None:
    with pytest.raises(BadInputError, match=match):
        read_document(body)


def test_marks_that_cannot_be_used_are_told_and_the_rest_read() -> None:
    read, refused = read_marks((label("m1", rain=True), label("m2", sky="grey"), label("m3", sky=None)))
    assert [one.mark for one in read] == ["m1"] and len(refused) == 1 and "m2" in refused[0]


def test_days_are_compared_at_the_clock_that_is_known() -> None:
    nats = weigh_hours(RAIN, [packed()], START, 72).nats
    by_day = day_pairs(day_nats(START, nats, None)[0])
    at_noon = day_pairs(day_nats(START, nats, 12)[0])
    at_night = day_pairs(day_nats(START, nats, 2)[0])
    first = (dt.date(2031, 9, 12), dt.date(2031, 9, 13))
    assert (by_day[0].first, by_day[0].second) == first and len(by_day) == 3
    assert at_noon[0].bits < by_day[0].bits < 0.0 and abs(at_night[0].bits) < 0.2
    assert at_noon[0].discriminates and "2031-09-13 rather than 2031-09-12" in at_noon[0].words()
    assert not at_night[0].discriminates and "does not discriminate" in at_night[0].words()


@pytest.mark.parametrize(("minute", "hour", "day"), [(29, 23, 12), (31, 0, 12)])
def test_a_late_clock_counts_for_the_day_it_shows(minute: int, hour: int, day: int) -> None:
    nats = np.arange(72.0)  # every hour is told from every other
    told, stubs = day_nats(START, nats, 23.0 + minute / 60.0)
    wanted = START.replace(day=day) + (hour + (24 if hour == 0 else 0)) * HOUR
    assert told[dt.date(2031, 9, day)] == (wanted - START) / HOUR and stubs == []


def test_days_that_are_cut_short_are_not_compared() -> None:
    told, stubs = day_nats(START + 20 * HOUR, np.zeros(30), None)
    assert list(told) == [dt.date(2031, 9, 13)]
    assert stubs == [dt.date(2031, 9, 12), dt.date(2031, 9, 14)]


def test_warmth_is_weighed_against_the_record_around_and_not_the_axis_alone() -> None:
    warm = [WeatherHour(START + at * HOUR, temperature_c=5.0 if at < 480 else 25.0) for at in range(960)]
    record = pack(record_of(warm), "made", 10.0, 0.0)
    labels = read_document({"temperature_c": [3, 7]})
    short, long = (weigh_hours(labels, [record], START, hours).nats[100] for hours in (240, 960))
    assert short == pytest.approx(long) and short > 0.3
    assert weigh_hours(labels, [record], START, 240).unborne == ()


def test_a_label_that_no_hour_bears_is_told(tmp_path: Path) -> None:
    planted = plant_weather(tmp_path)
    cold = (label(temperature_c=[-60, -50]),)
    seen = WEATHER.observe(planted.item, cold, planted.tools)
    assert not isinstance(seen, Abstention)
    found = WEATHER.weigh(seen, planted.over)
    assert isinstance(found, Finding) and np.ptp(found.log_likelihood.values_nats) < 0.01
    assert any("likelier a slip" in text for text in found.limits)
    assert any("up to 97 to 1" in text for text in found.limits)


@pytest.mark.parametrize(
    ("step_s", "hours"),
    [(600.0, [0, 0, 0, 1, 1, 1, 1]), (3600.0, [1, 2, 3]), (1200.0, [0, 1, 1, 1, 2])],
)
def test_a_step_is_weighed_at_its_middle(step_s: float, hours: list[int]) -> None:
    found = in_steps(np.arange(24.0), START, TimeAxis(START, step_s, len(hours)))
    np.testing.assert_allclose(found, hours)


def test_a_long_step_is_weighed_by_the_mean_of_its_hours() -> None:
    nats = np.log(np.arange(1.0, 26.0))
    found = np.exp(in_steps(nats, START, TimeAxis(START, 6 * 3600.0, 4)))
    np.testing.assert_allclose(found, [4.5, 10.5, 16.5, 22.5])  # 00:30 goes to 01:00, and so on


def test_the_least_rain_stays_rain() -> None:
    trace = [WeatherHour(START, precipitation_mm=0.0), WeatherHour(START + HOUR, precipitation_mm=0.00254)]
    rain = unpack(pack(record_of(trace), "made", 0.0, 0.0))["rain"]
    assert bins_of("rain", rain).tolist() == [0, 1]


def test_two_hours_part_by_at_most_twice_the_cap() -> None:
    bits = capped(np.array([-1e3, 1e3])) / math.log(2.0)
    assert 2.0 ** float(np.ptp(bits)) == pytest.approx(97.0, abs=0.1)


def test_the_finding_says_what_it_is_worth_and_where_it_is_silent(tmp_path: Path) -> None:
    planted = plant_weather(tmp_path)
    alike = Made([days_of_weather(3, {})])
    seen = WEATHER.observe(planted.item, planted.marks, replace(planted.tools, providers={"weather:case": alike}))
    assert not isinstance(seen, Abstention)
    found = WEATHER.weigh(seen, planted.over)
    assert isinstance(found, Finding) and "does not discriminate" in found.statement
    assert found.log_likelihood.values_nats.shape == (1, planted.over.times.n_instants)
    assert len(seen.days) == 3 and all(len(row.hour_bits) == 24 for row in seen.days)
    holed = Made([record_of(days_of_weather(1, {}).hours)], troubles=("A file could not be read.",))
    seen = WEATHER.observe(planted.item, planted.marks, replace(planted.tools, providers={"weather:case": holed}))
    assert not isinstance(seen, Abstention) and any("could not be read" in remark.seen for remark in seen.remarks)
    found = WEATHER.weigh(seen, planted.over)
    assert isinstance(found, Finding) and any("is silent for 2.0 days" in text for text in found.limits)


def test_it_abstains_where_no_record_holds_what_is_labelled(tmp_path: Path) -> None:
    planted = plant_weather(tmp_path)
    cold = Made([record_of([WeatherHour(START + at * HOUR, temperature_c=5.0) for at in range(72)])])
    seen = WEATHER.observe(planted.item, planted.marks, Tools(Path(), providers={"weather:case": cold}))
    assert not isinstance(seen, Abstention)
    answer = WEATHER.weigh(seen, space(START))
    assert isinstance(answer, Abstention) and "rain" in answer.reason
    nothing = WEATHER.observe(planted.item, planted.marks, Tools(Path()))
    assert isinstance(nothing, Abstention) and "outside/weather" in nothing.what_would_help


def test_an_open_label_says_nothing_of_a_family() -> None:
    nothing = WeatherLabel("l", None, None, None, None, None, None, None)
    assert all(said(nothing, family) is None for family in ("rain", "wind", "visibility", "sky", "snow"))
