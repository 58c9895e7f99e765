"""The sun and moon stand where pvlib and the published examples have them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pvlib import spa

from witnessmark.errors import BadInputError
from witnessmark.lines.sun import ephemeris
from witnessmark.lines.sun.refraction import airless_deg, lift_deg, pressure_hpa


def unix_s(*parts: int) -> float:
    year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC).timestamp()


def apart_deg(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Angle between two directions given by azimuth and elevation [deg]."""
    (az_a, el_a), (az_b, el_b) = np.radians(a), np.radians(b)
    half = np.sin((el_a - el_b) / 2) ** 2 + np.cos(el_a) * np.cos(el_b) * np.sin((az_a - az_b) / 2) ** 2
    return float(np.degrees(2 * np.arcsin(np.sqrt(half))))


def test_sun_against_pvlib_everywhere() -> None:
    rng = np.random.default_rng(3)
    worst = worst_apparent = 0.0
    for _ in range(300):
        at = np.array([rng.uniform(unix_s(1990, 1, 1), unix_s(2035, 1, 1))])
        lat, lon = float(rng.uniform(-89, 89)), float(rng.uniform(-180, 180))
        apparent_zenith, _, _, elevation, azimuth, _ = spa.solar_position(
            at, lat, lon, 0.0, 1013.25, 12.0, 67.0, 0.5667
        )
        here = ephemeris.frames(np.array([lat]), np.array([lon]))
        own_az, own_el = ephemeris.azimuth_elevation(ephemeris.track("sun", at), here)
        mine = (float(own_az[0, 0]), float(own_el[0, 0]))
        worst = max(worst, apart_deg(mine, (float(azimuth[0]), float(elevation[0]))))
        if mine[1] > 5.0:
            lifted = mine[1] + float(lift_deg(own_el[0])[0])
            worst_apparent = max(worst_apparent, abs(lifted - (90.0 - float(apparent_zenith[0]))))
    assert worst < 0.002
    assert worst_apparent < 0.005


def test_sun_against_the_published_example_of_the_nrel_algorithm() -> None:
    at = np.array([unix_s(2003, 10, 17, 19, 30, 30)])
    here = ephemeris.frames(np.array([39.742476]), np.array([-105.1786]), 1830.14)
    azimuth, elevation = ephemeris.azimuth_elevation(ephemeris.track("sun", at), here)
    lifted = elevation[0] + lift_deg(elevation[0], 820.0, 11.0)
    assert azimuth[0, 0] == pytest.approx(194.34024, abs=0.002)
    assert 90.0 - lifted[0] == pytest.approx(50.11162, abs=0.002)


def test_moon_against_the_published_example() -> None:
    """Meeus 1998, example 47.a: 12 April 1992, 0 h dynamical time."""
    t = np.array([-0.077221081451])
    longitude, latitude, distance_km = ephemeris._moon_ecliptic(t)
    assert np.degrees(longitude[0]) % 360.0 == pytest.approx(133.162655, abs=0.006)
    assert np.degrees(latitude[0]) == pytest.approx(-3.229126, abs=0.006)
    assert distance_km[0] == pytest.approx(368_409.7, abs=30.0)


def test_lit_share_against_the_published_example() -> None:
    """Meeus 1998, example 48.a: the same instant, 0.6786 lit and growing."""
    lit, growing = ephemeris.illuminated_fraction(np.array([unix_s(1992, 4, 12) - 59.0]))
    assert lit[0] == pytest.approx(0.6786, abs=0.001) and growing[0]


def test_sidereal_time_against_the_published_example() -> None:
    """Meeus 1998, example 12.b."""
    turn = ephemeris.sidereal_rad(np.array([unix_s(1987, 4, 10, 19, 21)]))
    assert np.degrees(turn[0]) == pytest.approx(128.7378734, abs=1e-6)


@pytest.mark.parametrize("body", ephemeris.BODIES)
def test_dense_instants_are_interpolated_to_what_single_ones_give(body: str) -> None:
    dense = unix_s(2022, 9, 13) + 30.0 * np.arange(4000, dtype=np.float64)
    whole = ephemeris.track(body, dense)
    some = dense[::411]
    alone = np.concatenate([ephemeris.track(body, at[None]).towards for at in some], axis=1)
    off = np.degrees(np.linalg.norm(whole.towards[:, ::411] - alone, axis=0))
    assert off.max() < 1e-4


@given(st.floats(-90, 90), st.floats(-180, 360))
@settings(max_examples=50, deadline=None)
def test_east_north_and_up_are_square_to_one_another(lat_deg: float, lon_deg: float) -> None:
    here = ephemeris.frames(np.array([lat_deg]), np.array([lon_deg]))
    axes = np.stack([here.east[0], here.north[0], here.up[0]])
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.allclose(np.cross(axes[0], axes[1]), axes[2], atol=1e-12)


@given(st.floats(-0.4, 90), st.floats(500, 1050), st.floats(-30, 45))
@settings(max_examples=80, deadline=None)
def test_refraction_is_undone(apparent_deg: float, hpa: float, temperature_c: float) -> None:
    seen = np.array([apparent_deg])
    back = airless_deg(seen, hpa, temperature_c)
    assert abs(float((back + lift_deg(back, hpa, temperature_c) - seen)[0])) < 0.01


def test_the_air_thins_with_height() -> None:
    assert pressure_hpa(0.0) == pytest.approx(1013.25)
    assert 1013.0 > pressure_hpa(1000.0) > pressure_hpa(4000.0) > 600.0


def test_refuses_what_it_cannot_compute() -> None:
    with pytest.raises(BadInputError, match="1900"):
        ephemeris.track("sun", np.array([unix_s(1850, 1, 1)]))
    with pytest.raises(BadInputError, match="no body"):
        ephemeris.track("mars", np.array([0.0]))
    with pytest.raises(BadInputError, match="no UTC offset"):
        ephemeris.unix_s(dt.datetime(2022, 9, 13, 11))
    assert ephemeris.track("sun", np.zeros(0)).towards.shape == (3, 0)
