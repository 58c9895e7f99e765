"""What is planted in every field of a case is in no byte of any public edition or export, however packed."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.dossier.invented import AT, KEY, make_content
from tests.dossier.unpacking import leaks

from witnessmark.custody.records import Derivation
from witnessmark.dossier import DossierContent, DossierPicture, Edition, Replacement, read_plan, seal
from witnessmark.dossier.exports import WRITERS, export_content
from witnessmark.dossier.planning import Words
from witnessmark.plain import Plain

NAME = "Zqcanaria Vétustová"
SPELLINGS = (
    NAME,
    NAME.upper(),
    unicodedata.normalize("NFD", NAME),
    "clip_Zqcanaria_2031.mp4",
    "Zqcanarias",
    "+00 (555) 7700-99",
)
HUNTED = [b"zqcanari", "vétustov".encode(), unicodedata.normalize("NFD", "vétustov").encode(), b"7700-99", b"555770099"]
SECRETS = (
    Replacement(NAME, "PR-0001", "a person at risk", parts=True),
    Replacement("00 555 770099", "(contact left out)", "a contact"),
)
_CODES = frozenset(
    {
        "id",
        "sha256",
        "sha512",
        "exhibit_number",
        "kind",
        "line",
        "verdict",
        "hedge",
        "state",
        "media_type",
        "copy",
        "at",
    }
    | {
        "started",
        "ended",
        "start",
        "end",
        "created_at",
        "finding",
        "finding_id",
        "claim_id",
        "claim",
        "source",
        "parent",
    }
    | {"subject", "item", "platform", "direction", "reliability", "credibility", "lr_words", "crs", "reference"}
    | {"how_known", "edition", "language", "version", "file", "format", "questions", "status", "role", "intervals"}
)


def planted(value: Plain, key: str, count: list[int]) -> Plain:
    """The record with a spelling of the name in every text that is no code, time or hash."""
    if isinstance(value, str):
        if key in _CODES:
            return value
        count[0] += 1
        return f"{value} {SPELLINGS[count[0] % len(SPELLINGS)]} said."
    if isinstance(value, list):
        return [planted(entry, key, count) for entry in value]
    if isinstance(value, dict):
        return {name: planted(entry, name, count) for name, entry in value.items()}
    return value


def speaking(sha256: str) -> list[Plain]:
    """A finding of each line that writes words down: no name list knows these."""
    words: Plain = {"text": "Zqcanariword spoken", "words": [{"word": "Zqcanariword", "start_s": 0.5}]}
    base: dict[str, Plain] = {"item": sha256, "limits": [], "log_likelihood": {"shape": [1, 1]}, "question": "?"}
    seen: Plain = {"segments": [words], "corrections": [{"text": "Zqcanarifixed"}], "texts": [{"readings": [words]}]}
    heard = "It reads “Zqcanariread” and 'Zqcanarisaid'."
    return [
        {**base, "id": name, "line": line, "statement": heard, "observations": seen}
        for name, line in (("F8", "conversation"), ("F9", "text"))
    ]


def picture() -> DossierPicture:
    """A drawing with text chunks, as programs write them."""
    out, info = io.BytesIO(), PngInfo()
    info.add_text("Author", NAME)
    info.add_itxt("Comment", NAME, zip=True)
    Image.new("RGB", (40, 30), (20, 90, 70)).save(out, "PNG", pnginfo=info)
    return DossierPicture(f"{NAME}.png", f"Drawn by {NAME}", out.getvalue(), None, shows_footage=False)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> DossierContent:
    """The invented case with the name everywhere."""
    made = make_content(tmp_path_factory.mktemp("canaries"))
    count = [0]
    case = planted(dict(made.case), "", count)
    assert isinstance(case, dict) and isinstance(case["findings"], list) and count[0] > 80
    sha256 = made.originals[0].sha256.hex()
    case["findings"] += speaking(sha256)
    case["persons"] = [
        {"id": "PR-0001", "pseudonym": "PR-0001", "role": "held", "risk": "high", "history": [{"source": NAME}]}
    ]
    pictures = [
        replace(one, caption=f"{one.caption} {NAME}", derivation=_named(one.derivation)) for one in made.pictures
    ]
    return replace(made, case=case, pictures=(*pictures, picture()), secrets=SECRETS)


def _named(derivation: Derivation | None) -> Derivation | None:
    return derivation and replace(derivation, parameters={**derivation.parameters, "note": NAME})


def test_a_public_dossier_tells_nothing_planted(content: DossierContent, tmp_path: Path) -> None:
    path = seal(content, tmp_path / "public", Edition.PUBLIC, KEY.sign, at=AT).path
    assert not leaks(path, HUNTED)
    closed = seal(content, tmp_path / "closed", Edition.CLOSED, KEY.sign, at=AT).path
    found = {name for name, _ in leaks(closed, HUNTED)}
    assert {"case.json", "report.html", "report.pdf"} <= found  # so the hunt finds what is there


def test_no_public_export_tells_it(content: DossierContent, tmp_path: Path) -> None:
    told = export_content(content, Edition.PUBLIC)
    for name in [name for name in WRITERS if name != "wacz"]:
        with open(tmp_path / name, "wb") as file:
            WRITERS[name][0](told, file)
    assert not leaks(tmp_path, HUNTED)


def test_a_plan_holds_for_a_closed_edition_and_its_log(content: DossierContent, tmp_path: Path) -> None:
    plan = read_plan(f"""
recipient: The lake court
purpose: a hearing
leave_out:
  claims: [{{what: C2, why: withdrawn by its source}}]
  findings: [{{what: F1, why: shows a home}}]
  fields: [{{what: items.appearances, why: not needed}}]
replace:
  - {{word: "{NAME}", with: "(a person)", why: at risk, parts: true}}
  - {{word: "00 555 770099", with: "(a number)", why: at risk}}
""")
    plain = replace(content, plan=plan, originals=(), pictures=content.pictures[:1])
    path = seal(plain, tmp_path / "closed", Edition.CLOSED, KEY.sign, at=AT).path
    found = leaks(path, [b"zqcanaria", b"7700-99", b"riverside_eye", b"older footage from another valley"])
    assert not found and not (path / "data/custody/events").exists()
    info = (path / "bag-info.txt").read_text()
    assert "Recipient: The lake court" in info and "findings: F1 (shows a home)" in info
    for name in ("report.html", "case.json"):
        text = (path / "data" / name).read_text()
        assert "The lake court" in text and "withdrawn by its source" in text


def test_words_are_found_as_people_write_them() -> None:
    words = Words([Replacement("İlqar Straße", "P", "x", parts=True), Replacement("00 555 123456", "N", "x")])
    for said in ("İlqar", "ilqar", "ILQAR", "ilqarın", "İLQARın_2.mp4", "STRASSE", "555-12 34 56", "+555 (12) 3456"):
        told = words.text(f"so {said} did")
        assert told.startswith(("so P", "so N")) and "lqar" not in told.lower() and "34" not in told, said
    assert words.text("an ordinary sentence of 2031, ilq") == "an ordinary sentence of 2031, ilq"
