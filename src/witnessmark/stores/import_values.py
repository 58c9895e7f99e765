"""What other programs wrote, read without running any of it: tables, printed Python values, times with offsets."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError

LARGEST_TABLE_BYTES = 256 << 20
MOST_ROWS = 200_000
_LONGEST_CELL = 8 << 20
_DEEPEST = 60
_EARLIEST, _LATEST = dt.datetime(1800, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that was passed over.

    Attributes
    ----------
    where : str
        File and row, such as "archive.csv, row 3".
    reason : str
    """

    where: str
    reason: str


def read_bytes(path: Path) -> bytes:
    """A file to import, whole.

    Raises
    ------
    BadInputError
        When it cannot be read, is no plain file, or is larger than `LARGEST_TABLE_BYTES`.
    """
    try:
        if path.is_symlink() or not path.is_file():
            raise BadInputError(f"'{path}' is not a plain file.", "Name the file itself.")
        if path.stat().st_size > LARGEST_TABLE_BYTES:
            raise BadInputError(f"'{path}' is larger than {LARGEST_TABLE_BYTES:,} bytes.", "Import it in parts.")
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"'{path}' cannot be read ({error.strerror}).", "Check the path.") from error


def read_table(data: bytes, name: str) -> list[dict[str, str]]:
    """The rows of a CSV with a header, by column; columns in small letters, blanks and points as underscores.

    Raises
    ------
    BadInputError
        When it is no table in UTF-8 (or UTF-16 with its mark).
    """
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [column_name(column) for column in next(reader)]
        rows: list[dict[str, str]] = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(rows) >= MOST_ROWS:
                    raise BadInputError(f"'{name}' has more than {MOST_ROWS:,} rows.", "Import it in parts.")
                rows.append(dict(zip(header, cells, strict=False)) | {"": str(reader.line_num), " ": str(len(cells))})
    except StopIteration as error:
        raise BadInputError(f"'{name}' is empty.", "Export it again.") from error
    except (UnicodeError, csv.Error) as error:
        raise BadInputError(
            f"'{name}' is not a table that can be read ({error}).", "Export it as CSV, UTF-8."
        ) from error
    finally:
        csv.field_size_limit(before)
    if len(set(header)) < len(header):
        twice = next(column for column in header if header.count(column) > 1)
        raise BadInputError(f"'{name}' has the column '{twice}' twice.", "Rename one of them.")
    for row in rows:
        row[" "] = "" if row[" "] == str(len(header)) else f"it has {row[' ']} cells, the header {len(header)}"
    return rows


def column_name(text: str) -> str:
    """A column's name as it is looked for.

    Examples
    --------
    >>> column_name(" Source Link "), column_name("labels.label-1")
    ('source_link', 'labels_label-1')
    """
    return "_".join(text.strip().lower().replace(".", " ").split()) or "unnamed"


def python_value(text: str) -> Any:
    """The value that a Python program printed: numbers, texts, lists, mappings, and times with their offsets.

    Nothing is run: calls are understood only where they name times and zones, paths, or an archiver's own records.
    Times come back as ISO 8601 text with the offset they had, and without one when they had none.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> python_value("{'at': datetime.datetime(2022, 10, 2, 11, 19, tzinfo=tzoffset(None, 14400)), 'n': [1, -2.5]}")
    {'at': '2022-10-02T11:19:00+04:00', 'n': [1, -2.5]}
    """
    if len(text) > _LONGEST_CELL:
        raise ValueError("a value is too long")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return _plain(_value(tree.body, 0))
    except (SyntaxError, RecursionError, MemoryError, TypeError, OverflowError) as error:
        raise ValueError(f"a value cannot be read: {error}") from error


