"""What the integrity line sees: facts of the file, its times, its frames and its sound, each in plain words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark

KEEP_AT_MOST = 100  # entries of one kind; counts are always whole


def printable(text: str, at_most: int = 120) -> str:
    """A file's own words as they may be shown and kept: printable, shortened, nothing that ends a line or a page."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:at_most]


@dataclass(frozen=True, slots=True)
class StatedTime:
    """A creation time that the file states about itself.

    Attributes
    ----------
    at : datetime
        With the offset stated or, where the format prescribes one, that offset.
    field : str
        Where it stands.
    zone_proven : bool
        False where the offset is only what the format prescribes.
    unset : bool
        True when it is a moment to which clocks are reset: it then says nothing.
    """

    at: dt.datetime
    field: str
    zone_proven: bool
    unset: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """A string left by a program that wrote the file.

    Attributes
    ----------
    text : str
        As found, shortened to 120 characters.
    kind : str
        camera | editor | platform | generic | unknown
    who, implies, does_not_imply : str
    """

    text: str
    kind: str
    who: str
    implies: str
    does_not_imply: str


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """The box the streams come in.

    Attributes
    ----------
    format_name : str
    major_brand : str or None
    size_bytes : int
    duration_s : float or None
    box_order : tuple of str
        Types of the top-level boxes in file order.
    index_first : bool or None
        Whether the index (moov) precedes the data (mdat); None where the format has none.
    missing_bytes : int
        Bytes that the last box states beyond the end of the file.
    streams : tuple of str
        One sentence a stream.
    """

    format_name: str
    major_brand: str | None
    size_bytes: int
    duration_s: float | None
    box_order: tuple[str, ...]
    index_first: bool | None
    missing_bytes: int
    streams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A step between two frames that is longer than its neighbours'."""

    at_s: float
    step_s: float
    missing_frames: int


@dataclass(frozen=True, slots=True)
class TimingFacts:
    """How the frames follow one another.

    Attributes
    ----------
    frames_decoded, frames_stated : int
        The second is 0 where the container states none.
    median_step_s : float or None
    step_spread_ratio : float
        Robust standard deviation of the steps against their local median.
    irregular : bool
        True when long steps are so common that none stands out.
    gaps : tuple of Gap
    gaps_count : int
    """

    frames_decoded: int
    frames_stated: int
    median_step_s: float | None
    step_spread_ratio: float
    irregular: bool
    gaps: tuple[Gap, ...]
    gaps_count: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """A stretch of unchanging pictures between moving ones.

    Attributes
    ----------
    start_s, end_s : float
    frames_count : int
        Frames that repeat.
    inside_grey, around_grey : float
        Median luma change a frame inside the stretch and in the half second around it, of 255.
    """

    start_s: float
    end_s: float
    frames_count: int
    inside_grey: float
    around_grey: float


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A run of pictures that comes again, exactly, later in the clip."""

    first_s: float
    again_s: float
    frames_count: int


@dataclass(frozen=True, slots=True)
class RepeatFacts:
    """Pictures that repeat.

    Attributes
    ----------
    still_fraction : float
        Part of all steps without visible change.
    mostly_still : bool
        True when the clip stands still so much that a freeze could not be told.
    freezes : tuple of Freeze
    duplicates_at_s : tuple of float
        Single pictures that repeat the one before, amid movement.
    duplicates_count : int
    regular : bool
        True when such repeats come in a regular beat or all the time, as rate conversion makes them.
    recurrences : tuple of Recurrence
    """

    still_fraction: float
    mostly_still: bool
    freezes: tuple[Freeze, ...]
    duplicates_at_s: tuple[float, ...]
    duplicates_count: int
    regular: bool
    recurrences: tuple[Recurrence, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where the pictures break off and others go on.

    Attributes
    ----------
    at_s : float
        First frame after it.
    kind : str
        "shot" when the shot detector parts the clip here and the picture changes sharply, "soft" when it does not,
        "jump" for a sharp break between like pictures.
    strength_ratio : float
        Luma change against the median of the neighbouring steps.
    sound_breaks : bool or None
        Whether the sound breaks within 60 ms of it; None without sound to judge by.
    at_gap : bool
        Whether frames are missing here too.
    """

    at_s: float
    kind: str
    strength_ratio: float
    sound_breaks: bool | None
    at_gap: bool


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """How the sound's span compares with the pictures'.

    Attributes
    ----------
    starts_later_s, ends_later_s : float
        Of the sound against the pictures; negative when earlier.
    padding_s : float
        What codec frames and padding may account for.
    """

    starts_later_s: float
    ends_later_s: float
    padding_s: float


@dataclass(frozen=True, slots=True)
class ProvenanceFacts:
    """A C2PA manifest, as its validator reports it.

    Attributes
    ----------
    present : bool or None
        None when the format is not one the reader knows, or reading did not finish.
    state : str
        "Trusted", "Valid", "Invalid", "none" or "unread".
    failures, informational : tuple of str
        Validation codes.
    generator, signer, signed_at : str
        As stated in the manifest, empty when not.
    note : str
        Why it was not read, empty when it was.
    """

    present: bool | None
    state: str
    failures: tuple[str, ...] = ()
    informational: tuple[str, ...] = ()
    generator: str = ""
    signer: str = ""
    signed_at: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PostedBound:
    """The latest time at which what a posting shows can have been filmed.

    Attributes
    ----------
    posted, latest : datetime
        As stated; and the bound, UTC, with tolerance and, where the zone is not proven, the whole range of zones.
    platform, how_known : str
    zone_proven : bool
    """

    posted: dt.datetime
    latest: dt.datetime
    platform: str
    how_known: str
    zone_proven: bool


@dataclass(frozen=True, slots=True)
class Track:
    """Frame by frame measures for the picture, thinned to the largest in each of at most 2,000 bins.

    Attributes
    ----------
    at_s, step_s, change_grey : tuple of float
        Frame times, steps to the frame before, luma change to the frame before (of 255).
    sound_at_s, sound_decibel : tuple of float
        Sound level relative to full scale.
    """

    at_s: tuple[float, ...]
    step_s: tuple[float, ...]
    change_grey: tuple[float, ...]
    sound_at_s: tuple[float, ...]
    sound_decibel: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class IntegrityObservations:
    """Everything the line saw.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    writer : str
        Who last wrote the file, as far as its traces tell: camera | editor | platform | generic | unknown
    stopped : str
        Why decoding ended early, empty when it reached the end.
    remarks : tuple of Remark
        All of it in plain words, in reading order.
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    container: ContainerFacts
    times: tuple[StatedTime, ...]
    traces: tuple[Trace, ...]
    writer: str
    timing: TimingFacts
    repeats: RepeatFacts
    cuts: tuple[Cut, ...]
    cuts_count: int
    sound: SoundFacts | None
    provenance: ProvenanceFacts
    posted: tuple[PostedBound, ...]
    track: Track
    stopped: str
    remarks: tuple[Remark, ...]
