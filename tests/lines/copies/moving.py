"""Clips drawn for the search for copies: a room, things that move in it, and what re-posters do to footage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from tests.lines.clips import STEADY_X264

Frame = NDArray[np.uint8]
WIDTH, HEIGHT, RATE = 320, 180, 12


def room(seed: int) -> Frame:
    """A textured, still background."""
    rng = np.random.default_rng(seed)
    sheet = np.zeros((HEIGHT, WIDTH), np.float32)
    for cells, weight in ((4, 40.0), (12, 25.0), (40, 18.0)):
        coarse = rng.normal(0, weight, (max(2, cells * HEIGHT // WIDTH), cells)).astype(np.float32)
        sheet += cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for _ in range(14):
        x, y = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        size = (int(rng.integers(8, 50)), int(rng.integers(8, 40)))
        cv2.rectangle(sheet, (x, y), (x + size[0], y + size[1]), float(rng.normal(0, 60)), -1)
    return np.asarray(np.clip(sheet + 120, 0, 255), np.uint8)


def scene(place: int, moment: int, seconds: float, things: int = 6) -> list[Frame]:
    """Things that wander about a room: another moment in the same room for another `moment`."""
    rng = np.random.default_rng(1000 + moment)
    back = room(place)
    patches = [room(int(rng.integers(10_000)))[:46, :46] for _ in range(things)]
    start, turn = rng.uniform(0, 1, (things, 2)), rng.uniform(0, 2 * np.pi, (things, 3))
    speed = rng.uniform(0.5, 1.6, (things, 3))
    frames = []
    for number in range(round(seconds * RATE)):
        at_s = number / RATE
        frame = back.copy()
        for k, patch in enumerate(patches):
            way = start[k] + 0.35 * np.sin(speed[k, :2] * at_s + turn[k, :2]) + 0.12 * np.sin(2.3 * speed[k, 2] * at_s)
            x, y = (way % 1.0 * [WIDTH - 46, HEIGHT - 46]).astype(int)
            frame[y : y + 46, x : x + 46] = patch
        frames.append(frame)
    return frames


def write(path: Path, frames: Sequence[Frame], rate: float = RATE, crf: int = 23) -> Path:
    """The frames as H.264 in MP4."""
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=round(rate), options=STEADY_X264 | {"crf": str(crf)})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.thread_count = 1
        for frame in frames:
            for packet in video.encode(av.VideoFrame.from_ndarray(frame, format="gray").reformat(format="yuv420p")):
                container.mux(packet)
        for packet in video.encode(None):
            container.mux(packet)
    return path


def each(change: Callable[[Frame], Frame], frames: Sequence[Frame]) -> list[Frame]:
    """Every frame changed."""
    return [np.ascontiguousarray(change(frame), np.uint8) for frame in frames]


def cropped(frame: Frame) -> Frame:
    """A fifth cut away on the right and below, the rest stretched over the frame."""
    kept = frame[: int(HEIGHT * 0.8), : int(WIDTH * 0.8)]
    return np.asarray(cv2.resize(kept, (WIDTH, HEIGHT)), np.uint8)


def turned(frame: Frame) -> Frame:
    """Left and right exchanged."""
    return np.asarray(frame[:, ::-1], np.uint8)


def letterboxed(frame: Frame) -> Frame:
    """Black bars above and below."""
    sheet = np.zeros((HEIGHT + 120, WIDTH), np.uint8)
    sheet[60 : 60 + HEIGHT] = frame
    return sheet


def framed(frames: Sequence[Frame], over: Sequence[Frame]) -> list[Frame]:
    """At half size over another clip."""
    made = []
    for frame, back in zip(frames, over, strict=False):
        sheet = back.copy()
        sheet[80:170, 150:310] = cv2.resize(frame, (160, 90), interpolation=cv2.INTER_AREA)
        made.append(sheet)
    return made
