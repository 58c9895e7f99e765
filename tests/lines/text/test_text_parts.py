"""The parts of the text line: boxes, lines set upright, scripts weighed, overlays told from the scene, packs found."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.text.planting import frame, written

from witnessmark.errors import BadInputError
from witnessmark.lines.text.choosing import MIXED, choose, script_shares, sense
from witnessmark.lines.text.detecting import Box, height_px, quad_of, width_px
from witnessmark.lines.text.following import Sighting, edits, layer_of, looks_same, similar, surroundings
from witnessmark.lines.text.frames import MOST_FRAMES, choose_times
from witnessmark.lines.text.packs import SCRIPTS, packs_for
from witnessmark.lines.text.reading import ReadLine, ReadWord, without_edge_marks
from witnessmark.lines.text.rectifying import LINE_PX, MARGIN_PX, rectified
from witnessmark.media.records import Survey


def word(text: str, share: float = 0.9, left: float = 0.0, right: float = 1.0) -> ReadWord:
    return ReadWord(text, share, left, right)


def line(text: str, script: str, share: float) -> ReadLine:
    return ReadLine({"latin": "eng", "cyrillic": "rus", "armenian": "hye"}[script], script, (word(text, share),))


def quad(left: float, top: float, wide: float, high: float) -> np.ndarray:
    return np.array([[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]], np.float64)


def test_a_region_seen_from_aside_gets_a_four_sided_outline() -> None:
    true = np.array([[40, 60], [260, 40], [260, 110], [40, 90]], np.float64)  # grows to the right
    mask = np.zeros((160, 300), np.uint8)
    cv2.fillConvexPoly(mask, true.astype(np.int32), 1)
    found = quad_of(mask > 0)
    assert found is not None
    left_px, right_px = np.linalg.norm(found[3] - found[0]), np.linalg.norm(found[2] - found[1])
    slope = 40.0 / 220.0  # of the region's height along its length; the outline goes on with it beyond both ends
    assert (right_px - left_px) / width_px(found) == pytest.approx(slope, abs=0.03)
    assert found[:, 0].min() < 40.0 and found[:, 0].max() > 260.0


@pytest.mark.parametrize("turn_deg", [-30.0, 0.0, 20.0])
def test_a_turned_line_is_set_upright(turn_deg: float) -> None:
    plate = written("turned", ink=10, paper=240)
    high, wide = plate.shape[:2]
    turn = cv2.getRotationMatrix2D((160.0, 120.0), -turn_deg, 1.0)
    turn[:, 2] += turn[:, :2] @ [160.0 - wide / 2.0, 120.0 - high / 2.0]
    picture = np.asarray(cv2.warpAffine(plate, turn, (320, 240), borderValue=(240, 240, 240)), np.uint8)
    corners = np.array([[0, 0, 1], [wide, 0, 1], [wide, high, 1], [0, high, 1]], np.float64) @ turn.T
    upright = rectified(picture, corners)
    straight = rectified(plate, quad(0, 0, wide, high))
    assert upright.shape[0] == LINE_PX + 2 * MARGIN_PX
    assert looks_same(straight, upright)


def test_light_on_dark_is_turned_round() -> None:
    for ink, paper in ((20, 230), (240, 30)):
        plate = written("sign", ink=ink, paper=paper)
        upright = rectified(plate, quad(0, 0, plate.shape[1], plate.shape[0]))
        assert np.median(upright) > 150 > upright.min()


def test_edge_marks_go_and_what_belongs_stays() -> None:
    kept = without_edge_marks([word("|"), word("(Stop"), word("here!"), word("]|")])
    assert [one.text for one in kept] == ["Stop", "here!"]
    assert without_edge_marks([word("|_|"), word("—")]) == ()
    assert [one.text for one in without_edge_marks([word("[A-7]")])] == ["A-7"]


def test_the_script_that_reads_best_is_named_and_rivals_are_kept() -> None:
    chosen = choose([line("OHACHO MHHbi", "latin", 0.55), line("ОПАСНО МИНЫ", "cyrillic", 0.93)])
    assert chosen is not None and chosen.script == "cyrillic" and chosen.share > 0.9
    assert [one.script for one in chosen.lines] == ["cyrillic", "latin"] or len(chosen.lines) == 1


def test_letters_that_look_alike_leave_it_open() -> None:
    shares = script_shares([line("COCHA", "latin", 0.93), line("СОСНА", "cyrillic", 0.92)])
    assert 0.4 < shares["cyrillic"] < 0.6 and sum(shares.values()) == pytest.approx(1.0)


def test_noise_makes_no_sense() -> None:
    assert choose([line("~{", "latin", 0.4), line("ЪЫ", "cyrillic", 0.1)]) is None
    assert choose([line("x", "latin", 0.95)]) is None and choose([line("ab", "latin", 0.5)]) is None
    assert choose([line("A7", "latin", 0.9)]) is not None
    assert choose([]) is None and script_shares([ReadLine("eng", "latin", ())]) == {}
    assert sense(line("aBcD", "latin", 0.9)) < sense(line("abcd", "latin", 0.9))


def test_a_line_in_two_scripts_is_read_word_by_word() -> None:
    latin = ReadLine("eng", "latin", (word("HOTEL", 0.95, 0.0, 0.4), word("BOCXOA", 0.35, 0.45, 1.0)))
    cyrillic = ReadLine("rus", "cyrillic", (word("НОТЕИ", 0.4, 0.0, 0.4), word("ВОСХОД", 0.94, 0.45, 1.0)))
    chosen = choose([latin, cyrillic])
    assert chosen is not None and chosen.script == MIXED and chosen.lines[0].text == "HOTEL ВОСХОД"
    assert {one.script for one in chosen.lines[1:]} == {"latin", "cyrillic"}


@given(st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=100, deadline=None)
def test_edits_is_a_distance(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one) <= max(len(one), len(other))
    assert (edits(one, other) == 0) == (one == other)
    assert similar(one, one) or len("".join(one.casefold().split())) < 2


def sightings(boxes: list[np.ndarray], frames: list[np.ndarray]) -> list[Sighting]:
    made = []
    for number, (corners, rgb) in enumerate(zip(boxes, frames, strict=True)):
        box = Box(corners, 0.9)
        made.append(Sighting(number, float(number), box, rectified(rgb, corners), surroundings(rgb, box)))
    return made


def test_what_stays_while_the_world_moves_was_laid_over() -> None:
    frames = [frame(number) for number in (0, 6, 12)]
    mark, sign = quad(10, 12, 130, 28), quad(120, 140, 170, 34)
    assert layer_of(sightings([mark] * 3, frames))[0] == "overlay"
    moved = [sign - [6.0 * number, 0.0] for number in (0, 6, 12)]
    assert layer_of(sightings(moved, frames))[0] == "scene"


def test_a_still_camera_or_one_picture_cannot_tell() -> None:
    frames = [frame(4)] * 3
    assert layer_of(sightings([quad(10, 12, 130, 28)] * 3, frames))[0] == "undetermined"
    assert layer_of(sightings([quad(10, 12, 130, 28)], frames[:1]))[0] == "undetermined"


def test_every_shot_gives_a_picture_and_long_ones_more() -> None:
    times = np.arange(0.0, 100.0, 0.1)
    change = np.where(np.isclose(times % 1.0, 0.5), 0.1, 5.0).astype(np.float32)
    empty = np.zeros(len(times), np.float32)
    survey = Survey(
        pts_s=times, luma_change=change, luma_mean=empty, frame_digest=empty.astype(np.uint64), cut_scores=empty,
        shots_s=((0.0, 1.0), (1.0, 90.0), (90.0, 100.0)), stills=(), width_px=64, height_px=48, stopped=None,
    )  # fmt: skip
    chosen = choose_times(survey)
    assert len(chosen) == MOST_FRAMES and chosen == sorted(chosen)
    assert chosen[0] < 1.0 < chosen[1] and sum(at_s > 90.0 for at_s in chosen) >= 2
    many = dataclasses.replace(survey, shots_s=tuple((float(at), at + 1.0) for at in range(100)))
    assert len(choose_times(many)) == MOST_FRAMES


def test_packs_are_found_by_script_and_unknown_scripts_refused(tmp_path: Path) -> None:
    for name in ("hye", "eng", "aze", "tur", "rus"):
        (tmp_path / f"{name}.traineddata").write_bytes(name.encode())
    found = packs_for(["armenian", "latin", "georgian", "armenian"], tmp_path)
    assert [(pack.name, pack.script) for pack in found] == [("hye", "armenian"), ("aze", "latin"), ("eng", "latin")]
    assert len(found[0].sha256()) == 64
    with pytest.raises(BadInputError, match="no script 'runic'"):
        packs_for(["runic"], tmp_path)
    assert set(SCRIPTS) >= {"latin", "armenian", "cyrillic", "arabic"}


def test_a_box_knows_its_size() -> None:
    assert (width_px(quad(3, 4, 50, 20)), height_px(quad(3, 4, 50, 20))) == (50.0, 20.0)
