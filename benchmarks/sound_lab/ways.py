"""What happens to sound on its way round: encoders, speed, noise."""

from __future__ import annotations

import io

import av
import numpy as np
from benchmarks.sound_lab.signals import RATE_HZ, Samples, filtered, in_a_room

PHONE = {0.0: 0.0, 250.0: 0.05, 500.0: 0.6, 1000.0: 1.0, 3000.0: 1.6, 4000.0: 0.3, 8000.0: 0.0}
"""A small loudspeaker filmed by another telephone: little below 500 Hz."""


def encoded(sound: Samples, codec: str, bits_per_s: int) -> Samples:
    """Through an encoder and back; its delay stays."""
    rate_hz = 48_000 if codec == "libopus" else RATE_HZ
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as written:
        stream = written.add_stream(codec, rate=rate_hz, layout="mono", bit_rate=bits_per_s)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        into = av.AudioResampler(stream.format, "mono", rate_hz, stream.codec_context.frame_size or 1024)
        for part in [*into.resample(frame), *into.resample(None)]:
            written.mux(stream.encode(part))
        written.mux(stream.encode(None))
    file.seek(0)
    back = av.AudioResampler("flt", "mono", RATE_HZ)
    with av.open(file, "r") as read:
        frames = [part for frame in read.decode(audio=0) for part in back.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in [*frames, *back.resample(None)]]).astype(np.float32)


def noisy(sound: Samples, decibel: float) -> Samples:
    """With white noise so far under it."""
    noise = np.random.default_rng(8).standard_normal(len(sound)) * float(sound.std()) * 10.0 ** (-decibel / 20.0)
    return np.asarray(sound + noise, np.float32)


def played(sound: Samples, speed: float) -> Samples:
    """Faster and higher."""
    at = np.arange(int(len(sound) / speed)) * speed
    return np.asarray(np.interp(at, np.arange(len(sound)), sound), np.float32)


def hurried(sound: Samples, speed: float) -> Samples:
    """Faster at the same pitch, by overlapping pieces of 40 ms where they fit best (WSOLA)."""
    size, hop, reach = 640, 320, 160
    window = np.hanning(size + 1)[:size]
    out = np.zeros(int(len(sound) / speed) + size)
    follow = sound[:size]
    for start in range(0, int((len(sound) - size - 2 * reach - hop) / speed), hop):
        middle = int(start * speed)
        low = max(0, middle - reach)
        shift = int(np.argmax(np.correlate(sound[low : middle + reach + size], follow, "valid")))
        out[start : start + size] += window * sound[low + shift : low + shift + size]
        follow = sound[low + shift + hop : low + shift + hop + size]
    return out[: int(len(sound) / speed)].astype(np.float32)


def phone(sound: Samples) -> Samples:
    """A screen filmed with its sound: small loudspeaker, room, noise, encoded."""
    return encoded(noisy(in_a_room(filtered(sound, PHONE), 0.4, 1), 20.0), "aac", 48_000)
