"""The benchmark's manipulated clips are what their truth says."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.copies_lab.attacks import ATTACKS, Attacked
from benchmarks.copies_lab.dress import INTRO_S, dressed
from benchmarks.copies_lab.footage import SOUND_HZ, Footage, read, write
from benchmarks.copies_lab.measure import Share
from benchmarks.copies_lab.rendered import moment

CLIP = moment(7, 0, duration_s=3.2)
OTHER = moment(8, 0, duration_s=2.0)
OUTSIDE_THE_PICTURE = {"letterbox", "pip", "screen", "crop", "caption", "combo", "combo+mirror", "colour"}


def attacked(name: str) -> Attacked:
    return ATTACKS[name](CLIP, OTHER, np.random.default_rng(5))


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in OUTSIDE_THE_PICTURE])
def test_the_frames_are_where_the_truth_says(name: str) -> None:
    made = attacked(name)
    for share in (0.1, 0.5, 0.9):
        number = round((made.q0_s + share * (made.q1_s - made.q0_s)) * made.clip.rate_hz)
        q_s = number / made.clip.rate_hz
        r_s = made.r0_s + made.speed * (q_s - made.q0_s)
        shown = made.clip.frames[number]
        shown = np.asarray(shown[:, ::-1] if made.mirrored else shown, np.uint8)
        shown = np.asarray(cv2.resize(shown, CLIP.size_px), np.uint8)
        nearest = min(range(len(CLIP.frames)), key=lambda k: float(cv2.norm(shown, CLIP.frames[k], cv2.NORM_L1)))
        assert abs(nearest / CLIP.rate_hz - r_s) <= 1.5 / CLIP.rate_hz


@pytest.mark.parametrize("name", list(ATTACKS))
def test_the_same_seed_gives_the_same_clip(name: str) -> None:
    one, other = attacked(name), attacked(name)
    assert len(one.clip.frames) == len(other.clip.frames)
    assert all(np.array_equal(a, b) for a, b in zip(one.clip.frames, other.clip.frames, strict=True))
    assert one.q1_s <= one.clip.duration_s + 1e-9
    assert one.r1_s <= CLIP.duration_s + 1e-9
    assert np.isclose(one.r1_s - one.r0_s, one.speed * (one.q1_s - one.q0_s))


@pytest.mark.parametrize("name", list(ATTACKS))
def test_sides_are_even_and_the_sound_lasts_as_long_as_the_pictures(name: str) -> None:
    made = attacked(name).clip
    assert all(side % 2 == 0 for side in made.size_px)
    assert made.sound is not None
    assert abs(made.sound.size / SOUND_HZ - made.duration_s) < 0.1


def test_a_dressed_clip_begins_with_the_same_intro() -> None:
    one, other = dressed(CLIP, 1), dressed(OTHER, 2)
    count = round(INTRO_S * CLIP.rate_hz)
    assert all(np.array_equal(a, b) for a, b in zip(one.frames[:count], other.frames[:count], strict=True))
    assert len(one.frames) == count + len(CLIP.frames)
    assert one.duration_s == pytest.approx(CLIP.duration_s + INTRO_S, abs=0.1)


def test_another_moment_has_the_same_walls_and_other_passers_by() -> None:
    later = moment(7, 1, duration_s=3.2)
    median = [np.median(np.stack(clip.frames[::3]), axis=0) for clip in (CLIP, later)]
    unlike = np.abs(median[0] - median[1]).mean()
    apart = np.abs(CLIP.frames[30].astype(float) - later.frames[30]).max(axis=2)
    assert unlike < 8
    assert (apart > 60).mean() > 0.005


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    write(target, CLIP, crf=18)
    again = read(target)
    assert (len(again.frames), again.rate_hz, again.size_px) == (len(CLIP.frames), CLIP.rate_hz, CLIP.size_px)
    assert cv2.PSNR(again.frames[40], CLIP.frames[40]) > 30
    first = target.read_bytes()
    write(target, CLIP, crf=18)
    assert target.read_bytes() == first


def test_a_part_keeps_sound_and_pictures_together() -> None:
    part = Footage(CLIP.frames, CLIP.rate_hz, CLIP.sound).part(2.0, 3.0)
    assert part.duration_s == pytest.approx(1.0)
    assert part.sound is not None and CLIP.sound is not None
    assert np.array_equal(part.sound, CLIP.sound[2 * SOUND_HZ : 3 * SOUND_HZ])


def test_wilson_intervals_are_the_published_ones() -> None:
    low, high = Share(15, 148).wilson()
    assert low == pytest.approx(0.0624, abs=5e-4)
    assert high == pytest.approx(0.1605, abs=5e-4)
    assert Share(0, 0).wilson() == (0.0, 1.0)
