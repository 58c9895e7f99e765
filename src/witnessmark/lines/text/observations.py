"""What the text line sees: writing in the pictures, how it reads in each script, and whether it was laid over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark

Layer = Literal["overlay", "scene", "undetermined"]
UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class PackUsed:
    """A language pack that lines were read with."""

    name: str
    script: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way in which a text was read; a suggestion beside its rivals, never the text itself.

    Attributes
    ----------
    text : str
        In the order in which it is read, also from right to left.
    script : str
        The script it was read as; "mixed" where words were taken from readings in two scripts.
    pack : str
        The language pack that read it; that says nothing of the language.
    confidence_share : float
        Tesseract's own measure, 0 to 1: not a probability of being right.
    frames_count : int
        Pictures in which it was read so.
    """

    text: str
    script: str
    pack: str
    confidence_share: float
    frames_count: int


@dataclass(frozen=True, slots=True)
class Sight:
    """A text in one picture.

    Attributes
    ----------
    at_s : float
    corners_px : tuple of (x, y)
        Top left, top right, bottom right, bottom left of the line as one reads it, in the upright picture [px].
    height_px : float
    jpeg : bytes
        The line cut out and set upright, to be looked at.
    """

    at_s: float
    corners_px: tuple[tuple[float, float], ...]
    height_px: float
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class NamedIn:
    """A name of the case in a reading: a suggestion for a person.

    Attributes
    ----------
    thing_id, name, kind : str
        Of the name in the case's list.
    words : str
        As they were read.
    reading_index : int
        Of the text's readings, from 0.
    how : str
        "exact", "folded", "transliterated" or "near".
    closeness_share : float
    rivals : tuple of str
        What else the words may name.
    """

    thing_id: str
    name: str
    kind: str
    words: str
    reading_index: int
    how: str
    closeness_share: float
    rivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """One piece of writing, over all pictures in which it was seen.

    Attributes
    ----------
    id : str
        "T1" and so on.
    layer : str
        "overlay" (laid over the recording: watermark, caption), "scene" (in front of the camera), "undetermined".
    layer_why : str
    script : str
        The script that the readings speak for, or "undetermined".
    script_share : float
        How far they speak for it against the other scripts asked, 0 to 1, fitted on drawn text.
    right_to_left : bool
    readings : tuple of Reading
        The likeliest first; rivals are kept.
    frames_count : int
    from_s, until_s : float
        First and last picture in which it was seen.
    best : Sight
        Where it is largest and surest.
    names : tuple of NamedIn
    """

    id: str
    layer: str
    layer_why: str
    script: str
    script_share: float
    right_to_left: bool
    readings: tuple[Reading, ...]
    frames_count: int
    from_s: float
    until_s: float
    best: Sight
    names: tuple[NamedIn, ...]


@dataclass(frozen=True, slots=True)
class TextObservations:
    """Everything the line saw.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    detector : str
        The detector's name and the beginning of its hash.
    reader : str
        Tesseract's version.
    packs : tuple of PackUsed
    unread_scripts : tuple of str
        Scripts that were asked for and for which no pack is at hand.
    frames_at_s : tuple of float
        The pictures that were looked at.
    width_px, height_px : int
        Of those pictures.
    boxes_count : int
        Boxes found in all of them.
    left_out_count : int
        Boxes that no reading made sense of: texture, or writing in another script.
    written : tuple of Written
        From the surest on.
    names_count : int
        Names that the case lists.
    stopped : str
        Why decoding ended early; empty when it did not.
    remarks : tuple of Remark
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    detector: str
    reader: str
    packs: tuple[PackUsed, ...]
    unread_scripts: tuple[str, ...]
    frames_at_s: tuple[float, ...]
    width_px: int
    height_px: int
    boxes_count: int
    left_out_count: int
    written: tuple[Written, ...]
    names_count: int
    stopped: str
    remarks: tuple[Remark, ...]
