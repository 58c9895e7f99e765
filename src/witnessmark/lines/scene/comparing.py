"""Comparing two pieces of footage: every view of one with every view of the other, and what the best pair shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.scene.features import Features, features_of
from witnessmark.lines.scene.guided import guided
from witnessmark.lines.scene.matching import FEWEST, Agreement, Flags, Indices, agree, extent, tentative
from witnessmark.lines.scene.recording import Alike, same_recording
from witnessmark.lines.scene.stable import left_out
from witnessmark.lines.scene.views import View, Views, look, smaller
from witnessmark.media.records import Broken, Limits

SAME_SPOT = 0.012
"""Matches that lie at the same spot of both screens to within this share of their sides are set aside at first."""
FINALISTS = 3
"""Pairs of views that agree best, which are matched again under their homography."""
WARPS = 4
"""Pairs whose homography is tried as that between copies of one recording."""
INSERTED, MARGIN_S = 0.5, 0.3
"""A stretch that both share and that is a smaller part than this of the shorter is an opening or inserted material."""
COARSE = 4
"""Cells a side in which it is judged whether matches at the same spots fill the picture or frame it."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """Footage made ready for comparison: its views and their points that stand still in the world."""

    views: Views
    features: tuple[Features, ...]
    left_out_count: int

    @property
    def points_count(self) -> int:
        """Points in all views."""
        return sum(len(view.codes) for view in self.features)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two views that agree.

    Attributes
    ----------
    a, b : Features
    number_a, number_b : int
        Which of the chosen views.
    found : Agreement
    same_spots : bool
        True when the matches lie at the same spots of both screens: a camera that did not move between, or a copy.
    index_a, index_b : ndarray of int, shape (k,)
        The points of the world that both show.
    support_count : int
        How much they count, for their spread and beyond chance.
    chance_count : float
        How much wrong geometries give with the same pictures; 0 where none was tried.
    """

    a: Features
    b: Features
    number_a: int
    number_b: int
    found: Agreement
    same_spots: bool
    index_a: Indices
    index_b: Indices
    support_count: int
    chance_count: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What comparing gave.

    Attributes
    ----------
    best : Pair or None
        None when no two views agree.
    support_count : int
        Of the best pair; 0 without one.
    extent_share : float
        Share of the width or height that its matches span, in the view in which it is smaller.
    pairs_count, tried_count : int
        Pairs of views that agree, and that were tried.
    overlay_count : int
        Matches set aside at the same spots of both screens where they did not fill the picture, in the pair with most.
    alike : Alike or None
        A stretch that looks like the same recording.
    inserted : bool
        True when that stretch is less than half of the shorter footage: an opening or inserted material. The views in
        it are then left out of `best`.
    """

    best: Pair | None
    support_count: int
    extent_share: float
    pairs_count: int
    tried_count: int
    overlay_count: int
    alike: Alike | None
    inserted: bool


def prepare(path: Path, limits: Limits) -> Looked | Broken:
    """Decode footage in the sandbox, choose views, find their points and leave out what does not stand still."""
    views = look(path, limits)
    return views if isinstance(views, Broken) else ready(views)


def ready(views: Views) -> Looked:
    """Find the points of views that were taken already; of the others only small versions are kept."""
    features = [features_of(view.at_s, view.grey) for view in views.chosen]
    out = left_out(features)
    kept = tuple(view.only(~flags) for view, flags in zip(features, out, strict=True))
    small = Views(views.chosen, tuple(View(view.at_s, smaller(view.grey)) for view in views.held), views.stopped)
    return Looked(small, kept, sum(int(flags.sum()) for flags in out))


def compare(a: Looked, b: Looked) -> Comparison:
    """Compare all views of one with all of the other.

    Parameters
    ----------
    a, b : Looked

    Returns
    -------
    Comparison
    """
    pairs: list[Pair] = []
    overlay = 0
    for number_a, view_a in enumerate(a.features):
        for number_b, view_b in enumerate(b.features):
            found, same_spots, aside = compare_views(view_a, view_b)
            overlay = max(overlay, aside)
            if found.kind != "none":
                raw = (found.index_a, found.index_b, found.support_count, 0.0)
                pairs.append(Pair(view_a, view_b, number_a, number_b, found, same_spots, *raw))
    pairs.sort(key=lambda pair: _rank(pair.found), reverse=True)
    alike = _alike(a, b, pairs)
    inserted = alike is not None and alike.end_s - alike.start_s < INSERTED * min(_lasts_s(a), _lasts_s(b))
    if alike is not None and inserted:
        pairs = [pair for pair in pairs if not _within(pair, alike)]
    best = max(map(_enriched, pairs[:FINALISTS]), key=lambda pair: pair.support_count, default=None)
    if best is None:
        return Comparison(None, 0, 0.0, len(pairs), len(a.features) * len(b.features), overlay, alike, inserted)
    span = min(extent(best.a, best.index_a), extent(best.b, best.index_b))
    support = best.support_count
    return Comparison(best, support, span, len(pairs), len(a.features) * len(b.features), overlay, alike, inserted)


def _rank(found: Agreement) -> tuple[int, int]:
    return found.support_count, len(found.index_a)


def _alike(a: Looked, b: Looked, pairs: list[Pair]) -> Alike | None:
    """A stretch of the same recording under the homography that explains most of some pair's matches."""
    flat = [pair for pair in pairs if pair.found.plane is not None and pair.found.kind == "plane"]
    flat.sort(key=lambda pair: len(pair.found.index_a) / pair.found.tentative_count, reverse=True)
    for pair in flat[:WARPS]:
        assert pair.found.plane is not None
        plane = _shrink(b, pair.b) @ pair.found.plane @ np.linalg.inv(_shrink(a, pair.a))
        alike = same_recording(a.views.held, b.views.held, plane)
        if alike is not None:
            return alike
    return None


