"""Laying a picture of something worn over a reference: coarsely in many turns and sizes, then exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from witnessmark.lines.uniforms.looks import FINE_PX, SOFT_PX, Floats, Floats32, Look, Rgb, coarse_of, lab_of

WORK_PX = 96
"""Side to which the box is brought before it is laid over anything [px]."""
MARGIN = 0.25
"""How much around the box is taken along, as a share of it: a person's box is never exact."""
SIZES = (0.8, 0.95, 1.12)
TURNS_DEG = (-36.0, -18.0, 0.0, 18.0, 36.0)
"""Tried first, for every reference; what lies between is found by `refined`."""
STEPS = 12
"""Steps of refinement at most."""
STILL = 2e-4
"""A step that moves no corner by more than this share of the picture is the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The box with its surroundings, `WORK_PX` for the box itself.

    Attributes
    ----------
    lab : ndarray of float32, shape (side, side, 3)
    to_picture : ndarray of float64, shape (3, 3)
        From its pixels to those of the picture.
    """

    lab: Floats32
    to_picture: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A reference laid over the box.

    Attributes
    ----------
    plane : ndarray of float64, shape (3, 3)
        From the unit square of the reference to pixels of the cut.
    likeness_ratio : float
        Correlation of colours laid out, -1 to 1.
    colour_apart : float
        Distance of their mean colours in L*a*b*, L* made light.
    """

    plane: Floats
    likeness_ratio: float
    colour_apart: float

    @property
    def score(self) -> float:
        """What references are ranked by."""
        return self.likeness_ratio - COLOUR_COST * max(0.0, self.colour_apart - COLOUR_FREE)


COLOUR_FREE, COLOUR_COST = 8.0, 0.008
"""Light shifts colours by some `COLOUR_FREE`; what is farther off costs this much a unit."""


def cut_out(rgb: Rgb, box_px: tuple[int, int, int, int]) -> Cut:
    """The box of a picture, and a margin.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    box_px : tuple of int
        Left, top, width, height.

    Returns
    -------
    Cut
    """
    left, top, width, height = box_px
    side = round(WORK_PX * (1 + 2 * MARGIN))
    scale = np.diag([width / WORK_PX, height / WORK_PX, 1.0])
    shift = np.array([[1, 0, left - MARGIN * width], [0, 1, top - MARGIN * height], [0, 0, 1]], np.float64)
    to_picture = shift @ scale
    shrink = max(width, height) / WORK_PX
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.5 * shrink) if shrink > 1.2 else rgb
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    made = cv2.warpPerspective(soft, to_picture, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return Cut(lab_of(np.asarray(made, np.uint8)), to_picture)


def tries() -> list[Floats]:
    """Planes from the unit square to the cut, in `SIZES` and `TURNS_DEG`."""
    middle = WORK_PX * (0.5 + MARGIN)
    made = []
    for size in SIZES:
        for turn in np.radians(TURNS_DEG):
            step = WORK_PX * size * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
            made.append(np.vstack([np.column_stack([step, middle - step @ [0.5, 0.5]]), [0.0, 0.0, 1.0]]))
    return made


def shown(cut: Cut, plane: Floats) -> Floats32:
    """What the cut shows where a plane puts the unit square, shape (FINE_PX, FINE_PX, 3)."""
    to_unit = np.array([[1 / FINE_PX, 0, 0.5 / FINE_PX], [0, 1 / FINE_PX, 0.5 / FINE_PX], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    made = cv2.warpPerspective(
        cut.lab, plane @ to_unit, (FINE_PX, FINE_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(made, np.float32)


def shortlisted(cut: Cut, looks: Sequence[Look], at_most: int) -> list[tuple[int, Floats]]:
    """References most like the box, each with the turn and size in which it is.

    Returns
    -------
    list of (int, ndarray)
        Index of the reference and its best plane, most like first.
    """
    if not looks:
        return []
    planes = tries()
    seen = np.stack([coarse_of(shown(cut, plane), np.ones((FINE_PX, FINE_PX), np.float32))[0] for plane in planes])
    rows = [coarse_of(look.fine, look.weight) for look in looks]
    scores = np.stack([_scores(seen, values, weights) for values, weights in rows])
    best = scores.argmax(axis=1)
    order = np.argsort(-scores.max(axis=1), kind="stable")[:at_most]
    return [(int(index), planes[int(best[index])]) for index in order]


def _scores(seen: Floats32, values: Floats32, weights: Floats32) -> Floats32:
    """Likeness of every try to one reference, shape (n_tries,)."""
    weight = weights.reshape(-1, 3)[:, :1] / weights.reshape(-1, 3)[:, :1].sum()
    cells = seen.reshape(len(seen), -1, 3)
    theirs = values.reshape(-1, 3)
    mean, mean_theirs = (cells * weight).sum(axis=1), (theirs * weight).sum(axis=0)
    off, off_theirs = cells - mean[:, None], theirs - mean_theirs
    together = (off * off_theirs * weight).sum(axis=(1, 2))
    spread = np.sqrt((off * off * weight).sum(axis=(1, 2)) * (off_theirs * off_theirs * weight).sum()) + FLAT
    apart = np.linalg.norm(mean - mean_theirs, axis=1)
    return np.asarray(together / spread - COLOUR_COST * np.maximum(0.0, apart - COLOUR_FREE), np.float32)


FLAT = 4.0
"""Added to the spread of colours: two plain fields are not alike by their noise."""


def refined(cut: Cut, look: Look, plane: Floats) -> Laid:
    """Lay a reference over the box exactly: six, then eight parameters by least squares on colours.

    Parameters
    ----------
    cut : Cut
    look : Look
    plane : ndarray of float64, shape (3, 3)
        Where to begin.

    Returns
    -------
    Laid

    Notes
    -----
    Forward additive image alignment with gain and offset taken out (Baker & Matthews 2004,
    doi:10.1023/B:VISI.0000011205.11775.fd).
    """
    best = _laid(cut, look, plane)
    for fine, count in ((look.softened[-1], 6), (look.fine, 8)):
        soft = count == 6
        at, lost = best, 0
        for _ in range(STEPS):
            moved = _stepped(cut, fine, look.weight, at.plane, count, soft)
            if moved is None:
                break
            after = _laid(cut, look, moved)
            far = float(np.abs(_corners(moved) - _corners(at.plane)).max()) / WORK_PX
            at = after
            if after.likeness_ratio > best.likeness_ratio:
                best, lost = after, 0
            else:
                lost += 1
            if far < STILL or lost >= 3:
                break
    return best


def _stepped(cut: Cut, fine: Floats32, weight: Floats32, plane: Floats, count: int, soft: bool) -> Floats | None:
    seen = shown(cut, plane)
    if soft:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), SOFT_PX[-1]), np.float32)
    share = weight / weight.sum()
    ours, theirs = _level(seen, share), _level(fine, share)
    dx = np.gradient(ours, axis=1) * FINE_PX
    dy = np.gradient(ours, axis=0) * FINE_PX
    at = (np.arange(FINE_PX) + 0.5) / FINE_PX
    x, y = at[None, :, None] - 0.5, at[:, None, None] - 0.5
    columns = [dx * x, dx * y, dx, dy * x, dy * y, dy]
    if count == 8:
        along = dx * x + dy * y
        columns += [-along * x, -along * y]
    root = np.sqrt(share)[:, :, None]
    matrix = np.stack([(column * root).ravel() for column in columns], axis=1).astype(np.float64)
    left = ((theirs - ours) * root).ravel().astype(np.float64)
    normal = matrix.T @ matrix
    normal[np.diag_indices_from(normal)] *= 1.01
    try:
        step = np.linalg.solve(normal + 1e-9 * np.eye(count), matrix.T @ left)
    except np.linalg.LinAlgError:
        return None
    a, b, c, d, e, f, *bend = np.clip(step, -0.15, 0.15)
    g, h = bend or (0.0, 0.0)
    centred = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    move = np.array([[1 + a, b, c], [d, 1 + e, f], [g, h, 1]])
    moved = plane @ np.linalg.inv(centred) @ move @ centred
    return moved / moved[2, 2] if _sound(moved) else None


def _level(lab: Floats32, share: Floats32) -> Floats32:
    """Each channel without its mean, all together of spread 1."""
    off = lab - (lab * share[:, :, None]).sum(axis=(0, 1))
    return np.asarray(off / (math.sqrt(float((off * off * share[:, :, None]).sum())) + 1.0), np.float32)


def _laid(cut: Cut, look: Look, plane: Floats) -> Laid:
    seen = shown(cut, plane)
    share = (look.weight / look.weight.sum())[:, :, None]
    mean = (seen * share).sum(axis=(0, 1))
    off = seen - mean
    spread = float((off * off * share).sum())
    best, apart = -1.0, 0.0
    for theirs in look.softened:
        mean_theirs = (theirs * share).sum(axis=(0, 1))
        off_theirs = theirs - mean_theirs
        together = float((off * off_theirs * share).sum())
        likeness = together / (math.sqrt(spread * float((off_theirs * off_theirs * share).sum())) + FLAT)
        if likeness > best:
            best, apart = likeness, float(np.linalg.norm(mean - mean_theirs))
    return Laid(plane, best, apart)


def _corners(plane: Floats) -> Floats:
    square = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64) @ plane.T
    return square[:, :2] / square[:, 2:]


def _sound(plane: Floats) -> bool:
    """Whether the unit square stays a convex one of a fair size that lies mostly in the cut."""
    square = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64) @ plane.T
    if np.any(square[:, 2] <= 0.2 * plane[2, 2]):
        return False
    corners = (square[:, :2] / square[:, 2:]).astype(np.float32)
    area = float(cv2.contourArea(corners)) / WORK_PX**2
    side = WORK_PX * (1 + 2 * MARGIN)
    inside = bool(np.all(corners > -0.3 * side) and np.all(corners < 1.3 * side))
    return bool(cv2.isContourConvex(corners)) and 0.2 < area < 3.0 and inside
