"""Fourteen everyday manipulations of a clip, each with what is true of it.

Every maker takes the reference, another clip that is not in the index, and a seeded generator. Nothing else decides
how the result looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from benchmarks.copies_lab.footage import Footage, Image, faster, joined
from benchmarks.copies_lab.overlays import caption
from benchmarks.copies_lab.screen import filmed

EXCERPT_S = 5.0
EXCERPT_SHARE = 0.6
"""An excerpt of a clip shorter than 8.3 s is this share of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Attacked:
    """A manipulated clip and its truth.

    Attributes
    ----------
    clip : Footage
    crf : int
        To encode it with.
    q0_s, q1_s, r0_s, r1_s : float
        The stretch of it that shows the stretch of the reference.
    speed : float
        Seconds of reference shown in a second.
    mirrored : bool
    host : bool
        Whether the other clip is seen in it.
    """

    clip: Footage
    crf: int
    q0_s: float
    q1_s: float
    r0_s: float
    r1_s: float
    speed: float = 1.0
    mirrored: bool = False
    host: bool = False


Maker = Callable[[Footage, Footage, np.random.Generator], Attacked]


def _whole(clip: Footage, made: Footage, crf: int = 26) -> Attacked:
    return Attacked(made, crf, 0.0, clip.duration_s, 0.0, clip.duration_s)


def _each(clip: Footage, change: Callable[[Image], Image]) -> Footage:
    return replace(clip, frames=tuple(np.ascontiguousarray(change(frame), np.uint8) for frame in clip.frames))


def _even(size: float) -> int:
    return max(2, round(size / 2) * 2)


