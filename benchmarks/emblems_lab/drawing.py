"""Emblems, patches and camouflage drawn by rule from a seed, in styles that share nothing with one another."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rgb = NDArray[np.uint8]
Point = tuple[float, float]
SIDE_PX = 240
CLOTH_RGB = (62, 68, 58)
"""What a reference was photographed on."""


def _colours(rng: np.random.Generator, count: int) -> list[tuple[int, int, int]]:
    """Colours of badges: few hues, some of them subdued."""
    made = []
    for _ in range(count):
        hue, strength = float(rng.random()), float(rng.choice([0.2, 0.6, 0.9]))
        made.append(tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, strength, float(rng.uniform(0.2, 1)))))
    return [(int(r), int(g), int(b)) for r, g, b in made]


def _canvas() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (SIDE_PX, SIDE_PX), CLOTH_RGB)
    return image, ImageDraw.Draw(image)


def _word(rng: np.random.Generator, letters: int) -> str:
    return "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTUVXZ"), letters))


def _star(x: float, y: float, outer: float, inner: float, points: int, turn: float = 0.0) -> list[Point]:
    return [
        (
            x + (outer if n % 2 == 0 else inner) * math.sin(turn + math.pi * n / points),
            y - (outer if n % 2 == 0 else inner) * math.cos(turn + math.pi * n / points),
        )
        for n in range(2 * points)
    ]


def _figure(rng: np.random.Generator, draw: ImageDraw.ImageDraw, x: float, y: float, size: float, fill: object) -> None:
    """One charge: star, bird, mountain, sword, wheel, bolt or leaf, with proportions of its own."""
    kind = int(rng.integers(7))
    colour = fill if isinstance(fill, tuple) else (0, 0, 0)
    if kind == 0:
        draw.polygon(_star(x, y, size, size * rng.uniform(0.35, 0.6), int(rng.integers(4, 9))), fill=colour)
    elif kind == 1:
        lift, drop = rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.8)
        wing = [(0.0, -0.3), (-1.0, -lift), (-0.7, 0.1), (-0.2, 0.2), (0.0, drop), (0.2, 0.2), (0.7, 0.1), (1.0, -lift)]
        draw.polygon([(x + size * u, y + size * v) for u, v in wing], fill=colour)
    elif kind == 2:
        peaks = sorted(rng.uniform(-0.8, 0.8, 2))
        rise = [(-1.0, 0.6), (peaks[0], -rng.uniform(0.3, 1)), (0.0, 0.1), (peaks[1], -rng.uniform(0.3, 1)), (1.0, 0.6)]
        draw.polygon([(x + size * u, y + size * v) for u, v in rise], fill=colour)
    elif kind == 3:
        width = size * rng.uniform(0.08, 0.2)
        draw.polygon([(x - width, y + 0.5 * size), (x + width, y + 0.5 * size), (x, y - size)], fill=colour)
        draw.rectangle([x - 0.5 * size, y + 0.5 * size, x + 0.5 * size, y + 0.5 * size + 2 * width], fill=colour)
        draw.rectangle([x - width, y + 0.5 * size, x + width, y + size], fill=colour)
    elif kind == 4:
        spokes = int(rng.integers(3, 8))
        draw.ellipse([x - size, y - size, x + size, y + size], outline=colour, width=max(2, int(size * 0.22)))
        for n in range(spokes):
            turn = 2 * math.pi * n / spokes
            end = (x + size * math.cos(turn), y + size * math.sin(turn))
            draw.line([(x, y), end], fill=colour, width=max(2, int(size * 0.16)))
    elif kind == 5:
        bend = rng.uniform(0.1, 0.5)
        bolt = [(0.3, -1.0), (-bend, 0.1), (0.0, 0.1), (-0.3, 1.0), (bend, -0.1), (0.0, -0.1)]
        draw.polygon([(x + size * u, y + size * v) for u, v in bolt], fill=colour)
    else:
        for side in (-1, 1):
            for n in range(int(rng.integers(3, 6))):
                cx, cy = x + side * size * 0.45, y + size * (0.8 - 0.45 * n)
                draw.ellipse([cx - 0.28 * size, cy - 0.2 * size, cx + 0.28 * size, cy + 0.2 * size], fill=colour)
        draw.line([(x, y + size), (x, y - size)], fill=colour, width=max(2, int(0.12 * size)))


def shield(rng: np.random.Generator) -> Rgb:
    """A shield, divided, with a charge in some of its fields and a number."""
    image, draw = _canvas()
    ground, second, charge, rim, ink = _colours(rng, 5)
    outline: list[Point] = [(22, 14), (218, 14), (218, 130), (120, 228), (22, 130)]
    draw.polygon(outline, fill=ground)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    halves = Image.new("RGB", image.size, ground)
    over = ImageDraw.Draw(halves)
    way = int(rng.integers(4))
    parts = {0: [0, 0, 120, 240], 1: [0, 0, 240, 90], 2: [80, 0, 160, 240], 3: [0, 100, 240, 150]}
    over.rectangle([float(v) for v in parts[way]], fill=second)
    for _ in range(int(rng.integers(2, 4))):
        _figure(rng, over, float(rng.uniform(70, 170)), float(rng.uniform(80, 160)), float(rng.uniform(22, 42)), charge)
    over.text((88, 26), str(rng.integers(10, 99)), fill=ink, font=ImageFont.load_default(44))
    image.paste(halves, mask=mask)
    draw.line([*outline, outline[0]], fill=rim, width=8, joint="curve")
    return np.asarray(image)


def roundel(rng: np.random.Generator) -> Rgb:
    """A disc with a ring of letters and charges in the middle."""
    image, draw = _canvas()
    ground, ring, charge, ink, more = _colours(rng, 5)
    draw.ellipse([8, 8, 232, 232], fill=ring)
    draw.ellipse([44, 44, 196, 196], fill=ground, outline=ink, width=4)
    words, font = _word(rng, int(rng.integers(8, 18))), ImageFont.load_default(26)
    for number, letter in enumerate(words):
        turn = math.radians(-100 + 200 * number / (len(words) - 1))
        tile = Image.new("L", (32, 32), 0)
        ImageDraw.Draw(tile).text((7, 0), letter, fill=255, font=font)
        tile = tile.rotate(-math.degrees(turn), resample=Image.Resampling.BICUBIC)
        at = (round(120 + 94 * math.sin(turn)) - 16, round(120 - 94 * math.cos(turn)) - 16)
        image.paste(Image.new("RGB", tile.size, ink), at, tile)
    _figure(rng, draw, 120, 110, float(rng.uniform(40, 56)), charge)
    _figure(rng, draw, float(rng.uniform(95, 145)), float(rng.uniform(120, 160)), float(rng.uniform(18, 32)), more)
    return np.asarray(image)


def lozenge(rng: np.random.Generator) -> Rgb:
    """A square on its point, with bars and one charge."""
    image, draw = _canvas()
    ground, bar, charge, rim, _ = _colours(rng, 5)
    outline: list[Point] = [(120, 6), (234, 120), (120, 234), (6, 120)]
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    field = Image.new("RGB", image.size, ground)
    over = ImageDraw.Draw(field)
    for _ in range(int(rng.integers(1, 4))):
        at, wide = float(rng.uniform(30, 210)), float(rng.uniform(8, 30))
        box = [at - wide, 0, at + wide, 240] if rng.random() < 0.5 else [0, at - wide, 240, at + wide]
        over.rectangle(box, fill=bar)
    _figure(rng, over, 120, 120, float(rng.uniform(45, 70)), charge)
    image.paste(field, mask=mask)
    draw.line([*outline, outline[0]], fill=rim, width=9, joint="curve")
    return np.asarray(image)


def tab(rng: np.random.Generator) -> Rgb:
    """A name tab: letters above a device, on one ground."""
    image, draw = _canvas()
    ground, charge, ink, rim, _ = _colours(rng, 5)
    draw.rounded_rectangle([8, 30, 232, 210], radius=18, fill=ground, outline=rim, width=7)
    draw.text((26, 40), _word(rng, int(rng.integers(4, 7))), fill=ink, font=ImageFont.load_default(48))
    for n in range(int(rng.integers(2, 4))):
        _figure(rng, draw, 70.0 + 55 * n, float(rng.uniform(140, 160)), float(rng.uniform(20, 32)), charge)
    return np.asarray(image)


STYLES: dict[str, Callable[[np.random.Generator], Rgb]] = {
    "shield": shield,
    "roundel": roundel,
    "lozenge": lozenge,
    "tab": tab,
}


def emblem(style: str, seed: int) -> Rgb:
    """A drawn emblem.

    Parameters
    ----------
    style : str
        Of `STYLES`.
    seed : int

    Returns
    -------
    ndarray of uint8, shape (240, 240, 3)
    """
    return STYLES[style](np.random.default_rng([seed, sorted(STYLES).index(style)]))


PALETTES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "wood": ((46, 52, 36), (82, 88, 62), (118, 106, 74), (30, 30, 26)),
    "sand": ((196, 176, 140), (168, 142, 104), (214, 202, 172), (132, 108, 82)),
    "grey": ((92, 96, 98), (132, 134, 134), (62, 64, 68), (168, 168, 164)),
    "steppe": ((122, 116, 82), (92, 94, 68), (150, 140, 106), (70, 60, 46)),
    "night": ((32, 36, 48), (52, 58, 72), (22, 24, 30), (72, 78, 90)),
}
WAYS = ("blob", "digital", "stripe", "dot")


def camouflage(palette: str, way: str, seed: int, side_px: int = 512, cell_px: float = 26.0) -> Rgb:
    """A drawn pattern in four colours.

    Parameters
    ----------
    palette : str
        Of `PALETTES`.
    way : str
        "blob", "digital", "stripe" or "dot".
    seed : int
    side_px : int
    cell_px : float
        Size of its patches.

    Returns
    -------
    ndarray of uint8, shape (side_px, side_px, 3)
    """
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((side_px, side_px)).astype(np.float32)
    sigmas = {"blob": (0.5, 0.5), "digital": (0.45, 0.45), "stripe": (1.6, 0.22), "dot": (0.2, 0.2)}
    sx, sy = (cell_px * part for part in sigmas[way])
    field = cv2.GaussianBlur(noise, (0, 0), sigmaX=sx, sigmaY=sy, borderType=cv2.BORDER_REFLECT)
    if way == "digital":
        block = max(2, int(cell_px / 4))
        small = cv2.resize(field, (side_px // block, side_px // block), interpolation=cv2.INTER_AREA)
        field = cv2.resize(small, (side_px, side_px), interpolation=cv2.INTER_NEAREST)
    steps = np.quantile(field, [0.3, 0.55, 0.8])
    return np.asarray(np.asarray(PALETTES[palette], np.uint8)[np.digitize(field, steps)], np.uint8)
