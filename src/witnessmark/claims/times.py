"""Parts of time a claim speaks of, with their offsets, and which steps of the axis lie in them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.times import TimeAxis

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}:\d{2})?")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})")
_PRECISION = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|h|d)")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of time a claim holds in.

    Attributes
    ----------
    begins, ends : datetime or None
        As stated, with offset; the end is not included; None leaves that side open.
    precision_s : float
        How far off either end may be [s]; both are moved outwards by it.
    stated : str
        How the file has it.
    """

    begins: dt.datetime | None
    ends: dt.datetime | None
    precision_s: float
    stated: str

    def bounds_unix_s(self) -> tuple[float, float]:
        """Begin and end after widening, seconds since 1970-01-01T00:00:00Z; infinite where open."""
        begin = -np.inf if self.begins is None else self.begins.timestamp() - self.precision_s
        end = np.inf if self.ends is None else self.ends.timestamp() + self.precision_s
        return float(begin), float(end)


def parse_zone(text: str) -> dt.timezone:
    """A UTC offset such as ``+04:00`` or ``Z``.

    Raises
    ------
    BadInputError
        For a name such as "Europe/Paris" or anything else: a name's rules change, an offset does not.

    Examples
    --------
    >>> parse_zone("+04:00").utcoffset(None)
    datetime.timedelta(seconds=14400)
    """
    if text in ("Z", "UTC"):
        return dt.UTC
    match = _ZONE.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        raise BadInputError(f"The zone '{text}' is not a UTC offset.", "Write it as +04:00, -03:30 or Z.")
    offset = dt.timedelta(hours=int(match[2]), minutes=int(match[3]))
    return dt.timezone(-offset if match[1] == "-" else offset)


def parse_precision(text: str) -> float:
    """Seconds that ``exact`` or a number with s, min, h or d stands for.

    Raises
    ------
    BadInputError
        For anything else, or more than 36,600 days.

    Examples
    --------
    >>> parse_precision("15 min"), parse_precision("exact")
    (900.0, 0.0)
    """
    if text == "exact":
        return 0.0
    match = _PRECISION.fullmatch(text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else np.inf
    if not seconds <= 36_600 * 86_400:
        raise BadInputError(
            f"The precision '{text}' is not understood.", "Write 'exact', or such as '15 min', '2 h', '1 d'."
        )
    return seconds


def is_day(text: str) -> bool:
    """Whether the text is a calendar day without a time."""
    return _DAY.fullmatch(text) is not None


def parse_day(text: str, zone: dt.timezone) -> dt.datetime:
    """Midnight at which the day begins in the zone.

    Raises
    ------
    BadInputError
        When there is no such day.
    """
    try:
        if not is_day(text):
            raise ValueError("not a day")
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), zone)
    except ValueError as error:
        raise BadInputError(f"'{text}' is not a day.", "Write it as 2022-09-13.") from error


def parse_time(text: str) -> dt.datetime:
    """A time of day with its offset.

    Raises
    ------
    BadInputError
        When it is no such time or carries no offset.

    Examples
    --------
    >>> parse_time("2022-09-13T11:00+04:00").isoformat()
    '2022-09-13T11:00:00+04:00'
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise BadInputError(f"'{text}' is not a time I can read.", "Write it as 2022-09-13T11:00:00+04:00.")
    if match[2] is None:
        raise BadInputError(
            f"The time '{text}' has no UTC offset.",
            f"Write it with the speaker's, such as {text.replace(' ', 'T')}+04:00.",
        )
    try:
        moment = dt.datetime.fromisoformat(text)
        moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"'{text}' is not a time that exists.", "Check day, month, hour and offset.") from error
    return moment


def merged_unix_s(intervals: tuple[Interval, ...]) -> tuple[tuple[float, float], ...]:
    """The intervals' widened bounds as disjoint spans in order [s since 1970]."""
    spans: list[tuple[float, float]] = []
    for begin, end in sorted(interval.bounds_unix_s() for interval in intervals):
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((begin, end))
    return tuple(spans)


def steps_within(intervals: tuple[Interval, ...], axis: TimeAxis) -> NDArray[np.bool_]:
    """Which steps of the axis have their middle in an interval, shape (n_instants,)."""
    middles = axis.unix_s() + 0.5 * axis.step_s
    mask = np.zeros(axis.n_instants, dtype=np.bool_)
    for begin, end in merged_unix_s(intervals):
        mask |= (middles >= begin) & (middles < end)
    return mask


def share_on_axis(intervals: tuple[Interval, ...], axis: TimeAxis) -> float | None:
    """Which share of the intervals' length the axis covers, 0 to 1; None when a side is open."""
    spans = merged_unix_s(intervals)
    if any(not (np.isfinite(begin) and np.isfinite(end)) for begin, end in spans):
        return None
    first, last = axis.start.timestamp(), axis.end.timestamp()
    whole = sum(end - begin for begin, end in spans)
    covered = sum(max(0.0, min(end, last) - max(begin, first)) for begin, end in spans)
    return covered / whole if whole > 0.0 else None
