"""A learned picture encoder of one's own (CLIP, SigLIP, DINO as ONNX) that lengthens the shortlist; never a grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.onnx_file import open_model
from witnessmark.lines.uniforms.comparing import Ranker, Ready
from witnessmark.lines.uniforms.looks import Floats32, Rgb

SIDE_PX = 224
MEAN, SPREAD = (0.4815, 0.4578, 0.4082), (0.2686, 0.2613, 0.2758)
"""Of the pictures CLIP learned from (Radford et al. 2021, arXiv:2103.00020); other encoders are near it."""


@dataclass(slots=True)
class Encoder:
    """An encoder from a file.

    Attributes
    ----------
    path : Path
    licence : str
    sha256 : str
        What the file must be.
    """

    path: Path
    licence: str
    sha256: str
    _net: cv2.dnn.Net = field(init=False)

    def __post_init__(self) -> None:
        if not self.sha256.strip():
            raise BadInputError("No SHA-256 is given for the picture encoder.", "Give that of the file you trust.")
        self._net, self.sha256 = open_model("picture encoder", self.path, self.licence, self.sha256)

    def state(self) -> str:
        """Changes with the file."""
        return self.sha256

    def encode(self, rgb: Rgb) -> Floats32:
        """A picture as a row of unit length.

        Raises
        ------
        BadInputError
            When the model takes no such picture or gives no row.
        """
        sized = cv2.resize(rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
        levelled = (sized - np.array(MEAN, np.float32)) / np.array(SPREAD, np.float32)
        try:
            self._net.setInput(np.ascontiguousarray(levelled.transpose(2, 0, 1)[None]))
            row = np.asarray(self._net.forward(), np.float32)
        except cv2.error as error:
            raise BadInputError(
                f"The picture encoder '{self.path}' does not take a picture of {SIDE_PX} x {SIDE_PX} px.",
                "Export it with one input of shape (1, 3, 224, 224) and one output.",
            ) from error
        row = row[:, 0].ravel() if row.ndim == 3 else row.ravel()  # of a row for every patch, the first is the whole's
        if row.size < 2 or not np.all(np.isfinite(row)):
            raise BadInputError(f"The picture encoder '{self.path}' gave no usable row.", "Check the export.")
        return np.asarray(row / max(float(np.linalg.norm(row)), 1e-9), np.float32)

    def ranker(self, library: Sequence[Ready]) -> Ranker:
        """References by the cosine of their rows with that of a box."""
        rows = np.stack([self.encode(one.rgb) for one in library])

        def rank(inside: Rgb, among: Sequence[int]) -> Sequence[int]:
            order = np.argsort(-(rows[list(among)] @ self.encode(inside)), kind="stable")
            return [among[int(index)] for index in order]

        return rank
