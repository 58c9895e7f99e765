"""An optional learned description of pictures, from a model file of one's own: never fetched, never needed.

Any ONNX model serves that takes one picture (batch, 3, height, width) and gives one vector, such as SSCD or DINO. Its
path, SHA-256 and licence go with everything computed by it, so that a finding can be made again and a licence kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.timeline import Line, best_lines
from witnessmark.lines.providers.onnx_file import open_model

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet's pictures, as such models are trained with."""
BACKGROUND_NEAREST = 5
LEAST_NORMALISED = 0.25
"""Normalised similarity from which two pictures speak for one another."""


@dataclass(frozen=True, slots=True)
class DescriptorFacts:
    """What has to be recorded with everything a model computed.

    Attributes
    ----------
    path : str
    sha256 : str
    licence : str
        As the person who put the file there states it.
    side_px : int
    """

    path: str
    sha256: str
    licence: str
    side_px: int


@dataclass(frozen=True, slots=True)
class DescribedLine:
    """A line of time, the seconds of query that agree on it, and (0 to 1) how much less they agree beside it.

    `similarity` is the mean normalised similarity of the pictures on it.
    """

    line: Line
    agreed_s: float
    moment: float
    similarity: float


class Descriptor:
    """A model that turns pictures into vectors of length 1.

    Parameters
    ----------
    path : str or Path
        ONNX file on this machine.
    licence : str
        Under which it may be used; must be said.
    side_px : int
        Pictures are given to it as squares of this side.
    sha256 : str, optional
        What the file must be; another one is not opened.

    Raises
    ------
    BadInputError
        When the file is not there, is another one, is no model that can be read, or no licence is stated.
    """

    def __init__(self, path: str | Path, licence: str, side_px: int = 288, sha256: str | None = None) -> None:
        self._net, digest = open_model("descriptor", path, licence, sha256)
        self.facts = DescriptorFacts(str(path), digest, licence.strip(), side_px)

    def __call__(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """One vector of length 1 a picture.

        Parameters
        ----------
        pictures : sequence of ndarray of uint8, shape (height, width) or (height, width, 3)
            Grey or RGB.

        Raises
        ------
        BadInputError
            When the model does not give one vector a picture.
        """
        found = []
        for picture in pictures:
            rgb = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
            side = self.facts.side_px
            small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
            planes = ((small - np.array(MEAN)) / np.array(DEVIATION)).transpose(2, 0, 1)[None].astype(np.float32)
            try:
                self._net.setInput(planes)
                vector = np.asarray(self._net.forward(), dtype=np.float32)
            except cv2.error as error:
                raise BadInputError(
                    f"The descriptor '{self.facts.path}' cannot take a picture of {side} x {side}.",
                    "Give the side it was made for.",
                ) from error
            if vector.size == 0 or vector.shape[0] != 1 or not np.isfinite(vector).all():
                raise BadInputError(
                    f"The descriptor '{self.facts.path}' gives no vector.", "Export it with one vector as output."
                )
            flat = vector.reshape(-1)
            found.append(flat / max(float(np.linalg.norm(flat)), 1e-9))
        return np.stack(found) if found else np.zeros((0, 0), np.float32)


def normalised(
    query: NDArray[np.float32], reference: NDArray[np.float32], background: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Similarities less what the query's pictures have with unrelated ones: shape (n, m).

    Parameters
    ----------
    query, reference, background : ndarray of float32, shapes (n, d), (m, d), (b, d)
        Vectors of length 1; the background shows neither.

    References
    ----------
    Score normalisation as in the 2023 Video Similarity Challenge, Pizzi et al. 2024, doi:10.1016/j.cviu.2024.103997:
    the mean similarity to the nearest background pictures is taken off.
    """
    alike = query @ reference.T
    if not len(background):
        return np.asarray(alike, dtype=np.float32)
    nearest = np.sort(query @ background.T, axis=1)[:, -BACKGROUND_NEAREST:]
    return np.asarray(alike - nearest.mean(axis=1, keepdims=True), dtype=np.float32)


def standing_out(query: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float32]:
    """Similarities less what each query picture has with most of the reference: shape (n, m).

    For want of unrelated pictures: what is left says whether one moment stands out among the others, and nothing of
    a reference in which little changes.

    Parameters
    ----------
    query, reference : ndarray of float32, shapes (n, d), (m, d)
        Vectors of length 1.
    """
    alike = query @ reference.T
    return np.asarray(alike - np.median(alike, axis=1, keepdims=True), dtype=np.float32)


def described_line(
    scores: NDArray[np.float32], q_s: NDArray[np.float64], r_s: NDArray[np.float64]
) -> DescribedLine | None:
    """The line of time on which normalised similarities are high.

    Parameters
    ----------
    scores : ndarray of float32, shape (n, m)
    q_s, r_s : ndarray of float64, shapes (n,), (m,)
        Times of the pictures [s].
    """
    lines = best_lines(np.clip(scores - LEAST_NORMALISED, -0.5, 1.0).astype(np.float32), q_s, r_s, keep=1)
    if not lines:
        return None
    line = lines[0]
    inside = (q_s >= line.q0_s - 1e-6) & (q_s <= line.q1_s + 1e-6)
    gap = np.abs(r_s[None, :] - (line.offset_s + line.speed * q_s[inside])[:, None])
    on = np.where(gap <= 0.5, scores[inside], -1.0).max(axis=1)
    beside = np.where(gap >= 2.0, scores[inside], -1.0).max(axis=1)
    weight = np.clip(on / (2 * LEAST_NORMALISED), 0.0, 1.0)
    step_s = np.minimum(np.gradient(q_s[inside]), 1.0) if inside.sum() > 1 else np.full(1, 0.5)
    moment = float(np.clip((on - beside) / LEAST_NORMALISED, 0.0, 1.0).mean())
    seen = on[on > -1.0]
    return DescribedLine(line, float((weight * step_s).sum()), moment, float(seen.mean()) if len(seen) else 0.0)
