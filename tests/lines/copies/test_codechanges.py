"""Frame codes that change alike prove the moment; near codes alone prove a place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.lines.copies.moving import RATE, scene, write

from witnessmark.lines.copies.codechanges import alike_s
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.limits import CODES_COPY_SCORE
from witnessmark.lines.copies.search import compare


def _codes(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """Codes of one scene in which twenty bits change at random."""
    codes = np.tile(rng.integers(0, 256, 32).astype(np.uint8), (count, 1))
    bits = np.unpackbits(codes, axis=1)
    moving = rng.permutation(256)[:20]
    bits[:, moving] = rng.integers(0, 2, (count, 20))
    return np.packbits(bits, axis=1)


def _written_over(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same with a third of what stays the other way round throughout, as a caption leaves it."""
    bits = np.unpackbits(codes, axis=1)
    stays = (bits == bits[0]).all(axis=0)
    return np.asarray(codes ^ np.packbits(stays & (np.arange(256) % 3 == 0)), np.uint8)


def _half_seconds(count: int) -> NDArray[np.float64]:
    return np.asarray(0.5 * np.arange(count), np.float64)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_changes_alike_counts_however_far_the_codes_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes, times_s = _codes(rng, 24), _half_seconds(24)
    assert alike_s(codes, codes, times_s).sum() == pytest.approx(12.0)
    assert alike_s(codes, _written_over(codes), times_s).sum() == pytest.approx(12.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_other_changes_of_the_same_scene_hardly_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = _codes(rng, 48)
    assert alike_s(codes[:24], codes[24:], _half_seconds(24)).sum() < 6.0


def test_what_does_not_change_counts_nothing() -> None:
    codes = np.tile(np.random.default_rng(1).integers(0, 256, 32).astype(np.uint8), (20, 1))
    assert alike_s(codes, codes, _half_seconds(20)).sum() == 0.0
    assert alike_s(codes[:3], codes[:3], _half_seconds(3)).tolist() == [0.0, 0.0, 0.0]


def test_a_shared_opening_does_not_speak_for_what_follows() -> None:
    rng = np.random.default_rng(5)
    opening = rng.integers(0, 256, (6, 32)).astype(np.uint8)
    one, other = (np.concatenate([opening, rng.integers(0, 256, (14, 32)).astype(np.uint8)]) for _ in range(2))
    found_s = alike_s(one, other, _half_seconds(20))
    assert found_s[:6].sum() == pytest.approx(3.0) and found_s[7:].sum() < 0.2


@pytest.fixture(scope="module")
def prints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fingerprint]:
    """First tiers of a scene, of five seconds of it posted again, and of the same room at another moment."""
    folder: Path = tmp_path_factory.mktemp("codes")
    first, later = scene(3, 1, 14.0), scene(3, 2, 14.0)
    files = {
        "first": write(folder / "first.mp4", first),
        "again": write(folder / "again.mp4", first[4 * RATE : 10 * RATE], crf=34),
        "later": write(folder / "later.mp4", later, crf=34),
    }
    made = {name: fingerprint_of(path, tier=1) for name, path in files.items()}
    return {name: one for name, one in made.items() if isinstance(one, Fingerprint)}


def test_codes_alone_tell_a_copy_from_another_moment(prints: dict[str, Fingerprint]) -> None:
    again = compare(prints["again"], prints["first"])
    assert again is not None and again.relation == "copy" and again.score >= CODES_COPY_SCORE
    assert again.stretches[0].r0_s - again.stretches[0].q0_s == pytest.approx(4.0, abs=0.5)
    later = compare(prints["later"], prints["first"])
    assert later is None or (later.relation == "related" and later.score < 3.0)
