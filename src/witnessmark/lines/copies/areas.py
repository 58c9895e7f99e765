"""Marked areas of a recording's frame, such as a logo or a lower third: evidence is counted outside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.candidates import Candidate
from witnessmark.lines.copies.fingerprint import Fingerprint, LocalFeatures
from witnessmark.lines.copies.library import Template

Group = tuple[NDArray[np.intp], "NDArray[np.bool_] | None"]
"""Rows at whose time the same pixels are hidden, and those pixels; None where nothing is."""
REACH_S = 2.0
"""Areas are left out so long before and after their time as well, as change is told from means over so long."""
FEATURE_SLACK_S = 0.3
"""Local features are left out so long before and after the time of an area: marks are set by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """A marked area on a common grid.

    Attributes
    ----------
    start_s, end_s : float
        In the reference.
    hides : ndarray of bool, shape (height, width)
        Pixels of the grid that the area covers in the reference's picture.
    """

    start_s: float
    end_s: float
    hides: NDArray[np.bool_]


def areas_on(
    marks: Sequence[Template], places: NDArray[np.float64], shape: tuple[int, int], margin: tuple[float, float]
) -> tuple[Area, ...]:
    """The marked areas on a grid.

    Parameters
    ----------
    marks : sequence of Template
        Those without a box are passed over.
    places : ndarray of float64, shape (height * width, 2)
        Where each pixel of the grid lies in the reference's frame, as shares.
    shape : (height, width)
    margin : (across, down)
        Added on each side, as shares of the reference's frame: small pictures blur into their neighbours.
    """
    found = []
    for mark in marks:
        if mark.box is not None:
            left, top, right, bottom = mark.box
            x, y = places[:, 0], places[:, 1]
            hides = (x > left - margin[0]) & (x < right + margin[0]) & (y > top - margin[1]) & (y < bottom + margin[1])
            found.append(Area(mark.start_s - REACH_S, mark.end_s + REACH_S, hides.reshape(shape)))
    return tuple(found)


def hidden_at(areas: Sequence[Area], times_s: NDArray[np.float64]) -> list[Group]:
    """The times grouped by what is hidden at them."""
    if not areas:
        return [(np.arange(len(times_s)), None)]
    active = np.array([(times_s >= area.start_s) & (times_s <= area.end_s) for area in areas])
    if not active.any():
        return [(np.arange(len(times_s)), None)]
    states, which = np.unique(active.T, axis=0, return_inverse=True)
    groups: list[Group] = []
    for number, state in enumerate(states):
        hides = [area.hides for area, on in zip(areas, state, strict=True) if on]
        groups.append((np.flatnonzero(which.ravel() == number), np.logical_or.reduce(hides) if hides else None))
    return groups


def outside_areas(
    reference: Fingerprint, candidate: Candidate, marks: Sequence[Template]
) -> tuple[Fingerprint, Candidate]:
    """A reference without the local features in its marked areas, and the candidate that knows those areas.

    Without a marked area both come back as they are.
    """
    boxed = tuple(mark for mark in marks if mark.box is not None)
    if not boxed:
        return reference, candidate
    local = reference.features
    if local is None:
        return reference, replace(candidate, marks=boxed)
    kept = ~_features_in(local, boxed)
    counts = np.add.reduceat(np.append(kept, False).astype(np.int64), local.first[:-1].astype(np.int64))
    counts[np.diff(local.first.astype(np.int64)) == 0] = 0
    fewer = LocalFeatures(
        local.times_s,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        local.codes[kept],
        local.x[kept],
        local.y[kept],
        local.size[kept],
        local.angle[kept],
    )
    hits = candidate.feature_hits[kept[candidate.feature_hits[:, 1]]]
    renumbered = np.cumsum(kept) - 1
    hits = np.stack([hits[:, 0], renumbered[hits[:, 1]]], axis=1).astype(np.int64)
    return replace(reference, features=fewer), replace(candidate, feature_hits=hits, marks=boxed)


def _features_in(local: LocalFeatures, boxed: Sequence[Template]) -> NDArray[np.bool_]:
    """Which local features lie in a marked area during its time."""
    most = float(np.iinfo(local.x.dtype).max)
    x, y = local.x / most, local.y / most
    first = local.first.astype(np.int64)
    times_s = np.repeat(local.times_s.astype(np.float64), first[1:] - first[:-1])
    inside = np.zeros(len(local.codes), np.bool_)
    for mark in boxed:
        if mark.box is not None:
            left, top, right, bottom = mark.box
            during = (times_s >= mark.start_s - FEATURE_SLACK_S) & (times_s <= mark.end_s + FEATURE_SLACK_S)
            inside |= during & (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    return inside
