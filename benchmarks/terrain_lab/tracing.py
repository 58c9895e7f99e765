"""What is seen, as a camera frames it and a person traces it: pinhole frames, stitched pans, and their errors."""

from __future__ import annotations

import json

import numpy as np
from benchmarks.terrain_lab.cells import Cell
from benchmarks.terrain_lab.seen import Seen
from numpy.typing import NDArray

from witnessmark.lines.terrain.records import Pan
from witnessmark.rehearsal.noise import Floats
from witnessmark.rehearsal.views import Lens, Pose, project

LEAST_IN_FRAME, LEAST_RELIEF_DEG = 0.75, 0.5
WIDTH_PX, HEIGHT_PX = 1280, 960
PITCH_SD_DEG, ROLL_SD_DEG, FOV_SHARE = 5.0, 2.0, 0.1
SPIKES, SPIKE_DEG = 0.03, 6.0
EYE_M = 1.7
PAN_STEP_DEG, PAN_DRIFT_DEG = 0.5, 0.3
"""Between a pan's directions, and the standard error between its ends, in bearing and in elevation."""


def wide_deg(hfov: float, pose: Pose) -> float:
    """Bearings that a frame can show, with what pitch and roll add."""
    lens = Lens(WIDTH_PX, HEIGHT_PX, hfov)
    corner = np.hypot(WIDTH_PX, 0.25 * HEIGHT_PX) / 2.0 / lens.focal_px
    return float(min(175.0, 2.0 * np.degrees(np.arctan(corner)) / np.cos(np.radians(pose.pitch_deg)) + 12.0))


def _line(found: Seen, hfov: float, pose: Pose, x_px: Floats) -> Floats:
    """Row of the ridge in each column [px]; NaN where the frame shows none of the bearings cast."""
    bearing, tangent = np.radians(found.azimuth_deg), found.tangent
    towards = np.stack([np.sin(bearing), np.cos(bearing), tangent], axis=-1)
    column, row = project(Lens(WIDTH_PX, HEIGHT_PX, hfov), pose, towards)
    order = np.argsort(column)
    return np.asarray(np.interp(x_px, column[order], row[order], left=np.nan, right=np.nan))


def wrong(found: Seen, cell: Cell, hfov: float, pose: Pose) -> str:
    """Why a view is rejected; "" for one that is not."""
    if cell.pan:
        x, y = found.azimuth_deg, np.degrees(np.arctan(found.tangent))
    else:
        x = np.arange(4.0, WIDTH_PX, 8.0)
        row = _line(found, hfov, pose, x)
        shown = (row > 0.0) & (row < HEIGHT_PX)
        if shown.mean() < LEAST_IN_FRAME:
            return "outside the frame"
        x, y = x[shown], row[shown] * hfov / WIDTH_PX
    rest = y - np.polyval(np.polyfit(x - x.mean(), y, 1), x - x.mean())
    return "no relief" if rest.std() < LEAST_RELIEF_DEG else ""


def traced(
    found: Seen, cell: Cell, hfov: float, pose: Pose, rng: np.random.Generator, hinted: bool
) -> tuple[dict[str, object], tuple[tuple[float, float], ...]]:
    """The machine interface's form, and the line without noise."""
    step = int(rng.choice([4, 8, 16]))
    x = np.arange(step / 2.0, WIDTH_PX, step)
    row = _line(found, hfov, pose, x)
    px_a_degree = WIDTH_PX / 2.0 / np.tan(np.radians(cell.hfov_deg / 2.0)) * np.radians(1.0)
    drawn = row + px_a_degree * _noise(len(x), step / px_a_degree, cell.noise_deg, rng)
    shown = (row > 0.0) & (row < HEIGHT_PX) & (drawn > 0.0) & (drawn < HEIGHT_PX)
    gaps = _spans(x, ~shown, step)
    clean = tuple((float(a), round(float(b), 2)) for a, b in zip(x[shown], row[shown], strict=True))
    file: dict[str, object] = {
        "image": {"width_px": WIDTH_PX, "height_px": HEIGHT_PX},
        "hfov_deg": [cell.hfov_deg * (1.0 - FOV_SHARE), cell.hfov_deg * (1.0 + FOV_SHARE)],
        "eye_height_m": EYE_M,
        "sigma_px": round(px_a_degree * cell.noise_deg, 2),
        "skyline_px": [[float(a), round(float(b), 2)] for a, b in zip(x[shown], drawn[shown], strict=True)],
        "ignore_px": gaps,
        "pitch_deg": [0.0, PITCH_SD_DEG] if hinted else None,
        "roll_deg": [0.0, ROLL_SD_DEG] if hinted else None,
    }
    return file, clean


