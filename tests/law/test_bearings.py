"""Findings beside elements: gaps are said, both directions shown, and no verdict can be had."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import witnessmark.law as law
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.law import (
    Bearing,
    Direction,
    bearing,
    beside,
    element,
    gaps,
    norms,
    to_read_with,
    untouched_alternatives,
)

ALL_ELEMENTS = [part.id for norm in norms() for part in norm.elements]
ALL_NORMS = [norm.id for norm in norms()]
BEARINGS = st.lists(
    st.builds(
        bearing,
        st.sampled_from(ALL_ELEMENTS),
        st.sampled_from(["F-0001", "F-0002", "F-0003"]),
        st.sampled_from(list(Direction)),
        st.just("Seen from second 12 on."),
        st.just("A. Analyst"),
    ),
    max_size=25,
)


@given(BEARINGS, st.lists(st.sampled_from(ALL_NORMS), min_size=1, max_size=4))
def test_gaps_and_bearings_are_all_the_elements_of_the_norms_chosen(set_beside: list[Bearing], of: list[str]) -> None:
    wanted = {part.id for norm in norms() if norm.id in of for part in norm.elements}
    rows = beside(set_beside, of)
    assert {row.element_id for row in rows} == wanted and len(rows) == len(wanted)
    touched = {b.element_id for b in set_beside if b.direction is not Direction.CONTEXT}
    assert {gap.element_id for gap in gaps(set_beside, of)} == wanted - touched
    for row in rows:
        kept = row.bears_for + row.bears_against + row.context
        assert sorted(map(repr, kept)) == sorted(repr(b) for b in set_beside if b.element_id == row.element_id)
        assert ("for and against" in row.said) is bool(row.bears_for and row.bears_against)
        assert row.inferred is (element(row.element_id).kind == "mental") is ("by inference only" in row.said)


def test_without_a_choice_the_norms_touched_are_gone_through() -> None:
    one = bearing("echr.3.1", "F-0001", "bears-against", "No hands are raised in any frame.", "A. Analyst")
    assert [(gap.element_id, gap.citation) for gap in gaps([one])] == [("echr.3.2", element("echr.3.2").citation)]
    assert gaps([]) == ()


def test_context_alone_leaves_a_gap_that_is_said() -> None:
    one = bearing("ap1.41.2", "F-0001", "context", "The place is a mountain road.", "A. Analyst")
    gap = next(gap for gap in gaps([one]) if gap.element_id == "ap1.41.2")
    assert gap.said == "No finding bears for or against this element; what is listed is context."


def test_a_superseded_finding_no_longer_fills_a_gap_and_stays_visible() -> None:
    one = bearing("echr.3.1", "F-0001", "bears-for", "A person is struck at second 9.", "A. Analyst")
    two = bearing("echr.3.1", "F-0002", "bears-against", "The blow is not seen to land.", "A. Analyst")
    (row,) = beside([one, two], ["echr.3.1"], superseded={"F-0001"})
    assert row.bears_for == () and row.bears_against == (two,) and row.withdrawn == (one,)
    assert "superseded findings no longer counts" in row.said
    assert [gap.element_id for gap in gaps([one], ["echr.3.1"], {"F-0001"})] == ["echr.3.1"]
    assert gaps([one], ["echr.3.1"]) == ()


def test_single_elements_may_be_chosen_and_count_once() -> None:
    assert [gap.element_id for gap in gaps([], ["echr.3.2", "echr.3", "echr.3.2"])] == ["echr.3.2", "echr.3.1"]
    with pytest.raises(NotFoundError):
        gaps([], ["echr.9"])


def test_what_belongs_with_the_norms_chosen_is_named() -> None:
    assert to_read_with(["echr.2", "echr.3"]) == ("echr.1",)
    assert to_read_with(["echr.1", "echr.2"]) == ()


def test_alternatives_not_looked_at_are_named() -> None:
    assert untouched_alternatives(["rome.8-2-a-i", "rome.8-2-b-vi"]) == ("rome.8-2-c-i",)
    assert untouched_alternatives(["echr.2"]) == ()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"element_id": "rome.9.9"}, NotFoundError),
        ({"direction": "proves"}, BadInputError),
        ({"finding_id": " "}, BadInputError),
        ({"by": ""}, BadInputError),
        ({"note": "--"}, BadInputError),
        ({"note": "A war crime was  Committed here."}, BadInputError),
        ({"note": "This IS PROVEN."}, BadInputError),
        ({"note": "The element is met."}, BadInputError),
    ],
)
def test_what_cannot_be_set_beside(changes: dict[str, str], error: type[Exception]) -> None:
    given: dict[str, Any] = {
        "element_id": "ap1.41.2",
        "finding_id": "F-0001",
        "direction": "bears-for",
        "note": "Hands are raised.",
        "by": "A. Analyst",
    }
    with pytest.raises(error):
        bearing(**(given | changes))


def test_nothing_in_the_room_gives_a_verdict() -> None:
    """No function takes bearings and gives back a number or a yes; no record holds one."""
    for name in law.__all__:
        part = getattr(law, name)
        if inspect.isfunction(part):
            returned = str(inspect.signature(part).return_annotation)
            assert returned not in ("bool", "int", "float"), name
        elif dataclasses.is_dataclass(part):
            kinds = {str(field.type) for field in dataclasses.fields(part) if field.name not in ("number",)}
            assert not kinds & {"float", "int"}, name
    assert {direction.value for direction in Direction} == {"bears-for", "bears-against", "context"}
    assert "does not say" in law.NOT_A_VERDICT and "court" in law.NOT_A_VERDICT


@given(BEARINGS)
def test_no_sentence_concludes(set_beside: list[Bearing]) -> None:
    for row in beside(set_beside, ALL_NORMS):
        for words in ("committed", "guilty", "proven", "is met", "established", "violat"):
            assert words not in row.said