def json_value(text: str) -> Any:
    """A JSON value.

    Raises
    ------
    ValueError
        Also for numbers that are none.
    """

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no number")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def moment_of(value: object, what: str) -> Moment | None:
    """A time as another program wrote it, its offset kept; None for none.

    A time without an offset is taken as UTC and said so; a mere day is its latest end anywhere on Earth, as a posting
    bounds when something can have been filmed.

    Parameters
    ----------
    value : object
        ISO 8601 text, or seconds since 1970.
    what : str
        Whose time it is, such as "auto-archiver timestamp".

    Raises
    ------
    ValueError
        When it is no time, or of a year that cannot be meant.

    Examples
    --------
    >>> moment_of("2022-10-02 11:19:00+04:00", "timestamp").at.isoformat()
    '2022-10-02T11:19:00+04:00'
    >>> moment_of("2022-10-02", "upload date").at.isoformat()
    '2022-10-03T12:00:00+00:00'
    """
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value) or not 0 < value < 7e9:
            raise ValueError(f"the time {value} cannot be meant")
        return Moment(dt.datetime.fromtimestamp(value, dt.UTC), f"{what}, seconds since 1970")
    text = str(value).strip()
    try:
        if len(text) in (8, 10) and "T" not in text and ":" not in text:
            day = dt.date.fromisoformat(text)
            at = dt.datetime.combine(day, dt.time(12), dt.UTC) + dt.timedelta(days=1)
            return _within(Moment(at, f"{what}, a day only ({text}): its latest end anywhere on Earth", False), text)
        at = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"'{text[:60]}' is not a time") from error
    if at.tzinfo is None:
        return _within(Moment(at.replace(tzinfo=dt.UTC), f"{what}, no UTC offset stated: taken as UTC", False), text)
    return _within(Moment(at, what), text)


def _within(moment: Moment, text: str) -> Moment:
    if not _EARLIEST <= moment.at <= _LATEST:
        raise ValueError(f"the year of '{text[:60]}' cannot be meant")
    return moment


def _value(node: ast.expr, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    match node:
        case ast.Constant(value=value) if isinstance(value, (str, int, float, bool, type(None))):
            return value
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return [_value(part, depth + 1) for part in parts]
        case ast.Dict(keys=keys, values=values):
            return {_key(key, depth): _value(value, depth + 1) for key, value in zip(keys, values, strict=True)}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, depth + 1)
        case ast.Attribute() if _dotted(node) in ("datetime.timezone.utc", "datetime.UTC", "timezone.utc"):
            return dt.UTC
        case ast.Call(func=func, args=args, keywords=keywords):
            named = {word.arg: _value(word.value, depth + 1) for word in keywords if word.arg is not None}
            return _called(_dotted(func), [_value(one, depth + 1) for one in args], named)
    raise ValueError(f"'{ast.unparse(node)[:60]}' is not a value")


def _key(node: ast.expr | None, depth: int) -> str:
    if node is None:
        raise ValueError("a mapping spreads another")
    return str(_value(node, depth + 1))


def _called(name: str, args: list[Any], named: Mapping[str, Any]) -> Any:
    """What a call in printed text stands for."""
    last = name.split(".")[-1]
    if last == "datetime":
        return dt.datetime(*args, **named)
    if last == "date":
        return dt.date(*args, **named)
    if last == "timedelta":
        return dt.timedelta(*args, **named)
    if last == "timezone":
        return dt.timezone(args[0])
    if last == "tzutc":
        return dt.UTC
    if last == "tzoffset":
        return dt.timezone(dt.timedelta(seconds=args[1]))
    if last in ("tzlocal", "tzfile"):
        return None  # the zone of a machine that is not here: the time is told as having none
    if last in ("PosixPath", "WindowsPath", "Path") and len(args) == 1:
        return str(args[0])
    if last in ("Media", "Metadata", "OrderedDict", "dict") and not args:
        return dict(named)
    raise ValueError(f"'{name[:60]}(...)' is not a value")


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
    raise ValueError("a call of what is no name")


def _plain(value: Any) -> Any:
    """Times as text, what JSON cannot hold as text."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, (dt.timedelta, dt.tzinfo)) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value
