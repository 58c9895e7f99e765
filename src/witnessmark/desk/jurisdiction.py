"""Whether a norm binds there and then: a question of its own, of time and of place, left to a lawyer.

Who accepted what, from when, and which ground a State claims is data that an investigator supplies with citations.
The program says how much of the posterior falls within each; whose territory a place is, it never says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from witnessmark.claims.fields import Fields, Problems, nearest
from witnessmark.claims.places import Region
from witnessmark.claims.reading import parse
from witnessmark.claims.regions import read_interval, read_region
from witnessmark.claims.times import Interval
from witnessmark.desk.case import Case
from witnessmark.desk.space import case_space
from witnessmark.errors import BadInputError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.law import LawBook

FORMAT = "witnessmark-jurisdiction/1"
NOT_ASSERTED = (
    "Whose territory a place is, and whether an instrument binds, is not said here. The regions, States and dates are"
    " those that were supplied, with their citations; the probabilities say only where and when the footage may have"
    " been filmed."
)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That a State is said to be bound by an instrument over some time.

    Attributes
    ----------
    id, state, instrument : str
    kind : str
        Such as "party" or "declaration under article 12(3)".
    time : Interval
    citation : str
    """

    id: str
    state: str
    instrument: str
    kind: str
    time: Interval
    citation: str


@dataclass(frozen=True, slots=True)
class Territory:
    """Ground that a State is said to claim, as somebody supplied it.

    Attributes
    ----------
    id, state : str
    place : Region
    supplied_by, citation : str
    """

    id: str
    state: str
    place: Region
    supplied_by: str
    citation: str


