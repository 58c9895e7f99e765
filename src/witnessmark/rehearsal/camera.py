"""The camera: automatic exposure, sensor noise, and the stream of frames it hands to the encoder."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.rehearsal.noise import WORKERS, Floats
from witnessmark.rehearsal.scene import Panorama
from witnessmark.rehearsal.stage import Stage
from witnessmark.rehearsal.tone import Developer

METER_EVERY = 5
"""Frames between light readings; exposure follows them smoothly."""

AHEAD = 3
"""Frames in the making while one is encoded."""

SETTLE_S = 0.7
"""Time constant of automatic exposure [s]."""


def developer(stage: Stage) -> Developer:
    """The tone and white balance of a stage's camera: neutral under the light level ground gets."""
    direct = 0.0 if stage.air.overcast else max(float(stage.air.sun[2]), 0.0)
    light = stage.air.sun_klx * direct + stage.air.ambient_klx()
    return Developer.of(stage.lens, stage.scenario.device.vignetting_stops, light)


def exposures(stage: Stage, panorama: Panorama, develop: Developer) -> Floats:
    """Stops of exposure of each frame: metered every few frames, followed with a lag."""
    marks = list(range(0, len(stage.poses), METER_EVERY))
    if marks[-1] != len(stage.poses) - 1:
        marks.append(len(stage.poses) - 1)
    metered = [develop.meter(panorama.cylinder.cut(panorama.codes, stage.lens, stage.poses[index])) for index in marks]
    wanted = np.interp(np.arange(len(stage.poses)), marks, metered)
    result = np.empty_like(wanted)
    level = wanted[0]
    step_s = np.diff(stage.time_s, prepend=stage.time_s[0])
    for index, target in enumerate(wanted):
        level += (target - level) * (1.0 - np.exp(-step_s[index] / SETTLE_S))
        result[index] = level
    return result


def clean_frame(stage: Stage, panorama: Panorama, index: int) -> NDArray[np.uint8]:
    """A frame without noise or compression, RGB, shape (height_px, width_px, 3), exposed for itself."""
    develop = developer(stage)
    codes = panorama.cylinder.cut(panorama.codes, stage.lens, stage.poses[index])
    return develop.develop(codes, develop.meter(codes))


def to_planes(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB to planar YUV 4:2:0, BT.709 limited range (ITU-R BT.709-6), shape (1.5 height, width)."""
    weights = np.array(
        [
            [0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0],
            [-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.5 * 224 / 255, 128.0],
            [0.5 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128.0],
        ]
    )
    yuv = cv2.transform(rgb, weights)
    height, width = rgb.shape[:2]
    luma, blue, red = cv2.split(yuv)
    half = (width // 2, height // 2)
    planes = np.empty((height * 3 // 2, width), dtype=np.uint8)
    planes[:height] = luma
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0] = cv2.resize(blue, half, interpolation=cv2.INTER_AREA)
    chroma[1] = cv2.resize(red, half, interpolation=cv2.INTER_AREA)
    return planes


class Sensor:
    """Photon and read noise: a fresh cut of a seeded field a frame, stronger in the shadows after the tone curve."""

    def __init__(self, seed: int, strength: float, height_px: int, width_px: int) -> None:
        self._rng = np.random.default_rng(seed)
        side_y, side_x = height_px + 257, width_px + 257
        field = self._rng.standard_normal((side_y, side_x)).astype(np.float32)
        # Demosaicing and in-camera smoothing leave noise correlated between neighbours.
        smooth = np.asarray(cv2.GaussianBlur(field, (0, 0), 0.6), dtype=np.float32)
        self._field = smooth / smooth.std()
        level = np.arange(256) / 255.0
        self._sigma = (strength * (0.9 + 2.6 * np.sqrt(level) * (1.0 - level) ** 0.7)).astype(np.float32)
        self._strength = strength

    def corner(self) -> tuple[int, int]:
        """Where the next frame's cut begins."""
        y, x = self._rng.integers(0, 256, 2)
        return int(y), int(x)

    def add(self, planes: NDArray[np.uint8], height_px: int, corner: tuple[int, int]) -> None:
        """Add noise to a frame of planar YUV, in place."""
        if self._strength <= 0.0:
            return
        y, x = corner
        width = planes.shape[1]
        luma = planes[:height_px]
        noise = self._field[y : y + height_px, x : x + width] * self._sigma[luma]
        planes[:height_px] = cv2.add(luma, np.rint(noise).astype(np.int16), dtype=cv2.CV_8U)
        chroma = planes[height_px:]
        grain = self._field[256 - y : 256 - y + chroma.shape[0], 256 - x : 256 - x + width]
        planes[height_px:] = cv2.add(
            chroma, np.rint(grain * np.float32(0.9 * self._strength)).astype(np.int16), dtype=cv2.CV_8U
        )


def film(
    stage: Stage, panorama: Panorama, progress: Callable[[float, str], None]
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The frames as the encoder gets them: presentation time [s] and planar YUV, turned as stored."""
    develop = developer(stage)
    stops = exposures(stage, panorama, develop)
    device = stage.scenario.device
    sensor = Sensor(stage.scenario.seed % 2**31 + 9, device.noise, device.height_px, device.width_px)
    corners = [sensor.corner() for _ in stage.poses]

    def make(index: int) -> NDArray[np.uint8]:
        codes = panorama.cylinder.cut(panorama.codes, stage.lens, stage.poses[index])
        rgb = develop.develop(codes, float(stops[index]))
        planes = to_planes(rgb)
        sensor.add(planes, device.height_px, corners[index])
        return planes if device.rotation_deg == 0 else turned(planes, device.height_px, device.rotation_deg)

    with ThreadPoolExecutor(WORKERS) as ahead:
        pending = deque(ahead.submit(make, index) for index in range(min(AHEAD, len(stage.poses))))
        for index in range(len(stage.poses)):
            planes = pending.popleft().result()
            if index + AHEAD < len(stage.poses):
                pending.append(ahead.submit(make, index + AHEAD))
            if index % 10 == 0:
                progress(index / len(stage.poses), f"filming frame {index + 1} of {len(stage.poses)}")
            yield float(stage.time_s[index]), planes


def turned(planes: NDArray[np.uint8], height_px: int, rotation_deg: int) -> NDArray[np.uint8]:
    """Planes as stored when the player is to turn them clockwise by `rotation_deg`."""
    quarter = rotation_deg // 90
    width = planes.shape[1]
    luma = np.rot90(planes[:height_px], quarter)
    chroma = planes[height_px:].reshape(2, height_px // 2, width // 2)
    parts = [luma.ravel()] + [np.rot90(plane, quarter).ravel() for plane in chroma]
    return np.ascontiguousarray(np.concatenate(parts).reshape(luma.shape[0] * 3 // 2, luma.shape[1]))
