"""Sounds for tests: speech-like, music-like and windy, and what happens to sound on its way round."""

from __future__ import annotations

import io

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Samples = NDArray[np.float32]


def speech_like(seconds: float, seed: int) -> Samples:
    """Pulses or breath through moving formants, with pauses."""
    rng = np.random.default_rng(seed)
    wanted, parts, made = round(seconds * RATE_HZ), [], 0
    while made < wanted:
        length = int(rng.uniform(0.08, 0.3) * RATE_HZ)
        pitch_hz = rng.uniform(90.0, 220.0) * np.linspace(1.0, rng.uniform(0.85, 1.15), length)
        voiced = rng.random() < 0.75
        pulses = np.diff(np.floor(np.cumsum(pitch_hz) / RATE_HZ), prepend=0.0)
        source = pulses if voiced else 0.1 * rng.standard_normal(length)
        at_hz = np.fft.rfftfreq(length, 1.0 / RATE_HZ)
        formants = (rng.uniform(300.0, 800.0), rng.uniform(900.0, 2300.0), rng.uniform(2300.0, 3000.0))
        tract = sum(1.0 / (1.0 + ((at_hz - hz) / (80.0 + 0.05 * hz)) ** 2) for hz in formants)
        parts.append(np.fft.irfft(np.fft.rfft(source) * tract, length) * np.hanning(length) * rng.uniform(0.3, 1.0))
        if rng.random() < 0.15:
            parts.append(1e-4 * rng.standard_normal(int(rng.uniform(0.1, 0.6) * RATE_HZ)))
        made = sum(len(part) for part in parts)
    return _full(np.concatenate(parts)[:wanted])


def music_like(seconds: float, seed: int) -> Samples:
    """Notes of one scale on a beat, each with overtones, and a drum."""
    rng = np.random.default_rng(seed)
    beat_s = 60.0 / rng.uniform(80.0, 150.0)
    scale = np.array([0, 2, 4, 5, 7, 9, 11]) + rng.integers(0, 12)
    sound = np.zeros(round(seconds * RATE_HZ))
    for start_s in np.arange(0.0, seconds, beat_s / 2.0):
        start = round(start_s * RATE_HZ)
        time_s = np.arange(min(round(2.0 * beat_s * RATE_HZ), len(sound) - start)) / RATE_HZ
        for _ in range(rng.integers(0, 4)):
            hz = 220.0 * 2.0 ** ((rng.choice(scale) + 12 * rng.integers(0, 3)) / 12.0)
            fade = np.exp(-time_s / (beat_s * rng.uniform(0.3, 1.2))) * rng.uniform(0.3, 1.0)
            tones = [np.sin(2 * np.pi * hz * k * time_s + rng.uniform(0, 6.3)) / k**1.3 for k in range(1, 7)]
            sound[start : start + len(time_s)] += fade * np.sum(tones, axis=0)
        drum = rng.standard_normal(len(time_s)) * np.exp(-time_s / 0.02)
        sound[start : start + len(time_s)] += drum
    return _full(sound)


def windy(seconds: float, seed: int) -> Samples:
    """Noise that falls with frequency and swells in gusts."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    at_hz = np.fft.rfftfreq(count, 1.0 / RATE_HZ)
    spectrum = np.fft.rfft(rng.standard_normal(count)) / (1.0 + at_hz / 200.0)
    knots_s = np.arange(0.0, seconds + 1.0, 0.4)
    gusts = np.interp(np.arange(count) / RATE_HZ, knots_s, rng.uniform(0.2, 1.0, len(knots_s)))
    return _full(np.fft.irfft(spectrum, count) * gusts)


def played(sound: Samples, speed: float) -> Samples:
    """Faster and higher, as a record turned faster."""
    at = np.arange(int(len(sound) / speed)) * speed
    return np.asarray(np.interp(at, np.arange(len(sound)), sound), np.float32)


def hurried(sound: Samples, speed: float) -> Samples:
    """Faster at the same pitch: pieces of 40 ms laid over one another where they fit best (WSOLA)."""
    size, hop, reach = 640, 320, 160
    window = np.hanning(size + 1)[:size]
    out = np.zeros(int(len(sound) / speed) + size)
    follow = sound[:size]
    for start in range(0, int((len(sound) - size - 2 * reach - hop) / speed), hop):
        middle = int(start * speed)
        low = max(0, middle - reach)
        around = sound[low : middle + reach + size]
        shift = int(np.argmax(np.correlate(around, follow, "valid")))
        piece = sound[low + shift : low + shift + size]
        out[start : start + size] += window * piece
        follow = sound[low + shift + hop : low + shift + hop + size]
    return out[: int(len(sound) / speed)].astype(np.float32)


def noisy(sound: Samples, decibel: float, seed: int) -> Samples:
    """With white noise so far under it."""
    noise = np.random.default_rng(seed).standard_normal(len(sound)) * float(sound.std()) * 10.0 ** (-decibel / 20.0)
    return np.asarray(sound + noise, np.float32)


def encoded(sound: Samples, codec: str, bits_per_s: int) -> Samples:
    """Through an encoder and back; the codec's own delay stays."""
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


def _full(sound: NDArray[np.float64]) -> Samples:
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)
