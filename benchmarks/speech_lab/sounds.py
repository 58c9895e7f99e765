"""Sounds for the benchmark of speech: clips of a folder, what is no speech, and conversations put together."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.media.records import Broken

RATE_HZ = 16_000
STEPS_PER_S = 100
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One clip of the data folder, as its manifest tells it."""

    name: str
    language: str
    speaker: str
    transcript: str
    real: bool
    samples: Samples

    @property
    def length_s(self) -> float:
        """How long it is [s]."""
        return len(self.samples) / RATE_HZ


def read_clips(folder: Path) -> list[Clip]:
    """Every clip of a folder with a manifest.csv (columns file, language, speaker, transcript, kind)."""
    found = []
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            heard = media.sound(folder / row["file"])
            if isinstance(heard, Broken):
                print(f"{row['file']}: {heard.reason}")
                continue
            real = row["kind"].startswith("real")
            found.append(Clip(row["file"], row["language"], row["speaker"], row["transcript"], real, heard.samples))
    return found


def wind(length_s: float, seed: int) -> Samples:
    """Noise that falls with frequency, in gusts."""
    rng = np.random.default_rng(seed)
    count = int(length_s * RATE_HZ)
    spectrum = np.fft.rfft(rng.standard_normal(count)) / np.maximum(np.fft.rfftfreq(count, 1.0 / RATE_HZ), 20.0)
    knots = max(4, count // 8000)
    gusts = np.interp(np.arange(count), np.linspace(0, count, knots), rng.gamma(2.0, 0.5, knots))
    return level(np.fft.irfft(spectrum, count) * gusts, 0.05)


def in_wind(samples: Samples, ratio_db: float, seed: int) -> Samples:
    """Speech with wind so much fainter than it, both by their mean power over the clip."""
    noise = level(wind(len(samples) / RATE_HZ + 1.0, seed)[: len(samples)], rms(samples) * 10.0 ** (-ratio_db / 20.0))
    mixed = samples + noise
    return np.asarray(mixed / max(1.0, float(np.max(np.abs(mixed)))), np.float32)


def music(length_s: float, seed: int) -> Samples:
    """A tune on plucked strings with a beat and a bass, another one each seed."""
    rng = np.random.default_rng(seed)
    count = int(length_s * RATE_HZ)
    made = np.zeros(count)
    step = int(RATE_HZ * rng.uniform(0.2, 0.5))
    scale_hz = rng.uniform(140.0, 300.0) * 2.0 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12.0)
    at = np.arange(step) / RATE_HZ
    for first in range(0, count - step, step):
        note_hz = float(rng.choice(scale_hz))
        for harmonic in range(1, 9):
            tone = np.sin(2.0 * np.pi * note_hz * harmonic * at + rng.uniform(0.0, 6.0))
            made[first : first + step] += tone / harmonic**1.4 * np.exp(-rng.uniform(2.0, 5.0) * at)
        made[first : first + step] += 0.6 * np.sin(np.pi * note_hz * at)
    beat = rng.standard_normal(count) * np.exp(-20.0 * ((4.0 * np.arange(count) / RATE_HZ) % 1.0))
    return level(made + rng.uniform(0.1, 0.6) * beat, 0.08)


def no_speech(length_s: float, per_kind: int) -> dict[str, list[Samples]]:
    """Sounds without a voice, by kind."""
    count = int(length_s * RATE_HZ)
    rngs = [np.random.default_rng(1000 + number) for number in range(per_kind)]
    winds = [wind(length_s, 2000 + number) for number in range(per_kind)]
    tunes = [music(length_s, 3000 + number) for number in range(per_kind)]
    at = np.arange(count) / RATE_HZ
    return {
        "silence": [np.zeros(count, np.float32)],
        "hiss": [level(rng.standard_normal(count), 10.0 ** rng.uniform(-3, -1)) for rng in rngs],
        "wind": [level(noise, 10.0 ** rng.uniform(-2, -0.8)) for noise, rng in zip(winds, rngs, strict=True)],
        "music": tunes,
        "music in wind": [level(tune + noise, 0.1) for tune, noise in zip(tunes, winds, strict=True)],
        "motor": [
            level(
                sum(np.sin(2 * np.pi * f * h * at) / h for h in range(1, 12)) + 0.2 * rng.standard_normal(count), 0.08
            )
            for rng, f in zip(rngs, np.linspace(40, 160, per_kind), strict=True)
        ],
        "siren": [
            level(np.sin(2 * np.pi * np.cumsum(800 + 400 * np.sin(2 * np.pi * at / (1 + n))) / RATE_HZ), 0.08)
            for n in range(per_kind)
        ],
    }


def conversation(
    clips: Mapping[str, Sequence[Samples]], voices: int, seed: int, speech: Mapping[int, NDArray[np.bool_]]
) -> tuple[Samples, list[str]]:
    """Clips of some speakers one after the other with short pauses, some cut to a few seconds; and who speaks when.

    Parameters
    ----------
    clips : mapping of str to sequence of ndarray
        By speaker.
    voices : int
    seed : int
    speech : mapping of int to ndarray of bool
        By ``id`` of the samples: in which hundredths of a second there is speech.

    Returns
    -------
    samples : ndarray of float32
    who : list of str
        Speaker of each hundredth of a second, empty where nobody speaks.
    """
    rng = np.random.default_rng(seed)
    chosen = [str(name) for name in rng.permutation(sorted(clips))[:voices]]
    left = {name: [int(number) for number in rng.permutation(len(clips[name]))] for name in chosen}
    made: list[Samples] = []
    who: list[str] = []
    last = ""
    while any(left.values()) and len(who) < 35 * STEPS_PER_S:
        able = [name for name in chosen if left[name] and name != last] or [name for name in chosen if left[name]]
        last = able[int(rng.integers(len(able)))]
        clip = clips[last][left[last].pop()]
        on = speech[id(clip)]
        if rng.random() < 0.3:
            clip = clip[: int(RATE_HZ * rng.uniform(2.0, 4.0))]
        pause = int(STEPS_PER_S * rng.uniform(0.2, 1.2))
        steps = len(clip) * STEPS_PER_S // RATE_HZ
        made += [np.zeros(pause * RATE_HZ // STEPS_PER_S, np.float32)]
        made += [level(clip[: steps * RATE_HZ // STEPS_PER_S], 0.05 * 10.0 ** (rng.uniform(-4.0, 4.0) / 20.0))]
        who += [""] * pause + [last if step < len(on) and on[step] else "" for step in range(steps)]
    return np.concatenate(made), who


def level(samples: NDArray[np.floating], loud: float) -> Samples:
    """The same as loud as that, by its mean power."""
    return np.asarray(samples * (loud / (rms(samples) + 1e-12)), np.float32)


def rms(samples: NDArray[np.floating]) -> float:
    """Root of the mean power."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
