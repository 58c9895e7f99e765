"""What is measured of each frame and each pan, as plain rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from benchmarks.skyline_lab.frames import Shown
from benchmarks.skyline_lab.hand import half_minute
from benchmarks.skyline_lab.peers import cut_line, gradient_line
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.correcting import correct, skyline_of
from witnessmark.lines.terrain.pan import Stitched, joined_frames
from witnessmark.lines.terrain.proposal import LINE, Proposal, propose
from witnessmark.lines.terrain.records import Skyline

Floats = NDArray[np.float64]

LEAST_CONTRAST = 0.03
"""Ridges of which the air leaves less are no skyline anyone could follow."""
WAYS = ("gradient", "GrabCut", "proposed", "proposed, sure columns", "after 30 s")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One frame, one way.

    Attributes
    ----------
    away_deg : ndarray of float64, shape (n,)
        How far off, of each column in which the skyline can be seen; inf where a line is missing.
    """

    frame: str
    group: str
    way: str
    away_deg: Floats
    cpu_s: float
    edits: int = 0
    spent_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """What was stated of the columns of one frame, and what is so.

    Attributes
    ----------
    chance : ndarray of float64, shape (n,)
        Of every column with a line, also where the air hides the skyline.
    right : ndarray of bool, shape (n,)
    off_sigmas : ndarray of float64, shape (m,)
        Errors over stated errors of the right ones.
    """

    frame: str
    chance: Floats
    right: NDArray[np.bool_]
    off_sigmas: Floats


def columns_of(shown: Shown) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """True row of each column of the frame, where it can be seen, and where it is known at all."""
    height, width = shown.rgb.shape[:2]
    at = np.arange(width) + 0.5
    truth = np.interp(at, shown.column_px, shown.row_px)
    step = float(np.median(np.diff(shown.column_px)))
    near = np.abs(at[:, None] - shown.column_px[None, :]).min(axis=1) <= step
    clear = np.interp(at, shown.column_px, shown.contrast) >= LEAST_CONTRAST
    free = np.interp(at, shown.column_px, shown.hidden.astype(np.float64)) < 0.01
    return truth, near & clear & free & (truth > 0.0) & (truth < height), near & free


def in_degrees(shown: Shown, away_px: Floats) -> Floats:
    """Pixels as angles in the middle of the frame."""
    width = shown.rgb.shape[1]
    return np.asarray(np.degrees(away_px * 2.0 * np.tan(np.radians(shown.hfov_deg) / 2.0) / width))


def frame_rows(shown: Shown, seed: int, by_hand: bool) -> tuple[list[Row], Stated]:
    """All ways on one frame."""
    truth, seen, known = columns_of(shown)

    def row(way: str, line: Floats, cpu_s: float, edits: int = 0, spent_s: float = 0.0) -> Row:
        away = np.abs(line - truth)[seen]
        return Row(
            shown.name,
            shown.group,
            way,
            in_degrees(shown, np.where(np.isnan(away), np.inf, away)),
            cpu_s,
            edits,
            spent_s,
        )

    rows = []
    peers: tuple[tuple[str, Callable[[NDArray[np.uint8]], Floats]], ...] = (
        ("gradient", gradient_line),
        ("GrabCut", cut_line),
    )
    for way, peer in peers:
        began = time.process_time()
        line = peer(shown.rgb)
        rows.append(row(way, line, time.process_time() - began))
    began = time.process_time()
    proposed = propose(shown.rgb)
    spent = time.process_time() - began
    rows.append(row("proposed", proposed.row_px, spent))
    sure = np.where(proposed.chance_right >= 0.5, proposed.row_px, np.nan)
    kept = seen & np.isfinite(sure)
    rows.append(Row(shown.name, shown.group, WAYS[3], in_degrees(shown, np.abs(sure - truth)[kept]), spent))
    if by_hand:
        began = time.process_time()
        done = half_minute(shown.rgb, truth, seen, seed)
        each = (time.process_time() - began) / (len(done.edits) + 1)
        rows.append(row(WAYS[4], done.corrected.proposal.row_px, each, len(done.edits), done.spent_s))
    return rows, _stated(shown, proposed, truth, seen, known)


def _stated(
    shown: Shown, proposed: Proposal, truth: Floats, seen: NDArray[np.bool_], known: NDArray[np.bool_]
) -> Stated:
    line = (proposed.shows == LINE) & known
    away = np.abs(proposed.row_px - truth)
    right = seen & (away <= max(shown.rgb.shape[:2]) / 120.0)
    good = line & right
    off = (proposed.row_px - truth)[good] / proposed.sigma_px[good]
    return Stated(shown.name, proposed.chance_right[line], right[line], off)


