"""Decoded pictures one by one with their presentation times, and which way up they are."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.buffer import Buffer
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from witnessmark.media.records import Limits
from witnessmark.media.worker.serve import Halt
from witnessmark.media.worker.source import OTHER_COPY, words

THREADS_MAX = 8
GENERATE_PTS = 1
"""AVFMT_FLAG_GENPTS: set by default; cleared where what the file itself states is wanted."""
_RATE_UNKNOWN_HZ = Fraction(25)
_FAILURES_KEPT = 3


def seconds(ticks: int, base: Fraction) -> float:
    """Ticks of a time base in seconds: one rounding, so that equal ticks give equal floats everywhere."""
    return ticks * base.numerator / base.denominator


def length_s(container: InputContainer) -> float | None:
    """Length as the container states it, for showing progress only."""
    return seconds(container.duration, Fraction(1, av.time_base)) if container.duration else None


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The stream of moving pictures; a cover picture attached to sound is none."""
    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic
    ]
    best = container.streams.best("video")
    for stream in streams:
        if best is not None and stream.index == best.index:
            return stream
    return streams[0] if streams else None


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The first sound stream."""
    return next(iter(container.streams.audio), None)


@dataclass(slots=True)
class Tally:
    """What went wrong on the way, without stopping it."""

    packets_failed: int = 0
    failed_in_a_row: int = 0
    times_estimated: int = 0
    ended: str | None = None
    last_error: str = ""
    errors: list[str] = field(default_factory=list)

    def failure(self, error: BaseException) -> None:
        """Count a packet that did not decode."""
        self.packets_failed += 1
        self.failed_in_a_row += 1
        self.last_error = words(error)
        if self.last_error not in self.errors and len(self.errors) < _FAILURES_KEPT:
            self.errors.append(self.last_error)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and when it is shown."""

    frame: VideoFrame
    pts_s: float


def prepare(stream: VideoStream, limits: Limits) -> None:
    """Set threads and refuse frames beyond the limit before anything is allocated.

    Raises
    ------
    Halt
        When the stated size alone exceeds the limit.
    """
    context = stream.codec_context
    pixels = max(context.width * context.height, context.coded_width * context.coded_height)
    if pixels > limits.max_pixels:
        raise Halt(
            "limits",
            f"The pictures are stated to be {context.width} x {context.height}, beyond the limit of "
            f"{limits.max_pixels} pixels.",
            "If the source is trusted, raise the limit; a header like this may also be damage or an attack.",
        )
    context.thread_type = "AUTO"
    context.thread_count = max(1, min(THREADS_MAX, 1 + (os.cpu_count() or 1)))
    context.options = {"max_pixels": str(limits.max_pixels)}


def shown(container: InputContainer, stream: VideoStream, tally: Tally) -> Iterator[Shown]:
    """Decode from the container's present position to its end.

    A picture without a stated time, or whose time does not lie after the one before, is given the time before
    plus one frame interval, and counted in `tally`. Packets that fail are counted and passed over.

    Parameters
    ----------
    container : InputContainer
    stream : VideoStream
        After `prepare`.
    tally : Tally
        Updated on the way; `ended` says why reading stopped, if not at the end.

    Yields
    ------
    Shown
    """
    base = stream.time_base or Fraction(1, 1000)
    rate = stream.average_rate or stream.guessed_rate or _RATE_UNKNOWN_HZ
    step_s = 1.0 / float(rate) if rate > 0 else 1.0 / float(_RATE_UNKNOWN_HZ)
    before_s = -math.inf
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except MemoryError:
            raise
        except (av.FFmpegError, OSError, ValueError) as error:
            tally.ended = words(error)
            return
        try:
            frames = packet.decode()
        except MemoryError:
            raise
        except (av.FFmpegError, OSError, ValueError) as error:
            if isinstance(error, av.error.EOFError):
                return
            tally.failure(error)
            continue
        for frame in frames:
            tally.failed_in_a_row = 0
            pts_s = seconds(frame.pts, frame.time_base or base) if frame.pts is not None else -math.inf
            if not pts_s > before_s:
                pts_s = before_s + step_s if math.isfinite(before_s) else 0.0
                tally.times_estimated += 1
            before_s = pts_s
            yield Shown(frame, pts_s)


def first_frame(container: InputContainer, limits: Limits) -> VideoFrame | None:
    """The first picture that decodes, or None."""
    stream = picture_stream(container)
    if stream is None:
        return None
    prepare(stream, limits)
    for found in shown(container, stream, Tally()):
        return found.frame
    return None


def need_pictures(container: InputContainer, limits: Limits) -> VideoStream:
    """The stream of moving pictures, prepared.

    Raises
    ------
    Halt
        When there is none, or none that may be decoded.
    """
    stream = picture_stream(container)
    if stream is None:
        what = "only a cover picture" if container.streams.video else "no pictures"
        raise Halt("probe", f"The file holds {what}, so there is nothing to survey.", "Examine its sound instead.")
    prepare(stream, limits)
    return stream


def nothing_decoded(tally: Tally) -> Halt:
    """Why no picture came out at all."""
    reason = tally.ended or tally.last_error or "the pictures are missing"
    return Halt("decode", f"Not one picture could be decoded: {reason}.", OTHER_COPY)


def _matrix(frame: VideoFrame) -> tuple[int, int, int, int] | None:
    """The turning part (a, b, c, d) of the display matrix, each in 16.16 fixed point; ISO/IEC 14496-12, 8.3.2."""
    try:
        attached = cast(Mapping[SideDataType, Buffer], frame.side_data)  # the stub names only one of its kinds
        raw = bytes(attached[SideDataType.DISPLAYMATRIX])
    except (KeyError, ValueError):  # none, or beside it a kind that the binding has no name for
        return None
    if len(raw) < 36:
        return None
    a, b, _, c, d = struct.unpack_from("=5i", raw)
    return a, b, c, d


def clockwise_deg(frame: VideoFrame) -> int:
    """How far the stored picture is to be turned clockwise to stand upright: 0, 90, 180 or 270 degrees.

    A matrix with another angle is taken at the nearest quarter turn.
    """
    matrix = _matrix(frame)
    if matrix is None or not any(matrix):
        return 0
    a, b, c, d = matrix
    angle = math.atan2(b, a) if a or b else math.atan2(-c, d)
    return round(math.degrees(angle) / 90) % 4 * 90


def upright(frame: VideoFrame, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn, and mirror where the matrix says so.

    Parameters
    ----------
    frame : VideoFrame
        Whose matrix counts.
    rgb : ndarray of uint8, shape (stored height, stored width, 3)

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    turned = np.rot90(rgb, -clockwise_deg(frame) // 90)
    matrix = _matrix(frame)
    if matrix is not None and matrix[0] * matrix[3] - matrix[1] * matrix[2] < 0:
        sideways = clockwise_deg(frame) in (90, 270)  # the first axis lies as its angle says; the second is turned over
        turned = turned[:, ::-1] if sideways else turned[::-1]
    return turned
