from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from tests.lines.copies.moving import RATE, Frame, cropped, each, framed, letterboxed, scene, turned, write

from witnessmark.errors import ClashError
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of, limits_for, thumbnail_size
from witnessmark.lines.copies.library import Template
from witnessmark.lines.copies.limits import RELATED_SCORE
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.search import compare, search
from witnessmark.media.records import Broken, Limits

SECONDS = 8.0


def made(folder: Path, name: str, frames: Sequence[Frame], rate: float = RATE, crf: int = 23) -> Fingerprint:
    found = fingerprint_of(write(folder / f"{name}.mp4", frames, rate, crf))
    assert isinstance(found, Fingerprint), found
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made_there: Path = tmp_path_factory.mktemp("copies")
    return made_there


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return scene(1, 1, SECONDS)


@pytest.fixture(scope="module")
def library(folder: Path, frames: list[Frame]) -> MemoryLibrary:
    kept = MemoryLibrary()
    kept.add(made(folder, "reference", frames), "reference.mp4")
    for other in (2, 3):
        kept.add(made(folder, f"other{other}", scene(other, other, 6.0)), f"other{other}.mp4")
    return kept


def best(query: Fingerprint, library: MemoryLibrary) -> Match:
    matches = search(query, library)
    assert matches, "nothing was found"
    return matches[0]