def stitched(
    found: Seen, cell: Cell, pose: Pose, rng: np.random.Generator
) -> tuple[Pan, tuple[tuple[float, float], ...]]:
    """A stitched pan: directions in its own frame, its scale and its drift off."""
    step, drift = PAN_STEP_DEG, PAN_DRIFT_DEG
    half = cell.hfov_deg / 2.0
    own = np.asarray(np.arange(-half, half + 1e-9, step))
    scale = float(rng.uniform(1.0 - FOV_SHARE, 1.0 + FOV_SHARE))
    bearing = np.radians(found.azimuth_deg)
    towards = np.stack([np.sin(bearing), np.cos(bearing), found.tangent], axis=-1)
    right, up, ahead = np.moveaxis(towards @ pose.axes().T, -1, 0)
    azimuth = np.degrees(np.arctan2(right, ahead))
    elevation = np.degrees(np.arctan2(up, np.hypot(right, ahead)))
    wander = [np.cumsum(rng.normal(0.0, drift / np.sqrt(len(own)), len(own))) for _ in range(2)]
    at = own * scale + wander[0] - wander[0].mean()
    order = np.argsort(azimuth)
    clean = np.interp(at, azimuth[order], elevation[order])
    line = (clean + wander[1] - wander[1].mean()) / scale + _noise(len(own), step, cell.noise_deg, rng)
    pan = Pan(
        tuple(float(a) for a in own),
        tuple(round(float(e), 4) for e in line),
        (cell.noise_deg,) * len(own),
        FOV_SHARE / float(np.sqrt(3.0)),
        (0.0, PITCH_SD_DEG),
        (0.0, ROLL_SD_DEG),
        drift,
        EYE_M,
    )
    return pan, tuple((float(a), round(float(e), 4)) for a, e in zip(own, clean, strict=True))


def _noise(n: int, step_deg: float, sd_deg: float, rng: np.random.Generator) -> Floats:
    """Error of a traced line [deg]: waves along it and from point to point, and a few points far off."""
    share, reach_deg = float(rng.uniform(0.0, 1.0)), float(np.exp(rng.uniform(np.log(0.1), np.log(1.5))))
    kernel = np.exp(-0.5 * (np.arange(-3.0 * reach_deg, 3.0 * reach_deg + step_deg, step_deg) / reach_deg) ** 2)
    white = rng.normal(0.0, 1.0, n + len(kernel) - 1)
    waves = np.convolve(white, kernel / np.sqrt((kernel**2).sum()), mode="valid")
    off = sd_deg * (np.sqrt(share) * waves + np.sqrt(1.0 - share) * rng.normal(0.0, 1.0, n))
    spikes = rng.random(n) < SPIKES
    return np.asarray(off + spikes * rng.uniform(-SPIKE_DEG, SPIKE_DEG, n))


def _spans(x: Floats, gone: NDArray[np.bool_], step: float) -> list[list[float]]:
    """Columns from and to of each run of what is gone."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], gone, [False]]).astype(int)))
    return [
        [float(x[a] - step / 2.0), float(x[b - 1] + step / 2.0)] for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]


def masked(file: dict[str, object], share: float, rng: np.random.Generator) -> dict[str, object]:
    """The same line with one to three stretches hidden: the line follows what hides it, and is to be ignored there."""
    text = json.loads(json.dumps(file))
    parts = int(rng.integers(1, 4))
    cuts = np.sort(rng.uniform(0.0, 1.0, parts - 1))
    lengths = np.diff(np.concatenate([[0.0], cuts, [1.0]])) * share * WIDTH_PX
    free = np.diff(np.concatenate([[0.0], np.sort(rng.uniform(0.0, 1.0, parts)), [1.0]])) * (1.0 - share) * WIDTH_PX
    spans, at = [], 0.0
    for gap, length in zip(free[:-1], lengths, strict=True):
        spans.append([round(at + gap, 1), round(at + gap + length, 1)])
        at += gap + length
    for point in text["skyline_px"]:
        if any(a <= point[0] <= b for a, b in spans):
            point[1] = max(0.0, point[1] - float(rng.uniform(40.0, 120.0)))
    text["ignore_px"] += spans
    return dict(text)