def _shrink(looked: Looked, view: Features) -> NDArray[np.float64]:
    """From pixels of a view to those of its small version."""
    high, wide = looked.views.held[0].grey.shape
    return np.diag([wide / view.width_px, high / view.height_px, 1.0])


def _lasts_s(looked: Looked) -> float:
    held = looked.views.held
    return held[-1].at_s - held[0].at_s


def _within(pair: Pair, alike: Alike) -> bool:
    """Whether either view lies in the stretch that both share."""
    mine, theirs = pair.a.at_s, pair.b.at_s - alike.offset_s
    return any(alike.start_s - MARGIN_S <= at_s <= alike.end_s + MARGIN_S for at_s in (mine, theirs))


def _enriched(pair: Pair) -> Pair:
    """The pair with what its homography finds besides, where that counts for more."""
    if pair.found.plane is None:
        return pair
    more = guided(pair.a, pair.b, pair.found.plane, pair.found.index_a)
    if more.support_count <= pair.support_count:
        return pair
    more_points = (more.index_a, more.index_b, more.support_count, more.chance_count)
    return Pair(pair.a, pair.b, pair.number_a, pair.number_b, pair.found, pair.same_spots, *more_points)


def compare_views(a: Features, b: Features) -> tuple[Agreement, bool, int]:
    """Compare two views; what lies at the same spot of both screens counts only when it fills the picture.

    A logo, a caption or a frame lies at the same spot of two recordings from different places. So does everything in
    two recordings from one fixed camera: then matches lie in the middle of the picture too.

    Returns
    -------
    Agreement
    bool
        Whether it rests on matches at the same spots.
    int
        Matches set aside as overlays.
    """
    index_a, index_b = tentative(a, b)
    same = _same_spot(a, b, index_a, index_b)
    moved = agree(a, b, index_a[~same], index_b[~same], len(index_a))
    if int(same.sum()) < FEWEST:
        return moved, False, 0
    still = agree(a, b, index_a[same], index_b[same], len(index_a))
    if still.kind == "none" or _rank(still) <= _rank(moved):
        return moved, False, 0
    if not fills(a, still.index_a):
        return moved, False, len(still.index_a)
    return still, True, 0


def _same_spot(a: Features, b: Features, index_a: Indices, index_b: Indices) -> Flags:
    share_a = a.xy_px[index_a] / np.array([a.width_px, a.height_px], np.float32)
    share_b = b.xy_px[index_b] / np.array([b.width_px, b.height_px], np.float32)
    return np.asarray((np.abs(share_a - share_b) < SAME_SPOT).all(axis=1), np.bool_)


def fills(view: Features, index: Indices) -> bool:
    """Whether points lie in the middle of the picture as well as around it.

    That is in 3 of 4 rows, 3 of 4 columns and 2 of the 4 inmost cells; each counts with two points or more.
    """
    left, top, right, bottom = view.box_px
    size = np.array([max(1, right - left), max(1, bottom - top)], np.float32)
    share = (view.xy_px[index] - np.array([left, top], np.float32)) / size
    cell = np.clip((share * COARSE).astype(np.intp), 0, COARSE - 1)
    counts = np.zeros((COARSE, COARSE), np.intp)
    np.add.at(counts, (cell[:, 1], cell[:, 0]), 1)
    rows = int((counts.sum(axis=1) >= 2).sum())
    columns = int((counts.sum(axis=0) >= 2).sum())
    middle = int((counts[1:3, 1:3] >= 2).sum())
    return rows >= 3 and columns >= 3 and middle >= 2


def scale_of(pair: Pair) -> float:
    """How much larger the second view shows what both show: median ratio of sizes."""
    size_a, size_b = pair.a.size_px[pair.index_a], pair.b.size_px[pair.index_b]
    return float(np.exp(np.median(np.log(size_b / size_a))))


def picture_of(looked: Looked, index: int) -> NDArray[np.uint8]:
    """The grey picture of a chosen view."""
    view: View = looked.views.chosen[index]
    return view.grey
