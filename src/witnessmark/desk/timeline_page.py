"""The timeline as a picture within a page: a lane for each kind, a bar as long as the time is uncertain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from witnessmark.plain import parse_moment

WIDTH, LEFT, RIGHT, TOP, LANE = 1100.0, 190.0, 20.0, 34.0, 26.0
LEAST_WIDTH = 4.0
"""Of a mark [px], so that a moment is seen."""
_STEPS_S = (60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 7_776_000, 31_536_000)
_STEPS_S_LONG = (157_680_000, 315_360_000, 1_576_800_000)
_COLOURS = {
    "said": "#5b6575",
    "claimed to have happened": "#a65f00",
    "filmed": "#0b6e4f",
    "posted": "#1f5fa8",
    "person": "#7b3f98",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """An entry in the picture [px]."""

    x: float
    y: float
    width: float
    colour: str
    open_left: bool
    open_right: bool
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the scale."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One scale of the timeline.

    Attributes
    ----------
    title : str
    height : float
    lanes : tuple of (str, float)
        Kind, and where its lane lies.
    bars : tuple of Bar
    ticks : tuple of Tick
    """

    title: str
    height: float
    lanes: tuple[tuple[str, float], ...]
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def draw(rows: Sequence[dict[str, Any]], scale: str, title: str) -> Drawn | None:
    """Place the entries of one scale; None when it has none.

    Parameters
    ----------
    rows : sequence of dict
        From `witnessmark.desk.timeline.timeline`.
    scale : str
        "world" or "work".
    title : str
    """
    those = [row for row in rows if row["scale"] == scale and (row["from"] or row["to"])]
    if not those:
        return None
    ends = [parse_moment(text).timestamp() for row in those for text in (row["from"], row["to"]) if text]
    first, last = min(ends), max(ends)
    pad = max(0.03 * (last - first), 30.0)
    first, last = first - pad, last + pad
    lanes = {kind: TOP + index * LANE for index, kind in enumerate(dict.fromkeys(row["kind"] for row in those))}

    def x(at_s: float) -> float:
        return LEFT + (at_s - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    bars = []
    for row in those:
        begin = parse_moment(row["from"]).timestamp() if row["from"] else first
        end = parse_moment(row["to"]).timestamp() if row["to"] else last
        width = max(x(end) - x(begin), LEAST_WIDTH)
        title_words = f"{row['from'] or '...'} to {row['to'] or '...'} ({row['precision']}): {row['what']}"
        colour = _COLOURS.get(row["kind"], "#44546a")
        open_ends = (row["from"] is None, row["to"] is None)
        bars.append(Bar(round(x(begin), 1), lanes[row["kind"]] + 5, round(width, 1), colour, *open_ends, title_words))
    height = TOP + len(lanes) * LANE + 8
    return Drawn(title, height, tuple(lanes.items()), tuple(bars), tuple(_ticks(first, last, x)))


def _ticks(first: float, last: float, x: Callable[[float], float]) -> list[Tick]:
    """At most ten marks at round times, in UTC."""
    steps = (*_STEPS_S, *_STEPS_S_LONG)
    step = next((one for one in steps if (last - first) / one <= 10), steps[-1])
    form = "%H:%M" if step < 86_400 else "%Y-%m-%d" if step < 31_536_000 else "%Y"
    found: list[Tick] = []
    at = (first // step + 1) * step
    while at < last:
        moment = dt.datetime.fromtimestamp(at, dt.UTC)
        new_day = not found or moment.hour + moment.minute == 0
        words = moment.strftime("%Y-%m-%d %H:%M" if step < 86_400 and new_day else form)
        found.append(Tick(round(x(at), 1), words))
        at += step
    return found
