"""The norms' data: complete, cited, numbered, paraphrased, and the docs page made from them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.law import ElementKind, binding_on_exports, checklist, element, instruments, norm, norms
from witnessmark.law.norms import FILES, checklist_source, norms_from
from witnessmark.law.table import checklist_table, kinds_table, norms_table
from witnessmark.plain import to_plain

PAGE = Path(__file__).parents[2] / "docs" / "law.md"
ELEMENTS = [part for entry in norms() for part in entry.elements]


def test_the_instruments_and_articles_promised_are_there() -> None:
    assert [instrument.id for instrument in instruments()] == list(FILES)
    ids = {entry.id for entry in norms()}
    assert {
        "gc3.4",
        "gc3.13",
        "gc3.130",
        "ap1.41",
        "rome.8-2-a-i",
        "rome.8-2-b-vi",
        "iccpr.6",
        "echr.2",
        "echr.3",
    } <= ids
    assert [part.number for part in norm("rome.8-2-a-i").elements] == [1, 2, 3, 4, 5]
    assert [part.kind for part in norm("rome.8-2-a-i").elements] == [
        ElementKind.MATERIAL,
        ElementKind.SCOPE,
        ElementKind.MENTAL,
        ElementKind.CONTEXT,
        ElementKind.MENTAL,
    ]


def test_ids_are_unique_and_numbers_run_from_one() -> None:
    ids = [part.id for part in ELEMENTS] + [entry.id for entry in norms()] + [check.id for check in checklist()]
    assert len(set(ids)) == len(ids)
    for entry in norms():
        assert [part.number for part in entry.elements] == list(range(1, len(entry.elements) + 1))
        assert all(part.id == f"{entry.id}.{part.number}" and part.norm == entry.id for part in entry.elements)
        assert entry.id.startswith(entry.instrument.id + ".")


@pytest.mark.parametrize("instrument", instruments(), ids=lambda instrument: instrument.id)
def test_every_instrument_has_dates_citation_source_and_version(instrument: object) -> None:
    known = next(entry for entry in instruments() if entry == instrument)
    assert dt.date.fromisoformat(known.adopted) <= dt.date.fromisoformat(known.in_force)
    assert re.search(r"\d+ UNTS \d+", known.citation)
    assert known.source.startswith("https://") and "." in known.source
    assert len(known.version) > 20
    assert known.checked_by_lawyer is False


@pytest.mark.parametrize("part", ELEMENTS, ids=lambda part: part.id)
def test_every_element_is_cited_and_short(part: object) -> None:
    known = element(getattr(part, "id", ""))
    assert 20 <= len(known.text) <= 330 and known.text.endswith(".")
    assert known.paraphrase, "verbatim text needs the official wording to compare with"
    assert re.search(r"(art\.|para\.|paras\.) ?\d", known.citation)
    assert "\n" not in known.text and "|" not in known.text + known.citation


def test_the_citation_names_the_elements_own_number_where_the_source_numbers_them() -> None:
    numbered = [part for part in ELEMENTS if part.citation.startswith("Elements of Crimes")]
    assert len(numbered) == 15
    for part in numbered:
        assert part.citation.endswith(f"element {part.number}")
        assert norm(part.norm).article in part.citation


def test_alternatives_are_named_from_both_sides_or_are_norms() -> None:
    for entry in norms():
        for other in entry.alternative_to:
            assert norm(other).id != entry.id
            if other.startswith("rome."):
                assert entry.id in norm(other).alternative_to


def test_public_curiosity_and_innocence_bind_exports() -> None:
    curiosity, innocence = binding_on_exports()
    assert curiosity.id == "gc3.13.4" and "public curiosity" in curiosity.text
    assert innocence.id == "rome.66.1" and "presumed innocent" in innocence.text
    assert curiosity.kind is innocence.kind is ElementKind.DUTY


def test_every_crime_is_read_with_what_would_exclude_responsibility() -> None:
    crimes = [entry for entry in norms() if entry.id.startswith("rome.8-")]
    assert len(crimes) == 3
    for entry in crimes:
        assert {"rome.30", "rome.31-33", "rome.11-12", "rome.66"} <= set(entry.read_with)
    for entry in norms():
        assert all(norm(other).id != entry.id for other in entry.read_with)
        assert not set(entry.read_with) & set(entry.alternative_to)


def test_no_party_or_place_is_named_in_the_data() -> None:
    text = " ".join(part.text for part in ELEMENTS) + " ".join(check.text for check in checklist())
    assert not re.search(r"\b(guilty|victim|enemy state|terrorist|regime)\b", text, re.I)


def test_the_checklist_has_the_six_phases_in_order() -> None:
    assert list(dict.fromkeys(check.phase for check in checklist())) == [
        "Online inquiries",
        "Preliminary assessment",
        "Collection",
        "Preservation",
        "Verification",
        "Investigative analysis",
    ]
    source = checklist_source()
    assert source["checked_by_lawyer"] is False and str(source["citation"]).startswith("HR/PUB/20/2")


def test_the_docs_page_is_made_from_the_data() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table in (kinds_table(), norms_table(), checklist_table()):
        assert table in page


def test_everything_has_a_plain_form() -> None:
    plain = to_plain(norms())
    assert isinstance(plain, list) and len(plain) == len(norms())


def test_unknown_ids_get_the_nearest() -> None:
    with pytest.raises(NotFoundError, match=r"gc3\.13\.4"):
        element("gc3.13.44")
    with pytest.raises(NotFoundError, match="No norm"):
        norm("nothing")


GOOD_HEAD = {
    "id": "x",
    "title": "X",
    "adopted": "2000-01-01",
    "in_force": "2000-01-01",
    "citation": "1 UNTS 1",
    "source": "https://example.org",
    "version": "v",
    "checked_by_lawyer": False,
}
GOOD_ELEMENT = {"number": 1, "kind": "material", "text": "T.", "citation": "C"}


def data(head: object, part: object, **more: object) -> dict[str, object]:
    norm_fields = {
        "id": "x.1",
        "article": "1",
        "title": "T",
        "alternative_to": [],
        "read_with": [],
        "elements": [part],
    } | more
    return {"instrument": head, "norms": [norm_fields]}


def test_good_data_reads() -> None:
    (entry,) = norms_from(data(GOOD_HEAD, GOOD_ELEMENT), "x.yaml")
    assert entry.elements[0].id == "x.1.1" and entry.elements[0].paraphrase


@pytest.mark.parametrize(
    "bad",
    [
        data(None, GOOD_ELEMENT),
        data(GOOD_HEAD | {"adopted": dt.date(2000, 1, 1)}, GOOD_ELEMENT),
        data(GOOD_HEAD | {"source": ""}, GOOD_ELEMENT),
        data(GOOD_HEAD | {"checked_by_lawyer": "no"}, GOOD_ELEMENT),
        data(GOOD_HEAD, GOOD_ELEMENT | {"number": "1"}),
        data(GOOD_HEAD, GOOD_ELEMENT | {"kind": "verdict"}),
        data(GOOD_HEAD, GOOD_ELEMENT | {"citation": None}),
        data(GOOD_HEAD, "element"),
        data(GOOD_HEAD, GOOD_ELEMENT, elements=[]),
        data(GOOD_HEAD, GOOD_ELEMENT, alternative_to=None),
        data(GOOD_HEAD, GOOD_ELEMENT, read_with=[1]),
    ],
)
def test_incomplete_data_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(BadInputError, match=r"x\.yaml"):
        norms_from(bad, "x.yaml")
