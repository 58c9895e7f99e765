"""Plates with writing in perspective before a texture, blurred, grained and compressed: what is written is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rgb = NDArray[np.uint8]
FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf")
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True, slots=True)
class Look:
    """How writing is shown.

    Attributes
    ----------
    name : str
    size_px : int
        Of the typeface: small letters are about half as high.
    blur_px : float
        Standard deviation of a Gaussian over the finished picture.
    narrower : float
        By how much of its height a plate's far side is smaller than its near side, at most; at least half of it.
    turn_deg : float
        How far it is turned at most.
    jpeg : int
        Quality; 0 for none.
    """

    name: str
    size_px: int
    blur_px: float
    narrower: float
    turn_deg: float
    jpeg: int


def face_path(name: str) -> Path:
    """Of a typeface that Matplotlib ships."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name


def drawable(text: str) -> bool:
    """Whether every typeface has every letter of it."""
    return all(set(map(ord, text)) <= set(FT2Font(str(face_path(name))).get_charmap()) for name in FACES)


def texture(rng: np.random.Generator) -> Rgb:
    """A background without writing."""
    broad = cv2.resize(rng.normal(size=(9, 16)).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(rng.normal(size=(HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2.0) * 3.0
    grey = rng.uniform(70.0, 190.0) + 25.0 * broad + 24.0 * fine / 3.0
    return np.clip(grey[..., None] * rng.uniform(0.8, 1.2, 3), 0.0, 255.0).astype(np.uint8)


def finished(picture: NDArray[np.float64], rng: np.random.Generator, look: Look) -> Rgb:
    """Blurred, grained and compressed."""
    soft = cv2.GaussianBlur(picture, (0, 0), look.blur_px) if look.blur_px else picture
    grained = np.clip(soft + rng.normal(0.0, 3.0, picture.shape), 0.0, 255.0).astype(np.uint8)
    if not look.jpeg:
        return grained
    packed = cv2.imencode(".jpg", grained, [cv2.IMWRITE_JPEG_QUALITY, look.jpeg])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def draw(
    texts: Sequence[str], rng: np.random.Generator, look: Look
) -> tuple[Rgb, list[tuple[str, NDArray[np.float32]]]]:
    """A picture with plates one below the other, and what is on each with its outline [px].

    Returns
    -------
    picture : ndarray of uint8, shape (720, 1280, 3)
    shown : list of (str, ndarray of float32, shape (4, 2))
        Those that fitted in.
    """
    picture = texture(rng).astype(np.float64)
    shown: list[tuple[str, NDArray[np.float32]]] = []
    below = 30.0
    for text in texts:
        plate = _plate(text, rng, look.size_px)
        high, wide = plate.shape[:2]
        corners = _outline(wide, high, rng, look)
        half_wide, half_high = np.abs(corners).max(axis=0)
        middle = [rng.uniform(half_wide + 5.0, max(half_wide + 6.0, WIDTH - half_wide - 5.0)), below + half_high]
        if middle[1] + half_high > HEIGHT - 10.0 or middle[0] + half_wide > WIDTH:
            continue
        outline = (corners + middle).astype(np.float32)
        flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
        warp = cv2.getPerspectiveTransform(flat, outline)
        laid = cv2.warpPerspective(plate.astype(np.float64), warp, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        mask = cv2.warpPerspective(np.ones((high, wide)), warp, (WIDTH, HEIGHT))[..., None]
        picture = picture * (1.0 - mask) + laid * mask
        below = middle[1] + half_high + 20.0
        shown.append((text, outline))
    return finished(picture, rng, look), shown


def _plate(text: str, rng: np.random.Generator, size_px: int) -> Rgb:
    face = ImageFont.truetype(str(face_path(str(rng.choice(FACES)))), size_px)
    left, top, right, bottom = face.getbbox(text)
    margin = round(0.6 * size_px)
    dark = rng.random() < 0.6
    paper = int(rng.integers(190, 250) if dark else rng.integers(10, 70))
    ink = int(rng.integers(0, 50) if dark else rng.integers(200, 255))
    tint = np.clip(paper + rng.integers(-12, 12, 3), 0, 255)
    plate = Image.new("RGB", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin), tuple(map(int, tint)))
    ImageDraw.Draw(plate).text((margin - left, margin - top), text, fill=(ink, ink, ink), font=face)
    return np.asarray(plate)


def _outline(wide: int, high: int, rng: np.random.Generator, look: Look) -> NDArray[np.float64]:
    """Corners of a plate seen from aside, around its middle."""
    narrower = rng.uniform(look.narrower / 2.0, look.narrower) * rng.choice([-1.0, 1.0])
    turn = np.radians(rng.uniform(-look.turn_deg, look.turn_deg))
    flat = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]], np.float64) / 2.0
    flat[:, 1] *= 1.0 + narrower * flat[:, 0] / (wide / 2.0)
    flat[:, 0] *= 1.0 - abs(narrower) / 2.0
    turned = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(turned, np.float64)
