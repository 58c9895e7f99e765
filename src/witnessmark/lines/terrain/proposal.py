"""The skyline as a frame alone proposes it: where it runs, how sure each column is, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.column_chain import best_line, marginals
from witnessmark.lines.terrain.edge_finding import refine
from witnessmark.lines.terrain.sky_colours import gather
from witnessmark.lines.terrain.sky_evidence import COLOURS, CUT, Small, small_copy, summed
from witnessmark.lines.terrain.sky_model import SkyModel
from witnessmark.lines.terrain.sky_weights import (
    MODEL_WEIGHT,
    SIGMA_FLOOR_PX,
    STEPS,
    SURENESS,
    WEIGHTS,
)

Floats = NDArray[np.float64]

SMALLEST_SIDE_PX, MOST_PIXELS = 16, 200_000_000
RIGHT_SHARE = 1.0 / 120.0
"""A column is right when the line is off by less than this share of the frame's longer side: half a degree of sixty."""
SEEN_CHANCE = 0.5
"""A column has a skyline when that is at least so likely."""
LEAST_COLUMNS = 0.08
"""Share of the columns below which a frame has no skyline to propose."""

LINE, NO_SKY, NO_GROUND = 0, 1, 2
"""What a column shows: a skyline, ground up to the upper edge, or sky down to the lower one."""


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What a person said of a frame, on the copy it is reckoned on.

    Attributes
    ----------
    sure : ndarray of float64, shape (height, width)
        +1 where sky, -1 where ground was stroked.
    low, high : ndarray of float64, shape (width,)
        Least and most rows of sky a column can have.
    """

    sure: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A skyline as proposed.

    Attributes
    ----------
    width_px, height_px : int
    row_px : ndarray of float64, shape (width_px,)
        Of the line in the middle of each column, continuous from the frame's upper edge; NaN where there is none.
    sigma_px : ndarray of float64, shape (width_px,)
        Standard error if the line is right there; NaN where there is none.
    chance_right : ndarray of float64, shape (width_px,)
        That the line is off by less than `RIGHT_SHARE` of the longer side, as measured on rehearsed frames.
    shows : ndarray of uint8, shape (width_px,)
        LINE, NO_SKY or NO_GROUND.
    by : str
        What told sky from ground: "colours and edges", or a model with its SHA-256.
    reason : str or None
        Why there is no skyline.
    """

    width_px: int
    height_px: int
    row_px: Floats
    sigma_px: Floats
    chance_right: Floats
    shows: NDArray[np.uint8]
    by: str
    reason: str | None


def propose(rgb: NDArray[np.uint8], *, guide: Guide | None = None, model: SkyModel | None = None) -> Proposal:
    """Propose the skyline of a frame.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        Upright.
    guide : Guide or None
        What a person said, see `correcting.guide_of`.
    model : SkyModel or None
        A segmentation model of one's own; without it colours, textures and edges tell.

    Raises
    ------
    BadInputError
        When it is no colour frame, or too small or large; when the model cannot be used.
    """
    check_frame(rgb)
    height, width = rgb.shape[:2]
    small = small_copy(rgb)
    potential = _potential(small, guide, rgb, model)
    chance = marginals(potential, STEPS)
    state = best_line(potential, STEPS)
    rows = small.rgb.shape[0]
    no_sky, no_ground = chance[:, 0], chance[:, -1]
    shows = np.select([(state == 0), (state == rows)], [NO_SKY, NO_GROUND], LINE).astype(np.uint8)
    raw = _mass_about(chance, state, max(1, round(RIGHT_SHARE * max(small.rgb.shape[:2]))))
    scale = height / rows
    across = (np.arange(width) + 0.5) * len(state) / width - 0.5
    rough = np.interp(across, np.arange(len(state)), state * scale)
    nearest = np.clip(np.rint(across).astype(np.intp), 0, len(state) - 1)
    shows_full = shows[nearest]
    rough[shows_full != LINE] = np.nan
    row, edge_sigma = refine(rgb, rough, max(2, round(1.5 * scale)))
    row = np.where(np.isfinite(row), np.clip(row, 0.0, float(height)), np.nan)
    spread = np.interp(across, np.arange(len(state)), _spread(chance, state)) * scale
    sigma = np.where(np.isnan(edge_sigma), np.maximum(spread, 0.5 * scale), np.hypot(edge_sigma, SIGMA_FLOOR_PX))
    sigma[np.isnan(row)] = np.nan
    told = chance_right(np.interp(across, np.arange(len(state)), raw))
    seen = shows_full == LINE
    reason = _reason(seen, float(no_sky.mean()), float(no_ground.mean()))
    return Proposal(
        width,
        height,
        row,
        sigma,
        np.where(seen, told, 0.0),
        shows_full,
        "colours and edges" if model is None else f"{model.facts.path} (SHA-256 {model.facts.sha256})",
        reason,
    )


