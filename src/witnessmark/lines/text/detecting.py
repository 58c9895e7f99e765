"""Where writing stands in a picture: boxes of lines of text, from a learned map of "this is writing"."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import ProviderError

Rgb = NDArray[np.uint8]
Quad = NDArray[np.float64]
"""Corners of a line of text [px], shape (4, 2): top left, top right, bottom right, bottom left, as one reads it."""

INSTALL = "Run: pip install 'witnessmark[ocr]'."
LEAST_SIDE_PX = 736
"""The shorter side is enlarged to this, as the detector's makers do (PaddleOCR, det_limit_side_len)."""
MOST_ENLARGED = 2.0
MOST_SIDE_PX = 1920
STEP_PX = 32
"""The network halves the picture five times."""
WRITING = 0.3
"""Share from which a pixel counts as writing (Liao et al., doi:10.1609/aaai.v34i07.6812, section 3.4)."""
BOX_AT_LEAST = 0.5
"""Mean share inside a box from which it is kept."""
UNCLIP = 1.6
"""How far the shrunken region is grown back: area times this over circumference (ibid., section 3.4)."""
LEAST_HEIGHT_PX = 5.0
MOST_BOXES = 200
JOIN_GAP, JOIN_STEP, JOIN_HEIGHTS, JOIN_TURN_DEG = 0.5, 0.3, 1.35, 8.0
"""Neighbours on one line: gap and step between their facing sides, as shares of their height, how unlike in height they
may be, and how far turned against one another."""
END_SHARE = 0.06
"""Share of a region's length left out at either end when its upper and lower edge are fitted: ends are round."""


