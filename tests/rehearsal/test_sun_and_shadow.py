import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pvlib import atmosphere, solarposition
from tests.rehearsal.shaped_relief import BARE, shaped

from witnessmark.rehearsal import Prop, Relief, Scenario, set_up
from witnessmark.rehearsal.camera import clean_frame
from witnessmark.rehearsal.ground import Ground
from witnessmark.rehearsal.props import build, shadow_tip
from witnessmark.rehearsal.shapes import Solid
from witnessmark.rehearsal.sky import Air
from witnessmark.rehearsal.stage import render_panorama
from witnessmark.rehearsal.sunlight import sun_at
from witnessmark.rehearsal.truth import establish
from witnessmark.rehearsal.views import project

pandas = pytest.importorskip("pandas")  # comes with pvlib

LEVEL = Ground.bare(shaped(np.full((61, 61), 500.0), "level"), 45.0, 7.0)


@settings(deadline=None, max_examples=15)
@given(
    st.datetimes(dt.datetime(2015, 1, 1), dt.datetime(2030, 1, 1)),
    st.floats(-60.0, 70.0),
    st.floats(-180.0, 180.0),
    st.floats(0.0, 3000.0),
)
def test_the_sun_stands_where_pvlib_has_it(moment: dt.datetime, lat: float, lon: float, height: float) -> None:
    utc = moment.replace(microsecond=0, tzinfo=dt.UTC)
    row = solarposition.get_solarposition(
        pandas.DatetimeIndex([utc]), lat, lon, height, float(atmosphere.alt2pres(height)), temperature=10.0
    ).iloc[0]
    sun = sun_at(utc, lat, lon, height, 10.0)
    assert sun.azimuth_deg == pytest.approx(row["azimuth"], abs=1e-6)
    assert sun.elevation_deg == pytest.approx(row["elevation"], abs=1e-6)
    assert sun.apparent_elevation_deg == pytest.approx(row["apparent_elevation"], abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.0, 360.0), st.floats(3.0, 80.0), st.floats(0.5, 8.0))
def test_on_level_ground_a_shadow_is_height_over_tangent_long(azimuth: float, elevation: float, height: float) -> None:
    built = build(Prop("post", "post", 33.0, 12.0, height), LEVEL)
    a, e = math.radians(azimuth), math.radians(elevation)
    towards = np.array([math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)])
    tip = shadow_tip(built, towards, LEVEL)
    assert tip is not None
    off = tip - built.foot_m
    assert math.hypot(off[0], off[1]) == pytest.approx(height / math.tan(e), abs=1e-3)
    assert (math.degrees(math.atan2(off[0], off[1])) - azimuth - 180.0 + 540.0) % 360.0 - 180.0 == pytest.approx(
        0.0, abs=0.05
    )


def test_on_a_slope_the_tip_lies_on_plane_and_ray() -> None:
    relief = shaped(np.add.outer(np.linspace(0.0, 900.0, 61), np.zeros(61)))  # falls to the north
    ground = Ground.around(relief, 45.0, 7.0, BARE, 1)
    built = build(Prop("pole", "pole", 90.0, 10.0, 4.0), ground)
    towards = np.array([0.5, -0.6, 0.45])
    towards /= np.linalg.norm(towards)
    tip = shadow_tip(built, towards, ground)
    assert tip is not None
    probe = ground.relief_m(np.array([10.0, 10.0]), np.array([-5.0, 5.0]))
    gradient = float(probe[1] - probe[0]) / 10.0
    # Line top - s * towards meets z = foot + gradient * (y - foot_y).
    s = built.prop.height_m / (towards[2] - gradient * towards[1])
    np.testing.assert_allclose(tip, built.top_m - s * towards, atol=2e-3)
    assert not math.isclose(s * math.hypot(*towards[:2]), 4.0 * math.hypot(*towards[:2]) / towards[2], rel_tol=0.1)


def test_no_shadow_without_direct_sun(flat: Relief, flat_scenario: Scenario) -> None:
    ground = Ground.bare(flat, 45.0, 7.0)
    built = build(flat_scenario.props[0], ground)
    assert shadow_tip(built, np.array([0.9, 0.0, -0.1]), ground) is None
    grey = dataclasses.replace(flat_scenario, weather=dataclasses.replace(flat_scenario.weather, cloud_cover=1.0))
    stage = set_up(grey, flat)
    panorama = render_panorama(stage)
    truth = establish(stage, panorama)
    assert not panorama.direct_sun and truth.standing[0].shadow is None and not truth.standing[0].casts_shadow


