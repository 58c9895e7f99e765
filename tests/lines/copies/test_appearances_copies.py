"""The chain of appearances: its order, what was changed at each step, and where the order is contradicted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.copies.told import SAME, hours, match, shrunk, zoomed

from witnessmark.lines.copies.appearances import Member, chain, changes, first_seen
from witnessmark.lines.copies.laying import CORNERS, MIRROR, area, between, clipped, laid, laying, through
from witnessmark.lines.copies.library import Seen, together
from witnessmark.lines.copies.records import Match


def member(name: str, seen: tuple[Seen, ...] = (), lies: Match | None = None, duration_s: float = 10.0) -> Member:
    return Member(name, "", duration_s, seen, lies)


ITEM = member("item", (hours(60.0),))


def test_six_re_edits_come_out_in_order_whatever_order_they_come_in() -> None:
    steps = [
        member("original", (hours(1.0),), match()),
        member("cropped", (hours(3.0),), match(matrix=shrunk(0.8, 0.1, 0.1))),
        member("mirrored", (hours(9.0),), match(matrix=shrunk(0.8, 0.1, 0.1), mirrored=True)),
        member("slowed", (hours(12.0),), match(matrix=shrunk(0.8, 0.1, 0.1), mirrored=True, speed=1.25), 12.5),
        member("shortened", (hours(20.0),), match(q0_s=2.0, q1_s=6.0, matrix=shrunk(0.8, 0.1, 0.1)), 4.0),
        member("framed", (hours(30.0),), match(matrix=zoomed(0.7, 0.1, 0.2))),
    ]
    rng = np.random.default_rng(2)
    for _ in range(5):
        shuffled = [steps[index] for index in rng.permutation(6)]
        made = chain([*shuffled, ITEM])
        assert [link.name for link in made.dated] == [step.name for step in steps] + ["item"]
        assert made.earliest is not None and made.earliest.name == "original"
        assert [link.is_item for link in made.dated] == [False] * 6 + [True]
    changed = [" ".join(link.changed) for link in made.dated]
    assert changed[0] == ""
    assert changed[1].startswith("cropped: 64%")
    assert changed[2] == "mirrored"
    assert changed[3].startswith("slowed to 0.80")
    assert "shortened from 12.5 s to 4.0 s" in changed[4] and "mirrored" in changed[4]
    assert "fills" in changed[5]
    assert [link.against for link in made.dated[1:]] == [link.name for link in made.dated[:-1]]


def test_the_earliest_attested_time_counts_and_a_file_s_own_word_does_not() -> None:
    stated, platform, later = hours(-90.0, "EXIF"), hours(5.0), hours(6.0, "taken in")
    assert first_seen((stated, later, platform)) == platform
    made = chain([member("forged", (stated,), match()), member("a", (later,), match()), ITEM])
    assert [link.name for link in made.dated] == ["a", "item"]
    assert made.dated[0].first_words == "taken in for Forum at 2031-09-12T06:00:00Z"
    assert [link.name for link in made.undated] == ["forged"] and made.undated[0].stated == stated
    assert any("no time is attested" in remark.seen for remark in made.remarks)
    assert any("when it was taken in, not when it was posted" in remark.seen for remark in made.remarks)


def test_who_posted_first_is_told_and_taking_in_is_no_posting() -> None:
    taken, late = hours(1.0, "taken in"), dataclasses.replace(hours(7.0), account="@b", url="https://example.org/b")
    early = dataclasses.replace(hours(4.0), account="@a", url="https://example.org/a")
    made = chain([member("known", (taken, late), match()), member("again", (early,), match()), ITEM])
    assert [link.name for link in made.dated] == ["known", "again", "item"]
    assert made.first_posted is not None and made.first_posted.name == "again"
    assert made.first_posted.posted == early
    assert made.dated[1].first_words == "posted by '@a' on Forum at 2031-09-12T04:00:00Z (platform page)"
    stated = hours(2.0, "as the partner states (taken in)")
    assert chain([member("theirs", (stated,), match())]).first_posted is None
    assert together((late, early, late.unnamed, taken)) == (taken, early, late)


def test_equal_times_and_unknown_zones_leave_the_order_open() -> None:
    unknown = dataclasses.replace(hours(9.0), utc_offset_s=None)
    for other in (hours(5.0), unknown):
        made = chain([member("a", (hours(5.0),), match()), member("b", (other,), match()), ITEM])
        assert any("cannot be told" in remark.seen and "'b'" in remark.seen for remark in made.remarks)
    clear = chain([member("a", (hours(5.0),), match()), member("b", (hours(6.0),), match()), ITEM])
    assert not [remark for remark in clear.remarks if remark.notable]


def test_a_crop_cannot_be_the_source_of_what_shows_more() -> None:
    crop = member("crop", (hours(1.0),), match(matrix=shrunk(0.6, 0.2, 0.2)))
    excerpt = member("excerpt", (hours(1.0),), match(q0_s=3.0, q1_s=7.0), 4.0)
    full = member("full", (hours(8.0),), match())
    for first, words in ((crop, "fills 36% of the later one"), (excerpt, "shows 5.0 s of the common content")):
        remarks = [remark for remark in chain([first, full, ITEM]).remarks if remark.notable]
        assert len(remarks) == 1 and words in remarks[0].seen and "fuller version" in remarks[0].innocent
    in_order = [dataclasses.replace(full, seen=(hours(0.5),)), crop, excerpt, ITEM]
    assert not [remark for remark in chain(in_order).remarks if "yet" in remark.seen]


def test_recordings_that_share_no_time_are_said_to_show_other_parts() -> None:
    one, other = match(q0_s=0.0, q1_s=4.0), match(q0_s=6.0, q1_s=10.0)
    assert changes(member("a", (), one), member("b", (), other)) == ("shows another part of the content",)
    assert changes(member("a", (), match()), member("b", (), match())) == ("no change that is seen here",)
    captioned = match(words=("captioned",))
    assert changes(member("a", (), match()), member("b", (), captioned)) == (
        "writing or marks over the picture differ",
    )


def test_empty_and_alone() -> None:
    assert chain([]).earliest is None
    alone = chain([ITEM])
    assert [link.name for link in alone.dated] == ["item"] and not alone.remarks


matrices = st.tuples(
    st.floats(0.4, 2.0), st.floats(-0.3, 0.3), st.floats(0.4, 2.0), st.floats(-0.3, 0.3), st.floats(-0.1, 0.1)
).map(lambda v: (v[0], v[4], v[1], -v[4], v[2], v[3], 0.02, -0.03, 1.0))
matches = st.builds(
    lambda matrix, mirrored, r0_s, speed: match(matrix=matrix, mirrored=mirrored, r0_s=r0_s, speed=speed),
    matrices,
    st.booleans(),
    st.floats(0.0, 5.0),
    st.floats(0.5, 2.0),
)


def shown(lies: Match, points: np.ndarray) -> np.ndarray:
    """Where points of the reference lie in the query, straight from what a `Transform` is said to be."""
    points = laid(points, MIRROR) if lies.mirrored else points
    return laid(points, np.array(lies.stretches[0].transform.matrix).reshape(3, 3))


@given(matches, matches)
@settings(max_examples=100, deadline=None)
def test_laying_through_a_third_recording_and_back(first: Match, second: Match) -> None:
    joined = through(first, second)
    stretch_one, stretch_two = first.stretches[0], second.stretches[0]
    overlap_s = min(stretch_one.r1_s, stretch_two.q1_s) - max(stretch_one.r0_s, stretch_two.q0_s)
    if overlap_s < 1.0:
        assert joined is None
        return
    assert joined is not None
    assert shown(joined, CORNERS) == pytest.approx(shown(first, shown(second, CORNERS)), abs=1e-6)
    joint = joined.stretches[0]
    assert joint.q1_s - joint.q0_s == pytest.approx(overlap_s / stretch_one.speed)
    middle_s = stretch_one.r0_s + stretch_one.speed * (joint.q0_s - stretch_one.q0_s)
    assert joint.r0_s == pytest.approx(stretch_two.r0_s + stretch_two.speed * (middle_s - stretch_two.q0_s))
    assert joint.r1_s - joint.r0_s == pytest.approx(joint.speed * (joint.q1_s - joint.q0_s))
    back = between(laying(joined, joint), laying(first, stretch_one))
    assert back is not None and back.mirrored == second.mirrored
    assert back.speed == pytest.approx(stretch_two.speed)
    known = np.array(stretch_two.transform.matrix).reshape(3, 3)
    assert laid(CORNERS, back.matrix) == pytest.approx(laid(CORNERS, known), abs=1e-6)


def test_shares_of_pictures() -> None:
    crop = laying(match(matrix=zoomed(0.5, 0.25, 0.25)), match(matrix=zoomed(0.5, 0.25, 0.25)).stretches[0])
    assert crop.kept_share == pytest.approx(0.25) and crop.filled_share == pytest.approx(1.0)
    inset = match(matrix=shrunk(0.5, 0.7, 0.0))  # a fifth of its width lies outside
    lies = laying(inset, inset.stretches[0])
    assert lies.kept_share == pytest.approx(0.6) and lies.filled_share == pytest.approx(0.15)
    assert not lies.skewed
    tilted = match(matrix=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.1, 0.0, 1.0))
    assert laying(tilted, tilted.stretches[0]).skewed
    assert area(clipped(CORNERS + 2.0)) == 0.0
    assert SAME == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
