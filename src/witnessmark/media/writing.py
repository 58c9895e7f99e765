"""Writing a working copy: pictures at their own times, sound beside them, nothing told of where they came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

SOUND_RATE_HZ = 16_000
_TIME_BASE = Fraction(1, 90_000)
_RATE_STATED_HZ = Fraction(30)
"""For the encoder's planning only: every picture carries its own time."""
_SOUND_BLOCK = 1024
_QUALITY = {"crf": "20", "preset": "veryfast", "x264-params": "bframes=0:threads=2:sliced-threads=0:force-cfr=0"}
_BARE = {"fflags": "+bitexact", "movflags": "+faststart"}


class SoundWriter:
    """Mono sound into a small file of its own, to be taken over by a `VideoWriter`; a context manager.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._out = av.open(str(path), "w", format="mp4", options=_BARE)
        self._stream = self._out.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono")
        self._stream.bit_rate = 64_000
        self._stream.codec_context.flags |= av.codec.context.Flags.bitexact
        self._waiting: list[NDArray[np.float32]] = []
        self._waiting_count = 0
        self.samples = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and (self.samples or self._waiting_count):
            self._encode(flush=True)
            self._out.mux(self._stream.encode(None))
        self._out.close()

    def add(self, samples: NDArray[np.float32]) -> None:
        """Append samples in [-1, 1] at 16 kHz, shape (n,)."""
        self._waiting.append(samples)
        self._waiting_count += len(samples)
        self._encode(flush=False)

    def _encode(self, *, flush: bool) -> None:
        whole = self._waiting_count if flush else self._waiting_count // _SOUND_BLOCK * _SOUND_BLOCK
        if not whole:
            return
        joined = np.concatenate(self._waiting)
        self._waiting, self._waiting_count = [joined[whole:]], len(joined) - whole
        for start in range(0, whole, _SOUND_BLOCK):
            block = np.ascontiguousarray(joined[None, start : min(whole, start + _SOUND_BLOCK)])
            frame = AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate = SOUND_RATE_HZ
            frame.pts = self.samples
            frame.time_base = Fraction(1, SOUND_RATE_HZ)
            self.samples += block.shape[1]
            self._out.mux(self._stream.encode(frame))


class VideoWriter:
    """An MP4 of H.264 pictures; a context manager. The first picture settles the size and the beginning of time.

    Parameters
    ----------
    path : Path
    sound : (Path, float), optional
        A file that `SoundWriter` wrote, and the time of its first sample on the pictures' time line [s].
    """

    def __init__(self, path: Path, sound: tuple[Path, float] | None = None) -> None:
        self._out = av.open(str(path), "w", format="mp4", options=_BARE)
        self._video = self._out.add_stream("libx264", rate=_RATE_STATED_HZ, options=dict(_QUALITY))
        self._video.pix_fmt = "yuv420p"
        self._video.time_base = self._video.codec_context.time_base = _TIME_BASE
        self._video.codec_context.flags |= av.codec.context.Flags.bitexact
        self._video.codec_context.color_primaries = self._video.codec_context.color_trc = 1
        self._video.codec_context.colorspace = self._video.codec_context.color_range = 1
        self._bare: BitStreamFilterContext | None = None
        self._sound = sound
        self._heard: Iterator[av.Packet[AudioStream]] = iter(())
        self._next: av.Packet[AudioStream] | None = None
        self._start_s: float | None = None
        self._last_ticks = -1
        self.pictures = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._bare is not None:
            self._write(self._video.encode(None))
            self._out.mux(self._bare.filter(None))
            self._mux_sound(until_s=None)
        self._out.close()

    def add(self, pts_s: float, rgb: NDArray[np.uint8]) -> None:
        """Append a picture, ndarray of uint8 of shape (height, width, 3), later than the one before."""
        even = np.pad(rgb, ((0, rgb.shape[0] % 2), (0, rgb.shape[1] % 2), (0, 0)), mode="edge")
        if self._start_s is None:
            self._begin(pts_s, even)
        assert self._start_s is not None
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        frame = frame.reformat(
            width=self._video.width,
            height=self._video.height,
            format="yuv420p",
            dst_colorspace="ITU709",
            dst_color_range="MPEG",
        )
        self._last_ticks = max(self._last_ticks + 1, round((pts_s - self._start_s) / _TIME_BASE))
        frame.pts, frame.time_base = self._last_ticks, _TIME_BASE
        self._write(self._video.encode(frame))
        self._mux_sound(until_s=pts_s - self._start_s)
        self.pictures += 1

    def _begin(self, pts_s: float, first: NDArray[np.uint8]) -> None:
        self._start_s = pts_s
        self._video.height, self._video.width = first.shape[:2]
        if self._sound is not None:
            source = av.open(str(self._sound[0]))
            track = self._out.add_stream_from_template(source.streams.audio[0])
            self._heard = self._taken(source, track, self._sound[1] - pts_s)
            self._next = next(self._heard, None)
        # without the encoder's notes about itself (supplemental units)
        self._bare = BitStreamFilterContext("filter_units=remove_types=6", self._video)

    def _taken(
        self, source: av.container.InputContainer, track: AudioStream, later_s: float
    ) -> Iterator[av.Packet[AudioStream]]:
        with source:
            for packet in source.demux(source.streams.audio[0]):
                if packet.pts is None or packet.dts is None or packet.time_base is None:
                    continue
                shift = round(later_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = track
                yield packet

    def _mux_sound(self, until_s: float | None) -> None:
        while self._next is not None:
            ticks, base = self._next.pts, self._next.time_base
            if until_s is not None and ticks is not None and base is not None and ticks * base > until_s:
                return
            self._out.mux(self._next)
            self._next = next(self._heard, None)

    def _write(self, packets: Iterable[av.Packet[av.VideoStream]]) -> None:
        assert self._bare is not None
        for packet in packets:
            self._out.mux(self._bare.filter(packet))
