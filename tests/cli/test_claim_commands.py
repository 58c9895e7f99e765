"""Commands on claims, run in one process: what a person and a program get."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from witnessmark.claims.accepting import ReadDocument
from witnessmark.claims.proposals import Precision, Proposal, SaidTime, Topic
from witnessmark.claims.records import Hedge
from witnessmark.cli.claim import app
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.claims import case_matrix
from witnessmark.desk.proposals import keep_proposals
from witnessmark.desk.statements import add_claims
from witnessmark.errors import BadInputError, WitnessmarkError

PASSAGES = ("It was filmed on 13 September.", "Eight people are held.", "=1+1 it says here.")
TEXT = " ".join(PASSAGES)
Run = Callable[..., Any]

ASSESSMENT = {
    "id": "AS-0123456789ab",
    "digest": "00" * 32,
    "subjects": ["WM-0001"],
    "claims_not_weighed": [{"claim_id": "office-1", "reason": "Its time lies outside."}],
    "standings": [
        {"claim_id": name, "prior": 0.5, "posterior": posterior, "log10_lr": ratio, "lr_words": words,
         "probability_words": "likely", "reason": ""}
        for name, posterior, ratio, words in (
            ("north-1", 0.9, 1.2, "moderate support for the claim"),
            ("south-1", 0.0, -400.0, "excludes the claim"),
        )
    ],
    "shares": [
        {"finding_id": "F-000000000001", "line": "sun", "weight": 1.0, "bits": 1.0, "bits_place": 0.0,
         "bits_time": 1.0, "bits_alternatives": 0.0, "capped": False, "discriminates": True,
         "without": {"north-1": 0.1, "south-1": -0.2}, "alone": {"north-1": 1.1, "south-1": -400.0}},
        {"finding_id": "F-000000000002", "line": "weather", "weight": 1.0, "bits": 0.1, "bits_place": 0.0,
         "bits_time": 0.1, "bits_alternatives": 0.0, "capped": False, "discriminates": False,
         "without": {"north-1": 1.1, "south-1": -400.0}, "alone": {"north-1": 0.1, "south-1": -0.1}},
    ],
}  # fmt: skip


def proposal(number: int, about: Topic) -> Proposal:
    start = TEXT.index(PASSAGES[number])
    day = SaidTime("2031-09-13", "2031-09-14", Precision.DAY, "+04:00", "13 September")
    end = start + len(PASSAGES[number])
    return Proposal(
        f"P-00000000000{number}", Sha256(hashlib.sha256(TEXT.encode()).digest()), "An Office", None, None, (), about,
        PASSAGES[number], PASSAGES[number], start, end, Hedge.ASSERTS, None, False,
        day if about is Topic.TIME else None, None, None, None,
    )  # fmt: skip


@pytest.fixture
def filled(case: Case, claims_file: Path) -> Case:
    """A case with two claims from a file, three proposals from a document, and an assessment."""
    add_claims(case, claims_file)
    document = ReadDocument("report.txt", "text/plain", publisher="The Morning Paper", published="2031-10-02")
    proposals = [proposal(0, Topic.TIME), proposal(1, Topic.COUNT), proposal(2, Topic.METHOD)]
    keep_proposals(case, TEXT.encode(), document, TEXT, proposals)
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "assessment.made", {"assessment": ASSESSMENT, "stored": []})
    return case


@pytest.fixture
def run(filled: Case) -> Run:
    """Run a command; JSON comes parsed, errors of the house are raised."""

    def _run(*words: str, as_json: bool = True) -> Any:
        arguments = [*words, "--case", str(filled.folder), *(["--json"] if as_json else [])]
        done = CliRunner().invoke(app, arguments)
        filled.catch_up()
        if isinstance(done.exception, WitnessmarkError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if as_json else done.stdout

    return _run


def test_proposals_are_listed_accepted_and_rejected(run: Run) -> None:
    listed = run("list", "--proposals", "--state", "open")
    assert [entry["id"] for entry in listed["proposals"]] == [f"P-00000000000{n}" for n in range(3)]
    assert "P-000000000001" in run("list", "--state", "open", as_json=False)
    made = run("accept", "P-000000000000", "--set", "hedge=alleges", "--reliability", "B",
               "--reliability-reason", "Right before.")  # fmt: skip
    assert made["claims"][0]["id"] == "office-1" and made["claims"][0]["hedge"] == "alleges"
    assert made["sources"][0]["reliability"] == "B" and made["claims"][0]["credibility"] == 6
    assert run("reject", "P-000000000001", "--reason", "Of another clip.")["rejected"] == ["P-000000000001"]
    bulk = run("accept", "--all")
    assert [claim["proposal"] for claim in bulk["claims"]] == ["P-000000000002"] and bulk["held"] == []
    assert "1 proposals wait" not in run("list", as_json=False)
    with pytest.raises(WitnessmarkError, match="No such proposal is open"):
        run("accept", "--document", "report.txt")
    with pytest.raises(BadInputError, match="not clear which"):
        run("accept")
    with pytest.raises(BadInputError, match="without a reason"):
        run("accept", "P-000000000000", "--credibility", "2")
    assert run("show", "P-000000000001")["state"] == "rejected"
    shown = run("show", "office-1")
    assert shown["claim"]["quote"]["text"] == PASSAGES[0] and shown["row"]["not_weighed"] == "Its time lies outside."
    assert "An Office" in run("show", "office-1", as_json=False)
    with pytest.raises(WitnessmarkError):
        run("show", "nobody")


def test_relations_and_ties_are_said_and_taken_back(run: Run) -> None:
    run("accept", "--speaker", "an office")
    assert run("relate", "office-1", "repeats", "north-1", "--reason", "Same words.")["kind"] == "repeats"
    with pytest.raises(WitnessmarkError, match="in a circle: from north-1 to office-1 to north-1"):
        run("relate", "north-1", "attributes-to", "office-1")
    assert run("relate", "north-1", "attributes-to", "office-1", "--ring")["ring"] is True
    row = next(row for row in run("matrix")["rows"] if row["claim"] == "north-1")
    assert row["ring"] is True and row["voices"] == 1 and row["repeated_by"] == ["office-1"]
    said = run("matrix", as_json=False)
    assert "in a ring without a first one" in said and "give one another as their source" in said
    run("unrelate", "north-1", "attributes-to", "office-1", "--reason", "A slip.")
    assert "office-1 is about every recording" in run("about", "office-1", as_json=False)
    assert run("alternatives", "office-2", "--name", "nine")["alternatives"] == [
        "as stated",
        "fewer",
        "more",
        "nine",
    ]


def test_the_matrix_says_what_supports_contradicts_and_leaves_open(run: Run, tmp_path: Path) -> None:
    run("accept", "--all")
    made = run("matrix")
    rows = {row["claim"]: row for row in made["rows"]}
    north, south = rows["north-1"], rows["south-1"]
    assert (north["log10_lr"], north["lr_words"], north["posterior"]) == (1.2, "moderate support for the claim", 0.9)
    assert (north["supported_by"], north["contradicted_by"]) == (["F-000000000001"], [])
    assert north["left_open_by"] == ["F-000000000002"] and north["contradicts"] == ["south-1"]
    assert south["log10_lr"] is None and south["lr_words"] == "excludes the claim"
    assert south["weights"][0]["contradicts"][0]["words"] == "excludes the claim"
    assert rows["office-2"]["alternatives"] == ["as stated", "fewer", "more"]
    assert made["findings"][0] == {"finding": "F-000000000001", "line": "sun"} and "never" in made["not_multiplied"]
    said = run("matrix", as_json=False)
    assert "support: F-000000000001 sun +1.10" in said and "leave it open: F-000000000002" in said
    assert "Not weighed. Its time lies outside." in said
    files = ["--html", str(tmp_path / "m.html"), "--csv", str(tmp_path / "m.csv")]
    assert run("matrix", *files)["files"] == [files[1], files[3]]
    with pytest.raises(BadInputError, match="cannot be written"):
        run("matrix", "--html", str(tmp_path / "nowhere" / "m.html"))


def test_the_spreadsheet_runs_nothing_and_has_a_column_a_finding(run: Run, tmp_path: Path) -> None:
    run("accept", "--all")
    run("matrix", "--csv", str(tmp_path / "m.csv"))
    with (tmp_path / "m.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["claim"]: line for line in csv.DictReader(file)}
    assert lines["office-3"]["statement"] == "'=1+1 it says here."
    assert float(lines["north-1"]["F-000000000001 (sun)"]) == 1.1
    assert lines["south-1"]["F-000000000001 (sun)"] == "excludes the claim" and lines["south-1"]["log10 LR"] == ""
    assert lines["office-1"]["not weighed"] == "Its time lies outside."


class _Page(HTMLParser):
    """What a page is made of, as far as these tests ask."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_a_real_table_without_script_or_requests(run: Run, filled: Case, tmp_path: Path) -> None:
    run("accept", "P-000000000002", "--set", "statement=<script>alert(1)</script> & more")
    run("matrix", "--html", str(tmp_path / "m.html"))
    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    names = [tag for tag, _ in page.tags]
    assert "script" not in names and "&lt;script&gt;" in text and "link" not in names and "img" not in names
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.tags if tag == "th")
    assert names.count("caption") == names.count("table") >= 3 and dict(page.tags)["html"]["lang"] == "en"
    assert not re.search(r"(?:src|href|style)=", text) and "default-src 'none'" in text
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in str(policy)
    for word in ("supports: moderate support for the claim", "leaves open: does not discriminate", "excludes"):
        assert word in text
    assert "object at 0x" not in text and "built-in" not in text
    assert len(case_matrix(filled).rows) == 3


def test_a_case_without_claims_says_what_to_do(case: Case, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["matrix", "--case", str(case.folder), "--html", str(tmp_path / "m.html")])
    assert "No claim yet" in done.stdout and "No claim is on record" in (tmp_path / "m.html").read_text("utf-8")
    done = CliRunner().invoke(app, ["list", "--case", str(case.folder)])
    assert "No claim yet" in done.stdout
