"""The sound of a windy place, with claps and tones at known times."""

from __future__ import annotations

import numpy as np

from witnessmark.rehearsal.noise import Floats, Floats32
from witnessmark.rehearsal.scenario import SoundEvent

RATE_HZ = 48_000


def wind(n_samples: int, strength: float, seed: int, rate_hz: int = RATE_HZ) -> Floats:
    """Wind at a microphone: noise whose amplitude falls as 1/f, swelling in gusts.

    Parameters
    ----------
    n_samples : int
    strength : float
        0 (still) to 1 (strong).
    seed : int

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Full scale is 1; strength 0.5 lies near -24 dB root mean square.

    Notes
    -----
    Wind noise falls by about 6 dB an octave above some 30 Hz (Nelke & Vary, "Measurement, analysis and simulation of
    wind noise signals", IWAENC 2014). A second, higher layer stands for grass and leaves.
    """
    rng = np.random.default_rng(seed)
    length = 1 << int(np.ceil(np.log2(max(n_samples, 2))))
    frequency = np.fft.rfftfreq(length, 1.0 / rate_hz)
    frequency[0] = frequency[1]

    def layer(low_hz: float, high_hz: float, fall: float) -> Floats:
        shape = (1.0 + (frequency / low_hz) ** 2) ** (-fall / 2.0) / (1.0 + (frequency / high_hz) ** 4)
        shape *= frequency / (frequency + 12.0)
        spectrum = shape * (rng.standard_normal(len(frequency)) + 1j * rng.standard_normal(len(frequency)))
        sound = np.fft.irfft(spectrum, length)[:n_samples]
        return np.asarray(sound / max(float(np.sqrt(np.mean(sound**2))), 1e-12))

    time = np.arange(n_samples) / rate_hz

    def gusts(slowest_hz: float) -> Floats:
        total = np.zeros(n_samples)
        for k in range(7):
            total += np.sin(2.0 * np.pi * slowest_hz * 1.9**k * time + rng.uniform(0.0, 6.283)) * 0.75**k
        return np.asarray(np.exp(0.45 * total - 0.3))

    rumble, rustle = layer(40.0, 900.0, 1.0), layer(900.0, 6500.0, 0.6)
    return np.asarray(strength * (0.105 * gusts(0.11) * rumble + 0.022 * gusts(0.17) * rustle))


def _event(event: SoundEvent, seed: int, rate_hz: int) -> Floats:
    level = 10.0 ** (event.level_db / 20.0)
    if event.kind == "tone":
        time = np.arange(round(event.duration_s * rate_hz)) / rate_hz
        edge = np.clip(np.minimum(time, time[-1] - time) / 0.005, 0.0, 1.0)
        return np.asarray(level * edge * np.sin(2.0 * np.pi * event.frequency_hz * time))
    rng = np.random.default_rng(seed)
    time = np.arange(round(0.35 * rate_hz)) / rate_hz
    noise = rng.standard_normal(len(time))
    sharp = np.diff(noise, prepend=0.0) * 0.5 + 0.5 * noise
    clap = sharp * np.exp(-time / 0.012) + 0.12 * noise * np.exp(-time / 0.07)
    return np.asarray(level * clap / np.abs(clap).max())


def soundscape(
    duration_s: float, strength: float, events: tuple[SoundEvent, ...], seed: int, rate_hz: int = RATE_HZ
) -> Floats32:
    """Wind with events laid over it.

    Returns
    -------
    ndarray of float32, shape (round(duration_s * rate_hz),)
        Mono, within [-0.98, 0.98]; a clap's first sample is at its `at_s`.
    """
    n_samples = round(duration_s * rate_hz)
    sound = wind(n_samples, strength, seed, rate_hz)
    for number, event in enumerate(events):
        burst = _event(event, seed + 101 + number, rate_hz)
        start = round(event.at_s * rate_hz)
        part = burst[: max(0, n_samples - start)]
        sound[start : start + len(part)] += part
    return np.clip(sound, -0.98, 0.98).astype(np.float32)
