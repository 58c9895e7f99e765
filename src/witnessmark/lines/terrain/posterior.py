"""From fits and coarse scores to where the camera can have stood, and whether it stood here at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the posterior is tempered by; measured, see `limits`.

    Attributes
    ----------
    temperature : float
        Differences of refined log densities are divided by it.
    coarse_temperature : float
        The same of the coarse ones.
    missed : float
        Probability that the true place is not among the refined ones though it lies in the region.
    place_sd_m : float
        Standard error of a refined place.
    outside : tuple of float
        Log odds that the camera stands elsewhere: a constant, and factors of the misfit and of the gap; see `odds`.
    """

    temperature: float
    coarse_temperature: float
    missed: float
    place_sd_m: float
    outside: tuple[float, float, float]


def log_sum(values: Floats) -> float:
    """Log of the sum of exponentials; -inf of none."""
    if not len(values):
        return -np.inf
    top = float(np.max(values))
    return top + float(np.log(np.exp(values - top).sum())) if np.isfinite(top) else top


def spread_fits(x_m: Floats, y_m: Floats, place_m: Floats, weight: Floats, sd_m: float) -> Floats:
    """Probability in each cell when every fit's is spread about it by a normal error; sums to that of the weights.

    Parameters
    ----------
    x_m, y_m : ndarray of float64, shapes (n_columns,) and (n_rows,)
        Middles of the cells.
    place_m : ndarray of float64, shape (n, 2)
    weight : ndarray of float64, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n_rows, n_columns)
    """
    total = np.zeros((len(y_m), len(x_m)))
    cell_m = float(x_m[1] - x_m[0]) if len(x_m) > 1 else (float(y_m[1] - y_m[0]) if len(y_m) > 1 else 1.0)
    reach = int(np.ceil(4.0 * sd_m / cell_m)) + 1
    for (x, y), w in zip(place_m, weight, strict=True):
        j, i = round((x - x_m[0]) / cell_m), round((y - y_m[0]) / cell_m)
        rows = slice(max(0, i - reach), min(len(y_m), i + reach + 1))
        columns = slice(max(0, j - reach), min(len(x_m), j + reach + 1))
        across = _shares(x_m[columns] - x, cell_m, sd_m)
        up = _shares(y_m[rows] - y, cell_m, sd_m)
        part = up[:, None] * across
        if part.sum() > 0.0:
            total[rows, columns] += w * part / part.sum()
    return total


def region_km2(probability: Floats, held: float, cell_km2: float) -> float:
    """Area of the smallest set of cells that holds so much of all."""
    ranked = np.sort(probability[probability > 0.0])[::-1]
    if not len(ranked):
        return 0.0
    return float((np.searchsorted(np.cumsum(ranked), held * ranked.sum()) + 1) * cell_km2)


def _shares(off_m: Floats, cell_m: float, sd_m: float) -> Floats:
    """A normal error's share in cells so far off."""
    edge = np.concatenate([off_m - cell_m / 2.0, off_m[-1:] + cell_m / 2.0]) if len(off_m) else np.zeros(1)
    t = edge / sd_m
    # Abramowitz & Stegun 26.2.17 is good to 7.5e-8, far below what is known of the error.
    k = 1.0 / (1.0 + 0.2316419 * np.abs(t))
    poly = k * (0.319381530 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))
    tail = np.exp(-0.5 * t * t) / np.sqrt(2.0 * np.pi) * poly
    below = np.where(t >= 0.0, 1.0 - tail, tail)
    return np.asarray(np.diff(below), np.float64)
