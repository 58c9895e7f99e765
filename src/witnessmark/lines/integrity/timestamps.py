"""Creation times that a file states, with their zone and how it is known, and what a posting time bounds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from witnessmark.custody.records import Appearance
from witnessmark.lines.integrity.observations import PostedBound, StatedTime
from witnessmark.media.records import Probe

OFFSET_FIELDS = ("com.apple.quicktime.creationdate",)
UTC_FIELDS = ("creation_time", "date_utc")
# Moments to which clocks fall back: ISO/IEC 14496-12 and QuickTime, Unix, DOS, GPS, a common camera default, Apple
RESET_MOMENTS = tuple(
    dt.datetime(year, 1, day, tzinfo=dt.UTC)
    for year, day in ((1904, 1), (1970, 1), (1980, 1), (1980, 6), (2000, 1), (2001, 1))
)
RESET_WINDOW = dt.timedelta(hours=48)
ZONES_WEST, ZONES_EAST = dt.timedelta(hours=-12), dt.timedelta(hours=14)


def stated_times(probe: Probe) -> tuple[StatedTime, ...]:
    """Every creation time in the container and its streams, the same moment under the same rule once.

    Notes
    -----
    ISO/IEC 14496-12 section 8.2.2 (mvhd) says that creation_time is in UTC; many cameras write their local time
    there, so the zone counts as not proven. ``com.apple.quicktime.creationdate`` carries an offset of its own.
    """
    found: list[StatedTime] = []
    for place, metadata in _places(probe):
        lower = {key.lower(): value for key, value in metadata.items()}
        for field in OFFSET_FIELDS + UTC_FIELDS:
            moment = _moment(lower.get(field, ""), field in OFFSET_FIELDS)
            if moment is not None:
                stated = StatedTime(moment, f"{place} {field}", field in OFFSET_FIELDS, _is_reset(moment))
                if not any((known.at, known.zone_proven) == (moment, stated.zone_proven) for known in found):
                    found.append(stated)
    return tuple(found)


def to_weigh(times: Sequence[StatedTime]) -> tuple[StatedTime, ...]:
    """The stated times that are weighed: those with an offset of their own where there are any, and none that is unset.

    They share one clock, so several are alternatives to one another and never add up.
    """
    usable = [stated for stated in times if not stated.unset]
    with_offset = [stated for stated in usable if stated.zone_proven]
    return tuple(with_offset or usable)


def posted_bounds(appearances: Sequence[Appearance], tolerance_s: float) -> tuple[PostedBound, ...]:
    """For each posting, the latest time at which what it shows can have been filmed; earliest bound first.

    Where the zone of the posting time is not proven, its wall-clock time may be meant in any zone from UTC-12 to
    UTC+14, and the latest of these bounds: nothing that could be true is cut off.
    """
    bounds = []
    for appearance in appearances:
        posted = appearance.posted.at
        latest = posted.astimezone(dt.UTC)
        if not appearance.posted.zone_proven:
            wall_clock = posted.replace(tzinfo=dt.UTC)
            latest = max(latest, wall_clock - ZONES_WEST)
        latest += dt.timedelta(seconds=tolerance_s)
        bounds.append(
            PostedBound(posted, latest, appearance.platform, appearance.posted.how_known, appearance.posted.zone_proven)
        )
    return tuple(sorted(bounds, key=lambda bound: bound.latest))


def _places(probe: Probe) -> list[tuple[str, Mapping[str, str]]]:
    streams = [(f"{stream.kind} stream {stream.index}", stream.metadata) for stream in probe.streams]
    return [("container", probe.metadata), *streams]


def _moment(text: str, needs_offset: bool) -> dt.datetime | None:
    """Read a stated time; text that is none of the known forms is no time."""
    text = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text.strip())
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None if needs_offset else moment.replace(tzinfo=dt.UTC)
    return moment


def _is_reset(moment: dt.datetime) -> bool:
    """Whether the moment lies within two days after one to which clocks are reset (in any zone)."""
    return any(reset + ZONES_WEST <= moment <= reset + RESET_WINDOW for reset in RESET_MOMENTS)
