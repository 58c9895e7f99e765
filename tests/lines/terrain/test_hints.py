"""What known summits and ridges in front add, on made mountains where the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.terrain.test_matching import HEIGHT, TRUTH, WIDTH, frame, marcher

from witnessmark.lines.terrain.hints import LEAST_NATS, weighed_by_hints
from witnessmark.lines.terrain.records import Peak, Polyline, Skyline
from witnessmark.lines.terrain.refine import Fits
from witnessmark.lines.terrain.sighting import sighting_of

Floats = NDArray[np.float64]
HEADING, HFOV = 140.0, 63.0
FOCAL = 0.5 * WIDTH / np.tan(np.radians(HFOV) / 2.0)


def place(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    x, y = marcher().ground.to_local(np.array([lat_deg]), np.array([lon_deg]))
    return float(x[0]), float(y[0])


def fits() -> Fits:
    """The truth, and a place a kilometre and a half off, both with the true pose."""
    ground = marcher().ground
    places = np.array([place(*TRUTH), place(TRUTH[0] + 0.013, TRUTH[1] - 0.004)])
    turn = ground.convergence_deg(places[:, 0], places[:, 1])
    pose = np.array([[HEADING - float(t), 0.0, 0.0, np.log(FOCAL), 0.0] for t in turn])
    return Fits(places, pose, np.zeros(2), np.ones((2, 2)))


def pixel(bearing_deg: float, tangent: float) -> tuple[float, float]:
    """Where a level camera at the truth sees a direction."""
    away = np.radians(bearing_deg - HEADING)
    return float((WIDTH - 1) / 2 + FOCAL * np.tan(away)), float((HEIGHT - 1) / 2 - FOCAL * tangent / np.cos(away))


def level(peaks: tuple[Peak, ...] = (), inner_px: tuple[Polyline, ...] = ()) -> Skyline:
    return replace(frame(HEADING, 0.0, 0.0, HFOV), peaks=peaks, inner_px=inner_px)


def weighed(sight: Skyline) -> Floats:
    ground = marcher().ground
    return weighed_by_hints(fits(), sighting_of(sight), ground, ground, 0.1).score


def summit() -> Peak:
    """The highest crest of the skyline, where it stands and where it is seen."""
    bearing = np.linspace(HEADING - 25.0, HEADING + 25.0, 401)
    x, y = place(*TRUTH)
    seen = marcher().skyline(x, y, bearing)
    k = int(np.argmax(seen.tangent))
    ground = marcher().ground
    turned = np.radians(bearing[k] - float(ground.convergence_deg(np.array([x]), np.array([y]))[0]))
    at = x + seen.range_m[k] * np.sin(turned), y + seen.range_m[k] * np.cos(turned)
    lat, lon = ground.to_geographic(np.array([at[0]]), np.array([at[1]]))
    return Peak("Made Peak", float(lat[0]), float(lon[0]), *pixel(float(bearing[k]), float(seen.tangent[k])))


def test_a_summit_speaks_for_the_place_from_which_it_stands_so() -> None:
    truth, other = weighed(level(peaks=(summit(),)))
    assert truth > -2.0
    assert other < truth - 2.0


def test_a_wrong_name_costs_no_more_than_its_bound() -> None:
    wrong = replace(summit(), lat_deg=TRUTH[0] + 0.02, lon_deg=TRUTH[1] + 0.01)
    assert weighed(level(peaks=(wrong,)))[0] == pytest.approx(LEAST_NATS)


def test_a_summit_beyond_the_ground_says_nothing_between_places() -> None:
    beyond = replace(summit(), lat_deg=TRUTH[0] + 3.0)
    truth, other = weighed(level(peaks=(beyond,)))
    assert truth == other == LEAST_NATS


def test_a_ridge_in_front_speaks_for_the_place_that_has_it() -> None:
    bearing = np.linspace(HEADING - 25.0, HEADING + 25.0, 121)
    seen = marcher().skyline(*place(*TRUTH), bearing)
    nearest = seen.inner_tangent[:, 0]
    known = np.flatnonzero(np.isfinite(nearest))
    run = max(np.split(known, np.flatnonzero(np.diff(known) > 1) + 1), key=len)
    assert len(run) >= 10
    line = tuple(pixel(float(bearing[k]), float(nearest[k])) for k in run)
    truth, other = weighed(level(inner_px=(line,)))
    assert truth > other
    assert truth > -0.5


def test_without_hints_nothing_changes() -> None:
    assert weighed(level()).tolist() == [0.0, 0.0]
