"""What exports are written from: the record as an edition gives it, its custody chain, regions and captured pages."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from witnessmark.dossier import casefile
from witnessmark.dossier.content import DossierContent, Edition
from witnessmark.dossier.editions import Redaction, chain_of
from witnessmark.dossier.planning import prepared
from witnessmark.plain import Plain, to_plain

NARROWED = 0.85
"""A region of at least this share of what was weighed narrows nothing, as an assessment has it."""
_NAMESPACE = uuid.UUID("6d0f9b5a-5f0e-5d55-9b0e-3a4f2f0b7c11")  # of this program's own identifiers, drawn once


@dataclass(frozen=True, slots=True)
class PlaceRegion:
    """A credible region of place.

    Attributes
    ----------
    subjects : tuple of str
        Exhibits it is about.
    probability : float
        Of the posterior over the grid that lies in it.
    area_km2 : float
        Ground area [km2].
    cell_m : float
        Side of a cell, so what the outline leaves open [m].
    geometry : dict
        GeoJSON MultiPolygon, WGS 84.
    """

    subjects: tuple[str, ...]
    probability: float
    area_km2: float
    cell_m: float
    geometry: dict[str, Plain]


@dataclass(frozen=True, slots=True)
class CapturedPage:
    """A web archive that is an item of the case.

    Attributes
    ----------
    exhibit : str
    sha256 : str
        Of the archive as preserved.
    size_bytes : int
    captured : str
        When it was obtained, ISO 8601 with offset.
    path : Path or None
        The preserved file; None in a public edition, which holds no original.
    """

    exhibit: str
    sha256: str
    size_bytes: int
    captured: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class ExportContent:
    """What every export is written from, and nothing else: what an edition leaves out is not in it.

    Attributes
    ----------
    edition : Edition
    record : dict
        As `case.json` of that edition.
    chain : tuple of dict
        The custody log: number, premis, action, at, agent, objects, previous, sha256 of each event; people as the
        edition calls them.
    regions : tuple of PlaceRegion
    pages : tuple of CapturedPage
    software_version : str
    """

    edition: Edition
    record: dict[str, Plain]
    chain: tuple[dict[str, Plain], ...]
    regions: tuple[PlaceRegion, ...]
    pages: tuple[CapturedPage, ...]
    software_version: str

    @property
    def reference(self) -> str:
        """The case's reference."""
        return casefile.words(casefile.table(self.record["case"]).get("reference"))

    @property
    def title(self) -> str:
        """The case's title."""
        return casefile.words(casefile.table(self.record["case"]).get("title"))

    def rows(self, name: str) -> list[dict[str, Plain]]:
        """The objects of one of the record's lists."""
        return casefile.rows(self.record.get(name))

    @property
    def assessment(self) -> dict[str, Plain]:
        """The assessment; empty for none."""
        return casefile.table(self.record.get("assessment"))

    def identifier(self, kind: str, *names: object) -> str:
        """A UUID (RFC 9562, version 5) of something in this case: the same case and edition give the same.

        It is made from what the edition says only, so that it cannot be compared with what was left out.
        """
        told = json.dumps([self.reference, self.edition.value, kind, *map(str, names)], ensure_ascii=False)
        return str(uuid.uuid5(_NAMESPACE, told))

    def narrowed(self, axis: str) -> bool:
        """Whether the findings narrow an axis, "place" or "time": the region of 90 % is clearly smaller than all of it.

        Where they do not, the most probable cell or step is one of many alike, and no point is given for it.
        """
        space = casefile.table(self.record.get("hypotheses"))
        size, whole = {
            "place": (
                "area_km2",
                _product(space.get("n_places"), space.get("spacing_m"), space.get("spacing_m")) / 1e6,
            ),
            "time": ("minutes", _product(space.get("n_instants"), space.get("step_s")) / 60.0),
        }[axis]
        for region in casefile.rows(self.assessment.get(f"regions_{axis}")):
            if numbers([region.get("probability")]) == [0.9]:
                held = numbers([region.get(size)])
                return bool(held) and held[0] < NARROWED * whole
        return False

    @property
    def probable_span(self) -> tuple[dt.datetime, dt.datetime] | None:
        """From the beginning to the end of the region of 90 % of time; None where the time is not narrowed."""
        if not self.narrowed("time"):
            return None
        wide = [row for row in casefile.rows(self.assessment["regions_time"]) if numbers([row["probability"]]) == [0.9]]
        spans = wide[0].get("intervals")
        edges = [edge for span in (spans if isinstance(spans, list) else []) if isinstance(span, list) for edge in span]
        moments = sorted(dt.datetime.fromisoformat(str(edge)) for edge in edges)
        return (moments[0], moments[-1]) if moments else None

    @property
    def most_probable_place(self) -> dict[str, Plain]:
        """The most probable cell (``lat_deg``, ``lon_deg``, ``cell_m``); empty where the place is not narrowed."""
        return casefile.table(self.assessment.get("most_probable_place")) if self.narrowed("place") else {}


def export_content(
    content: DossierContent,
    edition: Edition,
    *,
    regions: Sequence[PlaceRegion] = (),
    pages: Sequence[CapturedPage] = (),
) -> ExportContent:
    """The part of a case that an edition gives.

    Parameters
    ----------
    content : DossierContent
        Everything, as a dossier is sealed from it.
    edition : Edition
    regions : sequence of PlaceRegion
    pages : sequence of CapturedPage
        Their paths are dropped in a public edition.

    Raises
    ------
    BadInputError
        When the record lacks what a dossier cannot be without.
    """
    plan = content.plan
    ready = prepared(content, edition)
    content = ready.content
    record = casefile.complete(content, edition, [], {}, {})
    hashes = [hashlib.sha256(event).hexdigest() for event in content.events]
    if edition is Edition.PUBLIC:
        names = Redaction(content.case, content.events, content.people)
        record = names.case(record)
        chain = names.chain(content.events, hashes)
        pages = [CapturedPage(page.exhibit, page.sha256, page.size_bytes, page.captured, None) for page in pages]
    else:
        chain = chain_of(content.events, hashes)
    chain = [ready.words.value(entry) for entry in chain]
    gone = plan.named("items") | plan.named("pages")
    pages = [page for page in pages if page.exhibit not in gone]
    regions = [region for region in regions if not gone.intersection(region.subjects)]
    return ExportContent(
        edition=edition,
        record=cast(dict[str, Plain], to_plain(record)),
        chain=tuple(casefile.rows(to_plain(chain))),
        regions=tuple(regions),
        pages=tuple(pages),
        software_version=content.software_version,
    )


def _product(*factors: Plain) -> float:
    found = numbers(list(factors))
    return math.prod(found) if len(found) == len(factors) else 0.0


def text_of(value: Plain) -> str:
    """A quotation's words, whether it is a text or an object with one."""
    return casefile.words(casefile.table(value).get("text")) if isinstance(value, dict) else casefile.words(value)


def numbers(value: Plain) -> list[float]:
    """The numbers of a list; empty when it is none."""
    return [float(one) for one in value if isinstance(one, (int, float))] if isinstance(value, list) else []
