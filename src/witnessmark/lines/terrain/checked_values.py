"""Values that came from outside, read as numbers, spans and lines of pixels, or refused with the place named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import groupby, pairwise

from witnessmark.lines.terrain.records import Point, Polyline, Span

MOST_POINTS = 200_000
"""Of one line: twice the columns of the widest frame that is read."""
SLACK_PX = 1.0
"""A point so far outside the frame is taken as on its edge."""
STEP_PX = 1e-3
"""How far the two ends of an upright step are set apart, so that each column has one row."""
SMALLEST_ERROR_DEG = 0.01


class Refused(Exception):
    """What is wrong with a value, as the end of a sentence."""


def shown(value: object) -> str:
    """A value as a message can hold it."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def object_of(value: object, where: str) -> Mapping[str, object]:
    """A mapping of names to values."""
    if not isinstance(value, Mapping):
        raise Refused(f"{where} is {'missing' if value is None else shown(value)}, an object with fields is needed")
    return value


def sequence(value: object, where: str, least: int, most: int) -> tuple[object, ...]:
    """A list of so many entries."""
    if not isinstance(value, (list, tuple)):
        raise Refused(f"{where} is {'missing' if value is None else shown(value)}, a list is needed")
    if not least <= len(value) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise Refused(f"{where} has {len(value)} entries, it takes {wanted}")
    return tuple(value)


def number(value: object, where: str, low: float, high: float, *, above: bool = False, below: bool = False) -> float:
    """A finite number within limits; `above` and `below` leave the lower and the upper limit out."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(f"{where} is {'missing' if value is None else shown(value)}, a number is needed")
    try:
        found = float(value)
    except OverflowError:
        raise Refused(f"{where} is beyond all numbers that can be used") from None
    if not math.isfinite(found):
        raise Refused(f"{where} is {found}, a finite number is needed")
    if found < low or found > high or (above and found == low) or (below and found == high):
        first = f"more than {low:g}" if above else f"at least {low:g}"
        second = f"less than {high:g}" if below else f"at most {high:g}"
        raise Refused(f"{where} is {found:g}, it must be {first} and {second}")
    return found


def whole(value: object, where: str, low: int, high: int) -> int:
    """A whole number within limits."""
    found = number(value, where, low, high)
    if found != int(found):
        raise Refused(f"{where} is {found:g}, a whole number is needed")
    return int(found)


def numbers(value: object, where: str, low: float, high: float, *, above: bool = False) -> tuple[float, ...]:
    """A list of finite numbers within limits."""
    given = sequence(value, where, 0, MOST_POINTS)
    return tuple(number(entry, f"{where}[{index}]", low, high, above=above) for index, entry in enumerate(given))


def mean_sd(value: object, where: str, most: float, remarks: list[str]) -> tuple[float, float] | None:
    """A mean of at most `most` either way and its standard error [deg], or None."""
    if value is None:
        return None
    mean, error = sequence(value, where, 2, 2)
    middle = number(mean, f"the mean of {where}", -most, most)
    spread = number(error, f"the error of {where}", 0.0, 360.0)
    if spread < SMALLEST_ERROR_DEG:
        remarks.append(f"The error of {where} was taken as {SMALLEST_ERROR_DEG:g} degrees, not {spread:g}.")
    return middle, max(spread, SMALLEST_ERROR_DEG)


def span(value: object, where: str, width: float, remarks: list[str]) -> Span | None:
    """Columns from one to another within the frame; None when nothing of them is."""
    first, second = (number(entry, where, -1e9, 1e9) for entry in sequence(value, where, 2, 2))
    if first > second:
        first, second = second, first
        remarks.append(f"{where} ran from right to left and was turned round.")
    low, high = max(first, 0.0), min(second, width)
    if high <= low:
        remarks.append(f"{where} covers no column of the frame and was left out.")
        return None
    return low, high


def polyline(value: object, where: str, size: tuple[int, int], remarks: list[str]) -> Polyline:
    """A line through the frame from left to right, one row a column.

    A line drawn from right to left is turned round, with a remark. Upright steps keep their two ends, `STEP_PX` apart.

    Raises
    ------
    Refused
        When it has fewer than two points, goes back on itself, leaves the frame, or is no list of points.
    """
    given = sequence(value, where, 2, MOST_POINTS)
    drawn = [_point(entry, f"{where}[{index}]", size) for index, entry in enumerate(given)]
    if drawn[-1][0] < drawn[0][0]:
        drawn.reverse()
        remarks.append(f"{where} was drawn from right to left and was turned round.")
    for index, ((before, _), (after, _)) in enumerate(pairwise(drawn)):
        if after < before:
            raise Refused(
                f"{where} goes back on itself at point {index + 2}, from x = {before:g} to x = {after:g}: a"
                " column would have two rows"
            )
    found = _steps_apart(drawn)
    if found[-1][0] - found[0][0] < 1.0:
        raise Refused(f"{where} is narrower than a pixel")
    return tuple(found)


def points(value: object, where: str, size: tuple[int, int]) -> Polyline:
    """Points of the frame in any order: one or more."""
    given = sequence(value, where, 1, MOST_POINTS)
    return tuple(_point(entry, f"{where}[{index}]", size) for index, entry in enumerate(given))


def _steps_apart(line: list[Point]) -> list[Point]:
    """Points with ascending columns: of those in one column the first and the last, a little apart."""
    columns = [(x, [y for _, y in group]) for x, group in groupby(line, key=lambda point: point[0])]
    found: list[Point] = []
    for index, (x, rows) in enumerate(columns):
        if rows[0] == rows[-1]:
            found.append((x, rows[0]))
        elif index + 1 < len(columns):
            found += [(x, rows[0]), (x + min(STEP_PX, (columns[index + 1][0] - x) / 2.0), rows[-1])]
        else:
            room = STEP_PX if not found else min(STEP_PX, (x - found[-1][0]) / 2.0)
            found += [(x - room, rows[0]), (x, rows[-1])]
    return found


def _point(value: object, where: str, size: tuple[int, int]) -> Point:
    first, second = sequence(value, where, 2, 2)
    x, y = number(first, f"x of {where}", -1e9, 1e9), number(second, f"y of {where}", -1e9, 1e9)
    for found, most, axis in ((x, size[0], "x"), (y, size[1], "y")):
        if not -SLACK_PX <= found <= most + SLACK_PX:
            raise Refused(f"{where} lies outside the frame: {axis} is {found:g}, the frame has 0 to {most}")
    return min(max(x, 0.0), float(size[0])), min(max(y, 0.0), float(size[1]))
