"""Proposals in a case: kept once, never weighed before a person accepts, signed, and rebuilt from the log."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from witnessmark.claims.accepting import ReadDocument
from witnessmark.claims.proposals import Precision, Proposal, SaidPlace, SaidTime, Topic
from witnessmark.claims.records import Hedge, Reliability
from witnessmark.custody.hashes import Sha256
from witnessmark.desk.case import Case, open_case
from witnessmark.desk.items import add_item
from witnessmark.desk.proposals import (
    Grading,
    accept,
    keep_proposals,
    list_documents,
    list_proposals,
    open_ids,
    reject,
    tally,
)
from witnessmark.desk.space import case_space
from witnessmark.desk.statements import case_claims, fit_claims
from witnessmark.desk.verifying import verify_case
from witnessmark.errors import BadInputError, ClashError, NotFoundError

DATA = b"<p>The northern office says it was filmed on 13 September. The southern council denies it.</p>"
TEXT = "The northern office says it was filmed on 13 September. The southern council denies it."
DOCUMENT = ReadDocument("report.html", "text/html", publisher="The Morning Paper", published="2031-10-02")
DAY = SaidTime("2031-09-13", "2031-09-14", Precision.DAY, "+04:00", "13 September")


def proposed(speaker: str, passage: str, about: Topic, hedge: Hedge = Hedge.ASSERTS, data: bytes = DATA) -> Proposal:
    start = TEXT.index(passage)
    name = hashlib.sha256(f"{speaker}{passage}{about}".encode()).hexdigest()[:12]
    document = Sha256(hashlib.sha256(data).digest())
    return Proposal(
        f"P-{name}", document, speaker, None, None, (), about, f"{passage}", passage, start, start + len(passage),
        hedge, None, False, DAY if about is Topic.TIME else None, None, None, None,
    )  # fmt: skip


NORTH = proposed("The northern office", "it was filmed on 13 September", Topic.TIME)
SOUTH = proposed("The southern council", "The southern council denies it.", Topic.AUTHENTICITY, Hedge.DENIES)


def keep(case: Case, *proposals: Proposal) -> tuple[str, ...]:
    return keep_proposals(case, DATA, DOCUMENT, TEXT, proposals).added


def test_the_same_document_twice_adds_nothing_and_a_later_reading_adds_what_is_new(case: Case) -> None:
    assert keep(case, NORTH) == (NORTH.id,)
    head = case.log.head().number
    again = keep_proposals(case, DATA, DOCUMENT, TEXT, [NORTH])
    assert (again.added, again.known) == ((), (NORTH.id,)) and case.log.head().number == head
    assert keep(case, NORTH, SOUTH) == (SOUTH.id,) and case.log.head().number == head + 1
    (document,) = list_documents(case)
    assert document["open"] == 2 and document["publisher"] == "The Morning Paper" and document["unread"] is None
    assert verify_case(case).ok
    unread = keep_proposals(case, b"...", replace(DOCUMENT, name="x"), "...", [], unread="Its language is not read.")
    assert unread.added == () and list_documents(case)[1]["unread"] == "Its language is not read."


def test_a_passage_that_does_not_stand_there_is_refused(case: Case) -> None:
    with pytest.raises(BadInputError, match="does not stand"):
        keep(case, replace(NORTH, start=NORTH.start + 1))
    with pytest.raises(BadInputError, match="another document"):
        keep(case, replace(NORTH, document=Sha256(bytes(32))))
    assert list_documents(case) == []


def test_nothing_is_weighed_before_a_person_accepts_it(case: Case) -> None:
    keep(case, NORTH, SOUTH)
    assert case_claims(case) == [] and fit_claims(case, case_space(case)) == ([], [])
    made = accept(case, [NORTH.id[:8]])
    (claim,) = made.claims
    assert claim.id == "northern-office-1" and claim.via == ("The Morning Paper",) and claim.proposal == NORTH.id
    (fit,), _ = fit_claims(case, case_space(case))
    assert fit.region.claim_id == claim.id and fit.n_steps == 144
    (source,) = made.sources
    assert source.reliability is Reliability.F and claim.credibility == 6
    states = {body["id"]: (body["state"], body["claim"]) for body in list_proposals(case)}
    assert states == {NORTH.id: ("accepted", claim.id), SOUTH.id: ("open", None)}
    assert tally(case) == {"documents": 1, "open": 1, "accepted": 1, "rejected": 0}
    event = case.records.payloads("claims.recorded")[-1]
    assert event["decisions"][0]["proposal"] == NORTH.id


def test_accepting_again_states_the_claim_anew_under_its_id(case: Case, clip: Path) -> None:
    keep(case, NORTH)
    add_item(case, clip, method="copied", look=False)
    grading = Grading(reliability=Reliability.B, reliability_reason="It was right.", credibility=3,
                      credibility_reason="Not compared yet.")  # fmt: skip
    first = accept(case, [NORTH.id], items=["wm-0001"], grading=grading).claims[0]
    assert first.items == ("WM-0001",)
    again = accept(case, [NORTH.id], changes={"hedge": "alleges"}).claims[0]
    assert again.id == first.id and again.hedge is Hedge.ALLEGES and again.items == ("WM-0001",)
    assert case_claims(case) == [again]
    assert case.records.sources()[0]["reliability"] == "B"  # a source is judged once
    with pytest.raises(NotFoundError):
        accept(case, [NORTH.id], items=["WM-0009"])


def test_in_bulk_what_asks_for_something_is_held(case: Case) -> None:
    place = SaidPlace("Lake Tarn", "near", None, None, ("Lake Tarn, South",), "near Lake Tarn")
    unclear = replace(SOUTH, id="P-000000000001", about=Topic.PLACE, place=place)
    keep(case, NORTH, SOUTH, unclear)
    made = accept(case, open_ids(case), hold=True)
    assert [claim.proposal for claim in made.claims] == [NORTH.id, SOUTH.id]
    ((held, why),) = made.held
    assert held == unclear.id and "Lake Tarn, South" in why
    assert open_ids(case) == [unclear.id] and list_proposals(case, state="open")[0]["asks"]
    head = case.log.head().number
    with pytest.raises(BadInputError, match="leaves something open"):
        accept(case, [unclear.id])
    assert case.log.head().number == head
    made = accept(case, [unclear.id], changes={"place": "as read"})
    assert "does not know 'Lake Tarn'" in made.notes[0]


def test_a_rejection_has_a_reason_and_takes_a_claim_back(case: Case) -> None:
    keep(case, NORTH, SOUTH)
    with pytest.raises(BadInputError, match="without a reason"):
        reject(case, [NORTH.id], " ")
    with pytest.raises(NotFoundError):
        reject(case, ["P-nothing"], "Wrong.")
    accept(case, [NORTH.id])
    assert reject(case, [NORTH.id, SOUTH.id], "It is about another clip.") == ["northern-office-1"]
    assert case_claims(case) == [] and tally(case)["rejected"] == 2
    with pytest.raises(ClashError):
        reject(case, [SOUTH.id], "Again.")
    assert list_proposals(case, state="rejected")[0]["reason"] == "It is about another clip."
    taken_up = accept(case, [NORTH.id]).claims[0]
    assert taken_up.id == "northern-office-2"  # an id once used is not used for anything else


def test_the_records_follow_from_the_log_alone(case: Case) -> None:
    keep(case, NORTH, SOUTH)
    accept(case, [NORTH.id, SOUTH.id])
    reject(case, [SOUTH.id], "It denies nothing of this clip.")
    before, proposals = case.records.dump(), list_proposals(case)
    case.close()
    for path in case.folder.glob("records.db*"):
        path.unlink()
    rebuilt = open_case(case.folder)
    try:
        assert rebuilt.records.dump() == before and list_proposals(rebuilt) == proposals
    finally:
        rebuilt.close()
