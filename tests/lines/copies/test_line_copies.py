"""The copies line from file to finding: rendered recordings, their re-edits, and libraries that hold some of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import math
import wave
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.clips import item_of, space, write
from tests.lines.copies.planting import (
    AXIS_START,
    FPS,
    captioned,
    cropped,
    encode,
    fingerprinted,
    framed,
    mirrored,
    plant_copies,
    scene_frames,
    seen_at,
)
from tests.lines.copies.told import ITEM, calibration, hours, match

from witnessmark.custody.records import Appearance, Moment
from witnessmark.errors import CustodyError
from witnessmark.lines.conformance import Planted, check_abstains, check_units, render_panel
from witnessmark.lines.contract import Abstention, Finding, Tools
from witnessmark.lines.copies import COPIES, likelihood, looking
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.library import Hits, Library, Recording
from witnessmark.lines.copies.limits import COPY_SCORE
from witnessmark.lines.copies.looking import covered_share, judged, look
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.moments import WRITTEN_LEVELS, with_writing, written_levels
from witnessmark.lines.copies.observations import CopiesObservations
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.search import search
from witnessmark.lines.copies.stoplist import Stop
from witnessmark.plain import canonical, from_plain, to_plain

OVER = space(AXIS_START)
ORIGINAL = scene_frames(0, 8 * FPS)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant_copies(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def seen(planted: Planted) -> CopiesObservations:
    return observed(planted)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Fingerprint]]:
    """One recording and three re-edits, each with its fingerprint."""
    folder = tmp_path_factory.mktemp("kept")
    edits: dict[str, Sequence[NDArray[np.uint8]]] = {
        "original": ORIGINAL,
        "mirrored": mirrored(ORIGINAL),
        "part": cropped(ORIGINAL[3 * FPS :]),
        "other": scene_frames(100_300, 5 * FPS),
    }
    made = {name: encode(folder / f"{name}.mp4", frames) for name, frames in edits.items()}
    return {name: (path, fingerprinted(path)) for name, path in made.items()}


def observed(planted: Planted) -> CopiesObservations:
    seen = COPIES.observe(planted.item, planted.marks, planted.tools)
    assert isinstance(seen, CopiesObservations), seen
    return seen


def test_a_cropped_captioned_re_edit_is_found_where_it_lies(seen: CopiesObservations) -> None:
    assert [found.known.name for found in seen.found if found.relation == "copy"] == ["known.mp4"]
    copy = seen.found[0]
    assert copy.score >= COPY_SCORE and not copy.mirrored and copy.covered_share > 0.9
    stretch = copy.stretches[0]
    assert abs(stretch.item_start_s - stretch.known_start_s) < 0.25 and stretch.speed_ratio == pytest.approx(
        1.0, abs=0.02
    )
    assert stretch.matrix_share[0] == pytest.approx(1.25, abs=0.06)
    assert set(stretch.words) == {"cropped", "captioned"}
    assert seen.searched[0].recordings_count == 2 and seen.searched[0].library == "case"
    check_units(seen)
    assert canonical(from_plain(CopiesObservations, to_plain(seen))) == canonical(seen)
    assert len(canonical(seen)) < 80_000


def test_it_bounds_the_time_of_filming_by_the_known_posting(seen: CopiesObservations, planted: Planted) -> None:
    finding = likelihood.weigh(seen, planted.over, COPIES.name, COPIES.version, calibration())
    assert isinstance(finding, Finding)
    values = finding.log_likelihood.values_nats[0]
    assert planted.true_instant is not None and values[planted.true_instant] == 0.0
    assert values[-1] < -3.0
    assert "known.mp4" in finding.statement and "no later than 2031-09-12T07:02:00Z" in finding.statement


def test_strips_and_panel_show_it(seen: CopiesObservations, planted: Planted) -> None:
    pictures = COPIES.draw(seen)
    assert pictures[0].name == "copies-strip-1" and pictures[0].shows_footage
    assert len([pair for pair in seen.stills if pair.found_index == 0]) == 6
    finding = COPIES.weigh(seen, planted.over)
    assert isinstance(finding, Finding)
    page = render_panel(COPIES, to_plain(seen), finding, None)
    assert "known.mp4" in page and "cropped, captioned" in page


def test_looking_twice_gives_the_same(seen: CopiesObservations, planted: Planted) -> None:
    assert canonical(observed(planted)) == canonical(seen)


def test_a_chain_in_order_with_what_was_changed(kept: dict[str, tuple[Path, Fingerprint]]) -> None:
    library = MemoryLibrary()
    library.add(kept["mirrored"][1], "mirrored", seen=[hours(9.0)])
    library.add(kept["original"][1], "original", seen=[hours(1.0)])
    library.add(kept["other"][1], "other", seen=[hours(0.5)])
    path = kept["part"][0]
    posted = Appearance("Channel", "x", None, Moment(AXIS_START + dt.timedelta(hours=30), "platform page"))
    tools = Tools(path, appearances=(posted,), providers={"fingerprints:organisation": library})
    seen = COPIES.observe(item_of(path), (), tools)
    assert isinstance(seen, CopiesObservations)
    assert [link.name for link in seen.chain.dated] == ["original", "mirrored", "WM-0001"]
    assert seen.chain.dated[1].changed == ("mirrored",)
    last = " ".join(seen.chain.dated[2].changed)
    assert "cropped: 6" in last and "mirrored" in last and "shortened from 8.0 s to 5.0 s" in last
    assert [picture.name for picture in COPIES.draw(seen)][-1] == "copies-appearances"


def test_the_very_same_file_is_told_apart_from_copies(kept: dict[str, tuple[Path, Fingerprint]]) -> None:
    path, fingerprint = kept["original"]
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    case, elsewhere = MemoryLibrary(), MemoryLibrary()
    case.add(fingerprint, "WM-0001", sha256=sha256)
    elsewhere.add(fingerprint, "label 9", origin="partner-x", sha256=sha256, seen=[hours(5.0, "as the partner states")])
    providers: dict[str, object] = {
        "fingerprints:partner-x": elsewhere,
        "fingerprints:case": case,
        "weather:x": object(),
    }
    seen = COPIES.observe(item_of(path), (), Tools(Path("never opened"), providers=providers))
    assert isinstance(seen, CopiesObservations)  # the case holds its fingerprint, so the file is not decoded again
    assert not seen.found and [one.library for one in seen.searched] == ["case", "partner-x"]
    assert [known.libraries for known in seen.same_file] == [("case",), ("partner-x",)]
    finding = COPIES.weigh(seen, OVER)
    assert isinstance(finding, Finding) and "The very same file" in finding.statement
    assert finding.log_likelihood.values_nats[0, -1] == pytest.approx(math.log(0.05))  # a partner's word can be wrong


def test_a_copy_that_only_another_copy_matches_is_found_through_it(
    kept: dict[str, tuple[Path, Fingerprint]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = MemoryLibrary()
    middle = library.add(kept["original"][1], "middle")
    far = library.add(kept["mirrored"][1], "far", seen=[hours(1.0)])
    item = kept["part"][1]

    def missing(
        query: Fingerprint, within: Library, *, leave_out: Collection[int] = (), stops: Sequence[Stop] | None = None
    ) -> tuple[Match, ...]:
        return search(query, within, leave_out={*leave_out, far.id} if query is item else leave_out, stops=stops)

    monkeypatch.setattr(looking, "search", missing)
    looked = look(item, item_of(kept["part"][0]).sha256, {"case": library}, lambda done, what: None)
    assert [(hit.recording.name, hit.via) for hit in looked.hits] == [("middle", ()), ("far", ("middle",))]
    joined = looked.hits[1].match
    assert joined.mirrored and joined.stretches[0].r0_s - joined.stretches[0].q0_s == pytest.approx(3.0, abs=0.3)
    assert middle.id != far.id


def test_what_directly_is_related_at_most_can_be_a_copy_through_another(
    kept: dict[str, tuple[Path, Fingerprint]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = MemoryLibrary()
    library.add(kept["original"][1], "middle", sha256="a" * 64)
    far = library.add(kept["mirrored"][1], "far", sha256="b" * 64)
    item = kept["part"][1]

    def unsure(
        query: Fingerprint, within: Library, *, leave_out: Collection[int] = (), stops: Sequence[Stop] | None = None
    ) -> tuple[Match, ...]:
        found = search(query, within, leave_out=leave_out, stops=stops)
        return tuple(
            dataclasses.replace(one, score=1.7, relation="related")
            if query is item and one.recording == far.id
            else one
            for one in found
        )

    monkeypatch.setattr(looking, "search", unsure)
    looked = look(item, item_of(kept["part"][0]).sha256, {"case": library}, lambda done, what: None)
    told = [(hit.recording.name, hit.match.relation, hit.via) for hit in looked.hits]
    assert told == [("middle", "copy", ()), ("far", "copy", ("middle",))]


class Damaged(MemoryLibrary):
    """A library whose rows cannot be read."""

    def recordings(self) -> Sequence[Recording]:
        raise CustodyError("A shard is damaged.", "Rebuild the library.")


def test_libraries_that_cannot_be_asked_are_told_of(kept: dict[str, tuple[Path, Fingerprint]]) -> None:
    path, fingerprint = kept["original"]
    old = MemoryLibrary("witnessmark-copies/0")
    good = MemoryLibrary()
    good.add(kept["mirrored"][1], "mirrored")
    looked = look(fingerprint, item_of(path).sha256, {"a": Damaged(), "b": old, "c": good}, lambda done, what: None)
    assert [bool(one.not_searched) for one in looked.searched] == [True, True, False]
    assert "Rebuild" in looked.searched[0].not_searched and ALGORITHM in looked.searched[1].not_searched
    assert [hit.recording.name for hit in looked.hits] == ["mirrored"]


class _AddedToMeanwhile(MemoryLibrary):
    """Somebody adds a recording after the list of recordings was read."""

    def __init__(self, late: Fingerprint) -> None:
        super().__init__()
        self._late: Fingerprint | None = late

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        late, self._late = self._late, None
        if late is not None:
            self.add(late, "late")
        return super().near_frames(codes, radius_bits)


class _WithView(_AddedToMeanwhile):
    @contextmanager
    def view(self) -> Iterator[Library]:
        """As it is now."""
        now = MemoryLibrary()
        for recording in self.recordings():
            now.add(self.fingerprint(recording.id), recording.name)
        yield now


@pytest.mark.parametrize("kind", [_AddedToMeanwhile, _WithView])
def test_what_another_adds_meanwhile_is_passed_over(
    kind: type[_AddedToMeanwhile], kept: dict[str, tuple[Path, Fingerprint]]
) -> None:
    library = kind(kept["part"][1])
    library.add(kept["original"][1], "original")
    looked = look(kept["mirrored"][1], ITEM, {"case": library}, lambda done, what: None)
    assert not looked.searched[0].not_searched and looked.searched[0].recordings_count == 1
    names = [hit.recording.name for hit in looked.hits]
    assert names[0] == "original" and (kind is _AddedToMeanwhile or names == ["original"])


def test_abstains_without_library_and_on_files_that_are_none(tmp_path: Path) -> None:
    text, blank = tmp_path / "text.mp4", tmp_path / "blank.mp4"
    text.write_bytes(b"This is no recording at all.\n" * 40)
    write(blank, [0] * 12)
    assert isinstance(COPIES.observe(item_of(text), (), Tools(text)), Abstention)
    check_abstains(COPIES, item_of(blank), Tools(blank), OVER)
    check_abstains(COPIES, item_of(blank), Tools(blank, providers={"fingerprints:case": MemoryLibrary()}), OVER)


def test_what_is_too_short_says_so_and_sound_alone_is_told_apart(
    tmp_path: Path, kept: dict[str, tuple[Path, Fingerprint]]
) -> None:
    library, others = MemoryLibrary(), MemoryLibrary()
    library.add(kept["original"][1], "original")
    others.add(kept["other"][1], "other")
    two = encode(tmp_path / "two.mp4", ORIGINAL[24:26])
    answer = check_abstains(COPIES, item_of(two), Tools(two, providers={"fingerprints:case": others}), OVER)
    assert "too short to be told by what moves, so its moment could not have been proved" in answer.reason
    for short in (two, encode(tmp_path / "still.mp4", ORIGINAL[24:25])):
        of_short = COPIES.observe(item_of(short), (), Tools(short, providers={"fingerprints:case": library}))
        assert isinstance(of_short, CopiesObservations) and of_short.found[0].relation == "related"
        assert "too few frames" in of_short.found[0].reasons[-1] and "cannot be proved" in of_short.found[0].reasons[-1]
        assert any("cannot be proved" in remark.seen for remark in of_short.remarks)
        assert COPIES.draw(of_short)
    tune = tmp_path / "tune.wav"
    with wave.open(str(tune), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.random.default_rng(4).normal(0, 3000, 96_000).astype("<i2").tobytes())
    library.add(fingerprinted(tune), "tune", seen=[hours(1.0)])
    seen = COPIES.observe(item_of(tune), (), Tools(tune, providers={"fingerprints:case": library}))
    assert isinstance(seen, CopiesObservations) and [found.relation for found in seen.found] == ["same-sound"]
    finding = likelihood.weigh(seen, OVER, COPIES.name, COPIES.version, calibration())
    assert isinstance(finding, Finding) and "holds no pictures itself" in finding.statement
    assert np.all(finding.log_likelihood.values_nats == 0.0)
    assert [ref.part for ref in finding.inputs] == ["sound"]


def test_two_recordings_of_one_kind_are_no_copies(kept: dict[str, tuple[Path, Fingerprint]]) -> None:
    path, _ = kept["other"]
    library = MemoryLibrary()
    library.add(kept["original"][1], "original", seen=[hours(1.0)])
    seen = COPIES.observe(item_of(path), (), Tools(path, providers={"fingerprints:case": library}))
    assert isinstance(seen, CopiesObservations)
    assert not [found for found in seen.found if found.relation == "copy"]
    answer = likelihood.weigh(seen, OVER, COPIES.name, COPIES.version, calibration())
    if isinstance(answer, Finding):
        assert np.all(answer.log_likelihood.values_nats == 0.0)
    else:
        assert "does not show that it is new" in answer.reason


def test_thresholds_turn_an_unsure_copy_into_related() -> None:
    unsure = judged(match(score=COPY_SCORE - 0.1))
    assert unsure is not None and unsure.relation == "related" and "below" in unsure.reasons[-1]
    sure = match(score=COPY_SCORE)
    assert judged(sure) == sure and judged(match(score=0.1)) is None and judged(None) is None


def test_no_stretch_is_told_from_before_the_beginning() -> None:
    recording = Recording(1, "known.mp4", "", 10.0, 3)
    hit = looking.Hit(match(q0_s=-0.05, r0_s=-0.1), recording, MemoryLibrary(), ("case",), ())
    told = looking.found_of(hit, 10.0).stretches[0]
    assert (told.item_start_s, told.known_start_s) == (0.0, 0.0) and told.known_end_s == pytest.approx(9.95)


def test_covered_share() -> None:
    stretches = [*match(q0_s=0.2, q1_s=4.0).stretches, *match(q0_s=3.0, q1_s=6.0).stretches]
    assert covered_share(stretches, 13.0) == pytest.approx(0.5)
    assert covered_share(match(q1_s=30.0).stretches, 10.0) == 1.0
    assert covered_share((), 10.0) == 0.0 and covered_share(stretches, 0.0) == 0.0


def test_writing_over_the_picture_is_seen_on_either_side(tmp_path: Path) -> None:
    plain = fingerprinted(encode(tmp_path / "a.mp4", ORIGINAL[: 3 * FPS])).thumbnails
    written = fingerprinted(encode(tmp_path / "b.mp4", captioned(ORIGINAL[: 3 * FPS]))).thumbnails
    smaller = fingerprinted(encode(tmp_path / "c.mp4", framed(ORIGINAL[: 3 * FPS]))).thumbnails
    assert plain is not None and written is not None and smaller is not None
    same = match(q1_s=2.9)
    for item, known in ((written, plain), (plain, written)):
        assert with_writing(same, item, known).stretches[0].transform.words == ("captioned",)
    assert with_writing(same, plain, plain) == same and with_writing(same, None, plain) == same
    inset = match(q1_s=2.9, matrix=(0.7, 0.0, 0.15, 0.0, 0.7, 0.15, 0.0, 0.0, 1.0))
    assert written_levels(inset, inset.stretches[0], smaller, plain) < WRITTEN_LEVELS


def test_an_own_posting_keeps_whether_its_zone_is_proven(planted: Planted) -> None:
    moment = Moment(AXIS_START + dt.timedelta(hours=40), "as told", zone_proven=False)
    tools = dataclasses.replace(planted.tools, appearances=(Appearance("Forum", "x", None, moment),))
    seen = COPIES.observe(planted.item, (), tools)
    assert isinstance(seen, CopiesObservations)
    assert seen.own[0].utc_offset_s is None and seen.own[0].how_known == "posting, as told"
    assert seen.chain.dated[-1].is_item and seen.chain.dated[0].first == seen_at(AXIS_START + dt.timedelta(hours=7))
