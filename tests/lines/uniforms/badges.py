"""Badges drawn by rule, worn on drawn cloth, for the uniforms line."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.uniforms.references import Reference, WornCount

Rgb = NDArray[np.uint8]
SIDE_PX = 200


def badge(seed: int, side_px: int = SIDE_PX) -> Rgb:
    """A square badge: a ground, two bars, a rim, and marks of several shapes, all by its seed."""
    rng = np.random.default_rng(seed)
    colours = [tuple(int(part) for part in rng.integers(20, 240, 3)) for _ in range(6)]
    made = np.full((side_px, side_px, 3), colours[0], np.uint8)
    for number in range(2):
        at = int(rng.integers(20, side_px - 60))
        box = ((at, 0), (at + 30, side_px)) if rng.random() < 0.5 else ((0, at), (side_px, at + 30))
        cv2.rectangle(made, *box, colours[1 + number], -1)
    for number in range(5):
        centre = (int(rng.integers(40, side_px - 40)), int(rng.integers(40, side_px - 40)))
        size, colour = int(rng.integers(12, 34)), colours[3 + number % 3]
        if number % 2 == 0:
            turn = rng.uniform(0, 2 * np.pi) + np.arange(int(rng.integers(3, 7))) * 2.4
            points = np.column_stack([np.cos(turn), np.sin(turn)]) * size + centre
            cv2.fillPoly(made, [points.astype(np.int32)], colour)
        else:
            cv2.circle(made, centre, size // 2, colour, 5)
    cv2.putText(made, f"{seed % 90 + 10}", (20, side_px - 22), cv2.FONT_HERSHEY_DUPLEX, 1.6, colours[5], 4)
    cv2.rectangle(made, (3, 3), (side_px - 4, side_px - 4), colours[4], 6)
    return made


def cloth(seed: int, side_px: int, colours: tuple[tuple[int, int, int], ...], squares: bool = False) -> Rgb:
    """A pattern in these colours, smooth or of squares."""
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.standard_normal((side_px, side_px)).astype(np.float32), (0, 0), 9)
    if squares:
        small = cv2.resize(field, (side_px // 8, side_px // 8), interpolation=cv2.INTER_AREA)
        field = cv2.resize(small, (side_px, side_px), interpolation=cv2.INTER_NEAREST)
    steps = np.quantile(field, np.linspace(0, 1, len(colours) + 1)[1:-1])
    return np.asarray(np.asarray(colours, np.uint8)[np.digitize(field, steps)], np.uint8)


GREEN = ((46, 52, 36), (82, 88, 62), (118, 106, 74), (30, 30, 26))
SAND = ((196, 176, 140), (168, 142, 104), (214, 202, 172), (132, 108, 82))


def worn(rgb: Rgb, height_px: int, seed: int = 5, tilt: float = 0.05) -> tuple[Rgb, tuple[int, int, int, int]]:
    """A badge on green cloth, tilted and in other light, and the box around it: left, top, width, height."""
    rng = np.random.default_rng(seed)
    picture = cloth(seed, 360, GREEN).astype(np.float32)
    side = rgb.shape[0]
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    corners = (square / side * height_px + (360 - height_px) / 2 + rng.uniform(-tilt, tilt, (4, 2)) * height_px).astype(
        np.float32
    )
    plane = cv2.getPerspectiveTransform(square, corners)
    shrink = side / height_px
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.45 * shrink) if shrink > 1 else rgb
    mask = cv2.warpPerspective(np.full((side, side), 255, np.uint8), plane, (360, 360)) > 127
    laid = cv2.warpPerspective(soft, plane, (360, 360))
    picture[mask] = laid[mask]
    lit = np.clip(picture * rng.uniform(0.85, 1.05, 3) + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return lit, (int(low[0]) - 2, int(low[1]) - 2, int(high[0] - low[0]) + 4, int(high[1] - low[1]) + 4)


def save(path: Path, rgb: Rgb) -> Path:
    """Write a PNG."""
    Image.fromarray(rgb).save(path)
    return path


def reference(
    rgb: Rgb, label: str, kind: str = "patch", units: tuple[str, ...] = (), counted: bool = False
) -> Reference:
    """A reference to a drawn picture; counted ones say how often they are worn."""
    worn_by = (WornCount(unit, 18, 20, "counted in the rehearsal") for unit in units)
    counts = (*worn_by, WornCount("", 3, 200, "counted in the rehearsal")) if counted else ()
    return Reference(
        sha256=Sha256.of(rgb.tobytes() + label.encode()),
        label=label,
        kind=kind,
        shows=f"a badge drawn as {label}",
        source="drawn for the tests",
        licence="CC0-1.0",
        dated="2031",
        added="2031-09-01T00:00:00Z",
        added_by="A. Curator",
        units=units,
        confused_with=("a badge like it",),
        worn=counts,
    )
