"""A case as far as an assessment, made once and copied by those who work on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import CLAIMS, SPACE

from witnessmark.custody.records import Appearance, Moment, PremisEvent
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.statements import add_claims
from witnessmark.plain import parse_moment

ASSESSED_POSTING = Appearance(
    "Videogram", "@a", None, Moment(parse_moment("2031-09-14T10:00:00+04:00"), "platform page", zone_proven=False)
)


@pytest.fixture(scope="session")
def assessed(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Path:
    """A case folder with an item posted once, two claims, a finding and an assessment; not to be written to."""
    folder = tmp_path_factory.mktemp("assessed")
    case = new_case(folder / "case", "2031-17", "The ridge clip", operator="A. Author", settings={"space": SPACE})
    add_item(case, clip, appearance=ASSESSED_POSTING, look=False, method="handed over zq-canary-conclusion")
    (folder / "claims.yaml").write_text(CLAIMS, encoding="utf-8")
    add_claims(case, folder / "claims.yaml")
    run_lines(case, ["integrity"])
    assess(case)
    case.close()
    return folder / "case"


def superseding(case: Case, finding_id: str = "F-later0000001") -> str:
    """Record another finding of the same line on the same item, as running it again on new inputs does."""
    earlier = case.records.results("finding")
    body = {name: value for name, value in earlier[0].items() if name != "superseded_by"}
    body |= {"id": finding_id, "digest": "1" * 64, "author": case.operator}
    payload = {"result": body, "supersedes": [one["id"] for one in earlier if one["item"] == body["item"]]}
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "finding.made", payload)
    return finding_id
