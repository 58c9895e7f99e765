"""What the scene line sees: which footage shows the same surroundings, how surely, and where in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark
from witnessmark.lines.scene.references import KnownPlace

Relation = Literal["same-place", "same-recording", "same-thing", "cannot-tell"]

POINTS_KEPT = 80
"""Matched points kept of a pair of views, spread over the picture; counts are always whole."""


@dataclass(frozen=True, slots=True)
class MatchedPoint:
    """One point of the world in both pictures, as shares of width and height from the top left."""

    x_share: float
    y_share: float
    reference_x_share: float
    reference_y_share: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as kept to be looked at: a small grey JPEG."""

    at_s: float
    width_px: int
    height_px: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class PairSeen:
    """The two views that agree best.

    Attributes
    ----------
    frame, reference_frame : Frame
    kind : str
        "plane": one homography explains most matches (flat, far or merely turned); "depth": a fundamental matrix.
    same_spots : bool
        True when the matches lie at the same spots of both screens.
    tentative_count, matches_count : int
        Points whose codes match, and those of them that one geometry explains.
    scale_ratio : float
        How much larger the reference shows what both show.
    points : tuple of MatchedPoint
        At most `POINTS_KEPT`.
    """

    frame: Frame
    reference_frame: Frame
    kind: str
    same_spots: bool
    tentative_count: int
    matches_count: int
    scale_ratio: float
    points: tuple[MatchedPoint, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """How an item compares with one reference.

    Attributes
    ----------
    reference : Sha256
    label : str
    place : KnownPlace or None
    relation : str
        "same-place"; "same-recording": then the place is trivially the same; "same-thing": one thing that fills
        little of either picture; "cannot-tell", which is never "elsewhere".
    support_count : int
        Matches of the best pair, counted for their spread.
    extent_share : float
        Share of the width or height that its matches span, in the view in which it is smaller.
    log10_likelihood_ratio : float
        How much more probable this support is of the same place than of different ones, log10, from measured rates.
    probability : float
        Of the same place at even prior odds.
    pairs_count, tried_count : int
        Pairs of views that agree, and that were tried.
    best : PairSeen or None
    reasons : tuple of str
    """

    reference: Sha256
    label: str
    place: KnownPlace | None
    relation: str
    support_count: int
    extent_share: float
    log10_likelihood_ratio: float
    probability: float
    pairs_count: int
    tried_count: int
    best: PairSeen | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A reference that could not be decoded."""

    reference: Sha256
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class SceneObservations:
    """Everything the line saw.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    views_count, points_count : int
        Views of the item that were compared, and points in them.
    left_out_count : int
        Points left out because they move, come and go, or are laid over the picture.
    compared_count : int
        References compared.
    compared : tuple of Compared
        Those that agree, surest first, then the rest, at most 60; only the first few carry pictures.
    unread : tuple of Unread
    stopped : str
        Why decoding the item ended early; empty when it did not.
    remarks : tuple of Remark
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    views_count: int
    points_count: int
    left_out_count: int
    compared_count: int
    compared: tuple[Compared, ...]
    unread: tuple[Unread, ...]
    stopped: str
    remarks: tuple[Remark, ...]
