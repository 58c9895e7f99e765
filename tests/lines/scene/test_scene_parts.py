"""The parts of the scene line: choosing views, points, what agrees, what is left out, tables and weighing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.lines.clips import space
from tests.lines.scene.streets import Front, Grey, Light, Stand, Street, dressed, facade

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import Abstention, Finding, InputRef
from witnessmark.lines.scene.comparing import Looked, compare, compare_views, fills, ready
from witnessmark.lines.scene.features import Features, features_of, picture_box
from witnessmark.lines.scene.guided import guided
from witnessmark.lines.scene.likelihood import nearness, weigh
from witnessmark.lines.scene.limits import (
    RATES,
    SAME_PLACE_SUPPORT,
    SupportRates,
    chance_nats,
    log10_ratio,
    rate_bound,
)
from witnessmark.lines.scene.matching import FEWEST, agree, tentative
from witnessmark.lines.scene.observations import Compared, SceneObservations
from witnessmark.lines.scene.references import KnownPlace
from witnessmark.lines.scene.stable import left_out
from witnessmark.lines.scene.telling import relation_of
from witnessmark.lines.scene.views import View, Views, choose

SIZE = (480, 270)
HERE, THERE = Street.seeded(41), Street.seeded(42)
SHA = Sha256(bytes(range(32)))


def view(street: Street, stand: Stand, light: Light) -> Features:
    return features_of(0.0, street.view(stand, light, SIZE))


@pytest.fixture(scope="module")
def first() -> Features:
    return view(HERE, Stand(), Light(seed=1))


def test_another_stand_and_light_agree(first: Features) -> None:
    found, same_spots, _ = compare_views(first, view(HERE, Stand(-2.0, 4.0, -6.0), Light(1.0, seed=2)))
    assert found.support_count >= SAME_PLACE_SUPPORT and not same_spots
    assert found.kind in ("plane", "depth")


def test_another_street_does_not(first: Features) -> None:
    found, _, aside = compare_views(first, view(THERE, Stand(), Light(seed=1)))
    assert found.kind == "none" and found.support_count == 0 and aside == 0


def test_matched_points_are_the_same_points_of_the_world(first: Features) -> None:
    """The camera turns on the spot: where each point goes is known exactly."""
    turned = view(HERE, Stand(heading_deg=7.0), Light(seed=3))
    found, _, _ = compare_views(first, turned)
    focal = SIZE[0] / 2.0 / math.tan(math.radians(31.0))
    camera = np.array([[focal, 0.0, SIZE[0] / 2.0], [0.0, focal, SIZE[1] / 2.0], [0.0, 0.0, 1.0]])
    pitch, yaw = math.radians(2.0), math.radians(7.0)
    tilt = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    turn = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    flip = np.diag([1.0, -1.0, 1.0])
    true = camera @ flip @ tilt @ turn @ np.linalg.inv(flip @ tilt) @ np.linalg.inv(camera)
    put = cv2.perspectiveTransform(first.xy_px[found.index_a][:, None].astype(np.float64), true)[:, 0]
    off_px = np.hypot(*(put - turned.xy_px[found.index_b]).T)
    assert np.median(off_px) < 0.7 and np.quantile(off_px, 0.95) < 3.0


def test_a_dress_is_set_aside(first: Features) -> None:
    mine = features_of(0.0, dressed(HERE.view(Stand(), Light(seed=1), SIZE)))
    theirs = features_of(0.0, dressed(THERE.view(Stand(), Light(1.0, seed=2), SIZE)))
    found, _, aside = compare_views(mine, theirs)
    assert found.support_count < SAME_PLACE_SUPPORT and aside >= 20
    assert not fills(mine, np.flatnonzero(mine.xy_px[:, 1] > 0.75 * SIZE[1]))


def test_a_fixed_camera_on_another_day_is_told(first: Features) -> None:
    found, same_spots, _ = compare_views(first, view(HERE, Stand(), Light(1.0, 0.9, seed=8)))
    assert same_spots and found.support_count >= SAME_PLACE_SUPPORT


def test_guided_matches_beat_their_decoys_only_where_true(first: Features) -> None:
    turned = view(HERE, Stand(heading_deg=7.0), Light(seed=3))
    found, _, _ = compare_views(first, turned)
    assert found.plane is not None
    more = guided(first, turned, found.plane, found.index_a)
    assert more.support_count > 5 * max(1.0, more.chance_count)
    shifted = np.array([[1.0, 0.0, 40.0], [0.0, 1.0, -25.0], [0.0, 0.0, 1.0]]) @ found.plane
    assert guided(first, turned, shifted, found.index_a).support_count < SAME_PLACE_SUPPORT


def test_nothing_and_little_give_nothing() -> None:
    flat = features_of(0.0, np.full((90, 160), 120, np.uint8))
    tiny = features_of(0.0, np.full((3, 3), 9, np.uint8))
    assert len(flat.codes) == 0 and len(tiny.codes) == 0
    found, same_spots, aside = compare_views(flat, tiny)
    assert (found.kind, same_spots, aside) == ("none", False, 0)
    assert left_out([flat, flat])[0].shape == (0,)


def test_points_do_not_sit_on_bars() -> None:
    picture = HERE.view(Stand(), Light(seed=1), SIZE)
    framed = np.zeros((270, 480), np.uint8)
    framed[:, 100:380] = cv2.resize(picture, (280, 270))
    assert picture_box(framed) == (100, 0, 380, 270)
    found = features_of(0.0, framed)
    assert len(found.codes) > 100 and found.xy_px[:, 0].min() >= 107.0 and found.xy_px[:, 0].max() <= 373.0


def test_an_overlay_and_a_mover_are_left_out_of_a_turning_camera() -> None:
    rng = np.random.default_rng(3)
    logo = cv2.resize(rng.integers(0, 255, (12, 20)).astype(np.uint8), (60, 36), interpolation=cv2.INTER_NEAREST)
    mover = cv2.resize(rng.integers(0, 255, (14, 14)).astype(np.uint8), (56, 56), interpolation=cv2.INTER_NEAREST)
    pictures = []
    for number in range(4):
        picture = HERE.view(Stand(heading_deg=2.5 * number), Light(seed=1), SIZE)
        picture[10:46, 10:70] = logo
        picture[180:236, 60 + 60 * number : 116 + 60 * number] = mover
        pictures.append(picture)
    views = [features_of(float(number), picture) for number, picture in enumerate(pictures)]
    flags = left_out(views)
    for number, (found, out) in enumerate(zip(views, flags, strict=True)):
        x, y = found.xy_px.T
        on_logo = (x > 14) & (x < 66) & (y > 14) & (y < 42)
        on_mover = (np.abs(x - 88 - 60 * number) < 22) & (np.abs(y - 208) < 22)
        elsewhere = ~((x < 80) & (y < 56)) & ~((np.abs(x - 88 - 60 * number) < 40) & (np.abs(y - 208) < 40))
        assert out[on_logo].mean() > 0.5 and out[on_mover].mean() > 0.4
        assert out[elsewhere].mean() < 0.35


def _looked(pictures: list[Grey], start_s: float = 0.0, step_s: float = 0.5) -> Looked:
    held = tuple(View(start_s + step_s * number, picture) for number, picture in enumerate(pictures))
    return ready(Views(tuple(held[index] for index in choose(pictures, 4)), held, ""))


def test_the_same_recording_is_told_from_the_same_place() -> None:
    walked = [HERE.view(Stand(0.2 * n, 0.4 * n, 2.0 * n), Light(seed=1), SIZE) for n in range(8)]
    again = [HERE.view(Stand(1.5 - 0.3 * n, 0.3 * n, -1.5 * n), Light(0.0, 0.9, seed=9), SIZE) for n in range(8)]
    cropped = [np.asarray(cv2.resize(picture[20:250, 40:440], (480, 276)), np.uint8) for picture in walked]
    copied = compare(_looked(walked), _looked(cropped, start_s=3.0))
    assert relation_of(copied) == "same-recording"
    assert copied.alike is not None and copied.alike.offset_s == pytest.approx(3.0, abs=0.27)
    assert relation_of(compare(_looked(walked), _looked(again))) == "same-place"


def test_a_shared_opening_is_no_place() -> None:
    opening = [_card(number) for number in range(5)]
    mine = [*opening, *(HERE.view(Stand(0.0, 0.3 * n, n), Light(seed=1), SIZE) for n in range(8))]
    theirs = [*opening, *(THERE.view(Stand(0.0, 0.3 * n, -n), Light(seed=2), SIZE) for n in range(8))]
    found = compare(_looked(mine), _looked(theirs))
    assert found.alike is not None and found.inserted
    assert relation_of(found) == "cannot-tell"


def _card(number: int) -> Grey:
    """A picture of a moving title."""
    rng = np.random.default_rng(12)
    card = cv2.resize(rng.integers(0, 255, (14, 24)).astype(np.uint8), SIZE, interpolation=cv2.INTER_CUBIC)
    cv2.putText(card, "REHEARSED NEWS", (20 + 30 * number, 60 + 30 * number), cv2.FONT_HERSHEY_DUPLEX, 1.3, 255, 4)
    return np.asarray(card, np.uint8)


def test_one_poster_in_two_streets_is_a_thing_and_no_place() -> None:
    rng = np.random.default_rng(61)
    poster = facade(rng, 10.0, 7.0)
    shown = []
    for number, street in enumerate((HERE, THERE)):
        corner = np.array([-1.5 + number, 0.5, 8.0 + number])
        front = Front(corner, np.array([2.2, 0.0, 0.3]), np.array([0.0, 1.5, 0.0]), poster, 0.0)
        shown.append(dataclasses.replace(street, extra=(front,)).view(Stand(), Light(seed=number), SIZE))
    found = compare(_looked(shown[:1]), _looked(shown[1:]))
    assert found.support_count >= SAME_PLACE_SUPPORT
    assert relation_of(found) == "same-thing"


def test_views_are_unlike_and_repeat() -> None:
    pictures = [HERE.view(Stand(heading_deg=10.0 * (n // 6)), Light(seed=1), (160, 90)) for n in range(18)]
    picked = choose(pictures, 3)
    assert picked == choose(pictures, 3) and sorted({index // 6 for index in picked}) == [0, 1, 2]
    assert choose(pictures[:2], 3) == [0, 1]


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_support_never_speaks_less_for_one_place(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert RATES.log10_ratio(low) <= RATES.log10_ratio(high) + 1e-12
    assert RATES.false_rate_bound(low) >= RATES.false_rate_bound(high)


def test_the_table_speaks_for_one_place_where_the_line_does() -> None:
    assert RATES.log10_ratio(SAME_PLACE_SUPPORT) > 1.0
    assert RATES.log10_ratio(0) < 0.0
    assert 0.0 < RATES.false_rate_bound(SAME_PLACE_SUPPORT) < 0.05


def test_among_many_references_agreement_weighs_less_and_never_more_than_was_measured() -> None:
    assert log10_ratio(0) == RATES.log10_ratio(0) < 0.0, "what does not agree is not said to differ the more"
    assert 0.0 < log10_ratio(12) < RATES.log10_ratio(12), "in a store different places often agree so far"
    assert log10_ratio(8) <= log10_ratio(12) < log10_ratio(20) <= log10_ratio(40)
    chances = [chance_nats(40, count) for count in (1, 10, 100, 1000, 100_000)]
    assert chances == sorted(chances) and chances[0] == math.log(RATES.false_rate_bound(40)) and chances[-1] == 0.0
    assert chance_nats(12, 100) > chance_nats(20, 100)
    with pytest.raises(BadInputError, match="not in order"):
        SupportRates((5, 0), (1, 1), (1, 1), "")


@given(st.integers(0, 40), st.integers(1, 400))
def test_rate_bounds_hold_what_they_promise(hits: int, tries: int) -> None:
    bound = rate_bound(min(hits, tries), tries)
    if hits >= tries:
        assert bound == 1.0
        return
    terms = [math.comb(tries, k) * bound**k * (1.0 - bound) ** (tries - k) for k in range(hits + 1)]
    assert math.fsum(terms) == pytest.approx(0.05, abs=1e-6)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_nearness_falls_with_distance(one: float, other: float) -> None:
    low, high = sorted((one, other))
    near: NDArray[np.float64] = nearness(np.array([low, high]))
    assert 1.0 >= near[0] >= near[1] >= 0.0


def _seen(*compared: Compared) -> SceneObservations:
    inputs = (InputRef(SHA, "pictures"), *(InputRef(each.reference, "pictures") for each in compared))
    return SceneObservations(SHA, inputs, 4, 900, 0, len(compared), compared, (), "", ())


def _compared(number: int, place: KnownPlace | None, relation: str = "same-place") -> Compared:
    reference = Sha256(bytes([number]) * 32)
    return Compared(reference, f"WM-{number:04d}", place, relation, 60, 0.5, 2.5, 0.997, 3, 16, None, ("Because.",))


OVER = space(dt.datetime(2031, 9, 12, tzinfo=dt.UTC))


def _at(cell: int, radius_m: float = 50.0) -> KnownPlace:
    return KnownPlace(float(OVER.places.lat_deg[cell]), float(OVER.places.lon_deg[cell]), radius_m)


def test_weighing_peaks_at_the_reference_and_keeps_a_floor() -> None:
    finding = weigh(_seen(_compared(1, _at(6))), OVER, "scene", "1")
    assert isinstance(finding, Finding)
    nats = finding.log_likelihood.values_nats[:, 0]
    assert int(np.argmax(nats)) == 6 and float(nats.min()) >= 0.0
    assert float(nats.max()) <= 2.5 * math.log(10.0) + 1e-6
    assert finding.log_likelihood.alternatives_nats["elsewhere"] == 0.0
    assert 0.0 < finding.log_likelihood.alternatives_nats["older-footage"] < float(nats.max())
    finding.log_likelihood.check(OVER)


def test_a_vague_place_says_less() -> None:
    sharp = weigh(_seen(_compared(1, _at(6, 20.0))), OVER, "scene", "1")
    vague = weigh(_seen(_compared(1, _at(6, 4000.0))), OVER, "scene", "1")
    assert isinstance(sharp, Finding) and isinstance(vague, Finding)
    assert np.ptp(vague.log_likelihood.values_nats) < 0.5 * np.ptp(sharp.log_likelihood.values_nats)


def test_two_references_are_not_counted_twice() -> None:
    alone = weigh(_seen(_compared(1, _at(6))), OVER, "scene", "1")
    both = weigh(_seen(_compared(1, _at(6)), _compared(2, _at(6))), OVER, "scene", "1")
    assert isinstance(alone, Finding) and isinstance(both, Finding)
    np.testing.assert_allclose(both.log_likelihood.values_nats, alone.log_likelihood.values_nats, rtol=1e-6)


def test_references_far_apart_are_said_to_clash() -> None:
    far = KnownPlace(float(OVER.places.lat_deg[0]) + 0.2, float(OVER.places.lon_deg[0]), 8000.0)
    near = KnownPlace(float(OVER.places.lat_deg[6]), float(OVER.places.lon_deg[6]), 50.0)
    wide = KnownPlace(far.lat_deg - 0.15, far.lon_deg, 3000.0)
    finding = weigh(_seen(_compared(1, near), _compared(2, wide)), OVER, "scene", "1")
    assert isinstance(finding, Finding)
    assert finding.log_likelihood.values_nats.shape == (OVER.places.n_places, 1)


@pytest.mark.parametrize(
    ("compared", "why"),
    [
        (_compared(1, None, "cannot-tell"), "None of the 1"),
        (_compared(1, None), "not known"),
        (_compared(1, _at(6), "same-thing"), "the same thing"),
        (_compared(1, KnownPlace(10.0, 20.0, 50.0)), "outside the region"),
    ],
)
def test_it_abstains_and_says_why(compared: Compared, why: str) -> None:
    answer = weigh(_seen(compared), OVER, "scene", "1")
    assert isinstance(answer, Abstention)
    assert why in answer.reason and answer.what_would_help.endswith(".")


@pytest.mark.parametrize(("lat_deg", "lon_deg", "radius_m"), [(91.0, 0.0, 5.0), (0.0, 181.0, 5.0), (0.0, 0.0, 0.0)])
def test_places_that_are_none_are_refused(lat_deg: float, lon_deg: float, radius_m: float) -> None:
    with pytest.raises(BadInputError):
        KnownPlace(lat_deg, lon_deg, radius_m)


def test_too_few_matches_agree_on_nothing(first: Features) -> None:
    index_a, index_b = tentative(first, first)
    assert len(index_a) > 100
    few = agree(first, first, index_a[: FEWEST - 1], index_b[: FEWEST - 1], len(index_a))
    assert few.kind == "none"
