"""How one recording lies in another, in picture and in time: laid through a third, compared, put into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.records import Match, Stretch, Transform

Points = NDArray[np.float64]

CORNERS: Points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
MIRROR: Points = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
IDENTITY: tuple[float, float, float, float, float, float, float, float, float] = (
    *(1.0, 0.0, 0.0),
    *(0.0, 1.0, 0.0),
    *(0.0, 0.0, 1.0),
)

SAME_SHARE = 0.93
"""A picture of which this much is left counts as whole: outlines are a few hundredths off."""
SAME_SPEED = 0.03
SKEW_SHARE = 0.02
"""Opposite sides that differ by more than this share of the frame come from filming at an angle."""
SAMPLE_S = 1.0
"""Fingerprints look twice a second, so a stretch's ends are known to about half a second, and two ends to one."""


def laid(points: Points, matrix: Points) -> Points:
    """Points of shape (n, 2) through a 3 x 3 homography."""
    together = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    weight = np.where(np.abs(together[:, 2:]) < 1e-9, 1e-9, together[:, 2:])
    return np.asarray(together[:, :2] / weight)


def clipped(polygon: Points) -> Points:
    """The part of a convex polygon, shape (n, 2), inside the unit square; shape (m, 2), m may be 0.

    Notes
    -----
    I. E. Sutherland and G. W. Hodgman, "Reentrant polygon clipping", Communications of the ACM 17, 1974,
    doi:10.1145/360767.360802.
    """
    for axis, keep_above in ((0, True), (0, False), (1, True), (1, False)):
        inside = polygon[:, axis] if keep_above else 1.0 - polygon[:, axis]
        made: list[Points] = []
        for index in range(len(polygon)):
            here, after = inside[index - 1], inside[index]
            if (here < 0.0) != (after < 0.0):
                share = here / (here - after)
                made.append(polygon[index - 1] + share * (polygon[index] - polygon[index - 1]))
            if after >= 0.0:
                made.append(polygon[index])
        polygon = np.array(made).reshape(-1, 2)
    return polygon


def area(polygon: Points) -> float:
    """Area of a simple polygon of shape (n, 2)."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Laying:
    """How one recording lies in another, over the seconds they share.

    Attributes
    ----------
    matrix : ndarray of float64, shape (3, 3)
        From the one's picture, mirrored first where `mirrored`, to the other's.
    mirrored : bool
    speed : float
        Seconds of the one shown in a second of the other.
    start_s, end_s : float
        In the other.
    """

    matrix: Points
    mirrored: bool
    speed: float
    start_s: float
    end_s: float

    @property
    def kept_share(self) -> float:
        """How much of the one's picture is to be seen in the other."""
        outline = laid(CORNERS, self.matrix)
        return min(1.0, area(clipped(outline)) / max(area(outline), 1e-9))

    @property
    def filled_share(self) -> float:
        """How much of the other's picture shows the one."""
        return min(1.0, area(clipped(laid(CORNERS, self.matrix))))

    @property
    def skewed(self) -> bool:
        """Whether opposite sides come out unlike, as they do when a screen is filmed at an angle."""
        corners = laid(CORNERS, self.matrix)
        return bool(np.max(np.abs(corners[0] - corners[1] + corners[2] - corners[3])) > SKEW_SHARE)


def laying(match: Match, stretch: Stretch) -> Laying:
    """A match's stretch: how the reference lies in the query."""
    matrix = np.array(stretch.transform.matrix, dtype=np.float64).reshape(3, 3)
    return Laying(matrix, match.mirrored, stretch.speed, stretch.q0_s, stretch.q1_s)


def between(one: Laying, other: Laying) -> Laying | None:
    """How `one` lies in `other`, when both are laid in the same third recording; None where they share no time in it.

    Its times are those of the third recording.
    """
    start_s, end_s = max(one.start_s, other.start_s), min(one.end_s, other.end_s)
    if end_s <= start_s or abs(np.linalg.det(other.matrix)) < 1e-9:
        return None
    into = np.linalg.inv(other.matrix) @ one.matrix  # both mirrored or neither: into the other as it is mirrored
    if other.mirrored:
        into = MIRROR @ into @ MIRROR
    return Laying(into / into[2, 2], one.mirrored != other.mirrored, one.speed / other.speed, start_s, end_s)


def through(first: Match, second: Match) -> Match | None:
    """How a third recording lies in the query when `first` lays the second in the query and `second` the third in it.

    Parameters
    ----------
    first : Match
        Of the query with the recording in the middle.
    second : Match
        Of the recording in the middle, as query, with the third.

    Returns
    -------
    Match or None
        With the lower of the two scores; None where the two show different parts of the one in the middle.
    """
    stretches = [
        joined
        for one in first.stretches
        for two in second.stretches
        if (joined := _joined(first, one, two)) is not None
    ]
    if not stretches:
        return None
    return Match(
        recording=second.recording,
        relation="copy",
        score=min(first.score, second.score),
        mirrored=first.mirrored != second.mirrored,
        stretches=tuple(sorted(stretches, key=lambda stretch: (stretch.q0_s - stretch.q1_s, stretch.q0_s))),
        tier=min(first.tier, second.tier),
        sound_agrees=second.sound_agrees if first.sound_agrees else None,
        reasons=("It was found through another copy; this recording itself was not seen to match it.", *second.reasons),
        evidence=second.evidence,
    )


def _joined(first: Match, one: Stretch, two: Stretch) -> Stretch | None:
    start_s, end_s = max(one.r0_s, two.q0_s), min(one.r1_s, two.q1_s)
    if end_s - start_s < SAMPLE_S or one.speed <= 0.0:
        return None
    outer = np.array(one.transform.matrix, dtype=np.float64).reshape(3, 3)
    inner = np.array(two.transform.matrix, dtype=np.float64).reshape(3, 3)
    matrix = outer @ (MIRROR @ inner @ MIRROR if first.mirrored else inner)
    if abs(matrix[2, 2]) < 1e-9:
        return None
    q0_s = one.q0_s + (start_s - one.r0_s) / one.speed
    q1_s = one.q0_s + (end_s - one.r0_s) / one.speed
    r0_s, r1_s = (two.r0_s + two.speed * (at_s - two.q0_s) for at_s in (start_s, end_s))
    values = (matrix / matrix[2, 2]).ravel().tolist()
    words = tuple(dict.fromkeys((*one.transform.words, *two.transform.words)))
    words = tuple(word for word in words if word != "same frame") or ("same frame",)
    transform = Transform(
        (values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7], values[8]), words
    )
    agreed_s = min(one.agreed_s, two.agreed_s, q1_s - q0_s)
    return Stretch(q0_s, q1_s, r0_s, r1_s, one.speed * two.speed, agreed_s, transform)