ATTACKS: dict[str, Callable[[list[Frame]], list[Frame]]] = {
    "cropped": lambda frames: each(cropped, frames),
    "mirrored": lambda frames: each(turned, frames),
    "letterboxed": lambda frames: each(letterboxed, frames),
    "framed": lambda frames: framed(frames, scene(7, 7, SECONDS)),
    "quick": lambda frames: [frames[round(k * 1.25)] for k in range(int(len(frames) / 1.25) - 1)],
    "excerpt": lambda frames: frames[3 * RATE : 7 * RATE],
    "inserted": lambda frames: scene(8, 8, 3.0) + frames[2 * RATE : 7 * RATE] + scene(8, 9, 3.0),
}
TRUTH = {  # query times, reference time at the first, speed, mirrored
    "cropped": (0.0, 8.0, 0.0, 1.0, False),
    "mirrored": (0.0, 8.0, 0.0, 1.0, True),
    "letterboxed": (0.0, 8.0, 0.0, 1.0, False),
    "framed": (0.0, 8.0, 0.0, 1.0, False),
    "quick": (0.0, 6.3, 0.0, 1.25, False),
    "excerpt": (0.0, 4.0, 3.0, 1.0, False),
    "inserted": (3.0, 8.0, 2.0, 1.0, False),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_changed_copy_is_a_copy_with_the_right_stretch(
    attack: str, folder: Path, frames: list[Frame], library: MemoryLibrary
) -> None:
    match = best(made(folder, attack, ATTACKS[attack](frames), crf=28), library)
    q0_s, q1_s, r0_s, speed, mirrored = TRUTH[attack]
    assert (match.recording, match.relation, match.mirrored, match.tier) == (1, "copy", mirrored, 3)
    longest = match.stretches[0]
    assert longest.speed == pytest.approx(speed, abs=0.06)
    assert longest.r0_s == pytest.approx(r0_s + speed * (longest.q0_s - q0_s), abs=0.3)
    assert longest.q0_s == pytest.approx(q0_s, abs=0.8) and longest.q1_s == pytest.approx(q1_s, abs=1.0)
    assert longest.agreed_s > 2.0


def test_the_transform_says_where_the_reference_lies(folder: Path, frames: list[Frame], library: MemoryLibrary) -> None:
    match = best(made(folder, "framed2", framed(frames, scene(7, 7, SECONDS))), library)
    matrix = np.array(match.stretches[0].transform.matrix).reshape(3, 3)
    corners = np.array([[0, 0, 1], [1, 1, 1]]) @ matrix.T
    placed = corners[:, :2] / corners[:, 2:]
    assert placed == pytest.approx(np.array([[150 / 320, 80 / 180], [310 / 320, 170 / 180]]), abs=0.03)
    assert match.stretches[0].transform.words[0] == "framed"


def test_an_unrelated_clip_is_no_copy(folder: Path, library: MemoryLibrary) -> None:
    matches = search(made(folder, "unrelated", scene(20, 20, 7.0)), library)
    assert all(one.relation != "copy" and one.score < 2.0 for one in matches)


def test_the_same_room_at_another_moment_is_related(folder: Path, library: MemoryLibrary) -> None:
    match = best(made(folder, "later", scene(1, 50, 7.0)), library)
    assert (match.recording, match.relation) == (1, "related")
    assert match.score < 4.0
    assert match.reasons


def test_a_shared_opening_is_no_copy(folder: Path) -> None:
    intro = scene(30, 30, 2.5, things=10)
    kept = MemoryLibrary()
    kept.add(made(folder, "dressed", intro + scene(31, 31, 6.0)), "dressed.mp4")
    query = made(folder, "dressed2", intro + scene(32, 32, 6.0))
    for tier in (1, 3):
        matches = search(query.up_to(tier), kept)
        assert all(one.relation != "copy" for one in matches)


def test_a_stretch_marked_as_shared_does_not_count(folder: Path, frames: list[Frame], library: MemoryLibrary) -> None:
    marked = MemoryLibrary()
    intro = Template("intro", 0.0, 9.0, None)
    marked.add(library.fingerprint(1), "reference.mp4", templates=[intro])
    query = made(folder, "excerpt2", frames[2 * RATE : 6 * RATE])
    assert best(query, library).relation == "copy"
    assert all(one.relation != "copy" for one in search(query, marked))


def test_tier_one_alone_finds_and_places_a_copy(folder: Path, frames: list[Frame], library: MemoryLibrary) -> None:
    only_codes = MemoryLibrary()
    for recording in library.recordings():
        only_codes.add(library.fingerprint(recording.id).up_to(1), recording.name)
    match = best(made(folder, "small", each(letterboxed, frames)).up_to(1), only_codes)
    assert (match.recording, match.tier) == (1, 1)
    assert match.stretches[0].r0_s == pytest.approx(match.stretches[0].q0_s, abs=0.3)


def test_what_is_left_out_is_not_told(folder: Path, frames: list[Frame], library: MemoryLibrary) -> None:
    query = made(folder, "again", frames)
    assert 1 not in {one.recording for one in search(query, library, leave_out=[1])}


def test_two_fingerprints_compare_without_a_library(folder: Path, frames: list[Frame], library: MemoryLibrary) -> None:
    query = made(folder, "pair", each(turned, frames))
    match = compare(query, library.fingerprint(1))
    assert match is not None and match.relation == "copy" and match.mirrored and match.recording == 0
    other = compare(query, library.fingerprint(2))
    assert other is None or other.relation != "copy"


def test_another_algorithm_is_said_and_not_searched(library: MemoryLibrary) -> None:
    query = library.fingerprint(1)
    other = MemoryLibrary("witnessmark-copies/0")
    with pytest.raises(ClashError, match="witnessmark-copies/0"):
        search(query, other)


def test_the_same_file_gives_the_same_fingerprint(folder: Path, frames: list[Frame]) -> None:
    path = write(folder / "same.mp4", frames[: 2 * RATE])
    one, other = fingerprint_of(path), fingerprint_of(path)
    assert isinstance(one, Fingerprint) and isinstance(other, Fingerprint)
    assert one.algorithm == ALGORITHM and one.features is not None and other.features is not None
    assert (one.frames.codes == other.frames.codes).all() and (one.features.codes == other.features.codes).all()
    assert one.thumbnails is not None and other.thumbnails is not None
    assert (one.thumbnails.luma == other.thumbnails.luma).all()


def test_a_fingerprint_has_the_rates_and_sizes_it_should(library: MemoryLibrary) -> None:
    one = library.fingerprint(1)
    assert one.duration_s == pytest.approx(SECONDS, abs=0.1)
    assert len(one.frames.codes) == 16 and one.sound is None
    assert one.thumbnails is not None and len(one.thumbnails.luma) == 32
    assert one.features is not None and 8 <= len(one.features.times_s) <= 17
    assert one.features.first[-1] == len(one.features.codes) == len(one.features.x)
    assert thumbnail_size(1920, 1080) == (56, 32) and thumbnail_size(1080, 1920) == (32, 56)
    assert min(thumbnail_size(10_000, 100)) >= 16


def test_two_frames_and_a_still_are_fingerprinted_and_searched(
    folder: Path, frames: list[Frame], library: MemoryLibrary
) -> None:
    for name, part in (("still", frames[:1]), ("two", frames[:2])):
        one = made(folder, name, part)
        assert len(one.frames.codes) == 1
        for tier in (1, 3):
            matches = search(one.up_to(tier), library)
            assert all(match.relation != "copy" for match in matches)
            assert matches[0].score >= RELATED_SCORE  # its picture is in the clip
            itself = compare(one.up_to(tier), one.up_to(tier))
            assert itself is not None and itself.relation == "related" and itself.score >= RELATED_SCORE
            for match in (matches[0], itself):
                assert "too few frames" in match.reasons[-1] and "cannot be proved" in match.reasons[-1]
    assert not search(made(folder, "unlike", scene(9, 9, 0.1)).up_to(1), library)


def test_where_nothing_moves_the_reason_says_so(folder: Path, frames: list[Frame], library: MemoryLibrary) -> None:
    slide = made(folder, "slide", [frames[0]] * 4 * RATE)
    match = best(slide, library)
    assert match.relation == "related"
    assert match.reasons[-1] == "Nothing moves in this recording, so that it is the same moment cannot be proved."
    assert all("cannot be proved" not in reason for reason in best(library.fingerprint(1), library).reasons)


def test_stretches_lie_within_both_recordings(folder: Path, frames: list[Frame], library: MemoryLibrary) -> None:
    query = made(folder, "later", [frames[0]] * RATE + frames[: 5 * RATE])
    for reference in map(library.fingerprint, (one.id for one in library.recordings())):
        match = compare(query, reference)
        for stretch in () if match is None else match.stretches:
            assert 0.0 <= stretch.q0_s <= stretch.q1_s <= query.duration_s
            assert 0.0 <= stretch.r0_s <= stretch.r1_s <= reference.duration_s


def test_sound_alone_has_a_fingerprint_without_pictures(folder: Path) -> None:
    path = folder / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        noise = np.random.default_rng(1).integers(-8000, 8000, (1, 64_000)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    one = fingerprint_of(path)
    assert isinstance(one, Fingerprint)
    assert (one.width_px, len(one.frames.codes), one.features, one.thumbnails) == (0, 0, None, None)
    assert one.sound is not None and one.duration_s == pytest.approx(4.0, abs=0.1)
    assert search(one, MemoryLibrary()) == ()


def test_what_is_no_recording_is_broken(folder: Path) -> None:
    path = folder / "text.mp4"
    path.write_text("not a recording")
    assert isinstance(fingerprint_of(path), Broken)


def test_limits_stop_early_and_say_so(folder: Path, frames: list[Frame]) -> None:
    path = write(folder / "long.mp4", frames)
    one = fingerprint_of(path, Limits(max_frames=30))
    assert isinstance(one, Fingerprint) and one.stopped
    assert limits_for(path).cpu_s > 300
