"""A table of events in ACLED's columns: what the findings give, and what each party says, one row each."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyproj

from witnessmark.dossier.casefile import rows, table, words
from witnessmark.dossier.exports.content import ExportContent, numbers
from witnessmark.dossier.exports.geojson import geometry_of, looked_up
from witnessmark.plain import Plain

ACLED_COLUMNS = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type", "actor1",
    "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting", "iso",
    "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision", "source",
    "source_scale", "notes", "fatalities", "tags", "timestamp",
)  # fmt: skip
"""As ACLED has them since its column changes of March 2023, in its order."""
OWN_COLUMNS = (
    "kind", "case_reference", "item_or_claim", "party", "hedge", "time_from", "time_to", "place_error_km",
    "probability", "log10_lr", "count_what", "count_at_least", "count_at_most", "counted_by",
)  # fmt: skip
"""What ACLED has no column for."""
NEAR_KM = 5.0
"""Within this of a point, a place is as exact as a town (geo_precision 1) [km]; ACLED draws the line by names."""
AREA_KM = 50.0
"""Within this, it is a small part of a region (geo_precision 2); beyond, a larger region (3) [km]."""
_DAY_S = 86_400.0
_GEOD = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class _Place:
    lat_deg: float
    lon_deg: float
    error_km: float
    name: str = ""


def acled(content: ExportContent, out: IO[bytes]) -> None:
    """The events of a case, one row for each account: the assessment's and each claim's that tells of place or time.

    What a coder decides is left empty: types of event, actors, fatalities. Counts stand in columns of their own with
    who counted; they are never merged.

    Parameters
    ----------
    content : ExportContent
    out : binary file
        Takes CSV (RFC 4180), UTF-8.

    Notes
    -----
    ``time_precision``: 1 when the time lies within a day, 2 within seven, 3 within 31; empty beyond, as ACLED dates no
    event more coarsely than by month. ``event_date`` is then the middle. ``geo_precision``: 1 within `NEAR_KM`, 2
    within `AREA_KM`, 3 beyond; the coordinates are then the middle of the region.

    References
    ----------
    ACLED, Armed Conflict Location & Event Data Project Codebook (2023), sections on time precision and geo-precision.
    """
    text = io.StringIO(newline="")
    table_ = csv.DictWriter(text, (*ACLED_COLUMNS, *OWN_COLUMNS), lineterminator="\r\n")
    table_.writeheader()
    for row in (*_assessed(content), *_claimed(content)):
        table_.writerow({key: _cell(value) for key, value in row.items()})
    out.write(text.getvalue().encode())


def time_precision(seconds: float) -> int | None:
    """ACLED's code for an event known to lie in a span of this length [s]; None where it has none.

    Examples
    --------
    >>> time_precision(3600.0), time_precision(3 * 86400.0), time_precision(30 * 86400.0), time_precision(1e8)
    (1, 2, 3, None)
    """
    return next((code for code, days in ((1, 1), (2, 7), (3, 31)) if seconds <= days * _DAY_S), None)


def geo_precision(error_km: float) -> int:
    """ACLED's code for a place known to within this distance [km].

    Examples
    --------
    >>> geo_precision(1.0), geo_precision(20.0), geo_precision(300.0)
    (1, 2, 3)
    """
    return 1 if error_km <= NEAR_KM else 2 if error_km <= AREA_KM else 3


def _cell(value: object) -> str:
    """A value as a spreadsheet may open it: text that would be run as a formula begins with an apostrophe."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
    return "" if value is None else str(value)


def _row(content: ExportContent, kind: str, name: str) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys((*ACLED_COLUMNS, *OWN_COLUMNS))
    row["event_id_cnty"] = content.identifier("event", kind, name)
    row |= {"kind": kind, "case_reference": content.reference, "item_or_claim": name}
    return row


def _set_time(row: dict[str, object], begins: dt.datetime | None, ends: dt.datetime | None) -> None:
    if begins is None or ends is None:
        row["time_from"] = begins and begins.isoformat()
        row["time_to"] = ends and ends.isoformat()
        return
    middle = begins + (ends - begins) / 2
    row |= {"time_from": begins.isoformat(), "time_to": ends.isoformat()}
    row["time_precision"] = time_precision((ends - begins).total_seconds())
    if row["time_precision"] is not None:
        row |= {"event_date": middle.date().isoformat(), "year": middle.year}


