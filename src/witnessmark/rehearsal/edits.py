"""Re-edits of a clip, seeded, each with the truth of what was done: for judging lines that look for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.plain import Plain
from witnessmark.rehearsal.camera import turned
from witnessmark.rehearsal.container import Recorder, interleave
from witnessmark.rehearsal.noise import Floats, Floats32

SOUND_HZ = 48_000


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """A decoded clip: upright planar YUV 4:2:0 frames, their times, and mono sound."""

    time_s: Floats
    planes: tuple[NDArray[np.uint8], ...]
    width_px: int
    height_px: int
    rate_hz: float
    sound: Floats32 | None
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Edit:
    """What was done to a clip.

    Attributes
    ----------
    kind : str
        A key of `EDITS`.
    source_sha256, result_sha256 : str
    path : Path
        The edited clip.
    metadata_kept : bool
        Whether the source's container tags were written again.
    details : dict
        Times in seconds: ``source_...`` on the source's time line, ``result_...`` on the result's.
    """

    kind: str
    seed: int
    source_sha256: str
    result_sha256: str
    path: Path
    metadata_kept: bool
    details: dict[str, Plain]


def read_footage(path: Path) -> Footage:
    """Decode a clip of our own rendering wholly into memory; not for files from elsewhere.

    Raises
    ------
    BadInputError
        When it holds no pictures.
    """
    times, frames, samples = [], [], []
    rotation = 0
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise BadInputError(f"'{path.name}' holds no pictures.", "Give a rendered clip.")
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        metadata = {k: v for k, v in container.metadata.items() if not k.endswith(("brand", "brands", "version"))}
        metadata.update({k: v for k, v in container.metadata.items() if k.startswith("com.")})
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_HZ)
        sources = [stream, *container.streams.audio[:1]]
        for frame in container.decode(*sources):
            if isinstance(frame, av.VideoFrame):
                rotation = round(-frame.rotation) % 360
                times.append(float(frame.time or 0.0))
                frames.append(np.asarray(frame.to_ndarray(format="yuv420p"), dtype=np.uint8))
            elif isinstance(frame, av.AudioFrame):
                samples += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    if not frames:
        raise BadInputError(f"'{path.name}' holds no pictures.", "Give a rendered clip.")
    height = frames[0].shape[0] * 2 // 3
    # A stored turn is undone by turning the other way round.
    upright = tuple(turned(planes, height, -rotation % 360) if rotation else planes for planes in frames)
    return Footage(
        np.array(times) - times[0],
        upright,
        upright[0].shape[1],
        upright[0].shape[0] * 2 // 3,
        rate,
        np.concatenate(samples).astype(np.float32) if samples else None,
        metadata,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What to write: which source frames at which times, how each is changed, which sound."""

    frames: NDArray[np.int64]
    time_s: Floats
    sound: Floats32 | None
    details: dict[str, Plain]
    change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None = None


