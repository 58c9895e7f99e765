"""A person's corrections of a proposal, field by field, before it is accepted."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from witnessmark.claims.fields import Problems, nearest, read_identifier, shown
from witnessmark.claims.places import Region
from witnessmark.claims.proposals import Precision, Proposal, SaidCount, SaidTime, Topic
from witnessmark.claims.reading import Entries, Node, parse
from witnessmark.claims.records import Hedge
from witnessmark.claims.regions import FORMS, read_interval, read_region
from witnessmark.claims.said import from_geojson, interval_from, local_moment
from witnessmark.claims.times import Interval
from witnessmark.errors import BadInputError
from witnessmark.plain import Plain

E = TypeVar("E", Hedge, Topic)

AS_READ = "as read"
"""What a person says of a field that was read rightly although it could be read in another way."""
NOTHING = "none"
"""Takes a field away."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A proposal as a person would have it.

    Attributes
    ----------
    proposal : Proposal
        With the corrected fields.
    place : Region or None
        A place stated anew.
    time : tuple of Interval
        A time stated anew.
    said : str or None
        When it was said, stated anew: a day, or a time.
    alternatives : tuple of str
        Alternatives of the hypotheses under which it would be true.
    otherwise : tuple of str
        What could be the case instead.
    changed : tuple of str
        The fields that were corrected or said to be as read.
    """

    proposal: Proposal
    place: Region | None = None
    time: tuple[Interval, ...] = ()
    said: str | None = None
    alternatives: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def correct(proposal: Proposal, changes: Mapping[str, Plain]) -> Corrected:
    """Apply corrections.

    Parameters
    ----------
    proposal : Proposal
    changes : mapping of field to value
        `place` and `time` take the forms of a claims file (as YAML text or plain values), a place also a GeoJSON
        geometry, a time also the keys of a reading (`from`, `to`, `precision`, `utc_offset`); "none" takes a field
        away and "as read" says that it was read rightly.

    Raises
    ------
    BadInputError
        For an unknown field, or a value that does not fit it.
    """
    made = Corrected(proposal, changed=tuple(sorted(changes)))
    for field, value in changes.items():
        if field not in FIELDS:
            raise BadInputError(f"'{shown(field)}' is no field of a proposal: {nearest(field, FIELDS)}", "Correct it.")
        if value != AS_READ:
            made = _apply(made, field, None if value in (NOTHING, "") else value)
    return made


def read_change(text: str) -> tuple[str, Plain]:
    """A correction written ``FIELD=VALUE``; the value may be JSON.

    Raises
    ------
    BadInputError

    Examples
    --------
    >>> read_change('time={"day": "2031-09-13", "zone": "+04:00"}')
    ('time', {'day': '2031-09-13', 'zone': '+04:00'})
    """
    field, sign, value = text.partition("=")
    if not sign:
        raise BadInputError(
            f"'{shown(text)}' corrects nothing.", "Write --set FIELD=VALUE, such as --set hedge=alleges."
        )
    value = value.strip()
    if value[:1] in ("{", "["):
        try:
            return field.strip(), cast("Plain", json.loads(value))
        except ValueError:
            return field.strip(), value  # the claims file's way of writing it
    return field.strip(), value


def _apply(made: Corrected, field: str, value: Plain) -> Corrected:
    """One correction."""
    if field in _OF_THE_PROPOSAL:
        return replace(made, proposal=_OF_THE_PROPOSAL[field](made.proposal, value))
    if value is None:
        taken = {"place": replace(made.proposal, place=None), "time": replace(made.proposal, time=None)}
        return replace(made, proposal=taken.get(field, made.proposal))
    return _BESIDE_IT[field](made, value)


_OF_THE_PROPOSAL: dict[str, Callable[[Proposal, Plain], Proposal]] = {
    "speaker": lambda proposal, value: replace(proposal, speaker=_text("speaker", value)),
    "role": lambda proposal, value: replace(proposal, speaker_role=_text_or_none("role", value)),
    "party": lambda proposal, value: replace(proposal, party=_text_or_none("party", value)),
    "about": lambda proposal, value: replace(proposal, about=_word(Topic, "about", value)),
    "statement": lambda proposal, value: replace(proposal, statement=_text("statement", value)),
    "hedge": lambda proposal, value: replace(proposal, hedge=_word(Hedge, "hedge", value)),
    "hedge_words": lambda proposal, value: replace(proposal, hedge_words=_text_or_none("hedge_words", value)),
    "unit": lambda proposal, value: replace(proposal, unit=_text_or_none("unit", value)),
    "count": lambda proposal, value: replace(proposal, count=None if value is None else _count(proposal, value)),
}
_BESIDE_IT: dict[str, Callable[[Corrected, Plain], Corrected]] = {
    "place": lambda made, value: replace(made, place=_place(value)),
    "time": lambda made, value: replace(made, time=_time(value)),
    "said": lambda made, value: replace(made, said=_moment("said", value)),
    "alternatives": lambda made, value: replace(
        made, alternatives=tuple(read_identifier(name) for name in _texts("alternatives", value))
    ),
    "otherwise": lambda made, value: replace(made, otherwise=_texts("otherwise", value)),
}
FIELDS = (*_OF_THE_PROPOSAL, *_BESIDE_IT)
"""What can be corrected."""


def _moment(field: str, value: Plain) -> str:
    """A day or a time, checked."""
    text = _text(field, value)
    local_moment(text, dt.UTC)
    return text


def _text_or_none(field: str, value: Plain) -> str | None:
    return None if value is None else _text(field, value)


def _text(field: str, value: Plain) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadInputError(f"'{field}' is not text.", f"Write --set {field}=...")
    return value.strip()


def _texts(field: str, value: Plain) -> tuple[str, ...]:
    """A list of texts, or texts between semicolons."""
    if value is None:
        return ()
    listed = value if isinstance(value, list) else _text(field, value).split(";")
    return tuple(dict.fromkeys(" ".join(_text(field, entry).split()) for entry in listed))


def _word(words: type[E], field: str, value: Plain) -> E:
    text = _text(field, value)
    try:
        return words(text)
    except ValueError as error:
        known = [word.value for word in words]
        raise BadInputError(f"'{shown(text)}' is no {field}:", nearest(text, known)) from error


def _count(proposal: Proposal, value: Plain) -> SaidCount:
    """A count from a number, or from ``{"what", "at_least", "at_most"}``."""
    words = "" if proposal.count is None else proposal.count.words
    what = "persons or things" if proposal.count is None else proposal.count.what
    if isinstance(value, dict):
        least, most = (_whole(value.get(key)) for key in ("at_least", "at_most"))
        what = str(value.get("what") or what)
    else:
        least = most = _whole(value)
    if (least is None and most is None) or (least is not None and most is not None and least > most):
        raise BadInputError("The count has no number that could be.", 'Give a number, or {"at_least": 8}.')
    return SaidCount(what, least, most, words)


def _whole(value: Plain) -> int | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadInputError(f"'{shown(text)}' is not a count.", "Write a whole number such as 8.")
    return int(text)


def _node(value: Plain) -> Node:
    """Plain values, or the claims file's way of writing them, as nodes."""
    return parse((value if isinstance(value, str) else json.dumps(value)).encode())


