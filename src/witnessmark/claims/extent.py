"""How much ground a claimed place covers, and how much of it the grid does."""

from __future__ import annotations

import numpy as np
import pyproj
from numpy.typing import NDArray

from witnessmark.claims.places import AnyOf, Region, bounds_deg
from witnessmark.hypotheses.places import PlaceGrid

WGS84_A_KM, WGS84_E = 6378.137, 0.0818191908426
"""Semi-major axis [km] and first eccentricity of WGS 84 (NGA.STND.0036, table 3.1 and derived)."""
SAMPLES = 160
"""Sample points a side for each part of a place: an error of about a percent."""


def area_and_share(region: Region, grid: PlaceGrid) -> tuple[float | None, float | None]:
    """Area of a region and the share of it on the grid.

    Parameters
    ----------
    region : Region
        Without names left to look up.
    grid : PlaceGrid

    Returns
    -------
    area_km2 : float or None
        None when the region reaches round the earth.
    share : float or None
        0 to 1; None when the area is None or 0.

    Notes
    -----
    Each part of a union is sampled on its own bounds, less the parts before it, so that small parts far from one
    another are seen. Every sample stands for its own area on the ellipsoid.
    """
    parts = _parts(region)
    total_km2 = on_grid_km2 = 0.0
    for index, part in enumerate(parts):
        bounds = bounds_deg(part)
        if bounds is None:
            return None, None
        lats, lons, areas_km2 = _points(bounds)
        inside = part.holds(lats, lons)
        for earlier in parts[:index]:
            inside &= ~earlier.holds(lats, lons)
        areas_km2, lats, lons = areas_km2[inside], lats[inside], lons[inside]
        total_km2 += float(np.sum(areas_km2))
        on_grid_km2 += float(np.sum(areas_km2[_on_grid(lats, lons, grid)]))
    return total_km2, on_grid_km2 / total_km2 if total_km2 > 0.0 else None


def _parts(region: Region) -> tuple[Region, ...]:
    """A union's parts, unions within it included."""
    if isinstance(region, AnyOf):
        return tuple(leaf for part in region.parts for leaf in _parts(part))
    return (region,)


def _points(
    bounds: tuple[float, float, float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes [deg] over a box, and the area [km2] each stands for.

    Notes
    -----
    A zone of the ellipsoid between two parallels has the area a^2 dlon (q2 - q1) / 2.

    References
    ----------
    J. P. Snyder, Map Projections: A Working Manual, USGS Prof. Paper 1395 (1987), eq. 3-12, doi:10.3133/pp1395.
    """
    west, south, east, north = bounds
    edges_deg = np.linspace(max(south, -90.0), min(north, 90.0), SAMPLES + 1)
    sines = np.sin(np.deg2rad(edges_deg))
    q = (1 - WGS84_E**2) * (sines / (1 - (WGS84_E * sines) ** 2) + np.arctanh(WGS84_E * sines) / WGS84_E)
    row_km2 = 0.5 * WGS84_A_KM**2 * np.deg2rad(east - west) * np.diff(q) / SAMPLES
    lat_deg = 0.5 * (edges_deg[1:] + edges_deg[:-1])
    lon_deg = (west + (east - west) * (np.arange(SAMPLES) + 0.5) / SAMPLES + 180.0) % 360.0 - 180.0
    lats, lons = np.meshgrid(lat_deg, lon_deg, indexing="ij")
    return lats.ravel(), lons.ravel(), np.repeat(row_km2, SAMPLES)


def _on_grid(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], grid: PlaceGrid) -> NDArray[np.bool_]:
    """Which points lie on a cell of the grid."""
    to_grid = pyproj.Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True)
    x_m, y_m = to_grid.transform(lon_deg, lat_deg)
    half_m = 0.5 * grid.spacing_m
    inside: NDArray[np.bool_] = (
        (x_m >= grid.x_m[0] - half_m)
        & (x_m <= grid.x_m[-1] + half_m)
        & (y_m >= grid.y_m[0] - half_m)
        & (y_m <= grid.y_m[-1] + half_m)
    )
    return inside
