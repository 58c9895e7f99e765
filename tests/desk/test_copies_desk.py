"""A clip that is taken in is told apart from what the case and the organisation already know."""

from __future__ import annotations

import datetime as dt
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SPACE
from tests.lines.copies.planting import FPS, captioned, cropped, encode, mirrored, scene_frames

from witnessmark.custody.records import Appearance, Moment
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.copies import look_up
from witnessmark.desk.footage import CaseFootage
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.libraries import (
    FOLDER,
    LIBRARY_VARIABLE,
    fingerprint_item,
    open_libraries,
    post,
    seen_of,
    set_library,
    unpost,
)
from witnessmark.desk.marking import mark_camera_place
from witnessmark.desk.verifying import verify_case
from witnessmark.errors import BadInputError
from witnessmark.stores.fingerprints import open_library

PAST = {**SPACE, "from": "2024-09-12T00:00:00Z", "to": "2024-09-15T00:00:00Z"}
POSTED = dt.datetime(2024, 9, 12, 18, 0, tzinfo=dt.timezone(dt.timedelta(hours=4)))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    frames = scene_frames(0, 8 * FPS)
    return {
        "known": encode(folder / "known.mp4", frames),
        "copy": encode(folder / "copy.mp4", mirrored(captioned(cropped(frames))), crf=30),
        "other": encode(folder / "other.mp4", scene_frames(100_000, 6 * FPS)),
    }


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """With its axis before today: what is taken in was there by then."""
    opened = new_case(tmp_path / "case", "2024-17", "The ridge clip", operator="A. Author", settings={"space": PAST})
    yield opened
    opened.close()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Case]:
    opened = new_case(tmp_path / "second", "2024-18", "Another", operator="B. Author", settings={"space": PAST})
    yield opened
    opened.close()


def posting(at: dt.datetime = POSTED) -> Appearance:
    return Appearance("Videogram", "@a", None, Moment(at, "platform page"))


def test_taking_in_tells_what_it_is_a_copy_of(case: Case, clips: dict[str, Path]) -> None:
    known = add_item(case, clips["known"], look=False, appearance=posting()).item
    other = add_item(case, clips["other"], look=False).item
    copy = add_item(case, clips["copy"], look=False).item
    post(case, known, posting())
    answer = look_up(case, copy)
    assert [
        (found.known.name, found.relation, found.mirrored) for found in answer.found if found.relation == "copy"
    ] == [(known.exhibit_number, "copy", True)]
    stretch = answer.found[0].stretches[0]
    assert stretch.item_start_s < 0.6 and stretch.item_end_s > 7.0
    assert abs(stretch.item_start_s - stretch.known_start_s) < 0.3
    assert answer.found[0].known.seen[0].at_unix_s == POSTED.timestamp()
    assert not [found for found in look_up(case, other).found if found.relation == "copy"]
    actions = [event.action for event in case.log.read()]
    assert actions.count("item.fingerprinted") == 3 and actions.count("item.compared") == 2
    assert verify_case(case).ok


def test_the_index_can_be_lost_and_text_is_not_compared(case: Case, clips: dict[str, Path], tmp_path: Path) -> None:
    add_item(case, clips["known"], look=False)
    copy = add_item(case, clips["copy"], look=False).item
    before = look_up(case, copy)
    shutil.rmtree(case.folder / FOLDER)
    after = look_up(case, copy)
    assert after.found == before.found
    max((case.folder / FOLDER / "shards").glob("*.shard"), key=lambda one: one.stat().st_size).write_bytes(b"cut short")
    assert look_up(case, copy).found == before.found
    (tmp_path / "note.txt").write_text("a note")
    note = add_item(case, tmp_path / "note.txt", look=False).item
    assert look_up(case, note).not_asked and fingerprint_item(case, note) is None