def check_frame(rgb: NDArray[np.uint8]) -> None:
    """Raise BadInputError unless it is a colour frame of a size that can be worked on."""
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise BadInputError(
            f"The frame is an array of shape {rgb.shape} and type {rgb.dtype}.",
            "Give RGB of 8 bits, shape (height, width, 3).",
        )
    if min(rgb.shape[:2]) < SMALLEST_SIDE_PX or rgb.shape[0] * rgb.shape[1] > MOST_PIXELS:
        raise BadInputError(
            f"The frame has {rgb.shape[1]} x {rgb.shape[0]} pixels.",
            f"Give one of at least {SMALLEST_SIDE_PX} pixels a side and at most {MOST_PIXELS} in all.",
        )


def chance_right(raw: Floats) -> Floats:
    """The chance that a column is right, from the chain's own chance, as measured (`benchmarks/results/skyline.md`)."""
    clipped = np.clip(raw, 1e-4, 1.0 - 1e-4)
    return np.asarray(1.0 / (1.0 + np.exp(-(SURENESS[0] + SURENESS[1] * np.log(clipped / (1.0 - clipped))))))


def _potential(small: Small, guide: Guide | None, rgb: NDArray[np.uint8], model: SkyModel | None) -> Floats:
    """What speaks for each border of each column [nats]: shape (width, height + 1)."""
    barred = None if guide is None else _barred(guide, small.rgb.shape[0] + 1)
    sure = None if guide is None else guide.sure
    found = gather(small, WEIGHTS, STEPS, sure, barred)
    potential = np.asarray(found @ WEIGHTS, np.float64)
    if model is not None:
        told = summed(model.odds(rgb, (small.rgb.shape[1], small.rgb.shape[0])))
        learned = found[:, :, [COLOURS, CUT]]
        potential += told * MODEL_WEIGHT - learned @ WEIGHTS[[COLOURS, CUT]]
    return potential if barred is None else np.where(barred, -np.inf, potential)


def _barred(guide: Guide, n_states: int) -> NDArray[np.bool_]:
    border = np.arange(n_states)
    barred = (border[None, :] < guide.low[:, None]) | (border[None, :] > guide.high[:, None])
    # Where two strokes of one column contradict one another, neither binds.
    barred[barred.all(axis=1)] = False
    return np.asarray(barred)


def _mass_about(chance: Floats, state: NDArray[np.intp], reach: int) -> Floats:
    """Chance that the border of each column lies within so many rows of the one taken."""
    total = np.concatenate([np.zeros((len(chance), 1)), np.cumsum(chance, axis=1)], axis=1)
    column = np.arange(len(chance))
    high = np.minimum(state + reach + 1, chance.shape[1])
    return np.asarray(total[column, high] - total[column, np.maximum(state - reach, 0)])


def _spread(chance: Floats, state: NDArray[np.intp], reach: int = 8) -> Floats:
    """Root mean square distance of the border from the one taken, of what lies near it [rows]."""
    away = np.arange(chance.shape[1])[None, :] - state[:, None]
    near = np.where(np.abs(away) <= reach, chance, 0.0)
    return np.asarray(np.sqrt((near * np.square(away)).sum(axis=1) / np.maximum(near.sum(axis=1), 1e-12)))


def _reason(seen: NDArray[np.bool_], no_sky: float, no_ground: float) -> str | None:
    if seen.mean() >= LEAST_COLUMNS:
        return None
    if no_sky >= no_ground:
        return "No sky is found in the frame, so that there is no skyline to follow."
    return "Nothing but sky is found in the frame, so that there is no skyline to follow."
