"""The hypotheses of a case: its region, its time axis and what may be true outside them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from pyproj import CRS, Transformer

from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.plain import Plain, iso, stated_moment

MAX_PLACES = 4_000_000
MAX_INSTANTS = 2_000_000
OLDER = "older-footage"
ELSEWHERE = "elsewhere"
_STATEMENTS = {
    OLDER: "Filmed before the time axis begins.",
    ELSEWHERE: "Filmed outside the region.",
}
_DEFAULT_PRIORS = {OLDER: 0.25, ELSEWHERE: 0.25}


def place_grid(west_deg: float, south_deg: float, east_deg: float, north_deg: float, spacing_m: float) -> PlaceGrid:
    """Equal-area cells covering a region, in a Lambert azimuthal equal-area system centred on it.

    Parameters
    ----------
    west_deg, south_deg, east_deg, north_deg : float
        WGS 84; west > east means across the 180th meridian.
    spacing_m : float
        Side of a cell [m].

    Returns
    -------
    PlaceGrid

    Raises
    ------
    BadInputError
        For a region that is empty, out of range, too wide for one local system, or has too many cells.

    References
    ----------
    Snyder, J. P. (1987), Map Projections: A Working Manual, USGS Professional Paper 1395, chapter 24.
    """
    width_deg = (east_deg - west_deg) % 360.0
    if not (-90 <= south_deg < north_deg <= 90) or width_deg == 0 or not math.isfinite(width_deg):
        raise BadInputError(
            f"The region {west_deg},{south_deg},{east_deg},{north_deg} holds no ground.",
            "Give west,south,east,north in degrees, such as --region 46.0,39.8,46.5,40.1.",
        )
    if not 0 < spacing_m < math.inf:
        raise BadInputError(f"A spacing of {spacing_m} m is not positive and finite.", "Give --spacing-m above 0.")
    lat_0, lon_0 = (south_deg + north_deg) / 2, (west_deg + width_deg / 2 + 180.0) % 360.0 - 180.0
    system = f"+proj=laea +lat_0={lat_0:.6f} +lon_0={lon_0:.6f} +datum=WGS84 +units=m +no_defs"
    crs = CRS.from_proj4(system)
    if width_deg > 40 or north_deg - south_deg > 40:
        raise BadInputError(
            "The region is wider than 40 degrees: too wide for one local grid.", "Name a smaller region."
        )
    forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    edge = np.linspace(0.0, 1.0, 65)
    lon = west_deg + width_deg * np.concatenate([edge, edge, 0 * edge, 0 * edge + 1])
    lat = south_deg + (north_deg - south_deg) * np.concatenate([0 * edge, 0 * edge + 1, edge, edge])
    x, y = forward.transform(lon, lat)
    columns = max(1, math.ceil((x.max() - x.min()) / spacing_m))
    rows = max(1, math.ceil((y.max() - y.min()) / spacing_m))
    if columns * rows > MAX_PLACES:
        raise BadInputError(
            f"The region at {spacing_m:g} m has {columns * rows:,} cells, more than {MAX_PLACES:,}.",
            "Name a smaller region or a wider spacing.",
        )
    x_m = (x.min() + x.max()) / 2 + spacing_m * (np.arange(columns) - (columns - 1) / 2)
    y_m = (y.min() + y.max()) / 2 + spacing_m * (np.arange(rows) - (rows - 1) / 2)
    east, north = np.meshgrid(x_m, y_m)
    lon_deg, lat_deg = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(east.ravel(), north.ravel())
    return PlaceGrid(system, float(spacing_m), x_m, y_m, np.asarray(lat_deg), np.asarray(lon_deg))


def time_axis(start: dt.datetime, end: dt.datetime, step_s: float) -> TimeAxis:
    """Instants from `start` up to `end`.

    Raises
    ------
    BadInputError
        When the end is not after the start, an offset is missing, or there are too many instants.
    """
    iso(start), iso(end)
    if not step_s > 0 or end <= start:
        raise BadInputError(
            f"From {iso(start)} to {iso(end)} in steps of {step_s} s holds no time.",
            "Give --from before --to and a positive --step-s.",
        )
    n_instants = math.ceil((end - start).total_seconds() / step_s)
    if n_instants > MAX_INSTANTS:
        raise BadInputError(
            f"The time axis has {n_instants:,} instants, more than {MAX_INSTANTS:,}.", "Give a wider --step-s."
        )
    return TimeAxis(start, float(step_s), n_instants)


def set_space(case: Case, space: Mapping[str, Plain]) -> Hypotheses:
    """Record what is weighed in this case; earlier findings stay, weighed over what they were weighed over.

    Parameters
    ----------
    case : Case
    space : mapping
        ``region_deg`` [west, south, east, north], ``spacing_m``, ``from``, ``to`` (ISO 8601 with offset),
        ``step_s``, ``priors`` {alternative: probability}.
    """
    over = build(space)
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": {"space": dict(space)}})
    return over


def build(space: Mapping[str, Any]) -> Hypotheses:
    """Hypotheses from their plain description.

    Raises
    ------
    BadInputError
    """
    west, south, east, north = (float(value) for value in space["region_deg"])
    priors = space.get("priors") or _DEFAULT_PRIORS
    return Hypotheses(
        places=place_grid(west, south, east, north, float(space["spacing_m"])),
        times=time_axis(stated_moment(space["from"]), stated_moment(space["to"]), float(space["step_s"])),
        alternatives=tuple(
            Alternative(name, _STATEMENTS.get(name, name), float(prior)) for name, prior in sorted(priors.items())
        ),
    )


def case_space(case: Case) -> Hypotheses:
    """The case's hypotheses.

    Raises
    ------
    BadInputError
        When no region and time axis were set.
    """
    space = case.settings.get("space")
    if space is None:
        raise BadInputError(
            "No region and time axis are set for this case.",
            "Set them: witnessmark case set --region W,S,E,N --spacing-m 500 --from TIME --to TIME --step-s 600.",
        )
    return build(space)
