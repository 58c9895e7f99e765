"""The clips of the split that is developed on, from a folder, cut into moments."""

from __future__ import annotations

from pathlib import Path

from benchmarks.copies_lab.split import Source

REFERENCE_S: dict[str, tuple[float, float]] = {
    "intel_bottle-detection": (0.0, 16.0),
    "intel_car-detection": (0.0, 13.0),
    "iscc_demo": (0.0, 28.0),
    "te_chair": (0.0, 10.0),
}
"""Long clips of one camera, room or thing are cut into moments: the reference, and these hard negatives later on."""
MOMENTS_S: dict[str, tuple[tuple[float, float], ...]] = {
    "intel_bottle-detection": ((20.0, 29.0), (31.0, 39.8)),
    "intel_car-detection": ((16.0, 22.5), (23.5, 30.0)),
    "iscc_demo": ((32.0, 44.0), (47.0, 60.0)),
    "te_chair": ((13.5, 22.3),),
}
DEV_SCENES = (1, 2, 3, 4, 5)


def from_folder(folder: Path) -> list[Source]:
    """Every clip of a folder, cut into moments where that is known."""
    files = sorted(path for path in folder.iterdir() if path.suffix in {".mp4", ".mkv", ".avi", ".webm", ".mov"})
    return [Source(path.stem, str(path), REFERENCE_S.get(path.stem), MOMENTS_S.get(path.stem, ())) for path in files]