def test_rendered_shadows_lie_where_the_truth_says(flat: Relief, flat_scenario: Scenario) -> None:
    """Along the line from foot to shadow tip the picture is dark, beside it bright."""
    stage = set_up(flat_scenario, flat)
    panorama = render_panorama(stage)
    truth = establish(stage, panorama).standing[0]
    assert truth.casts_shadow and truth.shadow is not None and truth.foot.visible[0] and truth.shadow.visible[0]
    picture = clean_frame(stage, panorama, 0).astype(float).mean(axis=2)
    foot, tip = truth.foot.at_m, truth.shadow.at_m
    along = tip - foot
    assert math.hypot(along[0], along[1]) == pytest.approx(
        2.4 / math.tan(math.radians(stage.sun.apparent_elevation_deg)), abs=0.01
    )
    side = np.array([along[1], -along[0], 0.0]) / math.hypot(along[0], along[1])

    def brightness(share: float, aside_m: float) -> float:
        at = foot + share * along + aside_m * side - np.array([0.0, 0.0, stage.eye_m])
        column, row = project(stage.lens, stage.poses[0], at)
        return float(picture[int(row), int(column)])

    # The arm's shadow crosses at 0.88; the pole's own lies along the whole line.
    for share in (0.15, 0.3, 0.45, 0.6, 0.75, 0.96):
        lit = (brightness(share, 0.4) + brightness(share, -0.4)) / 2.0
        assert brightness(share, 0.0) < 0.75 * lit
    beyond = (brightness(1.06, 0.0) + brightness(1.1, 0.0)) / 2.0
    assert beyond > 0.9 * brightness(1.06, 0.4)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["box", "ball", "cylinder", "cone"]),
    st.integers(0, 10_000),
)
def test_rays_enter_solids_on_their_surface(form: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.standard_normal((3, 3)))[0] * rng.uniform(0.3, 2.0, 3)
    solid = Solid(form, np.asarray(axes), rng.uniform(-5, 5, 3), (0.5, 0.5, 0.5))
    start = solid.centre + 10.0 * (lambda v: v / np.linalg.norm(v))(rng.standard_normal(3))
    aim = solid.centre + (axes @ rng.uniform(-1.0, 1.0, (3, 50))).T - start
    distance, normal = solid.meet(start, aim)
    hit = np.isfinite(distance)
    np.testing.assert_array_equal(hit, solid.blocks(start, aim))
    at = np.linalg.solve(axes, (start + distance[hit, None] * aim[hit] - solid.centre).T).T
    x, y, z = at.T
    wide = {
        "box": np.abs(at).max(axis=1, initial=0.0) - 1.0,
        "ball": (at**2).sum(axis=1) - 1.0,
        "cylinder": np.maximum(np.hypot(x, y), np.abs(z)) - 1.0,
        "cone": np.hypot(x, y) - (1.0 - z) / 2.0,
    }[form]
    assert np.abs(wide).max(initial=0.0) < 1e-6
    # Outward normals face the eye, and points inside lie behind the entry.
    assert np.all((normal[hit] * aim[hit]).sum(axis=1) < 1e-9) or form == "cone"
    if form in ("box", "ball"):
        inside = solid.centre - start
        assert solid.blocks(start, inside[None, :])[0]


def test_light_fades_to_the_airlight_with_distance() -> None:
    air = Air.make(np.array([0.5, 0.5, 0.707]), 3.0, 30_000.0, 0.0, 1, gap=False)
    # Koschmieder: at the meteorological range 2 % of the contrast is left (in green).
    assert math.exp(-30_000.0 * air.extinction_per_m()[1]) == pytest.approx(0.02, abs=1e-4)
    assert air.extinction_per_m()[2] > air.extinction_per_m()[0]


@pytest.mark.parametrize("cover", [0.2, 0.5, 0.8])
def test_cloud_cover_is_the_share_of_sky_clouded(cover: float) -> None:
    air = Air.make(np.array([0.6, 0.0, 0.8]), 3.0, 30_000.0, cover, 12, gap=False)
    rng = np.random.default_rng(0)
    up, turn = rng.uniform(0.18, 0.99, 20_000), rng.uniform(0.0, 2.0 * np.pi, 20_000)
    flat = np.sqrt(1.0 - up**2)
    from witnessmark.rehearsal.sky import on_cloud_plane

    depth = air.cloud_depth(*on_cloud_plane(np.stack([flat * np.sin(turn), flat * np.cos(turn), up], axis=1)))
    assert (depth > 0.0).mean() == pytest.approx(cover, abs=0.04)


def test_a_gap_lets_the_sun_through_and_the_relief_hides_it() -> None:
    low = np.array([0.9, 0.0, 0.43589])
    here, height = np.zeros(1), np.zeros(1)
    shares = []
    for seed in range(12):
        shares.append(float(Air.make(low, 3.0, 3e4, 0.7, seed, gap=False).sun_share(here, here, height)[0]))
        assert Air.make(low, 3.0, 3e4, 0.7, seed, gap=True).sun_share(here, here, height)[0] == pytest.approx(1.0)
    assert min(shares) < 0.2
    assert Air.make(low, 3.0, 3e4, 1.0, 1, gap=True).sun_share(here, here, height)[0] == 0.0


def test_behind_a_ridge_there_is_no_direct_sun(flat_scenario: Scenario) -> None:
    heights = np.zeros((121, 121))
    heights[:, :52] = 900.0  # a wall to the west, some 700 m away
    evening = dataclasses.replace(flat_scenario, start=dt.datetime(2024, 4, 20, 16, 0, tzinfo=dt.UTC))
    relief = shaped(heights)
    stage = set_up(evening, relief)
    assert 20.0 < stage.sun.apparent_elevation_deg < 40.0 and 240.0 < stage.sun.azimuth_deg < 290.0
    panorama = render_panorama(stage)
    truth = establish(stage, panorama)
    assert truth.horizon_at_sun_deg > stage.sun.apparent_elevation_deg and not panorama.direct_sun
    assert truth.standing[0].shadow is None