def _span(footage: Footage, rng: np.random.Generator, shortest_s: float, longest_s: float) -> tuple[int, int]:
    """First frame and first frame after a span inside the clip, away from its ends."""
    n = len(footage.time_s)
    length = int(np.clip(rng.uniform(shortest_s, longest_s) * footage.rate_hz, 3, max(3, n // 3)))
    first = int(rng.integers(max(2, n // 8), max(3, n - length - max(2, n // 8))))
    return first, first + length


def _without(sound: Floats32 | None, start_s: float, end_s: float) -> Floats32 | None:
    if sound is None:
        return None
    return np.concatenate([sound[: round(start_s * SOUND_HZ)], sound[round(end_s * SOUND_HZ) :]])


def _end_s(footage: Footage) -> float:
    return float(footage.time_s[-1] + 1.0 / footage.rate_hz)


def _cut(footage: Footage, rng: np.random.Generator) -> _Plan:
    first, after = _span(footage, rng, 1.0, 3.0)
    start, end = float(footage.time_s[first]), float(footage.time_s[after])
    kept = np.concatenate([np.arange(first), np.arange(after, len(footage.time_s))])
    times = np.concatenate([footage.time_s[:first], footage.time_s[after:] - (end - start)])
    return _Plan(
        kept,
        times,
        _without(footage.sound, start, end),
        {"source_removed_s": [start, end], "result_cut_s": start, "result_frame": first},
    )


def _freeze(footage: Footage, rng: np.random.Generator) -> _Plan:
    first, after = _span(footage, rng, 0.5, 1.5)
    frames = np.arange(len(footage.time_s))
    frames[first:after] = first
    span: list[Plain] = [float(footage.time_s[first]), float(footage.time_s[after])]
    return _Plan(frames, footage.time_s, footage.sound, {"result_frozen_s": span, "result_frames": [first, after]})


def _duplicate(footage: Footage, rng: np.random.Generator) -> _Plan:
    n = len(footage.time_s)
    chosen = np.sort(rng.choice(np.arange(3, n - 3), size=max(1, min(6, n // 12)), replace=False))
    frames = np.arange(n)
    frames[chosen] = chosen - 1
    return _Plan(
        frames,
        footage.time_s,
        footage.sound,
        {"result_frames": [int(i) for i in chosen], "result_duplicates_s": [float(footage.time_s[i]) for i in chosen]},
    )


def _drop(footage: Footage, rng: np.random.Generator) -> _Plan:
    n = len(footage.time_s)
    first = int(rng.integers(n // 4, max(n // 4 + 1, n // 2)))
    lost = int(rng.integers(3, max(4, min(12, n // 5))))
    kept = np.concatenate([np.arange(first), np.arange(first + lost, n)])
    gap: list[Plain] = [float(footage.time_s[first - 1]), float(footage.time_s[first + lost])]
    return _Plan(kept, footage.time_s[kept], footage.sound, {"result_gap_s": gap, "frames_lost": lost})


def _platform(footage: Footage, rng: np.random.Generator) -> _Plan:
    return _Plan(np.arange(len(footage.time_s)), footage.time_s, footage.sound, {"crf": 29})


def _trim(footage: Footage, rng: np.random.Generator) -> _Plan:
    n = len(footage.time_s)
    first, last = int(rng.integers(n // 10, n // 4 + 1)), n - int(rng.integers(n // 10, n // 4 + 1))
    start, end = float(footage.time_s[first]), float(footage.time_s[last])
    sound = None if footage.sound is None else footage.sound[round(start * SOUND_HZ) : round(end * SOUND_HZ)]
    return _Plan(np.arange(first, last), footage.time_s[first:last] - start, sound, {"source_kept_s": [start, end]})


def _mute(footage: Footage, rng: np.random.Generator) -> _Plan:
    return _Plan(np.arange(len(footage.time_s)), footage.time_s, None, {"sound_track": False})


def _shorten_sound(footage: Footage, rng: np.random.Generator) -> _Plan:
    end = _end_s(footage) * float(rng.uniform(0.45, 0.8))
    sound = None if footage.sound is None else footage.sound[: round(end * SOUND_HZ)]
    return _Plan(np.arange(len(footage.time_s)), footage.time_s, sound, {"result_sound_end_s": round(end, 6)})


def _mirror(footage: Footage, rng: np.random.Generator) -> _Plan:
    def change(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return _by_plane(planes, footage, lambda plane: plane[:, ::-1])

    return _Plan(np.arange(len(footage.time_s)), footage.time_s, footage.sound, {"axis": "vertical"}, change)


def _crop(footage: Footage, rng: np.random.Generator) -> _Plan:
    share = float(rng.uniform(0.72, 0.9))
    width, height = int(footage.width_px * share) // 4 * 4, int(footage.height_px * share) // 4 * 4
    left = int(rng.integers(0, (footage.width_px - width) // 2 + 1)) * 2
    top = int(rng.integers(0, (footage.height_px - height) // 2 + 1)) * 2
    left, top = min(left, footage.width_px - width), min(top, footage.height_px - height)

    def change(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        def part(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
            unit = footage.height_px // plane.shape[0]
            return plane[top // unit : (top + height) // unit, left // unit : (left + width) // unit]

        return _by_plane(planes, footage, part)

    box: list[Plain] = [left, top, width, height]
    return _Plan(np.arange(len(footage.time_s)), footage.time_s, footage.sound, {"source_box_px": box}, change)


def _smaller(footage: Footage, rng: np.random.Generator) -> _Plan:
    share = float(rng.choice([0.5, 2.0 / 3.0, 0.75]))
    width, height = int(footage.width_px * share) // 4 * 4, int(footage.height_px * share) // 4 * 4

    def change(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        def part(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
            unit = footage.height_px // plane.shape[0]
            size = (width // unit, height // unit)
            return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

        return _by_plane(planes, footage, part)

    return _Plan(
        np.arange(len(footage.time_s)), footage.time_s, footage.sound, {"result_size_px": [width, height]}, change
    )


def _by_plane(
    planes: NDArray[np.uint8], footage: Footage, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """Change luma and both chroma planes alike and put them together again."""
    height, width = footage.height_px, footage.width_px
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    luma = change(planes[:height])
    parts = [luma.ravel(), change(chroma[0]).ravel(), change(chroma[1]).ravel()]
    return np.ascontiguousarray(np.concatenate(parts).reshape(luma.shape[0] * 3 // 2, luma.shape[1]))


EDITS: dict[str, Callable[[Footage, np.random.Generator], _Plan]] = {
    "cut": _cut,
    "freeze": _freeze,
    "duplicate": _duplicate,
    "drop": _drop,
    "platform": _platform,
    "trim": _trim,
    "mute": _mute,
    "shorten-sound": _shorten_sound,
    "mirror": _mirror,
    "crop": _crop,
    "smaller": _smaller,
}
"""Kinds of edit. ``platform`` always strips metadata, as services do; the others keep it unless told otherwise."""


def apply_edit(
    source: Path, out: Path, kind: str, seed: int, *, keep_metadata: bool | None = None, crf: int = 23
) -> Edit:
    """Decode a clip, change it, encode it again, and say what was done.

    Parameters
    ----------
    source, out : Path
        The clip and the file to write; folders are made.
    kind : str
        A key of `EDITS`.
    seed : int
        Of where and how much.
    keep_metadata : bool or None
        Write the source's tags again; None for the kind's habit.
    crf : int
        Of the new encoding; ``platform`` takes its own.

    Raises
    ------
    BadInputError
        For an unknown kind, or a clip too short to edit.
    """
    if kind not in EDITS:
        raise BadInputError(f"'{kind}' is not an edit I know.", f"Choose one of {', '.join(EDITS)}.")
    footage = read_footage(source)
    if len(footage.time_s) < 24:
        raise BadInputError(f"'{source.name}' has only {len(footage.time_s)} frames.", "Edit clips of 24 or more.")
    plan = EDITS[kind](footage, np.random.default_rng([seed, list(EDITS).index(kind)]))
    keep = kind != "platform" if keep_metadata is None else keep_metadata
    change = plan.change or (lambda planes: planes)
    first = change(footage.planes[int(plan.frames[0])])
    out.parent.mkdir(parents=True, exist_ok=True)
    with Recorder(
        out,
        first.shape[1],
        first.shape[0] * 2 // 3,
        footage.rate_hz,
        crf=29 if kind == "platform" else crf,
        key_interval=round(footage.rate_hz * (5 if kind == "platform" else 2)),
        preset="veryfast",
        metadata=footage.metadata if keep else None,
        sound_rate_hz=None if plan.sound is None else SOUND_HZ,
        faststart=kind == "platform",
        traces=True,
    ) as recorder:
        frames = (
            (float(time), change(footage.planes[int(frame)]))
            for time, frame in zip(plan.time_s, plan.frames, strict=True)
        )
        interleave(recorder, frames, plan.sound, SOUND_HZ)
    return Edit(
        kind,
        seed,
        hashlib.sha256(source.read_bytes()).hexdigest(),
        hashlib.sha256(out.read_bytes()).hexdigest(),
        out,
        keep,
        plan.details,
    )
