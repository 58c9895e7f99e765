"""What programs may send, made up by schemathesis out of the interface's own description: never a server error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.conftest import CLAIMS, SPACE, write_clip
from tests.web.people import PASSWORD

from witnessmark.desk.case import new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.statements import add_claims
from witnessmark.web.app import build
from witnessmark.web.workplace import Settings, Workplace

schemathesis = pytest.importorskip("schemathesis")
EXAMPLES = int(os.environ.get("WITNESSMARK_API_EXAMPLES", "20"))
"""Made-up requests for each operation."""
KNOWN = {"case": "case", "item": "WM-0001", "claim": "north-1"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    root = tmp_path_factory.mktemp("api")
    case = new_case(root / "case", "2031-17", "The ridge clip (rehearsed)", operator="Ada", settings={"space": SPACE})
    add_item(case, write_clip(root / "clip.mp4"))
    claims = root / "claims.yaml"
    claims.write_text(CLAIMS, encoding="utf-8")
    add_claims(case, claims)
    run_lines(case, ["integrity"])
    case.close()
    workplace = Workplace(Settings(root, ("testserver", "localhost")))
    ada = workplace.accounts.add("Ada", PASSWORD, admin=True)
    workplace.adopt(ada)
    yield build(workplace), workplace.accounts.new_token(ada.id, "tests", 1)
    workplace.close()


def test_nothing_sent_breaks_the_desk(asked: tuple[Any, str]) -> None:
    app, key = asked
    described = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 25
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            for name in set(case.path_parameters or {}) & set(KNOWN):
                case.path_parameters[name] = KNOWN[name]
            answer = case.call(headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code < 500, (case.method, case.path, case.body, answer.text[:500])

        send()
