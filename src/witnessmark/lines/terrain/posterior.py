"""From fits and coarse scores to where the camera can have stood, and whether it stood here at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.refine import Fits

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
        Log odds that the camera stands elsewhere: a constant, a factor of the gap to the best rival [1/nat] and one of
        the log of the misfit over the line's own error; see `odds_outside`.
    """

    temperature: float
    coarse_temperature: float
    missed: float
    place_sd_m: float
    outside: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What is known of each place.

    Attributes
    ----------
    log_evidence : ndarray of float64, shape (n_rows, n_columns)
        Tempered, with the best pose; NaN where no ground is.
    fit : ndarray of intp, shape (n_rows, n_columns)
        The best fit in each cell; -1 where there is none.
    """

    log_evidence: Floats
    fit: NDArray[np.intp]


RIVAL_M = 1000.0
"""A fit so far off is another place."""
MOST_GAP_NATS = 12.0


def cells_of(
    fits: Fits, x_m: Floats, y_m: Floats, spacing_m: float, log_coarse: NDArray[np.float32], calibration: Calibration
) -> Cells:
    """Evidence of each place: of the best fit in its cell, and thinly of the coarse search everywhere.

    Parameters
    ----------
    fits : Fits
        Best first.
    log_coarse : ndarray of float32, shape (n_rows, n_columns)
        NaN where no ground is.
    """
    known = np.isfinite(log_coarse)
    best = np.full(known.shape, -1, np.intp)
    j = np.clip(np.rint((fits.place_m[:, 0] - x_m[0]) / spacing_m).astype(np.intp), 0, len(x_m) - 1)
    i = np.clip(np.rint((fits.place_m[:, 1] - y_m[0]) / spacing_m).astype(np.intp), 0, len(y_m) - 1)
    for k in range(len(fits.score) - 1, -1, -1):
        best[i[k], j[k]] = k
    chosen = np.sort(best[best >= 0])
    tempered = fits.score[chosen] / calibration.temperature
    total = log_sum(tempered)
    behind = np.where(known, log_coarse.astype(np.float64) / calibration.coarse_temperature, -np.inf)
    probability = np.exp(behind - log_sum(behind[known]))
    if len(chosen):
        ahead = spread_fits(x_m, y_m, fits.place_m[chosen], np.exp(tempered - total), calibration.place_sd_m)
        ahead = np.where(known, ahead, 0.0)
        probability = calibration.missed * probability + (1.0 - calibration.missed) * ahead / ahead.sum()
    else:
        total = 0.0
    with np.errstate(divide="ignore"):
        return Cells(np.where(known, np.log(probability) + total, np.nan), best)


def odds_outside(fits: Fits, sigma_deg: float, calibration: Calibration) -> float:
    """Log odds that the camera stood elsewhere, even before.

    Where it stood here, one place fits as well as the line is good, and its rivals worse; else the best is one of many
    that fit alike, and none so well.

    Parameters
    ----------
    fits : Fits
        Best first.
    sigma_deg : float
        Standard error of the line.
    """
    constant, of_gap, of_misfit = calibration.outside
    if not len(fits.score):
        return MOST_GAP_NATS
    off = np.hypot(*(fits.place_m - fits.place_m[0]).T)
    rivals = fits.score[off > RIVAL_M]
    gap = min(float(fits.score[0] - rivals[0]), MOST_GAP_NATS) if len(rivals) else MOST_GAP_NATS
    misfit = float(np.log(np.clip(fits.facts[0, 0] / max(sigma_deg, 1e-3), 0.2, 5.0)))
    return constant + of_gap * gap + of_misfit * misfit


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
