"""An emblem as footage shows it: sewn on patterned cloth with folds, tilted, partly covered, small, blurred, coded."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from benchmarks.emblems_lab.drawing import CLOTH_RGB, PALETTES, Rgb, camouflage
from numpy.typing import NDArray

AROUND = 2.13
"""Side of the cloth that is shown, as a multiple of the emblem's."""
FINER = 1.6
"""The scene is laid out this much finer than it is filmed."""


@dataclass(frozen=True, slots=True)
class Worn:
    """How an emblem is worn and filmed.

    Attributes
    ----------
    height_px : int
        Of the emblem in the picture.
    tilt_share : float
        How far its corners stray, as a share of its size.
    turn_deg : float
        Largest turn in the picture.
    blur_px : float
        Standard deviation of the blur in the picture.
    cover_share : float
        Share of its width that something hides.
    fold_share : float
        Depth of folds, as a share of its size.
    loose_share : float
        How far the box a person drew strays, as a share of its size.
    jpeg_quality : int
    """

    height_px: int
    tilt_share: float = 0.06
    turn_deg: float = 12.0
    blur_px: float = 0.0
    cover_share: float = 0.0
    fold_share: float = 0.0
    loose_share: float = 0.05
    jpeg_quality: int = 80


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture and the box drawn in it: left, top, width, height [px]."""

    rgb: Rgb
    box_px: tuple[int, int, int, int]


def wear(emblem: Rgb, worn: Worn, seed: int) -> Shot:
    """Put an emblem on cloth and film it.

    Parameters
    ----------
    emblem : ndarray of uint8, shape (height, width, 3)
    worn : Worn
    seed : int

    Returns
    -------
    Shot
    """
    rng = np.random.default_rng(seed)
    height, width = emblem.shape[:2]
    tall = FINER * worn.height_px
    scene_px = round(AROUND * tall)
    scale = tall / height
    wide = width * scale
    palette = str(rng.choice(sorted(PALETTES)))
    cloth = camouflage(
        palette, str(rng.choice(["blob", "digital", "stripe"])), seed, scene_px, float(rng.uniform(0.06, 0.2)) * tall
    )
    half = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    turn = np.radians(rng.uniform(-worn.turn_deg, worn.turn_deg))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = half @ spin.T + rng.uniform(-worn.tilt_share, worn.tilt_share, (4, 2)) * tall + scene_px / 2
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    plane = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    size = (scene_px, scene_px)
    laid = cv2.warpPerspective(emblem, plane, size, flags=cv2.INTER_AREA).astype(np.float32)
    mask = cv2.warpPerspective(_sewn(emblem), plane, size).astype(np.float32)[:, :, None] / 255
    scene = np.asarray(cloth * (1 - mask) + laid * mask, np.float32)
    if worn.fold_share > 0:
        scene = _folded(scene, worn.fold_share * tall, rng)
    if worn.cover_share > 0:
        scene = _covered(scene, corners, worn.cover_share, rng)
    scene = _lit(scene, rng)
    shrink = worn.height_px / tall
    side = max(32, round(scene_px * shrink))
    small = np.asarray(cv2.resize(scene, (side, side), interpolation=cv2.INTER_AREA), np.float64)
    if worn.blur_px > 0:
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), worn.blur_px), np.float64)
    rgb = _coded(np.clip(small + rng.normal(0, 3.0, small.shape), 0, 255).astype(np.uint8), worn.jpeg_quality)
    low, high = corners.min(axis=0) * side / scene_px, corners.max(axis=0) * side / scene_px
    stray = rng.uniform(-worn.loose_share, worn.loose_share, 4) * worn.height_px
    left, top = np.clip(np.round(low + stray[:2]), 0, side - 9)
    right, bottom = np.clip(np.round(high + stray[2:]), [left + 8, top + 8], side)
    return Shot(rgb, (int(left), int(top), int(right - left), int(bottom - top)))


def _coded(rgb: Rgb, quality: int) -> Rgb:
    """A picture once through JPEG."""
    coded = cv2.imencode(".jpg", np.ascontiguousarray(rgb[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    again = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert again is not None
    return np.ascontiguousarray(again[:, :, ::-1], np.uint8)


def _sewn(emblem: Rgb) -> NDArray[np.uint8]:
    """What of a picture is the emblem: all but what goes on from its corners in the colour of plain cloth."""
    height, width = emblem.shape[:2]
    ground = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    for seed in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
        if np.abs(emblem[seed[1], seed[0]].astype(int) - CLOTH_RGB).max() < 12:
            cv2.floodFill(emblem.copy(), ground, seed, (0, 0, 0), (14, 14, 14), (14, 14, 14), flags)
    return np.where(ground[1:-1, 1:-1] > 0, 0, 255).astype(np.uint8)


def _folded(scene: NDArray[np.float32], depth_px: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Folds shift the cloth smoothly, and shade it by their slope."""
    shift = [
        cv2.GaussianBlur(rng.standard_normal(scene.shape[:2]).astype(np.float32), (0, 0), len(scene) / 12)
        for _ in range(2)
    ]
    dx, dy = (depth_px * field / max(float(np.abs(field).max()), 1e-6) for field in shift)
    y, x = np.mgrid[: scene.shape[0], : scene.shape[1]].astype(np.float32)
    moved = cv2.remap(scene.astype(np.float32), x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    shade = 1.0 + 1.2 * (np.gradient(dx, axis=1) + np.gradient(dy, axis=0))
    return np.asarray(moved * np.clip(shade, 0.5, 1.5)[:, :, None], np.float32)


def _covered(
    scene: NDArray[np.float32], corners: NDArray[np.float64], share: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A strap, sleeve or hand from one side."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    axis, far = int(rng.integers(2)), bool(rng.integers(2))
    deep = share * (high[axis] - low[axis])
    start, stop = (high[axis] - deep, high[axis] + len(scene)) if far else (0.0, low[axis] + deep)
    grey = rng.uniform(20, 170, 3)
    made = scene.copy()
    where = (slice(None), slice(max(0, int(start)), int(stop))) if axis == 0 else slice(max(0, int(start)), int(stop))
    made[where] = grey + rng.normal(0, 6, made[where].shape)
    return made


def _lit(scene: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Light of some colour, brighter on one side, and a camera's own curve."""
    gain = rng.uniform(0.75, 1.15) * (1 + rng.uniform(-0.1, 0.1, 3))
    slope = rng.uniform(-0.25, 0.25, 2)
    y, x = np.mgrid[-1 : 1 : len(scene) * 1j, -1 : 1 : len(scene) * 1j]
    light = (1 + slope[0] * x + slope[1] * y)[:, :, None] * gain
    curve = rng.uniform(0.85, 1.2)
    return np.asarray(255 * np.clip(scene * light / 255, 0, 1) ** curve, np.float32)
