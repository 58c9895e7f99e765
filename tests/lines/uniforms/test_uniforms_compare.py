"""Boxes compared with a library of drawn badges: the right one first, strangers refused, parts that differ noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from tests.lines.uniforms.badges import GREEN, SAND, Rgb, badge, cloth, reference, worn

from witnessmark.errors import BadInputError
from witnessmark.lines.uniforms.comparing import Ready, checked_box, compare_box, graded, ready
from witnessmark.lines.uniforms.limits import RATES, rate_bound
from witnessmark.lines.uniforms.looks import ground_of, lab_of, look_of
from witnessmark.lines.uniforms.observations import NOTHING, SIMILAR, VERIFIED, BoxSeen, Measured
from witnessmark.lines.uniforms.proposing import proposed
from witnessmark.lines.uniforms.texture import cloth_of, likeness


@cache
def shelf(count: int = 8) -> tuple[Ready, ...]:
    return tuple(ready(reference(badge(n), f"badge {n}"), badge(n)) for n in range(1, count + 1))


def asked(rgb: Rgb, height_px: int, seed: int = 5, among: Sequence[Ready] | None = None) -> BoxSeen:
    picture, box = worn(rgb, height_px, seed)
    return compare_box(picture, checked_box(box, 360, 360), shelf() if among is None else among)


@pytest.mark.parametrize(("number", "height_px"), [(1, 150), (4, 96), (7, 64), (5, 40)])
def test_the_right_one_comes_first(number: int, height_px: int) -> None:
    found = asked(badge(number), height_px, seed=number)
    assert found.candidates[0].reference.label == f"badge {number}"
    assert found.grade in (VERIFIED, SIMILAR) and found.pair is not None


def test_a_large_sharp_one_is_verified_with_its_points_and_its_rivals() -> None:
    found = asked(badge(3), 200)
    best = found.candidates[0]
    assert found.grade == VERIFIED and best.measured.hull_share >= 0.25 and best.measured.inlier_share >= 0.35
    assert 8 <= len(best.points) <= 60 and len(found.candidates) == 5 and found.compared_count == 8
    apart = [np.hypot(p.x_share - p.reference_x_share, p.y_share - p.reference_y_share) for p in best.points]
    assert np.median(apart) < 0.03  # what is laid over one another agrees


@pytest.mark.parametrize("number", [101, 102, 103])
def test_one_that_is_not_in_the_library_is_refused(number: int) -> None:
    found = asked(badge(number), 128, seed=number)
    assert found.grade == NOTHING and found.pair is None and len(found.candidates) == 5


@pytest.mark.parametrize("number", [2, 3, 5])
def test_a_sibling_with_another_charge_is_never_verified(number: int) -> None:
    made = badge(number)
    made[70:140, 60:140] = badge(number + 200)[70:140, 60:140]
    assert asked(made, 160, seed=number).grade != VERIFIED


def test_where_two_fit_alike_neither_is_verified() -> None:
    twin = badge(3).copy()
    twin[90:94, 90:94] = 255
    both = (*shelf(), ready(reference(twin, "twin"), twin))
    found = asked(badge(3), 200, among=both)
    assert found.grade == SIMILAR and {each.reference.label for each in found.candidates[:2]} == {"badge 3", "twin"}
    assert "fits as well" in found.candidates[0].why


@pytest.mark.parametrize("kind", ["helmet", "vehicle"])
def test_things_made_in_numbers_are_never_verified(kind: str) -> None:
    among = [replace(one, reference=replace(one.reference, kind=kind)) for one in shelf(3)]
    assert asked(badge(3), 200, among=among).grade == SIMILAR


def test_cloth_is_told_by_colours_and_texture_and_only_similar() -> None:
    kinds = {"green": (GREEN, False), "green squares": (GREEN, True), "sand": (SAND, False)}
    among = []
    for number, (label, (colours, squares)) in enumerate(kinds.items()):
        rgb = cloth(number, 256, colours, squares)
        among.append(ready(reference(rgb, label, "camouflage"), rgb))
    for label, (colours, squares) in kinds.items():
        small = cv2.resize(cloth(50, 256, colours, squares), (180, 180), interpolation=cv2.INTER_AREA)
        seen = np.asarray(small, np.uint8)
        found = compare_box(seen, (20, 20, 140, 140), among)
        assert found.candidates[0].reference.label == label and found.grade == SIMILAR
    assert compare_box(badge(1), (10, 10, 180, 180), among).grade == NOTHING


def test_likeness_of_cloth_is_symmetric_and_one_with_itself() -> None:
    one, other = cloth_of(cloth(1, 200, GREEN)), cloth_of(cloth(2, 200, SAND, squares=True))
    assert one is not None and other is not None
    assert likeness(one, one) == pytest.approx(1.0, abs=0.01)
    assert likeness(one, other) == pytest.approx(likeness(other, one), abs=0.05)
    assert cloth_of(cloth(1, 16, GREEN)) is None


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 10), (0, 0, -5, 50), (500, 500, 50, 50), (0, 0, 20, 200), (float("nan"), 0, 50, 50)]
)
def test_a_box_that_shows_nothing_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(BadInputError):
        checked_box(box, 400, 400)


def test_a_box_is_cut_to_the_picture() -> None:
    assert checked_box((-10, 380, 60, 60), 400, 420) == (0, 380, 50, 40)


def test_nothing_in_the_library_gives_no_candidate() -> None:
    found = asked(badge(1), 96, among=())
    assert found.grade == NOTHING and found.candidates == () and found.compared_count == 0


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_plain_picture_is_like_nothing(grey: int) -> None:
    plain = np.full((200, 200, 3), grey, np.uint8)
    assert compare_box(plain, (20, 20, 150, 150), shelf()).grade == NOTHING
    among = (ready(reference(plain, "plain"), plain), *shelf(3))
    assert asked(badge(1), 120, among=among).candidates[0].reference.label == "badge 1"


def test_ground_is_what_goes_on_from_the_corners() -> None:
    disc = np.full((48, 48, 3), 70, np.uint8)
    cv2.circle(disc, (24, 24), 20, (200, 30, 40), -1)
    ground = ground_of(lab_of(disc))
    assert ground[0, 0] and not ground[24, 24] and look_of(disc).weight.max() == 1.0
    stripes = np.repeat(np.array([[[200, 0, 0]], [[0, 0, 200]], [[240, 160, 0]]], np.uint8).repeat(16, 0), 48, 1)
    assert not ground_of(lab_of(stripes)).any(), "a flag is its own field"


def test_a_box_is_proposed_where_a_reference_is_worn_and_nowhere_else() -> None:
    picture, box = worn(badge(3), 150)
    found = proposed(picture, shelf())
    assert found and found[0].because_of == "badge 3"
    apart = np.abs(np.array(found[0].box_px) - np.array(box))
    assert apart.max() < 12
    assert proposed(cloth(9, 360, GREEN), shelf()) == ()


GOOD = Measured(0.95, 0.96, 1.0, 0.9, 40, 30, 0.75, 0.5)


@pytest.mark.parametrize(
    "less",
    [
        {"hull_share": 0.24},
        {"inlier_share": 0.34},
        {"inliers_count": 7},
        {"agreeing_share": 0.9},
        {"weakest_ratio": 0.5},
    ],
)
def test_every_condition_of_verified_counts(less: dict[str, float]) -> None:
    assert graded(GOOD, True)[0] == VERIFIED and graded(GOOD, False)[0] == SIMILAR
    grade, why = graded(replace(GOOD, **less), True)  # type: ignore[arg-type]  # one number at a time
    assert grade != VERIFIED and why.startswith("Not verified")


def test_comparing_twice_gives_the_same() -> None:
    assert asked(badge(4), 96) == asked(badge(4), 96)


def test_measured_rates_favour_what_was_shown() -> None:
    assert RATES.log_ratio_nats(VERIFIED) > RATES.log_ratio_nats(SIMILAR) > 0 > RATES.log_ratio_nats(NOTHING)
    assert 0 < RATES.false_rate_bound(VERIFIED) <= RATES.false_rate_bound(SIMILAR) < 0.1 and RATES.provenance
    assert rate_bound(0, 100) == pytest.approx(1 - 0.05 ** (1 / 100), abs=1e-6) and rate_bound(3, 3) == 1.0
