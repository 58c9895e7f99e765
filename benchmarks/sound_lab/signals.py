"""Rendered sound: voices, bands, streets and alarms; two of a family are alike, but never the same sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
Generator = np.random.Generator


def _shaped(rng: Generator, count: int, gain: Callable[[Floats], NDArray[np.generic]]) -> Floats:
    """Noise with a spectrum."""
    at_hz = np.asarray(np.fft.rfftfreq(count, 1.0 / RATE_HZ), np.float64)
    curve = np.asarray(gain(at_hz), np.float64)
    return np.asarray(np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * curve, count))


def voice(seconds: float, speaker: int, words: int) -> Samples:
    """A speaker: pitch and formants are theirs, the row of syllables is of these words."""
    person, rng = np.random.default_rng((1, speaker)), np.random.default_rng((2, speaker, words))
    pitch_hz, reach, tract = person.uniform(90.0, 220.0), person.uniform(0.1, 0.3), person.uniform(0.85, 1.15)
    out = np.zeros(round(seconds * RATE_HZ) + RATE_HZ)
    at = 0
    while at < seconds * RATE_HZ:
        count = int(rng.uniform(0.09, 0.28) * RATE_HZ)
        if rng.random() < 0.2:
            sound = 0.3 * _shaped(rng, count, lambda hz: hz > 1500.0)
        else:
            glide = np.linspace(rng.uniform(1 - reach, 1 + reach), rng.uniform(1 - reach, 1 + reach), count)
            source = np.diff(np.floor(np.cumsum(pitch_hz * glide) / RATE_HZ), prepend=0.0)
            first, second = tract * rng.uniform(280.0, 800.0), tract * rng.uniform(900.0, 2200.0)
            hz = np.fft.rfftfreq(count, 1.0 / RATE_HZ)
            filtered = sum(1.0 / (1.0 + ((hz - f) / (60.0 + 0.05 * f)) ** 2) for f in (first, second, 2600.0 * tract))
            sound = np.fft.irfft(np.fft.rfft(source) * filtered, count)
        out[at : at + count] += sound * np.hanning(count) * rng.uniform(0.4, 1.0)
        at += int(count * rng.uniform(0.8, 1.05))
        if rng.random() < 0.12:
            at += int(rng.uniform(0.15, 0.8) * RATE_HZ)
    room = 2e-4 * rng.standard_normal(round(seconds * RATE_HZ))
    return _full(out[: len(room)] + room)


def band(seconds: float, style: int, piece: int) -> Samples:
    """A band: tempo, scale, instrument and the drums' bar are theirs, the melody is of this piece."""
    group, rng = np.random.default_rng((3, style)), np.random.default_rng((4, style, piece))
    beat_s, root = 60.0 / group.uniform(75.0, 150.0), group.integers(0, 12)
    overtones, drums = group.uniform(0.2, 1.0, 8), group.random(16) < 0.5
    out = np.zeros(round(seconds * RATE_HZ) + 4 * RATE_HZ)
    for number in range(int(seconds / (beat_s / 2.0)) + 1):
        start = int(number * beat_s / 2.0 * RATE_HZ)
        time_s = np.arange(int(2.0 * beat_s * RATE_HZ)) / RATE_HZ
        for _ in range(int(rng.integers(0, 4))):
            step = int(rng.choice([0, 2, 4, 5, 7, 9, 11])) + 12 * int(rng.integers(-1, 3))
            hz = 220.0 * 2.0 ** ((root + step) / 12.0)
            note = sum(w / k * np.sin(2 * np.pi * k * hz * time_s) for k, w in enumerate(overtones, 1) if k * hz < 7000)
            length = rng.uniform(0.2, 1.0) * beat_s
            out[start : start + len(time_s)] += note * np.exp(-time_s / length) * rng.uniform(0.3, 1.0)
        if drums[number % 16]:
            hit = np.random.default_rng((7, style)).standard_normal(len(time_s))
            out[start : start + len(time_s)] += 1.5 * hit * np.exp(-time_s / 0.03)
    return _full(out[: round(seconds * RATE_HZ)])


def street(seconds: float, seed: int) -> Samples:
    """Wind, passing engines, steps, a distant murmur."""
    rng = np.random.default_rng((5, seed))
    count = round(seconds * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    knots = np.arange(0.0, seconds + 1.0, 0.5)
    out = _shaped(rng, count, lambda hz: 1.0 / (1.0 + hz / 150.0)) * np.interp(
        time_s, knots, rng.uniform(0.2, 1.0, len(knots))
    )
    for _ in range(int(seconds / 6.0) + 1):
        middle, hz = rng.uniform(0.0, seconds), rng.uniform(60.0, 130.0)
        near = 1.0 / (1.0 + ((time_s - middle) / rng.uniform(0.6, 2.0)) ** 2)
        phase = 2 * np.pi * np.cumsum(hz * (1.0 - 0.06 * np.tanh(time_s - middle))) / RATE_HZ
        out += 0.02 * near * sum(np.sin(k * phase + rng.uniform(0, 6.3)) / k**0.7 for k in range(1, 25))
    for at_s in np.cumsum(rng.uniform(0.4, 0.7, int(seconds / 0.5))):
        start = int(at_s * RATE_HZ)
        length = max(0, min(800, count - start))
        out[start : start + length] += 0.3 * rng.standard_normal(length) * np.exp(-np.arange(length) / 150.0)
    return _full(out)


def alarm(seconds: float, seed: int) -> Samples:
    """The same alarm, two beeps a second, in another place each time."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = np.where(time_s % 1.0 < 0.5, np.sin(2 * np.pi * 960.0 * time_s), np.sin(2 * np.pi * 770.0 * time_s))
    return _full(0.7 * tone + 0.2 * street(seconds, 1000 + seed))


def filtered(sound: Samples, gains: dict[float, float]) -> Samples:
    """With an equaliser: gains by frequency [Hz]."""
    at_hz = np.fft.rfftfreq(len(sound), 1.0 / RATE_HZ)
    curve = np.interp(at_hz, list(gains), list(gains.values()))
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) * curve, len(sound)), np.float32)


def in_a_room(sound: Samples, seconds: float, seed: int) -> Samples:
    """Played in a room that rings so long (to -60 dB) and recorded there: half direct, half echoes."""
    rng = np.random.default_rng((6, seed))
    echo = rng.standard_normal(round(seconds * RATE_HZ))
    echo *= 10.0 ** (-3.0 * np.arange(len(echo)) / len(echo))
    echo *= 1.0 / np.sqrt((echo**2).sum())
    echo[0] += 1.0
    length = len(sound) + len(echo)
    wet = np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(echo, length), length)
    return np.asarray(wet[: len(sound)], np.float32)


def _full(sound: Floats) -> Samples:
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)
