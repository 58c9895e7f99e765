"""What the terrain line sees: the marked line, where it was searched, the places it fits, and how each fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark
from witnessmark.lines.terrain.packing import PlaceField


@runtime_checkable
class Searches(Protocol):
    """Where a case looks: the provider ``search:case``. A mark of kind "search" on the item goes before it."""

    @property
    def region_deg(self) -> tuple[float, float, float, float]:
        """West, south, east, north [deg]."""
        ...

    @property
    def spacing_m(self) -> float:
        """Between the places that are tried [m]."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where horizons and answers of tiles are kept; None for nowhere."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """One direction in the frame: what the model has there, and what was marked, if anything.

    Attributes
    ----------
    x_px, model_y_px : float
        Where the model's ridge stands in the frame. Of a pan: bearing from its zero and apparent elevation, in degrees.
    seen_y_px : float or None
        Where the line was marked in that column; None where it was not, or is to be ignored.
    bearing_deg, model_deg : float
        True bearing and apparent elevation of the model's ridge.
    distance_m : float
    residual_px : float or None
        How far the marked line stands above the model's ridge; of a pan in hundredths of a degree.
    error_px : float or None
        Standard error that the residual is measured by.
    one_sided : bool
        The terrain was said to be at most there: only a ridge above it counts.
    """

    x_px: float
    model_y_px: float
    seen_y_px: float | None
    bearing_deg: float
    model_deg: float
    distance_m: float
    residual_px: float | None
    error_px: float | None
    one_sided: bool = False


@dataclass(frozen=True, slots=True)
class Crest:
    """A point of a ridge in front of the skyline."""

    x_px: float
    y_px: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Place:
    """A place that fits, with its pose and how every column fits.

    Attributes
    ----------
    lat_deg, lon_deg, ground_m : float
    heading_deg, pitch_deg, roll_deg, hfov_deg : float
    log_likelihood_nats : float
    residual_px : float
    probability : float
        Of the posterior within a kilometre.
    raised_m : float
        By how much the eye stands higher over the ridges than the model has it: negative where woods raise them.
    columns : tuple of Column
        From left to right.
    crests : tuple of Crest
    """

    lat_deg: float
    lon_deg: float
    ground_m: float
    heading_deg: float
    pitch_deg: float
    roll_deg: float
    hfov_deg: float
    log_likelihood_nats: float
    residual_px: float
    probability: float
    raised_m: float
    columns: tuple[Column, ...]
    crests: tuple[Crest, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """Some neighbouring columns, and what they say between two places.

    Attributes
    ----------
    from_px, to_px : float
    behind_nats : float
        By how much the runner-up explains them worse; negative where it explains them better.
    high_deg : float
        How far the runner-up's ridge stands above the marked line there, on average.
    bearing_deg : float
        True bearing of the strip's middle from the runner-up.
    """

    from_px: float
    to_px: float
    behind_nats: float
    high_deg: float
    bearing_deg: float


@dataclass(frozen=True, slots=True)
class Rival:
    """Why a runner-up loses against the best place.

    Attributes
    ----------
    number : int
        Of the candidate, from 2.
    behind_nats : float
        Of its log-likelihood.
    strips : tuple of Strip
        The columns in even strips from left to right.
    said : str
        The same in words.
    """

    number: int
    behind_nats: float
    strips: tuple[Strip, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Searched:
    """Where was looked.

    Attributes
    ----------
    region_deg : tuple of float
        West, south, east, north.
    spacing_m : float
    asked_by : str
        "mark", "case" or "file".
    elevation : str
        Which provider.
    resolution_m : float
        Of the coarsest data read.
    vertical_datum : str
    missing_fraction : float
        Of the region that the data leave out.
    """

    region_deg: tuple[float, float, float, float]
    spacing_m: float
    asked_by: str
    elevation: str
    resolution_m: float
    vertical_datum: str
    missing_fraction: float


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a frame looks.

    Attributes
    ----------
    at_s : float or None
        Presentation time of the frame; None for the whole item.
    from_heading_deg : float
        Bearing of its optical axis from a place's heading: 0 for a frame, that in the pan for one of a pan.
    error_deg : float
        Standard error of that.
    """

    at_s: float | None
    from_heading_deg: float
    error_deg: float


@dataclass(frozen=True, slots=True)
class Sighted:
    """What was marked.

    Attributes
    ----------
    kind : str
        "frame" or "pan".
    marks : tuple of str
        The marks it was read from.
    frames_count, columns_count : int
        Frames, and columns that count.
    span_deg : float
        Angle between the line's outermost points.
    axes : tuple of Axis
        Of the frames it was read from.
    width_px, height_px : int
        Of the frame; 0 for a pan.
    line_px : tuple of (x, y)
        The marked line, thinned to be drawn; of a pan its bearings from its zero and elevations, in degrees.
    ignored_px : tuple of (x0, x1)
    frame_jpeg : bytes
        The frame, small; empty where it could not be had. Public editions leave it out by this name.
    """

    kind: str
    marks: tuple[str, ...]
    frames_count: int
    columns_count: int
    span_deg: float
    axes: tuple[Axis, ...]
    width_px: int
    height_px: int
    line_px: tuple[tuple[float, float], ...]
    ignored_px: tuple[tuple[float, float], ...]
    frame_jpeg: bytes


@dataclass(frozen=True, slots=True)
class TerrainObservations:
    """Everything the line saw.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
        The marks and every elevation file read.
    sighted : Sighted
    searched : Searched
    places : tuple of Place
        Best first.
    rivals : tuple of Rival
    field : PlaceField
        Evidence and heading of every searched place.
    relief : bytes
        JPEG of the shaded relief under the field, rows from the north, for the map.
    outside_nats : float
        Evidence of a place elsewhere.
    outside_probability : float
    region50_km2, region90_km2 : float
    remarks : tuple of Remark
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    sighted: Sighted
    searched: Searched
    places: tuple[Place, ...]
    rivals: tuple[Rival, ...]
    field: PlaceField
    relief: bytes
    outside_nats: float
    outside_probability: float
    region50_km2: float
    region90_km2: float
    remarks: tuple[Remark, ...]
