"""Reading what others wrote: JSON within bounds, and values of the type they must be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import cast

from witnessmark.errors import BadInputError
from witnessmark.plain import Plain


def read_json(text: bytes | str, what: str) -> Plain:
    """JSON as values.

    Raises
    ------
    BadInputError
        When it is none, or nested without end.
    """
    try:
        return cast("Plain", json.loads(text))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{what} is not JSON.", "Check that the file was copied whole.") from error


def text_of(values: Mapping[str, Plain], name: str, most: int, *, empty: bool = False) -> str:
    """A text that must be there.

    Raises
    ------
    BadInputError
        When it is missing, empty where it must not be, or longer than `most` characters.
    """
    value = values.get(name)
    if not isinstance(value, str) or len(value) > most or (not value.strip() and not empty):
        raise odd(name)
    return value


def optional_text(values: Mapping[str, Plain], name: str, most: int) -> str | None:
    """A text, or None where there is none.

    Raises
    ------
    BadInputError
        When it is anything else.
    """
    return None if values.get(name) is None else text_of(values, name, most)


def number_of(values: Mapping[str, Plain], name: str, least: float, most: float) -> float:
    """A number that must be there, within bounds.

    Raises
    ------
    BadInputError
        When it is missing or outside.
    """
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise odd(name)
    if not least <= value <= most:
        raise odd(name)
    return float(value)


def whole_of(values: Mapping[str, Plain], name: str, least: int, most: int) -> int:
    """A whole number that must be there, within bounds.

    Raises
    ------
    BadInputError
        When it is missing, broken or outside.
    """
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise odd(name)
    return value


def list_of(values: Mapping[str, Plain], name: str) -> list[Mapping[str, Plain]]:
    """A list of objects that must be there.

    Raises
    ------
    BadInputError
        When it is anything else.
    """
    value = values.get(name)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise odd(name)
    return cast("list[Mapping[str, Plain]]", value)


def odd(name: str) -> BadInputError:
    """What is said of a value that cannot be."""
    return BadInputError(
        f"What the file says under '{name}' cannot be right.", "Ask the sender which program wrote it."
    )
