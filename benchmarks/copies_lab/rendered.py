"""Drawn scenes before a fixed camera: the same scene at two moments has the same walls and other passers-by."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from benchmarks.copies_lab.footage import SOUND_HZ, Footage, Image, Samples
from benchmarks.copies_lab.overlays import Colour, colour_of

SIZE_PX = (640, 360)
RATE_HZ = 15.0


@dataclass(frozen=True, slots=True)
class Passer:
    """Somebody, or a vehicle, who crosses the scene.

    Attributes
    ----------
    kind : str
        walker | vehicle
    start : float
        Place across the frame at the start, as a share of its width.
    speed : float
        Shares of the width in a second; negative to the left.
    depth : float
        0 far away to 1 near.
    upper, lower : tuple of int
        Colours, red, green, blue.
    phase : float
        Of the gait [rad].
    """

    kind: str
    start: float
    speed: float
    depth: float
    upper: Colour
    lower: Colour
    phase: float


def moment(scene: int, when: int, *, duration_s: float = 9.0) -> Footage:
    """What the camera of `scene` sees at the moment `when`; both are seeds."""
    plate = backdrop(np.random.default_rng([scene, 101]))
    rng = np.random.default_rng([scene, when, 202])
    passers = tuple(_passer(rng) for _ in range(int(rng.integers(3, 7))))
    light = rng.uniform(0.96, 1.04)
    noise = [rng.normal(0, 2.0, (*plate.shape[:2], 1)).astype(np.float32) for _ in range(5)]
    frames = []
    for number in range(round(duration_s * RATE_HZ)):
        at_s = number / RATE_HZ
        frame = plate.copy()
        for passer in sorted(passers, key=lambda one: one.depth):
            _draw(frame, passer, at_s)
        lit = frame.astype(np.float32) * light + noise[int(rng.integers(0, 5))]
        frames.append(np.asarray(np.clip(lit, 0, 255), np.uint8))
    return Footage(tuple(frames), RATE_HZ, _murmur(rng, duration_s))


def backdrop(rng: np.random.Generator) -> Image:
    """Sky, a row of houses with windows, a wall or hedge, and ground."""
    width, height = SIZE_PX
    horizon = int(height * rng.uniform(0.42, 0.6))
    rows = np.linspace(0, 1, height)[:, None, None]
    sky = np.array(colour_of(rng)[::-1]) * 0.25 + 150
    plate = (sky * (1 - 0.4 * rows) + 30 * rows + np.zeros((height, width, 3))).astype(np.float32)
    left = 0
    while left < width:
        wide, tall = int(rng.integers(70, 190)), int(horizon * rng.uniform(0.35, 0.95))
        wall = np.array(colour_of(rng)[::-1]) * 0.35 + rng.uniform(40, 120)
        top = horizon - tall
        plate[top:horizon, left : left + wide] = wall
        step_x, step_y = int(rng.integers(18, 34)), int(rng.integers(22, 36))
        for y in range(top + 8, horizon - 14, step_y):
            for x in range(left + 7, min(left + wide, width) - 12, step_x):
                shade = wall * rng.uniform(0.3, 0.6) if rng.random() < 0.8 else np.array([150.0, 200.0, 215.0])
                plate[y : y + step_y // 2, x : x + step_x // 2] = shade
        left += wide
    ground = np.array(colour_of(rng)[::-1]) * 0.15 + rng.uniform(60, 120)
    plate[horizon:] = ground
    grain = np.zeros((height - horizon, width), np.float32)
    for cells in (12, 40, 130):
        coarse = rng.normal(0, 1, (max(2, cells // 3), cells)).astype(np.float32)
        grain += cv2.resize(coarse, (width, height - horizon), interpolation=cv2.INTER_CUBIC)
    plate[horizon:] += 9 * grain[:, :, None]
    for _ in range(int(rng.integers(4, 12))):
        x = int(rng.integers(0, width))
        cv2.line(plate, (width // 2, horizon), (x * 3 - width, height), (ground * 0.7).tolist(), 2, cv2.LINE_AA)
    for _ in range(int(rng.integers(2, 6))):
        _tree(plate, rng, horizon)
    fine = rng.normal(0, 5, (height, width, 1))
    return np.asarray(np.clip(plate + fine, 0, 255), np.uint8)


def _tree(plate: np.ndarray[tuple[int, ...], np.dtype[np.float32]], rng: np.random.Generator, horizon: int) -> None:
    width, height = SIZE_PX
    x, foot = int(rng.integers(0, width)), horizon + int(rng.integers(0, (height - horizon) // 3))
    cv2.line(plate, (x, foot), (x, foot - 60), (40, 60, 80), 7)
    for _ in range(70):
        spot = (int(x + rng.normal(0, 22)), int(foot - 80 + rng.normal(0, 20)))
        shade = rng.uniform(0.4, 1.2)
        cv2.circle(plate, spot, int(rng.integers(3, 10)), (30 * shade, 110 * shade, 60 * shade), -1, cv2.LINE_AA)


def _passer(rng: np.random.Generator) -> Passer:
    kind = "walker" if rng.random() < 0.7 else "vehicle"
    pace = rng.uniform(0.05, 0.14) if kind == "walker" else rng.uniform(0.15, 0.4)
    way = 1 if rng.random() < 0.5 else -1
    start = rng.uniform(-0.2, 0.9) if way > 0 else rng.uniform(0.1, 1.2)
    return Passer(
        kind, start, way * pace, rng.uniform(0.1, 1.0), colour_of(rng), colour_of(rng), rng.uniform(0, 2 * math.pi)
    )


def _draw(frame: Image, passer: Passer, at_s: float) -> None:
    width, height = SIZE_PX
    tall = (0.16 + 0.26 * passer.depth) * height
    foot = (0.64 + 0.33 * passer.depth) * height
    x = ((passer.start + passer.speed * at_s + 0.3) % 1.6 - 0.3) * width
    upper, lower = passer.upper[::-1], passer.lower[::-1]
    if passer.kind == "vehicle":
        long, roof = 1.7 * tall, 0.62 * tall
        cv2.rectangle(frame, _spot(x, foot - 0.4 * roof), _spot(x + long, foot - 0.15 * roof), upper, -1)
        cab = np.array([[0.1, 0.4], [0.25, 1.0], [0.75, 1.0], [0.92, 0.4]]) * [long, -roof] + [x, foot]
        cv2.fillConvexPoly(frame, cab.astype(np.int32), lower, cv2.LINE_AA)
        for share in (0.22, 0.78):
            cv2.circle(frame, _spot(x + share * long, foot - 0.12 * roof), int(0.16 * roof), (20, 20, 20), -1)
        return
    swing = math.sin(7 * at_s + passer.phase)
    hip, neck = foot - 0.48 * tall, foot - 0.84 * tall
    thick = max(2, int(0.07 * tall))
    for side in (-1, 1):
        cv2.line(frame, _spot(x, hip), _spot(x + side * swing * 0.17 * tall, foot), lower, thick, cv2.LINE_AA)
        hand = _spot(x - side * swing * 0.15 * tall, hip)
        cv2.line(frame, _spot(x, neck + 0.05 * tall), hand, upper, thick, cv2.LINE_AA)
    cv2.ellipse(frame, _spot(x, (hip + neck) / 2), (int(0.1 * tall), int(0.2 * tall)), 0, 0, 360, upper, -1)
    cv2.circle(frame, _spot(x, foot - 0.91 * tall), int(0.08 * tall), (140, 170, 205), -1, cv2.LINE_AA)


def _spot(x: float, y: float) -> tuple[int, int]:
    return round(x), round(y)


def _murmur(rng: np.random.Generator, duration_s: float) -> Samples:
    """Street noise: a low rumble that swells and falls, and a few knocks."""
    count = round(duration_s * SOUND_HZ)
    hiss = rng.normal(0, 1, count)
    low = np.convolve(hiss, np.hanning(301) / np.hanning(301).sum(), "same")
    swell = np.interp(np.arange(count), np.linspace(0, count, 12), rng.uniform(0.3, 1.0, 12))
    sound = 0.5 * low * swell + 0.004 * hiss
    at_s = np.arange(count) / SOUND_HZ
    for knock_s in rng.uniform(0, duration_s, 4):
        since = np.maximum(at_s - knock_s, 0)
        tone = np.sin(2 * np.pi * rng.uniform(300, 1500) * since)
        sound += np.where(at_s >= knock_s, 0.2 * np.exp(-9 * since) * tone, 0)
    return sound.clip(-1, 1).astype(np.float32)
