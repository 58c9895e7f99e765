"""The commands on a case's names, and that what is added is a capture in the log and reaches lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from witnessmark.cli import app
from witnessmark.desk.case import new_case, open_case
from witnessmark.desk.names import add_name, case_names, take_names
from witnessmark.errors import BadInputError, ClashError, NotFoundError, ProviderError
from witnessmark.lines.providers.names import NameBook

TARN = {"name": "Lake Tarn", "kind": "lake", "source": "a map", "spellings": ["Тарн"]}


def run(*asked: str) -> str:
    told = CliRunner().invoke(app, list(asked))
    assert told.exit_code == 0, (told.output, told.exception)
    return told.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_case(tmp_path / "case", "2031-17", "Rehearsed", operator="A. Analyst").close()
    return tmp_path / "case"


def test_a_name_is_listed_found_and_on_record(folder: Path, tmp_path: Path) -> None:
    where = ["--case", str(folder)]
    run("names", "add", "Lake Tarn", "--kind", "lake", "--as", "Тарн", "--at", "46.2,8.1", "--within-km", "3",
        "--source", "a map", "--operator", "A. Analyst", *where)  # fmt: skip
    (listed,) = json.loads(run("names", "list", "--json", *where))
    assert (listed["name"], listed["spellings"], listed["lat_deg"]) == ("Lake Tarn", ["Тарн"], 46.2)
    text = tmp_path / "said.txt"
    text.write_text("Мы были у Тарна.", encoding="utf-8")
    (found,) = json.loads(run("names", "spot", str(text), "--json", *where))
    assert (found["text"], found["name"]["id"], found["how"]) == ("Тарна", "lake:Lake Tarn", "folded")
    assert "Lake Tarn" in run("names", "find", "tarn", *where)
    case = open_case(folder)
    try:
        captures = [
            body["capture"]
            for body in case.records.payloads("outside.captured")
            if "names" in body["capture"]["method"]
        ]
        assert [capture["original_name"] for capture in captures] == ["names.csv"]
        assert case_names(case).state() != NameBook([]).state()
    finally:
        case.close()


def test_files_are_taken_in_whole_or_not_at_all(folder: Path, tmp_path: Path) -> None:
    case = open_case(folder, operator="A. Analyst")
    good, bad, other = tmp_path / "list.yaml", tmp_path / "bad.csv", tmp_path / "list.txt"
    good.write_text("names:\n- {name: Lake Tarn, kind: lake, source: a map}\n", encoding="utf-8")
    bad.write_text("name,kind,source\nX1,hut,s\n", encoding="utf-8")
    other.write_text("Lake Tarn", encoding="utf-8")
    try:
        assert [one.name for one in take_names(case, good)] == ["Lake Tarn"]
        assert [one.name for one in take_names(case, good)] == ["Lake Tarn"]  # the same bytes again change nothing
        with pytest.raises(ProviderError, match="kinds are"):
            take_names(case, bad)
        with pytest.raises(BadInputError, match="no list of names"):
            take_names(case, other)
        with pytest.raises(NotFoundError):
            take_names(case, tmp_path / "none.csv")
        good.write_text("names: []\n", encoding="utf-8")
        with pytest.raises(ClashError, match=r"has a names\.yaml already"):
            take_names(case, good)
        with pytest.raises(ClashError, match="lists 'lake:Lake Tarn' already"):
            add_name(case, TARN)
        add_name(case, TARN | {"name": "Upper Tarn", "lat_deg": 46.2, "lon_deg": 8.1, "uncertainty_km": 2.0})
        add_name(case, TARN | {"name": "Lower Tarn"})
        assert [one.name for one in case_names(case).things] == ["Lake Tarn", "Upper Tarn", "Lower Tarn"]
    finally:
        case.close()


def test_wrong_use_is_told(tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_bytes(b"\xff\xfe\x00")
    for asked, said in (
        (["names", "spot", str(raw), "--book", str(tmp_path)], "cannot be read as text"),
        (["names", "add", "X", "--kind", "lake", "--source", "s", "--at", "46"], "no place"),
    ):
        told = CliRunner().invoke(app, asked)
        assert told.exit_code != 0 and said in str(told.exception)
