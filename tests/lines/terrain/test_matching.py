"""Where a skyline can have been seen from, on made mountains where the truth is known."""

from __future__ import annotations

import pickle
from functools import lru_cache, reduce
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.terrain.grounds import Made

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain import posterior, sighting, tiles
from witnessmark.lines.terrain.ground import lay_out
from witnessmark.lines.terrain.limits import CALIBRATION
from witnessmark.lines.terrain.march import Marcher
from witnessmark.lines.terrain.matching import Settings, locate, told
from witnessmark.lines.terrain.records import Located, Pan, Skyline
from witnessmark.lines.terrain.refine import Fits, apart

Floats = NDArray[np.float64]
REGION = (7.97, 45.98, 8.03, 46.02)
TRUTH = (46.0023, 8.0061)
QUICK = Settings(halo_m=6000.0, first=150, first_near=50, second=40, third=20, candidates=8, around_m=100.0)
WIDTH, HEIGHT = 640, 480


def mountains(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Hills and mountains of many sizes, the same everywhere they are asked for."""
    rng = np.random.default_rng(3)
    x, y = (lon_deg - 8.0) * 77_000.0, (lat_deg - 46.0) * 111_000.0
    total = np.full(np.shape(lat_deg), 900.0)
    for k in range(44):
        wave_m = 250.0 * 1.11**k
        turn, phase = rng.uniform(0.0, 2.0 * np.pi, 2)
        total = total + 0.016 * wave_m * np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2.0 * np.pi / wave_m + phase)
    return total


PROVIDER = Made(mountains)


@lru_cache(maxsize=1)
def marcher() -> Marcher:
    return Marcher(lay_out(PROVIDER, REGION, 25.0, halo_m=6000.0))


def frame(
    heading_deg: float, pitch_deg: float, roll_deg: float, hfov_deg: float, seed: int = 1, sigma_px: float = 1.5
) -> Skyline:
    """What a camera at the truth sees: rays of the exact march, put through a pinhole written out here by itself."""
    held = marcher()
    x, y = held.ground.to_local(np.array([TRUTH[0]]), np.array([TRUTH[1]]))
    away = np.linspace(-0.75 * hfov_deg, 0.75 * hfov_deg, 900)
    seen = held.skyline(float(x[0]), float(y[0]), heading_deg + away)
    right, up = np.sin(np.radians(away)), seen.tangent
    ahead = np.cos(np.radians(away))
    p, r = np.radians(pitch_deg), np.radians(roll_deg)
    forward, raised = ahead * np.cos(p) + up * np.sin(p), up * np.cos(p) - ahead * np.sin(p)
    across, above = right * np.cos(r) - raised * np.sin(r), right * np.sin(r) + raised * np.cos(r)
    focal = 0.5 * WIDTH / np.tan(np.radians(hfov_deg) / 2.0)
    column, row = (WIDTH - 1) / 2 + focal * across / forward, (HEIGHT - 1) / 2 - focal * above / forward
    x_px = np.arange(0.0, WIDTH, 4.0)
    rng = np.random.default_rng(seed)
    y_px = np.interp(x_px, column, row) + rng.normal(0.0, sigma_px, len(x_px))
    spikes = rng.random(len(x_px)) < 0.03
    y_px[spikes] += rng.normal(0.0, 60.0, int(spikes.sum()))
    line = tuple((float(a), float(b)) for a, b in zip(x_px, y_px, strict=True))
    return Skyline(
        WIDTH, HEIGHT, line, sigma_px, (0.9 * hfov_deg, 1.1 * hfov_deg), pitch_deg=(0.0, 5.0), roll_deg=(0.0, 2.0)
    )


def pan(zero_deg: float, span_deg: float) -> Pan:
    held = marcher()
    x, y = held.ground.to_local(np.array([TRUTH[0]]), np.array([TRUTH[1]]))
    away = np.arange(-span_deg / 2.0, span_deg / 2.0, 0.5)
    seen = held.skyline(float(x[0]), float(y[0]), zero_deg + away)
    up = np.degrees(np.arctan(seen.tangent)) + np.random.default_rng(2).normal(0.0, 0.1, len(away))
    # All angles are told 2 % too small, as by a focal length taken too long.
    return Pan(tuple(away * 0.98), tuple(up * 0.98), (0.15,) * len(away), 0.02, (0.0, 1.0), (0.0, 1.0))


def apart_m(lat_deg: float, lon_deg: float) -> float:
    return float(np.hypot((lat_deg - TRUTH[0]) * 111_200.0, (lon_deg - TRUTH[1]) * 77_300.0))


@lru_cache(maxsize=1)
def found() -> Located:
    return locate(PROVIDER, REGION, 100.0, frame(140.0, 3.0, -1.5, 63.0), settings=QUICK, workers=1)


def test_a_frame_is_found_to_a_few_steps_with_its_pose() -> None:
    best = found().candidates[0]
    # Crests are taken to be some 6 m higher than the model has them, as woods and posts make them; here they are not.
    assert apart_m(best.lat_deg, best.lon_deg) < 200.0
    assert abs((best.heading_deg - 140.0 + 180.0) % 360.0 - 180.0) < 1.5
    assert best.pitch_deg == pytest.approx(3.0, abs=1.0)
    assert best.roll_deg == pytest.approx(-1.5, abs=1.0)
    assert best.hfov_deg == pytest.approx(63.0, abs=3.0)
    assert best.residual_px < 4.0


def test_the_posterior_holds_together() -> None:
    located = found()
    known = np.isfinite(located.log_evidence_nats)
    log_all = np.logaddexp.reduce(located.log_evidence_nats[known].astype(np.float64))
    share = 1.0 / (1.0 + np.exp(log_all - located.log_evidence_outside_nats))
    assert located.p_outside_region == pytest.approx(share, abs=1e-3)
    assert 0.0 < located.region50_km2 <= located.region90_km2 < known.sum() * 0.01
    assert sum(one.probability for one in located.candidates[:1]) <= 1.0 - located.p_outside_region + 1e-6
    places = np.array([(one.lat_deg * 111.2, one.lon_deg * 77.3) for one in located.candidates])
    near = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + 9.0 * np.eye(len(places))
    assert near.min() > 0.49, "two candidates are the same place"


def test_workers_do_not_change_the_answer() -> None:
    again = locate(PROVIDER, REGION, 100.0, frame(140.0, 3.0, -1.5, 63.0), settings=QUICK, workers=4)
    assert again.candidates == found().candidates
    np.testing.assert_array_equal(again.log_evidence_nats, found().log_evidence_nats)


def test_a_pan_is_found_with_its_scale() -> None:
    best = locate(PROVIDER, REGION, 100.0, pan(95.0, 120.0), settings=QUICK, workers=1).candidates[0]
    assert apart_m(best.lat_deg, best.lon_deg) < 150.0
    assert abs(best.heading_deg - 95.0) < 1.5
    assert best.hfov_deg == pytest.approx(119.5, abs=2.5)


def test_tiles_can_be_carried_away_and_joined_in_any_order() -> None:
    sight = frame(140.0, 3.0, -1.5, 63.0)
    plan = tiles.plan_tiles(REGION, 100.0, tile_km2=8.0)
    assert len(plan) > 2
    assert sum(tile.lattice.rows * tile.lattice.columns for tile in plan) == found().log_evidence_nats.size
    answers = [
        pickle.loads(pickle.dumps(tiles.search_tile(PROVIDER, pickle.loads(pickle.dumps(tile)), sight, settings=QUICK)))
        for tile in plan
    ]
    joined = [reduce(tiles.merge, order) for order in list(permutations(answers))[:6]]
    joined.append(tiles.merge(answers[0], reduce(tiles.merge, answers[1:])))
    joined.append(tiles.merge(joined[0], answers[1]))
    for other in joined[1:]:
        np.testing.assert_array_equal(other.fits.score, joined[0].fits.score)
        assert [part.tile for part in other.parts] == list(plan)
    best = told(joined[0], sight, settings=QUICK).candidates[0]
    assert apart_m(best.lat_deg, best.lon_deg) < 200.0


def test_dask_searches_tiles_side_by_side_alike() -> None:
    sight = frame(20.0, 0.0, 0.0, 50.0)
    plan = tiles.plan_tiles(REGION, 200.0, tile_km2=10.0)
    one = tiles.search_tiles(PROVIDER, plan, sight, settings=QUICK, workers=1, scheduler="synchronous")
    two = tiles.search_tiles(PROVIDER, plan, sight, settings=QUICK, workers=2)
    np.testing.assert_array_equal(one.fits.score, two.fits.score)
    np.testing.assert_array_equal(one.fits.place_m, two.fits.place_m)


@pytest.mark.parametrize("tilt", [0.0, 0.1])
def test_a_straight_line_tells_nothing(tilt: float) -> None:
    rng = np.random.default_rng(4)
    line = tuple((float(x), 200.0 + tilt * x + float(rng.normal(0.0, 2.0))) for x in range(0, WIDTH, 4))
    located = locate(PROVIDER, REGION, 200.0, Skyline(WIDTH, HEIGHT, line, 2.0, (54.0, 66.0)), settings=QUICK)
    assert located.abstained is not None
    assert "straight" in located.abstained
    assert located.candidates == ()


def test_an_empty_line_tells_nothing() -> None:
    located = locate(PROVIDER, REGION, 200.0, Skyline(WIDTH, HEIGHT, (), 2.0, (54.0, 66.0)), settings=QUICK)
    assert located.abstained is not None
    assert "short" in located.abstained


@pytest.mark.parametrize("hfov", [(0.0, 60.0), (60.0, 180.0), (70.0, 60.0)])
def test_fields_of_view_that_no_lens_has_are_refused(hfov: tuple[float, float]) -> None:
    with pytest.raises(BadInputError, match="field of view"):
        locate(PROVIDER, REGION, 200.0, Skyline(WIDTH, HEIGHT, ((0.0, 1.0), (9.0, 2.0)), 2.0, hfov))


def test_a_line_drawn_backwards_is_refused() -> None:
    with pytest.raises(BadInputError, match="left to right"):
        sighting.sighting_of(Skyline(WIDTH, HEIGHT, ((9.0, 1.0), (0.0, 2.0)), 2.0, (50.0, 60.0)))


def test_bins_are_not_moved_by_single_spikes() -> None:
    line = [(float(x), 100.0) for x in range(WIDTH)]
    line[320] = (320.0, 400.0)
    bins = sighting.sighting_of(Skyline(WIDTH, HEIGHT, tuple(line), 2.0, (50.0, 60.0))).binned(1.0)
    assert np.ptp(bins.b) == 0.0


def test_mass_is_kept_when_spread() -> None:
    x_m, y_m = np.linspace(0.0, 2900.0, 30), np.linspace(0.0, 1900.0, 20)
    places, weights = np.array([[1430.0, 960.0], [0.0, 0.0]]), np.array([0.7, 0.3])
    spread = posterior.spread_fits(x_m, y_m, places, weights, 60.0)
    assert spread.sum() == pytest.approx(1.0)
    assert int(spread.argmax()) in (0, 10 * 30 + 14)
    assert posterior.region_km2(spread, 0.9, 0.01) < 0.4


def test_odds_of_elsewhere_fall_with_the_gap() -> None:
    def fits(rival: float) -> Fits:
        place = np.array([[0.0, 0.0], [5000.0, 0.0]])
        return Fits(place, np.zeros((2, 5)), np.array([20.0, rival]), np.full((2, 2), 0.3))

    odds = [posterior.odds_outside(fits(rival), 0.3, CALIBRATION) for rival in (19.9, 15.0, 5.0)]
    assert odds == sorted(odds, reverse=True)
    assert len(set(odds)) == 3


def test_what_is_apart_stays() -> None:
    place = np.array([[0.0, 0.0], [300.0, 0.0], [900.0, 0.0]])
    kept = apart(Fits(place, np.zeros((3, 5)), np.array([1.0, 2.0, 0.5]), np.zeros((3, 2))), 500.0, 9)
    assert kept.place_m.tolist() == [[300.0, 0.0], [900.0, 0.0]]
