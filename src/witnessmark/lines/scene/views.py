"""A few views of a recording, spread over its time and as unlike as its shots allow, decoded in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.media.records import Broken, Limits

Grey = NDArray[np.uint8]

SIDE_PX = 800
"""Longer side of a view [px]: finer detail of hand-held, re-encoded footage is mostly coding and grain."""
RATE_HZ = 2.0
HELD = 48
"""Views held while decoding; when there are more, every other one is let go and half as many are taken from then on."""
VIEWS = 8
"""Views compared: 64 pairs a pair of files."""
THUMB_WIDTH_PX = 64
SMALL_PX = 160
"""Longer side of the small versions by which copies are told [px]."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A grey picture and its presentation time [s]."""

    at_s: float
    grey: Grey


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """What was taken from a recording.

    Attributes
    ----------
    chosen : tuple of View
        At most `VIEWS`, in order of time.
    held : tuple of View
        All that were held, in order of time; the chosen are among them.
    stopped : str
        Why decoding ended early; empty when it did not.
    """

    chosen: tuple[View, ...]
    held: tuple[View, ...]
    stopped: str


@dataclass(slots=True)
class _Thinning:
    """Holds an even sample of a stream of unknown length."""

    views: list[View] = field(default_factory=list)
    step: int = 1
    count: int = 0

    def take(self, at_s: float, grey: Grey) -> None:
        """Keep every `step`-th picture; past `HELD`, let go of every other one."""
        if self.count % self.step == 0:
            self.views.append(View(at_s, grey))
            if len(self.views) > HELD:
                self.views = self.views[::2]
                self.step *= 2
        self.count += 1


def look(path: Path, limits: Limits) -> Views | Broken:
    """Decode a recording or photograph once and choose views.

    Parameters
    ----------
    path : Path
        A recording, or a photograph in a format the sandbox reads.
    limits : Limits

    Returns
    -------
    Views or Broken
    """
    thinning = _Thinning()
    sampled = media.sample(path, thinning.take, limits, rate_hz=RATE_HZ, max_side_px=SIDE_PX)
    if isinstance(sampled, Broken):
        return sampled
    held = tuple(thinning.views)
    stopped = "" if sampled.stopped is None else sampled.stopped.reason
    return Views(tuple(held[index] for index in choose([view.grey for view in held], VIEWS)), held, stopped)


def smaller(grey: Grey) -> Grey:
    """The picture with its longer side at `SMALL_PX`, or as it is when it is no larger."""
    scale = min(1.0, SMALL_PX / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return grey if scale == 1.0 else np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def choose(pictures: Sequence[Grey], at_most: int) -> list[int]:
    """Indices of pictures that are sharp and unlike one another, in order.

    Each next one is the picture farthest from those already chosen (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5),
    by the mean difference of small levelled versions, weighed by how sharp it is against the sharpest.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (height, width)
    at_most : int

    Returns
    -------
    list of int
        All of them when there are no more than `at_most`.
    """
    if len(pictures) <= at_most:
        return list(range(len(pictures)))
    small = np.stack([_thumb(picture) for picture in pictures])
    sharp = np.array([_sharpness(picture) for picture in pictures])
    weight = np.sqrt(sharp / max(float(sharp.max()), 1e-9))
    picked = [int(np.argmax(sharp))]
    apart = np.abs(small - small[picked[0]]).mean(axis=(1, 2))
    while len(picked) < at_most:
        value = (apart + 1e-3) * weight
        value[picked] = -1.0
        picked.append(int(np.argmax(value)))
        apart = np.minimum(apart, np.abs(small - small[picked[-1]]).mean(axis=(1, 2)))
    return sorted(picked)


def _thumb(picture: Grey) -> NDArray[np.float32]:
    """A small version with mean 0 and deviation 1, the same shape for every picture of a recording."""
    height = max(1, round(THUMB_WIDTH_PX * picture.shape[0] / picture.shape[1]))
    small = cv2.resize(picture, (THUMB_WIDTH_PX, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray((small - small.mean()) / max(float(small.std()), 4.0), np.float32)


def _sharpness(picture: Grey) -> float:
    """Mean size of the gradient over one of the smoothed picture's: detail rather than contrast alone."""
    fine = cv2.Laplacian(cv2.GaussianBlur(picture, (0, 0), 1.0), cv2.CV_32F)
    return float(np.mean(np.abs(fine)))
