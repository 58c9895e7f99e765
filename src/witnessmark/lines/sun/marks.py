"""Reading marks: what each kind's body must hold, and a sentence for every one that does not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from witnessmark.lines.contract import Mark, Marks
from witnessmark.plain import Plain

Pixel: TypeAlias = tuple[float, float]
MeanSd: TypeAlias = tuple[float, float]

DEFAULT_SIGMA_PX = 3.0
"""Error of a marked point where the person gives none [px]."""
SMALLEST_ERROR_DEG, SMALLEST_ERROR_LIT = 0.1, 0.01
"""Nothing is known better than this, an angle or a share of the moon's disc: smaller stated errors are taken as this.

The sun's own radius is 0.27 degrees, and clocks and plumb lines are seldom better than a tenth. Stated.
"""
MOST_PX = 1e6
MOST_MARKS = 200
"""Marks beyond these are not read: no frame holds so many shadows."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """An upright object and its shadow: top (or None), base and shadow tip, with pixel error and "flat?"."""

    top_px: Pixel | None
    base_px: Pixel
    tip_px: Pixel
    sigma_px: float
    flat: bool | None


@dataclass(frozen=True, slots=True)
class Disc:
    """The sun's or moon's disc itself."""

    centre_px: Pixel
    sigma_px: float


@dataclass(frozen=True, slots=True)
class Vertical:
    """A line known to be vertical."""

    top_px: Pixel
    base_px: Pixel
    sigma_px: float


@dataclass(frozen=True, slots=True)
class LevelLines:
    """Two or more lines that are parallel and level in the world."""

    lines_px: tuple[tuple[Pixel, Pixel], ...]
    sigma_px: float


@dataclass(frozen=True, slots=True)
class HorizonPoints:
    """Points on a level horizon."""

    points_px: tuple[Pixel, ...]
    sigma_px: float


@dataclass(frozen=True, slots=True)
class CameraMark:
    """What a person knows of the camera: mean and standard error [deg]."""

    hfov_deg: MeanSd | None
    pitch_deg: MeanSd | None
    roll_deg: MeanSd | None


@dataclass(frozen=True, slots=True)
class HeadingMark:
    """A heading a person knows [deg]."""

    heading_deg: float
    error_deg: float


@dataclass(frozen=True, slots=True)
class DirectionMark:
    """The sun's direction as measured elsewhere: true bearing and apparent elevation [deg], mean and error."""

    azimuth_deg: MeanSd | None
    elevation_deg: MeanSd | None


@dataclass(frozen=True, slots=True)
class StateMark:
    """A named state."""

    state: str


@dataclass(frozen=True, slots=True)
class MoonMark:
    """The moon: where, how much lit, growing; any of them."""

    disc: Disc | None
    lit_fraction: MeanSd | None
    growing: bool | None


@dataclass(frozen=True, slots=True)
class EdgeMark:
    """The edge of the relief's shadow over the camera's place."""

    error_deg: float


@dataclass(frozen=True, slots=True)
class GroundMark:
    """Where the ground with the shadow lies, for its slope."""

    lat_deg: float
    lon_deg: float


Body: TypeAlias = (
    "Shadow | Disc | Vertical | LevelLines | HorizonPoints | CameraMark | HeadingMark | DirectionMark | StateMark"
    " | MoonMark | EdgeMark | GroundMark"
)


@dataclass(frozen=True, slots=True)
class Read:
    """A mark that could be read."""

    id: str
    kind: str
    at_s: float
    whole: bool
    view: str
    body: Body


class _Refused(Exception):
    """What is wrong with a body, as the end of a sentence."""


