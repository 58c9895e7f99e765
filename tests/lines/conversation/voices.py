"""Sounds made here: a voice of buzz and formants, wind, music, knocks; and files that hold them."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Samples = NDArray[np.float32]

VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
"""First three formants of some vowels of men (Peterson & Barney 1952, doi:10.1121/1.1906875)."""


def voice(length_s: float, seed: int = 1, pitch_hz: float = 120.0, tract: float = 1.0) -> Samples:
    """Syllables of a hiss and a vowel that glides, with a pitch that falls; no words of any language."""
    rng = np.random.default_rng(seed)
    made: list[Samples] = []
    total = 0
    while total < length_s * RATE_HZ:
        for _ in range(int(rng.integers(3, 7))):
            made.append(_syllable(rng, pitch_hz * float(rng.uniform(0.85, 1.2)), tract))
        made.append(np.zeros(int(rng.uniform(0.1, 0.25) * RATE_HZ), np.float32))
        total = sum(map(len, made))
    return level(np.concatenate(made)[: int(length_s * RATE_HZ)], 0.06)


def _syllable(rng: np.random.Generator, pitch_hz: float, tract: float) -> Samples:
    count = int(rng.uniform(0.13, 0.26) * RATE_HZ)
    at = np.arange(count)
    first, second = (VOWELS_HZ[int(rng.integers(len(VOWELS_HZ)))] for _ in range(2))
    phase = np.cumsum(pitch_hz * (1.1 - 0.2 * at / count) / RATE_HZ + rng.normal(0.0, 2e-5, count))
    buzz = np.diff(np.floor(phase), prepend=0.0) * 1.0 + rng.normal(0.0, 0.01, count)
    for start_hz, end_hz, width_hz in zip(first, second, (80.0, 100.0, 140.0), strict=True):
        buzz = _resonance(buzz, tract * np.linspace(start_hz, end_hz, count), width_hz)
    swell = np.minimum(1.0, np.minimum(at, count - at) / (0.03 * RATE_HZ))
    vowel = buzz / (np.max(np.abs(buzz)) + 1e-9) * swell
    hiss = np.diff(rng.normal(0.0, 1.0, int(rng.uniform(0.03, 0.07) * RATE_HZ)), prepend=0.0)
    return np.concatenate([0.06 * hiss, vowel]).astype(np.float32)


def _resonance(samples: NDArray[np.float64], centre_hz: NDArray[np.float64], width_hz: float) -> NDArray[np.float64]:
    """A resonance of two poles whose frequency glides (Klatt 1980, doi:10.1121/1.383940)."""
    c = -np.exp(-2.0 * np.pi * width_hz / RATE_HZ)
    b = 2.0 * np.exp(-np.pi * width_hz / RATE_HZ) * np.cos(2.0 * np.pi * centre_hz / RATE_HZ)
    found = np.zeros(len(samples))
    one = two = 0.0
    for at in range(len(samples)):
        value = (1.0 - b[at] - c) * samples[at] + b[at] * one + c * two
        two, one = one, value
        found[at] = value
    return found


def wind(length_s: float, seed: int = 2) -> Samples:
    """Noise that falls with frequency, in gusts."""
    rng = np.random.default_rng(seed)
    count = int(length_s * RATE_HZ)
    spectrum = np.fft.rfft(rng.standard_normal(count)) / np.maximum(np.fft.rfftfreq(count, 1.0 / RATE_HZ), 20.0)
    knots = max(4, count // 8000)
    gusts = np.interp(np.arange(count), np.linspace(0, count, knots), rng.gamma(2.0, 0.5, knots))
    return level((np.fft.irfft(spectrum, count) * gusts).astype(np.float32), 0.05)


def music(length_s: float, seed: int = 3) -> Samples:
    """A tune on a plucked string, with a beat."""
    rng = np.random.default_rng(seed)
    count = int(length_s * RATE_HZ)
    made = np.zeros(count)
    step = RATE_HZ // 2
    for first in range(0, count - step, step):
        at = np.arange(step) / RATE_HZ
        note_hz = float(rng.choice([220.0, 247.0, 262.0, 294.0, 330.0, 392.0]))
        for harmonic in range(1, 8):
            made[first : first + step] += (
                np.sin(2.0 * np.pi * note_hz * harmonic * at) / harmonic**1.5 * np.exp(-4.0 * at)
            )
    beat = rng.standard_normal(count) * np.exp(-20.0 * ((4.0 * np.arange(count) / RATE_HZ) % 1.0))
    return level((made + 0.5 * beat).astype(np.float32), 0.08)


def knock(samples: Samples, at_s: Sequence[float], loud: float = 0.9) -> Samples:
    """The same with sudden sounds that die away within a tenth of a second."""
    rng = np.random.default_rng(4)
    made = samples.copy()
    for when_s in at_s:
        burst = rng.standard_normal(RATE_HZ // 5) * np.exp(-np.arange(RATE_HZ // 5) / (0.015 * RATE_HZ))
        first = round(when_s * RATE_HZ)
        made[first : first + len(burst)] += (loud * burst / np.max(np.abs(burst))).astype(np.float32)[
            : len(made) - first
        ]
    return np.clip(made, -1.0, 1.0).astype(np.float32)


def silence(length_s: float) -> Samples:
    """Nothing at all."""
    return np.zeros(int(length_s * RATE_HZ), np.float32)


def level(samples: Samples, rms: float) -> Samples:
    """The same as loud as that."""
    held = float(np.sqrt(np.mean(np.square(samples))))
    return (samples * np.float32(rms / (held + 1e-9))).astype(np.float32)


def write(path: Path, samples: Samples) -> Path:
    """A WAV file of one channel."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
