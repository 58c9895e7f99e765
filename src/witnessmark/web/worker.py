"""The process that does long work for the pages: ``python -m witnessmark.web.worker FOLDER OPERATOR WHAT ...``.

It writes one JSON object a line: ``{"done": 0.4, "what": "..."}`` on the way, ``{"answer": {...}}`` or
``{"error": {...}}`` at the end.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from witnessmark.desk.articles import keep_reading, read_articles
from witnessmark.desk.assessing import assess
from witnessmark.desk.blurring import preview
from witnessmark.desk.case import Case, open_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item, get_item
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.stamping import stamp_if_configured
from witnessmark.dossier import Edition, read_plan
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.plain import to_plain

Tell = Callable[[float, str], None]
Doing = Callable[[Case, list[str], Tell], dict[str, Any]]


def run_some_lines(case: Case, arguments: list[str], tell: Tell) -> dict[str, Any]:
    """Run lines: arguments are names of lines, then ``--``, then exhibits."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    names, items = arguments[:at], arguments[at + 1 :]
    results = run_lines(case, names, items, progress=lambda which, done, what: tell(done, f"{which}: {what}"))
    return {"results": [result["id"] for result in results]}


def fuse_findings(case: Case, arguments: list[str], tell: Tell) -> dict[str, Any]:
    """Assess: arguments are exhibits."""
    return {"assessment": assess(case, arguments, progress=tell)["id"]}


def take_in(case: Case, arguments: list[str], tell: Tell) -> dict[str, Any]:
    """Take a file in: its path, how it was obtained, and its address or nothing; the upload's copy is then removed."""
    path, method, url = Path(arguments[0]), arguments[1], arguments[2]
    try:
        taken = add_item(case, path, method=method, url=url or None, progress=tell)
    finally:
        _remove(path)
    return {"item": taken.item.exhibit_number, "already_kept": taken.already_kept, "note": taken.note}


def read_article(case: Case, arguments: list[str], tell: Tell) -> dict[str, Any]:
    """Read an article: its path, the day it was written or nothing, the offset of its times or nothing."""
    path, said_on, zone = Path(arguments[0]), arguments[1], arguments[2]
    try:
        day = dt.date.fromisoformat(said_on) if said_on else None
    except ValueError as error:
        raise BadInputError(f"'{said_on}' is no day.", "Write it as 2031-10-03.") from error
    try:
        tell(0.1, f"reading {path.name}")
        (found,) = read_articles([path], case=case, said_on=day, zone=zone or None)
        kept = keep_reading(case, path, found, zone or None)
    finally:
        _remove(path)
    return {"document": kept.document, "new": len(kept.added), "unread": found.document.unread}


def seal_edition(case: Case, arguments: list[str], tell: Tell) -> dict[str, Any]:
    """Seal: the folder to be made, the edition, the recipient, the purpose, and a plan's text or nothing."""
    out, edition, recipient, purpose, text = Path(arguments[0]), Edition(arguments[1]), *arguments[2:5]
    written = read_plan(text)
    plan = replace(written, recipient=recipient or written.recipient, purpose=purpose or written.purpose)
    sealed = seal_case(case, out, edition, plan=plan, progress=tell)
    return {"dossier": out.name, "seal_sha256": sealed.seal_sha256.hex()}


def make_preview(case: Case, arguments: list[str], tell: Tell) -> dict[str, Any]:
    """Make the small blurred videos that pages show: arguments are exhibits."""
    items = [get_item(case, name) for name in arguments]
    for item in items:
        preview(case, item, progress=tell)
    return {"previews": [item.exhibit_number for item in items]}


def _remove(path: Path) -> None:
    """Remove an upload's copy and its folder, when nothing else is in it."""
    path.unlink(missing_ok=True)
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


KINDS: dict[str, Doing] = {
    "lines": run_some_lines,
    "assess": fuse_findings,
    "take-in": take_in,
    "read": read_article,
    "seal": seal_edition,
    "preview": make_preview,
}
"""What can be asked for."""


def main(argv: list[str]) -> int:
    """Do one piece of work."""

    def say(value: dict[str, Any]) -> None:
        print(json.dumps(to_plain(value)), flush=True)

    folder, operator, kind, *arguments = argv
    try:
        doing = KINDS.get(kind)
        if doing is None:
            raise BadInputError(f"There is no work called '{kind}'.", f"There are: {', '.join(sorted(KINDS))}.")
        case = open_case(Path(folder), operator=operator)
        try:
            answer = doing(case, arguments, lambda done, what: say({"done": done, "what": what}))
            stamp_if_configured(case)
        finally:
            case.close()
    except WitnessmarkError as error:
        say({"error": error.to_plain()})
        return error.exit_code
    say({"answer": answer})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
