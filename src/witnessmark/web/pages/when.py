"""When: the hours the findings leave, line by line, beside sun and moon; two dates compared in words."""

from __future__ import annotations

import datetime as dt
import io
import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from numpy.typing import NDArray

from witnessmark.desk.case import Case
from witnessmark.desk.inquiry import load_finding
from witnessmark.desk.space import case_space
from witnessmark.errors import BadInputError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.sun import ephemeris
from witnessmark.lines.sun.drawing import day_table
from witnessmark.plain import iso, stated_moment
from witnessmark.web.doors import InCase
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)
MOST_DAYS = 62
"""Days in one table; of a longer axis the most probable are shown."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """A day of a table.

    Attributes
    ----------
    day : date
    shares : tuple of float
        Probability of each hour, 0-1.
    level : tuple of int
        0 to 9, how dark a cell is drawn.
    """

    day: dt.date
    shares: tuple[float, ...]
    level: tuple[int, ...]


@router.get("/c/{case}/when")
def when_page(
    request: Request,
    seat: InCase,
    assessment: Annotated[str, Query(max_length=40)] = "",
    first: Annotated[str, Query(max_length=120)] = "",
    second: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """The table of hours of an assessment and of each finding in it."""
    case = seat.case
    made = case.records.assessments()
    chosen = next((each for each in made if each["id"] == assessment), made[-1] if made else None)
    over = case_space(case) if case.settings.get("space") else None
    current = chosen if over is not None and chosen is not None and chosen["space"] == over.digest() else None
    tables: list[dict[str, Any]] = []
    compared = None
    if over is not None and current is not None:
        posterior = _posterior(case, current)
        tables.append({"name": "together", "rows": _rows(*_by_hour(posterior, over))})
        tables.extend(_of_lines(case, current, over))
        if first and second:
            compared = compare(posterior, over, first, second)
    return page(
        request,
        "when.html",
        seat,
        case=case,
        made=made,
        chosen=chosen,
        stale=chosen is not None and current is None,
        tables=tables,
        sky=_sky(over, current) if over is not None and current is not None else [],
        first=first,
        second=second,
        compared=compared,
    )


def _posterior(case: Case, body: dict[str, Any]) -> Floats:
    loaded = np.load(io.BytesIO(case.objects.get(body["marginals"]["time"]["key"])), allow_pickle=False)
    return np.asarray(loaded, np.float64)


def _by_hour(mass: Floats, over: Hypotheses) -> tuple[tuple[dt.date, ...], Floats]:
    hours = np.floor(over.times.middles_unix_s() / 3600.0).astype(np.int64)
    first = int(hours[0] // 24)
    n_days = int(hours[-1] // 24) - first + 1
    table = np.bincount(hours - 24 * first, weights=mass, minlength=24 * n_days).reshape(n_days, 24)
    days = tuple(dt.date(1970, 1, 1) + dt.timedelta(days=first + number) for number in range(n_days))
    return days, table / max(float(table.sum()), 1e-300)


def _rows(days: tuple[dt.date, ...], table: Floats) -> list[Row]:
    chosen = list(range(len(days)))
    if len(days) > MOST_DAYS:
        chosen = sorted(np.argsort(table.sum(axis=1))[-MOST_DAYS:].tolist())
    top = max(float(table.max()), 1e-300)
    return [
        Row(
            days[number],
            tuple(float(share) for share in table[number]),
            tuple(math.ceil(9.0 * math.sqrt(float(share) / top)) if share >= 5e-4 else 0 for share in table[number]),
        )
        for number in chosen
    ]


def _of_lines(case: Case, body: dict[str, Any], over: Hypotheses) -> list[dict[str, Any]]:
    """A table for each finding that says something of time."""
    results = {result["id"]: result for result in case.records.results("finding", superseded=True)}
    shares = {share["finding_id"]: share for share in body["shares"]}
    told = []
    for finding_id in body["findings"]:
        share = shares.get(finding_id)
        if finding_id not in results or share is None or abs(share["bits_time"]) < 0.01:
            continue
        finding = load_finding(case, results[finding_id])
        rows = _rows(*day_table(np.asarray(finding.log_likelihood.values_nats), over))
        told.append({"name": finding.line, "id": finding_id, "bits": share["bits_time"], "rows": rows})
    return told


def _sky(over: Hypotheses, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Hours in which sun and moon stand above a level horizon at the most probable place, and the moon's lit share."""
    place = body.get("most_probable_place")
    if place is None:
        return []
    days, _ = _by_hour(np.ones(over.times.n_instants), over)
    frames = ephemeris.frames(np.array([place["lat_deg"]]), np.array([place["lon_deg"]]))
    rows = []
    for day in days[:MOST_DAYS]:
        start_s = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
        at_s = np.asarray(start_s + 3600.0 * (np.arange(24) + 0.5), np.float64)
        sun, moon = (ephemeris.azimuth_elevation(ephemeris.track(each, at_s), frames)[1][0] for each in ("sun", "moon"))
        lit, growing = ephemeris.illuminated_fraction(np.array([start_s + 43_200.0]))
        rows.append(
            {
                "day": day,
                "sun": [float(height) for height in sun],
                "moon": [bool(height > 0.0) for height in moon],
                "lit": float(lit[0]),
                "growing": bool(growing[0]),
            }
        )
    return rows


def compare(posterior: Floats, over: Hypotheses, first: str, second: str) -> dict[str, Any]:
    """Two intervals of time against one another, by the findings together.

    Raises
    ------
    BadInputError
        For what is no interval, or holds no instant of the axis.

    Notes
    -----
    The ratio is that of mean likelihoods: posterior over prior in the first, divided by the same in the second, so that
    neither gains by being longer.
    """
    prior = np.exp(over.time_prior_nats())
    means, told = [], []
    for text in (first, second):
        start, end = _interval(text)
        at = over.times.middles_unix_s()
        inside = (at >= start.timestamp()) & (at < end.timestamp())
        if not inside.any():
            raise BadInputError(
                f"'{text}' holds no instant of the case's time axis.",
                "Choose an interval within it, or widen the axis.",
            )
        means.append(float(posterior[inside].sum()) / float(prior[inside].sum()))
        told.append([iso(start), iso(end)])
    if max(means) <= 0.0:
        raise BadInputError("The findings leave nothing of either interval.", "Look at what they rest on.")
    ratio = math.log10(max(means[0], 1e-300) / max(means[1], 1e-300))
    return {"first": told[0], "second": told[1], "log10_lr": max(-12.0, min(12.0, ratio))}


def _interval(text: str) -> tuple[dt.datetime, dt.datetime]:
    """``2031-05-14`` (a UTC day) or ``FROM..TO`` with offsets."""
    text = text.strip()
    if ".." in text:
        start, end = (stated_moment(part.strip()) for part in text.split("..", 1))
    else:
        try:
            day = dt.date.fromisoformat(text)
        except ValueError as error:
            raise BadInputError(
                f"'{text}' is no interval.", "Write a day such as 2031-05-14 (UTC), or FROM..TO with offsets."
            ) from error
        start = dt.datetime.combine(day, dt.time(), dt.UTC)
        end = start + dt.timedelta(days=1)
    if end <= start:
        raise BadInputError(f"'{text}' ends before it begins.", "Turn it round.")
    return start, end