@dataclass(frozen=True, slots=True, eq=False)
class PanRow:
    """One pan stitched: what was found against what is so."""

    name: str
    lines: str
    refused: str
    span_deg: float = 0.0
    scale_error: float = 0.0
    scale_sd: float = 0.0
    drift_error_deg: float = 0.0
    drift_sd_deg: float = 0.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)
    tilt_sd_deg: tuple[float, float] = (0.0, 0.0)
    away_deg: Floats | None = None
    off_sigmas: Floats | None = None
    cpu_s: float = 0.0


def pan_row(frames: list[Shown], lines: str) -> PanRow:
    """A pan stitched from true or from proposed skylines, its field of view known to a tenth."""
    given = []
    for shown in frames:
        low, high = 0.9 * shown.hfov_deg, 1.1 * shown.hfov_deg
        if lines == "true":
            height, width = shown.rgb.shape[:2]
            inside = (shown.row_px > 0.0) & (shown.row_px < height)
            points = list(zip(shown.column_px[inside].tolist(), shown.row_px[inside].tolist(), strict=True))
            given.append((Skyline(width, height, tuple(points), 0.5, hfov_deg=(low, high)), shown.rgb))
        else:
            try:
                given.append((skyline_of(correct(shown.rgb, []), hfov_deg=(low, high)), shown.rgb))
            except BadInputError as error:
                return PanRow(frames[0].name, lines, str(error))
    began = time.process_time()
    try:
        found = joined_frames(given)
    except BadInputError as error:
        return PanRow(frames[0].name, lines, str(error))
    return _against(frames, lines, found, time.process_time() - began)


def _against(frames: list[Shown], lines: str, found: Stitched, cpu_s: float) -> PanRow:
    """Compare a stitched pan with the rehearsal's own directions: bearing and level are fitted, the rest is asked."""
    bearings, heights = [], []
    for shown in frames:
        rays = _rays(shown)
        bearings.append(np.degrees(np.arctan2(rays[:, 0], rays[:, 1])))
        heights.append(np.degrees(np.arctan2(rays[:, 2], np.hypot(rays[:, 0], rays[:, 1]))))
    heading = np.unwrap(np.radians([shown.heading_deg for shown in frames]))
    middle = float(np.degrees((heading.min() + heading.max()) / 2.0))
    azimuth = (np.concatenate(bearings) - middle + 180.0) % 360.0 - 180.0
    order = np.argsort(azimuth)
    azimuth, height = azimuth[order], np.concatenate(heights)[order]
    pan = found.pan
    at, up = np.array(pan.azimuth_deg), np.array(pan.elevation_deg)
    best: tuple[float, float, float, Floats, Floats] | None = None
    for scale in np.linspace(0.97, 1.03, 61):
        for turn in np.arange(-6.0, 6.01, 0.05):
            there = np.interp(at * scale + turn, azimuth, height)
            slope = np.column_stack([np.cos(np.radians(at)), np.sin(np.radians(at))])
            tilt = np.linalg.lstsq(slope, there - up * scale, rcond=None)[0]
            away = up * scale + slope @ tilt - there
            value = float(np.median(np.abs(away)))
            if best is None or value < best[0]:
                best = value, float(scale), turn, tilt, away
    assert best is not None
    _, _, _, tilt, away = best
    true_focal = 0.5 / np.tan(np.radians(frames[0].hfov_deg) / 2.0)
    focal = 0.5 / np.tan(np.radians(found.hfov_deg) / 2.0)
    span = float(at[-1] - at[0])
    scale_error = float(np.log(focal / true_focal))
    return PanRow(
        frames[0].name,
        lines,
        "",
        span,
        scale_error,
        pan.scale_sd,
        _turn_deg(found.axes[0], found.axes[-1]) * (1.0 + scale_error) - _turn_deg(_axes(frames[0]), _axes(frames[-1])),
        pan.drift_deg_sd,
        (float(tilt[0]), float(tilt[1])),
        (pan.pitch_deg[1], pan.roll_deg[1]),
        np.abs(away),
        away / np.array(pan.sigma_deg),
        cpu_s,
    )


def _turn_deg(one: Floats, other: Floats) -> float:
    """Angle of the rotation between two frames."""
    return float(np.degrees(np.arccos(np.clip((np.trace(one.T @ other) - 1.0) / 2.0, -1.0, 1.0))))


def _axes(shown: Shown) -> Floats:
    """A frame's right, up and forward, as columns, as the rehearsal has them."""
    from witnessmark.rehearsal.views import Pose

    return np.asarray(Pose(shown.heading_deg, shown.pitch_deg, shown.roll_deg).axes().T)


def _rays(shown: Shown) -> Floats:
    """True directions of a frame's skyline: east, north, up."""
    from witnessmark.rehearsal.views import Lens, Pose, rays

    height, width = shown.rgb.shape[:2]
    lens = Lens(width, height, shown.hfov_deg)
    return rays(lens, Pose(shown.heading_deg, shown.pitch_deg, shown.roll_deg), shown.column_px, shown.row_px)
