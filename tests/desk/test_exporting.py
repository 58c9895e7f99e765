"""A worked case in other formats: regions as assessed, nothing in public that was to stay, and a line in the log."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
from tests.conftest import CLAIMS, SPACE, write_clip

from witnessmark.custody.records import Appearance, Moment
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import Case, new_case, open_case
from witnessmark.desk.exporting import export_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.space import set_space
from witnessmark.desk.statements import add_claims
from witnessmark.dossier import Edition
from witnessmark.dossier.exports import WRITERS
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import parse_moment

CANARIES = {
    "operator": "Zyxop Canarius",
    "account": "@zyxaccount",
    "url": "https://zyxhost.example/post",
    "text": "zyxtext of a posting",
    "name": "zyxname.mp4",
    "witness": "Zyxwit Nessman",
    "document": "zyxdocument.html",
}
TEXTS = [name for name in WRITERS if name != "wacz"]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A case taken as far as an assessment, with a canary in every field that stays in the house."""
    folder = tmp_path_factory.mktemp("exported")
    clip = folder / CANARIES["name"]
    shutil.move(write_clip(folder / "clip.mp4"), clip)
    case = new_case(
        folder / "case", "2031-17", "The ridge clip", operator=CANARIES["operator"], settings={"space": SPACE}
    )
    posted = Moment(parse_moment("2031-09-14T10:00:00+04:00"), "platform page")
    posting = Appearance("Videogram", CANARIES["account"], CANARIES["url"], posted, text=CANARIES["text"])
    add_item(case, clip, appearance=posting, method=f"handed over by {CANARIES['operator']} from /home/zyxhome/clips/a")
    claims = folder / "claims.yaml"
    claims.write_text(
        CLAIMS.replace("Southern Council, kind: government", f"{CANARIES['witness']}, kind: witness")
        .replace("briefing.pdf", CANARIES["document"])
        .replace("{alternatives: [older-footage]}", "{place: {point: {lat: 39.9, lon: 46.1, radius_km: 3}}}"),
        encoding="utf-8",
    )
    add_claims(case, claims)
    run_lines(case, ["integrity"])
    assess(case)
    yield case
    case.close()


@pytest.mark.parametrize("name", TEXTS)
def test_no_canary_leaves_in_a_public_export(worked: Case, tmp_path: Path, name: str) -> None:
    public, closed = tmp_path / "public", tmp_path / "closed"
    export_case(worked, name, public, Edition.PUBLIC)
    export_case(worked, name, closed, Edition.CLOSED)
    said = public.read_bytes().lower()
    assert not [field for field, canary in CANARIES.items() if canary.lower().encode() in said]
    assert b"zyx" not in said
    assert b"zyx" in closed.read_bytes().lower() or name in ("acled", "geojson")


def test_regions_are_those_of_the_assessment(worked: Case, tmp_path: Path) -> None:
    done = export_case(worked, "geojson", tmp_path / "x.geojson", Edition.CLOSED)
    assert not done.notes and done.sha256.hex() and done.size_bytes == done.path.stat().st_size
    features = json.loads(done.path.read_text())["features"]
    regions = {f["properties"]["probability"]: f for f in features if "region" in f["properties"]["kind"]}
    assessed = worked.records.assessments()[-1]
    assert set(regions) == {0.5, 0.9}
    for told in assessed["regions_place"]:
        if told["probability"] in regions:
            region = regions[told["probability"]]
            assert region["properties"]["area_km2"] == pytest.approx(told["area_km2"])
            assert _area_km2(region["geometry"]) == pytest.approx(told["area_km2"], rel=1e-3)
    claim = next(f for f in features if f["properties"].get("claim") == "south-1")
    assert _area_km2(claim["geometry"]) == pytest.approx(np.pi * 9.0, rel=2e-3)


def _area_km2(geometry: dict[str, Any]) -> float:
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    geod = pyproj.Geod(ellps="WGS84")
    return sum(geod.polygon_area_perimeter(*np.array(ring).T)[0] for rings in parts for ring in rings) / 1e6


def test_an_assessment_over_an_earlier_space_draws_no_region(worked: Case, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(worked.folder, folder)
    case = open_case(folder, operator="A. Author")
    set_space(case, {**SPACE, "spacing_m": 2000.0})
    done = export_case(case, "geojson", tmp_path / "x.geojson")
    assert "earlier region" in done.notes[0]
    assert "region" not in {f["properties"]["kind"] for f in json.loads(done.path.read_text())["features"]}
    case.close()


def test_every_export_is_on_record_and_nothing_is_overwritten(worked: Case, tmp_path: Path) -> None:
    before = len(worked.records.payloads("case.exported"))
    out = tmp_path / "deep" / "x.csv"
    done = export_case(worked, "acled", out)
    event = worked.records.payloads("case.exported")[before]
    assert (event["format"], event["edition"], event["sha256"]) == ("acled", "public", done.sha256.hex())
    with pytest.raises(ClashError):
        export_case(worked, "acled", out)
    with pytest.raises(NotFoundError, match="There is no export"):
        export_case(worked, "pdf", tmp_path / "x.pdf")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="cannot be written"):
        export_case(worked, "acled", tmp_path / "file" / "x.csv")
    assert not [name for name in os.listdir(out.parent) if name.startswith(".")]


def test_an_empty_case_has_nothing_to_export(case: Case, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        export_case(case, "prov", tmp_path / "x.json")
    assert not list(tmp_path.glob("*.json"))
