from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.lines.copies.moving import HEIGHT, RATE, WIDTH, Frame, cropped, each, scene, turned, write

from witnessmark.lines.copies.agreement import along, change_table, overlay
from witnessmark.lines.copies.areas import outside_areas
from witnessmark.lines.copies.candidates import Candidate
from witnessmark.lines.copies.fingerprint import Fingerprint, Thumbnails
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.library import Template
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.search import search
from witnessmark.lines.copies.templates import AREA_WORDS, MANY_WORDS
from witnessmark.lines.copies.timeline import Line

BOX = (0.4, 0.35, 1.0, 1.0)
JINGLE_S = 4.0


def made(folder: Path, name: str, frames: Sequence[Frame]) -> Fingerprint:
    found = fingerprint_of(write(folder / f"{name}.mp4", frames))
    assert isinstance(found, Fingerprint), found
    return found


def cornered(frames: Sequence[Frame], corner: Sequence[Frame]) -> list[Frame]:
    """A lively panel over the lower right of every frame."""
    drawn = []
    left, top = round(BOX[0] * WIDTH), round(BOX[1] * HEIGHT)
    for frame, panel in zip(frames, corner, strict=True):
        sheet = frame.copy()
        sheet[top:, left:] = panel[top:, left:]
        drawn.append(sheet)
    return drawn


def holding(*kept: Fingerprint, marks: Sequence[Template] = ()) -> MemoryLibrary:
    library = MemoryLibrary()
    for number, one in enumerate(kept, 1):
        library.add(one, f"recording {number}", templates=marks)
    return library


def told(query: Fingerprint, library: MemoryLibrary) -> dict[int, Match]:
    return {one.recording: one for one in search(query, library)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="module")
def panels(folder: Path) -> tuple[Fingerprint, Fingerprint, Fingerprint]:
    """A clip with a panel, another with the same panel, and an excerpt of the first with it."""
    corner = scene(60, 60, 6.0)
    first = cornered(scene(61, 61, 6.0, things=3), corner)
    other = cornered(scene(62, 62, 6.0, things=1), corner)
    return made(folder, "first", first), made(folder, "other", other), made(folder, "part", first[RATE : 5 * RATE])


def test_a_panel_many_clips_share_proves_a_copy_only_while_it_is_not_marked(
    panels: tuple[Fingerprint, Fingerprint, Fingerprint],
) -> None:
    first, other, part = panels
    panel = Template("lower-third", 0.0, 6.0, BOX)
    plain, marked = told(other, holding(first)), told(other, holding(first, marks=[panel]))
    assert plain[1].relation == "copy"
    assert 1 not in marked or (marked[1].relation != "copy" and marked[1].score < 2.0)
    features = search(other.up_to(2), holding(first.up_to(2), marks=[panel]))
    assert all(one.relation != "copy" for one in features)
    again = told(part, holding(first, marks=[panel]))[1]
    assert again.relation == "copy" and AREA_WORDS in again.reasons
    assert again.stretches[0].r0_s == pytest.approx(again.stretches[0].q0_s + 1.0, abs=0.3)


def test_a_mark_of_another_time_changes_nothing(panels: tuple[Fingerprint, Fingerprint, Fingerprint]) -> None:
    first, other, _ = panels
    late = Template("logo", 60.0, 70.0, BOX)
    assert search(other, holding(first, marks=[late])) == search(other, holding(first))


def test_what_a_marked_area_shows_does_not_matter(panels: tuple[Fingerprint, Fingerprint, Fingerprint]) -> None:
    first, _, part = panels
    assert first.thumbnails is not None and part.thumbnails is not None
    luma = first.thumbnails.luma.copy()
    _, height, width = luma.shape
    noise = np.random.default_rng(5).integers(0, 256, luma.shape, dtype=np.uint8)
    top, left = round(BOX[1] * height), round(BOX[0] * width)
    luma[:, top:, left:] = noise[:, top:, left:]
    spoiled = Thumbnails(first.thumbnails.times_s, luma)
    line = Line(1.0, 1.0, 0.2, 3.6, 0.0)
    for marks, most in (((Template("logo", 0.0, 6.0, BOX),), 0.02), ((), None)):
        laid = [overlay(part.thumbnails, one, np.eye(3), False, marks) for one in (first.thumbnails, spoiled)]
        assert laid[0] is not None and laid[1] is not None
        seen = [along(one, line) for one in laid if one is not None]
        assert seen[0] is not None and seen[1] is not None
        shares, tables = [one.share() for one in seen if one is not None], [change_table(one) for one in laid if one]
        apart = max(abs(shares[0] - shares[1]), float(np.abs(tables[0] - tables[1]).max()))
        assert apart < most if most is not None else apart > 0.2
        assert shares[0] > 0.7


