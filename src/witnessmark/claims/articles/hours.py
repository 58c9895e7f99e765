"""Parts of the day and clock times beside a day, with the precision and the zone that the words have."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from witnessmark.claims.proposals import Precision, SaidTime

_PARTS = {
    "early morning": (4, 8),
    "dawn": (4, 8),
    "morning": (6, 12),
    "midday": (11, 14),
    "noon": (11, 14),
    "afternoon": (12, 18),
    "dusk": (17, 21),
    "evening": (18, 24),
    "night": (21, 30),
    "midnight": (23, 25),
    "sunrise": (4, 8),
    "sunset": (17, 21),
    "early hours": (24, 30),
}
"""Hours [h of the day] that words for parts of a day are read as; above 24 is the next day. Wide on purpose."""
_ZONES = {
    "utc": "+00:00",
    "gmt": "+00:00",
    "z": "+00:00",
    "cet": "+01:00",
    "cest": "+02:00",
    "eet": "+02:00",
    "eest": "+03:00",
    "msk": "+03:00",
    "moscow time": "+03:00",
    "est": "-05:00",
    "edt": "-04:00",
}
PART = (
    r"(?P<part>early morning|early hours|morning|afternoon|evening|night|dawn|dusk|midday|noon|midnight|sunrise|sunset)"
)
_CLOCK = re.compile(
    r"\b(?:(?P<about>around|about|approximately|shortly (?:after|before)|just (?:after|before)|circa) )?(?:at |by )?"
    r"(?:(?P<h>[01]?\d|2[0-3])[:.](?P<m>[0-5]\d)(?: ?(?P<ap>[ap])\.?m\.?)?|(?P<h2>1[0-2]"
    r"|[1-9]) ?(?P<ap2>[ap])\.?m\b\.?)"
    r"(?: ?-? ?\(?(?P<zone>utc|gmt|cest|cet|eest|eet|msk|moscow time|est|edt|local(?: time)?)\)?)?(?!\d)"
)

_PART_BEFORE = re.compile(rf"\b(?:(?:on|in|at|during) the |at |in ){PART} (?:of|on) $")
_PART_AFTER = re.compile(rf" (?:in the |at ){PART}\b")
_CLOCK_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Dated:
    """Words for a time, where they stand, and what they mean; `ask` says why where that cannot be told."""

    start: int
    end: int
    time: SaidTime | None
    ask: str | None = None


def with_hours(low: str, plain: str, dated: Dated, end: int, zone: str | None) -> Dated:
    """A day with its part or its clock time, where the sentence gives one beside it."""
    time = dated.time
    if time is None or time.precision is not Precision.DAY or time.ambiguous:
        return dated
    day = dt.date.fromisoformat(time.from_)
    before = _PART_BEFORE.search(low, max(0, dated.start - 40), dated.start)
    after = _PART_AFTER.match(low, dated.end, end)
    begins = before.start() if before is not None else dated.start
    stops = after.end() if after is not None else dated.end
    near = _CLOCK.finditer(low, max(0, dated.start - _CLOCK_WITHIN), min(end, dated.end + _CLOCK_WITHIN))
    clock = next((each for each in near if _tells_time(each, low, dated)), None)
    if clock is not None:
        words = plain[min(begins, clock.start()) : max(stops, clock.end())]
        return replace(dated, time=_clocked(day, clock, words, zone))
    part = before or after
    if part is None:
        return dated
    return Dated(begins, stops, part_of_day(day, part["part"], zone, plain[begins:stops]))


def _tells_time(clock: re.Match[str], low: str, dated: Dated) -> bool:
    """Whether digits are a time of the clock, of the same sentence as the day."""
    if dated.start <= clock.start() < dated.end:
        return False
    between = low[min(clock.end(), dated.end) : max(clock.start(), dated.start)]
    if "." in between.replace("a.m.", "").replace("p.m.", ""):
        return False
    said = re.match(r"(?:at|around|about|by|shortly|just|approximately|circa) ", clock.group()) or ":" in clock.group()
    return bool(clock["ap"] or clock["ap2"] or clock["zone"] or said)


def _clocked(day: dt.date, clock: re.Match[str], words: str, local: str | None) -> SaidTime:
    hour = int(clock["h"] or clock["h2"])
    half = clock["ap"] or clock["ap2"]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    begin = dt.datetime.combine(day, dt.time(hour, int(clock["m"] or 0)))
    exact = clock["m"] is not None and not clock["about"]
    zone = clock["zone"]
    offset = _ZONES.get(zone, local) if zone else local
    if exact:
        span, precision = (begin, begin + dt.timedelta(minutes=1)), Precision.MINUTE
    elif clock["about"]:
        span, precision = (begin - dt.timedelta(minutes=30), begin + dt.timedelta(minutes=30)), Precision.HOUR
    else:
        span, precision = (begin, begin + dt.timedelta(hours=1)), Precision.HOUR
    return SaidTime(
        span[0].isoformat(timespec="minutes"), span[1].isoformat(timespec="minutes"), precision, offset, words
    )


def part_of_day(day: dt.date, part: str, zone: str | None, words: str = "") -> SaidTime:
    """A part of a day as hours, wide on purpose."""
    first, last = _PARTS[part]
    midnight = dt.datetime.combine(day, dt.time())
    if part == "early hours":
        first, last = 0, 6
    begin, end = midnight + dt.timedelta(hours=first), midnight + dt.timedelta(hours=last)
    return SaidTime(
        begin.isoformat(timespec="minutes"),
        end.isoformat(timespec="minutes"),
        Precision.PART_OF_DAY,
        zone,
        words,
    )
