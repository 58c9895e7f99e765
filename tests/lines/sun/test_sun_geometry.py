"""Cameras fit what is marked, shadows give the sun they were made with, and contradictions name their marks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.sun.planting import mark, pixel, pole
from tests.lines.sun.test_sun_marks import ITEM

from witnessmark.lines.contract import Marks, Tools
from witnessmark.lines.providers.contract import Elevations
from witnessmark.lines.sun import looking, shadows
from witnessmark.lines.sun.camera import focal_prior, sample_cameras
from witnessmark.lines.sun.marks import read_marks
from witnessmark.lines.sun.observations import SunObservations
from witnessmark.plain import Plain

SIZE = (1280, 720)
CAMERA = mark("c", "camera", {"hfov_deg": [60.0, 1.0], "pitch_deg": [-5.0, 0.3], "roll_deg": [0.0, 0.3]})


def look(marks: Marks, tools: Tools | None = None) -> SunObservations | looking.CannotTell:
    read, refused = read_marks(marks)
    return looking.observe(ITEM, marks, read, refused, looking.FrameSize(*SIZE, {}), tools or Tools(Path()))


@pytest.mark.parametrize(("azimuth", "elevation"), [(130.0, 20.0), (200.0, 35.0), (250.0, 50.0), (330.0, 12.0)])
def test_a_shadow_gives_the_sun_it_was_made_with(azimuth: float, elevation: float) -> None:
    heading = 40.0
    body = pole(azimuth, elevation, heading_deg=heading, pitch_deg=-5.0, size=SIZE, sigma_px=1.0)
    seen = look((mark("m1", "shadow", body), CAMERA))
    assert isinstance(seen, SunObservations)
    (sighting,) = seen.sightings
    assert sighting.azimuth_deg is not None and sighting.elevation_deg is not None
    off = (sighting.azimuth_deg + heading - azimuth + 180.0) % 360.0 - 180.0
    assert abs(off) * math.cos(math.radians(elevation)) < 0.5 * sighting.across_deg
    assert abs(sighting.elevation_deg - elevation) < 0.5 * sighting.upward_deg
    assert 0.3 < sighting.upward_deg < 8.0


def test_two_shadows_in_other_directions_tell_more_than_one() -> None:
    bodies = [
        pole(200.0, 30.0, heading_deg=40.0, pitch_deg=-5.0, size=SIZE, off_deg=off, sigma_px=0.3)
        for off in (-12.0, 9.0)
    ]
    one = look((mark("m1", "shadow", bodies[0]), CAMERA))
    both = look((mark("m1", "shadow", bodies[0]), mark("m2", "shadow", bodies[1]), CAMERA))
    assert isinstance(one, SunObservations) and isinstance(both, SunObservations)
    single, joined = one.sightings[0].upward_deg, both.sightings[0].upward_deg
    # each alone hardly tells a longer shadow from one further round; seen from two sides they cross
    assert joined < 0.5 * single
    assert both.sightings[0].what == "2 shadows"


def test_only_a_bearing_where_the_top_is_not_marked() -> None:
    body = {**pole(200.0, 30.0, heading_deg=40.0, pitch_deg=-5.0, size=SIZE), "top_px": None}
    seen = look((mark("m1", "shadow", body), CAMERA))
    assert isinstance(seen, SunObservations)
    (sighting,) = seen.sightings
    assert sighting.elevation_deg is None and sighting.airless_deg is None and sighting.upward_deg == 0.0
    assert sighting.azimuth_deg == pytest.approx(160.0, abs=sighting.across_deg)


def test_the_disc_gives_its_own_direction() -> None:
    away = np.array([math.sin(math.radians(50.0)), math.cos(math.radians(50.0)), math.tan(math.radians(8.0))])
    where = pixel(away, heading_deg=40.0, pitch_deg=-5.0, size=SIZE)
    seen = look((mark("m1", "sun-disc", {"centre_px": where, "sigma_px": 2.0}), CAMERA))
    assert isinstance(seen, SunObservations)
    assert seen.sightings[0].azimuth_deg == pytest.approx(10.0, abs=0.3)
    assert seen.sightings[0].elevation_deg == pytest.approx(8.0, abs=0.4)


def test_marks_that_no_one_sun_explains_are_named() -> None:
    first = pole(200.0, 30.0, heading_deg=40.0, pitch_deg=-5.0, size=SIZE, off_deg=-10.0, sigma_px=1.0)
    other = pole(110.0, 35.0, heading_deg=40.0, pitch_deg=-5.0, size=SIZE, off_deg=10.0, sigma_px=1.0)
    answer = look((mark("left", "shadow", first), mark("right", "shadow", other), CAMERA))
    assert isinstance(answer, looking.CannotTell)
    assert "mark left" in answer.reason and "mark right" in answer.reason and "no one sun" in answer.reason


def test_a_tip_above_the_grounds_horizon_is_impossible() -> None:
    body: dict[str, Plain] = {"top_px": [600, 200], "base_px": [600, 500], "tip_px": [900, 150], "sigma_px": 2.0}
    answer = look((mark("m1", "shadow", body), CAMERA))
    assert isinstance(answer, looking.CannotTell)
    assert "above the ground's horizon" in answer.reason


def test_verticals_and_a_horizon_find_the_camera() -> None:
    marks = []
    for number, off in enumerate((-25.0, -8.0, 12.0, 26.0)):
        body = pole(200.0, 30.0, heading_deg=0.0, pitch_deg=-14.0, size=SIZE, off_deg=off, distance_m=4.0, eye_m=2.0)
        upright: dict[str, Plain] = {"top_px": body["top_px"], "base_px": body["base_px"], "sigma_px": 1}
        marks.append(mark(f"v{number}", "vertical", upright))
    far = [np.array([math.sin(math.radians(a)), math.cos(math.radians(a)), 0.0]) for a in (-20.0, 0.0, 20.0)]
    line: list[Plain] = [pixel(point, heading_deg=0.0, pitch_deg=-14.0, size=SIZE) for point in far]
    marks.append(mark("h", "horizon", {"points_px": line, "sigma_px": 2.0}))
    read, refused = read_marks(tuple(marks))
    assert refused == ()
    wide = focal_prior(SIZE, {}, read)
    assert wide.known_from == "a wide prior"
    cameras = sample_cameras(read, wide, SIZE, np.random.default_rng(4))
    fov = np.degrees(2 * np.arctan(640 / cameras.focal_px))
    assert np.mean(np.degrees(cameras.pitch_rad)) == pytest.approx(-14.0, abs=1.0)
    assert np.std(np.degrees(cameras.pitch_rad)) < 2.0
    assert np.mean(fov) == pytest.approx(60.0, abs=2.5 * np.std(fov)) and np.std(fov) < 8.0
    assert np.degrees(np.abs(np.mean(cameras.roll_rad))) < 0.6


def test_parallel_level_lines_set_the_horizon() -> None:
    def along(start: tuple[float, float, float], end: tuple[float, float, float]) -> Plain:
        return [list(pixel(np.array(p), heading_deg=0.0, pitch_deg=-10.0, size=SIZE)) for p in (start, end)]

    lines: list[Plain] = [along((-3.0, 5.0, -1.7), (-1.0, 25.0, -1.7)), along((1.0, 5.0, -1.7), (3.0, 25.0, -1.7))]
    body: dict[str, Plain] = {"lines_px": lines, "sigma_px": 1.0}
    known = mark("c", "camera", {"hfov_deg": [60.0, 1.0]})
    read, refused = read_marks((mark("l", "level-lines", body), known))
    assert refused == ()
    cameras = sample_cameras(read, focal_prior(SIZE, {}, read), SIZE, np.random.default_rng(4))
    pitch = np.degrees(cameras.pitch_rad)
    assert np.mean(pitch) == pytest.approx(-10.0, abs=1.2) and np.std(pitch) < 2.5


def test_verticals_that_contradict_give_an_abstention() -> None:
    bad = [
        mark(f"v{x}", "vertical", {"top_px": [x + lean, 100], "base_px": [x, 600], "sigma_px": 0.5})
        for x, lean in ((300, 260), (600, -260), (900, 260))
    ]
    shadow = mark("m1", "shadow", pole(200.0, 30.0, heading_deg=40.0, pitch_deg=-5.0, size=SIZE))
    answer = look((*bad, shadow))
    assert isinstance(answer, looking.CannotTell) and "contradict" in answer.reason


def test_metadata_gives_the_focal_length() -> None:
    focal = focal_prior((1920, 1080), {"com.apple.quicktime.camera.focal_length.35mm_equivalent": "26"}, ())
    assert focal.known_from == "the file's metadata"
    assert math.exp(focal.log_px) == pytest.approx(26.0 / 43.267 * 2202.9, rel=1e-3)
    assert focal_prior((1920, 1080), {"FocalLengthIn35mmFilm": "nonsense"}, ()).known_from == "a wide prior"


class Hillside:
    """Ground that rises 10 in 100 to the east."""

    name = "hillside"

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        east_m = (lon_deg - 8.0) * 111_195.0 * np.cos(np.radians(lat_deg))
        return Elevations((500.0 + 0.10 * east_m).astype(np.float32), 30.0, "not stated", ())


def test_the_grounds_slope_comes_from_the_elevation_model() -> None:
    marks = (
        mark("m1", "shadow", pole(200.0, 30.0, heading_deg=90.0, pitch_deg=-5.0, size=SIZE, sigma_px=0.3)),
        mark("h", "heading", {"heading_deg": 90.0, "error_deg": 1.0}),
        mark("g", "ground", {"lat_deg": 46.0, "lon_deg": 8.0}),
        CAMERA,
    )
    read, _ = read_marks(marks)
    known = [looking._heading(entry) for entry in read if entry.kind == "heading"]
    slope = looking._slope(read, known, 0.0, Tools(Path(), providers={"elevation:x": Hillside()}))
    assert slope.forward == pytest.approx(0.10, abs=0.002) and slope.right == pytest.approx(0.0, abs=0.002)
    level, sloping = look(marks), look(marks, Tools(Path(), providers={"elevation:x": Hillside()}))
    assert isinstance(level, SunObservations) and isinstance(sloping, SunObservations)
    assert level.sightings[0].elevation_deg != sloping.sightings[0].elevation_deg


def test_the_plane_that_touches_the_sphere_is_undone() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        middle, other = (v / np.linalg.norm(v) for v in rng.standard_normal((2, 3)))
        if middle @ other < -0.9:
            continue
        across, upward = shadows.plane(other[None], middle)
        assert np.allclose(shadows.from_plane(np.array([across[0], upward[0]]), middle), other, atol=1e-9)