def crf40(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Encoded hard."""
    return _whole(clip, clip, crf=40)


def small(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """240 rows (the shorter side)."""
    return _whole(clip, _shorter_side(clip, 240), crf=28)


def _shorter_side(clip: Footage, side_px: int) -> Footage:
    width, height = clip.size_px
    share = min(1.0, side_px / min(width, height))
    size = (_even(width * share), _even(height * share))
    return _each(clip, lambda frame: np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8))


def letterbox(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Flat bars above and below or at the sides, to a square or a portrait frame."""
    width, height = clip.size_px
    aspect = 1.0 if rng.random() < 0.5 else (9 / 16 if width >= height else 16 / 9)
    outer = (_even(max(width, height * aspect)), _even(max(height, width / aspect)))
    left, top = (outer[0] - width) // 2, (outer[1] - height) // 2
    shade = int(rng.choice([0, 16, 255], p=[0.5, 0.3, 0.2]))
    blank = np.full((outer[1], outer[0], 3), shade, np.uint8)

    def framed(frame: Image) -> Image:
        sheet = blank.copy()
        sheet[top : top + height, left : left + width] = frame
        return sheet

    return _whole(clip, _each(clip, framed))


def _crop(clip: Footage, rng: np.random.Generator, share: float) -> Footage:
    width, height = clip.size_px
    kept = (_even(width * (1 - share)), _even(height * (1 - share)))
    left, top = int(rng.integers(0, width - kept[0] + 1)), int(rng.integers(0, height - kept[1] + 1))

    def cut(frame: Image) -> Image:
        window = frame[top : top + kept[1], left : left + kept[0]]
        return np.asarray(cv2.resize(window, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

    return _each(clip, cut)


def crop(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """20 % of width and of height cut away, anywhere, and the rest stretched over the frame."""
    return _whole(clip, _crop(clip, rng, 0.20))


def _mirrored(frame: Image) -> Image:
    return np.asarray(frame[:, ::-1], np.uint8)


def mirror(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Left and right exchanged."""
    return replace(_whole(clip, _each(clip, _mirrored)), mirrored=True)


def captioned(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Caption, logo and lower third."""
    return _whole(clip, _each(clip, caption(clip.size_px, rng).over))


def picture_in_picture(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """At half size over another clip, whose sound is heard."""
    width, height = clip.size_px
    inner = (_even(width / 2), _even(height / 2))
    left, top = int(rng.integers(0, width - inner[0] + 1)), int(rng.integers(0, height - inner[1] + 1))
    backs = other.at_rate(clip.rate_hz)
    frames = []
    for number, frame in enumerate(clip.frames):
        turn = number % max(1, 2 * len(backs) - 2)
        back = backs[turn if turn < len(backs) else 2 * len(backs) - 2 - turn]
        sheet = np.asarray(cv2.resize(back, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        shrunk = cv2.resize(frame, inner, interpolation=cv2.INTER_AREA)
        sheet[top : top + inner[1], left : left + inner[0]] = shrunk
        frames.append(sheet)
    sound = joined((other.sound, clip.duration_s))
    return replace(_whole(clip, replace(clip, frames=tuple(frames), sound=sound)), host=True)


def quick(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """A quarter faster, by leaving frames out."""
    frames = clip.at_rate(clip.rate_hz, 1.25)
    made = replace(clip, frames=frames, sound=faster(clip.sound, 1.25))
    return Attacked(made, 26, 0.0, made.duration_s, 0.0, made.duration_s * 1.25, speed=1.25)


def _excerpt(clip: Footage, rng: np.random.Generator) -> tuple[Footage, float]:
    length_s = min(EXCERPT_S, EXCERPT_SHARE * clip.duration_s)
    start_s = round(rng.uniform(0, clip.duration_s - length_s) * clip.rate_hz) / clip.rate_hz
    return clip.part(start_s, start_s + length_s), start_s


def excerpt(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Five seconds from anywhere."""
    piece, start_s = _excerpt(clip, rng)
    return Attacked(piece, 26, 0.0, piece.duration_s, start_s, start_s + piece.duration_s)


def inserted(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Five seconds from anywhere, cut into another clip."""
    piece, start_s = _excerpt(clip, rng)
    around = _fit(replace(other, frames=other.at_rate(clip.rate_hz), rate_hz=clip.rate_hz), clip.size_px)
    before_s = round(rng.uniform(0.3, 0.6) * min(around.duration_s, 12.0) * clip.rate_hz) / clip.rate_hz
    before, after = around.part(0, before_s), around.part(before_s, min(around.duration_s, before_s + 6.0))
    frames = before.frames + piece.frames + after.frames
    sound = joined(*((part.sound, part.duration_s) for part in (before, piece, after)))
    end_s = before.duration_s + piece.duration_s
    made = Footage(frames, clip.rate_hz, sound)
    return Attacked(made, 26, before.duration_s, end_s, start_s, start_s + piece.duration_s, host=True)


def _fit(clip: Footage, size: tuple[int, int]) -> Footage:
    """Scaled to cover a frame of another size, the rest cut away."""

    def fitted(frame: Image) -> Image:
        height, width = frame.shape[:2]
        share = max(size[0] / width, size[1] / height)
        grown = cv2.resize(frame, (max(size[0], round(width * share)), max(size[1], round(height * share))))
        left, top = (grown.shape[1] - size[0]) // 2, (grown.shape[0] - size[1]) // 2
        return np.asarray(grown[top : top + size[1], left : left + size[0]], np.uint8)

    return _each(clip, fitted)


def screen(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Filmed off a screen."""
    return _whole(clip, filmed(clip, rng), crf=28)


def colour(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Grey, or another hue, saturation, contrast and brightness."""
    if rng.random() < 0.4:

        def grey(frame: Image) -> Image:
            return np.asarray(cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)

        return _whole(clip, _each(clip, grey))
    turn, saturation = int(rng.integers(15, 165)), rng.uniform(0.6, 1.5)
    contrast, lift = rng.uniform(0.7, 1.25), rng.uniform(-25, 25)

    def shifted(frame: Image) -> Image:
        hsv = cv2.cvtColor(frame, cv2.COLOR_BGR2HSV)
        hsv[:, :, 0] = (hsv[:, :, 0].astype(np.int16) + turn) % 180
        hsv[:, :, 1] = cv2.convertScaleAbs(hsv[:, :, 1], alpha=saturation).reshape(hsv.shape[:2])
        toned = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR).astype(np.float32) * contrast + lift
        return np.asarray(np.clip(toned, 0, 255), np.uint8)

    return _whole(clip, _each(clip, shifted))


def combined(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """Cropped by 20 %, captioned, scaled to 360 rows and encoded hard."""
    cropped = _shorter_side(_crop(clip, rng, 0.20), 360)
    return _whole(clip, _each(cropped, caption(cropped.size_px, rng).over), crf=36)


def combined_mirror(clip: Footage, other: Footage, rng: np.random.Generator) -> Attacked:
    """The same of the mirrored clip."""
    return replace(combined(_each(clip, _mirrored), other, rng), mirrored=True)


ATTACKS: dict[str, Maker] = {
    "crf40": crf40,
    "240p": small,
    "letterbox": letterbox,
    "crop": crop,
    "mirror": mirror,
    "caption": captioned,
    "pip": picture_in_picture,
    "1.25x": quick,
    "excerpt": excerpt,
    "insert": inserted,
    "screen": screen,
    "colour": colour,
    "combo": combined,
    "combo+mirror": combined_mirror,
}
