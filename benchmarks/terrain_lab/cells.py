"""The cells of the measurement: what is asked in each, and what it must reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of question.

    Attributes
    ----------
    name : str
    hfov_deg : float
        Nominal field of view, or width of a pan.
    area_km2 : float
    drawn_as : str
        The cell whose cameras are taken; its own name when drawn afresh.
    masked : float
        Share of the columns that is hidden.
    outside : bool
        Another region of the country is searched than the one the camera stands in.
    pan : bool
    noise_deg : float
    spacing_m : float
        Of the searched places.
    """

    name: str
    hfov_deg: float
    area_km2: float
    drawn_as: str
    masked: float = 0.0
    outside: bool = False
    pan: bool = False
    noise_deg: float = 0.3
    spacing_m: float = 100.0


CELLS = {
    cell.name: cell
    for cell in (
        Cell("fov60", 60.0, 400.0, "fov60"),
        Cell("fov30", 30.0, 400.0, "fov30"),
        Cell("fov90", 90.0, 400.0, "fov90"),
        Cell("masked40", 60.0, 400.0, "fov60", masked=0.4),
        Cell("outside", 60.0, 400.0, "fov60", outside=True),
        Cell("pan120", 120.0, 2500.0, "pan120", pan=True),
    )
}