def _place(value: Plain) -> Region:
    if isinstance(value, dict) and not set(value) & set(FORMS):
        geometry = value.get("geometry", value)
        if not isinstance(geometry, dict):
            raise BadInputError("The place has no geometry.", "Give a GeoJSON geometry, or a form such as point.")
        uncertainty = value.get("uncertainty_km")
        return from_geojson(geometry, uncertainty if isinstance(uncertainty, int | float) else None, "place")
    problems = Problems()
    region = read_region(_node(value), "the place", problems)
    _raise(problems)
    assert region is not None
    return region


def _time(value: Plain) -> tuple[Interval, ...]:
    if isinstance(value, dict) and "utc_offset" in value:
        try:
            precision = Precision(str(value.get("precision") or Precision.DAY.value))
            first, last = str(value["from"]), str(value.get("to") or "")
        except (KeyError, ValueError) as error:
            raise BadInputError(
                f"The time cannot be read ({error}).", "Give from, to, precision and utc_offset."
            ) from error
        offset = None if value["utc_offset"] is None else str(value["utc_offset"])
        return (interval_from(SaidTime(first, last, precision, offset, "as corrected")),)
    problems = Problems()
    node = _node(value)
    nodes = node.nodes if isinstance(node, Entries) else (node,)
    spans = [read_interval(entry, "the time", problems) for entry in nodes]
    _raise(problems)
    return tuple(span for span in spans if span is not None)


def _raise(problems: Problems) -> None:
    """Say what is wrong with a correction, without the lines of a file there is none of."""
    try:
        problems.raise_if_any()
    except BadInputError as error:
        found = error.facts.get("problems")
        said = [str(line).partition(": ")[2] for line in found] if isinstance(found, list) else [error.what]
        raise BadInputError(
            "The correction cannot be read: " + " ".join(said), "Write it as in a claims file."
        ) from error
