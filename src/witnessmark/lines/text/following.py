"""One piece of writing over several pictures: followed by place and by reading, and told from what was laid over."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.text.detecting import Box, Rgb, height_px, width_px
from witnessmark.lines.text.observations import Layer
from witnessmark.lines.text.reading import ReadLine
from witnessmark.lines.text.rectifying import Grey, cut

SAME_SPOT = 0.3
"""Corners no farther apart than this share of the line's height lie at the same spot of the screen."""
SAME_LOOK = 0.6
"""Correlation of two lines from which they look the same."""
MOVED = 0.75
"""Shift, as a share of the line's height, from which writing has moved on the screen."""
RING_PX, RING_WIDTH_PX = 48, 192
"""Size at which a line's surroundings are compared [px]: a line's height to every side of it."""
RING_SAME, RING_OTHER = 0.6, 0.35
"""Correlation of surroundings from which they are the same, and below which they are others."""
RING_FLAT = 4.0
"""Standard deviation [grey] below which surroundings show nothing to compare."""
LEVELS_APART = 20.0
GROWN = 0.08
"""Change of height from which writing was seen nearer or farther."""
PAIRS_NEEDED = 2
MOST_PAIRS = 40


@dataclass(slots=True, eq=False)
class Sighting:
    """A line of text in one picture.

    Attributes
    ----------
    frame : int
    at_s : float
    box : Box
    line : ndarray of uint8
        Rectified, as it is read.
    around : ndarray of uint8, shape (RING_PX, RING_WIDTH_PX)
        The line with a line's height to every side.
    lines : tuple of ReadLine or None
        Readings; None where it was not read because it looks like what was.
    """

    frame: int
    at_s: float
    box: Box
    line: Grey
    around: Grey
    lines: tuple[ReadLine, ...] | None = None


@dataclass(slots=True)
class Track:
    """Sightings of what is taken for one piece of writing, in order of time."""

    sightings: list[Sighting] = field(default_factory=list)

    @property
    def read_count(self) -> int:
        """Sightings that were read."""
        return sum(sighting.lines is not None for sighting in self.sightings)

    def in_frame(self, frame: int) -> bool:
        """Whether it was seen in that picture already."""
        return any(sighting.frame == frame for sighting in self.sightings)


def surroundings(rgb: Rgb, box: Box) -> Grey:
    """A line with a line's height to every side, small and grey."""
    quad = box.quad
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2.0
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2.0
    along = along / max(float(np.linalg.norm(along)), 1e-6) * float(np.linalg.norm(down))
    grown = quad + np.array([-down - along, along - down, down + along, down - along])
    small = cv2.resize(cut(rgb, grown, RING_PX), (RING_WIDTH_PX, RING_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def looks_same(one: Grey, other: Grey) -> bool:
    """Whether two rectified lines show the same strokes."""
    wide, narrow = max(one.shape[1], other.shape[1]), min(one.shape[1], other.shape[1])
    if wide > 1.3 * narrow:
        return False
    fitted = cv2.resize(other, (one.shape[1], one.shape[0]), interpolation=cv2.INTER_AREA)
    return _correlation(one.astype(np.float64), fitted.astype(np.float64)) >= SAME_LOOK


def same_spot(one: Box, other: Box) -> bool:
    """Whether two boxes lie at the same spot of the screen."""
    return _shift(one, other) <= SAME_SPOT


def similar(one: str, other: str) -> bool:
    """Whether two readings differ by at most a fifth of their letters."""
    first, second = "".join(one.casefold().split()), "".join(other.casefold().split())
    longer = max(len(first), len(second))
    if longer < 4 or min(len(first), len(second)) < 0.8 * longer:
        return first == second and longer > 1
    return edits(first, second) <= 0.2 * longer


def edits(one: str, other: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, start=1):
        corner, row[0] = row[0], number
        for column, other_letter in enumerate(other, start=1):
            corner, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, corner + (letter != other_letter)),
            )
    return row[-1]


def layer_of(sightings: Sequence[Sighting]) -> tuple[Layer, str]:
    """Whether writing was laid over the pictures or stood before the camera, and why; "undetermined" if neither shows.

    Writing that stays at one spot of the screen while what surrounds it changes was laid over. Writing that moves with
    what surrounds it, or grows, stood in the scene. A still camera, or a single picture, cannot tell.
    """
    if len(sightings) < 2:
        return "undetermined", "It was seen in one picture only, which cannot tell."
    pairs = sorted(itertools.combinations(range(len(sightings)), 2), key=lambda pair: (pair[1] - pair[0], pair))
    laid_over = in_scene = 0
    for first, second in pairs[:MOST_PAIRS]:
        one, other = sightings[first], sightings[second]
        shift, ring = _shift(one.box, other.box), _ring(one.around, other.around)
        grown = abs(np.log(height_px(one.box.quad) / max(height_px(other.box.quad), 1e-6)))
        if shift <= SAME_SPOT and grown < GROWN:
            laid_over += ring == "other"
        elif shift >= MOVED:
            in_scene += ring == "same" or grown >= GROWN
    if laid_over >= PAIRS_NEEDED and laid_over >= 3 * in_scene:
        return "overlay", "It stays at one spot of the screen while what surrounds it changes."
    if in_scene and in_scene >= 3 * laid_over:
        return "scene", "It moves on the screen together with what surrounds it, or grows with it."
    if laid_over or in_scene:
        return "undetermined", "The pictures speak for both, or too few of them speak."
    return "undetermined", "Neither it nor what surrounds it moves enough to tell."


def _shift(one: Box, other: Box) -> float:
    """Largest distance of corresponding corners, as a share of the line's height."""
    apart = float(np.linalg.norm(one.quad - other.quad, axis=1).max())
    return apart / max(1.0, min(height_px(one.quad), height_px(other.quad)))


def _ring(one: Grey, other: Grey) -> str:
    """Tell "same", "other" or "unclear": what stands a line's height around two sightings, the line itself left out."""
    rim = np.ones((RING_PX, RING_WIDTH_PX), bool)
    rim[RING_PX // 4 : -RING_PX // 4] = False
    first, second = one[rim].astype(np.float64), other[rim].astype(np.float64)
    flat = [float(values.std()) < RING_FLAT for values in (first, second)]
    if all(flat):
        return "other" if abs(float(first.mean() - second.mean())) > LEVELS_APART else "unclear"
    if any(flat):
        return "other"
    alike = _correlation(first, second)
    return "same" if alike >= RING_SAME else "other" if alike < RING_OTHER else "unclear"


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    first, second = one - one.mean(), other - other.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / size if size > 1e-9 else 0.0


def line_size_px(box: Box) -> float:
    """Width times height of a line, by its square root [px]: how large it shows."""
    return float(np.sqrt(width_px(box.quad) * height_px(box.quad)))