def test_local_features_in_a_marked_area_are_left_out_and_hits_follow_the_rest(
    panels: tuple[Fingerprint, Fingerprint, Fingerprint],
) -> None:
    first = panels[0]
    local = first.features
    assert local is not None
    hits = np.stack([np.arange(len(local.codes)), np.arange(len(local.codes))], axis=1)
    candidate = Candidate(1, False, 1.0, np.zeros((0, 3)), hits)
    mark = Template("logo", 2.0, 3.0, BOX)
    fewer, left = outside_areas(first, candidate, [mark])
    assert fewer.features is not None and 0 < len(fewer.features.codes) < len(local.codes)
    assert (fewer.features.codes[left.feature_hits[:, 1]] == local.codes[left.feature_hits[:, 0]]).all()
    assert len(left.feature_hits) == len(fewer.features.codes) == fewer.features.first[-1]
    gone = np.setdiff1d(hits[:, 0], left.feature_hits[:, 0])
    times_s = local.times_s[np.searchsorted(local.first, gone, side="right") - 1]
    assert (times_s > 1.6).all() and (times_s < 3.4).all() and (local.x[gone] >= BOX[0] * 65535).all()
    assert outside_areas(first, candidate, [replace(mark, box=None)]) == (first, candidate)


def around(seed: int, middle: Sequence[Frame]) -> list[Frame]:
    """Three seconds of one clip, a sequence, and three seconds more of the clip."""
    own = scene(seed, seed, 6.0)
    return [*own[: 3 * RATE], *middle, *own[3 * RATE :]]


@pytest.fixture(scope="module")
def sharing(folder: Path) -> tuple[list[Frame], list[list[Frame]], list[Fingerprint]]:
    """A sequence, three unrelated clips in which it is inserted, and their fingerprints."""
    jingle = scene(70, 70, JINGLE_S, things=10)
    clips = [around(seed, jingle) for seed in (71, 72, 73)]
    return jingle, clips, [made(folder, f"sharing{number}", clip) for number, clip in enumerate(clips)]


def test_a_sequence_that_many_recordings_share_makes_no_copy(
    folder: Path, sharing: tuple[list[Frame], list[list[Frame]], list[Fingerprint]]
) -> None:
    jingle, _, kept = sharing
    query = made(folder, "fourth", around(74, jingle))
    two, three = told(query, holding(*kept[:2])), told(query, holding(*kept))
    assert [two[number].relation for number in (1, 2)] == ["copy", "copy"]
    assert all(one.relation != "copy" and one.score < 2.0 for one in three.values())
    assert any(MANY_WORDS in one.reasons for one in three.values())
    for tier in (1, 2):
        fewer = [one.up_to(tier) for one in kept]
        assert told(query.up_to(tier), holding(*fewer[:2]))[1].score > 2.0
        assert all(one.score < 2.0 for one in search(query.up_to(tier), holding(*fewer)))


def test_who_shows_more_than_the_shared_sequence_is_still_a_copy(
    folder: Path, sharing: tuple[list[Frame], list[list[Frame]], list[Fingerprint]]
) -> None:
    _, clips, kept = sharing
    other = scene(75, 75, 4.0)
    whole = told(
        made(folder, "fifth", other[: 2 * RATE] + clips[0][RATE : 9 * RATE] + other[2 * RATE :]), holding(*kept)
    )
    assert whole[1].relation == "copy"
    assert all(one.relation != "copy" for number, one in whole.items() if number != 1)
    assert whole[1].stretches[0].r0_s == pytest.approx(whole[1].stretches[0].q0_s - 1.0, abs=0.4)


def test_the_sequence_alone_is_found_in_all_that_show_it(
    folder: Path, sharing: tuple[list[Frame], list[list[Frame]], list[Fingerprint]]
) -> None:
    jingle, _, kept = sharing
    assert {one.relation for one in told(made(folder, "alone", jingle), holding(*kept)).values()} == {"copy"}


def test_re_edits_of_one_clip_all_still_match(folder: Path) -> None:
    clip = scene(80, 80, 8.0)
    edits = (clip, each(cropped, clip), each(turned, clip), clip[RATE : 8 * RATE])
    kept = [made(folder, f"edit{number}", frames) for number, frames in enumerate(edits)]
    other = scene(81, 81, 4.0)
    query = made(folder, "used", other[: 2 * RATE] + clip[2 * RATE : 6 * RATE] + other[2 * RATE :])
    matches = told(query, holding(*kept))
    assert [matches[number].relation for number in (1, 2, 3, 4)] == ["copy"] * 4
    assert all(MANY_WORDS not in one.reasons for one in matches.values())


def test_the_clip_a_shared_sequence_was_cut_from_is_still_a_copy(
    folder: Path, sharing: tuple[list[Frame], list[list[Frame]], list[Fingerprint]]
) -> None:
    source = scene(70, 70, 8.0, things=10)
    used = source[: round(JINGLE_S * RATE)]
    assert all((a == b).all() for a, b in zip(used, sharing[0], strict=True))
    query = made(folder, "using", around(76, used))
    matches = told(query, holding(made(folder, "source", source), *sharing[2]))
    assert matches[1].relation == "copy"
