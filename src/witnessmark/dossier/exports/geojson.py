"""GeoJSON: where an item may have been filmed and where each party says it was, all with their errors."""

from __future__ import annotations

from typing import IO

from witnessmark.dossier.casefile import rows, table, words
from witnessmark.dossier.exports import outlines
from witnessmark.dossier.exports.content import ExportContent, numbers
from witnessmark.plain import Plain, canonical

POINT_NOTE = "The centre of the most probable cell, not a location: read it with the regions."


def geojson(content: ExportContent, out: IO[bytes]) -> None:
    """Posterior regions, the most probable cell, and the places of claims.

    A place that has no outline of its own ("everywhere but", "in all of", a name not looked up) is a feature without
    geometry that says so.

    Parameters
    ----------
    content : ExportContent
    out : binary file
        Takes A FeatureCollection in WGS 84, canonical JSON.

    References
    ----------
    RFC 7946, The GeoJSON Format.
    """
    features = [*_regions(content), *_most_probable(content), *_claims(content)]
    collection = canonical(
        {
            "type": "FeatureCollection",
            "features": features,
            "witnessmark": {
                "case": content.reference,
                "edition": content.edition.value,
                "software": f"witnessmark {content.software_version}",
                "left_out": content.record.get("left_out", []),
            },
        }
    )
    out.write(collection)


def _feature(name: str, geometry: Plain, properties: dict[str, Plain]) -> dict[str, Plain]:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _regions(content: ExportContent) -> list[dict[str, Plain]]:
    return [
        _feature(
            content.identifier("region", *region.subjects, region.probability),
            dict(region.geometry) if region.geometry.get("coordinates") else None,
            {
                "kind": "posterior region of place",
                "items": list(region.subjects),
                "probability": region.probability,
                "area_km2": region.area_km2,
                "cell_m": region.cell_m,
                "narrowed": content.narrowed("place"),
                "note": "Within the region weighed; what lies outside it is another alternative.",
            },
        )
        for region in content.regions
    ]


def _most_probable(content: ExportContent) -> list[dict[str, Plain]]:
    place = content.most_probable_place
    at = numbers([place.get("lon_deg"), place.get("lat_deg")])
    if len(at) != 2:
        return []
    subjects = content.assessment.get("subjects")
    return [
        _feature(
            content.identifier("most probable place"),
            {"type": "Point", "coordinates": list(at)},
            {
                "kind": "most probable cell",
                "items": subjects if isinstance(subjects, list) else [],
                "cell_m": place.get("cell_m"),
                "most_probable_time": content.assessment.get("most_probable_time"),
                "note": POINT_NOTE,
            },
        )
    ]


def _claims(content: ExportContent) -> list[dict[str, Plain]]:
    sources = {source["id"]: source for source in content.rows("sources")}
    standings = {row.get("claim_id"): row for row in rows(content.assessment.get("standings"))}
    found = looked_up(content)
    made = []
    for claim in content.rows("claims"):
        place = table(table(claim.get("about")).get("place"))
        if not place:
            continue
        geometry, why_not = geometry_of(place, found.get(words(claim["id"]), {}))
        source, standing = table(sources.get(claim.get("source"))), table(standings.get(claim["id"]))
        properties: dict[str, Plain] = {
            "kind": "place of a claim",
            "claim": claim["id"],
            "source": source.get("name") or claim.get("source"),
            "party": source.get("party"),
            "statement": claim.get("statement"),
            "hedge": claim.get("hedge"),
            "place": place,
            "log10_lr": standing.get("log10_lr"),
            "lr_words": standing.get("lr_words"),
        }
        if why_not:
            properties["no_outline"] = why_not
        made.append(_feature(content.identifier("claim place", claim["id"]), geometry, properties))
    return made


def looked_up(content: ExportContent) -> dict[str, dict[str, dict[str, Plain]]]:
    """By claim and name, the gazetteer's place that a named place was taken for when the claim was weighed."""
    made: dict[str, dict[str, dict[str, Plain]]] = {}
    for fitted in rows(content.assessment.get("claims_fitted")):
        for entry in rows(fitted.get("looked_up")):
            made.setdefault(words(fitted.get("claim_id")), {})[words(entry.get("asked"))] = table(entry.get("place"))
    return made


def geometry_of(
    place: dict[str, Plain], found: dict[str, dict[str, Plain]]
) -> tuple[dict[str, Plain] | None, str | None]:
    """A claim's place as geometry, or why it has none.

    Parameters
    ----------
    place : dict
        As the record has it: ``form`` and its members.
    found : dict
        Places of names, by name.
    """
    form = place.get("form")
    if form == "point":
        at = numbers([place.get("lat_deg"), place.get("lon_deg"), place.get("radius_km")])
        made = outlines.circle(*at) if len(at) == 3 else None
        return made, None if made else "It reaches over a pole."
    if form == "near":
        known = found.get(words(place.get("name")), {})
        at = numbers([known.get(key) for key in ("lat_deg", "lon_deg", "uncertainty_km")] + [place.get("radius_km")])
        if len(at) != 4:
            return None, "Its name was not looked up."
        made = outlines.circle(at[0], at[1], at[2] + at[3])
        return made, None if made else "It reaches over a pole."
    if form == "bbox":
        at = numbers([place.get(key) for key in ("west_deg", "south_deg", "east_deg", "north_deg")])
        return (outlines.box(*at), None) if len(at) == 4 else (None, "It is not written in full.")
    if form == "polygon":
        corners = place.get("corners_deg")
        ring = [pair for pair in (numbers(one) for one in (corners if isinstance(corners, list) else [])) if pair]
        if len(ring) >= 3 and all(len(pair) == 2 for pair in ring):
            return outlines.polygon([(lon, lat) for lat, lon in ring]), None
        return None, "It is not written in full."
    if form == "any":
        parts = [geometry_of(part, found) for part in rows(place.get("parts"))]
        drawn = [geometry for geometry, _ in parts if geometry is not None]
        if drawn and len(drawn) == len(parts):
            return outlines.together(drawn), None
    return None, "It is not one outline: read its description."