@dataclass(frozen=True, slots=True)
class Supplied:
    """What one file supplies."""

    acceptances: tuple[Acceptance, ...]
    territories: tuple[Territory, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A probability between two numbers: what lies off the grid, in older footage or elsewhere, may go either way."""

    at_least: float
    at_most: float


def read_jurisdiction(raw: bytes, name: str, instruments: Collection[str]) -> Supplied:
    """Acceptances and territories of a file.

    Parameters
    ----------
    raw : bytes
        YAML.
    name : str
        For messages.
    instruments : collection of str
        Ids that may be named.

    Raises
    ------
    BadInputError
        With every problem, by line.
    """
    problems = Problems()
    fields = Fields(parse(raw), "the file", problems)
    if fields.text("format") != FORMAT:
        raise BadInputError(f"'{name}' is not of format {FORMAT}.", "Write it on the first line.")
    accepted = [
        _acceptance(Fields(node, "an acceptance", problems), instruments) for node in fields.entries("acceptances")
    ]
    grounds = [_territory(Fields(node, "a territory", problems)) for node in fields.entries("territories")]
    fields.close()
    try:
        problems.raise_if_any()
    except BadInputError as error:
        listed = error.facts.get("problems")
        lines = "\n  ".join(map(str, listed)) if isinstance(listed, list) else str(error)
        raise BadInputError(
            f"The jurisdiction file '{name}' cannot be taken:\n  {lines}\n", "Mend the lines named."
        ) from error
    return Supplied(tuple(one for one in accepted if one is not None), tuple(one for one in grounds if one is not None))


def jurisdiction(case: Case, files: Sequence[Mapping[str, Any]], book: LawBook) -> dict[str, Any]:
    """What the newest assessment's posterior says of time and place for each instrument, acceptance and territory.

    Parameters
    ----------
    case : Case
    files : sequence of mapping
        ``name`` and ``key`` of the jurisdiction files that were added.
    book : LawBook

    Returns
    -------
    dict
        ``assessment`` (None without one), ``instruments``, ``acceptances``, ``territories``, ``both`` (a State's
        acceptance and territory together) and ``said``.
    """
    instruments = [one.id for one in book.instruments]
    supplied = [read_jurisdiction(case.objects.get(one["key"]), one["name"], instruments) for one in files]
    posterior = _Posterior.of(case)
    accepted = [one for each in supplied for one in each.acceptances]
    grounds = [one for each in supplied for one in each.territories]
    times = {one.id: posterior.time(one.time.bounds_unix_s()) for one in accepted}
    places = {one.id: posterior.place(one.place) for one in grounds}
    return {
        "assessment": posterior.assessment,
        "instruments": [
            {
                "id": one.id,
                "title": one.title,
                "in_force": one.in_force,
                "citation": one.citation,
                "filmed_since_in_force": posterior.time((_midnight(one.in_force), np.inf)),
            }
            for one in book.instruments
        ],
        "acceptances": [
            {
                **{name: getattr(one, name) for name in ("id", "state", "instrument", "kind", "citation")},
                "time": one.time.stated,
                "filmed_within": times[one.id],
            }
            for one in accepted
        ],
        "territories": [
            {
                **{name: getattr(one, name) for name in ("id", "state", "supplied_by", "citation")},
                "filmed_within": places[one.id],
            }
            for one in grounds
        ],
        "both": [
            {
                "acceptance": one.id,
                "territory": ground.id,
                "filmed_within_both": posterior.both(times[one.id], places[ground.id]),
            }
            for one in accepted
            for ground in grounds
            if one.state == ground.state
        ],
        "said": posterior.said,
        "not_asserted": NOT_ASSERTED,
    }


class _Posterior:
    """The newest assessment's marginals over the space it was made over; nothing where there is none."""

    def __init__(self, over: Hypotheses | None, body: Mapping[str, Any] | None, case: Case, said: str) -> None:
        self._over = over
        self.said = said
        self.assessment = None if body is None else body["id"]
        self._p_grid = 0.0 if body is None else float(body["p_grid"])
        self._axes = {
            axis: np.load(case.objects.local_path(body["marginals"][axis]["key"]), allow_pickle=False)
            for axis in ("place", "time")
            if body is not None
        }

    @classmethod
    def of(cls, case: Case) -> _Posterior:
        made = case.records.assessments()
        if not made:
            return cls(None, None, case, "There is no assessment yet, so nothing is known of time and place.")
        over = case_space(case)
        fitting = [body for body in made if body["space"] == over.digest()]
        if not fitting:
            return cls(
                None, None, case, "The region or time axis was set anew since the last assessment: assess again."
            )
        body = fitting[-1]
        left = 1.0 - float(body["p_grid"])
        return cls(
            over,
            body,
            case,
            f"By assessment {body['id']} of {', '.join(body['subjects'])}. {left:.2g} of its probability lies outside"
            " the region or time axis and may fall on either side.",
        )

    def time(self, bounds_unix_s: tuple[float, float]) -> Bounds | None:
        if self._over is None:
            return None
        at = self._over.times.unix_s() + self._over.times.step_s / 2
        return self._bounds(float(self._axes["time"][(at >= bounds_unix_s[0]) & (at < bounds_unix_s[1])].sum()))

    def place(self, region: Region) -> Bounds | None:
        if self._over is None:
            return None
        places = self._over.places
        return self._bounds(float(self._axes["place"][region.holds(places.lat_deg, places.lon_deg)].sum()))

    def both(self, time: Bounds | None, place: Bounds | None) -> Bounds | None:
        """Time and place together, of which the record keeps only each alone (Frechet's bounds, 1935)."""
        if time is None or place is None:
            return None
        least = max(0.0, time.at_least + place.at_least - self._p_grid)
        return Bounds(least, min(1.0, min(time.at_least, place.at_least) + 1.0 - self._p_grid))

    def _bounds(self, mass: float) -> Bounds:
        mass = min(max(mass, 0.0), 1.0)
        return Bounds(mass, min(1.0, mass + 1.0 - self._p_grid))


def _acceptance(fields: Fields, instruments: Collection[str]) -> Acceptance | None:
    name, state, instrument = fields.identifier(), fields.text("state"), fields.text("instrument")
    kind, citation = fields.text("kind"), fields.text("citation")
    node = fields.node("time", required=True)
    time = None if node is None else read_interval(node, f"time of {fields.where}", fields.problems)
    fields.close()
    if instrument is not None and instrument not in instruments:
        hint = nearest(instrument, instruments)
        fields.problems.note(fields.line_of("instrument"), f"there is no instrument '{instrument}'; {hint}")
    if name is None or state is None or instrument is None or kind is None or citation is None or time is None:
        return None
    return Acceptance(name, state, instrument, kind, time, citation)


def _territory(fields: Fields) -> Territory | None:
    name, state = fields.identifier(), fields.text("state")
    supplied_by, citation = fields.text("supplied_by"), fields.text("citation")
    node = fields.node("place", required=True)
    place = None if node is None else read_region(node, f"place of {fields.where}", fields.problems)
    fields.close()
    if place is not None:
        with fields.problems.at(fields.line_of("place")):
            place.holds(np.zeros(1), np.zeros(1))  # a name within it is no ground: no gazetteer draws boundaries
    if name is None or state is None or supplied_by is None or citation is None or place is None:
        return None
    return Territory(name, state, place, supplied_by, citation)


def _midnight(day: str) -> float:
    """Begin of a day in UTC [s since 1970]; no treaty's entry into force hangs on the zone at this precision."""
    return dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC).timestamp()
