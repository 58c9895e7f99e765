"""A partner is asked about an item: what left the house, and what was answered, are on record as what they are."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import SPACE
from tests.lines.copies.planting import FPS, encode, fingerprinted, mirrored, scene_frames, seen_at

from witnessmark.custody.keys import create_key, load_key
from witnessmark.custody.records import Item
from witnessmark.desk.asking import ANSWERED, ASKED, AnswersOnRecord, ask_partner, item_named, log_given, take_answer
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.verifying import verify_case
from witnessmark.dossier import Edition
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.stores.exchange import Sharing, answer_inquiry, read_inquiry

POSTED = dt.datetime(2024, 9, 12, 18, 0, tzinfo=dt.UTC)
PARTNER = "Harbour Watch"
ASKING = Sharing("Ridge Desk", "desk@example.org", frames_per_minute=60.0, features_per_frame=64)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    frames = scene_frames(0, 8 * FPS)
    return {
        "known": encode(folder / "known.mp4", frames),
        "copy": encode(folder / "copy.mp4", mirrored(frames), crf=30),
    }


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    past = {**SPACE, "from": "2024-09-12T00:00:00Z", "to": "2024-09-15T00:00:00Z"}
    opened = new_case(tmp_path / "case", "2024-17", "A clip", operator="A. Author", settings={"space": past})
    yield opened
    opened.close()


@pytest.fixture
def item(case: Case, clips: dict[str, Path]) -> Item:
    return add_item(case, clips["copy"], look=False).item


def answered(question: Path, out: Path, clips: dict[str, Path], key: Path, *, known: bool = True) -> str:
    """What the partner sends back; the fingerprint of its key."""
    signer = create_key(key)
    theirs = MemoryLibrary()
    if known:
        seen = [seen_at(POSTED, account="@well", url="https://forum.example/1")]
        theirs.add(fingerprinted(clips["known"]), "Aunt Rosa at the well.mp4", sha256="a" * 64, seen=seen)
    sharing = Sharing(PARTNER, "watch@example.org", facts="time and platform")
    answer_inquiry(out, read_inquiry(question), theirs, signer, sharing)
    return signer.public.fingerprint.hex()


def test_what_left_and_what_came_back_is_on_record_as_the_partners_word(
    case: Case, item: Item, clips: dict[str, Path], tmp_path: Path
) -> None:
    question, answer = tmp_path / "question.wmq", tmp_path / "answer.wma"
    done = ask_partner(
        case, item_named(case, str(clips["copy"])), PARTNER, question, create_key(tmp_path / "k"), ASKING
    )
    (asked,) = case.records.payloads(ASKED)
    assert (asked["item"], asked["partner"], asked["called"]) == (item.sha256.hex(), PARTNER, "Ridge Desk")
    assert asked["left"]["frames_count"] == len(done.fingerprint.frames.codes) > 0
    assert asked["left"]["size_bytes"] == question.stat().st_size and asked["left"]["features_count"] > 0
    assert case.objects.get(asked["stored"][0]["key"]) == question.read_bytes()
    (alone,) = run_lines(case, ["copies"], [item.exhibit_number])
    assert alone["kind"] == "abstention" and not AnswersOnRecord(case).told(item.sha256)

    read_out = answered(question, answer, clips, tmp_path / "their.pem")
    with pytest.raises(BadInputError, match="is new here"):
        take_answer(case, question, answer)
    about, _ = take_answer(case, question, answer, fingerprint=read_out)
    take_answer(case, question, answer)
    (recorded,) = case.records.payloads(ANSWERED)
    assert about.sha256 == item.sha256 and case.objects.get(recorded["stored"][0]["key"]) == answer.read_bytes()
    (told,) = AnswersOnRecord(case).told(item.sha256)
    assert told.key_known == "fingerprint compared" and [match.relation for match in told.matches] == ["copy"]
    assert told.matches[0].seen[0].account == "" and told.matches[0].seen[0].at_unix_s == POSTED.timestamp()

    (result,) = run_lines(case, ["copies"], [item.exhibit_number])
    assert result["id"] != alone["id"] and result["kind"] == "abstention", "a partner's word weighs nothing"
    assert f"'{PARTNER}' answers that it holds a copy of it" in result["reason"]
    assert "not checked here and weighs nothing" in result["reason"] and "earlier than anything" in result["reason"]
    assert any(remark["topic"] == "partner" and remark["notable"] for remark in result["observations"]["remarks"])
    known = add_item(case, clips["known"], look=False).item
    (found,) = run_lines(case, ["copies"], [item.exhibit_number])
    assert found["kind"] == "finding" and known.exhibit_number in found["statement"]
    assert PARTNER in found["statement"] and any("not checked here" in limit for limit in found["limits"])
    assert verify_case(case).ok

    public = seal_case(case, tmp_path / "public", Edition.PUBLIC).path
    for path in public.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [word for word in (PARTNER, read_out, told.matches[0].name) if word.encode() in data], path.name
    record = json.loads((public / "data/case.json").read_bytes())
    assert "a partner" in json.dumps(record["findings"])


def test_only_a_question_of_the_case_and_only_as_signed(
    case: Case, item: Item, clips: dict[str, Path], tmp_path: Path
) -> None:
    key = create_key(tmp_path / "k")
    question, other = tmp_path / "question.wmq", tmp_path / "other.wmq"
    ask_partner(case, item, PARTNER, question, key, ASKING)
    ask_partner(case, item, PARTNER, other, key, ASKING)
    for number, wrong in enumerate(("", " ")):
        with pytest.raises(BadInputError, match="who is asked"):
            ask_partner(case, item, wrong, tmp_path / f"wrong{number}", key, ASKING)
    with pytest.raises(NotFoundError, match="is no item of case"):
        item_named(case, str(clips["known"]))
    answer = tmp_path / "answer.wma"
    answered(question, answer, clips, tmp_path / "their.pem", known=False)
    with pytest.raises(ClashError, match="another inquiry"):
        take_answer(case, other, answer, trust=True)
    altered = tmp_path / "altered.wma"
    altered.write_bytes(answer.read_bytes().replace(b'"searched":0', b'"searched":9'))
    with pytest.raises(CustodyError, match="signature"):
        take_answer(case, question, altered, trust=True)
    assert not case.records.payloads(ANSWERED)
    take_answer(case, question, answer, trust=True)
    (told,) = AnswersOnRecord(case).told(item.sha256)
    assert told.matches == () and told.key_known == "trusted without comparing"
    (result,) = run_lines(case, ["copies"], [item.exhibit_number])
    assert any(
        "nothing like it is there" in remark["seen"] and not remark["notable"]
        for remark in result["observations"]["remarks"]
    )
    answered(question, tmp_path / "forged.wma", clips, tmp_path / "forged.pem")
    with pytest.raises(ClashError, match="known by another key"):
        take_answer(case, question, tmp_path / "forged.wma", trust=True)
    stranger = tmp_path / "stranger.wmq"
    with pytest.raises(NotFoundError, match="did not ask"):
        stranger.write_bytes(_asked_elsewhere(tmp_path, clips))
        take_answer(case, stranger, answer, trust=True)


def test_an_answer_of_somebody_else_than_was_asked_is_told_as_that(
    case: Case, item: Item, clips: dict[str, Path], tmp_path: Path
) -> None:
    key, partner = create_key(tmp_path / "k"), tmp_path / "their.pem"
    for number, (asked, other) in enumerate(((f" {PARTNER.upper()}", False), ("Cliff Archive", True))):
        question, answer = tmp_path / f"{number}.wmq", tmp_path / f"{number}.wma"
        ask_partner(case, item, asked, question, key, ASKING)
        if number:
            sharing = Sharing(PARTNER, "watch@example.org")
            theirs = MemoryLibrary()
            theirs.add(fingerprinted(clips["known"]), "well.mp4", sha256="a" * 64)
            answer_inquiry(answer, read_inquiry(question), theirs, load_key(partner), sharing)
        else:
            answered(question, answer, clips, partner)
        take_answer(case, question, answer, trust=True)
        told = AnswersOnRecord(case).told(item.sha256)[-1]
        assert (told.origin, told.asked, told.is_of_another) == (PARTNER, asked.strip(), other)
    (result,) = run_lines(case, ["copies"], [item.exhibit_number])
    said = json.dumps(result)
    assert said.count(f"'{PARTNER}', though 'Cliff Archive' was asked, searched") == 1
    assert f"'{PARTNER}', asked about it, searched" in said and "somebody else came by the question" in said
    public = seal_case(case, tmp_path / "public", Edition.PUBLIC).path
    for path in public.rglob("*"):
        assert not path.is_file() or b"Cliff Archive" not in path.read_bytes(), path.name


def test_an_answer_given_is_logged_or_not_given(clips: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "elsewhere.wmq").write_bytes(_asked_elsewhere(tmp_path, clips))
    question, out = read_inquiry(tmp_path / "elsewhere.wmq"), tmp_path / "answer.wma"
    theirs = MemoryLibrary()
    theirs.add(fingerprinted(clips["known"]), "Aunt Rosa at the well.mp4", sha256="a" * 64)
    sharing, key = Sharing(PARTNER, "watch@example.org", audience="Ridge Desk"), create_key(tmp_path / "their.pem")
    given = answer_inquiry(out, question, theirs, key, sharing)
    log = log_given(tmp_path / "partners.json", question, given, sharing, "B. Author")
    (line,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["partner"], line["operator"], line["called"]) == ("Ridge Desk", "B. Author", PARTNER)
    assert line["answer"] == given.sealed.digest.hex() and line["question"] == question.sealed.digest.hex()
    assert [match["relation"] for match in line["matches"]] == ["copy"] and line["matches"][0]["stretches"]
    assert "Rosa" not in log.read_text()
    log.unlink()
    log.mkdir()
    with pytest.raises(BadInputError, match="removed again"):
        log_given(tmp_path / "partners.json", question, given, sharing, "B. Author")
    assert not out.exists()


def _asked_elsewhere(folder: Path, clips: dict[str, Path]) -> bytes:
    from witnessmark.stores.exchange import write_inquiry

    write_inquiry(folder / "elsewhere", fingerprinted(clips["copy"]), create_key(folder / "else.pem"), ASKING)
    return (folder / "elsewhere").read_bytes()
