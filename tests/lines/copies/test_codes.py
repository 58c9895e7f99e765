import cv2
import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.lines.copies.moving import HEIGHT, WIDTH, letterboxed, room, scene, turned

from witnessmark.lines.copies import buckets, features, pdq
from witnessmark.lines.copies.borders import picture_box
from witnessmark.lines.copies.features import CELLS, FEATURES_PER_FRAME, MIRRORED_BINS, Describer


def bits_apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(np.bitwise_count(one ^ other).sum())


@pytest.mark.parametrize("seed", range(6))
def test_a_mirrored_hash_is_that_of_the_mirrored_picture(seed: int) -> None:
    picture = room(seed)
    code, _ = pdq.pdq(picture)
    of_mirrored, _ = pdq.pdq(turned(picture))
    assert bits_apart(pdq.mirrored(code), of_mirrored) <= 24
    assert bits_apart(code, of_mirrored) > 80


@pytest.mark.parametrize("seed", range(4))
def test_the_hash_is_near_what_other_programs_compute(seed: int) -> None:
    picture = room(seed)
    theirs, _ = pdqhash.compute(np.repeat(picture[:, :, None], 3, axis=2))
    assert bits_apart(pdq.pdq(picture)[0], np.packbits(theirs.astype(np.uint8))) <= 31


def test_a_plain_picture_has_no_quality() -> None:
    assert pdq.pdq(np.full((90, 160), 77, np.uint8))[1] == 0
    assert pdq.pdq(room(1))[1] > 50


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_feature_mirrors_by_exchanging_bits(seed: int) -> None:
    descriptors = np.random.default_rng(seed).gamma(0.7, 40.0, (20, 128)).round().astype(np.float32)
    plain, mirror = features.encode(descriptors), features.encode(descriptors[:, MIRRORED_BINS])
    assert (features.mirrored(plain) == mirror).all()
    assert (features.mirrored(features.mirrored(plain)) == plain).all()


def test_the_features_of_a_mirrored_picture_are_the_mirrored_features() -> None:
    picture = np.asarray(cv2.resize(room(3), (2 * WIDTH, 2 * HEIGHT)), np.uint8)
    whole = (0, 0, 2 * WIDTH, 2 * HEIGHT)
    one, other = Describer()(picture, whole), Describer()(turned(picture), whole)
    apart = np.bitwise_count(features.mirrored(one.codes)[:, None] ^ other.codes[None]).sum(axis=2)
    nearest = apart.argmin(axis=1)
    same = apart.min(axis=1) <= 8
    assert same.mean() > 0.7
    x = 65535.0 - one.x.astype(float)
    assert np.median(np.abs(x - other.x[nearest])[same]) < 200
    turn = (features.radians(one.angle) + features.radians(other.angle)[nearest] - np.pi + np.pi) % (2 * np.pi) - np.pi
    assert np.median(np.abs(turn)[same]) < 0.05


def test_a_logo_does_not_take_all_features() -> None:
    picture = (room(2).astype(float) * 0.2 + 90).astype(np.uint8)
    picture[:30, :60] = cv2.resize(room(9), (60, 30))
    found = Describer()(picture, (0, 0, WIDTH, HEIGHT))
    inside = (found.x < 65535 * 60 / WIDTH) & (found.y < 65535 * 30 / HEIGHT)
    assert 0 < len(found.codes) <= FEATURES_PER_FRAME
    cells = np.unique(found.x.astype(int) * CELLS // 65536 + 100 * (found.y.astype(int) * CELLS // 65536))
    assert len(cells) > 20
    assert inside[:24].mean() < 0.4


def test_nothing_is_described_in_a_plain_picture() -> None:
    assert len(Describer()(np.full((90, 160), 50, np.uint8), (0, 0, 160, 90)).codes) == 0


def test_mirrored_features_lie_in_the_neighbouring_tables() -> None:
    codes = np.random.default_rng(5).integers(0, 256, (50, 16), dtype=np.uint8)
    plain, mirror = buckets.buckets(codes), buckets.buckets(features.mirrored(codes))
    low = np.uint32((1 << buckets.BITS) - 1)
    assert (plain >> buckets.BITS == np.arange(buckets.TABLES)).all()
    assert (np.bitwise_count(plain & low)[:, 0::2] == np.bitwise_count(mirror & low)[:, 1::2]).all()
    assert (buckets.probes(codes) == plain).all()


def test_a_feature_with_few_wrong_bits_is_still_found() -> None:
    random = np.random.default_rng(6)
    codes = random.integers(0, 256, (400, 16), dtype=np.uint8)
    flips = np.stack([np.packbits(random.permutation(128) < 8) for _ in codes])
    shared = (buckets.buckets(codes) == buckets.probes(codes ^ flips)).any(axis=1)
    unrelated = (buckets.buckets(codes) == buckets.probes(np.roll(codes, 1, axis=0))).any(axis=1)
    assert shared.mean() > 0.8
    assert unrelated.mean() < 0.01


def test_the_strongest_features_of_each_frame_are_indexed() -> None:
    first = np.array([0, 3, 3, 203], np.uint32)
    rows = buckets.indexed(first)
    assert rows.tolist() == [0, 1, 2, *range(3, 3 + buckets.INDEXED_PER_FRAME)]


def test_bars_are_found_and_left_out() -> None:
    frames = np.stack([letterboxed(frame) for frame in scene(1, 1, 2.0)[::6]])
    left, top, right, bottom = picture_box(frames)
    assert (left, right) == (0, WIDTH)
    assert 60 <= top <= 62 and HEIGHT + 58 <= bottom <= HEIGHT + 60


def test_a_picture_without_bars_is_left_whole() -> None:
    frames = np.stack(scene(1, 1, 2.0)[::6])
    assert picture_box(frames) == (0, 0, WIDTH, HEIGHT)
    assert picture_box(np.full((3, 40, 60), 16, np.uint8)) == (0, 0, 60, 40)
