"""A blind second opinion: nothing of the conclusion in the packet, the reviewer's own first, never the author."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.desk.conftest import superseding

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import Case, open_case
from witnessmark.desk.items import get_item
from witnessmark.desk.marking import draw_mark, withdraw_mark
from witnessmark.desk.reviewing import STANCES, VERDICTS, agreements, checked_reviews, due_reviews, review_subject
from witnessmark.desk.second_opinions import compared, conclude, conclusions, open_packet
from witnessmark.desk.verifying import verify_case
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import canonical, parse_moment
from witnessmark.review import ReviewerKey, State, Verdict, load_reviewer_key, new_reviewer_key, sign_review
from witnessmark.review.conclusions import conclusion_holds
from witnessmark.stores.records import Records

CANARY = "zq-canary-conclusion"


def planted(value: Any, path: str = "") -> Any:
    """The same value with a canary after every text."""
    if isinstance(value, dict):
        return {name: planted(entry, f"{path}.{name}") for name, entry in value.items()}
    if isinstance(value, list):
        return [planted(entry, path) for entry in value]
    return f"{value} {CANARY}{path}" if isinstance(value, str) else value


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory, assessed: Path) -> Path:
    """A case with a finding and an assessment of which every text that concludes carries a canary."""
    folder = tmp_path_factory.mktemp("made") / "case"
    case = open_case(Path(shutil.copytree(assessed, folder)), operator="A. Author")
    draw_mark(case, get_item(case, "WM-0001"), "sky-label", {"cover_octas": 3})
    made = case.records.assessments()[-1]
    finding = case.records.results("finding")[0]
    kept = (
        "id",
        "line",
        "item",
        "exhibit",
        "space",
        "digest",
        "kind",
        "question",
        "version",
        "observations",
        "inputs",
        "author",
    )
    body = {name: entry if name in kept else planted(entry) for name, entry in finding.items()}
    body |= {"id": "F-planted00001", "log_likelihood": finding["log_likelihood"]}
    del body["superseded_by"]
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "finding.made", {"result": body, "supersedes": []})
    said = {
        name: entry if name in ("digest", "space", "subjects", "author") else planted(entry)
        for name, entry in made.items()
    }
    standings = [{**one, "claim_id": one["claim_id"].split()[0]} for one in said["standings"]]
    said |= {"id": "AS-planted0001", "findings": ["F-planted00001"], "marginals": made["marginals"]}
    said |= {"standings": standings, "pictures": made["pictures"]}
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "assessment.made", {"assessment": said})
    case.close()
    return folder


@pytest.fixture
def worked(tmp_path: Path, made_once: Path) -> Iterator[Case]:
    """A copy of it to work in."""
    case = open_case(Path(shutil.copytree(made_once, tmp_path / "case")), operator="A. Author")
    yield case
    case.close()


def reviewer(folder: Path, name: str = "B. Second") -> ReviewerKey:
    path = folder / f"{name}.key"
    if not path.exists():
        new_reviewer_key(path, name, "independent")
    return load_reviewer_key(path)


def form_of(folder: Path, **answers: object) -> bytes:
    form = yaml.safe_load((folder / "answer.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump({**form, "answer": "Nothing was cut.", **answers}).encode()


def signed(case: Case, subject: str, key: ReviewerKey, **more: Any) -> Any:
    given = {"verdict": Verdict.SIGN_OFF, "reasons": "Looked.", "conflict_of_interest": "none", **more}
    return review_subject(case, subject, key=key, **given)


@pytest.mark.parametrize("subject", ["F-planted00001", "AS-planted0001"])
def test_no_byte_of_a_blind_packet_holds_the_authors_conclusion(worked: Case, tmp_path: Path, subject: str) -> None:
    opened = open_packet(worked, subject, "B. Second", tmp_path / "packet", blind=True)
    names = {
        path.relative_to(tmp_path / "packet").as_posix() for path in (tmp_path / "packet").rglob("*") if path.is_file()
    }
    assert names == set(opened.files) == {"packet.json", "README.txt", "answer.yaml", "items/WM-0001.mp4"}
    for name in names:
        raw = (tmp_path / "packet" / name).read_bytes()
        assert CANARY.encode() not in raw and b"A. Author" not in raw, name
    held = json.loads((tmp_path / "packet" / "packet.json").read_text())
    assert held["observations"][0]["observations"] and held["marks"][0]["kind"] == "sky-label"
    assert held["items"][0]["appearances"][0]["platform"] == "Videogram"
    assert {claim["id"] for claim in held["claims"]} == {"north-1", "south-1"}
    assert (tmp_path / "packet" / "items" / "WM-0001.mp4").read_bytes() == worked.objects.get(
        worked.records.items()[0]["key"]
    )
    assert Sha256.of((tmp_path / "packet" / "packet.json").read_bytes()) == opened.packet_sha256
    event = worked.records.events("review.opened")[-1]
    assert event["payload"]["blind"] is True and event["payload"]["clear_footage"] is True


def test_a_packet_that_is_not_blind_tells_what_the_author_concluded(worked: Case, tmp_path: Path) -> None:
    open_packet(worked, "F-planted00001", "B. Second", tmp_path / "packet", blind=False, footage=False)
    assert CANARY in (tmp_path / "packet" / "packet.json").read_text()
    assert not (tmp_path / "packet" / "items").exists()


def test_the_comparison_is_shown_only_after_the_reviewers_own_conclusion(worked: Case, tmp_path: Path) -> None:
    key = reviewer(tmp_path)
    open_packet(worked, "AS-planted0001", "B. Second", tmp_path / "packet")
    with pytest.raises(NotFoundError, match="is not shown"):
        compared(worked, "AS-planted0001", key)
    place = {"lat_deg": 39.9, "lon_deg": 46.1, "radius_km": 5}
    time = {"from": "2031-09-13T00:00:00+04:00", "to": "2031-09-14T00:00:00+04:00"}
    stances = {"north-1": "open", "south-1": "supports"}
    own = conclude(worked, form_of(tmp_path / "packet", place=place, time=time, stances=stances), key, "AS-planted0001")
    assert own.blind and conclusion_holds(own)
    assert not conclusion_holds(dataclasses.replace(own, answer="Something else."))
    rows = {row.question: row for row in compared(worked, "AS-planted0001", key)}
    assert rows["place"].agree is True and rows["time"].agree is True
    standing = {one["claim_id"]: one["log10_lr"] for one in worked.records.assessments()[-1]["standings"]}
    assert rows["stance: south-1"].agree is (standing["south-1"] >= 0.302)
    review = signed(worked, "AS-planted0001", key, blind=True)
    assert review.blind and review.own_result == Sha256.of(canonical(own))
    numbers = {event["action"]: event["number"] for event in worked.records.events()}
    assert (
        numbers["review.opened"] < numbers["review.concluded"] < numbers["review.compared"] < numbers["review.signed"]
    )
    made, met = agreements([worked])
    assert made[STANCES].questions == 2 and not made[STANCES].enough and "too few" in made[STANCES].said
    assert (met.n, met.met) == (2, 2) and made[VERDICTS].questions == 0
    with pytest.raises(ClashError, match="concluded"):
        conclude(worked, form_of(tmp_path / "packet"), key)
    assert len(conclusions(worked)) == 1 and verify_case(worked).ok
    fresh = Records("sqlite:///:memory:")
    fresh.apply((event, raw) for event, raw in _log(worked))
    assert fresh.dump() == worked.records.dump()


def test_a_place_and_time_far_off_do_not_meet(worked: Case, tmp_path: Path) -> None:
    key = reviewer(tmp_path)
    open_packet(worked, "F-planted00001", "B. Second", tmp_path / "packet")
    far = {"lat_deg": 10.0, "lon_deg": 10.0, "radius_km": 5}
    late = {"from": "2031-09-14T20:00:00+00:00", "to": "2031-09-14T21:00:00+00:00"}  # after it was posted
    conclude(worked, form_of(tmp_path / "packet", place=far, time=late), key)
    rows = {row.question: row for row in compared(worked, "F-planted00001", key)}
    assert rows["place"].agree is False and rows["time"].agree is False
    assert rows["answer"].agree is None and CANARY in rows["answer"].author


def test_an_author_gets_no_packet_and_signs_nothing_under_any_name(worked: Case, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot review"):
        open_packet(worked, "F-planted00001", "author, a", tmp_path / "packet")
    own = reviewer(tmp_path, "A. Author")
    with pytest.raises(BadInputError, match="cannot review"):
        signed(worked, "AS-planted0001", own)
    as_case = dataclasses.replace(reviewer(tmp_path).reviewer, public_key_pem=worked.key.public.pem.decode())
    with pytest.raises(BadInputError, match="the key the case is signed with"):
        signed(worked, "AS-planted0001", ReviewerKey(as_case, worked.key.private))


def test_a_key_that_signed_under_an_authors_name_is_known_again(worked: Case, tmp_path: Path) -> None:
    """C reviews A's work, then makes a finding of their own, and comes to review that under another name."""
    third = reviewer(tmp_path, "C. Third")
    signed(worked, "F-planted00001", third)
    worked.operator = "C. Third"
    superseding(worked, "F-mine")
    mine = worked.records.results("finding")[0]
    assert (mine["id"], mine["author"]) == ("F-mine", "C. Third")
    renamed = ReviewerKey(dataclasses.replace(third.reviewer, name="D. Fourth"), third.private)
    with pytest.raises(BadInputError, match=r"signed as C\. Third before"):
        signed(worked, mine["id"], renamed)
    signed(worked, mine["id"], reviewer(tmp_path))
    past_the_desk = sign_review(  # whoever writes to the log by another way is told apart when it is read
        subject_id=mine["id"],
        subject_digest=Sha256.from_hex(mine["digest"]),
        author="Somebody",
        reviewer=renamed.reviewer,
        verdict="sign-off",
        reasons="Looked.",
        conflict_of_interest="none",
        blind=False,
        at=parse_moment("2031-10-05T09:30:00Z"),
        key=renamed,
    )
    worked.record(PremisEvent.VALIDATION, "review.signed", {"review": past_the_desk})
    assert [check.state for _, check in checked_reviews(worked)][1:] == [State.HOLDS, State.NOT_INDEPENDENT]


