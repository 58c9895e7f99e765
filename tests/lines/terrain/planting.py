"""A made relief in a folder, and skylines cast over it by plain sampling: none of the line's own code draws them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.lines.clips import item_of, write

from witnessmark.custody.hashes import Sha256
from witnessmark.desk.space import place_grid
from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Mark, Tools
from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.plain import Plain

Floats = NDArray[np.float64]

WEST, SOUTH, EAST, NORTH = 8.0, 46.3, 8.3, 46.5
STEP_DEG = 0.0006
REGION = (8.1335, 46.3925, 8.152, 46.405)
TRUTH = (46.3985, 8.1425)
"""Latitude and longitude of the camera."""
HEADING_DEG, PITCH_DEG, ROLL_DEG, HFOV_DEG = 140.0, 4.0, 1.5, 45.0
FRAME = (240, 136)
EARTH_M, REFRACTION_K = 6_371_000.0, 0.13
EYE_M = 1.7


@lru_cache(maxsize=1)
def heights() -> NDArray[np.float32]:
    """Rows from the north: mountains of several sizes, some 1,500 m from valley to crest."""
    rows, columns = round((NORTH - SOUTH) / STEP_DEG), round((EAST - WEST) / STEP_DEG)
    rng = np.random.default_rng(20310913)
    total = np.zeros((rows, columns), np.float32)
    for cell, tall_m in ((70, 900.0), (30, 420.0), (12, 150.0), (5, 40.0)):
        coarse = rng.uniform(0.0, 1.0, (rows // cell + 4, columns // cell + 4)).astype(np.float32)
        total += tall_m * cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray(600.0 + total, np.float32)


def write_relief(folder: Path) -> Path:
    """The relief as a grid in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / "made.npz", elevation=heights(), dx=STEP_DEG, dy=STEP_DEG, xmin=WEST, xmax=EAST, ymin=SOUTH, ymax=NORTH
    )
    return folder


def height_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Bilinear between the middles of the grid's cells; NaN outside."""
    row, column = (NORTH - lat_deg) / STEP_DEG - 0.5, (lon_deg - WEST) / STEP_DEG - 0.5
    held = cv2.remap(
        heights(),
        column.astype(np.float32),
        row.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float("nan"),
    )
    return np.asarray(held, np.float64)


def horizon_deg(lat_deg: float, lon_deg: float, azimuth_deg: Floats) -> Floats:
    """Apparent elevation of the skyline, by samples 12 m apart out to 14 km, over a round earth with refraction."""
    away = np.arange(30.0, 14_000.0, 12.0)[None, :]
    turn = np.radians(azimuth_deg)[:, None]
    lat = lat_deg + np.degrees(np.cos(turn) * away / EARTH_M)
    lon = lon_deg + np.degrees(np.sin(turn) * away / EARTH_M / np.cos(np.radians(lat_deg)))
    eye = float(height_m(np.array([[lat_deg]]), np.array([[lon_deg]]))[0, 0]) + EYE_M
    drop = away**2 * (1.0 - REFRACTION_K) / (2.0 * EARTH_M)
    return np.asarray(np.degrees(np.arctan(np.nanmax((height_m(lat, lon) - drop - eye) / away, axis=1))))


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera's pose [deg]."""

    heading_deg: float = HEADING_DEG
    pitch_deg: float = PITCH_DEG
    roll_deg: float = ROLL_DEG
    hfov_deg: float = HFOV_DEG


def skyline_px(shot: Shot, noise_px: float = 0.3, size: tuple[int, int] = FRAME) -> list[list[float]]:
    """Where the skyline stands in a frame, one point a column, with a normal error."""
    turn = np.linspace(-shot.hfov_deg / 2.0 - 6.0, shot.hfov_deg / 2.0 + 6.0, 700)
    up = np.radians(horizon_deg(*TRUTH, shot.heading_deg + turn))
    pitch, roll = np.radians(shot.pitch_deg), np.radians(shot.roll_deg)
    ahead, right, above = np.cos(up) * np.cos(np.radians(turn)), np.cos(up) * np.sin(np.radians(turn)), np.sin(up)
    depth, above = ahead * np.cos(pitch) + above * np.sin(pitch), above * np.cos(pitch) - ahead * np.sin(pitch)
    right, above = right * np.cos(roll) - above * np.sin(roll), above * np.cos(roll) + right * np.sin(roll)
    focal = 0.5 * size[0] / np.tan(np.radians(shot.hfov_deg) / 2.0)
    x, y = (size[0] - 1.0) / 2.0 + focal * right / depth, (size[1] - 1.0) / 2.0 - focal * above / depth
    columns = np.arange(1.0, size[0] - 1.0)
    rows = np.interp(columns, x, y) + np.random.default_rng(5).normal(0.0, noise_px, len(columns))
    return [[float(column), float(np.clip(row, 0.0, size[1]))] for column, row in zip(columns, rows, strict=True)]


def body(shot: Shot | None = None, **more: Plain) -> dict[str, Plain]:
    """A skyline as a file or a mark holds it."""
    line: list[Plain] = [list[Plain](point) for point in skyline_px(shot or Shot())]
    return {
        "image": {"width_px": FRAME[0], "height_px": FRAME[1]},
        "hfov_deg": [40.0, 50.0],
        "sigma_px": 0.6,
        "pitch_deg": [0.0, 5.0],
        "roll_deg": [0.0, 2.0],
        "skyline_px": line,
        **more,
    }


def mark(kind: str, fields: dict[str, Plain], at_s: float | None = 0.4, name: str = "M-1") -> Mark:
    return Mark(name, Sha256(bytes(32)), kind, "someone", at_s, fields)


def search(region: tuple[float, ...] = REGION, spacing_m: float = 250.0) -> Mark:
    return mark("search", {"region_deg": list(region), "spacing_m": spacing_m}, None, "M-2")


def over(region: tuple[float, float, float, float] = REGION, spacing_m: float = 300.0) -> Hypotheses:
    """Places of a region, over an hour."""
    alternatives = (
        Alternative("elsewhere", "It was filmed outside the region.", 0.2),
        Alternative("older-footage", "It was filmed before the time axis begins.", 0.1),
    )
    times = TimeAxis(dt.datetime(2031, 9, 13, tzinfo=dt.UTC), 600.0, 6)
    return Hypotheses(place_grid(*region, spacing_m), times, alternatives)


def cell_of(held: Hypotheses) -> int:
    """The cell of the truth."""
    grid = held.places
    east = (grid.lon_deg - TRUTH[1]) * np.cos(np.radians(TRUTH[0]))
    return int(np.argmin((grid.lat_deg - TRUTH[0]) ** 2 + east**2))


def plant_terrain(folder: Path) -> Planted:
    """A skyline marked in a clip, and the relief it was cast over in a folder."""
    path = write(folder / "planted.mp4", list(range(20)))
    held = over()
    return Planted(
        item=item_of(path),
        marks=(mark("skyline", body()), search()),
        tools=Tools(path, providers={"elevation:folder": FolderElevation(write_relief(folder / "elevation"))}),
        over=held,
        true_place=cell_of(held),
        true_instant=None,
        at_most_rank=0.08,
    )
