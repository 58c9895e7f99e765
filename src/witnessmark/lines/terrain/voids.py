"""Filling voids in a grid of heights from what stands around them: as smooth as can be, and never beyond it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

ROUNDS = 200


def fill(height_m: NDArray[np.float32], void: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Heights with voids filled.

    Parameters
    ----------
    height_m : ndarray of float32, shape (n_rows, n_columns)
        NaN in voids and wherever else nothing is known.
    void : ndarray of bool, same shape
        The posts to fill; other NaN stay.

    Returns
    -------
    ndarray of float32
        No filled post is higher than the highest or lower than the lowest known one.

    Notes
    -----
    A first guess comes from ever coarser means of the known posts (push-pull: Gortler et al. 1996,
    doi:10.1145/237170.237200); then every filled post is made the mean of its neighbours (Laplace's equation, Jacobi).
    """
    known = np.isfinite(height_m)
    if not void.any() or not known.any():
        return height_m
    result = np.where(void & ~known, _guess(height_m, known), height_m).astype(np.float32)
    return _relaxed(result, void & ~known)


def _guess(height_m: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Every post from the finest mean that knows anything there."""
    rows, columns = height_m.shape
    if known.all():
        return height_m
    if rows == 1 and columns == 1:
        return height_m
    padded = ((0, rows % 2), (0, columns % 2))
    weight = np.pad(known.astype(np.float32), padded)
    total = np.pad(np.where(known, height_m, 0.0), padded)
    shape = (weight.shape[0] // 2, 2, weight.shape[1] // 2, 2)
    weights, totals = weight.reshape(shape).sum(axis=(1, 3)), total.reshape(shape).sum(axis=(1, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        coarse = np.where(weights > 0, totals / weights, np.nan).astype(np.float32)
    coarse = _guess(coarse, weights > 0)
    wide = cv2.resize(coarse, (2 * coarse.shape[1], 2 * coarse.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.where(known, height_m, wide[:rows, :columns]).astype(np.float32)


def _relaxed(height_m: NDArray[np.float32], void: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Voids as the mean of their neighbours; a neighbour that is not known does not count."""
    i, j = np.nonzero(void)
    rows, columns = height_m.shape
    around = [
        np.clip(i + d_row, 0, rows - 1) * columns + np.clip(j + d_column, 0, columns - 1)
        for d_row, d_column in ((-1, 0), (1, 0), (0, -1), (0, 1))
    ]
    flat = height_m.ravel().astype(np.float64)
    own = i * columns + j
    counts = np.array([np.isfinite(flat[near]) for near in around])
    n_known = np.maximum(counts.sum(axis=0), 1)
    for _ in range(ROUNDS):
        total = np.zeros(len(own))
        for near, counted in zip(around, counts, strict=True):
            total += np.where(counted, flat[near], 0.0)
        flat[own] = total / n_known
    return flat.reshape(height_m.shape).astype(np.float32)
