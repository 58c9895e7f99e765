"""Two conclusions on the same material side by side: the author's and that of somebody who did not see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray

from witnessmark.hypotheses.regions import highest_density
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.review.conclusions import Conclusion, OwnPlace, OwnTime, Stance

DISCRIMINATES_LOG10 = float(np.log10(2.0))
"""A likelihood ratio below 2 does not discriminate (ENFSI guideline for evaluative reporting, 2015, table 1)."""
LEVEL = 0.9
"""Of the author's region that the reviewer's answer is held against."""
_GEOD = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Compared:
    """One question and what the two made of it.

    Attributes
    ----------
    question : str
        "stance: CLAIM", "place", "time" or "answer".
    author, reviewer : str
    agree : bool or None
        None where one of them did not answer, or words cannot be compared by a program.
    said : str
    """

    question: str
    author: str
    reviewer: str
    agree: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class AuthorsView:
    """What the author's finding or assessment comes to.

    Attributes
    ----------
    statement : str
    place : ndarray of float64, shape (n_places,), or None
        Posterior probability of each cell; None when it says nothing that can be compared.
    time : ndarray of float64, shape (n_instants,), or None
    over : Hypotheses or None
    log10_lr : mapping of claim id to float
    """

    statement: str
    place: NDArray[np.float64] | None
    time: NDArray[np.float64] | None
    over: Hypotheses | None
    log10_lr: Mapping[str, float]


def stance_of(log10_lr: float) -> Stance:
    """What a likelihood ratio comes to, in the words a reviewer has.

    Examples
    --------
    >>> [stance_of(value).value for value in (1.2, 0.1, -2.0)]
    ['supports', 'open', 'contradicts']
    """
    if abs(log10_lr) < DISCRIMINATES_LOG10:
        return Stance.OPEN
    return Stance.SUPPORTS if log10_lr > 0 else Stance.CONTRADICTS


def compare(view: AuthorsView, own: Conclusion) -> tuple[Compared, ...]:
    """Author and reviewer, question by question."""
    rows: list[Compared] = []
    for claim_id in sorted({*view.log10_lr, *own.stances}):
        rows.append(_stance(claim_id, view.log10_lr.get(claim_id), own.stances.get(claim_id)))
    if view.over is not None and view.place is not None:
        rows.append(_place(view.place, view.over, own.place))
    if view.over is not None and view.time is not None:
        rows.append(_time(view.time, view.over, own.time))
    rows.append(Compared("answer", view.statement, own.answer, None, "Words are for people to compare."))
    return tuple(rows)


def differ(rows: Sequence[Compared]) -> tuple[str, ...]:
    """The questions on which the two differ."""
    return tuple(row.question for row in rows if row.agree is False)


def _stance(claim_id: str, log10_lr: float | None, own: Stance | None) -> Compared:
    author = None if log10_lr is None else stance_of(log10_lr)
    if author is None or own is None:
        who = "The author's findings were not weighed over it." if author is None else "The reviewer did not answer."
        return Compared(f"stance: {claim_id}", str(author or "-"), str(own or "-"), None, who)
    said = "Both say the same." if author is own else f"The author's findings say {author}, the reviewer {own}."
    return Compared(f"stance: {claim_id}", str(author), str(own), author is own, said)


def _place(mass: NDArray[np.float64], over: Hypotheses, own: OwnPlace | None) -> Compared:
    region = highest_density(mass, LEVEL)
    if not region.any():
        return Compared("place", "nowhere in the region", _told(own), None, "The author leaves no place in the region.")
    lat, lon = over.places.lat_deg[region], over.places.lon_deg[region]
    author = f"{LEVEL:.0%} within {lat.min():.3f} to {lat.max():.3f} N, {lon.min():.3f} to {lon.max():.3f} E"
    if own is None:
        return Compared("place", author, "-", None, "The reviewer did not say where.")
    here = np.ones_like(over.places.lat_deg)
    _, _, metres = _GEOD.inv(own.lon_deg * here, own.lat_deg * here, over.places.lon_deg, over.places.lat_deg)
    within = metres <= own.radius_km * 1000 + over.places.spacing_m / np.sqrt(2.0)  # a cell reaches to its corners
    share = float(mass[within].sum() / mass.sum())
    return Compared("place", author, _told(own), bool((within & region).any()), _mass("circle", share, within & region))


def _time(mass: NDArray[np.float64], over: Hypotheses, own: OwnTime | None) -> Compared:
    region = highest_density(mass, LEVEL)
    if not region.any():
        return Compared("time", "never on the axis", "-", None, "The author leaves no time on the axis.")
    at = over.times.unix_s()
    author = f"{LEVEL:.0%} in {int(region.sum())} of {region.size} steps of {over.times.step_s:g} s"
    if own is None:
        return Compared("time", author, "-", None, "The reviewer did not say when.")
    within = (at + over.times.step_s > own.begins.timestamp()) & (at < own.ends.timestamp())
    share = float(mass[within].sum() / mass.sum())
    told = f"{own.begins.isoformat()} to {own.ends.isoformat()}"
    return Compared("time", author, told, bool((within & region).any()), _mass("interval", share, within & region))


def _mass(what: str, share: float, common: NDArray[np.bool_]) -> str:
    meet = "meets" if common.any() else "does not meet"
    return (
        f"The reviewer's {what} {meet} the author's {LEVEL:.0%} region; the author's posterior puts {share:.2g} of its"
        f" probability into it."
    )


def _told(own: OwnPlace | None) -> str:
    return "-" if own is None else f"within {own.radius_km:g} km of {own.lat_deg:.3f}, {own.lon_deg:.3f}"