def test_the_organisation_knows_it_from_another_case(
    case: Case, second: Case, clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "organisation"
    monkeypatch.setenv(LIBRARY_VARIABLE, str(place))
    known = add_item(case, clips["known"], look=False).item
    look_up(case, known)
    post(case, known, posting())
    answer = look_up(second, add_item(second, clips["copy"], look=False).item)
    (found,) = [one for one in answer.found if one.relation == "copy"]
    assert found.known.name == "2024-17 WM-0001" and found.known.libraries == ("organisation",)
    assert found.known.seen[0].at_unix_s == POSTED.timestamp() and found.known.seen[0].account == "@a"
    number = case.records.postings(known.sha256.hex())[0][0]
    unpost(case, known, number, "another clip was meant")
    store = open_library(place)
    (kept,) = store.find(sha256=known.sha256.hex())
    assert all(seen.how_known == "taken in" for seen in kept.seen), "a posting withdrawn is withdrawn there too"
    assert not store.takedowns() and store.fingerprint(kept.id).duration_s > 7
    store.close()
    monkeypatch.delenv(LIBRARY_VARIABLE)
    with pytest.raises(BadInputError):
        set_library(second, str(second.folder / FOLDER))
    set_library(second, str(place))
    assert set(open_libraries(second)) == {"case", "organisation"}


def test_a_posting_withdrawn_while_the_library_is_away_does_not_come_back(
    case: Case, clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "organisation"
    monkeypatch.setenv(LIBRARY_VARIABLE, str(place))
    known = add_item(case, clips["known"], look=False, appearance=posting()).item
    look_up(case, known)
    monkeypatch.delenv(LIBRARY_VARIABLE)
    unpost(case, known, case.records.postings(known.sha256.hex())[0][0], "another clip was meant")
    monkeypatch.setenv(LIBRARY_VARIABLE, str(place))
    for library in open_libraries(case).values():
        assert all(seen.how_known == "taken in" for one in library.recordings() for seen in one.seen)
        library.close()
    look_up(case, known)
    store = open_library(place)
    assert all(seen.how_known == "taken in" for seen in store.recordings()[0].seen), "told when it was back"
    store.close()


def test_the_very_same_file_is_known_by_the_name_another_case_gave_it(
    case: Case, second: Case, clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, str(tmp_path / "organisation"))
    assert not look_up(case, add_item(case, clips["known"], look=False).item).same_file
    answer = look_up(second, add_item(second, clips["known"], look=False).item)
    assert [(known.name, known.libraries) for known in answer.same_file] == [("2024-17 WM-0001", ("organisation",))]


def test_sound_alone_and_what_is_broken_are_looked_at_once(case: Case, tmp_path: Path) -> None:
    tune = np.sin(np.cumsum(np.random.default_rng(3).uniform(0.05, 0.5, 8 * 16_000)))
    with wave.open(str(tmp_path / "tune.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((12_000 * tune).astype("<i2").tobytes())
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4000))
    tune_item = add_item(case, tmp_path / "tune.wav", look=False).item
    assert look_up(case, tune_item).not_asked == ""
    broken = add_item(case, tmp_path / "broken.mp4", look=False).item
    assert look_up(case, broken).not_asked
    events = case.log.head().number
    assert look_up(case, broken).not_asked and case.log.head().number == events


def test_a_library_that_does_not_answer_is_said_and_stops_nothing(
    case: Case, clips: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "postgresql://nobody@127.0.0.1:9/none")
    item = add_item(case, clips["known"], look=False).item
    (searched,) = [one for one in look_up(case, item).searched if one.library == "organisation"]
    assert searched.not_searched
    assert run_lines(case, ["copies"], [item.exhibit_number])[0]["kind"] == "abstention"
    with pytest.raises(BadInputError, match="password"):
        set_library(case, "postgresql://somebody:secret@127.0.0.1/none")


def test_a_line_is_run_anew_when_the_library_learns_more(case: Case, clips: dict[str, Path]) -> None:
    copy = add_item(case, clips["copy"], look=False).item
    (alone,) = run_lines(case, ["copies"], [copy.exhibit_number])
    assert alone["kind"] == "abstention" and run_lines(case, ["copies"], [copy.exhibit_number])[0]["id"] == alone["id"]
    known = add_item(case, clips["known"], look=False).item
    (found,) = run_lines(case, ["copies"], [copy.exhibit_number])
    assert found["kind"] == "finding" and known.exhibit_number in found["statement"]
    post(case, known, posting())
    (bound,) = run_lines(case, ["copies"], [copy.exhibit_number])
    assert bound["id"] != found["id"]
    assert "posted by '@a' on Videogram at 2024-09-12T18:00:00+04:00 (platform page)" in bound["statement"]
    assert "That is the first posting known here." in bound["statement"]
    number = case.records.postings(known.sha256.hex())[0][0]
    unpost(case, known, number, "mistyped")
    assert seen_of(case, known)[0].how_known == "taken in"


def test_other_footage_of_the_case_and_where_its_camera_stood(case: Case, clips: dict[str, Path]) -> None:
    known = add_item(case, clips["known"], look=False).item
    item = add_item(case, clips["other"], look=False).item
    (reference,) = CaseFootage(case, item).others()
    assert reference.sha256 == known.sha256 and reference.place is None
    before = CaseFootage(case, item).state()
    mark_camera_place(case, known, 39.9, 46.1, 30.0, "a surveyed corner")
    (reference,) = CaseFootage(case, item).others()
    assert reference.place is not None and reference.place.radius_m == 30.0
    assert CaseFootage(case, item).state() != before
