"""The frame's own colours and textures, learned as those of its sky and of its ground, in rounds with the line."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.column_chain import Steps, marginals
from witnessmark.lines.terrain.sky_evidence import COLOURS, CUT, Floats, Floats32, Small, border_features, summed

CUT_SIDE_PX = 240
"""Longer side of the copy that is cut."""
CLUSTERS = 24
SAMPLE = 6000
ROUNDS = 2
"""Rounds in which the colours of sky and ground are learned from the line and the line from them."""
CUT_ITERATIONS = 2
SURE = 0.97


class Mixture:
    """The frame's colours and textures in clusters, each with its odds of being sky.

    Parameters
    ----------
    small : Small
    """

    def __init__(self, small: Small) -> None:
        height, width = small.texture.shape
        coarse = cv2.GaussianBlur(small.texture, (0, 0), 5.0)
        level = np.broadcast_to(np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None], (height, width))
        light, green, blue = cv2.split(cv2.GaussianBlur(small.lab, (0, 0), 1.0))
        looks = np.stack([light / 12.0, green / 5.0, blue / 5.0, coarse * 1.5, small.texture * 0.7, level * 2.0], -1)
        flat = looks.reshape(-1, looks.shape[2]).astype(np.float32)
        rng = np.random.default_rng(0)
        drawn = flat[rng.choice(len(flat), min(SAMPLE, len(flat)), replace=False)]
        centres = _centres(drawn, min(CLUSTERS, len(drawn)), rng)
        near = np.square(centres).sum(axis=1) - 2.0 * flat @ centres.T
        self._of = near.argmin(axis=1)
        self._shape = (height, width)
        self._n = len(centres)

    def odds(self, sky: Floats, sure: Floats | None = None) -> Floats32:
        """Log odds of sky a pixel, from the share of sky in its cluster.

        Parameters
        ----------
        sky : ndarray of float64, shape (height, width)
            Chance of sky as believed so far.
        sure : ndarray of float64, shape (height, width), optional
            +1 where a person says sky, -1 ground, 0 nothing; counts twenty-fold.
        """
        flat = sky.ravel()
        weight = np.ones(len(flat))
        if sure is not None:
            told = sure.ravel()
            flat = np.where(told > 0, 1.0, np.where(told < 0, 0.0, flat))
            weight = np.where(told != 0, 20.0, 1.0)
        for_sky = np.bincount(self._of, weight * flat, self._n)
        for_ground = np.bincount(self._of, weight * (1.0 - flat), self._n)
        prior = 0.002 * len(flat)
        # Relative to how much of either there is, so that a strip of sky does not drown in the ground's colours.
        found = np.log((for_sky + prior) / (for_sky.sum() + self._n * prior)) - np.log(
            (for_ground + prior) / (for_ground.sum() + self._n * prior)
        )
        return np.asarray(np.clip(found, -4.0, 4.0)[self._of].reshape(self._shape) / 4.0, np.float32)


def _centres(drawn: Floats32, count: int, rng: np.random.Generator) -> Floats32:
    """Centres of clusters: seeded far apart (Arthur & Vassilvitskii 2007, k-means++), then eight Lloyd rounds."""
    centres = [drawn[int(rng.integers(len(drawn)))]]
    nearest = np.full(len(drawn), np.inf)
    for _ in range(count - 1):
        nearest = np.minimum(nearest, np.square(drawn - centres[-1]).sum(axis=1))
        total = float(nearest.sum())
        chosen = rng.choice(len(drawn), p=nearest / total) if total > 0.0 else rng.integers(len(drawn))
        centres.append(drawn[int(chosen)])
    found = np.stack(centres)
    for _ in range(8):
        belongs = (np.square(found).sum(axis=1) - 2.0 * drawn @ found.T).argmin(axis=1)
        size = np.bincount(belongs, minlength=count)
        moved = np.stack([np.bincount(belongs, drawn[:, k], count) for k in range(drawn.shape[1])], -1)
        found = np.where(size[:, None] > 0, moved / np.maximum(size, 1)[:, None], found).astype(np.float32)
    return np.asarray(found, np.float32)


def first_guess(small: Small) -> Floats:
    """Chance of sky a pixel before any line: high, smooth and light for the frame."""
    level = np.linspace(1.0, -1.0, len(small.texture))[:, None]
    light = small.lab[:, :, 0] - float(np.median(small.lab[:, :, 0]))
    calm = cv2.GaussianBlur(small.texture, (0, 0), 3.0)
    return np.asarray(1.0 / (1.0 + np.exp(-(3.0 * level + 0.04 * light - 1.5 * calm))), np.float64)


def cut(small: Small, sky: Floats, sure: Floats | None = None) -> Floats32:
    """Sky (+1) and ground (-1) a pixel as GrabCut parts them, seeded by what is believed so far.

    References
    ----------
    Rother, Kolmogorov & Blake 2004, doi:10.1145/1015706.1015720.
    """
    height, width = sky.shape
    share = min(1.0, CUT_SIDE_PX / max(height, width))
    size = max(4, round(width * share)), max(4, round(height * share))
    picture = cv2.resize(small.rgb, size, interpolation=cv2.INTER_AREA)
    belief = cv2.resize(sky, size, interpolation=cv2.INTER_AREA)
    mask = np.where(belief > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[belief > SURE], mask[belief < 1.0 - SURE] = cv2.GC_FGD, cv2.GC_BGD
    if sure is not None:
        told = cv2.resize(sure, size, interpolation=cv2.INTER_AREA)
        mask[told > 0.1], mask[told < -0.1] = cv2.GC_FGD, cv2.GC_BGD
    either = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if min(int(either.sum()), int((~either).sum())) < 20:
        return np.where(cv2.resize(belief, (width, height)) > 0.5, 1.0, -1.0).astype(np.float32)
    cv2.setRNGSeed(0)
    found, _, _ = cv2.grabCut(
        picture, mask, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), CUT_ITERATIONS, cv2.GC_INIT_WITH_MASK
    )
    parted = np.where(np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD)), 1.0, -1.0).astype(np.float32)
    return np.asarray(cv2.resize(parted, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def believed(chance: Floats) -> Floats:
    """Chance of sky a pixel from the chance of each border: shape (height, width)."""
    return np.asarray(np.cumsum(chance[:, ::-1], axis=1)[:, ::-1][:, 1:].T, np.float64)


def gather(
    small: Small, weights: Floats, steps: Steps, sure: Floats | None = None, barred: NDArray[np.bool_] | None = None
) -> Floats32:
    """All features of all borders: colours learned in rounds, then the cut.

    Parameters
    ----------
    small : Small
    weights : ndarray of float64, shape (n_features,)
    steps : Steps
    sure : ndarray of float64, shape (height, width), optional
        What a person said, see `Mixture.odds`.
    barred : ndarray of bool, shape (width, height + 1), optional
        Borders that cannot be.

    Returns
    -------
    ndarray of float32, shape (width, height + 1, n_features)
    """
    found = border_features(small)
    mixture = Mixture(small)
    sky = first_guess(small)
    for _ in range(ROUNDS):
        found[:, :, COLOURS] = summed(mixture.odds(sky, sure))
        potential = np.asarray(found @ weights, np.float64)
        # Before the cut is known, the colours speak for it.
        potential += found[:, :, COLOURS] * weights[CUT]
        sky = believed(marginals(potential if barred is None else np.where(barred, -np.inf, potential), steps))
    found[:, :, COLOURS] = summed(mixture.odds(sky, sure))
    found[:, :, CUT] = summed(cut(small, sky, sure))
    return found
