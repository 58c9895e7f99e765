"""``export``, ``import`` and ``item add URL`` as a person and as a program use them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.web import serving
from typer.testing import CliRunner, Result

from witnessmark.cli.export import app as export_app
from witnessmark.cli.import_ import app as import_app
from witnessmark.cli.item import app as item_app
from witnessmark.desk.case import Case
from witnessmark.errors import ClashError, NotFoundError

Run = Callable[..., Result]


@pytest.fixture
def run(case: Case) -> Run:
    """Run a room's command on the case."""

    def _run(app: Any, *arguments: str, catch: bool = False) -> Result:
        return CliRunner().invoke(app, [*arguments, "--case", str(case.folder)], catch_exceptions=catch)

    return _run


@pytest.fixture
def archive(tmp_path: Path, clip: Path) -> Path:
    """One posting as auto-archiver keeps it."""
    folder = tmp_path / "archive"
    folder.mkdir()
    shutil.copy(clip, folder / "clip.mp4")
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    media = [{"filename": "clip.mp4", "key": "clip.mp4", "urls": [], "properties": {"hash": f"SHA-256:{sha256}"}}]
    metadata = {"url": "https://video.example/1", "timestamp": "2022-10-02T11:19:00+04:00", "uploader": "@eye"}
    (folder / "metadata.json").write_text(json.dumps({"status": "ok", "metadata": metadata, "media": media}))
    return folder


def test_import_then_export_keeps_the_offset(run: Run, archive: Path, tmp_path: Path) -> None:
    done = run(import_app, "auto-archiver", str(archive), "--no-look", "--json")
    assert done.exit_code == 0
    (row,) = json.loads(done.stdout)["rows"]
    assert row["posted"] == "2022-10-02T11:19:00+04:00" and row["files"][0]["hash"] == "agrees"
    for name in ("case-uco", "ftm", "acled", "prov", "geojson"):
        out = tmp_path / f"out-{name}"
        done = run(export_app, name, str(out), "--json")
        told = json.loads(done.stdout)
        assert (told["format"], told["edition"], told["size_bytes"]) == (name, "public", out.stat().st_size)
        assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
        assert b"@eye" not in out.read_bytes()
    with pytest.raises(ClashError):
        run(export_app, "prov", str(tmp_path / "out-prov"))
    with pytest.raises(NotFoundError, match="holds no captured page"):
        run(export_app, "wacz", str(tmp_path / "x.wacz"))
    said = run(export_app, "ftm", str(tmp_path / "closed"), "--edition", "closed")
    assert "closed edition" in said.stdout and b"@eye" in (tmp_path / "closed").read_bytes()
    assert (tmp_path / "closed").stat().st_mode & 0o077 == 0


def test_rows_that_are_passed_over_are_said_and_give_exit_code_2(run: Run, archive: Path, tmp_path: Path) -> None:
    record = json.loads((archive / "metadata.json").read_text())
    broken = {**record, "metadata": {"url": "no address"}}
    (archive / "metadata.json").write_text(json.dumps([record, broken]))
    done = run(import_app, "auto-archiver", str(archive), "--no-look")
    assert done.exit_code == 2
    assert "1 rows taken over, 1 passed over" in done.stdout and "hash agrees" in done.stdout
    assert "metadata.json, entry 2: it has no web address" in done.stderr
    table = tmp_path / "bulletins.csv"
    table.write_text("id,title,description,source_link\n7,Bridge,A convoy crossed it.,https://video.example/9\n")
    done = run(import_app, "bayanat", str(table), "--json")
    assert done.exit_code == 0 and len(json.loads(done.stdout)["rows"][0]["proposals"]) == 1


def test_an_address_on_the_own_network_is_refused_and_a_file_beside_it_taken(run: Run, case: Case, clip: Path) -> None:
    with serving() as site:
        done = run(item_app, "add", site.url("/page"), str(clip), "--no-look", "--json")
        assert not site.asked
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert [row["exhibit_number"] for row in told["taken"]] == ["WM-0001"]
    assert "public addresses only" in told["refused"][0]["what"]
    assert len(case.records.items()) == 1
