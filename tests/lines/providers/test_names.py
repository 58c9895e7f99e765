"""Names found in other spellings, scripts and cases; ordinary words left alone; files that are not in order refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.names import NameBook, NamedThing
from witnessmark.lines.providers.names_letters import distance, script_of, sounds


def thing(name: str, kind: str = "settlement", *spellings: str) -> NamedThing:
    return NamedThing(f"{kind}:{name}", kind, name, spellings, None, None, None, "", "drawn up here")


BOOK = NameBook(
    [
        thing("Şuşkənd"),
        thing("Gyulmari"),
        thing("Qara Göl", "lake"),
        thing("Светлое озеро", "lake"),
        thing("3rd Rescue Company", "unit"),
        thing("Falcon", "call-sign"),
        thing("Of"),
        thing("Vardatun"),
    ]
)


@pytest.mark.parametrize(
    ("text", "words", "name", "how"),
    [
        ("seen in Vardatun today", "Vardatun", "Vardatun", "exact"),
        ("VARDATUN", "VARDATUN", "Vardatun", "exact"),
        ("Şuşkənddə idik", "Şuşkənddə", "Şuşkənd", "folded"),
        ("Şuşkənd'dən", "Şuşkənd'dən", "Şuşkənd", "folded"),
        ("suskend", "suskend", "Şuşkənd", "near"),
        ("Шушкенд", "Шушкенд", "Şuşkənd", "transliterated"),
        ("из Шушкенда", "Шушкенда", "Şuşkənd", "transliterated"),
        ("Վարդատունից", "Վարդատունից", "Vardatun", "transliterated"),
        ("в Вардатуне", "Вардатуне", "Vardatun", "transliterated"),
        ("Гюльмари", "Гюльмари", "Gyulmari", "transliterated"),
        ("Գյուլմարիում", "Գյուլմարիում", "Gyulmari", "transliterated"),
        ("Qaragölün suyu", "Qaragölün", "Qara Göl", "folded"),
        ("у Светлого озера", "Светлого озера", "Светлое озеро", "folded"),
        ("men of the 3rd rescue company's staff", "3rd rescue company's", "3rd Rescue Company", "folded"),
        ("falcon, come in", "falcon", "Falcon", "exact"),
        ("Vardatyn", "Vardatyn", "Vardatun", "near"),
    ],
)
def test_is_found(text: str, words: str, name: str, how: str) -> None:
    (found,) = BOOK.spot(text)
    assert (found.text, found.thing.name, found.how) == (words, name, how)
    assert text[found.start : found.end] == words and 0.85 <= found.closeness <= 1.0


@pytest.mark.parametrize(
    "text",
    [
        "of",  # a town of that name is written with a capital
        "the 13th rescue company",
        "Falcom",  # call-signs are never found by near spellings
        "we saw vardatyn and Others",  # small letters in a text that has capitals
        "Qara. Göl",
        "",
        "\u0301\u200f 12 | ()",
    ],
)
def test_is_left_alone(text: str) -> None:
    assert BOOK.spot(text) == ()


def test_rivals_are_given_and_nothing_overlaps() -> None:
    twice = NameBook([thing("Tarn", "lake"), thing("Tarn"), thing("Tarn Bridge", "other")])
    bridge, lake = twice.spot("Tarn Bridge and Tarn")
    assert bridge.thing.name == "Tarn Bridge" and bridge.rivals == ()
    assert [rival.kind for rival in lake.rivals] == ["settlement"]


def test_find_gives_the_surest_first_and_near_ones_after() -> None:
    found = BOOK.find("Vardatyun")
    assert found[0].thing.name == "Vardatun" and found[0].closeness < 1.0
    assert BOOK.find("...") == () and len(BOOK.find("Vardatun", at_most=1)) == 1


def test_state_changes_with_the_names() -> None:
    assert NameBook([]).state() != BOOK.state() == NameBook(BOOK.things).state()


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    for found in BOOK.spot(text):
        assert text[found.start : found.end] == found.text


@given(
    st.text(alphabet="abdeghiklmnoprstuvzJSCT", min_size=1, max_size=9), st.text(alphabet="abdeghiklnorst", max_size=9)
)
@settings(max_examples=150, deadline=None)
def test_distance_is_symmetric_and_zero_on_itself(one: str, other: str) -> None:
    assert distance(one, one, 1.0) == 0.0
    assert distance(one, other, 99.0) == pytest.approx(distance(other, one, 99.0))


def test_scripts_and_sounds() -> None:
    assert [script_of(word) for word in ("Գետ", "река", "çay", "მდინარე", "رود", "12")] == [
        "armenian", "cyrillic", "latin", "georgian", "arabic", "other",
    ]  # fmt: skip
    assert sounds("Shushi") == sounds("Шуши") == sounds("Շուշի") == sounds("შუში")
    assert len(sounds("Cəbrayıl")) == 2


def test_files_of_a_case(tmp_path: Path) -> None:
    (tmp_path / "names.yaml").write_text(
        "names:\n- {name: Lake Tarn, kind: lake, spellings: [Тарн], source: a map, lat_deg: 46.2, lon_deg: 8.1, "
        "uncertainty_km: 3}\n- {name: Heron, kind: call-sign, source: a log}\n",
        encoding="utf-8",
    )
    (tmp_path / "names.csv").write_text(
        "name,kind,spellings,source\nRescue 4,unit,Спасатель 4|R4,a list\n", encoding="utf-8"
    )
    (tmp_path / "gazetteer.csv").write_text(
        "name,kind,lat_deg,lon_deg,uncertainty_km,source,names\nUpper Ford,village,46.1,8.2,1,a map,Верхний Брод\n",
        encoding="utf-8",
    )
    book = NameBook.read(tmp_path)
    assert [(one.name, one.kind) for one in book.things] == [
        ("Lake Tarn", "lake"), ("Heron", "call-sign"), ("Rescue 4", "unit"), ("Upper Ford", "settlement"),
    ]  # fmt: skip
    assert len(book.readings) == 3
    assert [found.thing.name for found in book.spot("у Верхнего Брода, Спасатель 4")] == ["Upper Ford", "Rescue 4"]
    assert NameBook.read(tmp_path / "nowhere").things == ()


@pytest.mark.parametrize(
    ("file", "held", "match"),
    [
        ("names.yaml", "names: [1]", "no list of names"),
        ("names.yaml", "names: {", "cannot be read"),
        ("names.yaml", "names:\n- {name: A, kind: lake}", "lacks its name, its source"),
        ("names.yaml", "names:\n- {name: Ax, kind: hut, source: s}", "kinds are"),
        (
            "names.yaml",
            "names:\n- {name: Ax, kind: lake, source: s, lat_deg: 91, lon_deg: 0, uncertainty_km: 1}",
            "range",
        ),
        ("names.yaml", "names:\n- {name: Ax, kind: lake, source: s, lat_deg: 9}", "unclear place"),
        ("names.yaml", "names: []\ntowns: {around: 3}", "not complete"),
        ("names.yaml", "names: []\ntowns: 3", "not understood"),
        ("names.csv", "name,kind,source\nAx,lake,s\nAx,lake,s\n", "twice"),
    ],
)
def test_files_that_are_not_in_order_are_refused(tmp_path: Path, file: str, held: str, match: str) -> None:
    (tmp_path / file).write_text(held, encoding="utf-8")
    with pytest.raises(ProviderError, match=match):
        NameBook.read(tmp_path)
