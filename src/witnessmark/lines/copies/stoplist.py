"""What people marked on one recording, found again by its content on every other one: a stop list for a whole store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import WitnessmarkError
from witnessmark.lines.copies import pdq
from witnessmark.lines.copies.candidates import FEATURE_RADIUS_BITS, LEAST_QUALITY
from witnessmark.lines.copies.codelines import distances
from witnessmark.lines.copies.fingerprint import PDQ_BYTES, Fingerprint, FrameCodes, LocalFeatures, Thumbnails
from witnessmark.lines.copies.library import Library, Recording, Template

NEAR_BITS = 56
"""Frame codes of one picture, encoded anew and sampled up to a quarter of a second apart, are nearer than this."""
SHOWN_SHARE = 0.7
"""A recording shows a marked stretch when this share of its pictures, or frame codes, is near, each at its time."""
LEAST_CODES = 3
"""With fewer frame codes a stretch is not told from others."""
EDGE_S = 0.1
PICTURE_STEP_S, LEAST_PICTURES, LONGEST_S = 0.25, 6, 20.0
"""Small pictures are taken four times a second; a stretch is told by at most its first 20 seconds."""
STAYS_LEVELS = 2.0
"""Deviation of the small pictures of a stretch from their mean below which nothing moves in it [levels]."""
MOVES_ALIKE, STAYS_ALIKE = 0.5, 0.97
"""Correlation from which small pictures are those of the stretch: of what changes, and of what stays."""
EACH_ALIKE = 0.3
"""The same of a picture by itself; `SHOWN_SHARE` of them must be so alike, or only a part of the stretch is shown."""
PROMISING = 0.3
"""Where less than this share of the stretch's own change is found, nothing is looked at closer."""
ASKED_FIRST, AT_A_TIME = 8, 4096
"""So many pictures of a stretch propose where it may lie; so many of a recording are held as numbers at once."""
STEP_S, NEAR_S = 0.25, 0.3
"""Offsets tried, and how far from its time a near frame code may lie: half a step of the sampling, and a little."""
AREA_FRAMES = 6
"""Frames of a marked area whose local features are looked for."""
SAME_PLACE = 0.02
"""A logo lies where it lay, to within this share of the frame."""
LEAST_FEATURES, FEATURES_SHARE = 5, 0.35
"""So many, and this share, of an area's local features must be found again in a frame that shows it."""
GAP_S, REACH_S = 9.0, 1.0
"""Frames that show an area belong together up to this far apart, as features of still pictures are taken every four
seconds; the area is taken to be there so long before and after them."""

Points = tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]
"""Codes and positions, as shares of the frame, of local features."""


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """A marked stretch or area, by what it shows.

    Attributes
    ----------
    kind : str
    lasts_s : float
    times_s : ndarray of float64, shape (k,)
        Of the frame codes, from the beginning of the mark.
    codes : ndarray of uint8, shape (k, 32)
        Empty for an area.
    first_picture_s : float
        Of the small pictures, from the beginning of the mark.
    pictures : ndarray of uint8, shape (m, height, width)
        Every `PICTURE_STEP_S`; none for an area, or where only codes are kept.
    box : tuple of float or None
        As `Template.box`.
    areas : tuple of (codes, x, y)
        Local features in the area, of some of its frames; empty for a stretch.
    """

    kind: str
    lasts_s: float
    times_s: NDArray[np.float64]
    codes: NDArray[np.uint8]
    first_picture_s: float
    pictures: NDArray[np.uint8]
    box: tuple[float, float, float, float] | None
    areas: tuple[Points, ...]


def stops_of(libraries: Iterable[Library]) -> tuple[Stop, ...]:
    """Everything that people marked in these libraries and that can be told by its content.

    A recording whose fingerprint cannot be read gives none; its mark still holds for itself.
    """
    found: list[Stop] = []
    for library in libraries:
        for recording in library.recordings():
            if not recording.templates:
                continue
            try:
                fingerprint = library.fingerprint(recording.id)
            except WitnessmarkError:
                continue
            found.extend(stop for mark in recording.templates if (stop := stop_of(mark, fingerprint)) is not None)
    return tuple(found)


def stop_of(mark: Template, fingerprint: Fingerprint) -> Stop | None:
    """A mark by its content; None when there is too little in it to be told again."""
    lasts_s = mark.end_s - mark.start_s
    none = (np.zeros(0), np.zeros((0, PDQ_BYTES), np.uint8), 0.0, np.zeros((0, 1, 1), np.uint8))
    if mark.box is not None:
        local = fingerprint.features
        areas = () if local is None else _areas(local, mark)
        return Stop(mark.kind, lasts_s, *none, mark.box, areas) if areas else None
    frames = fingerprint.frames
    first, last = mark.start_s, mark.end_s - EDGE_S  # what comes after a cut is no part of it
    rows = np.flatnonzero((frames.times_s >= first) & (frames.times_s <= last) & (frames.quality >= LEAST_QUALITY))
    if len(rows) < LEAST_CODES:
        return None
    began_s, pictures = _pictures(fingerprint.thumbnails, first, last)
    times_s = frames.times_s[rows].astype(np.float64) - first
    return Stop(mark.kind, lasts_s, times_s, frames.codes[rows], began_s - first, pictures, None, ())


