"""The shot detector on series whose truth is known, and on rendered scenes that are no cuts."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.media.clips import Image, panned, scene, write

from witnessmark import media
from witnessmark.media import shots


def series(kinds: list[int], moving: float = 0.1) -> NDArray[np.float32]:
    """Distances between pictures of the kinds given: `moving` a frame within a kind, 10 between kinds."""
    apart = np.zeros((len(kinds), len(shots.LAGS)), np.float32)
    for at in range(len(kinds)):
        for column, lag in enumerate(shots.LAGS):
            if lag <= at:
                same = kinds[at] == kinds[at - lag]
                apart[at, column] = min(10.0, moving * lag) if same else 10.0
    return apart


@given(st.lists(st.integers(7, 40), min_size=2, max_size=6), st.floats(0.0, 0.5))
def test_every_cut_and_no_other_is_found(lengths: list[int], moving: float) -> None:
    kinds = [number for number, length in enumerate(lengths) for _ in range(length)]
    truth = np.cumsum(lengths)[:-1].tolist()
    assert shots.cuts(shots.cut_scores(series(kinds, moving))).tolist() == truth


@given(st.integers(1, 5), st.integers(12, 40), st.floats(0.0, 1.0))
def test_a_flash_passes(length: int, at: int, moving: float) -> None:
    kinds = [0] * at + [1] * length + [0] * 30
    assert shots.cuts(shots.cut_scores(series(kinds, moving))).size == 0


@given(st.integers(0, 60), st.floats(0.0, 20.0))
def test_steady_movement_is_no_cut(count: int, moving: float) -> None:
    scores = shots.cut_scores(series([0] * count, moving))
    assert scores.shape == (count,) and np.isfinite(scores).all() and shots.cuts(scores).size == 0


def test_shots_cover_the_clip_without_gaps() -> None:
    kinds = [0] * 20 + [1] * 15 + [2] * 25
    times = np.cumsum(np.random.default_rng(2).uniform(0.01, 0.1, 60))
    even = np.full(60, 90, np.float32)
    found = shots.shots(times, shots.cut_scores(series(kinds)), even, even)
    assert [start for start, _ in found] == [times[0], times[20], times[35]]
    assert all(stop == start for (_, stop), (start, _) in itertools.pairwise(found))
    assert found[-1][1] > times[-1]


def surveyed(path: Path, pictures: list[Image]) -> media.Survey:
    found = media.survey(write(path, pictures, options={"crf": "20"}))
    assert isinstance(found, media.Survey)
    return found


def starts(found: media.Survey) -> list[int]:
    return [int(np.argmin(np.abs(found.pts_s - start_s))) for start_s, _ in found.shots_s[1:]]


def test_low_contrast_cut_is_found(tmp_path: Path) -> None:
    grey = [scene(seed, contrast=5.0) for seed in (1, 2)]
    level = [
        np.clip(picture.astype(float) - picture.mean(axis=(0, 1)) + 70, 0, 255).astype(np.uint8) for picture in grey
    ]
    pictures = [np.ascontiguousarray(level[k >= 20][:, k % 5 : k % 5 + 160]) for k in range(40)]
    found = surveyed(tmp_path / "clip.mp4", pictures)
    assert starts(found) == [20]


@pytest.mark.parametrize("what", ["flash", "lamp", "hand", "whip"])
def test_what_is_no_cut(tmp_path: Path, what: str) -> None:
    pictures = panned([3], 50, step=7 if what == "whip" else 1)
    for number in range(50):
        picture = pictures[number]
        if what == "flash" and 20 <= number < 23:
            picture = np.asarray(cv2.convertScaleAbs(picture, alpha=1.2, beta=80), np.uint8)
        if what == "lamp" and number >= 25:
            picture = np.asarray(cv2.convertScaleAbs(picture, alpha=0.6), np.uint8)
        if what == "hand" and 20 <= number < 30:
            picture = picture.copy()
            cv2.circle(picture, (16 * (number - 20), 50), 30, (210, 160, 130), -1)
        pictures[number] = picture
    assert starts(surveyed(tmp_path / "clip.mp4", pictures)) == []


def test_fade_through_black_is_one_boundary(tmp_path: Path) -> None:
    pictures = panned([1, 2], 40)
    gains = [min(1.0, abs(number - 40) / 15) if abs(number - 40) > 2 else 0.0 for number in range(80)]
    faded = [(picture * gain).astype(np.uint8) for picture, gain in zip(pictures, gains, strict=True)]
    found = starts(surveyed(tmp_path / "clip.mp4", faded))
    assert len(found) == 1 and abs(found[0] - 40) <= 3


def test_every_shot_has_a_still(tmp_path: Path) -> None:
    found = surveyed(tmp_path / "clip.mp4", panned(list(range(1, 19)), 9))
    assert len(found.shots_s) == 18 and len(found.stills) >= 18
    for start_s, stop_s in found.shots_s:
        assert any(start_s <= still.pts_s < stop_s for still in found.stills)
    times = [still.pts_s for still in found.stills]
    assert times == sorted(set(times))
