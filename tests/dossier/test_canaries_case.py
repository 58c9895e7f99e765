"""A worked case: sealed fields, file names, addresses, spoken words and people stay in the house, in every edition."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import CLAIMS, SPACE
from tests.dossier.unpacking import leaks

from witnessmark.custody import data_keys
from witnessmark.custody.data_keys import Passphrase
from witnessmark.custody.records import Appearance, Moment, PremisEvent
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.data_key import PASSPHRASE_VARIABLE, make_key
from witnessmark.desk.exporting import export_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.register import add_person, link_person
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.statements import add_claims
from witnessmark.dossier import Edition, read_plan
from witnessmark.dossier.exports import WRITERS
from witnessmark.errors import BadInputError
from witnessmark.plain import parse_moment

NAME, WORDS = "Zqcanaryna Ostrowid", "several plain words"
SECRETS: dict[str, str | bytes] = {
    "name": NAME,
    "contact": "zqcanarymail@example.org",
    "home": "Third house, Zqcanarylane",
    "note": "Zqcanarynote of an uncle.",
}
HUNTED = [b"zqcanary", b"ostrowid"]
SEALED = [b"zqcanarymail", b"zqcanarylane", b"zqcanarynote"]


@pytest.fixture(scope="module")
def face() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (32, 40), (120, 90, 70)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, clip: Path, face: bytes) -> Iterator[Case]:
    """A case with a register, whose person is named in every kind of text a person writes."""
    folder = tmp_path_factory.mktemp("worked")
    named = folder / "zqcanaryfile Ostrowid.mp4"
    shutil.copy(clip, named)
    made = new_case(
        folder / "case",
        "2031-18",
        f"Where is {NAME}?",
        mandate=f"Asked by kin of {NAME.upper()}",
        operator="Zqcanaryop Worker",
        settings={"space": SPACE},
    )
    posted = Moment(parse_moment("2031-09-14T10:00:00+04:00"), "platform page")
    posting = Appearance("Videogram", "@zqcanaryacc", "https://zqcanaryhost.example/p", posted, text="zqcanarypost")
    item = add_item(made, named, appearance=posting, look=False, method="handed over by zqcanaryop worker").item
    claims = folder / "claims.yaml"
    told = CLAIMS.replace("Southern Council, kind: government", "Zqcanarywit Ness, kind: witness")
    told = told.replace("statement: ", f"statement: {NAME} says that ", 1)
    claims.write_text(told.replace("briefing.pdf", "zqcanarydoc.pdf"), encoding="utf-8")
    add_claims(made, claims)
    run_lines(made, ["integrity"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_keys, "COST_LOG2", 8)
        key = make_key(made, Passphrase(WORDS))
    person = add_person(
        made,
        role="held",
        risk="high",
        status="captured",
        source="zqcanarysource",
        secrets={**SECRETS, "face": face},
        key=key,
    )
    link_person(made, person.id, "item", item.exhibit_number, "zqcanaryrelation")
    _heard(made)
    yield made
    made.close()


def _heard(case: Case) -> None:
    """An abstention of a line that writes words down, with what it had heard so far."""
    (earlier,) = case.records.results("finding") or case.records.results()
    body = {name: value for name, value in earlier.items() if name != "superseded_by"}
    body |= {"id": "A-heard0000001", "kind": "abstention", "line": "conversation", "digest": "1" * 64}
    body |= {"reason": f"Too little was heard but “zqcanaryspoken” and {NAME}.", "what_would_help": "More sound."}
    body |= {"observations": {"segments": [{"text": "zqcanarytext", "words": [{"word": "zqcanaryword"}]}]}}
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "line.abstained", {"result": body, "supersedes": []})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data key can be opened."""
    monkeypatch.setenv(PASSPHRASE_VARIABLE, WORDS)


def test_sealed_names_are_looked_for_or_the_plan_says_why_not(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    with pytest.raises(BadInputError, match="sealed names"):
        seal_case(case, tmp_path / "public", Edition.PUBLIC)
    with pytest.raises(BadInputError, match="sealed names"):
        export_case(case, "acled", tmp_path / "x.csv", Edition.PUBLIC)
    with pytest.raises(BadInputError, match="does not hold"):
        seal_case(case, tmp_path / "public", Edition.CLOSED, plan=read_plan("leave_out: {items: [{what: X, why: y}]}"))
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("opened")
def test_no_public_edition_or_export_tells_them(case: Case, tmp_path: Path, face: bytes) -> None:
    plan = read_plan("{recipient: The press, purpose: to be known}")
    sealed = seal_case(case, tmp_path / "public", Edition.PUBLIC, plan=plan)
    for name in WRITERS:
        if name != "wacz":
            export_case(case, name, tmp_path / name, Edition.PUBLIC, plan)
    assert not leaks(tmp_path, [*HUNTED, face[-40:].lower()])
    assert "PR-0001" in (sealed.path / "data/report.html").read_text()
    event = case.records.payloads("dossier.sealed")[-1]
    assert (event["recipient"], event["purpose"]) == ("The press", "to be known")
    assert case.records.payloads("sealed.opened")[-1]["record"] == "PR-0001"


def test_a_closed_edition_holds_sealed_fields_as_ciphertext_or_not_at_all(
    case: Case, tmp_path: Path, face: bytes
) -> None:
    whole = seal_case(case, tmp_path / "whole", Edition.CLOSED).path
    assert not leaks(whole, [*SEALED, face[-40:].lower()]) and leaks(whole, [b'"ciphertext"'])
    without = seal_case(case, tmp_path / "without", Edition.CLOSED, plan=read_plan("sealed_fields: leave out")).path
    assert not leaks(without, [*SEALED, face[-40:].lower(), b'"ciphertext"'])