def _pictures(small: Thumbnails | None, first_s: float, last_s: float) -> tuple[float, NDArray[np.uint8]]:
    """Small pictures of a stretch at even steps, the first `LONGEST_S` of it, and when the first was taken [s]."""
    if small is None:
        return first_s, np.zeros((0, 1, 1), np.uint8)
    rows = np.flatnonzero((small.times_s >= first_s) & (small.times_s <= min(last_s, first_s + LONGEST_S)))
    if not len(rows):
        return first_s, np.zeros((0, 1, 1), np.uint8)
    steps = np.arange(small.times_s[rows[0]], small.times_s[rows[-1]] + PICTURE_STEP_S / 2, PICTURE_STEP_S)
    nearest = np.abs(small.times_s[rows][None, :] - steps[:, None]).argmin(axis=1)
    return float(steps[0]), small.luma[rows[nearest]]


def _areas(local: LocalFeatures, mark: Template) -> tuple[Points, ...]:
    """Local features in a marked area, of frames spread over its time."""
    during = np.flatnonzero((local.times_s >= mark.start_s) & (local.times_s <= mark.end_s))
    points = [_inside(local, int(frame), mark.box, 0.0) for frame in during]
    telling = [one for one in points if len(one[0]) >= LEAST_FEATURES]
    if len(telling) > AREA_FRAMES:
        telling = [telling[k] for k in np.linspace(0, len(telling) - 1, AREA_FRAMES).round().astype(int)]
    return tuple(telling)


def _inside(local: LocalFeatures, frame: int, box: tuple[float, float, float, float] | None, margin: float) -> Points:
    """Local features of a frame that lie in a box."""
    rows = slice(int(local.first[frame]), int(local.first[frame + 1]))
    most = float(np.iinfo(local.x.dtype).max)
    x, y = local.x[rows] / most, local.y[rows] / most
    left, top, right, bottom = (0.0, 0.0, 1.0, 1.0) if box is None else box
    inside = (x >= left - margin) & (x <= right + margin) & (y >= top - margin) & (y <= bottom + margin)
    return local.codes[rows][inside], x[inside], y[inside]


def with_stops(
    known: Mapping[int, Recording], library: Library, asked: Iterable[int], stops: Sequence[Stop]
) -> dict[int, Recording]:
    """Recordings with the marks they inherit from others whose marked content they show as well.

    Parameters
    ----------
    known : mapping of int to Recording
    library : Library
    asked : iterable of int
        Of these recordings marks are looked for.
    stops : sequence of Stop
    """
    found = dict(known)
    if not stops:
        return found
    for number in set(asked) & known.keys():
        fingerprint = library.fingerprint(number)
        own = known[number].templates
        inherited = [mark for stop in stops for mark in shown_in(stop, fingerprint) if not _held(mark, own)]
        if inherited:
            found[number] = replace(known[number], templates=(*own, *inherited))
    return found


def _held(mark: Template, own: Sequence[Template]) -> bool:
    """Whether a recording is marked so itself."""
    return any(
        one.box == mark.box and one.start_s <= mark.start_s + REACH_S and one.end_s >= mark.end_s - REACH_S
        for one in own
    )


def shown_in(stop: Stop, fingerprint: Fingerprint) -> tuple[Template, ...]:
    """Where a recording shows what was marked on another one: as marks of its own."""
    if stop.box is None:
        return _stretches(stop, fingerprint)
    return () if fingerprint.features is None else _runs(stop, fingerprint.features)


def _stretches(stop: Stop, fingerprint: Fingerprint) -> tuple[Template, ...]:
    """Where a marked stretch is shown: by small pictures where both have them, else by frame codes."""
    small = fingerprint.thumbnails
    if len(stop.pictures) >= LEAST_PICTURES and small is not None and len(small.times_s) >= LEAST_PICTURES:
        starts = _by_pictures(stop, small)
    else:
        starts = _by_codes(stop, fingerprint.frames)
    found: list[Template] = []
    for _, start_s in sorted(starts, reverse=True):
        mark = Template(stop.kind, max(0.0, start_s), start_s + stop.lasts_s, None)
        if all(mark.start_s >= one.end_s or mark.end_s <= one.start_s for one in found):
            found.append(mark)
    return tuple(found)


