import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from tests.rehearsal.shaped_relief import BARE, shaped

from witnessmark.errors import BadInputError
from witnessmark.rehearsal import jacksboro
from witnessmark.rehearsal.caster import REFRACTION_K, drop_m, horizon_deg, ranges, sweep, tangents
from witnessmark.rehearsal.ground import Cover, Ground, earth_radius_m
from witnessmark.rehearsal.noise import Lattice
from witnessmark.rehearsal.relief import Relief

GEOD = Geod(ellps="WGS84")
HERE = Ground.bare(jacksboro(), 36.30, -84.25)


def test_the_sample_lies_where_its_mountain_is() -> None:
    relief = jacksboro()
    row, column = np.unravel_index(relief.elevation_m.argmax(), relief.elevation_m.shape)
    assert relief.elevation_m.max() == 1076.0
    # Cross Mountain, Tennessee.
    assert abs(relief.lat_deg[row] - 36.20) < 0.01 and abs(relief.lon_deg[column] + 84.23) < 0.01
    assert relief.lat_deg[0] > relief.lat_deg[-1]


def test_heights_at_nodes_are_the_nodes() -> None:
    relief = jacksboro()
    ground = Ground.around(relief, 36.30, -84.25, BARE, 1)
    for row, column in ((40, 60), (170, 200), (300, 390)):
        x, y = ground.to_local(float(relief.lat_deg[row]), float(relief.lon_deg[column]))
        found = ground.relief_m(np.array([x]), np.array([y]))[0]
        assert found == pytest.approx(relief.elevation_m[row, column], abs=0.3)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 360.0), st.floats(5.0, 14_000.0))
def test_the_frame_keeps_bearing_and_distance(bearing: float, distance: float) -> None:
    ground = HERE
    lon, lat, _ = GEOD.fwd(-84.25, 36.30, bearing, distance)
    x, y = ground.to_local(lat, lon)
    assert math.hypot(x, y) == pytest.approx(distance, abs=1e-3)
    assert (math.degrees(math.atan2(x, y)) - bearing + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-4)
    back = ground.to_geographic(x, y)
    assert back == pytest.approx((lat, lon), abs=1e-8)


def test_a_slope_is_kept_between_nodes() -> None:
    relief = shaped(np.add.outer(np.linspace(900.0, 300.0, 61), np.linspace(0.0, 120.0, 61)))
    ground = Ground.around(relief, 45.0, 7.0, BARE, 1)
    step_lat = float(relief.lat_deg[0] - relief.lat_deg[1])
    lat, lon = 45.0 + 7.37 * step_lat, 7.0 - 3.61 * step_lat
    x, y = ground.to_local(lat, lon)
    wanted = 600.0 + 10.0 * 7.37 + 60.0 - 2.0 * 3.61
    assert ground.relief_m(np.array([x]), np.array([y]))[0] == pytest.approx(wanted, abs=0.02)


def test_places_and_models_that_cannot_be_used_are_refused() -> None:
    relief = jacksboro()
    with pytest.raises(BadInputError, match="not inside relief"):
        Ground.around(relief, 46.0, 7.0, BARE, 1)
    with pytest.raises(BadInputError, match="gaps"):
        dataclasses.replace(relief, elevation_m=np.where(relief.elevation_m > 1000.0, np.nan, relief.elevation_m))
    with pytest.raises(BadInputError, match="evenly spaced"):
        Relief("bent", "test", relief.lat_deg**3, relief.lon_deg, relief.elevation_m)
    with pytest.raises(BadInputError, match="one elevation a node"):
        Relief("cut", "test", relief.lat_deg[1:], relief.lon_deg, relief.elevation_m)


def test_drop_follows_the_formula_and_the_radius_the_ellipsoid() -> None:
    # Mean of the meridian and prime-vertical radii at 45 degrees, as tabulated: 6 367 382 m and 6 388 838 m.
    assert earth_radius_m(45.0) == pytest.approx(math.sqrt(6_367_381.8 * 6_388_838.3), rel=1e-6)
    for distance in (100.0, 5_000.0, 25_000.0):
        wanted = (1.0 - REFRACTION_K) * distance**2 / (2.0 * earth_radius_m(36.3))
        assert float(drop_m(distance, 36.3)) == pytest.approx(wanted, rel=1e-12)


