"""FollowTheMoney: files, accounts, sources, the assessed event and claims as entities, one JSON object a line."""

from __future__ import annotations

import datetime as dt
import json
from typing import IO

from witnessmark.dossier.casefile import rows, table, words
from witnessmark.dossier.exports.content import ExportContent, numbers, text_of
from witnessmark.plain import Plain

_FILES = {"video": "Video", "audio": "Audio", "image": "Image"}
_SOURCES = {
    "government": "PublicBody",
    "military": "PublicBody",
    "ombudsman": "PublicBody",
    "court": "PublicBody",
    "news": "Organization",
    "ngo": "Organization",
}


def ftm(content: ExportContent, out: IO[bytes]) -> None:
    """The case as FollowTheMoney entities.

    Claims are notes attributed to their sources, the assessment is an Event whose description says how sure it is:
    the format has no schema for a claim or a finding.

    Parameters
    ----------
    content : ExportContent
    out : binary file
        Takes JSON lines, UTF-8, in the order of their ids.

    References
    ----------
    FollowTheMoney 4, https://followthemoney.tech: schemata Video, Audio, Image, Document, UserAccount, PublicBody,
    Organization, LegalEntity, Event, Note, Address.
    """
    entities: dict[str, dict[str, Plain]] = {}
    for schema, names, properties in (
        *_items(content),
        *_accounts(content),
        *_sources(content),
        *_event(content),
        *_claims(content),
    ):
        told: dict[str, Plain] = {}
        for key, values in properties.items():
            if kept := [one for one in dict.fromkeys(values) if one]:
                told[key] = list(kept)
        name = entity_id(content, schema, *names)
        entities[name] = {"id": name, "schema": schema, "properties": told}
    lines = [json.dumps(entities[name], ensure_ascii=False, sort_keys=True) for name in sorted(entities)]
    out.write("".join(f"{line}\n" for line in lines).encode())


_Entity = tuple[str, tuple[object, ...], dict[str, list[str]]]


def entity_id(content: ExportContent, schema: str, *names: object) -> str:
    """An entity's id: the same thing in the same case and edition has the same one."""
    return f"wm-{content.identifier('ftm', _kind(schema), *names)}"


def _kind(schema: str) -> str:
    """Sources keep their id when they are reclassed."""
    return "source" if schema in {*_SOURCES.values(), "LegalEntity"} else schema


def _items(content: ExportContent) -> list[_Entity]:
    made: list[_Entity] = []
    for item in content.rows("items"):
        exhibit, media = words(item["exhibit_number"]), table(item.get("media"))
        kind = words(item["media_type"])
        schema = _FILES.get(kind.split("/")[0], "Document")
        captures = rows(item.get("captures"))
        properties = {
            "fileName": [exhibit],
            "title": [exhibit],
            "description": [f"SHA-256 {item['sha256']}"],
            "mimeType": [kind],
            "fileSize": [words(item["size_bytes"])],
            "sourceUrl": [words(one.get("url")) for one in captures],
            "retrievedAt": [_date(one.get("ended")) for one in captures],
            "publishedAt": [_date(table(one.get("posted")).get("at")) for one in rows(item.get("appearances"))],
        }
        if schema in ("Video", "Audio") and isinstance(media.get("duration_s"), (int, float)):
            properties["duration"] = [f"{media['duration_s']:g}"]
        made.append((schema, (exhibit,), properties))
    return made


def _accounts(content: ExportContent) -> list[_Entity]:
    made: list[_Entity] = []
    for item in content.rows("items"):
        for posting in rows(item.get("appearances")):
            account = words(posting.get("account"))
            if account:  # a public edition tells none
                platform = words(posting.get("platform"))
                told = {"username": [account], "service": [platform], "sourceUrl": [words(posting.get("url"))]}
                made.append(("UserAccount", (platform, account), told))
    return made


def _sources(content: ExportContent) -> list[_Entity]:
    return [
        (
            _SOURCES.get(words(source.get("kind")), "LegalEntity"),
            (source["id"],),
            {
                "name": [words(source.get("name")) or words(source["id"])],
                "summary": [f"party: {source['party']}" if source.get("party") else ""],
                "notes": [
                    f"reliability {source.get('reliability') or 'F'} (Admiralty)",
                    words(source.get("reliability_reason")),
                ],
            },
        )
        for source in content.rows("sources")
    ]


def _event(content: ExportContent) -> list[_Entity]:
    assessment = content.assessment
    if not assessment:
        return []
    subjects = assessment.get("subjects")
    names = [str(one) for one in subjects] if isinstance(subjects, list) else []
    span = content.probable_span
    event = {
        "name": [f"{content.reference}: {content.title}"],
        "recordId": [content.reference],
        "startDate": [_date(span[0].isoformat())] if span else [],
        "endDate": [_date(span[1].isoformat())] if span else [],
        "description": [
            f"What {' and '.join(names) or 'the footage'} shows, as assessed. Probability that place and time lie "
            f"within what was weighed: {assessment.get('p_grid')}. Dates, if any, are the ends of the region of 90 %.",
        ],
        "proof": [entity_id(content, _schema_of(content, name), name) for name in names],
    }
    place = content.most_probable_place
    at = numbers([place.get("lat_deg"), place.get("lon_deg")])
    if len(at) != 2:
        return [("Event", ("assessment",), event)]
    event["addressEntity"] = [entity_id(content, "Address", "assessment")]
    address = {
        "name": ["centre of the most probable cell"],
        "latitude": [f"{at[0]:.6f}"],
        "longitude": [f"{at[1]:.6f}"],
        "remarks": [f"Not a location of the event: a cell of {place.get('cell_m')} m; see the regions of the dossier."],
    }
    return [("Event", ("assessment",), event), ("Address", ("assessment",), address)]


def _claims(content: ExportContent) -> list[_Entity]:
    standings = {row.get("claim_id"): row for row in rows(content.assessment.get("standings"))}
    schemas = {row["id"]: _SOURCES.get(words(row.get("kind")), "LegalEntity") for row in content.rows("sources")}
    made: list[_Entity] = []
    for claim in content.rows("claims"):
        source, standing = claim.get("source"), table(standings.get(claim["id"]))
        quote = table(claim.get("quote"))
        ratio = standing.get("log10_lr")
        told = {
            "name": [f"claim {claim['id']}"],
            "description": [words(claim.get("statement"))],
            "notes": [
                text_of(claim.get("quote")),
                f"hedge: {claim.get('hedge')}",
                f"information {claim.get('credibility')} (Admiralty)" if claim.get("credibility") else "",
                f"log10 likelihood ratio {ratio}: {standing.get('lr_words')}" if ratio is not None else "",
            ],
            "createdAt": [_date(table(claim.get("said_at")).get("at"))],
            "sourceUrl": [words(quote.get("url"))],
            "entity": [entity_id(content, schemas[source], source)] if source in schemas else [],
        }
        made.append(("Note", (claim["id"],), told))
    return made


def _schema_of(content: ExportContent, exhibit: str) -> str:
    for item in content.rows("items"):
        if item["exhibit_number"] == exhibit:
            return _FILES.get(words(item["media_type"]).split("/")[0], "Document")
    return "Document"


def _date(value: Plain) -> str:
    """A time as the format takes it: it keeps no offset, so UTC; a record with offset stands in the dossier."""
    if not isinstance(value, str) or not value:
        return ""
    return dt.datetime.fromisoformat(value).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