def _by_pictures(stop: Stop, small: Thumbnails) -> list[tuple[float, float]]:
    """Likeness, and where the stretch would begin [s], wherever small pictures change as in the stretch.

    What is compared is each picture less the mean of its stretch, so that a background that merely stays counts for
    nothing; of a stretch that stays as it is, the pictures themselves.
    """
    count, height, width = len(stop.pictures), *small.luma.shape[1:]
    steps = np.arange(small.times_s[0], small.times_s[-1] + PICTURE_STEP_S / 2, PICTURE_STEP_S)
    if len(steps) < count:
        return []
    rows = np.searchsorted(small.times_s, steps - PICTURE_STEP_S / 2).clip(0, len(small.times_s) - 1)
    first = np.unique(np.linspace(0, count - 1, ASKED_FIRST).round().astype(int)).tolist()
    shown = [cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in stop.pictures]
    found = []
    for turned in (False, True):
        pictures = np.stack(shown).astype(np.float32)
        sample = np.ascontiguousarray(pictures[:, :, ::-1] if turned else pictures).reshape(count, -1)
        change = sample - sample.mean(axis=0)
        stays = float(change.std()) < STAYS_LEVELS
        asked = sample - sample.mean() if stays else change
        against = np.concatenate(
            [
                small.luma[rows[at : at + AT_A_TIME]].reshape(-1, height * width).astype(np.float32) @ asked[first].T
                for at in range(0, len(rows), AT_A_TIME)
            ]
        )
        places = len(steps) - count + 1
        product = sum((against[k : k + places, row] for row, k in enumerate(first)), np.zeros(places, np.float32))
        whole = float((asked * asked).sum())
        for at in np.flatnonzero(product > PROMISING * float((asked[first] ** 2).sum())).tolist():
            window = small.luma[rows[at : at + count]].reshape(count, -1).astype(np.float32)
            window -= window.mean() if stays else window.mean(axis=0)
            alike = float((asked * window).sum()) / max(1e-6, (whole * float((window * window).sum())) ** 0.5)
            each = (asked * window).sum(axis=1) / np.maximum(
                1e-6, np.linalg.norm(asked, axis=1) * np.linalg.norm(window, axis=1)
            )
            if alike >= (STAYS_ALIKE if stays else MOVES_ALIKE) and np.mean(each >= EACH_ALIKE) >= SHOWN_SHARE:
                found.append((alike, float(steps[at]) - stop.first_picture_s))
    return found


def _by_codes(stop: Stop, frames: FrameCodes) -> list[tuple[float, float]]:
    """The same by frame codes: of lively pictures they are near only where both were sampled at the same moments."""
    rows = np.flatnonzero(frames.quality >= LEAST_QUALITY)
    if not len(rows) or len(stop.codes) < LEAST_CODES:
        return []
    at_s = frames.times_s[rows].astype(np.float64)
    found = []
    for codes in (stop.codes, pdq.mirrored(stop.codes)):
        near = distances(codes, frames.codes[rows]) <= NEAR_BITS
        which, where = np.nonzero(near)
        for offset_s in (np.unique(np.round((at_s[where] - stop.times_s[which]) / STEP_S)) * STEP_S).tolist():
            close = np.abs(at_s[None, :] - (stop.times_s + offset_s)[:, None]) <= NEAR_S
            share = float((near & close).any(axis=1).mean())
            if share >= SHOWN_SHARE:
                found.append((share, offset_s))
    return found


def _runs(stop: Stop, local: LocalFeatures) -> tuple[Template, ...]:
    """Stretches of time in which an area shows what was marked in it, at the same place of the frame."""
    shows = [
        float(local.times_s[frame])
        for frame in range(len(local.times_s))
        if _shows(stop.areas, _inside(local, frame, stop.box, SAME_PLACE))
    ]
    runs: list[list[float]] = []
    for at_s in shows:
        if runs and at_s - runs[-1][-1] <= GAP_S:
            runs[-1].append(at_s)
        else:
            runs.append([at_s])
    return tuple(Template(stop.kind, max(0.0, run[0] - REACH_S), run[-1] + REACH_S, stop.box) for run in runs)


def _shows(areas: Sequence[Points], points: Points) -> bool:
    """Whether a frame holds enough of the local features of some frame of a marked area, each where it lay."""
    codes, x, y = points
    if len(codes) < LEAST_FEATURES:
        return False
    for area_codes, area_x, area_y in areas:
        close = (np.abs(area_x[:, None] - x) <= SAME_PLACE) & (np.abs(area_y[:, None] - y) <= SAME_PLACE)
        which, where = np.nonzero(close)
        if not len(which):
            continue
        apart = np.bitwise_count(area_codes[which] ^ codes[where]).sum(axis=1)
        again = len(np.unique(which[apart <= FEATURE_RADIUS_BITS]))
        if again >= max(LEAST_FEATURES, FEATURES_SHARE * len(area_codes)):
            return True
    return False
