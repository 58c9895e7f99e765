"""The fine march: what exactly stands against the sky from a few places, with the ridges in front of it.

For the short list that a search with packed horizons leaves over. Rays take half a post's spacing a step on bilinear
ground and skip whole blocks that cannot rise above what they have seen, so they lose nothing by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.ground import Ground, effective_radius_m
from witnessmark.lines.terrain.horizon import View

SIDES = (8, 64)
STEP_CELLS = 0.5
GAP_SHARE = 0.05
INNER = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Skyline:
    """What one eye sees against the sky.

    Attributes
    ----------
    x_m, y_m : float
        Where it stands in the grid.
    eye_m : float
        Its height above the vertical datum.
    azimuth_deg : ndarray of float64, shape (n_azimuths,)
        True bearings.
    tangent : ndarray of float64, shape (n_azimuths,)
        Of the apparent elevation; NaN where nothing is known ahead.
    range_m : ndarray of float64, shape (n_azimuths,)
        How far the ridge is.
    on_filled : ndarray of bool, shape (n_azimuths,)
        The ridge stands on a filled void.
    reach_m : ndarray of float64, shape (n_azimuths,)
        Where data first end on that bearing; ridges beyond are not known.
    inner_tangent, inner_range_m : ndarray of float64, shape (n_azimuths, n_inner)
        Crests below the skyline behind which ground is hidden, nearest first; NaN beyond the last.
    """

    x_m: float
    y_m: float
    eye_m: float
    azimuth_deg: Floats
    tangent: Floats
    range_m: Floats
    on_filled: NDArray[np.bool_]
    reach_m: Floats
    inner_tangent: Floats
    inner_range_m: Floats


class Marcher:
    """A ground made ready for marching.

    Parameters
    ----------
    ground : Ground
    view : View or None
        How one looks; `nearest_m` is kept to the sample.
    step_cells : float
        Between samples, in posts' spacings.
    farthest_m : float
        Where rays end at the latest.
    inner : int
        Crests below the skyline that are kept a bearing, those with the widest gaps behind them.
    """

    def __init__(
        self,
        ground: Ground,
        view: View | None = None,
        *,
        step_cells: float = STEP_CELLS,
        farthest_m: float = np.inf,
        inner: int = INNER,
    ) -> None:
        from witnessmark.lines.terrain.march_kernels import highest_of_blocks

        if not 0.0 < step_cells <= 1.0:
            raise BadInputError(f"Steps of {step_cells} of a post's spacing.", "Take more than 0 and at most 1.")
        self.ground = ground
        self.view = View() if view is None else view
        self._step_cells, self._farthest_m, self._inner = step_cells, farthest_m, inner
        self._height_m = np.ascontiguousarray(ground.height_m, np.float32)
        blocks = []
        for side in SIDES:
            shape = (-(-(self._height_m.shape[0] - 1) // side), -(-(self._height_m.shape[1] - 1) // side))
            blocks.append(np.empty(shape, np.float32))
            highest_of_blocks(self._height_m, side, blocks[-1])
        self._fine, self._wide = blocks

    def forget_blocks(self) -> None:
        """Ask every sample from now on: slow, to measure what skipping saves and that it changes nothing."""
        self._fine[:], self._wide[:] = np.inf, np.inf

    def skyline(self, x_m: float, y_m: float, azimuth_deg: Floats, eye_m: float | None = None) -> Skyline:
        """Skyline and inner ridges from a place.

        Parameters
        ----------
        x_m, y_m : float
            In the grid.
        azimuth_deg : ndarray of float64, shape (n_azimuths,)
            True bearings.
        eye_m : float or None
            Height of the eye above the vertical datum; None: the view's above the ground.

        Returns
        -------
        Skyline

        Raises
        ------
        BadInputError
            When the place has no ground.
        """
        from witnessmark.lines.terrain.march_kernels import march_rays

        ground, view = self.ground, self.view
        at = np.array([x_m], np.float64), np.array([y_m], np.float64)
        stands_m = float(ground.height_at_m(*at)[0])
        if not np.isfinite(stands_m):
            raise BadInputError(
                f"There is no ground {x_m:.0f} m east and {y_m:.0f} m north of the region's middle.",
                "Choose a place inside the elevation data.",
            )
        eye = stands_m + view.eye_height_m if eye_m is None else float(eye_m)
        azimuth = np.ascontiguousarray(azimuth_deg, np.float64)
        in_grid = azimuth - float(ground.convergence_deg(*at)[0])
        bend = 0.5 / effective_radius_m(ground.lat_deg, in_grid, view.refraction_k)
        tangent, range_m, reach_m = (np.empty(len(azimuth)) for _ in range(3))
        inner = np.empty((len(azimuth), self._inner)), np.empty((len(azimuth), self._inner))
        place = (x_m - ground.west_m) / ground.spacing_m, (y_m - ground.south_m) / ground.spacing_m
        blocks = (self._height_m, self._fine, self._wide, SIDES, ground.spacing_m)
        limits = (self._step_cells, view.nearest_m, self._farthest_m, 2.0 * ground.spacing_m, GAP_SHARE)
        march_rays(*blocks, *place, eye, np.radians(in_grid), bend, *limits, tangent, range_m, reach_m, *inner)
        return Skyline(
            float(x_m),
            float(y_m),
            eye,
            azimuth,
            tangent,
            range_m,
            self._filled(place, in_grid, range_m),
            reach_m,
            *inner,
        )

    def _filled(self, place: tuple[float, float], in_grid_deg: Floats, range_m: Floats) -> NDArray[np.bool_]:
        """Whether any of the four posts around each ridge is a filled void."""
        away = np.nan_to_num(range_m) / self.ground.spacing_m
        column, row = (
            place[0] + np.sin(np.radians(in_grid_deg)) * away,
            place[1] + np.cos(np.radians(in_grid_deg)) * away,
        )
        rows, columns = self.ground.filled.shape
        i = np.clip(np.floor(row), 0, rows - 2).astype(np.intp)
        j = np.clip(np.floor(column), 0, columns - 2).astype(np.intp)
        filled = self.ground.filled
        return np.asarray(filled[i, j] | filled[i + 1, j] | filled[i, j + 1] | filled[i + 1, j + 1]) & np.isfinite(
            range_m
        )
