"""Elevation models as they come: a regular grid of latitudes and longitudes, and the sample inside matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.rehearsal.noise import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Elevations at the nodes of a regular WGS 84 grid.

    Attributes
    ----------
    name : str
    source : str
        Where it comes from, for the truth file.
    lat_deg : ndarray of float64, shape (n_rows,)
        Node latitudes, evenly spaced, rising or falling.
    lon_deg : ndarray of float64, shape (n_columns,)
        Node longitudes, evenly spaced, rising.
    elevation_m : ndarray of float64, shape (n_rows, n_columns)
        Heights above the model's vertical datum; no gaps.
    """

    name: str
    source: str
    lat_deg: Floats
    lon_deg: Floats
    elevation_m: Floats

    def __post_init__(self) -> None:
        shape = (len(self.lat_deg), len(self.lon_deg))
        if self.elevation_m.shape != shape or min(shape) < 4:
            raise BadInputError(
                f"Relief '{self.name}' has elevations of shape {self.elevation_m.shape} for {shape} nodes.",
                "Give one elevation a node, rows by latitude, at least 4 x 4.",
            )
        if not np.isfinite(self.elevation_m).all():
            raise BadInputError(f"Relief '{self.name}' has gaps.", "Fill them before rendering.")
        for what, axis in (("latitudes", self.lat_deg), ("longitudes", self.lon_deg)):
            steps = np.diff(axis)
            if not np.allclose(steps, steps[0], rtol=1e-6, atol=0.0) or steps[0] == 0.0:
                raise BadInputError(
                    f"The {what} of relief '{self.name}' are not evenly spaced.", "Resample it to a regular grid."
                )

    @property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """South, west, north, east of the outermost nodes [deg]."""
        return (
            float(self.lat_deg.min()),
            float(self.lon_deg.min()),
            float(self.lat_deg.max()),
            float(self.lon_deg.max()),
        )

    def contains(self, lat_deg: float, lon_deg: float, margin_deg: float = 0.0) -> bool:
        """Whether a place lies inside by at least a margin."""
        south, west, north, east = self.bounds_deg
        return south + margin_deg <= lat_deg <= north - margin_deg and west + margin_deg <= lon_deg <= east - margin_deg


def jacksboro_file() -> Path:
    """The sample as matplotlib brings it along; an elevation folder takes it as it is."""
    from matplotlib import cbook

    return Path(str(cbook.get_sample_data("jacksboro_fault_dem.npz", asfileobj=False)))


def jacksboro() -> Relief:
    """The elevation sample inside matplotlib: hills of the Jacksboro fault, 29 x 32 km, 3 arc-seconds.

    Returns
    -------
    Relief

    Notes
    -----
    Row 0 is the northernmost and ``ymax`` its northern edge. The file's ``ymin`` is wrong: ``ymax + 344 dy``
    where it should be ``ymax - 344 dy``. That this reading is right shows in the relief: the highest cell (1076 m)
    falls within 1 km of Cross Mountain, Tennessee (36.2 N, 84.23 W), the lowest on the Clinch River below Norris Dam.
    Edges are those of the outer cells, so the first node lies half a step inside.
    """
    with np.load(jacksboro_file()) as sample:
        elevation = np.asarray(sample["elevation"], dtype=np.float64)
        west, step_x = float(sample["xmin"]), float(sample["dx"])
        north, step_y = float(sample["ymax"]), float(sample["dy"])
    rows, columns = elevation.shape
    return Relief(
        name="jacksboro",
        source="matplotlib sample data jacksboro_fault_dem.npz (3 arc-seconds, WGS 84)",
        lat_deg=np.asarray(north - step_y * (np.arange(rows) + 0.5), dtype=np.float64),
        lon_deg=np.asarray(west + step_x * (np.arange(columns) + 0.5), dtype=np.float64),
        elevation_m=elevation,
    )
