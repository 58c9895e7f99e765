"""Domain objects as plain JSON values and as RFC 8785 canonical bytes; the one way in the house."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
import types
import typing
import unicodedata
from collections.abc import Mapping, Set
from pathlib import PurePath
from typing import Any, TypeAlias, TypeVar

import rfc8785

from witnessmark.errors import BadInputError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"


def to_plain(value: object) -> Plain:
    r"""Turn a domain object into JSON-compatible values.

    Dataclasses become objects by field name, bytes hexadecimal text, enums their values, sets sorted
    lists, times ISO 8601 with ``Z`` for UTC. Whole numbers from 2**53 on become text, as RFC 8785 (section
    3.2.2.3) cannot carry them.

    Parameters
    ----------
    value : object
        A dataclass, mapping, sequence, set or scalar; numpy scalars are taken by their ``item()``.

    Returns
    -------
    Plain
        Values that ``json`` and ``rfc8785`` accept.

    Raises
    ------
    BadInputError
        For a number that is not finite, a time without an offset, or a type without a plain form.

    Examples
    --------
    >>> to_plain({"when": dt.datetime(2022, 9, 13, tzinfo=dt.timezone.utc), "hash": b"\x01\xff"})
    {'when': '2022-09-13T00:00:00Z', 'hash': '01ff'}
    """
    if value is None or isinstance(value, (bool, str)):
        return str(value) if type(value) is not str and isinstance(value, str) else value
    if isinstance(value, enum.Enum):
        return to_plain(value.value)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BadInputError(f"A recorded number is {value}.", "Only finite numbers can be recorded.")
        return float(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, dt.datetime):
        return iso(value)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath):
        return value.as_posix()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(entry) for key, entry in value.items()}
    if isinstance(value, Set):
        return sorted((to_plain(entry) for entry in value), key=str)
    if isinstance(value, (list, tuple)):
        return [to_plain(entry) for entry in value]
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return to_plain(value.item())
    raise BadInputError(
        f"A value of type {type(value).__name__} has no plain form.", "Record it as numbers, text or a dataclass."
    )


def canonical(value: object) -> bytes:
    r"""The RFC 8785 canonical JSON of a domain object: same value, same bytes, everywhere.

    Examples
    --------
    >>> canonical({"b": 1.0, "a": "é"})
    b'{"a":"\xc3\xa9","b":1}'
    """
    return rfc8785.dumps(to_plain(value))


T = TypeVar("T")


def from_plain(kind: type[T], value: Plain) -> T:
    """Build a domain object again from what `to_plain` made of it.

    Parameters
    ----------
    kind : type
        The dataclass (or any type `to_plain` takes, by its annotation) to build.
    value : Plain

    Returns
    -------
    T

    Raises
    ------
    BadInputError
        When the value does not have the shape of the type.

    Examples
    --------
    >>> from_plain(tuple[dt.datetime, ...], ["2022-09-13T11:00:00+04:00"])[0].hour
    11
    """
    try:
        return typing.cast(T, _build(kind, value))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInputError(
            f"A recorded value does not have the shape of {getattr(kind, '__name__', kind)} ({error}).",
            "It was written by another version or altered: verify the case with 'witnessmark custody verify'.",
        ) from error


def _build(kind: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _build_union(arguments, value)
    if origin in (tuple, list, set, frozenset):
        if isinstance(value, (str, Mapping)):  # both can be gone through, but neither is a list
            raise TypeError(f"{type(value).__name__} is no list")
        if origin is tuple and arguments[-1:] != (Ellipsis,):
            return tuple(_build(part, entry) for part, entry in zip(arguments, value, strict=True))
        return origin(_build(arguments[0], entry) for entry in value)
    if origin is not None and issubclass(origin, Mapping):
        return {_build(arguments[0], key): _build(arguments[1], entry) for key, entry in value.items()}
    if not isinstance(kind, type):  # Plain, Any, Literal: kept as they are
        return value
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        names = [field.name for field in dataclasses.fields(kind) if field.init]
        if set(value) - set(names):
            raise ValueError(f"unknown fields {sorted(set(value) - set(names))}")
        return kind(**{name: _build(hints[name], value[name]) for name in names if name in value})
    if issubclass(kind, enum.Enum):
        return kind(value)
    if issubclass(kind, bytes):
        return kind(bytes.fromhex(value))
    if issubclass(kind, dt.datetime):
        return parse_moment(value)
    if issubclass(kind, dt.timedelta):
        return dt.timedelta(seconds=value)
    if kind is float:
        return float(value)
    if kind is int and isinstance(value, str):
        return int(value)
    if kind in (int, str, bool, type(None)) and not isinstance(value, kind):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


def _build_union(arguments: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in arguments:
        return None
    problems = []
    for part in arguments:
        if part is type(None):
            continue
        try:
            return _build(part, value)
        except (KeyError, TypeError, ValueError, AttributeError, BadInputError) as error:
            problems.append(str(error))
    raise ValueError("; ".join(problems))


def iso(moment: dt.datetime) -> str:
    """ISO 8601 text of a time that has an offset; UTC is written ``Z``.

    Raises
    ------
    BadInputError
        When the time has no offset: a time without one cannot be placed.
    """
    if moment.tzinfo is None:
        raise BadInputError(
            f"The time {moment.isoformat()} has no UTC offset.", "Write it with one, such as 2022-09-13T11:00:00+04:00."
        )
    text = moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def parse_moment(text: str) -> dt.datetime:
    """Read ISO 8601 text with an offset; the offset is kept.

    Raises
    ------
    BadInputError
        When the text is not a time or carries no offset.

    Examples
    --------
    >>> parse_moment("2022-09-13T11:00:00+04:00").utcoffset()
    datetime.timedelta(seconds=14400)
    """
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInputError(
            f"'{text}' is not a time I can read.", "Write it as 2022-09-13T11:00:00+04:00 (date, time, UTC offset)."
        ) from error
    iso(moment)
    return moment


def stated_moment(text: str) -> dt.datetime:
    """Read a time that a person states: as `parse_moment`, and of a year that can be meant.

    Raises
    ------
    BadInputError
    """
    moment = parse_moment(text)
    if not 1800 <= moment.year <= 9000:  # before any footage; and near the ends of the calendar, sums overflow
        raise BadInputError(f"The year of '{text}' cannot be meant.", "Check the year: four digits, such as 2022.")
    return moment


_STEERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The marks that turn the direction of writing (Unicode Standard Annex 9): they can make a line read as another."""


def visible(text: str) -> str:
    r"""Text from outside as it may be printed: whatever would steer a terminal is written out instead.

    Examples
    --------
    >>> print(visible("a\x1b[31mb\u202ec"))
    a\x1b[31mb\u202ec
    """
    return "".join(
        sign
        if sign == "\n" or (unicodedata.category(sign) not in ("Cc", "Cs") and sign not in _STEERING)
        else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )
