"""How a voice sounds, as 256 numbers for 1.6 s: a small recurrent network in plain NumPy.

The network and its weights are Resemblyzer's (Apache-2.0), after Wan et al. 2018, doi:10.1109/ICASSP.2018.8462665. The
weights stand beside this file at half precision; benchmarks/speech_lab/pack_encoder.py makes them from the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.conversation.observations import ModelFacts

Floats = NDArray[np.float32]

WEIGHTS = "speaker_encoder.npz"
WEIGHTS_SHA256 = "3b714df472e996fdb1b658e8d558bc063cecc14be39ee8757dfa4684e92becf8"
FRAMES = 160
"""Of 10 ms, that are heard at once."""
HOP, WINDOW, MELS, CELLS, LAYERS = 160, 400, 40, 256, 3
RATE_HZ = 16_000
LEVEL_DB = -30.0
"""Fainter sound is made as loud as this, as the network was trained."""
_BATCH = 128


def spectrum(samples: Floats) -> Floats:
    """Mel power spectrum, 40 bands in steps of 10 ms, of sound that is made loud enough.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        16 kHz.

    Returns
    -------
    ndarray of float32, shape (n_frames, 40)
    """
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)) + 1e-18))
    louder = samples * np.float32(max(1.0, 10.0 ** (LEVEL_DB / 20.0) / loudness))
    padded = np.pad(louder, (WINDOW // 2, WINDOW // 2))
    views = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    shape = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(views * shape, axis=1))).astype(np.float32)
    return np.asarray(power @ mel_bands().T, np.float32)


@cache
def mel_bands() -> Floats:
    """Triangular bands of equal width on Slaney's mel scale, of equal area (Auditory Toolbox, 1998, function mfcc).

    Returns
    -------
    ndarray of float32, shape (40, 201)
    """
    break_hz, break_mel, step = 1000.0, 15.0, np.log(6.4) / 27.0  # linear below, logarithmic above
    top = break_mel + np.log(RATE_HZ / 2.0 / break_hz) / step
    mels = np.linspace(0.0, top, MELS + 2)
    edges_hz = np.where(mels < break_mel, mels * 200.0 / 3.0, break_hz * np.exp((mels - break_mel) * step))
    bins_hz = np.arange(WINDOW // 2 + 1) * RATE_HZ / WINDOW
    rise = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    fall = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    area = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)) * area[:, None], np.float32)


def voices(spectra: Sequence[Floats]) -> Floats:
    """The network's vector for each window, of length one.

    Parameters
    ----------
    spectra : sequence of ndarray of float32, shape (160, 40)

    Returns
    -------
    ndarray of float32, shape (n, 256)
    """
    with _one_thread():
        found = [_forward(np.stack(spectra[at : at + _BATCH])) for at in range(0, len(spectra), _BATCH)]
    return np.concatenate(found) if found else np.zeros((0, CELLS), np.float32)


def _one_thread() -> AbstractContextManager[object]:
    """Matrices as small as these cost seven times as much when several threads wait for one another."""
    if find_spec("threadpoolctl") is None:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits


def _forward(batch: Floats) -> Floats:
    """Three layers of long short-term memory (Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735)."""
    weights = _weights()
    seen = batch.astype(np.float32)
    for layer in range(LAYERS):
        into, again = weights[f"lstm.weight_ih_l{layer}"].T, np.ascontiguousarray(weights[f"lstm.weight_hh_l{layer}"].T)
        driven = seen @ into + (weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"])
        state = np.zeros((len(batch), CELLS), np.float32)
        held = np.zeros_like(state)
        seen = np.empty((len(batch), batch.shape[1], CELLS), np.float32)
        for step in range(batch.shape[1]):
            gates = driven[:, step] + state @ again
            let_in, keep, new, let_out = np.split(gates, 4, axis=1)
            held = _sigmoid(keep) * held + _sigmoid(let_in) * np.tanh(new)
            state = _sigmoid(let_out) * np.tanh(held)
            seen[:, step] = state
    vectors = np.maximum(0.0, seen[:, -1] @ weights["linear.weight"].T + weights["linear.bias"])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), np.float32)


def encoder_facts() -> ModelFacts:
    """The network that is used."""
    return ModelFacts("telling voices apart", "Resemblyzer 0.1.4", Sha256.from_hex(WEIGHTS_SHA256), "Apache-2.0")


@cache
def _weights() -> Mapping[str, Floats]:
    raw = files("witnessmark.lines.conversation").joinpath("weights", WEIGHTS).read_bytes()
    if Sha256.of(raw).hex() != WEIGHTS_SHA256:
        raise BadInputError("The weights that tell voices apart are damaged.", "Install Witnessmark anew.")
    with np.load(BytesIO(raw), allow_pickle=False) as held:
        return {name: held[name].astype(np.float32) for name in held.files}
