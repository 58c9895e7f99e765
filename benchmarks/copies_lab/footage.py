"""Clips as frames and sound in memory, read and written with PyAV so that every run gives the same bytes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

av.logging.set_level(av.logging.PANIC)
cv2.setNumThreads(1)

Image = NDArray[np.uint8]
Samples = NDArray[np.float32]
SOUND_HZ = 32_000
LONG_SIDE_PX = 960
"""Clips are worked on at this size at most, as platforms hand them on."""


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """A clip in memory.

    Attributes
    ----------
    frames : tuple of ndarray of uint8, shape (height, width, 3)
        Blue, green, red; both sides even.
    rate_hz : float
        Frames a second; frame k is shown from k / rate_hz.
    sound : ndarray of float32, shape (n,) or None
        One channel at `SOUND_HZ`, from -1 to 1.
    """

    frames: tuple[Image, ...]
    rate_hz: float
    sound: Samples | None = None

    @property
    def duration_s(self) -> float:
        """Until the last frame goes [s]."""
        return len(self.frames) / self.rate_hz

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.frames[0].shape[:2]
        return width, height

    def part(self, start_s: float, end_s: float) -> Footage:
        """The stretch between two times, to the frame."""
        first, last = round(start_s * self.rate_hz), round(end_s * self.rate_hz)
        sound = self.sound
        if sound is not None:
            sound = sound[round(first / self.rate_hz * SOUND_HZ) : round(last / self.rate_hz * SOUND_HZ)]
        return replace(self, frames=self.frames[first:last], sound=sound)

    def at_rate(self, rate_hz: float, speed: float = 1.0) -> tuple[Image, ...]:
        """The frames shown at an even rate when the clip runs `speed` times as fast."""
        count = int(self.duration_s / speed * rate_hz + 1e-6)
        last = len(self.frames) - 1
        return tuple(self.frames[min(last, int(k / rate_hz * speed * self.rate_hz + 1e-6))] for k in range(count))


def read(path: Path, *, start_s: float = 0.0, end_s: float = 1e9, long_side_px: int = LONG_SIDE_PX) -> Footage:
    """A clip's frames at its mean rate (30 a second at most) and its sound, from `start_s` to `end_s`."""
    frames: list[Image] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate_hz = min(30.0, float(stream.average_rate or 25))
        for picture in container.decode(stream):
            at_s = picture.time if picture.time is not None else len(frames) / rate_hz
            due = int(round((min(at_s, end_s) - start_s) * rate_hz, 3)) + 1 - len(frames)
            if at_s >= start_s and due > 0:
                frame = _fitted(picture, long_side_px)
                frames += [frame] * (due if frames else 1)
            if at_s >= end_s:
                break
    frames = frames[: max(1, round((end_s - start_s) * rate_hz))]
    sound = _sound(path)
    if sound is not None:
        sound = sound[round(start_s * SOUND_HZ) : round((start_s + len(frames) / rate_hz) * SOUND_HZ)]
    return Footage(tuple(frames), rate_hz, sound if sound is not None and sound.size else None)


def _fitted(picture: VideoFrame, long_side_px: int) -> Image:
    width, height = picture.width, picture.height
    share = min(1.0, long_side_px / max(width, height))
    size = (max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2))
    frame = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
    if size != (width, height):
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(frame)


def _sound(path: Path) -> Samples | None:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        resampler = AudioResampler(format="flt", layout="mono", rate=SOUND_HZ)
        parts: list[Samples] = []
        for packet in container.demux(container.streams.audio[0]):
            with suppress(av.error.InvalidDataError):  # some old files hold a broken packet
                heard = [piece for frame in packet.decode() for piece in resampler.resample(frame)]
                parts += [np.asarray(piece.to_ndarray()[0], np.float32) for piece in heard]
    return np.concatenate(parts).astype(np.float32) if parts else None


def write(path: Path, clip: Footage, *, crf: int = 23, long_side_px: int | None = None) -> None:
    """Write as H.264 and AAC in MP4, one thread, so that the same clip gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = clip.size_px
    share = 1.0 if long_side_px is None else min(1.0, long_side_px / max(width, height))
    size = (round(width * share / 2) * 2, round(height * share / 2) * 2)
    rate = Fraction(clip.rate_hz).limit_denominator(1001)
    passing = path.with_name(f"{path.stem}.part{path.suffix}")
    with av.open(str(passing), "w") as out:
        options = {"crf": str(crf), "preset": "veryfast", "threads": "1"}
        stream = out.add_stream("libx264", rate=rate, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.thread_count = 1
        heard = clip.sound if clip.sound is not None and clip.sound.size else None
        track = None if heard is None else _sound_track(out)
        for number, image in enumerate(clip.frames):
            fitted = image if size == (width, height) else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(fitted, np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if heard is not None and track is not None:
            _write_sound(out, track, heard)
    passing.replace(path)


def _sound_track(out: OutputContainer) -> AudioStream:
    stream = out.add_stream("aac", rate=SOUND_HZ, layout="mono", options={"b": "96k"})
    assert isinstance(stream, AudioStream)
    return stream


def _write_sound(out: OutputContainer, stream: AudioStream, sound: Samples) -> None:
    step = 1024
    for start in range(0, sound.size, step):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound[None, start : start + step]), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, start, Fraction(1, SOUND_HZ)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def faster(sound: Samples | None, speed: float) -> Samples | None:
    """The sound at another speed with its pitch kept, as players and editors do it."""
    if sound is None:
        return None
    graph = Graph()
    source = graph.add_abuffer(sample_rate=SOUND_HZ, format="flt", layout="mono", time_base=Fraction(1, SOUND_HZ))
    tempo, sink = graph.add("atempo", str(speed)), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), "flt", "mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, 0, Fraction(1, SOUND_HZ)
    graph.push(frame)
    graph.push(None)
    parts: list[Samples] = []
    while True:
        try:
            piece = graph.pull()
        except (av.error.EOFError, av.error.BlockingIOError):
            break
        assert isinstance(piece, AudioFrame)
        parts.append(piece.to_ndarray()[0].astype(np.float32))
    return np.concatenate(parts) if parts else None


def joined(*sounds: tuple[Samples | None, float]) -> Samples | None:
    """Sounds one after another, each of a given length [s]; silence where there is none."""
    if all(sound is None for sound, _ in sounds):
        return None
    pieces = []
    for sound, length_s in sounds:
        piece = np.zeros(round(length_s * SOUND_HZ), np.float32)
        if sound is not None:
            piece[: min(piece.size, sound.size)] = sound[: piece.size]
        pieces.append(piece)
    return np.concatenate(pieces)
