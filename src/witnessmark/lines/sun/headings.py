"""The camera's heading and the relief's horizon as functions of the candidate place, given by whoever knows them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.sun.observations import HeadingField, HorizonField

UNKNOWN = 65_535
"""Packed value of a heading error that is not known."""
STEP_DEG = 0.01
"""Headings and errors are kept to this [deg], far below any error they have."""
HORIZON_STEP_DEG = 0.02
ASK_HEADINGS, ASK_HORIZONS = "headings:", "horizons:"
"""Groups of providers in `Tools.providers`."""


@runtime_checkable
class Headings(Protocol):
    """True bearing of the optical axis if the camera stood in each cell of the hypotheses' grid.

    Attributes
    ----------
    heading_deg : ndarray of float64, shape (n_places,)
    error_deg : ndarray of float64, shape (n_places,)
        Standard error; NaN or infinite where it is not known.
    at_s : float or None
        Presentation time of the frame it holds for; None for the whole item.
    """

    @property
    def heading_deg(self) -> NDArray[np.float64]:
        """[deg], shape (n_places,)."""
        ...

    @property
    def error_deg(self) -> NDArray[np.float64]:
        """[deg], shape (n_places,)."""
        ...

    @property
    def at_s(self) -> float | None:
        """[s]."""
        ...


@runtime_checkable
class Horizons(Protocol):
    """Apparent elevation of the relief's horizon at each cell of the grid, at even steps of azimuth from north."""

    @property
    def horizon_deg(self) -> NDArray[np.float32]:
        """[deg], shape (n_places, n_azimuths); the first column is true north, then clockwise."""
        ...


def pack(source: str, given: Headings) -> HeadingField:
    """Headings as they are kept: zlib over little-endian uint16 hundredths of a degree, headings then errors.

    Raises
    ------
    BadInputError
        When the arrays do not fit one another.
    """
    heading = np.asarray(given.heading_deg, dtype=np.float64)
    error = np.asarray(given.error_deg, dtype=np.float64)
    if heading.ndim != 1 or heading.shape != error.shape or heading.size == 0:
        raise BadInputError(
            f"The headings of '{source}' have shape {heading.shape}, their errors {error.shape}.",
            "Give one heading and one error a cell of the place grid.",
        )
    known = np.isfinite(heading) & np.isfinite(error) & (error >= 0.0) & (error < 300.0)
    codes = np.zeros((2, heading.size), dtype="<u2")
    codes[0, known] = np.rint(np.mod(heading[known], 360.0) / STEP_DEG).astype(np.int64) % 36_000
    codes[1] = UNKNOWN
    codes[1, known] = np.maximum(1, np.rint(error[known] / STEP_DEG).astype(np.int64))
    at_s = None if given.at_s is None else float(given.at_s)
    return HeadingField(source, heading.size, at_s, zlib.compress(codes.tobytes(), 6))


def unpack(field: HeadingField) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Headings and errors [deg], each of shape (n_places,); an unknown error is infinite."""
    raw = _inflated(field.packed, 4 * field.places_count)
    codes = np.frombuffer(raw, dtype="<u2").reshape(2, field.places_count).astype(np.float64)
    return codes[0] * STEP_DEG, np.where(codes[1] == UNKNOWN, np.inf, codes[1] * STEP_DEG)


def pack_horizon(source: str, given: Horizons) -> HorizonField:
    """A horizon as it is kept: zlib over little-endian int16 fiftieths of a degree, place by place.

    Raises
    ------
    BadInputError
        When it is no table of finite elevations.
    """
    table = np.asarray(given.horizon_deg)
    if table.ndim != 2 or table.shape[0] == 0 or table.shape[1] < 4 or not np.isfinite(table).all():
        raise BadInputError(
            f"The horizon of '{source}' has shape {table.shape} or holds gaps.",
            "Give finite elevations in degrees, one row a cell of the place grid, at least 4 azimuths.",
        )
    codes = np.rint(np.clip(table, -90.0, 90.0) / HORIZON_STEP_DEG).astype("<i2")
    return HorizonField(source, table.shape[0], table.shape[1], zlib.compress(codes.tobytes(), 6))


def unpack_horizon(field: HorizonField) -> NDArray[np.float32]:
    """Elevations [deg], shape (n_places, n_azimuths)."""
    raw = _inflated(field.packed, 2 * field.places_count * field.azimuths_count)
    codes = np.frombuffer(raw, dtype="<i2").reshape(field.places_count, field.azimuths_count)
    return (codes * HORIZON_STEP_DEG).astype(np.float32)


def _inflated(packed: bytes, size_bytes: int) -> bytes:
    opener = zlib.decompressobj()
    try:
        raw = opener.decompress(packed, size_bytes + 1)
    except zlib.error as error:
        raise BadInputError(f"A kept heading or horizon cannot be read: {error}.", "Run the sun line again.") from error
    if len(raw) != size_bytes:
        raise BadInputError("A kept heading or horizon has another length than it states.", "Run the sun line again.")
    return raw


def given_headings(providers: Mapping[str, object]) -> tuple[HeadingField, ...]:
    """Every heading field among what a line may ask, in order of name."""
    found = [(name, asked) for name, asked in sorted(providers.items()) if name.startswith(ASK_HEADINGS)]
    return tuple(pack(name, asked) for name, asked in found if isinstance(asked, Headings))


def given_horizon(providers: Mapping[str, object]) -> HorizonField | None:
    """The first horizon among what a line may ask, by name."""
    for name, asked in sorted(providers.items()):
        if name.startswith(ASK_HORIZONS) and isinstance(asked, Horizons):
            return pack_horizon(name, asked)
    return None
