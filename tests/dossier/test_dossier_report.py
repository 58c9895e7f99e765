"""The report says what it must, in both forms, and nothing a stranger wrote can act in it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import pytest
from tests.dossier.invented import AT, make_case, png

from witnessmark.dossier import Edition
from witnessmark.dossier.casefile import flat_space
from witnessmark.dossier.page import render_page
from witnessmark.dossier.pdf import drawable, fit_to_print, render_pdf
from witnessmark.dossier.report import report_model
from witnessmark.plain import Plain

HOSTILE = (
    '#eval("1") #read("/etc/passwd") *bold* _it_ $x$ `raw` @ref <label> // c /* d */ \\u{41} #[x] = H\n',
    "<script>alert(1)</script><img src=x onerror=alert(2)><style>*{display:none}</style></table><!--",
    '{{ 7*7 }} {% include "/etc/passwd" %} {# x #} "\' & &amp;lt;',
    "שלום عالم \u202e reversed \u2066 isolated \u200f",
    "\U0001f3a5 emoji \U0001f469\u200d\U0001f52c and CJK 橋 and math 𝔸",
    "nul \x00 bell \x07 escape \x1b[31m backspace \x08 del \x7f",
    "x" * 5000,
    "a\u0301\u0301\u0301\u0301 combining " + "\u0489" * 50,
    "javascript:alert(1) https://evil.example/" + "p/" * 300,
)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def unpacked(pdf: bytes) -> list[bytes]:
    """The PDF itself and every stream of it that zlib opens: object streams among them."""
    found = [pdf]
    for match in re.finditer(rb"stream\r?\n", pdf):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(pdf[match.end() :]))
    return found


def complete_record(sentence: str | None = None, edition: str = "closed") -> dict[str, Plain]:
    """A record as sealing completes it; with a sentence, every text of it says that sentence."""
    record = make_case("ab" * 32, "cd" * 64, 1234)
    record |= {"edition": edition, "sealed_with": {"software": "witnessmark", "version": "0.1.0"}, "left_out": []}
    record["custody"] = {
        "head_number": 5, "head_sha256": "12" * 32, "public_key_sha256": "34" * 32, "stamped": [3], "pending": 2,
    }  # fmt: skip
    record["pictures"] = [
        {
            "file": "data/pictures/p.png", "caption": "Where the findings point", "exhibit": exhibit, "blurred": False,
            "sha256": "56" * 32,
        }
        for exhibit in (None, "WM-0001")
    ]  # fmt: skip
    if sentence is None:
        return record
    kept = {"sha256", "sha512", "head_sha256", "public_key_sha256", "file", "edition", "exhibit", "exhibit_number"}

    def replaced(value: Plain, key: str = "") -> Plain:
        if isinstance(value, dict):
            return {name: replaced(entry, name) for name, entry in value.items()}
        if isinstance(value, list):
            return [replaced(entry, key) for entry in value]
        return sentence if isinstance(value, str) and key not in kept else value

    return cast(dict[str, Plain], replaced(record))


PICTURES = {"data/pictures/p.png": png(60, 90, 4)}


@pytest.mark.parametrize("sentence", HOSTILE)
def test_hostile_text_is_inert_in_both_forms(sentence: str) -> None:
    model = report_model(complete_record(sentence), AT)
    page = Page(render_page(model, PICTURES).decode())
    plain = Page(render_page(report_model(complete_record("word"), AT), PICTURES).decode())
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags} | {"br"}
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "object", "link", "base", "form", "input")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
        assert (attributes.get("src") or "data:image/png;base64,").startswith("data:image/png;base64,")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200f]", page.text)
    pdf = render_pdf(model, PICTURES, AT)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/JavaScript" not in pdf and b"/URI" not in pdf and b"root:" not in pdf


def test_the_page_lets_nothing_in(sealed: dict[Edition, Path]) -> None:
    for folder in sealed.values():
        text = (folder / "data/report.html").read_text()
        page = Page(text)
        policies = [attributes["content"] for _, attributes in page.tags if "http-equiv" in attributes]
        style = text[text.index("<style>") + 7 : text.index("</style>")]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        expected = (
            f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )
        assert policies == [expected]
        assert "http" not in re.sub(r"https://video\.example/watch/4711", "", style)
        assert ("html", {"lang": "en"}) in page.tags
        for tag, attributes in page.tags:
            if tag == "img":
                assert attributes.get("alt")
            if tag == "th":
                assert attributes.get("scope") in ("row", "col")
        headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert headings[0] == 1 and headings.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(headings))
        targets = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
        names = {"#" + str(attributes.get("id")) for _, attributes in page.tags}
        assert set(targets) <= names


def test_what_is_open_stands_beside_what_is_established() -> None:
    model = report_model(complete_record(), AT)
    established, open_points = model["established"], model["not_resolved"]
    assert isinstance(established, list) and isinstance(open_points, list)
    assert "moderately strong support for C1" in str(established[0])
    assert any("moderate support against C2" in str(line) for line in established)
    assert not any("C3" in str(line) for line in established)
    assert "Who filmed the clip is not known." in open_points
    assert any("do not tell C3" in str(line) for line in open_points)
    assert any("dissents on assessment" in str(line) for line in open_points)
    assert any("conversation" in str(line) for line in open_points)
    text = Page(render_page(model, PICTURES).decode()).text
    assert text.index("What is not resolved") < text.index("The claims")
    record = complete_record()
    record["not_resolved"] = ["Claim C3: the findings do not discriminate between it and its opposite."]
    said = report_model(record, AT)["not_resolved"]
    assert isinstance(said, list) and sum("C3" in str(line) for line in said) == 1


def test_likelihood_and_probability_never_share_a_sentence() -> None:
    model = report_model(complete_record(), AT)
    sentences = [
        str(line) for line in [*cast(list[Plain], model["established"]), *cast(list[Plain], model["not_resolved"])]
    ]
    for sentence in sentences:
        assert not ("support" in sentence and ("probab" in sentence or "likely" in sentence or "certain" in sentence))


def test_a_claim_shows_which_findings_moved_it() -> None:
    claims = cast(list[dict[str, Plain]], report_model(complete_record(), AT)["claims"])
    assert claims[0]["bearing"] == [
        {"finding": "F1", "line": "terrain", "change": "+1.7"},
        {"finding": "F2", "line": "sun", "change": "+0.6"},
    ]
    assert (claims[0]["lr"], claims[0]["posterior"], claims[0]["posterior_words"]) == ("+2.1", "98 %", "almost certain")


def test_dissent_and_gap_are_said_as_plainly_as_sign_off() -> None:
    text = Page(render_page(report_model(complete_record(), AT), PICTURES).decode()).text
    for words in (
        "Dissent on assessment",
        "Sign-off on F1",
        "Gap:",
        "does not discriminate",
        "It says nothing of the time.",
    ):
        assert words in text


def test_an_empty_case_makes_a_report_too() -> None:
    record = complete_record()
    for key in ("items", "sources", "claims", "findings", "abstentions", "reviews", "law", "not_resolved", "pictures"):
        record[key] = []
    record["assessment"] = record["hypotheses"] = None
    model = report_model(record, AT)
    assert render_pdf(model, {}, AT).startswith(b"%PDF")
    assert "Nothing is recorded as unresolved." in render_page(model, {}).decode()


def test_the_pdf_is_archival_tagged_and_carries_its_fonts() -> None:
    pdf = render_pdf(report_model(complete_record(), AT), PICTURES, AT)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf and b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf and b"/GTS_PDFA1" in pdf and b"/StructTreeRoot" in pdf
    objects = b"\n".join(unpacked(pdf))
    fonts = set(re.findall(rb"/BaseFont\s*/([^\s/]+)", objects))
    assert len(fonts) >= 4 and all(re.fullmatch(rb"[A-Z]{6}\+DejaVu[A-Za-z-]+", font) for font in fonts)
    described = set(re.findall(rb"/FontName\s*/([^\s/]+)", objects))
    assert described == fonts and objects.count(b"/FontFile") == len(fonts)
    assert render_pdf(report_model(complete_record(), AT), PICTURES, AT) == pdf


def test_fonts_cover_the_languages_of_the_house() -> None:
    known = drawable()
    samples = "Grüße Žižkov Əğışöçü ÀÉÎÕÜ", "Мост утром Їжак Ёлка", "Կամուրջը առավոտյան", "Γέφυρα", "ხიდი"
    for sample in samples:
        assert all(ord(sign) in known for sign in sample if sign != " ")
    assert fit_to_print("\U0001f3a5") == "⟨U+1F3A5⟩"
    assert fit_to_print("y" * 40) == "\u200b".join(["y" * 14, "y" * 14, "y" * 12])
    assert fit_to_print({"sha256": "ab" * 32}) == {"sha256": "ab" * 32}
    assert fit_to_print({"other": "ab" * 32}) == {"other": "\u200b".join(["ab" * 7] * 4 + ["ab" * 4])}


def test_elements_stand_under_their_norm_and_remarks_as_sentences() -> None:
    record = complete_record()
    findings = cast(list[dict[str, Plain]], record["findings"])
    findings[0]["observations"] = {
        "remarks": [{"topic": "time", "seen": "The clock states noon.", "innocent": "Clocks err.", "at_s": []}],
        "inputs": [{"sha256": "ab" * 32, "part": "pictures"}],
        "nothing": None,
    }
    law = cast(list[dict[str, Plain]], record["law"])
    law += [{**law[1], "element": "2", "paraphrase": True, "checked_by_lawyer": False}]
    model = report_model(record, AT)
    assert cast(list[dict[str, Plain]], model["findings"])[0]["seen"] == [
        ["remarks 1: time", "The clock states noon. Clocks err."]
    ]
    norms = cast(list[dict[str, Plain]], model["law"])
    assert [len(cast(list[Plain], norm["elements"])) for norm in norms] == [1, 2]
    text = Page(render_page(model, PICTURES).decode()).text
    assert "Element 2" in text and "(in our words)" in text and "not been checked by a lawyer" in text


def test_a_region_as_wide_as_the_grid_is_not_established_but_open() -> None:
    record = complete_record()
    assessment = cast(dict[str, Plain], record["assessment"])
    assessment["regions_place"] = [{"probability": 0.9, "area_km2": 1600 * 0.0625 * 0.9}]
    model = report_model(record, AT)
    assert not any("km²" in str(line) for line in cast(list[Plain], model["established"]))
    assert any("do not narrow the place" in str(line) for line in cast(list[Plain], model["not_resolved"]))
    assert not any("do not narrow the time" in str(line) for line in cast(list[Plain], model["not_resolved"]))


def test_a_space_given_as_places_and_times_is_told_like_any_other() -> None:
    flat = flat_space(
        {
            "places": {"crs": "+proj=laea", "rows": 4, "columns": 5, "spacing_m": 200.0},
            "times": {"start": "2024-06-01T00:00:00Z", "step_s": 600.0, "n_instants": 7},
            "alternatives": [],
        }
    )
    record = {**complete_record(), "hypotheses": flat}
    space = cast(dict[str, Plain], report_model(record, AT)["space"])
    assert (space["grid"], space["axis"]) == (
        "20 places, 200 m apart", "7 instants from 2024-06-01 00:00:00 UTC, 600 s apart",
    )  # fmt: skip


def test_long_passages_are_cut_and_say_so() -> None:
    record = complete_record()
    claim = cast(list[dict[str, Plain]], record["claims"])[0]
    claim["statement"] = "word " * 2000
    text = Page(render_page(report_model(record, AT), PICTURES).decode()).text
    assert "6000 more characters in case.json" in text
    assert json.dumps(record).count("word ") >= 2000
