"""The skyline as a frame alone proposes it: where it runs, how sure each column is, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.column_chain import best_line, marginals
from witnessmark.lines.terrain.edge_finding import refine
from witnessmark.lines.terrain.sky_colours import gather
from witnessmark.lines.terrain.sky_evidence import COLOURS, CUT, Floats32, Small, small_copy, summed
from witnessmark.lines.terrain.sky_model import SkyModel
from witnessmark.lines.terrain.sky_weights import STEPS, SURENESS, WEIGHTS
from witnessmark.lines.terrain.sureness import chance_of, signs_of

Floats = NDArray[np.float64]

SMALLEST_SIDE_PX, MOST_PIXELS = 16, 200_000_000
LEAST_COLUMNS = 0.08
"""Share of the columns that must show a line, and be expected right, for a frame to have a skyline to propose."""
SIGMA_FLOOR_PX = 0.8
"""Of a right line on rehearsed frames of 640 to 1280 pixels, measured: trees and blur, not the fit, set it."""
MODEL_WEIGHT = 1.0
"""What a model's sky and ground weigh: as much as the frame's own colours about do. No model was at hand to fit it."""

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
        That the line is off by less than `sureness.RIGHT_SHARE` of the longer side, as measured on rehearsed frames.
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
    found, potential = _potential(small, guide, rgb, model)
    chance = marginals(potential, STEPS)
    state = best_line(potential, STEPS)
    rows, n_columns = small.rgb.shape[0], len(state)
    shows = np.select([state == 0, state == rows], [NO_SKY, NO_GROUND], LINE).astype(np.uint8)
    told = np.where(shows == LINE, chance_of(signs_of(found, chance, state), SURENESS), 0.0)
    scale = height / rows
    across = (np.arange(width) + 0.5) * n_columns / width - 0.5
    nearest = np.clip(np.rint(across).astype(np.intp), 0, n_columns - 1)
    seen = shows[nearest] == LINE
    rough = np.where(seen, np.interp(across, np.arange(n_columns), state * scale), np.nan)
    row, edge_sigma = refine(rgb, rough, max(2, round(1.5 * scale)))
    row = np.clip(row, 0.0, float(height))
    spread = np.interp(across, np.arange(n_columns), _spread(chance, state)) * scale
    sigma = np.where(np.isnan(edge_sigma), np.maximum(spread, 0.5 * scale), np.hypot(edge_sigma, SIGMA_FLOOR_PX))
    return Proposal(
        width,
        height,
        row,
        np.where(seen, sigma, np.nan),
        np.where(seen, np.interp(across, np.arange(n_columns), told), 0.0),
        shows[nearest],
        "colours and edges" if model is None else f"{model.facts.path} (SHA-256 {model.facts.sha256})",
        _reason(shows, told),
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


def _potential(
    small: Small, guide: Guide | None, rgb: NDArray[np.uint8], model: SkyModel | None
) -> tuple[Floats32, Floats]:
    """The features of all borders, and what speaks for each of them [nats]: shape (width, height + 1)."""
    barred = None if guide is None else _barred(guide, small.rgb.shape[0] + 1)
    sure = None if guide is None else guide.sure
    found = gather(small, WEIGHTS, STEPS, sure, barred)
    potential = np.asarray(found @ WEIGHTS, np.float64)
    if model is not None:
        told = summed(model.odds(rgb, (small.rgb.shape[1], small.rgb.shape[0])))
        learned = found[:, :, [COLOURS, CUT]]
        potential += told * MODEL_WEIGHT - learned @ WEIGHTS[[COLOURS, CUT]]
    return found, potential if barred is None else np.where(barred, -np.inf, potential)


def _barred(guide: Guide, n_states: int) -> NDArray[np.bool_]:
    border = np.arange(n_states)
    barred = (border[None, :] < guide.low[:, None]) | (border[None, :] > guide.high[:, None])
    # Where two strokes of one column contradict one another, neither binds.
    barred[barred.all(axis=1)] = False
    return np.asarray(barred)


def _spread(chance: Floats, state: NDArray[np.intp], reach: int = 8) -> Floats:
    """Root mean square distance of the border from the one taken, of what lies near it [rows]."""
    away = np.arange(chance.shape[1])[None, :] - state[:, None]
    near = np.where(np.abs(away) <= reach, chance, 0.0)
    return np.asarray(np.sqrt((near * np.square(away)).sum(axis=1) / np.maximum(near.sum(axis=1), 1e-12)))


def _reason(shows: NDArray[np.uint8], told: Floats) -> str | None:
    """Why there is no skyline to propose, from what columns show and how likely each is right."""
    if (shows == LINE).mean() < LEAST_COLUMNS:
        if (shows == NO_SKY).sum() >= (shows == NO_GROUND).sum():
            return "No sky is found in the frame, so that there is no skyline to follow."
        return "Nothing but sky is found in the frame, so that there is no skyline to follow."
    if told.mean() < LEAST_COLUMNS:
        return "No line in the frame is likely enough to be the skyline."
    return None
