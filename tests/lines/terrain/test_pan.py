from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.terrain.hills import painted

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.pan import joined_frames, sight_of_file, stitch
from witnessmark.lines.terrain.records import Pan, Skyline
from witnessmark.lines.terrain.skyline_file import to_file

Floats = NDArray[np.float64]
WIDTH, HEIGHT, FIELD_DEG = 480, 300, 50.0
FOCAL_PX = WIDTH / 2 / np.tan(np.radians(FIELD_DEG) / 2)
POSES_DEG = ((-27.0, 1.0, 1.0), (-9.0, -0.5, -1.5), (9.0, 1.5, 0.5), (26.0, 0.0, 2.0))
STEP_DEG = 0.08


def skyline_deg(azimuth_deg: NDArray[np.floating]) -> Floats:
    turn = np.radians(azimuth_deg)
    return np.asarray(2.5 + 2.0 * np.sin(5 * turn) + 0.9 * np.sin(17 * turn + 1) + 0.3 * np.sin(53 * turn))


def axes(heading_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    """Columns right, up, forward in east, north, up."""
    h, p, r = np.radians([heading_deg, pitch_deg, roll_deg])
    forward = np.array([np.sin(h) * np.cos(p), np.cos(h) * np.cos(p), np.sin(p)])
    level = np.array([np.cos(h), -np.sin(h), 0.0])
    above = np.array([-np.sin(h) * np.sin(p), -np.cos(h) * np.sin(p), np.cos(p)])
    right = np.cos(r) * level - np.sin(r) * above
    return np.stack([right, np.cos(r) * above + np.sin(r) * level, forward], axis=1)


def world() -> NDArray[np.uint8]:
    """Everything around, columns by bearing and rows by elevation from 40 degrees down."""
    rng = np.random.default_rng(5)
    shape = round(80 / STEP_DEG), round(160 / STEP_DEG)
    grain = np.zeros(shape)
    for size in (2, 6, 20):
        coarse = rng.normal(0, 1, (shape[0] // size + 1, shape[1] // size + 1))
        grain += cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    elevation = 40 - (np.arange(shape[0]) + 0.5) * STEP_DEG
    azimuth = -80 + (np.arange(shape[1]) + 0.5) * STEP_DEG
    ground = elevation[:, None] < skyline_deg(azimuth)[None, :]
    shade = np.where(ground, 90 + 22 * grain, 225 - elevation[:, None])
    return np.repeat(np.clip(shade, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def frame(around: NDArray[np.uint8], pose: tuple[float, float, float], seed: int) -> tuple[Skyline, NDArray[np.uint8]]:
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5 - WIDTH / 2, HEIGHT / 2 - np.arange(HEIGHT) - 0.5)
    rays = np.stack([x, y, np.full_like(x, FOCAL_PX)], -1) @ axes(*pose).T
    azimuth = np.degrees(np.arctan2(rays[..., 0], rays[..., 1]))
    elevation = np.degrees(np.arctan2(rays[..., 2], np.hypot(rays[..., 0], rays[..., 1])))
    columns, rows = (azimuth + 80) / STEP_DEG - 0.5, (40 - elevation) / STEP_DEG - 0.5
    seen = cv2.remap(around, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
    noise = np.random.default_rng(seed).normal(0, 2, seen.shape)
    rgb = np.asarray(np.clip(np.rint(seen + noise), 0, 255), np.uint8)
    # The skyline's own directions, through the same camera.
    turn = np.arange(-80, 80, 0.02)
    up = np.radians(skyline_deg(turn))
    way = np.stack(
        [np.sin(np.radians(turn)) * np.cos(up), np.cos(np.radians(turn)) * np.cos(up), np.sin(up)], 1
    ) @ axes(*pose)
    ahead = way[:, 2] > 0.2
    across = WIDTH / 2 + FOCAL_PX * way[ahead, 0] / way[ahead, 2]
    down = HEIGHT / 2 - FOCAL_PX * way[ahead, 1] / way[ahead, 2]
    order = np.argsort(across)
    at = np.arange(WIDTH) + 0.5
    line = tuple(zip(at.tolist(), np.interp(at, across[order], down[order]).tolist(), strict=True))
    return Skyline(WIDTH, HEIGHT, line, 0.5, hfov_deg=(44.0, 57.0)), rgb


@pytest.fixture(scope="module")
def frames() -> list[tuple[Skyline, NDArray[np.uint8]]]:
    around = world()
    return [frame(around, pose, number) for number, pose in enumerate(POSES_DEG)]


def test_a_pan_is_stitched_with_its_scale_level_and_errors(frames: list[tuple[Skyline, NDArray[np.uint8]]]) -> None:
    found = joined_frames(frames)
    pan = found.pan
    assert found.used == (0, 1, 2, 3) and found.remarks == ()
    assert abs(found.hfov_deg - FIELD_DEG) < 0.7
    true_focal, focal = 0.5 / np.tan(np.radians([FIELD_DEG, found.hfov_deg]) / 2)
    assert 0.0 < pan.scale_sd < 0.02 and abs(np.log(focal / true_focal)) < 4 * pan.scale_sd
    azimuth = np.array(pan.azimuth_deg)
    assert (np.diff(azimuth) > 0).all()
    # From the left edge of the first frame to the right edge of the last.
    assert azimuth[-1] - azimuth[0] == pytest.approx(26 + 27 + FIELD_DEG, abs=1.5)
    assert abs(azimuth[0] + azimuth[-1]) < 2.0
    # Against the truth, once turned to its bearing and level, which a pan alone does not tell.
    best = min(
        (fitted(azimuth, np.array(pan.elevation_deg), turn) for turn in np.arange(-3.0, 3.0, 0.05)), key=lambda f: f[0]
    )
    assert best[0] < 0.06
    assert abs(best[1][0]) < 3 * pan.pitch_deg[1] and abs(best[1][1]) < 3 * pan.roll_deg[1]
    # Held level within 2 degrees, four times: a wide pan knows its level better across than along.
    assert 0.5 < pan.roll_deg[1] < 6.0 and 0.5 < pan.pitch_deg[1] < 6.0
    assert 0.0 < pan.drift_deg_sd < 0.5
    assert min(pan.sigma_deg) >= 0.02 and max(pan.sigma_deg) < 0.3
    assert found.overlap_deg > 60 and found.disagreement_deg < 0.1
    np.testing.assert_allclose(np.diff(found.axis_deg), np.diff([pose[0] for pose in POSES_DEG]), atol=0.5)


def fitted(azimuth: Floats, elevation: Floats, turn: float) -> tuple[float, Floats]:
    slope = np.stack([np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))], 1)
    away = skyline_deg(azimuth + turn - 0.5) - elevation
    tilt = np.linalg.lstsq(slope, away, rcond=None)[0]
    return float(np.median(np.abs(away - slope @ tilt))), tilt


def test_hints_of_level_are_kept_to(frames: list[tuple[Skyline, NDArray[np.uint8]]]) -> None:
    told = [
        (replace(line, pitch_deg=(pose[1], 0.5), roll_deg=(pose[2], 0.5)), rgb)
        for (line, rgb), pose in zip(frames[1:3], POSES_DEG[1:3], strict=True)
    ]
    pan = joined_frames(told).pan
    best = min(
        (fitted(np.array(pan.azimuth_deg), np.array(pan.elevation_deg), turn) for turn in np.arange(-3.0, 3.0, 0.05)),
        key=lambda f: f[0],
    )
    assert float(np.abs(best[1]).max()) < 0.5
    assert pan.pitch_deg[1] < 0.7 and pan.roll_deg[1] < 1.0


def test_the_same_frames_and_seed_give_the_same_pan(frames: list[tuple[Skyline, NDArray[np.uint8]]]) -> None:
    assert stitch(frames[:2], seed=3) == stitch(frames[:2], seed=3)


def test_a_frame_from_elsewhere_is_named(frames: list[tuple[Skyline, NDArray[np.uint8]]]) -> None:
    other = painted(WIDTH, HEIGHT, seed=9)
    with pytest.raises(BadInputError, match=r"Of 3 frames these share too few points .*: 3 \("):
        joined_frames([*frames[:2], (frames[2][0], other)])


def test_skylines_that_contradict_one_another_are_named(frames: list[tuple[Skyline, NDArray[np.uint8]]]) -> None:
    line, rgb = frames[1]
    lower = replace(line, skyline_px=tuple((x, min(y + 40.0, HEIGHT)) for x, y in line.skyline_px))
    with pytest.raises(BadInputError, match=r"skylines of frames 1 and 2 differ by [34]\.\d degrees"):
        joined_frames([frames[0], (lower, rgb)])


def test_what_cannot_be_stitched_says_why(frames: list[tuple[Skyline, NDArray[np.uint8]]]) -> None:
    line, rgb = frames[0]
    with pytest.raises(BadInputError, match="A pan of 1 frames"):
        joined_frames(frames[:1])
    with pytest.raises(BadInputError, match="Frames 2 of the pan come without their picture"):
        joined_frames([frames[0], (frames[1][0], None)])
    with pytest.raises(BadInputError, match="its picture has 240 x 300"):
        joined_frames([frames[0], (line, np.ascontiguousarray(rgb[:, :240]))])
    with pytest.raises(BadInputError, match="contradict one another: at least 70 and at most 57"):
        joined_frames([frames[0], (replace(line, hfov_deg=(70.0, 80.0)), rgb)])


def test_a_pan_file_with_pictures_is_stitched(frames: list[tuple[Skyline, NDArray[np.uint8]]], tmp_path: Path) -> None:
    entries = []
    for number, (line, rgb) in enumerate(frames[:2]):
        cv2.imwrite(str(tmp_path / f"{number}.png"), rgb[:, :, ::-1])
        entries.append(to_file(line, Path(f"{number}.png")))
    (tmp_path / "pan.json").write_text(json.dumps({"pan": {"frames": entries}}))
    sight, remarks = sight_of_file(tmp_path / "pan.json")
    assert isinstance(sight, Pan) and remarks == ()
    assert sight == stitch(frames[:2])
    (tmp_path / "1.png").unlink()
    with pytest.raises(BadInputError, match="There is no picture"):
        sight_of_file(tmp_path / "pan.json")
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(BadInputError, match="cannot be read"):
        sight_of_file(tmp_path / "pan.json")
