"""A unit is named on two independent clues and somebody else's signature, or not at all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.review import (
    Review,
    ReviewerKey,
    State,
    Verdict,
    digest_of,
    load_reviewer_key,
    new_reviewer_key,
    verify_review,
)
from witnessmark.review.naming import CAVEAT, HOW_SURE, Clue, UnitNaming, check_naming, independent, sign_naming

ITEM = Sha256.of(b"a rehearsed clip")
PICTURES, SOUND = ((ITEM.hex(), "pictures"),), ((ITEM.hex(), "sound"),)
PATCH = Clue("worn", "A patch like one in the library.", "F-000000000001", PICTURES)
NAME = Clue("spoken", "Somebody says its name.", "F-000000000002", SOUND)


def naming(*clues: Clue) -> UnitNaming:
    return UnitNaming(
        "3rd example company", ITEM, "likely", ("captured clothing",), clues, "A. Author", dt.datetime.now(dt.UTC)
    )


def test_two_independent_clues_are_enough() -> None:
    check_naming(naming(PATCH, NAME))


@pytest.mark.parametrize(
    "clues",
    [
        (),
        (PATCH,),
        (PATCH, PATCH),
        (PATCH, replace(PATCH, result="F-000000000003")),  # the same kind
        (PATCH, replace(NAME, kind="written", inputs=PICTURES)),  # another kind, the same pictures
        (PATCH, replace(NAME, result=PATCH.result)),  # one result told twice
        (PATCH, replace(NAME, inputs=())),  # rests on nothing
        (PATCH, replace(NAME, kind="rumour")),
        (PATCH, replace(NAME, says=" ")),
    ],
)
def test_less_is_refused(clues: tuple[Clue, ...]) -> None:
    with pytest.raises(BadInputError):
        check_naming(naming(*clues))


def test_without_how_sure_or_what_else_it_is_refused() -> None:
    made = naming(PATCH, NAME)
    for less in (
        replace(made, how_sure="certain"),
        replace(made, how_sure=""),
        replace(made, other_explanations=()),
        replace(made, unit=" "),
        replace(made, author=""),
    ):
        with pytest.raises(BadInputError):
            check_naming(less)


def test_independence_is_symmetric_and_never_of_itself() -> None:
    assert independent(PATCH, NAME) and independent(NAME, PATCH)
    assert not independent(PATCH, PATCH)


@pytest.mark.parametrize("how_sure", HOW_SURE)
def test_the_statement_always_says_how_sure_what_else_and_the_caveat(how_sure: str) -> None:
    said = replace(naming(PATCH, NAME), how_sure=how_sure).statement
    assert how_sure in said and "captured clothing" in said and said.endswith(CAVEAT)


def signed(made: UnitNaming, key: ReviewerKey, reasons: str = "Looked at both.") -> Review:
    return sign_naming(
        made,
        key=key,
        verdict=Verdict.SIGN_OFF,
        reasons=reasons,
        conflict_of_interest="none",
        at=dt.datetime.now(dt.UTC),
    )


def somebody(folder: Path, name: str) -> ReviewerKey:
    path = folder / f"{name}.key"
    new_reviewer_key(path, name, "House")
    return load_reviewer_key(path)


def test_its_author_cannot_sign_and_somebody_else_can(tmp_path: Path) -> None:
    made = naming(PATCH, NAME)
    with pytest.raises(BadInputError, match="cannot sign"):
        signed(made, somebody(tmp_path, "author, a"))
    review = signed(made, somebody(tmp_path, "B. Second"))
    assert verify_review(review, digest_of(made), author=made.author).state is State.HOLDS
    surer = replace(made, how_sure="very likely")
    assert verify_review(review, digest_of(surer), author=made.author).state is State.STALE


def test_a_signature_says_what_was_checked_and_rests_on_two_clues(tmp_path: Path) -> None:
    second = somebody(tmp_path, "B. Second")
    with pytest.raises(BadInputError, match="what was checked"):
        signed(naming(PATCH, NAME), second, reasons=" ")
    with pytest.raises(BadInputError, match="independent"):
        signed(naming(PATCH), second)
