"""A clip as another telephone films it off a screen."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from benchmarks.copies_lab.footage import SOUND_HZ, Footage, Image, Samples


def filmed(clip: Footage, rng: np.random.Generator) -> Footage:
    """Perspective, the screen's border, a dim room around it, brightness, moire, tremor and noise; sound of the room.

    The corners move up to 6 % of the frame inwards of a margin of 5 to 11 %; the moire is a product of two line
    grids of nearly the screen's pitch, each colour with its own phase.
    """
    width, height = clip.size_px
    margin = rng.uniform(0.05, 0.11)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], float)
    placed = corners + inward * (margin + rng.uniform(0, 0.06, (4, 2)))
    room = _room(width, height, rng)
    moire = _moire(width, height, rng)
    gain, lift = rng.uniform(0.72, 1.12), rng.uniform(4, 26)
    warmth = np.array([rng.uniform(0.88, 1.1), 1.0, rng.uniform(0.9, 1.12)])
    sway = rng.uniform(0, 2 * math.pi, 4)
    noise = [rng.normal(0, 4, (height, width, 1)).astype(np.float32) for _ in range(4)]
    frames = []
    for number, frame in enumerate(clip.frames):
        at_s = number / clip.rate_hz
        shake = 0.004 * np.array([math.sin(5.1 * at_s + sway[0]), math.sin(3.7 * at_s + sway[1])])
        quad = ((placed + shake) * [width, height]).astype(np.float32)
        frames.append(_shot(frame, quad, room, moire, gain * warmth, lift, noise[number % 4]))
    return replace(clip, frames=tuple(frames), sound=_in_room(clip.sound, rng))


def _shot(
    frame: Image,
    quad: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    room: Image,
    moire: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    gain: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    lift: float,
    noise: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> Image:
    height, width = frame.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    warp = cv2.getPerspectiveTransform(source, quad)
    centre = quad.mean(axis=0)
    bezel = centre + (quad - centre) * 1.035
    scene = room.copy()
    cv2.fillConvexPoly(scene, bezel.astype(np.int32), (14, 13, 12), cv2.LINE_AA)
    cv2.warpPerspective(frame, warp, (width, height), dst=scene, borderMode=cv2.BORDER_TRANSPARENT)
    inside = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(inside, quad.astype(np.int32), 255)
    seen = scene.astype(np.float32)
    lit = seen * moire * gain.astype(np.float32) + np.float32(lift)
    mixed = np.where(inside[:, :, None] > 0, lit, seen) + noise
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def _room(width: int, height: int, rng: np.random.Generator) -> Image:
    base = rng.uniform(20, 90, 3)
    coarse = rng.normal(0, 10, (5, 7, 3))
    room = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC) + base
    return np.asarray(np.clip(room, 0, 255), np.uint8)


def _moire(width: int, height: int, rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, beat_px = rng.uniform(-0.25, 0.25), rng.uniform(9, 22)
    along = columns * math.cos(angle) + rows * math.sin(angle)
    across = rows * math.cos(1.7 * angle) - columns * math.sin(1.7 * angle)
    strength = rng.uniform(0.05, 0.11)
    shades = [
        1
        + strength * np.sin(2 * np.pi * along / beat_px + 2.1 * k)
        + 0.6 * strength * np.sin(2 * np.pi * across / (beat_px * 1.3) + 1.3 * k)
        for k in range(3)
    ]
    return np.stack(shades, axis=2).astype(np.float32)


def _in_room(sound: Samples | None, rng: np.random.Generator) -> Samples | None:
    """Quieter, dull, with three echoes and hiss."""
    if sound is None:
        return None
    dull = np.convolve(sound, np.hanning(9) / np.hanning(9).sum(), "same")
    heard = dull.copy()
    for delay_s, share in ((0.011, 0.5), (0.023, 0.35), (0.041, 0.2)):
        late = round(delay_s * SOUND_HZ)
        if late < dull.size:
            heard[late:] += share * dull[:-late]
    return (0.5 * heard + rng.normal(0, 0.003, heard.size)).clip(-1, 1).astype(np.float32)
