"""The pictures a person checks a match by: what is drawn where, and that small stills show what was there."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.lines.copies.planting import cropped, mirrored, scene_frames
from tests.lines.copies.told import SAME, found, hours, known, match, observations, shrunk, zoomed

from witnessmark.lines.copies import strips
from witnessmark.lines.copies.appearances import Member, chain
from witnessmark.lines.copies.fingerprint import Thumbnails
from witnessmark.lines.copies.moments import moments
from witnessmark.lines.copies.observations import CopiesObservations, StillPair
from witnessmark.lines.copies.stills import packed, unpacked


def grey(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Small and grey, as thumbnails are."""
    picture = Image.fromarray(frame).convert("L").resize((56, 32), Image.Resampling.BOX)
    return np.asarray(picture, np.uint8)


@pytest.fixture(scope="module")
def seen() -> CopiesObservations:
    frames = scene_frames(0, 60)
    edited = mirrored(cropped(frames))
    pairs = [
        StillPair(0, 0, at / 25, at / 25, packed(grey(edited[at])), packed(grey(frames[at]))) for at in (5, 25, 45)
    ]
    copy = found(known("WM-0003"), mirrored=True, matrix=zoomed(0.8, 0.1, 0.1), words=("cropped",))
    partner = dataclasses.replace(found(known("label 7"), tier_number=1), stretches=())
    made = observations(copy, partner, stills=pairs)
    members = [Member("WM-0001", "", 10.0, (hours(9.0),), None), Member("WM-0003", "", 10.0, (hours(1.0),), match())]
    return dataclasses.replace(made, chain=chain(members))


def test_pictures_say_whether_they_show_footage(seen: CopiesObservations) -> None:
    pictures = strips.draw(seen)
    assert [(picture.name, picture.shows_footage) for picture in pictures] == [
        ("copies-strip-1", True),
        ("copies-strip-1-blurred", False),
        ("copies-strip-2", False),
        ("copies-appearances", False),
    ]
    sizes = [Image.open(io.BytesIO(picture.png)).size for picture in pictures]
    assert sizes[0][1] > 2 * sizes[2][1]
    assert [picture.png for picture in strips.draw(seen)] == [picture.png for picture in pictures]
    assert strips.draw(observations()) == ()


def test_names_from_outside_cannot_break_the_picture() -> None:
    one = found(known("a$b$^{\\frac\x1b[31m\u202e" + "x" * 300))
    assert strips.draw(observations(one))[0].png.startswith(b"\x89PNG")


def test_a_still_that_cannot_be_read_leaves_the_others_standing(seen: CopiesObservations) -> None:
    broken = dataclasses.replace(seen.stills[0], item_jpeg="AAAA", known_jpeg="not base64 ~")
    assert strips.draw(dataclasses.replace(seen, stills=(broken, *seen.stills[1:])))[0].shows_footage
    assert unpacked("not base64 ~") is None and unpacked("") is None and unpacked("AAAA") is None


def test_small_stills_keep_the_picture() -> None:
    picture = grey(scene_frames(3, 1)[0])
    again = unpacked(packed(picture))
    assert again is not None and again.shape == picture.shape
    assert np.mean(np.abs(again.astype(float) - picture)) < 4.0
    assert len(packed(picture)) < 2000


def test_the_known_picture_laid_into_the_item_s_frame_agrees_with_it() -> None:
    frame = scene_frames(30, 1)
    for turned in (False, True):
        edited = cropped(frame, 0.8)
        edited = mirrored(edited) if turned else edited
        source, item = Image.fromarray(frame[0]).convert("L"), Image.fromarray(edited[0]).convert("L")
        known_luma, item_luma = np.asarray(source, np.uint8), np.asarray(item, np.uint8)
        matrix = np.array(zoomed(0.8, 0.1, 0.1)).reshape(3, 3)
        brought = strips.laid_in(known_luma, item_luma.shape, matrix, turned)
        agreement = np.corrcoef(brought.ravel(), item_luma.ravel())[0, 1]
        other = strips.laid_in(known_luma, item_luma.shape, matrix, not turned)
        assert agreement > 0.98 > np.corrcoef(other.ravel(), item_luma.ravel())[0, 1]
    outside = strips.laid_in(known_luma, item_luma.shape, np.array(shrunk(0.5)).reshape(3, 3), False)
    assert np.all(outside[-20:, -20:] == 255)


def test_moments_are_the_same_moment_in_both() -> None:
    item_times, known_times = np.arange(0.0, 12.0, 0.25), np.arange(0.1, 20.0, 0.25)
    blank = np.zeros((1, 4, 4), np.uint8)
    item = Thumbnails(item_times.astype(np.float32), np.repeat(blank, item_times.size, 0))
    reference = Thumbnails(known_times.astype(np.float32), np.repeat(blank, known_times.size, 0))
    stretch = match(q0_s=2.0, q1_s=10.0, r0_s=3.0, speed=1.25, matrix=SAME).stretches[0]
    rows = moments(stretch, item, reference, 6)
    assert len(rows) == 6 and rows == sorted(rows)
    for item_row, known_row in rows:
        assert 2.0 <= item_times[item_row] <= 10.0
        assert abs(3.0 + 1.25 * (item_times[item_row] - 2.0) - known_times[known_row]) < 0.13
    beyond = Thumbnails(known_times[:4].astype(np.float32), np.repeat(blank, 4, 0))
    assert moments(stretch, item, beyond, 6) == []
    assert moments(stretch, item, Thumbnails(np.zeros(0, np.float32), np.zeros((0, 4, 4), np.uint8)), 6) == []
