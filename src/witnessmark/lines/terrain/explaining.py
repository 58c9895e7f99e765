"""An answer made visible: each place marched again on the finest ground, beside the line, and the rivals compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.terrain.drawing import shaded
from witnessmark.lines.terrain.fitting import Errors, fit
from witnessmark.lines.terrain.ground import HALO_M, Ground, lay_out
from witnessmark.lines.terrain.horizon import View
from witnessmark.lines.terrain.march import Marcher
from witnessmark.lines.terrain.observations import Place, Rival
from witnessmark.lines.terrain.records import Located, Pan, Skyline
from witnessmark.lines.terrain.sighting import sighting_of
from witnessmark.lines.terrain.telling import compare

PLACES = 5
"""Candidates that are fitted and drawn."""
FINEST_M = 20.0
MOST_A_SIDE = 3600
"""Posts of the ground that places are marched on."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Places with every column, why the runners-up lose, and the relief under the map."""

    places: tuple[Place, ...]
    rivals: tuple[Rival, ...]
    relief: bytes
    missing_fraction: float


def explain(
    provider: ElevationProvider,
    region_deg: tuple[float, float, float, float],
    sight: Skyline | Pan,
    located: Located,
    *,
    at_most: int = PLACES,
    mixed_datums: bool = False,
) -> Explained:
    """Fit the best candidates column by column and say why the runners-up lose.

    Parameters
    ----------
    provider : ElevationProvider
    region_deg : tuple of float
        West, south, east, north.
    sight : Skyline or Pan
        As it was searched with.
    located : Located
    at_most : int
        Candidates that are fitted.
    mixed_datums : bool
        See `ground.lay_out`.

    Returns
    -------
    Explained

    Raises
    ------
    BadInputError
        When the region cannot be laid out.
    """
    ground = fine_ground(provider, region_deg, mixed_datums=mixed_datums)
    sighting = sighting_of(sight)
    errors = Errors.measured()
    marcher = Marcher(ground, View(eye_height_m=sight.eye_height_m))
    height_px = sight.height_px if isinstance(sight, Skyline) else 0
    places: list[Place] = []
    for candidate in located.candidates[:at_most]:
        places.append(fit(sighting, candidate, marcher, errors, height_px=height_px))
    rivals = tuple(
        compare(places[0], place, number, errors.tail, sighting.per_residual_deg)
        for number, place in enumerate(places[1:], start=2)
    )
    return Explained(tuple(places), rivals, shaded(ground), ground.missing_of_region)


def fine_ground(
    provider: ElevationProvider, region_deg: tuple[float, float, float, float], *, mixed_datums: bool = False
) -> Ground:
    """The region with its halo at the data's own spacing, as far as memory and patience reach."""
    west, south, east, north = region_deg
    lat, lon = np.meshgrid(np.linspace(south, north, 5), np.linspace(west, east if east > west else east + 360.0, 5))
    found = provider.heights(lat, (lon + 180.0) % 360.0 - 180.0)
    if found.resolution_m is None:
        raise BadInputError("The elevation data do not reach the region.", "Add data that cover it.")
    across_m = 111_194.9 * max(north - south, ((east - west) % 360.0) * float(np.cos(np.radians((south + north) / 2))))
    spacing = max(FINEST_M, found.resolution_m, (across_m + 2.0 * HALO_M) / MOST_A_SIDE)
    return lay_out(provider, region_deg, spacing, mixed_datums=mixed_datums)
