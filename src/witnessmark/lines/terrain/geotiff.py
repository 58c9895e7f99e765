"""The posterior as a GeoTIFF that any map program opens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.elevation_raster import need_rasterio
from witnessmark.lines.terrain.records import Located

NODATA = -1.0


def posterior(located: Located) -> NDArray[np.float64]:
    """Probability of each searched place; with `Located.p_outside_region` they sum to 1. NaN where no ground is.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_columns)
        Rows from the south.

    Raises
    ------
    BadInputError
        When there is no answer.
    """
    evidence = np.asarray(located.log_evidence_nats, np.float64)
    if located.abstained is not None or not np.isfinite(evidence).any():
        raise BadInputError("There is no posterior: the search abstained.", "See its reason.")
    mass = np.exp(evidence - np.nanmax(evidence))
    return np.asarray(mass / np.nansum(mass) * (1.0 - located.p_outside_region), np.float64)


def write(path: Path, located: Located, tags: Mapping[str, str]) -> None:
    """Write the posterior as one band of float32, tiled and compressed, with what it is in its tags.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    located : Located
    tags : mapping of str to str
        Further tags, such as the method and its version.

    Raises
    ------
    BadInputError
        When there is no posterior or the file cannot be written.
    ProviderError
        When rasterio is not installed.
    """
    need_rasterio()
    import rasterio
    from rasterio.crs import CRS
    from rasterio.errors import RasterioError
    from rasterio.transform import Affine

    probability = np.flipud(np.nan_to_num(posterior(located), nan=NODATA)).astype(np.float32)
    spacing = _spacing(located)
    west, north = float(located.x_m[0]) - spacing / 2.0, float(located.y_m[-1]) + spacing / 2.0
    told = {
        "quantity": "probability that the camera stood in this cell; with p_outside_region the cells sum to 1",
        "p_outside_region": f"{located.p_outside_region:.9g}",
        "region50_km2": f"{located.region50_km2:.9g}",
        "region90_km2": f"{located.region90_km2:.9g}",
        **tags,
    }
    profile = {
        "driver": "GTiff",
        "height": probability.shape[0],
        "width": probability.shape[1],
        "count": 1,
        "dtype": "float32",
        "crs": CRS.from_string(located.crs),
        "transform": Affine(spacing, 0.0, west, 0.0, -spacing, north),
        "nodata": NODATA,
        "compress": "deflate",
        "predictor": 3,
    }
    try:
        with rasterio.open(path, "w", **profile) as file:
            file.write(probability, 1)
            file.update_tags(**told)
            file.set_band_description(1, "probability")
    except (RasterioError, OSError) as error:
        raise BadInputError(
            f"The posterior cannot be written to '{path}' ({error}).", "Choose another path."
        ) from error


def _spacing(located: Located) -> float:
    axis = located.x_m if len(located.x_m) > 1 else located.y_m
    if len(axis) < 2:
        raise BadInputError("A search of a single place has no map.", "Search a wider region.")
    return float(axis[1] - axis[0])
