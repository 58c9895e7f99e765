"""Captions, logos and lower thirds, drawn once and laid over every frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from benchmarks.copies_lab.footage import Image
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
_WORDS = (
    "witness market road bridge morning crowd river report footage shows village east officials say school north "
    "breaking live exclusive watch until end share before deleted part two nobody talks about this wow look"
)
WORDS = tuple(_WORDS.split())


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """A drawing with its cover, laid over frames of one size."""

    colour: Image
    cover: Image

    def over(self, frame: Image) -> Image:
        """The frame with the drawing on it."""
        kept = cv2.multiply(frame, 255 - self.cover, scale=1 / 255)
        drawn = cv2.multiply(self.colour, self.cover, scale=1 / 255)
        return np.asarray(cv2.add(kept, drawn), np.uint8)


class Canvas:
    """A transparent sheet of a frame's size to draw on."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self.width_px, self.height_px = size_px
        self.sheet = Pictures.new("RGBA", size_px, (0, 0, 0, 0))
        self.pen = ImageDraw.Draw(self.sheet)

    def bar(self, left: float, top: float, right: float, bottom: float, colour: Colour, opacity: float) -> None:
        """A filled box; the sides are shares of the frame."""
        box = (left * self.width_px, top * self.height_px, right * self.width_px, bottom * self.height_px)
        self.pen.rectangle(box, fill=(*colour, round(255 * opacity)))

    def text(self, left: float, top: float, height: float, words: str, colour: Colour, outline: bool = False) -> None:
        """One line of text; place and height are shares of the frame."""
        font = ImageFont.load_default(size=max(6.0, height * self.height_px))
        width_px = self.pen.textlength(words, font=font)
        room_px = (0.98 - left) * self.width_px
        if width_px > room_px:
            font = ImageFont.load_default(size=max(6.0, height * self.height_px * room_px / width_px))
        stroke = max(1, round(0.06 * height * self.height_px)) if outline else 0
        place = (left * self.width_px, top * self.height_px)
        self.pen.text(place, words, font=font, fill=(*colour, 255), stroke_width=stroke, stroke_fill=(0, 0, 0, 255))

    def centred(self, x: float, y: float, height: float, words: str, colour: Colour) -> None:
        """One line of text around a point."""
        font = ImageFont.load_default(size=max(6.0, height * self.height_px))
        self.pen.text((x * self.width_px, y * self.height_px), words, font=font, fill=(*colour, 255), anchor="mm")

    def disc(self, x: float, y: float, radius: float, colour: Colour, opacity: float = 1.0) -> None:
        """A filled disc; its radius is a share of the frame's height."""
        cx, cy, r = x * self.width_px, y * self.height_px, radius * self.height_px
        self.pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(*colour, round(255 * opacity)))

    def done(self) -> Overlay:
        """The drawing as an overlay."""
        pixels = np.asarray(self.sheet, np.uint8)
        cover = np.repeat(pixels[:, :, 3:], 3, axis=2)
        return Overlay(np.ascontiguousarray(pixels[:, :, 2::-1]), np.ascontiguousarray(cover))


def sentence(rng: np.random.Generator, words: int) -> str:
    """Words in a row that say nothing in particular."""
    return " ".join(WORDS[int(k)] for k in rng.integers(0, len(WORDS), words)).capitalize()


def colour_of(rng: np.random.Generator) -> Colour:
    """A strong colour, red, green, blue."""
    hue = np.array([[[rng.integers(0, 180), rng.integers(140, 256), rng.integers(120, 230)]]], np.uint8)
    red, green, blue = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0]
    return int(red), int(green), int(blue)


def caption(size_px: tuple[int, int], rng: np.random.Generator) -> Overlay:
    """What re-posters add: a caption, a channel's logo in a corner and a lower third."""
    canvas = Canvas(size_px)
    if rng.random() < 0.5:
        canvas.bar(0, 0.03, 1, 0.14, (255, 255, 255), 1.0)
        canvas.text(0.04, 0.05, 0.065, sentence(rng, 7), (10, 10, 10))
    else:
        canvas.text(0.06, 0.06, 0.075, sentence(rng, 6), (255, 255, 255), outline=True)
    logo(canvas, 0.90 if rng.random() < 0.5 else 0.10, 0.24, colour_of(rng), sentence(rng, 1)[:4].upper())
    lower_third(canvas, colour_of(rng), sentence(rng, 3), sentence(rng, 7))
    return canvas.done()


def logo(canvas: Canvas, x: float, y: float, colour: Colour, letters: str) -> None:
    """A round logo with letters."""
    canvas.disc(x, y, 0.075, colour, 0.9)
    canvas.disc(x, y, 0.055, (250, 250, 250), 0.9)
    canvas.centred(x, y, 0.045, letters, colour)


def lower_third(canvas: Canvas, colour: Colour, above: str, below: str) -> None:
    """A bar with a name and a headline over the lower part of the picture."""
    canvas.bar(0.03, 0.755, 0.60, 0.82, colour, 0.95)
    canvas.text(0.05, 0.762, 0.042, above, (255, 255, 255))
    canvas.bar(0.03, 0.82, 0.97, 0.92, (245, 245, 245), 0.92)
    canvas.text(0.05, 0.838, 0.055, below, (20, 20, 20))
