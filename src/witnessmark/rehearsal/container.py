"""Writing MP4 files as phones do: H.264 and AAC, reproducible to the byte, times and tags as told."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.rehearsal.noise import Floats32

TIME_BASE = Fraction(1, 90_000)


class Recorder:
    """An MP4 file being written, pictures and sound interleaved.

    One encoder thread and bit-exact muxing, so that the same input gives the same bytes.

    Parameters
    ----------
    path : Path
    width_px, height_px : int
        As stored.
    rate_hz : float
        Nominal; presentation times are given with each frame.
    crf, key_interval : int
    preset : str
        Of x264.
    metadata : mapping
        Container tags; ``creation_time`` in ISO 8601 also goes into the track headers.
    sound_rate_hz : int or None
        None for no sound track.
    faststart : bool
        Index before the media, as platforms write it.
    traces : bool
        Leave the encoder's and the muxer's names in the file, as editing programs do; a camera's own file has none.
    """

    def __init__(
        self,
        path: Path,
        width_px: int,
        height_px: int,
        rate_hz: float,
        *,
        crf: int = 21,
        key_interval: int = 25,
        preset: str = "veryfast",
        metadata: Mapping[str, str] | None = None,
        sound_rate_hz: int | None = 48_000,
        faststart: bool = False,
        traces: bool = False,
    ) -> None:
        flags = ["use_metadata_tags"] + (["faststart"] if faststart else [])
        self._out = av.open(
            str(path),
            "w",
            format="mp4",
            options={"movflags": "+".join(flags), "brand": "isom" if traces else "mp42"}
            | ({} if traces else {"fflags": "+bitexact"}),
        )
        self._out.metadata.update(metadata or {})
        stream = self._out.add_stream("libx264", rate=Fraction(rate_hz).limit_denominator(1001))
        stream.width, stream.height = width_px, height_px
        stream.pix_fmt = "yuv420p"
        stream.time_base = TIME_BASE
        stream.codec_context.time_base = TIME_BASE
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        stream.options = {
            "crf": str(crf),
            "preset": preset,
            "x264-params": f"keyint={key_interval}:min-keyint={key_interval}:bframes=0:threads=1:force-cfr=0",
        }
        stream.codec_context.color_primaries = 1
        stream.codec_context.color_trc = 1
        stream.codec_context.colorspace = 1
        stream.codec_context.color_range = 1
        self._pictures = stream
        self._strip = None if traces else BitStreamFilterContext("filter_units=remove_types=6", stream)
        self._sound = None
        self._sound_pts = 0
        if sound_rate_hz is not None:
            self._sound = self._out.add_stream("aac", rate=sound_rate_hz, layout="mono")
            self._sound.bit_rate = 96_000
            self._sound.codec_context.flags |= av.codec.context.Flags.bitexact
        if metadata and "creation_time" in metadata:
            stream.metadata["creation_time"] = metadata["creation_time"]
            if self._sound is not None:
                self._sound.metadata["creation_time"] = metadata["creation_time"]

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write(self._pictures.encode(None))
            if self._strip is not None:
                self._out.mux(self._strip.filter(None))
            if self._sound is not None:
                self._out.mux(self._sound.encode(None))
        self._out.close()

    def picture(self, planes: NDArray[np.uint8], time_s: float) -> None:
        """Add a frame as planar YUV 4:2:0, shape (1.5 height, width), BT.709 limited range, at a time."""
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = round(time_s * TIME_BASE.denominator)
        frame.time_base = TIME_BASE
        self._write(self._pictures.encode(frame))

    def _write(self, packets: Iterable[av.Packet[av.VideoStream]]) -> None:
        """Mux pictures, without the encoder's notes about itself (SEI units) unless they are to stay."""
        for packet in packets:
            self._out.mux(packet if self._strip is None else self._strip.filter(packet))

    def sound(self, samples: Floats32) -> None:
        """Add mono samples that follow those added before."""
        if self._sound is None:
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="fltp", layout="mono")
        frame.sample_rate = self._sound.rate
        frame.pts = self._sound_pts
        frame.time_base = Fraction(1, self._sound.rate)
        self._sound_pts += samples.size
        self._out.mux(self._sound.encode(frame))


def interleave(
    recorder: Recorder, frames: Iterable[tuple[float, NDArray[np.uint8]]], samples: Floats32 | None, rate_hz: int
) -> None:
    """Write frames with their times and, alongside, the sound up to each of them."""
    done = 0
    for time_s, planes in frames:
        if samples is not None:
            until = min(len(samples), round(time_s * rate_hz) // 1024 * 1024)
            if until > done:
                recorder.sound(samples[done:until])
                done = until
        recorder.picture(planes, time_s)
    if samples is not None and done < len(samples):
        recorder.sound(samples[done:])


_MATRICES = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}


def turn(path: Path, rotation_deg: int, width_px: int, height_px: int) -> None:
    """Set the rotation a player applies, in the video track's header (ISO/IEC 14496-12, 8.3.2), in place.

    Parameters
    ----------
    rotation_deg : int
        Clockwise: 0, 90, 180 or 270.
    width_px, height_px : int
        Of the stored picture.
    """
    data = bytearray(path.read_bytes())
    header = _find(data, 0, len(data), [b"moov", b"trak", b"tkhd"])
    if header is None:
        raise BadInputError(f"'{path.name}' has no track header.", "Give an MP4 file that was written to its end.")
    version = data[header + 8]
    matrix_at = header + 8 + (40 if version == 0 else 52)
    a, b, c, d = _MATRICES[rotation_deg]
    shift_x = {0: 0, 90: height_px, 180: width_px, 270: 0}[rotation_deg]
    shift_y = {0: 0, 90: 0, 180: height_px, 270: width_px}[rotation_deg]
    one = 1 << 16
    matrix = (a * one, b * one, 0, c * one, d * one, 0, shift_x * one, shift_y * one, 1 << 30)
    data[matrix_at : matrix_at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(bytes(data))


def _find(data: bytearray, start: int, end: int, kinds: list[bytes]) -> int | None:
    """Offset of the first box at the end of a path of kinds."""
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        inner = 8
        if size == 1:
            size, inner = struct.unpack_from(">Q", data, at + 8)[0], 16
        if size < 8:
            return None
        if kind == kinds[0]:
            return at if len(kinds) == 1 else _find(data, at + inner, at + size, kinds[1:])
        at += size
    return None


def creation_time(true_start: dt.datetime, clock: str, error_s: float, utc_offset_h: float) -> str | None:
    """What a camera writes as creation_time, ISO 8601 with Z, whole seconds; None when it is stripped."""
    if clock == "stripped":
        return None
    shown = true_start.astimezone(dt.UTC) + dt.timedelta(seconds=error_s)
    if clock == "local-as-utc":
        shown += dt.timedelta(hours=utc_offset_h)
    return shown.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
