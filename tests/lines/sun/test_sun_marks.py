"""Marks are read or refused with a sentence; nothing a body holds raises."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.sun.planting import NOBODY, mark

from witnessmark.custody.hashes import Sha512
from witnessmark.custody.records import CopyKind, Item
from witnessmark.lines.contract import Mark, Tools
from witnessmark.lines.sun import SUN, looking
from witnessmark.lines.sun.marks import MOST_MARKS, READERS, Shadow, read_marks
from witnessmark.plain import Plain

ITEM = Item("WM-0001", NOBODY, Sha512(bytes(64)), 1, "video/mp4", CopyKind.EVIDENTIARY)
GOOD: dict[str, Plain] = {"top_px": [640, 200.5], "base_px": [640, 500], "tip_px": [700, 520], "flat": None}


def test_a_shadow_is_read_with_the_usual_error() -> None:
    (read,), refused = read_marks((mark("m1", "shadow", GOOD, 2.5),))
    assert refused == () and read.at_s == 2.5
    assert read.body == Shadow((640.0, 200.5), (640.0, 500.0), (700.0, 520.0), 3.0, None)


def test_other_lines_marks_are_passed_over() -> None:
    assert read_marks((mark("m1", "skyline", {"points": [1, 2]}),)) == ((), ())


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("shadow", {**GOOD, "base_px": None}, "base_px is not a pair"),
        ("shadow", {**GOOD, "tip_px": [640, 500]}, "same pixel"),
        ("shadow", {**GOOD, "tip_px": [math.nan, 5]}, "tip_px is not a pair"),
        ("shadow", {**GOOD, "tip_px": [True, 5]}, "tip_px is not a pair"),
        ("shadow", {**GOOD, "tip_px": [1e9, 5]}, "from the frame"),
        ("shadow", {**GOOD, "sigma_px": -1}, "must lie from"),
        ("shadow", {**GOOD, "flat": "yes"}, "neither true, false nor empty"),
        ("shadow", {**GOOD, "view": 7}, "not a word"),
        ("camera", {}, "neither hfov_deg"),
        ("camera", {"hfov_deg": [60, -1]}, "more than 0 and at most 360"),
        ("sun-direction", {"elevation_deg": [40, 0]}, "the error of elevation_deg is 0"),
        ("camera", {"hfov_deg": 60}, "a mean and a standard error"),
        ("heading", {"heading_deg": 40}, "error_deg is not a number"),
        ("sunlight", {"state": "sunny"}, "must be one of"),
        ("moon", {}, "neither where the moon stands"),
        ("level-lines", {"lines_px": [[[1, 2], [3, 4]]]}, "2 to 20 lines"),
        ("sun-direction", {"elevation_deg": [95, 1]}, "must lie from -2 to 90"),
        ("sun-disc", {"centre_px": [10**400, 1]}, "not a pair"),
    ],
)
def test_what_is_wrong_is_said(kind: str, body: dict[str, Plain], says: str) -> None:
    read, (sentence,) = read_marks((mark("m7", kind, body),))
    assert read == () and says in sentence and sentence.startswith(f"The {kind} mark m7") and sentence.endswith(".")
    answer = SUN.observe(ITEM, (mark("m7", kind, body),), Tools(Path("/nowhere")))
    assert not hasattr(answer, "sightings")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "top_px",
    "base_px",
    "tip_px",
    "sigma_px",
    "flat",
    "view",
    "centre_px",
    "lit_fraction",
    "growing",
    "lines_px",
    "points_px",
    "hfov_deg",
    "heading_deg",
    "error_deg",
    "azimuth_deg",
    "elevation_deg",
    "state",
    "lat_deg",
    "lon_deg",
]
points = st.lists(st.floats(-5000, 5000) | st.integers(-5000, 5000), min_size=2, max_size=2)
bodies = st.dictionaries(st.sampled_from(FIELDS), plain | points | st.lists(points, max_size=3), max_size=7)


@given(st.lists(st.tuples(st.sampled_from(sorted(READERS)), bodies), max_size=5))
@settings(max_examples=80, deadline=None)
def test_no_body_raises(given_marks: list[tuple[str, dict[str, Plain]]]) -> None:
    marks = tuple(mark(f"m{number}", kind, body) for number, (kind, body) in enumerate(given_marks))
    read, refused = read_marks(marks)
    assert len(read) + len(refused) == len(marks)
    size = looking.FrameSize(1280, 720, {})
    seen = looking.observe(ITEM, marks, read, refused, size, Tools(Path("/nowhere")))
    if isinstance(seen, looking.CannotTell):
        assert seen.reason.endswith(".") and seen.what_would_help.endswith(".")
    else:
        assert seen.inputs
        for sighting in seen.sightings:
            assert sighting.elevation_deg is None or -2.0 <= sighting.elevation_deg <= 90.0


def test_bodies_that_are_no_mapping_and_times_that_are_no_time() -> None:
    broken = Mark("m1", NOBODY, "shadow", "someone", math.inf, GOOD)
    assert "not a number" in read_marks((broken,))[1][0]
    listed = Mark("m1", NOBODY, "shadow", "someone", 0.0, [1, 2])  # type: ignore[arg-type]  # hostile on purpose
    assert "no fields" in read_marks((listed,))[1][0]
    assert len(looking.inputs_of(ITEM, (listed,))) == 1


def test_a_flood_of_marks_is_cut_off_and_said() -> None:
    read, refused = read_marks(tuple(mark(f"m{number}", "shadow", GOOD) for number in range(MOST_MARKS + 5)))
    assert len(read) == MOST_MARKS and "only the first" in refused[0]
