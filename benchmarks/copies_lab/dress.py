"""One broadcaster's dress: the same animated intro with its jingle, logo and lower third on whatever is shown."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from benchmarks.copies_lab.footage import SOUND_HZ, Footage, Image, Samples, joined
from benchmarks.copies_lab.overlays import Canvas, logo, lower_third, sentence

INTRO_S = 2.5
HOUSE_COLOUR = (168, 24, 40)
HOUSE_LETTERS = "RH24"


def dressed(clip: Footage, seed: int) -> Footage:
    """The clip behind the intro, under the logo and a lower third with its own words; `INTRO_S` longer.

    Parameters
    ----------
    clip : Footage
    seed : int
        Of the headline's words; everything else is the same for every clip.
    """
    canvas = Canvas(clip.size_px)
    logo(canvas, 0.91, 0.12, HOUSE_COLOUR, HOUSE_LETTERS)
    rng = np.random.default_rng(seed)
    lower_third(canvas, HOUSE_COLOUR, "REHEARSAL NEWS", sentence(rng, 7))
    overlay = canvas.done()
    opening = intro(clip.size_px, clip.rate_hz)
    length_s = len(opening) / clip.rate_hz
    frames = opening + tuple(overlay.over(frame) for frame in clip.frames)
    sound = joined((jingle(), length_s), (clip.sound, clip.duration_s))
    return replace(clip, frames=frames, sound=sound)


def intro(size_px: tuple[int, int], rate_hz: float) -> tuple[Image, ...]:
    """Bands that sweep in, a turning ring and the name, the same at every size."""
    width, height = size_px
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = columns / width, rows / height
    frames = []
    for number in range(round(INTRO_S * rate_hz)):
        at = number / rate_hz / INTRO_S
        wave = np.sin(14 * (across + 0.6 * down) - 9 * at) + 0.6 * np.sin(31 * (across - down) + 17 * at)
        light = np.clip(0.45 + 0.22 * wave * min(1.0, 3 * at), 0, 1)
        red, green, blue = HOUSE_COLOUR
        frame = np.stack([light * blue * 1.4, light * green * 1.4, light * red], axis=2).clip(0, 255).astype(np.uint8)
        centre, ring = (width // 2, int(height * 0.42)), int(height * 0.22)
        turn = 360 * at
        cv2.ellipse(frame, centre, (ring, ring), turn, 0, 250, (240, 240, 240), max(2, height // 40), cv2.LINE_AA)
        cv2.ellipse(frame, centre, (ring * 2 // 3,) * 2, -2 * turn, 0, 140, (60, 200, 240), max(2, height // 60))
        if at > 0.35:
            canvas = Canvas(size_px)
            canvas.text(0.5 - 0.22 * min(1.0, (at - 0.35) * 4), 0.72, 0.11, "REHEARSAL NEWS", (255, 255, 255))
            frame = canvas.done().over(frame)
        frames.append(np.asarray(frame, np.uint8))
    return tuple(frames)


def jingle() -> Samples:
    """Six notes with overtones, fading."""
    at_s = np.arange(round(INTRO_S * SOUND_HZ)) / SOUND_HZ
    sound = np.zeros(at_s.size)
    for number, note in enumerate((0, 4, 7, 12, 7, 16)):
        since = at_s - 0.35 * number
        tone = sum(math.pow(0.5, k) * np.sin(2 * np.pi * 440 * 2 ** (note / 12) * k * since) for k in (1, 2, 3))
        sound += np.where(since >= 0, np.exp(-3 * np.maximum(since, 0)) * tone, 0)
    return (0.25 * sound).astype(np.float32)
