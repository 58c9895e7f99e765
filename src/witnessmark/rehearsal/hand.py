"""What a rehearsed analyst marks on a rendered clip: the truth as a hand would draw it, a little off and with gaps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from witnessmark.plain import Plain

SLIP_PX = 2.0
"""Standard deviation of a point set by hand [px]."""
FOV_SHARE = 0.1
"""A field of view is known to a tenth, as from the make of a telephone."""
POINT_EVERY = 6
"""A hand sets a point for so many columns of the truth's skyline."""
PAN = "pan"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mark as the desk takes it.

    Attributes
    ----------
    kind : str
    at_s : float
    body : dict
    """

    kind: str
    at_s: float
    body: dict[str, Plain]


def marks_of(truth: Path, seed: int) -> tuple[Drawn, ...]:
    """Skylines over the pan, an upright with its shadow, and labels of the sky, from a truth file.

    Parameters
    ----------
    truth : Path
        As `witnessmark.rehearsal.truth` writes it.
    seed : int
        Of the hand's slips.
    """
    held = json.loads(truth.read_text(encoding="utf-8"))
    rng = np.random.default_rng(seed)
    at_s = [float(each["pts_s"]) for each in held["skylines"]]
    skylines = [_skyline(held, each, rng) for each in held["skylines"]]
    shadow = _shadow(held, rng)
    labels = Drawn("weather-label", at_s[0], {"sky": "partly", "rain": False, "snow_on_ground": False})
    light = Drawn("sunlight", at_s[0], {"state": "sunlit"})
    return (*skylines, *([shadow] if shadow is not None else []), labels, light)


def _lens(held: dict[str, Any]) -> dict[str, Any]:
    lens: dict[str, Any] = held["camera"]["lens"]
    return lens


def _skyline(held: dict[str, Any], skyline: dict[str, Any], rng: np.random.Generator) -> Drawn:
    """One frame's line, thinned to the points a hand sets; columns behind something that stands there are left out."""
    lens = _lens(held)
    column = np.asarray(skyline["column_px"], np.float64)
    row = np.asarray([np.nan if each is None else each for each in skyline["row_px"]], np.float64)
    hidden = np.asarray(skyline["behind_prop"], bool)
    chosen = np.arange(POINT_EVERY // 2, column.size, POINT_EVERY)
    seen = chosen[np.isfinite(row[chosen]) & ~hidden[chosen] & (row[chosen] > 0.0)]
    points = [[round(float(column[at]), 1), round(float(row[at] + rng.normal(0.0, SLIP_PX)), 1)] for at in seen]
    fov = float(lens["horizontal_fov_deg"])
    body: dict[str, Plain] = {
        "image": {"width_px": int(lens["width_px"]), "height_px": int(lens["height_px"])},
        "hfov_deg": [round((1.0 - FOV_SHARE) * fov, 1), round((1.0 + FOV_SHARE) * fov, 1)],
        "eye_height_m": 1.7,
        "sigma_px": SLIP_PX,
        "skyline_px": [[x, y] for x, y in points],
        "ignore_px": _spans(column, hidden),
        "pan_name": PAN,
    }
    return Drawn("skyline", float(skyline["pts_s"]), body)


def _spans(column: NDArray[np.float64], hidden: NDArray[np.bool_]) -> list[Plain]:
    """Stretches of columns that something hides, a little wider than it is."""
    step = float(column[1] - column[0])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hidden, [False]]).astype(np.int8)))
    return [
        [round(float(column[first]) - 2.0 * step, 1), round(float(column[last - 1]) + 2.0 * step, 1)]
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]


def _shadow(held: dict[str, Any], rng: np.random.Generator) -> Drawn | None:
    """The first upright whose top, foot and shadow's tip all stand in the picture at once; None when there is none."""
    lens, times = _lens(held), held["frames"]["pts_s"]
    for prop in held["props"]:
        if not prop["casts_shadow"] or prop["kind"] not in ("pole", "marker"):
            continue
        for frame in range(0, len(times), 5):
            points = [prop[part]["pixel"][frame] for part in ("top", "foot", "shadow_tip")]
            seen = [prop[part]["visible"][frame] for part in ("top", "foot", "shadow_tip")]
            inside = all(
                point is not None and 0 < point[0] < lens["width_px"] and 0 < point[1] < lens["height_px"]
                for point in points
            )
            if inside and all(seen):
                slipped = [[round(float(axis + rng.normal(0.0, SLIP_PX)), 1) for axis in point] for point in points]
                body: dict[str, Plain] = {
                    "top_px": [*slipped[0]],
                    "base_px": [*slipped[1]],
                    "tip_px": [*slipped[2]],
                    "sigma_px": SLIP_PX,
                    "flat": None,
                }
                return Drawn("shadow", float(times[frame]), body)
    return None