def read_marks(marks: Marks) -> tuple[tuple[Read, ...], tuple[str, ...]]:
    """Marks of the kinds this line knows, and a sentence for each that cannot be used.

    Returns
    -------
    (marks read, sentences on those refused)
        Marks of other kinds belong to other lines and are passed over.
    """
    read: list[Read] = []
    refused: list[str] = []
    known = [mark for mark in marks if mark.kind in READERS]
    for mark in known[:MOST_MARKS]:
        try:
            read.append(_read(mark))
        except _Refused as error:
            refused.append(f"The {mark.kind} mark {mark.id[:60]} cannot be used: {error}.")
    if len(known) > MOST_MARKS:
        refused.append(f"Of {len(known)} marks only the first {MOST_MARKS} were read.")
    return tuple(read), tuple(refused)


def _read(mark: Mark) -> Read:
    if not isinstance(mark.body, Mapping):
        raise _Refused("it has no fields")
    at_s = 0.0 if mark.at_pts_s is None else mark.at_pts_s
    if not _is_number(at_s) or not -1e6 < at_s < 1e6:
        raise _Refused("its time in the clip is not a number")
    view = mark.body.get("view", "")
    if view is not None and not isinstance(view, str):
        raise _Refused("its view is not a word")
    body = READERS[mark.kind](mark.body)
    return Read(mark.id, mark.kind, float(at_s), mark.at_pts_s is None, (view or "")[:60], body)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 and value == value


def _number(body: Mapping[str, Plain], name: str, low: float, high: float, default: float | None = None) -> float:
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, (int, float)) or not _is_number(value):
        raise _Refused(f"{name} is not a number")
    if not low <= value <= high:
        raise _Refused(f"{name} is {float(value):g}, it must lie from {low:g} to {high:g}")
    return float(value)


def _pixel(value: Plain, name: str) -> Pixel:
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(_is_number(part) for part in value):
        raise _Refused(f"{name} is not a pair of pixel coordinates")
    x, y = (float(part) for part in value if isinstance(part, (int, float)))
    if max(abs(x), abs(y)) > MOST_PX:
        raise _Refused(f"{name} lies {MOST_PX:g} pixels or more from the frame")
    return x, y


def _apart(one: Pixel, other: Pixel, what: str) -> None:
    if math.dist(one, other) < 1.0:
        raise _Refused(f"{what} are the same pixel")


def _mean_sd(
    body: Mapping[str, Plain], name: str, low: float, high: float, least: float = SMALLEST_ERROR_DEG
) -> MeanSd | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(_is_number(part) for part in value):
        raise _Refused(f"{name} must be a mean and a standard error")
    mean, error = (float(part) for part in value if isinstance(part, (int, float)))
    if not low <= mean <= high:
        raise _Refused(f"{name} is {mean:g}, it must lie from {low:g} to {high:g}")
    if not 0.0 < error <= 360.0:
        raise _Refused(f"the error of {name} is {error:g}, it must be more than 0 and at most 360")
    return mean, max(error, least)


def _flag(body: Mapping[str, Plain], name: str) -> bool | None:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise _Refused(f"{name} is neither true, false nor empty")
    return value


def _sigma(body: Mapping[str, Plain]) -> float:
    return _number(body, "sigma_px", 0.05, 500.0, DEFAULT_SIGMA_PX)


def _shadow(body: Mapping[str, Plain]) -> Shadow:
    top = None if body.get("top_px") is None else _pixel(body["top_px"], "top_px")
    base, tip = _pixel(body.get("base_px"), "base_px"), _pixel(body.get("tip_px"), "tip_px")
    _apart(base, tip, "base and shadow tip")
    if top is not None:
        _apart(base, top, "base and top")
    return Shadow(top, base, tip, _sigma(body), _flag(body, "flat"))


def _disc(body: Mapping[str, Plain]) -> Disc:
    return Disc(_pixel(body.get("centre_px"), "centre_px"), _sigma(body))


def _vertical(body: Mapping[str, Plain]) -> Vertical:
    top, base = _pixel(body.get("top_px"), "top_px"), _pixel(body.get("base_px"), "base_px")
    _apart(top, base, "top and base")
    return Vertical(top, base, _sigma(body))


