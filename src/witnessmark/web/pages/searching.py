"""Search across everything a case holds in words: items, claims, sources, findings, marks, names and the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from witnessmark.desk.case import Case
from witnessmark.desk.names import case_names
from witnessmark.desk.register import persons
from witnessmark.lines.providers.gazetteer import fold
from witnessmark.web.doors import InCase
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)
MOST_FOUND = 200
AROUND = 90
"""Signs shown on either side of what was found."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found.

    Attributes
    ----------
    kind : str
    title : str
    path : str
        Below the case's own address.
    around : str
        The words about it.
    """

    kind: str
    title: str
    path: str
    around: str


@router.get("/c/{case}/search")
def search_page(request: Request, seat: InCase, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The page, with what was found; case, accents and spelling marks make no difference."""
    case = seat.case
    found = search(case, q) if fold(q) else []
    return page(request, "search.html", seat, case=case, q=q, hits=found[:MOST_FOUND], more=len(found) > MOST_FOUND)


def search(case: Case, words: str) -> list[Hit]:
    """Everything that holds all the words, items first."""
    wanted = fold(words).split()
    found = []
    for kind, title, path, text in _texts(case):
        held = fold(text)
        if all(word in held for word in wanted):
            found.append(Hit(kind, title, path, _about(text, wanted[0])))
            if len(found) > MOST_FOUND:
                break
    return found


def _about(text: str, word: str) -> str:
    at = max(0, fold(text).find(word))
    start, end = max(0, at - AROUND), at + len(word) + AROUND
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _texts(case: Case) -> Iterator[tuple[str, str, str, str]]:
    """Kind, title, address and words of everything."""
    for body in case.records.items(copy="evidentiary"):
        said = [
            body["exhibit_number"],
            body["name"],
            body["sha256"],
            json.dumps(body.get("media") or {}, ensure_ascii=False),
        ]
        said += [json.dumps(posting, ensure_ascii=False) for posting in case.records.appearances(body["sha256"])]
        yield "item", body["exhibit_number"], f"/items/{body['exhibit_number']}", " ".join(said)
        for mark in case.records.marks(body["sha256"]):
            text = f"{mark['kind']} {mark['author']} {json.dumps(mark['body'], ensure_ascii=False)}"
            yield "mark", f"{mark['kind']} on {body['exhibit_number']}", f"/items/{body['exhibit_number']}#marks", text
    sources = {source["id"]: source for source in case.records.sources()}
    for claim in case.records.claims():
        speaker = sources.get(claim["source"], {}).get("name", claim["source"])
        text = f"{claim['id']} {speaker} {claim['statement']} {claim['quote']['text']}"
        yield "claim", claim["id"], f"/claims#claim-{claim['id']}", text
    for result in case.records.results():
        text = f"{result['id']} {result.get('statement') or result.get('reason')}"
        text += " " + json.dumps(result["observations"] or {}, ensure_ascii=False)[:200_000]
        yield (
            "finding",
            f"{result['line']} on {result['exhibit']}",
            f"/items/{result['exhibit']}#line-{result['line']}",
            text,
        )
    for thing in case_names(case).things:
        yield "name", thing.name, "/where", " ".join((thing.name, thing.kind, *thing.spellings, thing.note))
    for person in persons(case).values():
        yield "person", person.pseudonym, "/register", f"{person.id} {person.pseudonym} {person.role}"
