"""What the uniforms line sees: for every box a person drew, what it is like in the library, and its rivals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark
from witnessmark.lines.uniforms.references import PassedOver, Reference

Grade: TypeAlias = str
VERIFIED: Grade = "verified"
SIMILAR: Grade = "similar"
NOTHING: Grade = "nothing in the library"
POINTS_KEPT = 60
"""Matched points kept of a candidate; counts are always whole."""
RIVALS = 5
"""Candidates told of one by one."""


@dataclass(frozen=True, slots=True)
class MatchedPoint:
    """One point in both pictures, as shares of width and height of what is laid over one another."""

    x_share: float
    y_share: float
    reference_x_share: float
    reference_y_share: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a box laid over a reference.

    Attributes
    ----------
    score : float
        What candidates are ranked by; not a probability.
    layout_ratio : float
        Correlation of the colours laid out, -1 to 1; for cloth, likeness of colours and texture, 0 to 1.
    agreeing_share, weakest_ratio : float
        Of what the reference shows, the share that agrees piece by piece, and the correlation nine in ten pieces reach.
    matches_count, inliers_count : int
        Points whose codes match, and those of them that keep to one geometry.
    inlier_share, hull_share : float
        Inliers among the matches, and the share of the reference they span.
    """

    score: float
    layout_ratio: float
    agreeing_share: float
    weakest_ratio: float
    matches_count: int
    inliers_count: int
    inlier_share: float
    hull_share: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference and how it compares with a box.

    Attributes
    ----------
    reference : Reference
    grade : str
        "verified", "similar" or, where it only ranks among the nearest, "nothing in the library".
    measured : Measured
    why : str
        What keeps it from a better grade, or what it rests on.
    points : tuple of MatchedPoint
    """

    reference: Reference
    grade: Grade
    measured: Measured
    why: str
    points: tuple[MatchedPoint, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as kept to be looked at: a small JPEG."""

    width_px: int
    height_px: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    """The box and the best candidate, laid over one another."""

    seen: Frame
    reference: Frame


@dataclass(frozen=True, slots=True)
class BoxSeen:
    """A box, and what in the library it is like.

    Attributes
    ----------
    mark : str
        Its id; empty outside a case.
    at_s : float
    left_px, top_px, width_px, height_px : int
        In the upright frame.
    grade : str
        Of the best candidate.
    candidates : tuple of Candidate
        The nearest, best first, at most `RIVALS`; rivals are among them whatever the grade.
    compared_count : int
        References it was compared with.
    pair : Pair or None
        The best candidate's, when it is at least similar.
    trouble : str
        Why it could not be compared; empty when it was.
    """

    mark: str
    at_s: float
    left_px: int
    top_px: int
    width_px: int
    height_px: int
    grade: Grade
    candidates: tuple[Candidate, ...]
    compared_count: int
    pair: Pair | None
    trouble: str


@dataclass(frozen=True, slots=True)
class UniformsObservations:
    """Everything the line saw.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    boxes : tuple of BoxSeen
        In order of time.
    references_count : int
        In the library.
    model : str
        SHA-256 of the learned model that shortlisted; empty for none.
    passed_over : tuple of PassedOver
    caveat : str
        What every reader has to know.
    remarks : tuple of Remark
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    boxes: tuple[BoxSeen, ...]
    references_count: int
    model: str
    passed_over: tuple[PassedOver, ...]
    caveat: str
    remarks: tuple[Remark, ...]
