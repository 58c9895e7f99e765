import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.rehearsal.views import Cylinder, Lens, Pose, hand_shake, pan, project, rays

LENS = Lens(1280, 720, 62.0)

angles = st.tuples(st.floats(0.0, 360.0), st.floats(-40.0, 40.0), st.floats(-30.0, 30.0))


def turns(heading: float, pitch: float, roll: float) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """World from camera (right, forward, up) by composed elementary rotations, apart from the module's own way."""
    h, p, r = (math.radians(v) for v in (heading, pitch, roll))
    about_z = np.array([[math.cos(h), math.sin(h), 0], [-math.sin(h), math.cos(h), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    about_y = np.array([[math.cos(r), 0, math.sin(r)], [0, 1, 0], [-math.sin(r), 0, math.cos(r)]])
    return np.asarray(about_z @ about_x @ about_y)


@settings(deadline=None)
@given(angles, st.floats(0.0, 1280.0), st.floats(0.0, 720.0))
def test_projection_agrees_with_composed_rotations(
    angle: tuple[float, float, float], column: float, row: float
) -> None:
    focal = 640.0 / math.tan(math.radians(31.0))
    camera = np.array([(column - 640.0) / focal, 1.0, (360.0 - row) / focal])
    world = turns(*angle) @ camera
    found = project(LENS, Pose(*angle), world)
    assert (float(found[0]), float(found[1])) == pytest.approx((column, row), abs=1e-6)
    np.testing.assert_allclose(rays(LENS, Pose(*angle), np.array(column), np.array(row)), world, atol=1e-12)


def test_signs_are_those_of_the_documentation() -> None:
    east = np.array([1.0, 0.0, 0.0])
    assert float(project(LENS, Pose(90.0, 0.0, 0.0), east)[0]) == pytest.approx(640.0)
    assert float(project(LENS, Pose(80.0, 0.0, 0.0), east)[0]) > 640.0  # east lies right of a heading of 80
    assert float(project(LENS, Pose(90.0, 5.0, 0.0), east)[1]) > 360.0  # looking up puts the level lower
    right_of_axis = np.array([1.0, -0.3, 0.0])
    assert float(project(LENS, Pose(90.0, 0.0, 5.0), right_of_axis)[1]) < 360.0  # right side dips: level rises there
    assert np.isnan(project(LENS, Pose(270.0, 0.0, 0.0), east)[0])


@settings(deadline=None, max_examples=8)
@given(st.floats(0.0, 360.0), st.floats(-12.0, 12.0), st.floats(-6.0, 6.0))
def test_cut_frames_are_the_exact_mapping(heading: float, pitch: float, roll: float) -> None:
    lens = Lens(250, 142, 66.0)
    pose = Pose(heading, pitch, roll)
    cylinder = Cylinder.covering(lens, (pose,), 1.5)
    column, row = np.meshgrid(np.arange(cylinder.n_columns), np.arange(cylinder.n_rows))
    assert cylinder.n_columns * 50 < 65535
    picture = np.stack([column * 50, row * 50, 0 * row], axis=-1).astype(np.uint16)
    frame = cylinder.cut(picture, lens, pose).astype(float) / 50.0
    x, y = np.meshgrid(np.arange(250) + 0.5, np.arange(142) + 0.5)
    wanted = cylinder.locate(*np.moveaxis(rays(lens, pose, x, y), -1, 0))
    # 1/32 of a panorama pixel is OpenCV's interpolation step.
    assert np.abs(frame[..., 0] - wanted[0]).max() < 0.08
    assert np.abs(frame[..., 1] - wanted[1]).max() < 0.08


def test_hands_shake_as_told_and_pans_rest_at_both_ends() -> None:
    time_s = np.arange(0.0, 60.0, 0.04)
    shake = hand_shake(time_s, 0.3, 5)
    assert shake.shape == (1500, 3) and np.all((shake.std(axis=0) > 0.1) & (shake.std(axis=0) < 0.6))
    assert np.abs(np.diff(shake, axis=0)).max() < 0.2  # no jumps between frames
    np.testing.assert_array_equal(shake, hand_shake(time_s, 0.3, 5))
    heading = pan(time_s, 60.0, 350.0, 380.0)
    assert heading[0] == 350.0 and heading[-1] == 380.0 and np.all(np.diff(heading) >= 0.0)
