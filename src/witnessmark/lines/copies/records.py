"""What a search for copies answers: matches, their stretches, and under which change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from witnessmark.plain import Plain

Relation = Literal["copy", "related", "same-sound"]


@dataclass(frozen=True, slots=True)
class Transform:
    """How the reference's picture lies in the query's picture.

    Attributes
    ----------
    matrix : tuple of 9 float
        Row-major 3 x 3 homography from reference to query coordinates, both as shares of width and height from 0 to
        1, after mirroring the reference when the match is mirrored; the last element is 1.
    words : tuple of str
        Of "cropped", "framed" (letterbox, picture in picture, screen), "skewed" (filmed off a screen), "captioned",
        "same frame"; what differs between the two pictures, in order of size.
    """

    matrix: tuple[float, float, float, float, float, float, float, float, float]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the query that shows a stretch of the reference.

    Attributes
    ----------
    q0_s, q1_s, r0_s, r1_s : float
        Start and end in the query and in the reference [s]; r = r0 + speed x (q - q0).
    speed : float
        Seconds of reference shown in a second of query: 1.25 when the query runs a quarter faster.
    agreed_s : float
        Seconds of it in which the pictures were seen to agree outside templates.
    transform : Transform
    """

    q0_s: float
    q1_s: float
    r0_s: float
    r1_s: float
    speed: float
    agreed_s: float
    transform: Transform


@dataclass(frozen=True, slots=True)
class Match:
    """One recording of the library that a query matches.

    Attributes
    ----------
    recording : int
        `Recording.id` in the library that was searched.
    relation : str
        "copy": the same recording, or a part of it. "related": same camera, place or person, or shared material, but
        not shown to be the same recording. "same-sound": the sound agrees, the pictures do not.
    score : float
        Higher is surer; comparable between queries. At or above `limits.COPY_SCORE` a match may be called a copy.
    mirrored : bool
        Left and right are exchanged.
    stretches : tuple of Stretch
        Longest first.
    tier : int
        Highest tier that the verdict rests on.
    sound_agrees : bool or None
        None when either has no sound to compare.
    reasons : tuple of str
        Why it is this relation and not another, one neutral sentence each.
    evidence : mapping
        The measured numbers behind the score, for the record.
    """

    recording: int
    relation: Relation
    score: float
    mirrored: bool
    stretches: tuple[Stretch, ...]
    tier: int
    sound_agrees: bool | None
    reasons: tuple[str, ...]
    evidence: Mapping[str, Plain]