def test_signing_twice_is_refused_unless_a_reason_takes_the_first_back(worked: Case, tmp_path: Path) -> None:
    key = reviewer(tmp_path)
    signed(worked, "AS-planted0001", key)
    before = worked.log.head()
    with pytest.raises(ClashError, match="already"):
        signed(worked, "AS-planted0001", key, verdict=Verdict.DISSENT)
    other_key = ReviewerKey(
        dataclasses.replace(reviewer(tmp_path, "E. Else").reviewer, name="SECOND, B."),
        reviewer(tmp_path, "E. Else").private,
    )
    with pytest.raises(ClashError, match="already"):
        signed(worked, "AS-planted0001", other_key)
    assert worked.log.head() == before
    again = signed(worked, "AS-planted0001", key, verdict=Verdict.DISSENT, again="A frame repeats at second 1.")
    assert "A frame repeats" in again.reasons and "sign-off" in again.reasons
    replaced = worked.records.events("review.signed")[-1]["payload"]["replaces"]
    first = worked.records.events("review.signed")[0]["payload"]["review"]["signature"]
    assert replaced == Sha256.of(bytes.fromhex(first)).hex()
    assert [check.state for _, check in checked_reviews(worked)] == [State.HOLDS, State.HOLDS]


def test_who_has_seen_the_conclusion_is_blind_no_more(worked: Case, tmp_path: Path) -> None:
    key = reviewer(tmp_path)
    open_packet(worked, "F-planted00001", "B. Second", tmp_path / "open", blind=False)
    with pytest.raises(ClashError, match="cannot be blind"):
        open_packet(worked, "F-planted00001", "Second, B.", tmp_path / "packet", blind=True)
    with pytest.raises(BadInputError, match="before concluding"):
        signed(worked, "F-planted00001", key, blind=True)
    assert not conclude(worked, form_of(tmp_path / "open"), key).blind
    with pytest.raises(BadInputError, match="before concluding"):
        signed(worked, "F-planted00001", key, blind=True)
    made, met = agreements([worked])
    assert made[STANCES].questions == 0 and met.n == 0  # only what was formed blind counts
    assert signed(worked, "F-planted00001", key).own_result is None


