"""Exports: each format read by its own validator, nothing in a public one that its edition leaves out."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import surt
from geojson_pydantic import FeatureCollection
from prov.model import ProvDocument
from tests.dossier.invented import OPERATOR, ORIGINAL_NAME, REVIEWER, make_content

from witnessmark.dossier import DossierContent, Edition
from witnessmark.dossier.exports import WRITERS, PlaceRegion, export_content
from witnessmark.dossier.exports.acled import ACLED_COLUMNS, OWN_COLUMNS
from witnessmark.dossier.exports.content import ExportContent
from witnessmark.dossier.exports.packing import search_key
from witnessmark.plain import Plain

TEXTS = [name for name in WRITERS if name != "wacz"]
LEADS = (ORIGINAL_NAME, "riverside_eye", "video.example", "/home/ilves", "phone of M.")
SECRETS = (OPERATOR, REVIEWER, "Riverside eyewitness", *LEADS)
PLACE: dict[str, Plain] = {"form": "point", "lat_deg": 46.0, "lon_deg": 8.0, "radius_km": 2.0}
REGION = PlaceRegion(
    ("WM-0001",),
    0.9,
    2.19,
    250.0,
    {"type": "MultiPolygon", "coordinates": [[[[8.0, 46.0], [8.02, 46.0], [8.02, 46.02], [8.0, 46.02], [8.0, 46.0]]]]},
)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> DossierContent:
    """The invented case, with a place and counts in two claims, one of them of a shielded source."""
    made = make_content(tmp_path_factory.mktemp("content"))
    case: dict[str, Any] = json.loads(json.dumps(made.case))
    span = {"begins": "2024-06-01T04:00:00Z", "ends": "2024-06-01T08:00:00Z", "precision_s": 600.0, "stated": "morning"}
    counts = [{"what": "lorries", "at_least": 4, "at_most": None, "counted_by": "S1"}]
    case["claims"][0]["about"] = {"place": PLACE, "time": [span], "counts": counts}
    case["claims"][2]["about"] = {"place": {"form": "near", "name": "Lower Bridge", "radius_km": 1.0}, "time": []}
    case["claims"][1]["statement"] = "=HYPERLINK(1)"
    case["claims"][1]["about"] = {"place": {"form": "not", "part": PLACE}, "time": []}
    found = {"name": "Lower Bridge", "lat_deg": 46.01, "lon_deg": 8.02, "uncertainty_km": 0.5, "source": "case"}
    case["assessment"] |= {
        "subjects": ["WM-0001"],
        "most_probable_place": {"lat_deg": 46.01, "lon_deg": 8.02, "cell_m": 250.0},
        "claims_fitted": [{"claim_id": "C3", "looked_up": [{"asked": "Lower Bridge", "place": found}]}],
    }
    return replace(made, case=case)


def _content(content: DossierContent, edition: Edition) -> ExportContent:
    return export_content(content, edition, regions=(REGION,))


def _written(content: DossierContent, name: str, edition: Edition) -> bytes:
    out = io.BytesIO()
    WRITERS[name][0](_content(content, edition), out)
    return out.getvalue()


def _item(content: DossierContent) -> dict[str, Any]:
    items = content.case["items"]
    assert isinstance(items, list) and isinstance(items[0], dict)
    return items[0]


@pytest.mark.parametrize("name", TEXTS)
def test_a_public_export_tells_nothing_that_its_edition_leaves_out(content: DossierContent, name: str) -> None:
    public, closed = (_written(content, name, edition).decode() for edition in (Edition.PUBLIC, Edition.CLOSED))
    assert not [secret for secret in SECRETS if secret.casefold() in public.casefold()]
    assert any(secret in closed for secret in SECRETS) or name in ("acled", "geojson")


@pytest.mark.parametrize("name", TEXTS)
def test_the_same_case_gives_the_same_bytes(content: DossierContent, name: str) -> None:
    for edition in Edition:
        assert _written(content, name, edition) == _written(content, name, edition)


@pytest.mark.parametrize("edition", list(Edition))
def test_prov_is_read_by_its_library_and_says_what_came_from_what(content: DossierContent, edition: Edition) -> None:
    data = _written(content, "prov", edition)
    document = ProvDocument.deserialize(content=data.decode(), format="json")
    again = json.loads(document.serialize(format="json") or "")
    told = json.loads(data)
    for kind in ("entity", "activity", "agent", "used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith"):
        assert len(again.get(kind, {})) == len(told.get(kind, {})), kind
    assert len(told["wasInformedBy"]) == len(content.events) - 1
    used = f"wm:sha256-{_item(content)['sha256']}"
    derived = [row for row in told["wasDerivedFrom"].values() if row["prov:usedEntity"] == used]
    assert len(derived) == 1 + 3  # the contact sheet and three findings


@pytest.mark.parametrize("edition", list(Edition))
def test_geojson_is_by_the_rules_and_gives_errors_with_places(content: DossierContent, edition: Edition) -> None:
    data = _written(content, "geojson", edition)
    FeatureCollection.model_validate_json(data)
    features = json.loads(data)["features"]
    kinds = [feature["properties"]["kind"] for feature in features]
    assert kinds == ["posterior region of place", "most probable cell", *["place of a claim"] * 3]
    assert features[0]["properties"]["narrowed"] is True
    assert features[0]["properties"]["probability"] == 0.9 and features[1]["properties"]["cell_m"] == 250.0
    claims = {feature["properties"]["claim"]: feature for feature in features[2:]}
    assert claims["C1"]["properties"]["place"]["radius_km"] == 2.0
    assert claims["C2"]["geometry"] is None and claims["C2"]["properties"]["no_outline"]
    ring = np.array(claims["C3"]["geometry"]["coordinates"][0])
    assert abs(float(np.ptp(ring[:, 1])) - 2 * 1.5 / 111.1) < 1e-3  # a degree of latitude is 111.1 km there
    for feature in features:
        if feature["geometry"] and feature["geometry"]["type"] == "Polygon":
            outer = np.array(feature["geometry"]["coordinates"][0])
            x, y = outer[:-1].T
            assert np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0  # RFC 7946, 3.1.6


def test_no_point_is_given_where_the_place_is_not_narrowed(content: DossierContent) -> None:
    case: dict[str, Any] = json.loads(json.dumps(content.case))
    whole = 1600 * 0.25**2
    case["assessment"]["regions_place"] = [{"probability": 0.9, "area_km2": 0.9 * whole}]
    case["assessment"]["regions_time"] = [{"probability": 0.9, "minutes": 4300.0, "intervals": []}]
    flat = replace(content, case=case)
    kinds = [f["properties"]["kind"] for f in json.loads(_written(flat, "geojson", Edition.PUBLIC))["features"]]
    assert "most probable cell" not in kinds
    row = next(csv.DictReader(io.StringIO(_written(flat, "acled", Edition.PUBLIC).decode())))
    assert row["kind"] == "assessment"
    assert not any(row[key] for key in ("latitude", "longitude", "geo_precision", "event_date", "time_precision"))
    assert b"most probable" not in _written(flat, "case-uco", Edition.CLOSED)
    assert b'"Address"' not in _written(flat, "ftm", Edition.CLOSED)


def test_acled_has_its_columns_and_precisions(content: DossierContent) -> None:
    text = _written(content, "acled", Edition.CLOSED).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == (*ACLED_COLUMNS, *OWN_COLUMNS)
    schema = {
        "type": "object",
        "properties": {
            "event_date": {"pattern": r"^(\d{4}-\d{2}-\d{2})?$"},
            "time_precision": {"enum": ["", "1", "2", "3"]},
            "geo_precision": {"enum": ["", "1", "2", "3"]},
            "latitude": {"pattern": r"^(-?\d+(\.\d+)?)?$"},
            "event_type": {"const": ""},
            "fatalities": {"const": ""},
        },
    }
    for row in rows:
        jsonschema.validate(row, schema)
        assert (row["event_date"] == "") == (row["time_precision"] == "")
        assert (row["latitude"] == "") == (row["geo_precision"] == "")
    by_claim = {row["item_or_claim"]: row for row in rows}
    first = by_claim["C1"]
    assert (first["event_date"], first["time_precision"], first["geo_precision"]) == ("2024-06-01", "1", "1")
    assert (float(first["latitude"]), float(first["longitude"])) == pytest.approx((46.0, 8.0), abs=1e-5)
    assert float(first["place_error_km"]) == pytest.approx(2.0, abs=1e-3)
    assert (first["count_what"], first["count_at_least"], first["counted_by"]) == ("lorries", "4", "S1")
    assert by_claim["C2"]["notes"] == "'=HYPERLINK(1)"  # a spreadsheet would run it
    assert by_claim["WM-0001"]["time_precision"] == "2"  # two mornings


def test_case_uco_holds_hashes_exhibits_and_the_log(content: DossierContent) -> None:
    graph = json.loads(_written(content, "case-uco", Edition.CLOSED))["@graph"]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for node in graph:
        kinds.setdefault(node["@type"], []).append(node)
    assert len({node["@id"] for node in graph}) == len(graph)
    item = _item(content)
    hashes = {(one["types:hashMethod"], one["types:hashValue"]["@value"]) for one in kinds["types:Hash"]}
    assert ("SHA256", item["sha256"]) in hashes and ("SHA512", item["sha512"]) in hashes
    assert [one["investigation:exhibitNumber"] for one in kinds["investigation:ProvenanceRecord"]] == ["WM-0001"]
    log = [one for one in kinds["investigation:InvestigativeAction"] if "custody event" in str(one["core:description"])]
    assert len(log) == len(content.events)
    assert sum("investigation:wasInformedBy" in one for one in log) == len(log) - 1
    known = {node["@id"] for node in graph}
    assert _references(graph) <= known  # nothing is pointed at that is not there


def test_ftm_lines_have_ids_schemata_and_values_as_lists(content: DossierContent) -> None:
    lines = [json.loads(line) for line in _written(content, "ftm", Edition.CLOSED).decode().splitlines()]
    schema = {
        "type": "object",
        "required": ["id", "schema", "properties"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string"},
            "schema": {"type": "string"},
            "properties": {
                "additionalProperties": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
            },
        },
    }
    for line in lines:
        jsonschema.validate(line, schema)
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    by_schema = {line["schema"] for line in lines}
    assert {"Video", "UserAccount", "Event", "Note", "Address", "PublicBody", "LegalEntity"} <= by_schema
    known = {line["id"] for line in lines}
    for line in lines:
        for key in ("entity", "proof", "addressEntity"):
            assert set(line["properties"].get(key, [])) <= known


def _references(value: Any, inside: bool = False) -> set[str]:
    if isinstance(value, list):
        return set().union(*[_references(entry, inside) for entry in value]) if value else set()
    if isinstance(value, dict):
        if inside and set(value) == {"@id"}:
            return {value["@id"]}
        return set().union(*[_references(entry, True) for key, entry in value.items() if key != "@id"])
    return set()


def test_editions_do_not_share_identifiers(content: DossierContent, tmp_path: Path) -> None:
    public, closed = (_content(content, edition) for edition in Edition)
    assert public.identifier("claim", "C1") != closed.identifier("claim", "C1")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/",
        "http://Example.org:8080/A/b.HTML?c=2&b=1",
        "https://sub.example.org:443/a/?x=%C3%A9",
        "http://192.0.2.7/q",
        "https://example.org/a/b/",
    ],
)
def test_an_archives_index_is_sorted_as_its_readers_sort(url: str) -> None:
    assert search_key(url) == surt.surt(url)
