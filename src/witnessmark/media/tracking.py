"""Joining the places of faces over time, so that none is shown in a picture in which it was not found.

Places are joined by position and size alone. What they show is not looked at.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from witnessmark.media.faces import Box

GAP_S = 1.5
"""A face lost for longer begins a new track."""
EXTEND_S = 0.6
"""A track goes on this long before its first and after its last detection."""
_APART_SIZES = 0.8
_APART_SIZES_PER_S = 3.0
"""How far a face may have moved between two detections, in its own sizes: this, and this much more a second."""
_SIZE_RATIO_MOST = 2.2
_GROW_PER_S = 0.8
_GROW_MOST = 0.5
"""Away from its detections a box grows on each side by this share of its size a second, up to this."""
_SPEED_OVER_S = 0.5
"""A speed is taken from the detections of so long at a track's end."""


@dataclass(frozen=True, slots=True)
class Track:
    """A face's places over time.

    Attributes
    ----------
    times_s : tuple of float
        Presentation times of its detections, increasing.
    boxes : tuple of Box
    """

    times_s: tuple[float, ...]
    boxes: tuple[Box, ...]

    def at(self, pts_s: float) -> Box | None:
        """Where to blur at a time, None where the track does not reach.

        Between detections the box is interpolated, before the first and after the last it covers both where the face
        stood and where its speed takes it; the further from a detection, the larger it is.
        """
        after = bisect.bisect_left(self.times_s, pts_s)
        if after < len(self.times_s) and self.times_s[after] == pts_s:
            return self.boxes[after]
        if 0 < after < len(self.times_s):
            before_s, after_s = self.times_s[after - 1], self.times_s[after]
            part = (pts_s - before_s) / (after_s - before_s)
            away_s = min(pts_s - before_s, after_s - pts_s)
            return _between(self.boxes[after - 1], self.boxes[after], part).grown(_growth(away_s))
        at_end = after > 0
        away_s = pts_s - self.times_s[-1] if at_end else self.times_s[0] - pts_s
        if away_s > EXTEND_S:
            return None
        held = self.boxes[-1 if at_end else 0]
        speed_x, speed_y = self._speed(at_end=at_end)
        signed_s = away_s if at_end else -away_s
        moved = Box(held.x_px + speed_x * signed_s, held.y_px + speed_y * signed_s, held.w_px, held.h_px)
        return _covering(held, moved).grown(_growth(away_s))

    def _speed(self, *, at_end: bool) -> tuple[float, float]:
        """Pixels a second at an end, from the detections near it."""
        near = -1 if at_end else 0
        within = [k for k, time_s in enumerate(self.times_s) if abs(time_s - self.times_s[near]) <= _SPEED_OVER_S]
        far = within[0] if at_end else within[-1]
        taken_s = self.times_s[near] - self.times_s[far]
        if taken_s == 0:
            return 0.0, 0.0
        (x_near, y_near), (x_far, y_far) = _middle(self.boxes[near]), _middle(self.boxes[far])
        return (x_near - x_far) / taken_s, (y_near - y_far) / taken_s


@dataclass(slots=True)
class _Open:
    times_s: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


def joined(found: Sequence[tuple[float, Sequence[Box]]]) -> tuple[Track, ...]:
    """Tracks out of detections.

    Parameters
    ----------
    found : sequence of (pts_s, boxes)
        In order of time; a picture without faces has no boxes.

    Returns
    -------
    tuple of Track
        In order of their first detection. Every detection is in exactly one.
    """
    live: list[_Open] = []
    done: list[_Open] = []
    for pts_s, boxes in found:
        done += [each for each in live if pts_s - each.times_s[-1] > GAP_S]
        live = [each for each in live if pts_s - each.times_s[-1] <= GAP_S]
        pairs = sorted(
            (apart, t, b)
            for t, track in enumerate(live)
            for b, box in enumerate(boxes)
            if (apart := _apart(track.boxes[-1], box, pts_s - track.times_s[-1])) is not None
        )
        taken_tracks: set[int] = set()
        taken_boxes: set[int] = set()
        for _, t, b in pairs:
            if t not in taken_tracks and b not in taken_boxes:
                taken_tracks.add(t)
                taken_boxes.add(b)
                live[t].times_s.append(pts_s)
                live[t].boxes.append(boxes[b])
        live += [_Open([pts_s], [box]) for b, box in enumerate(boxes) if b not in taken_boxes]
    whole = sorted(done + live, key=lambda each: (each.times_s[0], each.boxes[0].x_px, each.boxes[0].y_px))
    return tuple(Track(tuple(each.times_s), tuple(each.boxes)) for each in whole)


def _apart(one: Box, other: Box, gap_s: float) -> float | None:
    """Distance in sizes, None when one face cannot have been in both places."""
    size, other_size = (math.sqrt(max(box.w_px * box.h_px, 1.0)) for box in (one, other))
    if max(size, other_size) > _SIZE_RATIO_MOST * min(size, other_size):
        return None
    (x, y), (other_x, other_y) = _middle(one), _middle(other)
    apart = math.hypot(x - other_x, y - other_y) / max(size, other_size)
    return apart if apart <= _APART_SIZES + _APART_SIZES_PER_S * gap_s else None


def _middle(box: Box) -> tuple[float, float]:
    return box.x_px + box.w_px / 2, box.y_px + box.h_px / 2


def _between(one: Box, other: Box, part: float) -> Box:
    def mixed(first: float, second: float) -> float:
        return first + (second - first) * part

    return Box(
        mixed(one.x_px, other.x_px),
        mixed(one.y_px, other.y_px),
        mixed(one.w_px, other.w_px),
        mixed(one.h_px, other.h_px),
    )


def _covering(one: Box, other: Box) -> Box:
    x, y = min(one.x_px, other.x_px), min(one.y_px, other.y_px)
    right = max(one.x_px + one.w_px, other.x_px + other.w_px)
    low = max(one.y_px + one.h_px, other.y_px + other.h_px)
    return Box(x, y, right - x, low - y)


def _growth(away_s: float) -> float:
    return min(_GROW_MOST, _GROW_PER_S * away_s)
