"""Copies whose truth is known: small rendered recordings, re-edits of them, and a library that holds the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from tests.lines.clips import STEADY_X264, item_of, picture, space

from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Tools
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.memory import MemoryLibrary

Frames = Sequence[NDArray[np.uint8]]
FPS = 12
AXIS_START = dt.datetime(2031, 9, 12, tzinfo=dt.UTC)


def scene_frames(first: int, count: int, *, speed_px: float = 6.0) -> list[NDArray[np.uint8]]:
    """A panning camera over a textured scene, RGB."""
    return [picture(number, speed_px=speed_px) for number in range(first, first + count)]


def cropped(frames: Frames, share: float = 0.8) -> list[NDArray[np.uint8]]:
    """The middle of each frame at the old size."""
    height, width = frames[0].shape[:2]
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    return [
        np.asarray(cv2.resize(frame[top : height - top, left : width - left], (width, height)), np.uint8)
        for frame in frames
    ]


def mirrored(frames: Frames) -> list[NDArray[np.uint8]]:
    """Left and right exchanged."""
    return [np.ascontiguousarray(frame[:, ::-1]) for frame in frames]


def framed(frames: Frames, share: float = 0.7) -> list[NDArray[np.uint8]]:
    """The whole frame, smaller, on a dark ground."""
    height, width = frames[0].shape[:2]
    small = round(width * share), round(height * share)
    made = []
    for frame in frames:
        ground = np.full_like(frame, 24)
        top, left = (height - small[1]) // 2, (width - small[0]) // 2
        ground[top : top + small[1], left : left + small[0]] = cv2.resize(frame, small)
        made.append(ground)
    return made


def captioned(frames: Frames) -> list[NDArray[np.uint8]]:
    """A bar with writing over the lower fifth."""
    made = []
    for frame in frames:
        copy = frame.copy()
        height, width = copy.shape[:2]
        copy[height * 4 // 5 :] = (copy[height * 4 // 5 :] * 0.25).astype(np.uint8)
        cv2.putText(copy, "SEEN TODAY", (width // 6, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (240, 240, 240), 2)
        made.append(copy)
    return made


def encode(path: Path, frames: Frames, *, rate: int = FPS, crf: int = 26) -> Path:
    """Write RGB frames as a recording without sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate, options=STEADY_X264 | {"crf": str(crf)})
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.codec_context.thread_count = 1
        video.codec_context.time_base = Fraction(1, rate)
        for number, view in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(view, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
        container.mux(video.encode())
    return path


def fingerprinted(path: Path) -> Fingerprint:
    """The fingerprint of a recording that can be decoded."""
    made = fingerprint_of(path)
    assert isinstance(made, Fingerprint), made
    return made


def seen_at(
    moment: dt.datetime, how_known: str = "platform page", where: str = "Forum", account: str = "", url: str = ""
) -> Seen:
    """An attested time with its offset."""
    offset_s = round((moment.utcoffset() or dt.timedelta()).total_seconds())
    return Seen(moment.timestamp(), offset_s, how_known, where, account, url)


def plant_copies(folder: Path) -> Planted:
    """A cropped, captioned re-edit of a recording that was posted on the first day of a three-day axis."""
    first_seen = AXIS_START + dt.timedelta(hours=7)
    frames = scene_frames(0, 8 * FPS)
    known = encode(folder / "known.mp4", frames)
    other = encode(folder / "other.mp4", scene_frames(100_000, 5 * FPS))
    item = encode(folder / "item.mp4", captioned(cropped(frames)), crf=30)
    library = MemoryLibrary()
    library.add(fingerprinted(known), "known.mp4", seen=[seen_at(first_seen)])
    library.add(fingerprinted(other), "other.mp4")
    over = space(AXIS_START)
    return Planted(
        item=item_of(item),
        marks=(),
        tools=Tools(item, providers={"fingerprints:case": library}),
        over=over,
        true_place=None,
        true_instant=round((first_seen - AXIS_START).total_seconds() / over.times.step_s) - 6,
        at_most_rank=0.06,
    )