def test_bad_forms_are_refused_and_leave_no_event(worked: Case, tmp_path: Path) -> None:
    key, packet = reviewer(tmp_path), tmp_path / "packet"
    open_packet(worked, "F-planted00001", "B. Second", packet)
    before = worked.log.head()
    bad: list[tuple[bytes, str]] = [
        (b"[", "not YAML"),
        (b"a: b", "not a packet's form"),
        (form_of(packet, verdict="guilty"), "verdict is not asked"),
        (form_of(packet, answer=" ... "), "gives no answer"),
        (form_of(packet, answer=None), "gives no answer"),
        (form_of(packet, place={"lat_deg": 99, "lon_deg": 0, "radius_km": 1}), "not on earth"),
        (form_of(packet, place={"lat_deg": 9}), "place of the form is none"),
        (form_of(packet, time={"from": "2031-09-13T00:00:00", "to": "2031-09-14T00:00:00Z"}), "offset"),
        (form_of(packet, time={"from": "2031-09-14T00:00:00Z", "to": "2031-09-13T00:00:00Z"}), "ends before"),
        (form_of(packet, stances={"north-1": "maybe"}), "no stance"),
        (form_of(packet, stances={"west-9": "open"}), "no claim 'west-9'"),
        (form_of(packet, packet="0" * 64), "No such packet"),
        (form_of(packet, subject="AS-planted0001"), "No such packet"),
        (b"x" * (1 << 19), "too large"),
    ]
    for data, said in bad:
        with pytest.raises((BadInputError, NotFoundError), match=said):
            conclude(worked, data, key)
    with pytest.raises(NotFoundError, match=r"handed to C\. Third"):
        conclude(worked, form_of(packet), reviewer(tmp_path, "C. Third"))
    assert worked.log.head() == before
    with pytest.raises(ClashError, match="not an empty folder"):
        open_packet(worked, "F-planted00001", "B. Second", packet)
    with pytest.raises(NotFoundError):
        open_packet(worked, "F-0", "B. Second", tmp_path / "other")
    with pytest.raises(BadInputError, match="names no reviewer"):
        open_packet(worked, "F-planted00001", " . ", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_superseded_input_makes_a_review_due_again(worked: Case, tmp_path: Path) -> None:
    key = reviewer(tmp_path)
    signed(worked, "AS-planted0001", key)
    signed(worked, "F-planted00001", key)
    assert due_reviews(worked) == []
    new = superseding(worked)
    due = {row["subject"]: row for row in due_reviews(worked)}
    assert due["F-planted00001"]["review_instead"] == new
    assert new in " ".join(due["AS-planted0001"]["why"])
    assert [check.state for _, check in checked_reviews(worked)] == [State.STALE, State.STALE]
    later = assess(worked)["id"]
    assert {row["subject"]: row["review_instead"] for row in due_reviews(worked)}["AS-planted0001"] == later


def test_a_withdrawn_mark_makes_a_review_due_and_its_drawer_an_author(worked: Case, tmp_path: Path) -> None:
    item = get_item(worked, "WM-0001")
    worked.operator = "M. Marker"
    mark = draw_mark(worked, item, "sky-label", {"cover_octas": 5})
    worked.operator = "A. Author"
    body = {name: value for name, value in worked.records.results("finding")[0].items() if name != "superseded_by"}
    body |= {"id": "F-marked", "inputs": [{"sha256": "0" * 64, "part": f"mark:{mark.id}"}]}
    worked.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "finding.made", {"result": body, "supersedes": []})
    with pytest.raises(BadInputError, match="cannot review"):
        signed(worked, "F-marked", reviewer(tmp_path, "M. Marker"))
    signed(worked, "F-marked", reviewer(tmp_path))
    assert due_reviews(worked) == []
    withdraw_mark(worked, item, mark.id, "It was fog.")
    assert "was withdrawn" in due_reviews(worked)[0]["why"][0]


