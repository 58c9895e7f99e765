"""What is marked on one recording proves nothing on any other that shows the same, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.lines.copies.moving import HEIGHT, RATE, WIDTH, Frame, scene, turned, write

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import no_progress
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.library import Template
from witnessmark.lines.copies.looking import look
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.search import search
from witnessmark.lines.copies.stoplist import shown_in, stop_of, stops_of
from witnessmark.lines.copies.templates import AREA_WORDS, MARKED_WORDS

JINGLE_S = 4.0
BOX = (0.4, 0.35, 1.0, 1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("stops"))


def made(folder: Path, name: str, frames: Sequence[Frame], crf: int = 23) -> Fingerprint:
    found = fingerprint_of(write(folder / f"{name}.mp4", frames, crf=crf))
    assert isinstance(found, Fingerprint), found
    return found


def around(seed: int, middle: Sequence[Frame], before_s: float = 3.0) -> list[Frame]:
    """Some seconds of one clip, a sequence, and three seconds more of the clip."""
    own = scene(seed, seed, before_s + 3.0)
    return [*own[: round(before_s * RATE)], *middle, *own[round(before_s * RATE) :]]


@pytest.fixture(scope="module")
def jingles(folder: Path) -> dict[str, Fingerprint]:
    """Three clips with one jingle, at other phases of the sampling and encoded anew, and the jingle mirrored."""
    jingle = scene(70, 70, JINGLE_S, things=10)
    return {
        "marked": made(folder, "marked", around(71, jingle)),
        "other": made(folder, "other", around(72, jingle, before_s=2.17), crf=32),
        "query": made(folder, "query", around(73, jingle, before_s=3.33), crf=30),
        "turned": made(folder, "turned", around(74, [turned(frame) for frame in jingle])),
        "room": made(folder, "room", scene(71, 99, 8.0)),
    }


MARK = Template("intro", 3.0, 3.0 + JINGLE_S, None)


def test_a_marked_jingle_is_known_again_wherever_it_lies(jingles: dict[str, Fingerprint]) -> None:
    stop = stop_of(MARK, jingles["marked"])
    assert stop is not None and len(stop.codes) >= 6
    for name, start_s in (("marked", 3.0), ("other", 2.17), ("query", 3.33), ("turned", 3.0)):
        (found,) = shown_in(stop, jingles[name])
        assert found.kind == "intro" and found.start_s == pytest.approx(start_s, abs=0.3), name
        assert found.end_s - found.start_s == pytest.approx(JINGLE_S)
    assert shown_in(stop, jingles["room"]) == (), "the clip around it is not marked"
    assert stop_of(Template("intro", 3.0, 3.4, None), jingles["marked"]) is None, "too little to be told again"


def test_a_mark_on_one_recording_holds_for_the_whole_library(jingles: dict[str, Fingerprint]) -> None:
    plain, marked = MemoryLibrary(), MemoryLibrary()
    for library, marks in ((plain, []), (marked, [MARK])):
        library.add(jingles["marked"], "marked", templates=marks)
        library.add(jingles["other"], "other")
    before = {one.recording: one for one in search(jingles["query"], plain)}
    assert [before[number].relation for number in (1, 2)] == ["copy", "copy"]
    after = {one.recording: one for one in search(jingles["query"], marked)}
    assert all(one.relation != "copy" and one.score < 2.0 for one in after.values())
    assert any(MARKED_WORDS in one.reasons for number, one in after.items() if number == 2) or 2 not in after
    codes = search(jingles["query"].up_to(1), marked)
    assert all(one.relation != "copy" for one in codes)


def test_what_is_marked_in_one_library_holds_in_the_others(jingles: dict[str, Fingerprint]) -> None:
    case, organisation = MemoryLibrary(), MemoryLibrary()
    case.add(jingles["other"], "other")
    organisation.add(jingles["marked"], "marked", templates=[MARK])
    assert len(stops_of([case, organisation])) == 1
    item = Sha256.of(b"item")
    looked = look(jingles["query"], item, {"case": case, "organisation": organisation}, no_progress)
    assert all(hit.match.relation != "copy" for hit in looked.hits)
    alone = look(jingles["query"], item, {"case": case}, no_progress)
    assert [hit.match.relation for hit in alone.hits] == ["copy"]


def cornered(frames: Sequence[Frame], corner: Sequence[Frame]) -> list[Frame]:
    drawn = []
    left, top = round(BOX[0] * WIDTH), round(BOX[1] * HEIGHT)
    for frame, panel in zip(frames, corner, strict=True):
        sheet = frame.copy()
        sheet[top:, left:] = panel[top:, left:]
        drawn.append(sheet)
    return drawn


def test_a_marked_area_is_known_again_on_other_recordings(folder: Path) -> None:
    corner = scene(60, 60, 6.0)
    clips = {
        "first": cornered(scene(63, 63, 6.0, things=2), corner),
        "second": cornered(scene(61, 61, 6.0, things=3), corner),
        "third": cornered(scene(62, 62, 6.0, things=1), corner),
    }
    first, second, third = (made(folder, name, frames) for name, frames in clips.items())
    mark = Template("lower-third", 0.0, 6.0, BOX)
    stop = stop_of(mark, first)
    assert stop is not None
    (found,) = shown_in(stop, second)
    assert found.box == BOX and found.start_s < 1.0 and found.end_s > 5.0
    bare = made(folder, "bare", scene(61, 64, 6.0, things=3))
    assert shown_in(stop, bare) == ()

    plain, marked = MemoryLibrary(), MemoryLibrary()
    for library, marks in ((plain, []), (marked, [mark])):
        library.add(first, "first", templates=marks)
        library.add(second, "second")
    before = {one.recording: one for one in search(third, plain)}
    after = {one.recording: one for one in search(third, marked)}
    assert before[2].score > 4.5
    assert 2 not in after or (after[2].relation != "copy" and after[2].score < before[2].score / 2)
    part = made(folder, "part", clips["second"][RATE : 5 * RATE], crf=28)
    again = next(one for one in search(part, marked) if one.recording == 2)
    assert again.relation == "copy" and AREA_WORDS in again.reasons, "what lies outside still proves it"
