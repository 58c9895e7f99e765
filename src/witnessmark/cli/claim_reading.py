"""The command that reads articles: files in, proposals out, kept in the case where there is one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.claims.articles import Reading
from witnessmark.claims.proposals import Proposal, SaidTime
from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, stamped, telling
from witnessmark.desk.articles import keep_reading, read_articles
from witnessmark.errors import BadInputError
from witnessmark.plain import Plain, to_plain

_PASSAGE_SHOWN = 110


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read", epilog="Example:  witnessmark claim read report.html --said-on 2031-10-03 --zone +04:00")(read)


def read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Articles: HTML, PDF or text.")],
    said_on: Annotated[
        str | None, typer.Option(metavar="DAY", help="When they were written, as 2031-10-03; their own date otherwise.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="+HH:MM", help="Offset of the times in them.", show_default=False)
    ] = None,
    gazetteer: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder with gazetteer.yaml or gazetteer.csv.")
    ] = None,
    parties: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Further parties: name | adjectives | people | seat | others.")
    ] = None,
    reader: Annotated[
        list[str] | None, typer.Option(metavar="NAME=PATH", help="A reader of one's own, with its model.")
    ] = None,
    text_to: Annotated[
        Path | None, typer.Option("--text-to", metavar="DIR", help="Write each text that the positions count in.")
    ] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read articles for who says what; in a case the proposals are kept, and wait for a person to accept them.

    Exit code 0 also where a document was not read, such as one in another language; it is kept, and the reason is said.
    """
    day = _day(said_on)
    named = [_named(each) for each in reader or []]
    kept = []
    asked = partial(
        read_articles, files, said_on=day, zone=zone, gazetteer=gazetteer, parties_file=parties, readers=named
    )
    if case_folder is None and not (Path.cwd() / "witnessmark.json").is_file():
        with telling(as_json) as teller:
            readings = asked(progress=teller)
    else:
        with opened(case_folder, operator) as case:
            with telling(as_json) as teller:
                readings = asked(case=case, progress=teller)
            kept = [keep_reading(case, path, found, zone) for path, found in zip(files, readings, strict=True)]
            stamped(case)
    if text_to is not None:
        text_to.mkdir(parents=True, exist_ok=True)
        for found in readings:
            (text_to / f"{found.document.sha256}.txt").write_bytes(found.text.encode("utf-8"))

    def tell() -> None:
        for found in readings:
            _tell(found)
        if kept:
            added, known = sum(len(each.added) for each in kept), sum(len(each.known) for each in kept)
            OUT.print(f"Kept {added} new proposals; {known} were known.")
            OUT.print("Nothing counts before a person accepts it: witnessmark claim list --proposals --state open")

    answer(as_json, reading_plain(readings), tell)


def reading_plain(readings: tuple[Reading, ...]) -> dict[str, Plain]:
    """What ``--json`` prints: `documents`, `proposals`, `questions`, and `document` where there is only one."""
    documents = [_document(found) for found in readings]
    said: dict[str, Plain] = {"document": documents[0]} if len(documents) == 1 else {}
    said["documents"] = [*documents]
    said["proposals"] = [proposal_plain(each) for found in readings for each in found.proposals]
    said["questions"] = [question for found in readings for question in found.questions]
    return said


def proposal_plain(proposal: Proposal) -> Plain:
    """A proposal under the keys of the machine interface."""
    held = to_plain(proposal)
    assert isinstance(held, dict)
    held["time"], held["said_at"] = _time(proposal.time), _time(proposal.said_at)
    return held


def _time(time: SaidTime | None) -> Plain:
    held = to_plain(time)
    if isinstance(held, dict):
        held = {"from": held.pop("from_"), **held}
    return held


def _document(found: Reading) -> dict[str, Plain]:
    day = found.document.said_on
    document = to_plain(replace(found.document, said_on=None))
    assert isinstance(document, dict)
    document["said_on"] = None if day is None else day.isoformat()
    return document


def _tell(found: Reading) -> None:
    document = found.document
    day = "no date of its own" if document.said_on is None else f"{document.said_on} ({document.said_on_from})"
    OUT.print(f"{document.name}: {document.title or 'without a title'}; {document.outlet or 'outlet not told'}; {day}")
    if document.unread is not None:
        OUT.print(f"  Unread: {document.unread}")
        return
    for each in found.proposals:
        when = None if each.time is None else each.time.words
        where = None if each.place is None else f"{each.place.relation} {each.place.name}"
        facts = (each.about.value, each.hedge.value, when, where, each.count and each.count.words, each.unit)
        passage = each.passage if len(each.passage) <= _PASSAGE_SHOWN else each.passage[: _PASSAGE_SHOWN - 1] + "…"
        OUT.print(f"  {each.id}  {each.speaker}: {'; '.join(fact for fact in facts if fact)}")
        OUT.print(f"      {passage}")
    if not found.proposals:
        OUT.print("  Nothing was found that speaks of the matter.")
    for question in found.questions:
        OUT.print(f"  asks: {question}")
    for note in document.notes:
        OUT.print(f"  note: {note}")


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"'{text}' is no day.", "Write it as 2031-10-03.") from None


def _named(text: str) -> tuple[str, Path]:
    name, mark, path = text.partition("=")
    if not mark or not name or not path:
        raise BadInputError(f"'{text}' names no reader.", "Write NAME=PATH.")
    return name, Path(path)