def test_two_reviewers_of_many_subjects_are_compared(worked: Case, tmp_path: Path) -> None:
    keys = [reviewer(tmp_path), reviewer(tmp_path, "C. Third")]
    for index in range(11):
        body = {name: value for name, value in worked.records.results("finding")[0].items() if name != "superseded_by"}
        body |= {"id": f"F-many{index}", "digest": Sha256.of(str(index).encode()).hex()}
        worked.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "finding.made", {"result": body, "supersedes": []})
        for key in keys:
            signed(worked, f"F-many{index}", key, verdict=Verdict.DISSENT if index % 2 else Verdict.SIGN_OFF)
    verdicts = agreements([worked])[0][VERDICTS]
    assert (verdicts.questions, verdicts.raters, verdicts.simple.value) == (11, 2, 1.0)
    assert verdicts.cohen_kappa.value == verdicts.krippendorff_alpha.value == 1.0


def _log(case: Case) -> list[tuple[Any, bytes]]:
    from witnessmark.custody.log import parse_event

    raws = [case.log.raw(number) for number in range(1, case.log.head().number + 1)]
    return [(parse_event(raw), raw) for raw in raws]


def test_a_reviewers_fingerprint_is_the_one_read_out(tmp_path: Path) -> None:
    key = reviewer(tmp_path)
    assert len(PublicKey(key.reviewer.public_key_pem.encode()).fingerprint.hex()) == 64
