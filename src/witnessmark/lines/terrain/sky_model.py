"""An optional learned model that tells sky from ground, from a file of one's own: never fetched, never needed.

Any ONNX model serves that takes one picture (1, 3, height, width) and gives scores (1, classes, rows, columns) or
(1, rows, columns). Its path, SHA-256 and licence go with everything computed by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.onnx_file import open_model

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet's pictures, as such models are trained with."""
SURE_LOGIT = 4.0
"""Log odds beyond which a model is not believed."""
SCORES = ("logits", "probabilities")


@dataclass(frozen=True, slots=True)
class SkyModelFacts:
    """What has to be recorded with everything a model computed.

    Attributes
    ----------
    path, sha256 : str
    licence : str
        As the person who put the file there states it.
    width_px, height_px : int
        Of the pictures it is given.
    sky_class : int
        Which of its classes is sky.
    scores : str
        logits | probabilities: what it gives.
    """

    path: str
    sha256: str
    licence: str
    width_px: int
    height_px: int
    sky_class: int
    scores: str


class SkyModel:
    """A model that gives each pixel its log odds of being sky.

    Parameters
    ----------
    path : str or Path
        ONNX file on this machine.
    sha256 : str
        What the file must be; another one is not opened.
    licence : str
        Under which it may be used; must be said.
    width_px, height_px : int
        Pictures are scaled to this before it sees them.
    sky_class : int
    scores : str
        logits | probabilities.

    Raises
    ------
    BadInputError
        When the file is not there, is another one, is no model that can be read, or something of this is not stated.
    """

    def __init__(
        self,
        path: str | Path,
        sha256: str,
        licence: str,
        *,
        width_px: int = 512,
        height_px: int = 512,
        sky_class: int = 0,
        scores: str = "logits",
    ) -> None:
        if scores not in SCORES or not 0 <= sky_class < 10_000 or not 16 <= min(width_px, height_px) <= 4096:
            raise BadInputError(
                f"The sky model's '{scores}' of class {sky_class} for {width_px} x {height_px} pixels cannot be used.",
                f"Say {' or '.join(SCORES)}, a class from 0, and sides of 16 to 4096.",
            )
        self._net, digest = open_model("sky model", path, licence, sha256)
        self.facts = SkyModelFacts(str(path), digest, licence.strip(), width_px, height_px, sky_class, scores)

    def odds(self, rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
        """Log odds of sky a pixel, in units of `SURE_LOGIT`, from -1 to 1.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)
        size : (int, int)
            Columns and rows wanted.

        Raises
        ------
        BadInputError
            When the model cannot take the picture or gives no such scores.
        """
        facts = self.facts
        picture = cv2.resize(rgb, (facts.width_px, facts.height_px), interpolation=cv2.INTER_AREA) / np.float32(255.0)
        planes = ((picture - np.array(MEAN)) / np.array(DEVIATION)).transpose(2, 0, 1)[None].astype(np.float32)
        try:
            self._net.setInput(planes)
            given = np.asarray(self._net.forward(), np.float32)
        except cv2.error as error:
            raise BadInputError(
                f"The sky model '{facts.path}' cannot take a picture of {facts.width_px} x {facts.height_px}.",
                "Give the size it was made for.",
            ) from error
        logit = np.clip(self._logit(given), -SURE_LOGIT, SURE_LOGIT) / SURE_LOGIT
        return np.asarray(cv2.resize(logit, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def _logit(self, given: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = given[None] if given.ndim == 3 else given
        if scores.ndim != 4 or scores.shape[0] != 1 or min(scores.shape[2:]) < 2 or not np.isfinite(scores).all():
            raise BadInputError(
                f"The sky model '{self.facts.path}' gives an array of shape {given.shape}, no scores a pixel.",
                "Export it with scores (1, classes, rows, columns) as output.",
            )
        if self.facts.sky_class >= scores.shape[1]:
            raise BadInputError(
                f"The sky model '{self.facts.path}' has {scores.shape[1]} classes, so none is number"
                f" {self.facts.sky_class}.",
                "Say which class is sky, from 0.",
            )
        sky = scores[0, self.facts.sky_class]
        if self.facts.scores == "probabilities":
            if scores.min() < -1e-3 or scores.max() > 1.0 + 1e-3:
                raise BadInputError(
                    f"The sky model '{self.facts.path}' gives values from {scores.min():.3g} to {scores.max():.3g},"
                    " which are no probabilities.",
                    "Say that it gives logits.",
                )
            inside = np.clip(sky, 1e-6, 1.0 - 1e-6)
            return np.asarray(np.log(inside / (1.0 - inside)), np.float32)
        if scores.shape[1] == 1:
            return np.asarray(sky, np.float32)
        others = np.delete(scores[0], self.facts.sky_class, axis=0)
        top = others.max(axis=0)
        return np.asarray(sky - (top + np.log(np.exp(others - top).sum(axis=0))), np.float32)
