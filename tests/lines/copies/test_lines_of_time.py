import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.lines.copies.features import radians, size_byte, size_share
from witnessmark.lines.copies.geometry import Matched, fits
from witnessmark.lines.copies.timeline import SPEEDS, best_lines, voted_line


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SPEEDS), st.floats(-6.0, 12.0), st.integers(0, 99))
def test_a_planted_line_is_found(speed: float, offset_s: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    q_s, r_s = np.arange(0, 8, 0.25), np.arange(0, 30, 0.25)
    table = random.normal(-0.2, 0.1, (len(q_s), len(r_s))).astype(np.float32)
    shown = offset_s + speed * q_s
    on = np.abs(r_s[None, :] - shown[:, None]) <= 0.25
    table[on] = 1.0
    if on.any(axis=1).sum() < 8:
        return
    best = best_lines(table, q_s, r_s)[0]
    middle = (best.q0_s + best.q1_s) / 2
    assert abs(best.at(middle) - (offset_s + speed * middle)) <= 0.5


def test_no_line_where_nothing_agrees() -> None:
    q_s = np.arange(0, 5, 0.25)
    assert best_lines(np.full((20, 20), -0.1, np.float32), q_s, q_s) == []
    assert best_lines(np.zeros((0, 5), np.float32), np.zeros(0), q_s[:5]) == []


def test_frames_at_uneven_times_are_taken_at_their_own_times() -> None:
    r_s = np.array([0.0, 0.2, 0.9, 1.0, 2.4, 3.1, 3.3, 4.0, 5.2, 5.4, 6.0])
    q_s = r_s[3:9] - r_s[3]
    table = np.where(np.abs(r_s[None, :] - r_s[3] - q_s[:, None]) < 0.05, 1.0, -0.3).astype(np.float32)
    best = best_lines(table, q_s, r_s, speeds=(1.0,))[0]
    assert abs(best.offset_s - 1.0) < 0.4


def test_votes_find_the_line_most_hits_lie_on() -> None:
    random = np.random.default_rng(3)
    q_s = random.uniform(0, 60, 300)
    r_s = np.where(np.arange(300) < 90, 17.0 + 1.25 * q_s, random.uniform(0, 3600, 300))
    weight, speed, offset_s = voted_line(q_s, r_s, np.ones(300))
    assert speed == 1.25 and abs(offset_s - 17.0) < 1.0 and 80 <= weight <= 110


@pytest.mark.parametrize(("scale", "turn", "shift"), [(0.5, 0.0, (0.3, 0.1)), (1.25, 0.2, (-0.1, -0.2))])
def test_a_transform_is_found_among_wrong_matches(scale: float, turn: float, shift: tuple[float, float]) -> None:
    random = np.random.default_rng(11)
    unit = np.array([1.0, 9 / 16])
    r = random.uniform(0, 1, (120, 2))
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    q = ((r * unit) @ np.array([[cos, sin], [-sin, cos]]) + shift) / unit
    wrong = np.arange(120) >= 50
    q[wrong] = random.uniform(0, 1, (70, 2))
    ratio = np.where(wrong, random.uniform(0.3, 3, 120), scale)
    angle = np.where(wrong, random.uniform(-3, 3, 120), turn)
    order = random.permutation(120)
    matched = Matched(np.zeros(120, np.int64), q[order], r[order], ratio[order], angle[order])
    best = fits(matched, (1280, 720), (640, 360))[0]
    placed = np.concatenate([r[~wrong], np.ones((50, 1))], axis=1) @ best.matrix.T
    assert np.abs(placed[:, :2] / placed[:, 2:] - q[~wrong]).max() < 0.01
    assert best.inliers.sum() >= 50


def test_no_transform_from_matches_that_do_not_agree() -> None:
    random = np.random.default_rng(12)
    places = random.uniform(0, 1, (2, 60, 2))
    matched = Matched(
        np.zeros(60, np.int64), places[0], places[1], random.uniform(0.2, 5, 60), random.uniform(-3, 3, 60)
    )
    assert all(fit.support < 7 for fit in fits(matched, (640, 360), (640, 360)))


def test_scales_and_directions_survive_their_bytes() -> None:
    shares = np.geomspace(0.004, 0.4, 50)
    assert np.abs(np.log(size_share(size_byte(shares)) / shares)).max() < 0.02
    assert radians(np.array([64], np.uint8))[0] == pytest.approx(np.pi / 2)