def _set_place(row: dict[str, object], place: _Place | None) -> None:
    if place is not None:
        row |= {"latitude": round(place.lat_deg, 6), "longitude": round(place.lon_deg, 6), "location": place.name}
        row |= {"geo_precision": geo_precision(place.error_km), "place_error_km": round(place.error_km, 3)}


def _assessed(content: ExportContent) -> list[dict[str, object]]:
    assessment = content.assessment
    if not assessment:
        return []
    subjects = assessment.get("subjects")
    names = " ".join(map(str, subjects)) if isinstance(subjects, list) else ""
    row = _row(content, "assessment", names or "assessment")
    span = content.probable_span
    if span is not None:
        _set_time(row, *span)
    region = next((one for one in content.regions if one.probability >= 0.9), None)
    if region is not None and content.narrowed("place"):
        _set_place(row, _middle(region.geometry, "posterior region of 90 %"))
    row["probability"] = assessment.get("p_grid")
    row["source"] = f"assessment of {content.reference}"
    row["notes"] = (
        "From the regions of 90 %; empty where the findings do not narrow place or time. The probability is that both "
        "lie within what was weighed."
    )
    return [row]


def _claimed(content: ExportContent) -> list[dict[str, object]]:
    sources = {source["id"]: source for source in content.rows("sources")}
    standings = {row.get("claim_id"): row for row in rows(content.assessment.get("standings"))}
    found = looked_up(content)
    made = []
    for claim in content.rows("claims"):
        about = table(claim.get("about"))
        place, spans, counts = table(about.get("place")), rows(about.get("time")), rows(about.get("counts"))
        if not (place or spans or counts):
            continue
        for count in counts or [{}]:
            row = _row(content, "claim", words(claim["id"]))
            if counts:
                row["event_id_cnty"] = content.identifier("event", "claim", claim["id"], count.get("what"))
            source = table(sources.get(claim.get("source")))
            _set_time(row, *_span(spans))
            if place:
                known = found.get(words(claim["id"]), {})
                geometry, _ = geometry_of(place, known)
                _set_place(row, _middle(geometry, words(place.get("name"))))
            row |= {
                "party": source.get("party"),
                "source": source.get("name") or claim.get("source"),
                "hedge": claim.get("hedge"),
                "notes": claim.get("statement"),
                "log10_lr": table(standings.get(claim["id"])).get("log10_lr"),
                "count_what": count.get("what"),
                "count_at_least": count.get("at_least"),
                "count_at_most": count.get("at_most"),
                "counted_by": count.get("counted_by"),
            }
            made.append(row)
    return made


def _span(spans: list[dict[str, Plain]]) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From the earliest beginning to the latest end of a claim's times, widened by their precision; None if open."""
    begins, ends = [], []
    for span in spans:
        off = dt.timedelta(seconds=sum(numbers([span.get("precision_s")])))
        begins.append(_moment(span.get("begins"), -off))
        ends.append(_moment(span.get("ends"), off))
    first = min((one for one in begins if one is not None), default=None)
    last = max((one for one in ends if one is not None), default=None)
    return None if None in begins else first, None if None in ends else last


def _moment(value: Plain, shift: dt.timedelta) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) + shift if isinstance(value, str) else None


def _middle(geometry: dict[str, Plain] | None, name: str) -> _Place | None:
    """The middle of an outline's corners on the sphere, and how far the farthest of them is from it."""
    corners = list(dict.fromkeys(_corners(geometry.get("coordinates") if geometry else None)))
    if geometry is None or not corners:
        return None
    lon, lat = np.deg2rad(np.array(corners)).T
    x, y, z = (np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()
    middle_lat, middle_lon = math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
    here = np.ones(len(corners))
    _, _, away_m = _GEOD.inv(middle_lon * here, middle_lat * here, np.rad2deg(lon), np.rad2deg(lat))
    return _Place(middle_lat, middle_lon, float(np.max(away_m)) / 1000.0, name)


def _corners(value: Plain) -> list[tuple[float, float]]:
    pair = numbers(value)
    if len(pair) >= 2 and isinstance(value, list) and len(pair) == len(value):
        return [(pair[0], pair[1])]
    return [corner for one in value for corner in _corners(one)] if isinstance(value, list) else []
