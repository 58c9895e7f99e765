"""What the copies line sees: what was searched, what matched where and how, and when it was there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.partners import PartnerAnswer

KEEP_AT_MOST = 20  # matches told in full; counts are always whole

Matrix = tuple[float, float, float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class FingerprintFacts:
    """What could be taken from the recording to search with.

    Attributes
    ----------
    algorithm : str
    duration_s : float
    width_px, height_px : int
    frames_count, features_count, thumbnails_count : int
        Frame codes, local features and thumbnails.
    sound_s : float
        Length of sound that codes were made of; 0 without sound.
    stopped : str
        Why decoding ended early, empty when it reached the end.
    """

    algorithm: str
    duration_s: float
    width_px: int
    height_px: int
    frames_count: int
    features_count: int
    thumbnails_count: int
    sound_s: float
    stopped: str


@dataclass(frozen=True, slots=True)
class Searched:
    """A library that was asked.

    Attributes
    ----------
    library : str
        The name it was handed over by, such as "case".
    algorithm : str
    recordings_count : int
        Compared with; the item itself is not counted.
    recordings_h : float
        Their length together [h].
    not_searched : str
        Why it could not be searched, empty when it was.
    """

    library: str
    algorithm: str
    recordings_count: int
    recordings_h: float
    not_searched: str


@dataclass(frozen=True, slots=True)
class Known:
    """A recording of a library, as it is told of.

    Attributes
    ----------
    name : str
    origin : str
        "" for the library's own, else the partner bundle it came with.
    libraries : tuple of str
        Where it was found, by the names they were handed over by.
    sha256 : Sha256 or None
        Of the file, where it is known.
    duration_s : float
    tier_number : int
        Highest tier kept.
    seen : tuple of Seen
        Earliest first.
    """

    name: str
    origin: str
    libraries: tuple[str, ...]
    sha256: Sha256 | None
    duration_s: float
    tier_number: int
    seen: tuple[Seen, ...]

    @property
    def called(self) -> str:
        """Its name, with the partner it came from."""
        return f"'{self.name}'" + (f" (from {self.origin})" if self.origin else "")


@dataclass(frozen=True, slots=True)
class SharedStretch:
    """A stretch of the item that shows a stretch of a known recording.

    Attributes
    ----------
    item_start_s, item_end_s, known_start_s, known_end_s : float
    speed_ratio : float
        Seconds of the known recording shown in a second of the item.
    agreed_s : float
        Seconds in which the pictures were seen to agree.
    matrix_share : tuple of 9 float
        Row-major homography from the known picture (mirrored first, where it is) to the item's, both from 0 to 1.
    words : tuple of str
        What differs between the two pictures.
    """

    item_start_s: float
    item_end_s: float
    known_start_s: float
    known_end_s: float
    speed_ratio: float
    agreed_s: float
    matrix_share: Matrix
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One known recording that the item matches.

    Attributes
    ----------
    known : Known
    relation : str
        copy | related | same-sound
    score : float
    mirrored : bool
    stretches : tuple of SharedStretch
        Longest first.
    covered_share : float
        Part of the item's length that lies in a shared stretch.
    tier_number : int
        Highest tier the verdict rests on.
    sound_agrees : bool or None
    via : tuple of str
        Recordings through which it was found; empty when the item itself matches it.
    reasons : tuple of str
    evidence : mapping of str to str
        The measured numbers behind the score, as text.
    """

    known: Known
    relation: str
    score: float
    mirrored: bool
    stretches: tuple[SharedStretch, ...]
    covered_share: float
    tier_number: int
    sound_agrees: bool | None
    via: tuple[str, ...]
    reasons: tuple[str, ...]
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bound:
    """The latest time at which the content can have been filmed, if the match and the attested time are right.

    Attributes
    ----------
    known : Known
    seen : Seen
    latest_unix_s : float
    later_nats : float
        Log-likelihood of what was seen if the content was filmed later than that, against if it was not; below 0.
    covered_share : float
        Part of the item's length that is bound.
    """

    known: Known
    seen: Seen
    latest_unix_s: float
    later_nats: float
    covered_share: float


@dataclass(frozen=True, slots=True)
class Link:
    """One recording in the chain of appearances.

    Attributes
    ----------
    name, origin : str
    is_item : bool
        True for the item itself.
    first : Seen or None
        The earliest time somebody other than the file itself attests; None when there is none.
    first_words : str
        That time in words, with its offset and how it is known; empty when there is none.
    stated : Seen or None
        The earliest time it states about itself, such as EXIF; orders nothing.
    duration_s : float
    against : str
        The recording before it in time, with which it is compared; empty for the first and for undated ones.
    changed : tuple of str
        What differs from that one, in words.
    posted : Seen or None
        Its earliest attested posting; None when it was only taken in, or nothing is known.
    """

    name: str
    origin: str
    is_item: bool
    first: Seen | None
    first_words: str
    stated: Seen | None
    duration_s: float
    against: str
    changed: tuple[str, ...]
    posted: Seen | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Recordings of the same content in the order in which they were first seen.

    Attributes
    ----------
    dated : tuple of Link
        Earliest first.
    undated : tuple of Link
        No attested time; their place in the order is not known.
    remarks : tuple of Remark
        Where the order is doubtful, or contradicted by what the recordings show.
    """

    dated: tuple[Link, ...]
    undated: tuple[Link, ...]
    remarks: tuple[Remark, ...]

    @property
    def earliest(self) -> Link | None:
        """The earliest known here."""
        return self.dated[0] if self.dated else None

    @property
    def first_posted(self) -> Link | None:
        """The recording whose posting is the earliest known here."""
        posted = [(link.posted.at_unix_s, number) for number, link in enumerate(self.dated) if link.posted is not None]
        return self.dated[min(posted)[1]] if posted else None


@dataclass(frozen=True, slots=True)
class StillPair:
    """A small still of the item and the one of a known recording that shows the same moment.

    Attributes
    ----------
    found_index : int
        Which entry of `CopiesObservations.found`.
    stretch_index : int
        Which of its stretches.
    item_s, known_s : float
        Presentation times.
    item_jpeg, known_jpeg : str
        Small grey pictures, JPEG in Base64.
    """

    found_index: int
    stretch_index: int
    item_s: float
    known_s: float
    item_jpeg: str
    known_jpeg: str


@dataclass(frozen=True, slots=True)
class CopiesObservations:
    """Everything the line saw.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    fingerprint : FingerprintFacts
    searched : tuple of Searched
    same_file : tuple of Known
        Recordings with the very same SHA-256, the item's own entry among them.
    found : tuple of Found
        Surest first, copies before related ones; at most `KEEP_AT_MOST`.
    found_count : int
    own : tuple of Seen
        The item's own postings and when it was obtained, which other lines weigh.
    chain : Chain
    stills : tuple of StillPair
        Footage, if small: public editions leave it out.
    remarks : tuple of Remark
    answers : tuple of PartnerAnswer
        What partners answered when they were asked about the item; their word, which weighs nothing.
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    fingerprint: FingerprintFacts
    searched: tuple[Searched, ...]
    same_file: tuple[Known, ...]
    found: tuple[Found, ...]
    found_count: int
    own: tuple[Seen, ...]
    chain: Chain
    stills: tuple[StillPair, ...]
    remarks: tuple[Remark, ...]
    answers: tuple[PartnerAnswer, ...] = ()

    @property
    def compared_count(self) -> int:
        """Recordings the item was compared with."""
        return sum(one.recordings_count for one in self.searched if not one.not_searched)
