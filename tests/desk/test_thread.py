"""The thread through every room at the desk: it reproduces, it supersedes, and it says what it cannot tell."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from tests.conftest import CLAIMS, SPACE, write_clip

from witnessmark.custody.records import Appearance, Moment
from witnessmark.desk.assessing import assess, latest_assessment, show_assessment_pictures
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.inquiry import load_finding, run_lines
from witnessmark.desk.items import add_appearance, add_item
from witnessmark.desk.lawful import attach, law_rows, to_look_at
from witnessmark.desk.reviewing import checked_reviews, review_subject
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.space import case_space, set_space
from witnessmark.desk.statements import add_claims
from witnessmark.desk.verifying import verify_case
from witnessmark.dossier import Edition, verify, without_times
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.plain import parse_moment
from witnessmark.review import State, Verdict, load_reviewer_key, new_reviewer_key

POSTED = Appearance("Videogram", "@a", None, Moment(parse_moment("2031-09-14T10:00:00+04:00"), "platform page"))

LINES = ["integrity"]
"""What the copies line says follows from when a case took a file in too, which no two runs share."""


def worked(folder: Path, clip: Path) -> Case:
    """A case taken as far as an assessment."""
    case = new_case(folder, "2031-17", "The ridge clip", operator="A. Author", settings={"space": SPACE})
    add_item(case, clip, appearance=POSTED)
    claims = folder.with_suffix(".yaml")
    claims.write_text(CLAIMS, encoding="utf-8")
    add_claims(case, claims)
    run_lines(case, LINES)
    assess(case)
    return case


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Case]:
    """The same case worked twice."""
    folder = tmp_path_factory.mktemp("pair")
    clip = write_clip(folder / "clip.mp4")
    return worked(folder / "one", clip), worked(folder / "two", clip)


def _sealed_record(case: Case, out: Path) -> dict[str, Any]:
    sealed = seal_case(case, out, Edition.CLOSED)
    record = json.loads((sealed.path / "data" / "case.json").read_text(encoding="utf-8"))
    assert isinstance(record, dict)
    schema = json.loads((sealed.path / "data" / "case.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(record)
    return record


def test_the_same_case_run_twice_gives_the_same_numbers_to_the_byte(pair: tuple[Case, Case], tmp_path: Path) -> None:
    one, two = pair
    assert [body["id"] for body in one.records.results()] == [body["id"] for body in two.records.results()]
    for body in one.records.results("finding"):
        key = body["log_likelihood"]["key"]
        assert one.objects.get(key) == two.objects.get(key)
    assert latest_assessment(one) == latest_assessment(two)
    first, second = (without_times(_sealed_record(case, tmp_path / case.folder.name)) for case in pair)
    assert first == second


def test_running_again_gives_what_is_on_record_and_no_second_event(pair: tuple[Case, Case]) -> None:
    case = pair[0]
    before = case.log.head()
    again = run_lines(case, LINES)
    assert [body["id"] for body in again] == [body["id"] for body in case.records.results()]
    assert case.log.head() == before
    run_lines(case, LINES, again=True)
    assert case.log.head() == before


def test_a_finding_on_record_is_the_finding_that_was_made(pair: tuple[Case, Case]) -> None:
    case = pair[0]
    over = case_space(case)
    for body in case.records.results("finding"):
        finding = load_finding(case, body)
        finding.log_likelihood.check(over)
        assert finding.line == body["line"] and finding.inputs
        assert np.isfinite(finding.log_likelihood.values_nats).any()


def test_the_first_posting_bounds_the_time_of_filming(pair: tuple[Case, Case]) -> None:
    case = pair[0]
    over = case_space(case)
    posterior = np.load(case.objects.local_path(latest_assessment(case)["marginals"]["time"]["key"]))
    after = over.times.unix_s() > parse_moment("2031-09-14T12:00:00+04:00").timestamp()
    assert after.any() and posterior[after].sum() == 0.0
    assert posterior.sum() == pytest.approx(latest_assessment(case)["p_grid"])


def test_a_new_posting_supersedes_the_finding_and_the_old_one_stays(tmp_path: Path, clip: Path) -> None:
    case = worked(tmp_path / "case", clip)
    old = case.records.results("finding")[0]
    item = add_item(case, clip, look=False).item
    earlier = Moment(parse_moment("2031-09-13T14:00:00+04:00"), "platform page")
    add_appearance(case, item, Appearance("Othergram", "@b", None, earlier))
    new = run_lines(case, ["integrity"])[0]
    assert new["id"] != old["id"]
    kept = {body["id"]: body["superseded_by"] for body in case.records.results(superseded=True)}
    assert kept == {old["id"]: new["id"], new["id"]: None}
    assert [body["id"] for body in case.records.results()] == [new["id"]]
    assert verify_case(case).ok
    case.close()


def test_another_space_leaves_earlier_findings_out_and_says_so(tmp_path: Path, clip: Path) -> None:
    case = worked(tmp_path / "case", clip)
    old = case.records.results("finding")[0]["id"]
    set_space(case, {**SPACE, "step_s": 1200.0})
    with pytest.raises(NotFoundError, match="earlier region or time axis"):
        assess(case)
    run_lines(case, LINES)
    made = assess(case)
    assert made["findings"] != [old] and case_space(case).shape[1] == 216
    case.close()


def test_what_was_superseded_stands_again_when_what_it_follows_from_is_as_it_was(tmp_path: Path, clip: Path) -> None:
    case = worked(tmp_path / "case", clip)
    first, made = case.records.results("finding")[0]["id"], latest_assessment(case)
    set_space(case, {**SPACE, "step_s": 1200.0})
    second = run_lines(case, LINES)[0]["id"]
    assert assess(case)["id"] != made["id"]
    set_space(case, SPACE)
    for again in (False, True):
        assert [body["id"] for body in run_lines(case, LINES, again=again)] == [first]
    kept = {body["id"]: body["superseded_by"] for body in case.records.results(superseded=True)}
    assert kept == {first: None, second: first}
    assert assess(case)["id"] == latest_assessment(case)["id"] == made["id"]
    head = case.log.head()
    run_lines(case, LINES)
    assess(case)
    assert case.log.head() == head
    assert verify_case(case).ok
    case.close()


def test_jobs_that_remember_more_than_the_log_are_done_again(tmp_path: Path, clip: Path) -> None:
    case = worked(tmp_path / "case", clip)
    fresh = new_case(tmp_path / "fresh", "2031-17", "", operator="A. Author", settings={"space": SPACE})
    add_item(fresh, clip, appearance=POSTED)
    shutil.copy(case.folder / "jobs.db", fresh.folder / "jobs.db")
    expected = [body["id"] for body in case.records.results()]
    assert [body["id"] for body in run_lines(fresh, LINES)] == expected
    case.close()
    fresh.close()


def test_an_undecodable_file_is_an_abstention_with_a_reason(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(4000))
    add_item(case, path)
    result = run_lines(case, LINES)[0]
    assert result["kind"] == "abstention" and result["reason"] and result["what_would_help"]
    made = assess(case)
    assert made["findings"] == [] and any("cannot tell" in sentence for sentence in made["not_resolved"])
    assert verify(seal_case(case, tmp_path / "dossier", Edition.PUBLIC).path).exit_code == 0


def test_a_case_without_claims_region_or_items_says_what_is_missing(tmp_path: Path, clip: Path) -> None:
    bare = new_case(tmp_path / "bare", "2031-18", "")
    with pytest.raises(BadInputError, match="No region and time axis"):
        run_lines(bare)
    with pytest.raises(NotFoundError, match="no item to hand over"):
        seal_case(bare, tmp_path / "dossier", Edition.CLOSED)
    set_space(bare, SPACE)
    with pytest.raises(NotFoundError, match="holds no evidence"):
        run_lines(bare)
    with pytest.raises(NotFoundError, match="no line of inquiry"):
        run_lines(bare, ["astrology"])
    add_item(bare, clip)
    assert verify(seal_case(bare, tmp_path / "early", Edition.CLOSED).path).exit_code == 0
    bare.close()


def test_review_is_by_somebody_else_and_goes_stale(tmp_path: Path, clip: Path) -> None:
    case = worked(tmp_path / "case", clip)
    subject = latest_assessment(case)["id"]
    for name in ("A. Author", "B. Second"):
        new_reviewer_key(tmp_path / f"{name}.key", name, "independent")
    own, second = (load_reviewer_key(tmp_path / f"{name}.key") for name in ("A. Author", "B. Second"))
    with pytest.raises(BadInputError):
        review_subject(case, subject, key=own, verdict=Verdict.SIGN_OFF, reasons="", conflict_of_interest="none")
    with pytest.raises(NotFoundError):
        review_subject(case, "F-0", key=second, verdict=Verdict.SIGN_OFF, reasons="", conflict_of_interest="none")
    review_subject(case, subject, key=second, verdict=Verdict.DISSENT, reasons="Too few.", conflict_of_interest="none")
    assert [check.state for _, check in checked_reviews(case)] == [State.HOLDS]
    set_space(case, {**SPACE, "step_s": 1200.0})
    run_lines(case, LINES)
    assess(case)
    assert [check.state for _, check in checked_reviews(case)] == [State.STALE]
    case.close()


def test_a_finding_bears_on_an_element_and_a_superseded_one_no_longer(pair: tuple[Case, Case]) -> None:
    case = pair[1]
    finding = case.records.results("finding")[0]["id"]
    with pytest.raises(NotFoundError):
        attach(case, "rome.8-2-a-i.9", finding, "context", "Why.")
    with pytest.raises(NotFoundError):
        attach(case, "rome.8-2-a-i.4", "F-0", "context", "Why.")
    attach(case, "rome.8-2-a-i.4", finding, "context", "The date bears on whether a conflict was under way.")
    rows = {row["id"]: row for row in law_rows(case)}
    assert rows["rome.8-2-a-i.4"]["bears"][0]["finding"] == finding
    assert rows["rome.8-2-a-i.1"]["gap"] and to_look_at(case)


def test_pictures_of_an_assessment_are_put_where_they_can_be_seen(pair: tuple[Case, Case]) -> None:
    shown = show_assessment_pictures(pair[0], latest_assessment(pair[0]))
    assert len(shown) == 2 and all(path.read_bytes().startswith(b"\x89PNG") for path in shown)


def test_recordings_are_assessed_apart_unless_said_to_show_the_same_moment(tmp_path: Path, clip: Path) -> None:
    case = worked(tmp_path / "case", clip)
    other = write_clip(tmp_path / "other.mp4", seconds=1.0, cut_at_s=None)
    add_item(case, other, look=False)
    run_lines(case, LINES)
    with pytest.raises(BadInputError, match="filmed at a place and time of its own"):
        assess(case)
    one, two, both = assess(case, ["WM-0001"]), assess(case, ["WM-0002"]), assess(case, ["WM-0002", "WM-0001"])
    assert len(one["findings"]) == len(two["findings"]) == 1 and one["findings"] != two["findings"]
    assert both["subjects"] == ["WM-0001", "WM-0002"] and set(both["findings"]) == {*one["findings"], *two["findings"]}
    record = _sealed_record(case, tmp_path / "dossier")
    assert record["assessment"]["id"] == both["id"]
    assert {entry["id"] for entry in record["other_assessments"]} == {one["id"], two["id"]}
    case.close()
