"""Canonical JSON (RFC 8785) with the standard library: read within bounds, written back byte for byte."""

import json
import re


class Refused(Exception):
    """Something in the bag cannot be read as it should be; the message is one sentence without its full stop."""


def canonical_bytes(value: object) -> bytes:
    """RFC 8785 bytes of values that `parse` gave.

    Raises
    ------
    Refused
        For a value that has no canonical form.
    """
    try:
        return _text(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("it holds text that is not valid Unicode") from error


def _text(value: object) -> str:
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > 2**53:
            raise Refused("it holds a whole number beyond 2**53")
        return str(value)
    if isinstance(value, float):
        return es6_number(value)
    if isinstance(value, list):
        return "[" + ",".join(_text(entry) for entry in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(json.dumps(key, ensure_ascii=False) + ":" + _text(value[key]) for key in keys) + "}"
    raise Refused(f"it holds a {type(value).__name__}, which JSON does not have")


def es6_number(value: float) -> str:
    """A double as ECMAScript writes it (ECMA-262, Number::toString; RFC 8785 section 3.2.2.3).

    Examples
    --------
    >>> [es6_number(number) for number in (1.0, -0.0, 1e21, 1.5e-7, 123456.789)]
    ['1', '0', '1e+21', '1.5e-7', '123456.789']
    """
    if value != value or value in (float("inf"), float("-inf")):
        raise Refused("it holds a number that is not finite")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + part) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def parse(data: bytes) -> object:
    """Read JSON and insist that it is in canonical form.

    Raises
    ------
    Refused
        When it is not JSON, is nested beyond reason, names a key twice, or is not canonical.
    """
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_integer, object_pairs_hook=_object)
        same = canonical_bytes(value) == data
    except UnicodeDecodeError as error:
        raise Refused(f"it is not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise Refused(f"it is not JSON: {error.msg} at character {error.pos}") from error
    except (RecursionError, MemoryError) as error:
        raise Refused("it is nested or filled beyond what a dossier holds") from error
    if not same:
        raise Refused("it is not in canonical form (RFC 8785)")
    return value


def _integer(text: str) -> "int | float":
    """Whole numbers up to 2**53; beyond, up to 1e21, ECMAScript writes a double without a point."""
    if not re.fullmatch(r"-?[0-9]{1,21}", text):
        raise Refused("it holds a whole number of more than 21 digits")
    return int(text) if abs(int(text)) <= 2**53 else float(text)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Refused("it names a key twice")
    return made


def parse_object(data: bytes) -> dict[str, object]:
    """As `parse`, for a JSON object.

    Raises
    ------
    Refused
        As `parse`, and when it is not an object.
    """
    value = parse(data)
    if not isinstance(value, dict):
        raise Refused("it is not a JSON object")
    return value
