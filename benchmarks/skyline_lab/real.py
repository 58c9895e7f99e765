"""Real frames: where their skyline is, traced coarsely by eye, and frames that show none. Numbers only.

Places are hundredths of the frame's width and height, good to about half of one. What lies between traced pieces was
not traced (foliage that the sky shines through, snow against cloud). A row of -100 says that the column shows no sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.skyline_lab.frames import Shown

from witnessmark import media

ASSUMED_FOV_DEG = 60.0
LONGER_SIDE_PX = 1600
STEP_PX = 4

Piece = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Traced:
    """A frame of a file and the pieces of its skyline; none for a frame without one."""

    path: str
    at_s: float
    pieces: tuple[Piece, ...]


def _piece(told: str) -> Piece:
    """Places in hundredths of the frame's width and height, from left to right."""
    places = (entry.split(",") for entry in told.split())
    return tuple((float(x) / 100.0, float(y) / 100.0) for x, y in places)


_ROAD_1 = (
    _piece(
        "0,39.5 5,39.5 5.8,42.5 10,44 15,44.7 20,45.7 25,46.8 30,47.8 33,47.1 37,46.1 41,46.8 "
        "45,47.7 50,48.1 55.5,47.7 58,47.4 60,45.5 62.5,46 63.5,47.5 64.5,44.5 67,43.2 70,42.8 "
        "72,43 74,42.5 76,41 79,39.5"
    ),
)
_ROAD_2 = (
    _piece(
        "0,40 4,41.5 8,42.8 12,43.3 16,44.2 20,45.5 25,46.1 28,47 30,47.8 33,47.3 37,46.1 41,46.7 "
        "45,47.7 50,48 55.5,47.7 56,46 57.5,46.2 59,47.5 60,45 61.5,44.3 62.5,43 64.5,42.8 "
        "65.5,44"
    ),
    _piece("75,40.2 77,40.8 80,40.5"),
    _piece("83,31.5 85,30 88,29.5 88.5,26.2 90,25 93,22.5 95,22.5 99,24"),
)
_CHURCH = (
    _piece("11,6 15,9 19.5,12.2"),
    _piece("20.2,24.7 25,27 30,29 34,30.3"),
    _piece("36.8,25 40,23 45,20 48.5,16.3 51.4,15.8"),
    _piece("51.8,5 55,2.5 58.5,0.5 60.8,2"),
    _piece("65.7,22 66.5,20.3 69,21 70,22.5 71,28 72,33 73,37"),
)
_STREET = (
    _piece("0,-100 29,-100"),
    _piece("38,7 39,5.5 45,6.3 50,7.2 54,8.2"),
    _piece("55,51.5 56,50 58,42 59.7,34.5 62,34 65,32.5 66,28 68,21 70,14.5 71,13 74,13 75,10 77,3.5 79,1.7"),
    _piece("83,-100 100,-100"),
)
_TREES = (
    _piece(
        "37.5,58 39,56.5 40.5,55 41.5,57 43,52 45,49.5 47,50.5 50,50 53,53 54.5,56 55,45 56,42 "
        "58,40 60,40 61.5,35 64,34.5 66.5,36 67.5,30 68.5,28.5 70,31 73,37 74.5,42"
    ),
)
_GLACIER = (
    _piece("0,-100 24,-100"),
    _piece("42,1 43,1.5 46,3 49,4.5 52,5.5 56,5.3 60,5.5 63,5.3 65.5,4 67,2 68.5,0.8"),
    _piece("72,-100 100,-100"),
)

TRACED = (
    Traced("videos/carnd_solidWhiteRight.mp4", 1.0, _ROAD_1),
    Traced("videos/carnd_solidWhiteRight.mp4", 7.0, _ROAD_2),
    Traced("sun/arezzo_DSCN0027.jpg", 0.0, _CHURCH),
    Traced("sun/arezzo_DSCN0042.jpg", 0.0, _STREET),
    Traced("sun/portland_DSC00001.jpg", 0.0, _TREES),
    Traced("dem/engabreen_IMG_8902.jpg", 0.0, _GLACIER),
)
WITHOUT = tuple(
    Traced(path, 0.0 if path.endswith("jpg") else 2.0, ())
    for path in (
        "videos/intel_asl_book.mkv",
        "videos/intel_bottle-detection.mp4",
        "videos/intel_car-detection.mp4",
        "videos/iscc_demo.mp4",
        "videos/sam2_01_dog.mp4",
        "videos/sam2_02_cups.mp4",
        "videos/skv_bikes.mp4",
        "videos/te_chair.mp4",
        "videos/te_doorknob.mp4",
        "videos/te_pattern.mp4",
        "sun/arezzo_DSCN0021.jpg",
    )
)


def shown(traced: Traced, folder: Path) -> Shown | None:
    """The frame with its traced columns; None when the file is not there."""
    path = folder / traced.path
    if not path.is_file():
        return None
    still = media.still_at(path, traced.at_s, max_side_px=LONGER_SIDE_PX)
    if isinstance(still, media.Broken):
        raise RuntimeError(f"{path}: {still.reason}")
    height, width = still.rgb.shape[:2]
    columns, rows = [], []
    for piece in traced.pieces:
        x, y = np.array(piece).T
        at = np.arange(np.ceil(x[0] * width / STEP_PX) * STEP_PX, x[-1] * width, STEP_PX)
        columns.append(at)
        rows.append(np.interp(at, x * width, y * height))
    column = np.concatenate(columns) if columns else np.zeros(0)
    row = np.concatenate(rows) if rows else np.zeros(0)
    name = f"{Path(traced.path).stem} {traced.at_s:g} s"
    return Shown(name, "real", still.rgb, column, row, np.zeros(len(row), bool), np.ones(len(row)), ASSUMED_FOV_DEG)
