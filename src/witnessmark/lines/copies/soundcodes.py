"""The sound fingerprint: 32-bit codes of how energy in narrow bands changes from one half-second to the next.

After Haitsma & Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002: 33 bands evenly wide on a
logarithmic scale from 300 to 2000 Hz; a bit says whether the energy difference of two neighbouring bands grew.
Theirs are 0.37-s windows 11.6 ms apart. Here windows are longer and codes farther apart: eight codes a second keep
what may be exchanged small, and as a window is eight steps long, two recordings whose codes fall at other instants
(at most half a step apart) still agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import SoundCodes

STEP_S = 0.125
"""From one code to the next. 8 codes a second are 1.9 kB a minute."""
WINDOW_S = 1.0
LAG_S = 0.5
"""How far apart the two windows start whose energies a code compares."""
SPAN_S = WINDOW_S + LAG_S
"""How much sound one code rests on; a code's time is the middle of it."""
BANDS = 33
LOW_HZ, HIGH_HZ = 300.0, 2000.0
SILENT_POWER = 1e-8
"""Mean square between 300 and 2000 Hz below which a window is silence: 80 dB under full scale."""
UNCHANGED = 1e-6
"""A bit needs a change above this share of the window's energy, so that rounding in a steady tone gives no bits."""
_BATCH = 32


def sound_codes(samples: NDArray[np.float32], rate_hz: int, start_s: float) -> SoundCodes:
    """Sound codes of a recording.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        Mono, full scale 1; 16 kHz is meant. May be memory-mapped: it is read in blocks of some seconds.
    rate_hz : int
        At least 4000.
    start_s : float
        Presentation time of the first sample [s].

    Returns
    -------
    SoundCodes
        Code i tells of the `SPAN_S` seconds about ``start_s + i * STEP_S``. A code is 0 where either of its windows
        is silent. No codes when the sound is shorter than `SPAN_S`.

    Raises
    ------
    BadInputError
        When the rate is too low for the bands, or the samples are not one channel.

    Notes
    -----
    With E(t, m) the energy of a Hann window that starts at t in band m, bit m (of value 2**m) of a code is
    ``E(t + LAG_S, m) - E(t + LAG_S, m + 1) - E(t, m) + E(t, m + 1) > 0``.
    """
    if samples.ndim != 1:
        raise BadInputError(f"The sound has {samples.ndim} dimensions.", "Give one channel of samples.")
    if rate_hz < 2 * HIGH_HZ:
        raise BadInputError(
            f"Sound at {rate_hz} Hz does not reach {HIGH_HZ:.0f} Hz.", "Give sound of at least 4000 samples a second."
        )
    window, hop, lag = round(WINDOW_S * rate_hz), STEP_S * rate_hz, round(LAG_S / STEP_S)
    count = int((len(samples) - window) / hop) + 1 if len(samples) >= window else 0
    first_s = start_s + SPAN_S / 2.0
    if count <= lag:
        return SoundCodes(first_s, STEP_S, np.zeros(0, np.uint32))
    codes = np.zeros(count - lag, np.uint32)
    shape, bins = _hann(window), _band_bins(window, rate_hz)
    kept = np.zeros((0, BANDS))
    for first in range(0, count, _BATCH):
        starts = [round(number * hop) for number in range(first, min(first + _BATCH, count))]
        energies = np.concatenate([kept, _energies(samples, starts, shape, bins)])
        done = first - len(kept)
        if len(energies) > lag:
            codes[done : done + len(energies) - lag] = _bits(energies[:-lag], energies[lag:])
        kept = energies[-lag:]
    return SoundCodes(first_s, STEP_S, codes)


def _hann(window: int) -> NDArray[np.float32]:
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(window) / window), np.float32)


def _band_bins(window: int, rate_hz: int) -> NDArray[np.int64]:
    """First spectral bin of each band, and the bin after the last, shape (34,)."""
    edges_hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (np.arange(BANDS + 1) / BANDS)
    return np.round(edges_hz * window / rate_hz).astype(np.int64)


def _energies(
    samples: NDArray[np.float32], starts: list[int], shape: NDArray[np.float32], bins: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean square in each band, shape (windows, 33)."""
    rows = np.stack([np.asarray(samples[start : start + len(shape)], np.float32) for start in starts])
    spectrum = np.fft.rfft(np.nan_to_num(rows) * shape, axis=1)[:, bins[0] : bins[-1]]
    power = spectrum.real.astype(np.float64) ** 2 + spectrum.imag.astype(np.float64) ** 2
    # Parseval for a Hann window, whose mean square is 3/8; each bin stands for its mirror too.
    return np.asarray(np.add.reduceat(power, bins[:-1] - bins[0], axis=1) * (2.0 / (0.375 * len(shape) ** 2)))


def _bits(earlier: NDArray[np.float64], later: NDArray[np.float64]) -> NDArray[np.uint32]:
    totals = np.stack([earlier.sum(axis=1), later.sum(axis=1)])
    change = np.diff(earlier, axis=1) - np.diff(later, axis=1)
    bits = change > UNCHANGED * totals.max(axis=0)[:, None]
    packed = np.packbits(bits, axis=1, bitorder="little").view("<u4")[:, 0].astype(np.uint32)
    return np.asarray(np.where(totals.min(axis=0) >= SILENT_POWER, packed, np.uint32(0)))