class Session(Protocol):
    """A network that is ready to be asked."""

    def run(self, output_names: None, input_feed: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Answers of all outputs."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A line of text.

    Attributes
    ----------
    quad : ndarray of float64, shape (4, 2)
        Corners in the picture [px].
    score : float
        Mean share of writing inside, 0 to 1.
    """

    quad: Quad
    score: float


class Detector:
    """The detector that the rapidocr package carries (PP-OCR, Apache-2.0), without its recognition.

    Raises
    ------
    ProviderError
        When rapidocr or onnxruntime is not installed.
    """

    def __init__(self) -> None:
        path = _model_path()
        if path is None or importlib.util.find_spec("onnxruntime") is None:
            raise ProviderError("The detector of writing is not installed.", INSTALL)
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.name = f"{path.stem} of rapidocr {importlib.metadata.version('rapidocr')}"
        self._session = _session(str(path))

    def boxes(self, rgb: Rgb) -> tuple[Box, ...]:
        """Lines of text in a picture, from top to bottom.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)

        Returns
        -------
        tuple of Box
            The surest `MOST_BOXES`.
        """
        height, width = rgb.shape[:2]
        if min(height, width) < LEAST_HEIGHT_PX:
            return ()
        size = _network_size(height, width)
        if max(size) > 4 * MOST_SIDE_PX:  # a sliver: nothing could be read in it
            return ()
        fitted = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR)
        bgr = fitted[:, :, ::-1].astype(np.float32) / 255.0
        asked = np.ascontiguousarray(((bgr - 0.5) / 0.5).transpose(2, 0, 1)[None])
        share = np.asarray(self._session.run(None, {"x": asked})[0])[0, 0]
        scale = np.array([width / size[0], height / size[1]])
        found = [Box(box.quad * scale, box.score) for box in _boxes_of(share)]
        kept = sorted((box for box in found if height_px(box.quad) >= LEAST_HEIGHT_PX), key=lambda box: -box.score)
        lines = _joined(kept[:MOST_BOXES])
        return tuple(sorted(lines, key=lambda box: (float(box.quad[:, 1].mean()), float(box.quad[0, 0]))))


def installed() -> bool:
    """Whether what `Detector` needs is there."""
    return _model_path() is not None and importlib.util.find_spec("onnxruntime") is not None


def height_px(quad: Quad) -> float:
    """Mean length of a quad's left and right side [px]."""
    return float((np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2.0)


def width_px(quad: Quad) -> float:
    """Mean length of a quad's upper and lower side [px]."""
    return float((np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2.0)


def _model_path() -> Path | None:
    found = importlib.util.find_spec("rapidocr")
    folders = list(found.submodule_search_locations or ()) if found is not None else []
    models = sorted(path for folder in folders for path in (Path(folder) / "models").glob("*_det_*.onnx"))
    return models[0] if models else None


@lru_cache(maxsize=1)
def _session(path: str) -> Session:
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the same sums in the same order every time
    options.log_severity_level = 3
    made: Session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return made


def _network_size(height: int, width: int) -> tuple[int, int]:
    """Width and height the picture is shown to the network at [px]: multiples of 32."""
    scale = min(MOST_ENLARGED, max(1.0, LEAST_SIDE_PX / min(height, width)))
    scale = min(scale, max(MOST_SIDE_PX / max(height, width), 32.0 / min(height, width)))
    fitted = [max(STEP_PX, STEP_PX * round(side * scale / STEP_PX)) for side in (width, height)]
    return fitted[0], fitted[1]


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that stand side by side on one line as one box: words with a wide space between them."""
    left = sorted(boxes, key=lambda box: float(box.quad[0, 0] + box.quad[3, 0]))
    done: list[Box] = []
    while left:
        box = left.pop(0)
        follower = next((other for other in left if _follows(box, other)), None)
        if follower is None:
            done.append(box)
            continue
        left.remove(follower)
        quad = np.stack([box.quad[0], follower.quad[1], follower.quad[2], box.quad[3]])
        left.insert(0, Box(quad, min(box.score, follower.score)))
    return done


def _follows(box: Box, other: Box) -> bool:
    """Whether the other stands right beside a box on its line."""
    one_high, other_high = height_px(box.quad), height_px(other.quad)
    high = min(one_high, other_high)
    if max(one_high, other_high) > JOIN_HEIGHTS * high or width_px(box.quad) < 0.5 * one_high:
        return False
    along = (box.quad[1] - box.quad[0] + box.quad[2] - box.quad[3]) / 2.0
    along_other = (other.quad[1] - other.quad[0] + other.quad[2] - other.quad[3]) / 2.0
    turned = math.atan2(along[1], along[0]) - math.atan2(along_other[1], along_other[0])
    if abs(math.degrees(turned)) > JOIN_TURN_DEG:
        return False
    unit = along / max(float(np.linalg.norm(along)), 1e-6)
    step = (other.quad[0] + other.quad[3] - box.quad[1] - box.quad[2]) / 2.0
    gap = float(step @ unit)
    aside = abs(float(step[0] * -unit[1] + step[1] * unit[0]))
    return -0.6 * high < gap < JOIN_GAP * high and aside < JOIN_STEP * high


def _boxes_of(share: NDArray[np.float32]) -> list[Box]:
    mask = (share > WRITING).astype(np.uint8)
    mask = np.asarray(cv2.dilate(mask, np.ones((2, 2), np.uint8)), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found: list[Box] = []
    for label in range(1, count):
        left, top, wide, high, area = (int(value) for value in stats[label])
        if area < 12:
            continue
        part = labels[top : top + high, left : left + wide] == label
        score = float(share[top : top + high, left : left + wide][part].mean())
        if score < BOX_AT_LEAST:
            continue
        quad = quad_of(part)
        if quad is not None:
            found.append(Box(quad + np.array([left, top], np.float64), score))
    return found


def quad_of(part: NDArray[np.bool_]) -> Quad | None:
    """The four-sided outline of a region: straight upper and lower edges fitted along its length, then grown back.

    The map shows lines of text shrunken towards their middle. A rotated rectangle would do for text that is seen
    square on; edges fitted one by one follow perspective.
    """
    rows, columns = np.nonzero(part)
    points = np.stack([columns, rows], axis=1).astype(np.float32)
    (middle_x, middle_y), (side_a, side_b), angle_deg = cv2.minAreaRect(points)
    if side_a < side_b:
        angle_deg += 90.0
    angle_deg = (angle_deg + 90.0) % 180.0 - 90.0
    long, short = max(side_a, side_b) + 1.0, min(side_a, side_b) + 1.0
    turn = math.radians(angle_deg)
    if short > 0.6 * long and abs(angle_deg) > 45.0 - 1e-6:  # about square: take it as level
        turn -= math.copysign(math.pi / 2.0, turn)
    elif 0.8 * short < long < 1.25 * short:
        turn = 0.0
    along = np.array([math.cos(turn), math.sin(turn)])
    across = np.array([-math.sin(turn), math.cos(turn)])
    relative = points.astype(np.float64) - np.array([middle_x, middle_y])
    u, v = relative @ along, relative @ across
    if len(u) < 12 or short < 2.0:
        return None
    low, high = float(u.min()), float(u.max())
    upper, lower = _edge(u, v, low, high, upper=True), _edge(u, v, low, high, upper=False)
    depth = (lower[0] - upper[0]) + (lower[1] - upper[1]) * (low + high) / 2.0
    if depth <= 1.0:
        return None
    long = high - low + 1.0
    grow = long * depth * UNCLIP / (2.0 * (long + depth))
    low, high = low - grow, high + grow
    corners = [
        (low, upper[0] + upper[1] * low - grow),
        (high, upper[0] + upper[1] * high - grow),
        (high, lower[0] + lower[1] * high + grow),
        (low, lower[0] + lower[1] * low + grow),
    ]
    middle = np.array([middle_x, middle_y])
    return np.array([middle + a * along + b * across for a, b in corners])


def _edge(
    u: NDArray[np.float64], v: NDArray[np.float64], low: float, high: float, *, upper: bool
) -> tuple[float, float]:
    """Offset and slope of a region's upper or lower edge, by the median of slopes (Theil-Sen), ends left out."""
    bins = np.clip((u - low).astype(int), 0, int(high - low))
    edge = np.full(bins.max() + 1, np.inf if upper else -np.inf)
    (np.minimum if upper else np.maximum).at(edge, bins, v)
    at = np.flatnonzero(np.isfinite(edge))
    skip = int(END_SHARE * len(at)) + 1
    inner = at[skip:-skip] if len(at) > 2 * skip + 3 else at
    inner = inner[np.linspace(0, len(inner) - 1, min(len(inner), 41)).astype(int)]
    x, y = inner + low + 0.5, edge[inner]
    if len(inner) < 8 or high - low < 1.5 * (v.max() - v.min()):
        return float(np.median(y)), 0.0
    first, second = np.triu_indices(len(x), k=max(1, len(x) // 4))
    steps = x[second] - x[first]
    slope = float(np.median((y[second] - y[first])[steps > 0] / steps[steps > 0]))
    return float(np.median(y - slope * x)), slope
