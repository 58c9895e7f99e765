"""What footage is compared with: chosen items, the case, a store or photographs, and where their cameras stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.scene.comparing import Looked
from witnessmark.media.records import Broken

GROUP = "footage"
"""Providers handed to the line under ``footage:<name>`` are asked for references."""


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """Where a reference's camera stood, as far as it is known.

    Attributes
    ----------
    lat_deg, lon_deg : float
        WGS 84.
    radius_m : float
        The camera stood within this distance of the point with 95 % probability [m]; above 0.
    source : str
        Who says so, such as "GPS in the photograph" or "geolocated in review R-12".
    """

    lat_deg: float
    lon_deg: float
    radius_m: float
    source: str = ""

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat_deg <= 90.0 and -180.0 <= self.lon_deg <= 180.0):
            raise BadInputError(
                f"{self.lat_deg}, {self.lon_deg} is no place on the globe.", "Give WGS 84 latitude and longitude."
            )
        if not 0.0 < self.radius_m < 2e7:
            raise BadInputError(
                f"A place known to within {self.radius_m} m cannot be weighed.",
                "Give the radius in metres within which the camera stood, above 0.",
            )


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording or photograph to compare with.

    Attributes
    ----------
    sha256 : Sha256
        Of the file's bytes.
    label : str
        How people call it: exhibit number or file name.
    path : Path
        The bytes, read-only; decoded only in the sandbox.
    place : KnownPlace or None
        None when nobody knows where it was filmed: it is compared all the same, and weighs nothing.
    """

    sha256: Sha256
    label: str
    path: Path
    place: KnownPlace | None


@runtime_checkable
class Footage(Protocol):
    """Where references come from; handed over in ``Tools.providers`` under ``footage:<name>``."""

    def others(self) -> Sequence[Reference]:
        """Every reference there is; one with the hash of the item that is looked at is passed over."""
        ...


@runtime_checkable
class Prepared(Footage, Protocol):
    """Where references come from that were made ready when they were taken in, so that nothing is decoded."""

    def looked(self, reference: Reference) -> Looked | Broken:
        """One of its references, ready to be compared, or why it cannot be."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """References that were picked one by one."""

    references: tuple[Reference, ...]

    def others(self) -> Sequence[Reference]:
        """The references picked."""
        return self.references
