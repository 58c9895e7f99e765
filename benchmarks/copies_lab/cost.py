"""Processor time of fingerprinting a file over that of merely decoding it."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from benchmarks.copies_lab.footage import Footage, Image, read, write

from witnessmark import media
from witnessmark.lines.copies.fingerprinting import fingerprint_of


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds spent on one file, all processes together.

    Attributes
    ----------
    file : str
    duration_s : float
    decode_s, print_s, start_s : float
        To decode picture and sound; to fingerprint; of the latter, what a file of four frames takes as well (starting
        the confined process).
    """

    file: str
    duration_s: float
    decode_s: float
    print_s: float
    start_s: float


def used_s() -> float:
    """Processor time of this process and of those it has ended [s]."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _spent(action: Callable[[Path], float], path: Path) -> tuple[float, float]:
    before = used_s()
    told = action(path)
    return used_s() - before, told


def decode(path: Path) -> float:
    """Decode every packet of the first picture and sound streams; the length [s]."""
    length_s = 0.0
    with av.open(str(path)) as container:
        streams = [*container.streams.video[:1], *container.streams.audio[:1]]
        for frame in container.decode(streams):
            if isinstance(frame, VideoFrame):
                length_s = max(length_s, frame.time or 0.0)
    return length_s


def fingerprint(path: Path) -> float:
    """Fingerprint it; the length [s]."""
    made = fingerprint_of(path)
    if isinstance(made, media.Broken):
        raise SystemExit(f"{path.name}: {made.reason}")
    return made.duration_s


def _cost(path: Path, tiny: Path) -> Cost:
    fingerprint(tiny)
    start_s, _ = _spent(fingerprint, tiny)
    decode_s, length_s = _spent(decode, path)
    print_s, _ = _spent(fingerprint, path)
    return Cost(path.name, length_s, decode_s, print_s, start_s)


def measure(paths: Sequence[Path], work: Path) -> list[Cost]:
    """Measure file after file in one process of its own, so that nothing else is counted."""
    tiny = work / "tiny.mp4"
    if not tiny.is_file():
        clip = read(paths[0], end_s=0.2)
        write(tiny, Footage(clip.frames[:4], clip.rate_hz))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return list(pool.map(_cost, paths, [tiny] * len(paths)))


def long_file(paths: Sequence[Path], target: Path, length_s: float = 120.0) -> Path:
    """A file of 1280 x 720 made of stretches of clips, thirty seconds over and over."""
    if not target.is_file():
        frames: list[Image] = []
        for path in paths:
            clip = read(path, end_s=30.0 / len(paths))
            frames += [np.asarray(cv2.resize(one, (1280, 720)), np.uint8) for one in clip.at_rate(25.0)]
        times = round(25 * length_s / len(frames))
        write(target, Footage(tuple(frames) * times, 25.0), crf=23)
    return target
