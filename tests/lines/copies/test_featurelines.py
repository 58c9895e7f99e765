"""Without thumbnails, as a partner shares: features on a line of time prove a changed copy, a still scene does not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.copies.moving import scene
from tests.lines.copies.planting import (
    FPS,
    captioned,
    cropped,
    encode,
    fingerprinted,
    framed,
    mirrored,
)
from tests.lines.copies.test_search_copies import made

from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.search import search


def walk(count: int, seed: int = 11) -> list[NDArray[np.uint8]]:
    """A camera carried past a textured wall: a steady pan alone would leave open where in time a crop lies."""
    rng = np.random.default_rng(seed)
    wall = cv2.resize(rng.integers(0, 255, (60, 200, 3), dtype=np.uint8), (1600, 480), interpolation=cv2.INTER_CUBIC)
    frames = []
    for n in range(count):
        x, y = 60 + 3 * n + round(30 * np.sin(n / 6)), 80 + round(45 * np.sin(n / 8) + 20 * np.sin(n / 3.1))
        frames.append(np.asarray(wall[y : y + 180, x : x + 320], np.uint8).copy())
    return frames


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> MemoryLibrary:
    """What a partner's bundle holds: tiers 1 and 2 of a panning clip and of a room filmed from a tripod."""
    folder = tmp_path_factory.mktemp("shared")
    library = MemoryLibrary()
    library.add(fingerprinted(encode(folder / "pan.mp4", walk(9 * FPS))).up_to(2), "pan")
    library.add(made(folder, "room", scene(1, 40, 8.0)).up_to(2), "room")
    return library


@pytest.mark.parametrize("tier", [2, 3])
def test_a_cropped_mirrored_captioned_copy_is_found_by_features(
    shared: MemoryLibrary, tmp_path: Path, tier: int
) -> None:
    frames = walk(9 * FPS)[2 * FPS :]
    query = fingerprinted(encode(tmp_path / "q.mp4", mirrored(captioned(cropped(frames))), crf=30)).up_to(tier)
    match = search(query, shared)[0]
    assert (match.recording, match.relation, match.tier, match.mirrored) == (1, "copy", 2, True)
    stretch = match.stretches[0]
    assert stretch.r0_s - stretch.q0_s == pytest.approx(2.0, abs=0.6) and stretch.speed == pytest.approx(1.0, abs=0.15)
    assert "cropped" in stretch.transform.words and "shifted in time" in " ".join(match.reasons)


def test_a_small_picture_in_picture_is_laid_where_it_is(shared: MemoryLibrary, tmp_path: Path) -> None:
    query = fingerprinted(encode(tmp_path / "pip.mp4", captioned(framed(walk(9 * FPS), 0.5)))).up_to(2)
    match = search(query, shared)[0]
    assert match.relation == "copy" and "framed" in match.stretches[0].transform.words


def test_the_same_room_at_another_moment_stays_related(shared: MemoryLibrary, tmp_path: Path) -> None:
    query = made(tmp_path, "later", scene(1, 50, 8.0)).up_to(2)
    found = [one for one in search(query, shared) if one.recording == 2]
    assert all(one.relation == "related" for one in found)
    other = fingerprinted(encode(tmp_path / "other.mp4", walk(6 * FPS, seed=12))).up_to(2)
    assert not [one for one in search(other, shared) if one.relation == "copy"]