def _level_lines(body: Mapping[str, Plain]) -> LevelLines:
    given = body.get("lines_px")
    if not isinstance(given, (list, tuple)) or not 2 <= len(given) <= 20:
        raise _Refused("lines_px must hold 2 to 20 lines")
    lines = []
    for line in given:
        if not isinstance(line, (list, tuple)) or len(line) != 2:
            raise _Refused("a line is not a pair of points")
        start, end = _pixel(line[0], "a line's start"), _pixel(line[1], "a line's end")
        _apart(start, end, "a line's ends")
        lines.append((start, end))
    return LevelLines(tuple(lines), _sigma(body))


def _horizon(body: Mapping[str, Plain]) -> HorizonPoints:
    given = body.get("points_px")
    if not isinstance(given, (list, tuple)) or not 1 <= len(given) <= 50:
        raise _Refused("points_px must hold 1 to 50 points")
    return HorizonPoints(tuple(_pixel(point, "a horizon point") for point in given), _sigma(body))


def _camera(body: Mapping[str, Plain]) -> CameraMark:
    mark = CameraMark(
        _mean_sd(body, "hfov_deg", 1.0, 170.0),
        _mean_sd(body, "pitch_deg", -90.0, 90.0),
        _mean_sd(body, "roll_deg", -180.0, 180.0),
    )
    if mark.hfov_deg is None and mark.pitch_deg is None and mark.roll_deg is None:
        raise _Refused("it says neither hfov_deg, pitch_deg nor roll_deg")
    return mark


def _heading(body: Mapping[str, Plain]) -> HeadingMark:
    return HeadingMark(_number(body, "heading_deg", -360.0, 720.0) % 360.0, _number(body, "error_deg", 0.01, 180.0))


def _direction(body: Mapping[str, Plain]) -> DirectionMark:
    azimuth = _mean_sd(body, "azimuth_deg", -360.0, 720.0)
    mark = DirectionMark(azimuth, _mean_sd(body, "elevation_deg", -2.0, 90.0))
    if mark.azimuth_deg is None and mark.elevation_deg is None:
        raise _Refused("it gives neither azimuth_deg nor elevation_deg")
    return mark


def _state(*states: str) -> Callable[[Mapping[str, Plain]], StateMark]:
    def read(body: Mapping[str, Plain]) -> StateMark:
        value = body.get("state")
        if not isinstance(value, str) or value not in states:
            raise _Refused(f"state must be one of {', '.join(states)}")
        return StateMark(value)

    return read


def _moon(body: Mapping[str, Plain]) -> MoonMark:
    disc = None if body.get("centre_px") is None else _disc(body)
    mark = MoonMark(disc, _mean_sd(body, "lit_fraction", 0.0, 1.0, SMALLEST_ERROR_LIT), _flag(body, "growing"))
    if mark.disc is None and mark.lit_fraction is None and mark.growing is None:
        raise _Refused("it says neither where the moon stands nor how it is lit")
    return mark


def _edge(body: Mapping[str, Plain]) -> EdgeMark:
    return EdgeMark(_number(body, "error_deg", 0.05, 20.0, 0.5))


def _ground(body: Mapping[str, Plain]) -> GroundMark:
    return GroundMark(_number(body, "lat_deg", -90.0, 90.0), _number(body, "lon_deg", -180.0, 360.0))


READERS: Mapping[str, Callable[[Mapping[str, Plain]], Body]] = {
    "shadow": _shadow,
    "sun-disc": _disc,
    "vertical": _vertical,
    "level-lines": _level_lines,
    "horizon": _horizon,
    "camera": _camera,
    "heading": _heading,
    "sun-direction": _direction,
    "sunlight": _state("sunlit", "no-shadow", "cannot-tell"),
    "darkness": _state("dark", "twilight", "daylight", "cannot-tell"),
    "moon": _moon,
    "shade-edge": _edge,
    "ground": _ground,
}
"""How each kind of mark is read; the kinds and their fields are described in docs/lines/sun.md."""
