"""The place axis: square cells of equal area in a metric coordinate system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError


@dataclass(frozen=True, slots=True, eq=False)
class PlaceGrid:
    """A regular grid of places, row by row from south to north, west to east within a row.

    Attributes
    ----------
    crs : str
        The metric, equal-area coordinate system as a PROJ or WKT string, so that every cell is the same ground.
    spacing_m : float
        Side of a cell [m].
    x_m, y_m : ndarray of float64, shapes (n_columns,) and (n_rows,)
        Cell centres [m].
    lat_deg, lon_deg : ndarray of float64, shape (n_places,)
        Cell centres in WGS 84 [deg]; made by the caller with pyproj, as this room needs numpy only.
    """

    crs: str
    spacing_m: float
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]

    def __post_init__(self) -> None:
        n_places = len(self.x_m) * len(self.y_m)
        if n_places == 0 or self.lat_deg.shape != (n_places,) or self.lon_deg.shape != (n_places,):
            raise BadInputError(
                f"A place grid of {len(self.x_m)} x {len(self.y_m)} cells came with {self.lat_deg.size} latitudes.",
                "Give one latitude and longitude a cell, row by row from the south-west.",
            )
        if not self.spacing_m > 0:
            raise BadInputError(f"A place spacing of {self.spacing_m} m is not positive.", "Give it in metres above 0.")

    @property
    def n_places(self) -> int:
        """Number of cells."""
        return len(self.x_m) * len(self.y_m)

    @property
    def cell_area_km2(self) -> float:
        """Ground area of a cell [km2]."""
        return self.spacing_m * self.spacing_m / 1e6

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (south to north) and columns (west to east)."""
        return len(self.y_m), len(self.x_m)
