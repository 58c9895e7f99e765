"""What the sun line sees: directions to the sun and moon with their errors, named states, known headings."""

from __future__ import annotations

from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where the sun or moon stood in one frame, from everything marked in it together.

    Attributes
    ----------
    body : str
        sun | moon
    at_s : float
        Presentation time of the frame [s].
    view : str
        Frames with the same word were filmed without moving the camera; empty when nothing is said.
    azimuth_deg : float or None
        Clockwise from the camera's heading, or from true north when `from_north`; None when only the height is known.
    elevation_deg : float or None
        Apparent, as shadows show it; None when only the direction along the ground is known.
    airless_deg : float or None
        The same with refraction taken away.
    across_deg, upward_deg : float
        Standard errors along the horizontal (on the sphere, so azimuth error times the cosine of elevation) and
        upward; 0 for a part that is None.
    correlation_ratio : float
        Between the two errors, -1 to 1.
    from_north : bool
    heavy : bool
        Errors were drawn from marks, which have long tails; False where a person states them as normal.
    marks : tuple of str
        Which marks it comes from.
    what : str
        In words, such as "2 shadows".
    """

    body: str
    at_s: float
    view: str
    azimuth_deg: float | None
    elevation_deg: float | None
    airless_deg: float | None
    across_deg: float
    upward_deg: float
    correlation_ratio: float
    from_north: bool
    heavy: bool
    marks: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class KnownHeading:
    """A heading a person knows.

    Attributes
    ----------
    heading_deg : float
        True bearing of the optical axis.
    error_deg : float
        Standard error.
    at_s : float or None
        The frame it holds for; None for the whole item.
    view : str
    mark : str
    """

    heading_deg: float
    error_deg: float
    at_s: float | None
    view: str
    mark: str


@dataclass(frozen=True, slots=True)
class HeadingField:
    """The heading as a function of the candidate place, packed for keeping; `headings.unpack` gives the arrays.

    Attributes
    ----------
    source : str
        Who gives it, such as "headings:terrain".
    places_count : int
    at_s : float or None
        The frame it holds for; None for the whole item.
    packed : bytes
        See `witnessmark.lines.sun.headings`.
    """

    source: str
    places_count: int
    at_s: float | None
    packed: bytes


@dataclass(frozen=True, slots=True)
class HorizonField:
    """The relief's horizon at the candidate places, packed for keeping."""

    source: str
    places_count: int
    azimuths_count: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class Label:
    """A state a person named.

    Attributes
    ----------
    kind : str
        sunlight | darkness
    state : str
        sunlit | no-shadow for sunlight; dark | twilight | daylight for darkness.
    at_s : float
    mark : str
    """

    kind: str
    state: str
    at_s: float
    mark: str


@dataclass(frozen=True, slots=True)
class Phase:
    """The moon as seen: how much of it is lit; None for what is not said.

    Attributes
    ----------
    lit_fraction, error_fraction : float or None
        Share of the disc that is lit and its standard error.
    growing : bool or None
    at_s : float
    mark : str
    """

    lit_fraction: float | None
    error_fraction: float | None
    growing: bool | None
    at_s: float
    mark: str


@dataclass(frozen=True, slots=True)
class ShadeEdge:
    """The edge of the relief's shadow passes over the camera's place: the sun stands on the horizon.

    Attributes
    ----------
    error_deg : float
        How far the sun's middle may stand from the horizon line.
    at_s : float
    mark : str
    """

    error_deg: float
    at_s: float
    mark: str


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """The camera of one frame as the samples have it.

    Attributes
    ----------
    at_s : float
    hfov_deg, hfov_error_deg, pitch_deg, pitch_error_deg, roll_deg, roll_error_deg : float
        Mean and standard deviation over the samples.
    known_from : str
        Where the field of view is known from.
    marks_count : int
        Verticals, horizons and lines used.
    """

    at_s: float
    hfov_deg: float
    hfov_error_deg: float
    pitch_deg: float
    pitch_error_deg: float
    roll_deg: float
    roll_error_deg: float
    known_from: str
    marks_count: int


@dataclass(frozen=True, slots=True)
class SunObservations:
    """Everything the line has from the marks of one item.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    sightings : tuple of Sighting
    labels : tuple of Label
    phases : tuple of Phase
    edges : tuple of ShadeEdge
    cameras : tuple of CameraFacts
    headings : tuple of KnownHeading
    fields : tuple of HeadingField
    horizon : HorizonField or None
    seed : int
    remarks : tuple of Remark
        Also what was refused, with the reason.
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    sightings: tuple[Sighting, ...]
    labels: tuple[Label, ...]
    phases: tuple[Phase, ...]
    edges: tuple[ShadeEdge, ...]
    cameras: tuple[CameraFacts, ...]
    headings: tuple[KnownHeading, ...]
    fields: tuple[HeadingField, ...]
    horizon: HorizonField | None
    seed: int
    remarks: tuple[Remark, ...]
