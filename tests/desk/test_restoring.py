"""A case made again from its closed edition: every row of every table, every file; never from an edition that lacks."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from witnessmark.desk.case import CASE_KEY, open_case
from witnessmark.desk.restoring import restore_case
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.verifying import verify_case
from witnessmark.dossier import Edition, read_plan
from witnessmark.errors import BadInputError, ClashError, CustodyError
from witnessmark.stores.records import Records

NAMING = "replace: [{word: ridge, with: (a place), why: asked for}]"


def test_a_case_comes_back_whole(assessed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(assessed, folder)
    with closing(open_case(folder, operator="A. Author")) as case:
        before = case.records.dump()
        keys = sorted(case.objects.keys(""))
        blobs = {key: case.objects.get(key) for key in keys}
        dossier = seal_case(case, tmp_path / "closed", Edition.CLOSED).path
        public = seal_case(case, tmp_path / "public", Edition.PUBLIC).path
        partly = seal_case(case, tmp_path / "partly", Edition.CLOSED, plan=read_plan(NAMING)).path
    done = restore_case(dossier, tmp_path / "again", key_file=folder / CASE_KEY)
    assert done.can_be_worked_on and done.reference == "2031-17" and done.n_events == len(before["event"])
    with closing(open_case(tmp_path / "again", operator="B. Other")) as case:
        assert case.records.dump() == before
        assert {key: case.objects.get(key) for key in case.objects.keys("")} == blobs
        assert verify_case(case).ok
    for lacking in (public, partly):
        with pytest.raises(BadInputError, match="leaves nothing out"):
            restore_case(lacking, tmp_path / "no")
    without = restore_case(dossier, tmp_path / "without-key")
    assert not without.can_be_worked_on and not (tmp_path / "without-key" / CASE_KEY).exists()
    with closing(Records(f"sqlite:///{tmp_path / 'without-key' / 'records.db'}")) as records:
        assert records.dump() == before
    with pytest.raises(ClashError):
        restore_case(dossier, tmp_path / "again")
    target = dossier / "data" / "case.json"
    target.write_bytes(target.read_bytes()[:-1] + b" ")
    with pytest.raises(CustodyError, match="does not verify"):
        restore_case(dossier, tmp_path / "no")
    assert not (tmp_path / "no").exists() and not list(tmp_path.glob(".*restoring*"))
