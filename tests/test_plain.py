"""Plain values: what goes in comes out again, and never anything that JSON cannot carry exactly."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import pickle
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.plain import Plain, canonical, from_plain, iso, parse_moment, to_plain


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass(frozen=True, slots=True)
class Inner:
    at: dt.datetime
    digest: Sha256
    gap: dt.timedelta


@dataclasses.dataclass(frozen=True, slots=True)
class Outer:
    name: str
    count: int
    share: float
    inner: Inner | None
    many: tuple[Inner, ...]
    pair: tuple[float, str]
    colours: frozenset[Colour]
    facts: dict[str, int]
    flag: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    body: Mapping[str, Plain]


offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
moments = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=offsets)
inners = st.builds(
    Inner,
    at=moments,
    digest=st.binary(min_size=32, max_size=32).map(Sha256),
    gap=st.integers(-(10**6), 10**6).map(lambda s: dt.timedelta(seconds=s)),
)
names = st.text(st.characters(exclude_categories=["Cs"]))
outers = st.builds(
    Outer,
    name=names,
    count=st.integers(-(2**60), 2**60),
    share=st.floats(allow_nan=False, allow_infinity=False),
    inner=st.none() | inners,
    many=st.lists(inners, max_size=3).map(tuple),
    pair=st.tuples(st.floats(allow_nan=False, allow_infinity=False), names),
    colours=st.frozensets(st.sampled_from(Colour)),
    facts=st.dictionaries(names, st.integers(0, 100), max_size=3),
    flag=st.booleans(),
)


@given(outers)
def test_what_is_recorded_can_be_built_again(value: Outer) -> None:
    assert from_plain(Outer, to_plain(value)) == value


@given(outers)
def test_canonical_bytes_depend_on_the_value_only(value: Outer) -> None:
    again = from_plain(Outer, to_plain(value))
    assert canonical(value) == canonical(again) == canonical(to_plain(value))


@given(moments)
def test_a_time_keeps_its_offset(moment: dt.datetime) -> None:
    again = parse_moment(iso(moment))
    assert again == moment and again.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), dt.datetime(2022, 9, 13), object(), {"x": complex(1)}])
def test_what_cannot_be_carried_is_refused(value: object) -> None:
    with pytest.raises(BadInputError):
        to_plain(value)


@pytest.mark.parametrize("text", ["yesterday", "2022-09-13", "2022-09-13T11:00:00", "", "13.09.2022 11:00+04:00"])
def test_a_time_without_an_offset_is_refused_with_the_fix(text: str) -> None:
    with pytest.raises(BadInputError, match=r"\+04:00"):
        parse_moment(text)


@pytest.mark.parametrize(
    "plain",
    [
        {"at": "2022-09-13T11:00:00Z", "digest": "00", "gap": 1},
        {"at": "2022-09-13T11:00:00Z", "digest": "00" * 32, "gap": 1, "more": 2},
        {"at": "2022-09-13T11:00:00Z", "gap": 1},
        [],
        None,
    ],
)
def test_a_record_of_another_shape_is_refused(plain: object) -> None:
    with pytest.raises(BadInputError):
        from_plain(Inner, plain)  # type: ignore[arg-type]


def test_objects_within_plain_values_stay_objects() -> None:
    value: Plain = {"image": {"width_px": 3}, "line": [[1.0, 2.0], ["a", {"b": None}]]}
    assert from_plain(Kept, {"body": value}) == Kept(
        {"image": {"width_px": 3}, "line": [[1.0, 2.0], ["a", {"b": None}]]}
    )


def test_hashes_have_a_fixed_width_and_keep_leading_zeros() -> None:
    assert Sha256.from_hex("00" * 31 + "0f").hex() == "00" * 31 + "0f"
    for wrong in ("0" * 63, "0" * 66, "zz" * 32, ""):
        with pytest.raises(BadInputError):
            Sha256.from_hex(wrong)
    with pytest.raises(BadInputError):
        Sha512(bytes(32))


def test_an_error_survives_being_sent_between_processes() -> None:
    error = BadInputError("The file is empty.", "Fetch it again.", path="x.mp4")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, WitnessmarkError)
    assert (str(again), again.facts, again.exit_code) == (str(error), {"path": "x.mp4"}, 2)
