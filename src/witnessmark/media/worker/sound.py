"""The first sound stream as 16 kHz mono, in blocks, each placed by its presentation time."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from witnessmark.media.worker.frames import Tally, length_s, seconds, sound_stream
from witnessmark.media.worker.serve import Halt, Reply, Request
from witnessmark.media.worker.source import OTHER_COPY, opened, words

RATE_HZ = 16_000
_GAP_S = 0.1
_BLOCK_SAMPLES = 1 << 17


def sound(request: Request, reply: Reply) -> None:
    """Send ``start``, ``samples`` blocks and ``tally``; see `witnessmark.media.calls.sound`."""
    most = int(request.limits.max_sound_s * RATE_HZ)
    tally = Tally()
    with opened(request.size_bytes, request.limits) as source:
        stream = sound_stream(source.container)
        if stream is None:
            raise Halt("probe", "The file holds no sound.", "Work with its pictures.")
        if stream.codec_context is None:
            raise Halt("probe", "No decoder here knows the sound's encoding.", OTHER_COPY)
        line = _Line(reply, most, length_s(source.container))
        for frame in _frames(source.container, stream, tally):
            line.add(frame, stream)
            if line.full:
                break
        line.end()
    reply.send("tally", {"packets_failed": tally.packets_failed, "gaps": line.gaps, "gaps_s": line.gap_s})
    if line.full:
        raise Halt(
            "limits",
            f"The sound was read to its limit of {request.limits.max_sound_s:.0f} s.",
            "Raise the limit to hear the rest.",
        )
    if not line.samples:
        reason = tally.ended or tally.last_error or "it is empty"
        raise Halt("sound", f"No sound could be decoded: {reason}.", OTHER_COPY)
    if tally.ended is not None:
        raise Halt("sound", f"The sound ends early: {tally.ended}.", OTHER_COPY)


class _Line:
    """Samples on the clip's time line: gaps in the stated times become silence, overlaps are left as they are."""

    def __init__(self, reply: Reply, most: int, stated_s: float | None) -> None:
        self._reply = reply
        self._most = most
        self._stated_s = stated_s
        self._resampler: AudioResampler | None = None
        self._like: tuple[object, ...] | None = None
        self._waiting: list[NDArray[np.float32]] = []
        self._waiting_count = 0
        self._start_s: float | None = None
        self._given_s = 0.0
        self.samples = 0
        self.gaps = 0
        self.gap_s = 0.0
        self.full = False

    def add(self, frame: AudioFrame, stream: AudioStream) -> None:
        """Place one decoded frame."""
        base = frame.time_base or stream.time_base or Fraction(1, RATE_HZ)
        begins_s = seconds(frame.pts, base) if frame.pts is not None else None
        if self._start_s is None:
            self._start_s = begins_s if begins_s is not None else 0.0
            self._reply.send("start", {"start_s": self._start_s, "duration_s": self._stated_s})
        elif begins_s is not None and begins_s - self._start_s - self._given_s > _GAP_S:
            missing_s = begins_s - self._start_s - self._given_s
            self._drain()
            self.gaps += 1
            self.gap_s += missing_s
            self._given_s += missing_s
            self._put_silence(round(self._given_s * RATE_HZ) - self.samples)
        self._given_s += frame.samples / max(1, frame.sample_rate)
        like = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or like != self._like:
            self._drain()
            self._resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
            self._like = like
        frame.pts = None
        for part in self._resampler.resample(frame):
            self._put(np.asarray(part.to_ndarray(), np.float32).reshape(-1))

    def end(self) -> None:
        """Empty what waits in the resampler and send the rest."""
        self._drain()
        self._send()

    def _drain(self) -> None:
        if self._resampler is not None:
            for part in self._resampler.resample(None):
                self._put(np.asarray(part.to_ndarray(), np.float32).reshape(-1))
            self._resampler = None

    def _put_silence(self, count: int) -> None:
        left = min(count, self._most - self.samples)
        while left > 0 and not self.full:
            self._put(np.zeros(min(left, _BLOCK_SAMPLES), np.float32))
            left -= _BLOCK_SAMPLES
        if count > self._most - self.samples:
            self.full = True

    def _put(self, samples: NDArray[np.float32]) -> None:
        room = self._most - self.samples
        if len(samples) > room:
            samples, self.full = samples[:room], True
        self._waiting.append(samples)
        self.samples += len(samples)
        self._waiting_count += len(samples)
        if self._waiting_count >= _BLOCK_SAMPLES:
            self._send()

    def _send(self) -> None:
        if self._waiting_count:
            joined = np.concatenate(self._waiting)
            clean = np.nan_to_num(joined, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
            self._reply.send("samples", {}, {"samples": clean.astype("<f4")})
        self._waiting.clear()
        self._waiting_count = 0


def _frames(container: InputContainer, stream: AudioStream, tally: Tally) -> Iterator[AudioFrame]:
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
            yield from packet.decode()
        except MemoryError:
            raise
        except (av.FFmpegError, OSError, ValueError) as error:
            if isinstance(error, av.error.EOFError):
                return
            tally.failure(error)
