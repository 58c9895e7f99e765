"""Comparing a box with a library: a shortlist by colours laid out, then points and pieces, then a grade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import cv2
import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.lines.uniforms.agreement import agreement
from witnessmark.lines.uniforms.aligning import Cut, Laid, cut_out, refined, shortlisted
from witnessmark.lines.uniforms.limits import (
    AGREEING_MIN,
    CLOTH_SIMILAR,
    HULL_MIN,
    INLIER_SHARE_MIN,
    INLIERS_MIN,
    RIVAL_WITHIN,
    SIMILAR_AGREEING,
    SIMILAR_SCORE,
    SMALLEST_PX,
    VERIFIED_SCORE,
    WEAKEST_MIN,
)
from witnessmark.lines.uniforms.looks import Look, Rgb, look_of
from witnessmark.lines.uniforms.observations import (
    NOTHING,
    POINTS_KEPT,
    RIVALS,
    SIMILAR,
    VERIFIED,
    BoxSeen,
    Candidate,
    Frame,
    Grade,
    MatchedPoint,
    Measured,
    Pair,
)
from witnessmark.lines.uniforms.points import SIDE_PX, Held, Points, held, points_of
from witnessmark.lines.uniforms.references import FLAT, TEXTURE, Reference
from witnessmark.lines.uniforms.texture import Cloth, cloth_of, likeness

SHORTLIST = 12
"""References laid over the box exactly."""
POINTED = 3
"""Of those, how many are compared point by point."""
Box = tuple[int, int, int, int]
Ranker = Callable[[Rgb, Sequence[int]], Sequence[int]]
"""A learned ranking: the box, and indices of references; gives back indices to lay over as well, best first."""


@dataclass(slots=True)
class Ready:
    """A reference made ready to be compared; its points are found when they are first asked for."""

    reference: Reference
    rgb: Rgb
    look: Look
    cloth: Cloth | None
    points: Points | None = None

    def pointed(self) -> Points:
        """Its points."""
        if self.points is None:
            self.points = points_of(self.rgb)
        return self.points


@runtime_checkable
class Ranked(Protocol):
    """A learned model that shortlists, handed over in ``Tools.providers``; see `witnessmark.lines.uniforms.learned`."""

    sha256: str

    def ranker(self, library: Sequence[Ready]) -> Ranker:
        """A ranking of these references."""
        ...


def ready(reference: Reference, rgb: Rgb) -> Ready:
    """Make a reference ready.

    Parameters
    ----------
    reference : Reference
    rgb : ndarray of uint8, shape (height, width, 3)
    """
    return Ready(reference, rgb, look_of(rgb), cloth_of(rgb) if reference.kind in TEXTURE else None)


def checked_box(box_px: Sequence[float], width_px: int, height_px: int) -> Box:
    """A box that lies in a picture, cut to it.

    Parameters
    ----------
    box_px : sequence of float
        Left, top, width, height.
    width_px, height_px : int
        Of the picture.

    Raises
    ------
    BadInputError
        When it is no box, lies outside, or shows too little.
    """
    left, top, width, height = (float(value) for value in box_px)
    if not all(np.isfinite((left, top, width, height))) or width <= 0 or height <= 0:
        raise BadInputError("The box has no size.", "Give left, top, width and height in pixels: --box 10,20,64,64.")
    right, bottom = min(left + width, width_px), min(top + height, height_px)
    left, top = max(0.0, left), max(0.0, top)
    if min(right - left, bottom - top) < SMALLEST_PX:
        raise BadInputError(
            f"Within the picture of {width_px} x {height_px} px the box is {max(0.0, right - left):.0f} x "
            f"{max(0.0, bottom - top):.0f} px, less than {SMALLEST_PX} px: nothing can be told of so little.",
            "Draw it around the whole emblem, or look for a larger picture.",
        )
    return round(left), round(top), round(right - left), round(bottom - top)


def compare_box(rgb: Rgb, box_px: Box, library: Sequence[Ready], ranker: Ranker | None = None) -> BoxSeen:
    """What in the library a box is like.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        The whole upright picture.
    box_px : tuple of int
        As `checked_box` gives it.
    library : sequence of Ready
    ranker : callable, optional

    Returns
    -------
    BoxSeen
        Without mark and time.
    """
    cut = cut_out(rgb, box_px)
    left, top, width, height = box_px
    inside = rgb[top : top + height, left : left + width]
    laid = _laid_over(cut, inside, [one for one in library if one.reference.kind not in TEXTURE], ranker)
    found = [_candidate(rgb, cut, one, how, number < POINTED) for number, (one, how) in enumerate(laid)]
    found = _rivals(found) + _cloths(inside, library)
    found.sort(key=lambda each: (-_RANK[each.grade], -each.measured.score, each.reference.label))
    best = found[0] if found else None
    pair = None
    if best is not None and best.grade != NOTHING:
        theirs = next(one for one in library if one.reference == best.reference)
        how = next((how for one, how in laid if one is theirs), None)
        seen = _framed(inside) if how is None else _frame(rectified(rgb, cut, how))
        pair = Pair(seen, _framed(theirs.rgb) if how is None else _frame(_square(theirs.rgb)))
    kept = tuple(replace(each, points=each.points if number == 0 else ()) for number, each in enumerate(found[:RIVALS]))
    grade = NOTHING if best is None else best.grade
    return BoxSeen("", 0.0, left, top, width, height, grade, kept, len(library), pair, "")


_RANK: dict[Grade, int] = {VERIFIED: 2, SIMILAR: 1, NOTHING: 0}


def _laid_over(cut: Cut, inside: Rgb, library: Sequence[Ready], ranker: Ranker | None) -> list[tuple[Ready, Laid]]:
    """The likeliest references laid over the box, best first."""
    rough = shortlisted(cut, [one.look for one in library], len(library))
    chosen = rough[:SHORTLIST]
    if ranker is not None:
        wanted = set(list(ranker(inside, range(len(library))))[:SHORTLIST])
        chosen += [each for each in rough[SHORTLIST:] if each[0] in wanted]
    laid = [(library[index], refined(cut, library[index].look, plane)) for index, plane in chosen]
    return sorted(laid, key=lambda each: -each[1].score)


def rectified(rgb: Rgb, cut: Cut, laid: Laid) -> Rgb:
    """What of the picture lies under a reference, as a square of `SIDE_PX`."""
    plane = cut.to_picture @ laid.plane @ np.diag([1 / SIDE_PX, 1 / SIDE_PX, 1.0])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    made = cv2.warpPerspective(rgb, plane, (SIDE_PX, SIDE_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)


def _candidate(rgb: Rgb, cut: Cut, one: Ready, laid: Laid, pointed: bool) -> Candidate:
    pieces = agreement(cut, one.look, laid.plane)
    flat = one.reference.kind in FLAT
    matched = held(points_of(rectified(rgb, cut, laid)), one.pointed()) if pointed and flat else None
    measured = Measured(
        score=round(laid.score, 4),
        layout_ratio=round(laid.likeness_ratio, 4),
        agreeing_share=round(pieces.agreeing_share, 4),
        weakest_ratio=round(pieces.weakest_ratio, 4),
        matches_count=0 if matched is None else matched.matches_count,
        inliers_count=0 if matched is None else matched.inliers_count,
        inlier_share=0.0 if matched is None else round(matched.inlier_share, 4),
        hull_share=0.0 if matched is None else round(matched.hull_share, 4),
    )
    grade, why = graded(measured, flat)
    return Candidate(one.reference, grade, measured, why, () if matched is None else _points(matched))


def graded(measured: Measured, flat: bool) -> tuple[Grade, str]:
    """A grade, and what it rests on or what is wanting.

    Parameters
    ----------
    measured : Measured
    flat : bool
        Whether it can be verified at all.
    """
    alike = measured.score >= SIMILAR_SCORE and measured.agreeing_share >= SIMILAR_AGREEING
    wanting = []
    if not flat:
        wanting.append("its kind is made in numbers and can only be similar")
    elif measured.inliers_count < INLIERS_MIN:
        wanting.append(f"only {measured.inliers_count} points keep to one geometry")
    else:
        if measured.hull_share < HULL_MIN:
            wanting.append(f"matched points span {measured.hull_share:.0%} of the reference, below {HULL_MIN:.0%}")
        if measured.inlier_share < INLIER_SHARE_MIN:
            wanting.append(f"{measured.inlier_share:.0%} of the matches agree, below {INLIER_SHARE_MIN:.0%}")
    if measured.agreeing_share < AGREEING_MIN or measured.weakest_ratio < WEAKEST_MIN:
        wanting.append(f"a part of it differs or is hidden ({measured.agreeing_share:.0%} of its pieces agree)")
    if measured.score < VERIFIED_SCORE:
        wanting.append("its colours laid out differ")
    if not wanting:
        return VERIFIED, (
            f"{measured.inliers_count} points keep to one geometry over {measured.hull_share:.0%} of the reference, "
            "and its pieces agree throughout."
        )
    return (SIMILAR if alike else NOTHING), f"Not verified: {'; '.join(wanting)}."


def _rivals(found: list[Candidate]) -> list[Candidate]:
    """Where two references fit a box alike, neither is verified."""
    made = []
    for each in found:
        near = [
            other.reference.label
            for other in found
            if other is not each and other.measured.score >= each.measured.score - RIVAL_WITHIN
        ]
        if each.grade == VERIFIED and near:
            why = f"Not verified: '{near[0]}' fits as well."
            each = replace(each, grade=SIMILAR, why=why)
        made.append(each)
    return made


def _cloths(inside: Rgb, library: Sequence[Ready]) -> list[Candidate]:
    """Camouflage of the library beside the box, by colours and texture."""
    cloths = [one for one in library if one.reference.kind in TEXTURE]
    mine = cloth_of(inside) if cloths else None
    if mine is None:
        return []
    made = []
    for one in cloths:
        alike = 0.0 if one.cloth is None else round(likeness(mine, one.cloth), 4)
        grade = SIMILAR if alike >= CLOTH_SIMILAR else NOTHING
        why = "Compared by colours and texture only: cloth is never more than similar."
        made.append(Candidate(one.reference, grade, Measured(alike, alike, 0.0, 0.0, 0, 0, 0.0, 0.0), why, ()))
    return sorted(made, key=lambda each: -each.measured.score)


def _points(matched: Held) -> tuple[MatchedPoint, ...]:
    count = matched.inliers_count
    chosen = np.unique(np.linspace(0, max(0, count - 1), min(count, POINTS_KEPT)).astype(int))
    return tuple(
        MatchedPoint(*(round(float(value), 4) for value in (*matched.ours_xy[index], *matched.theirs_xy[index])))
        for index in chosen
    )


def _square(rgb: Rgb) -> Rgb:
    return np.asarray(cv2.resize(rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _framed(rgb: Rgb) -> Frame:
    scale = SIDE_PX / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return _frame(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8))


def _frame(rgb: Rgb) -> Frame:
    coded = cv2.imencode(".jpg", np.ascontiguousarray(rgb[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return Frame(rgb.shape[1], rgb.shape[0], coded.tobytes())
