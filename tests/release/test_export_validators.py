"""Exports against the formats' own heavy validators (extra ``exchange``): CASE/UCO's shapes, FollowTheMoney's model."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CLAIMS, SPACE, write_clip
from tests.dossier.invented import make_content

from witnessmark.custody.records import Appearance, Moment
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import new_case
from witnessmark.desk.exporting import content_of
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.statements import add_claims
from witnessmark.dossier import Edition
from witnessmark.dossier.exports import WRITERS, export_content
from witnessmark.dossier.exports.content import ExportContent
from witnessmark.plain import parse_moment

CASES = ["invented", "worked"]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, Edition], ExportContent]]:
    """An invented case that fills every part, and one worked at the desk."""
    folder = tmp_path_factory.mktemp("exports")
    made = make_content(folder / "invented")
    case = new_case(folder / "case", "2031-17", "The ridge clip", operator="A. Author", settings={"space": SPACE})
    posted = Moment(parse_moment("2031-09-14T10:00:00+04:00"), "platform page")
    add_item(case, write_clip(folder / "clip.mp4"), appearance=Appearance("Videogram", "@a", None, posted))
    (folder / "claims.yaml").write_text(CLAIMS, encoding="utf-8")
    add_claims(case, folder / "claims.yaml")
    run_lines(case, ["integrity"])
    assess(case)
    found = {("invented", edition): export_content(made, edition) for edition in Edition}
    found |= {("worked", edition): content_of(case, edition)[0] for edition in Edition}
    yield found
    case.close()


def _written(content: ExportContent, name: str) -> bytes:
    out = io.BytesIO()
    WRITERS[name][0](content, out)
    return out.getvalue()


@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("which", CASES)
def test_case_uco_conforms(
    contents: dict[tuple[str, Edition], ExportContent], tmp_path: Path, which: str, edition: Edition
) -> None:
    validate = pytest.importorskip("case_utils.case_validate").validate
    path = tmp_path / "case.jsonld"
    path.write_bytes(_written(contents[which, edition], "case-uco"))
    result = validate(str(path))  # against the newest ontology that the package ships: nothing is fetched
    assert result.conforms, result.text
    assert not result.undefined_concepts


@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("which", CASES)
def test_ftm_entities_are_valid_and_keep_every_value(
    contents: dict[tuple[str, Edition], ExportContent], which: str, edition: Edition
) -> None:
    model: Any = pytest.importorskip("followthemoney").model
    lines = _written(contents[which, edition], "ftm").decode().splitlines()
    assert len(lines) >= 5
    for line in lines:
        entity = json.loads(line)
        schema = model.get(entity["schema"])
        assert not schema.validate(entity), entity
        kept = model.get_proxy(entity, cleaned=False).to_dict()["properties"]  # cleaned: what is not valid is dropped
        assert {key: sorted(values) for key, values in entity["properties"].items()} == {
            key: sorted(values) for key, values in kept.items()
        }