def test_the_sea_horizon_dips_as_it_should() -> None:
    relief = shaped(np.zeros((721, 721)))
    ground = Ground.around(relief, 45.0, 7.0, BARE, 1)
    eye = 20.0
    effective = earth_radius_m(45.0) / (1.0 - REFRACTION_K)
    dip = math.degrees(math.atan(math.sqrt(2.0 * eye / effective)))
    assert horizon_deg(ground, eye, 123.0) == pytest.approx(-dip, abs=2e-4)


def test_a_ridge_stands_where_trigonometry_puts_it() -> None:
    heights = np.zeros((241, 241))
    heights[60, :] = 400.0
    relief = shaped(heights)
    ground = Ground.around(relief, 45.0, 7.0, BARE, 1)
    _, y = ground.to_local(float(relief.lat_deg[60]), 7.0)
    azimuth = np.array([0.0, 20.0, -30.0])
    swept = sweep(ground, 2.0, azimuth, np.linspace(0.2, -0.1, 400), growth=0.0006, reach_m=9000.0)
    for k, bearing in enumerate(azimuth):
        reach = y / math.cos(math.radians(bearing))
        tangent = (400.0 - 2.0 - float(drop_m(reach, 45.0))) / reach
        assert swept.skyline_range_m[k] == pytest.approx(reach, rel=0.004)
        assert math.degrees(math.atan(swept.skyline_tangent[k]) - math.atan(tangent)) == pytest.approx(0.0, abs=0.02)
    # A ray below the eye's level meets the plain where similar triangles say.
    row = int(np.argmin(np.abs(swept.row_tangent + 0.02)))
    assert swept.range_m[row, 0] == pytest.approx(-2.0 / swept.row_tangent[row], rel=0.01)


def test_skipping_hidden_samples_changes_nothing() -> None:
    ground = Ground.around(jacksboro(), 36.3629, -84.14, Cover(), 9)
    eye = float(ground.bare_m(np.zeros(1), np.zeros(1))[0]) + 1.6
    azimuth, range_m = np.linspace(235.0, 280.0, 40), ranges(2.0, 20_000.0, 0.006)
    quick = tangents(ground, eye, azimuth, range_m)
    angle = np.radians(azimuth)[:, None]
    x, y = np.sin(angle) * range_m, np.cos(angle) * range_m
    far = np.broadcast_to(range_m, x.shape).ravel()
    top = ground.surface(x.ravel(), y.ravel(), far).height_m.reshape(x.shape)
    whole = (top - eye - drop_m(range_m, ground.lat_deg)) / range_m
    np.testing.assert_allclose(np.maximum.accumulate(quick, axis=1), np.maximum.accumulate(whole, axis=1), atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31 - 1), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_noise_is_seeded_bounded_and_smooth(seed: int, x: float, y: float) -> None:
    lattice = Lattice.seeded(seed)
    here, beside = lattice.at(np.array([x, x + 1e-4]), np.array([y, y]))
    assert 0.0 <= here < 1.0 and abs(float(here) - float(beside)) < 1e-3
    again = Lattice.seeded(seed).fractal(np.array([x]), np.array([y]), 50.0, 4)
    assert again == lattice.fractal(np.array([x]), np.array([y]), 50.0, 4) and abs(float(again[0])) <= 1.0


def test_trees_stay_out_of_the_clearing_and_within_their_height() -> None:
    cover = Cover(canopy_m=12.0, clearing_m=200.0, forest=0.9)
    ground = Ground.around(jacksboro(), 36.2366, -84.1708, cover, 4)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-3000, 3000, 20_000), rng.uniform(-3000, 3000, 20_000)
    reach = np.hypot(x, y)
    seen = ground.surface(x, y, np.maximum(reach, 61.0))
    rise = seen.height_m - seen.bare_m
    assert rise.min() >= 0.0 and rise.max() <= 12.0 and np.abs(seen.bare_m - ground.relief_m(x, y)).max() < 2.0
    assert rise[reach < 130.0].max() == 0.0
    assert (rise > 2.0).mean() > 0.2
