"""Reading articles from the command line: files in, proposals out, kept where there is a case."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from witnessmark.claims.articles.whereabouts import Atlas, JoinedAtlas
from witnessmark.cli.claim import app
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError, WitnessmarkError

TEXT = (
    "HARBOUR, 3 October 2031 (Wire) - The Northland Ministry of Defence said on Thursday that the clip was filmed near"
    " Lake Tarn on 13 September.\n“Seven prisoners were shot,” said its spokesman, Karel Dorn.\n"
    "The ministry said that the video was recorded on 09/10/31.\n"
)
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def small_atlas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the gazetteer that a test hands in: the list of the world's towns takes seconds to read."""

    def small(first: Iterable[Atlas] = ()) -> Atlas:
        return JoinedAtlas(first)

    monkeypatch.setattr("witnessmark.desk.articles.default_atlas", small)


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text(TEXT, encoding="utf-8")
    (tmp_path / "gazetteer.yaml").write_text(
        "places:\n- {name: Lake Tarn, kind: lake, lat_deg: 46.5, lon_deg: 11.3, uncertainty_km: 3, source: a map}\n"
    )
    (tmp_path / "parties.txt").write_text("Northland|Northlandic|Northlanders|Norhaven|\n")
    return path


def run(*words: str) -> Any:
    done = CliRunner().invoke(app, ["read", *words])
    if isinstance(done.exception, WitnessmarkError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) if "--json" in words else done.stdout


def test_without_a_case(article: Path, tmp_path: Path) -> None:
    options = ("--zone", "+02:00", "--gazetteer", str(tmp_path), "--parties", str(tmp_path / "parties.txt"))
    found = run(str(article), *options, "--text-to", str(tmp_path / "texts"), "--json")
    document = found["document"]
    assert (document["said_on"], document["language"], document["unread"]) == ("2031-10-03", "en", None)
    text = (tmp_path / "texts" / f"{document['sha256']}.txt").read_text(encoding="utf-8")
    assert text == document["text"]
    keys = {
        "id",
        "speaker",
        "party",
        "about",
        "statement",
        "passage",
        "start",
        "end",
        "hedge",
        "time",
        "place",
        "count",
        "unit",
    }
    for each in found["proposals"]:
        assert keys <= set(each) and text[each["start"] : each["end"]] == each["passage"]
    where = next(each for each in found["proposals"] if each["about"] == "place")
    assert (where["party"], where["place"]["name"], where["place"]["relation"]) == ("Northland", "Lake Tarn", "near")
    assert where["place"]["geometry"]["type"] == "Polygon"
    assert {name: where["time"][name] for name in ("from", "to", "precision", "utc_offset")} == {
        "from": "2031-09-13", "to": "2031-09-14", "precision": "day", "utc_offset": "+02:00"
    }  # fmt: skip
    assert where["said_at"]["from"] == "2031-10-02"
    counted = next(each for each in found["proposals"] if each["about"] == "count")
    assert (counted["speaker"], counted["count"]["at_least"], counted["quoted"]) == ("Karel Dorn", 7, True)
    assert any("09/10/31" in question for question in found["questions"])
    assert found == run(str(article), *options, "--json")


def test_for_a_person(article: Path, tmp_path: Path) -> None:
    other = tmp_path / "az.txt"
    other.write_text("Nazirlik bildirib ki, görüntülər bu il çəkilib və araşdırma aparılır.", encoding="utf-8")
    said = run(str(article), str(other))
    assert (
        "Karel Dorn" in said
        and "near Lake Tarn" in said
        and "asks:" in said
        and "Unread: The text is in Azerbaijani" in said
    )
    both = run(str(article), str(other), "--json")
    assert "document" not in both and [each["name"] for each in both["documents"]] == ["report.txt", "az.txt"]


def test_in_a_case_the_document_and_the_proposals_are_kept(article: Path, case: Case, tmp_path: Path) -> None:
    found = run(str(article), "--case", str(case.folder), "--json")
    case.catch_up()
    listed = json.loads(CliRunner().invoke(app, ["list", "--proposals", "--case", str(case.folder), "--json"]).stdout)
    assert [each["id"] for each in listed["proposals"]] == [each["id"] for each in found["proposals"]]
    assert listed["documents"][0]["sha256"] == found["document"]["sha256"]
    assert "Kept 0 new proposals" in run(str(article), "--case", str(case.folder))
    other = tmp_path / "ru.txt"
    other.write_text("Министерство сообщило, что видео подлинное и было снято 13 сентября.", encoding="utf-8")
    run(str(other), "--case", str(case.folder), "--json")
    case.catch_up()
    listed = json.loads(CliRunner().invoke(app, ["list", "--proposals", "--case", str(case.folder), "--json"]).stdout)
    assert "Russian" in next(each["unread"] for each in listed["documents"] if each["name"] == "ru.txt")


@pytest.mark.parametrize(
    "wrong",
    [("--said-on", "13/10/2031"), ("--zone", "noon"), ("--reader", "nameless"), ("--parties", "/nowhere/parties.txt")],
)
def test_wrong_options_are_said(article: Path, wrong: tuple[str, str]) -> None:
    with pytest.raises(BadInputError):
        run(str(article), *wrong)
