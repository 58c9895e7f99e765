"""Commands on the register of persons: new-key, change-key, add, update, list, show, link, withdraw."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, pairs, stamped, table
from witnessmark.custody.data_keys import KeyFile, Opener, Passphrase
from witnessmark.custody.sealed_fields import DataKey
from witnessmark.desk.case import Case
from witnessmark.desk.data_key import change_key, data_key_path, make_key, open_fields, open_key, opener_from
from witnessmark.desk.persons import SEALED_FIELDS, ConsentState, Risk, Role, Status
from witnessmark.desk.register import (
    add_person,
    change_person,
    get_person,
    link_person,
    person_row,
    persons,
    read_face,
    withdraw_person,
)
from witnessmark.errors import BadInputError, ClashError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Persons at risk, listed by pseudonym; names, contacts, homes and faces are sealed.",
)

NEW_PASSPHRASE_VARIABLE = "WITNESSMARK_NEW_DATA_PASSPHRASE"

Who = Annotated[str, typer.Argument(metavar="PERSON", help="Id or pseudonym.")]
KeyFileOption = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="The key file that opens the data key.")
]
RoleOption = Annotated[str | None, typer.Option("--role", help=f"One of: {', '.join(Role)}.")]
RiskOption = Annotated[str | None, typer.Option("--risk", help=f"One of: {', '.join(Risk)}.")]
StatusOption = Annotated[str | None, typer.Option("--status", help=f"One of: {', '.join(Status)}.")]
WhenOption = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="2031, 2031-09, 2031-09-13, DAY/DAY or a time with offset.")
]
SourceOption = Annotated[
    str, typer.Option("--source", help="How the status is known: an exhibit, a claim, a document.")
]
ConsentOption = Annotated[str | None, typer.Option("--consent", help=f"One of: {', '.join(ConsentState)}.")]
ScopeOption = Annotated[str, typer.Option("--scope", help="What they agreed to.")]
NameOption = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Sealed. '-' asks for it unseen.")]
ContactOption = Annotated[str | None, typer.Option("--contact", metavar="TEXT", help="Sealed. '-' asks for it unseen.")]
HomeOption = Annotated[str | None, typer.Option("--home", metavar="TEXT", help="Sealed. '-' asks for it unseen.")]
NoteOption = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Sealed. '-' asks for it unseen.")]
FaceOption = Annotated[Path | None, typer.Option("--face", metavar="FILE", help="A small still, sealed.")]


@app.command("new-key", epilog="Example:  witnessmark register new-key --key-file /media/stick/case.key")
def new_key(
    key_file: KeyFileOption = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the case's data key, opened by a passphrase or a key file. Lost, nobody can read what is sealed under it.

    The passphrase is WITNESSMARK_DATA_PASSPHRASE, or asked for.
    """
    with opened(case_folder, operator) as case:
        opener = opener_from(key_file) or Passphrase(_asked("A passphrase for the data key", twice=True))
        key = make_key(case, opener)
        path = data_key_path(case)
        stamped(case)

    def tell() -> None:
        OUT.print(f"The data key {key.key_id[:8]} is in {path}.")
        OUT.print("Keep a copy of it, and a second way to open it, apart from the case: a lost key is lost.")

    answer(as_json, {"key_id": key.key_id, "file": str(path)}, tell)


@app.command("change-key", epilog="Example:  witnessmark register change-key --new-key-file /media/stick/two.key --add")
def change_key_(
    key_file: KeyFileOption = None,
    new_key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A key file to open it from now on.")
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Keep the present way too.")] = False,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what opens the data key; the sealed fields stay as they are.

    A new passphrase is WITNESSMARK_NEW_DATA_PASSPHRASE, or asked for. Somebody who copied the old file and knows what
    opened it can still read the fields.
    """
    with opened(case_folder, operator) as case:
        old = opener_from(key_file) or Passphrase(_asked("The present passphrase"))
        given = os.environ.get(NEW_PASSPHRASE_VARIABLE, "")
        new: Opener = (
            KeyFile(new_key_file)
            if new_key_file is not None
            else Passphrase(given or _asked("The new passphrase", twice=True))
        )
        key = change_key(case, old, new, keep_old=add)
        stamped(case)
    answer(as_json, {"key_id": key.key_id}, lambda: OUT.print("Changed. The fields stay sealed under the same key."))


@app.command("add", epilog="Example:  witnessmark register add --role held --status captured --source WM-0001 --name -")
def add(
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(Role)}.")],
    pseudonym: Annotated[
        str | None, typer.Option(help="What they are called in clear; their number unless given.")
    ] = None,
    risk: Annotated[str, typer.Option(help=f"One of: {', '.join(Risk)}.")] = Risk.NOT_ASSESSED,
    status: StatusOption = None,
    when: WhenOption = None,
    source: SourceOption = "",
    consent: ConsentOption = None,
    scope: ScopeOption = "",
    name: NameOption = None,
    contact: ContactOption = None,
    home: HomeOption = None,
    note: NoteOption = None,
    face: FaceOption = None,
    key_file: KeyFileOption = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a person on the register. What tells who they are is sealed before it is written anywhere."""
    with opened(case_folder, operator) as case:
        secrets = _secrets(name, contact, home, note, face)
        made = add_person(
            case,
            role=role,
            pseudonym=pseudonym,
            risk=risk,
            status=status,
            when=when,
            source=source,
            consent=consent,
            scope=scope,
            secrets=secrets,
            key=_key(case, key_file) if secrets else None,
        )
        stamped(case)
    row = person_row(made)
    answer(as_json, row, lambda: OUT.print(f"{made.id} ({made.pseudonym}) is on the register; {_sealed_words(row)}."))


@app.command(
    "update", epilog="Example:  witnessmark register update PR-0001 --status released --on 2031-10 --source C-3"
)
def update(
    who: Who,
    role: RoleOption = None,
    risk: RiskOption = None,
    status: StatusOption = None,
    when: WhenOption = None,
    source: SourceOption = "",
    consent: ConsentOption = None,
    scope: ScopeOption = "",
    name: NameOption = None,
    contact: ContactOption = None,
    home: HomeOption = None,
    note: NoteOption = None,
    face: FaceOption = None,
    key_file: KeyFileOption = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a status, a consent, another role or risk, or sealed fields. What was there before stays in the log."""
    with opened(case_folder, operator) as case:
        secrets = _secrets(name, contact, home, note, face)
        made = change_person(
            case,
            who,
            role=role,
            risk=risk,
            status=status,
            when=when,
            source=source,
            consent=consent,
            scope=scope,
            secrets=secrets,
            key=_key(case, key_file) if secrets else None,
        )
        stamped(case)
    answer(as_json, person_row(made), lambda: OUT.print(f"{made.pseudonym}: recorded."))


@app.command("list")
def list_(
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Withdrawn entries too.")] = False,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the register by pseudonym. No key is needed, and no name is shown."""
    with opened(case_folder) as case:
        found = [one for one in persons(case).values() if withdrawn or one.withdrawn is None]
    rows = [person_row(one) for one in found]

    def tell() -> None:
        shown = table("Person", "Pseudonym", "Role", "Last status", "Consent", "Risk", "Sealed")
        for row in rows:
            last = row["history"][-1] if row["history"] else None
            status = "-" if last is None else f"{last['status']} {last['when']['words'] if last['when'] else ''}"
            sealed = ", ".join(row["sealed"])
            shown.add_row(
                row["id"], row["pseudonym"], row["role"], status, row["consent"]["state"], row["risk"], sealed
            )
        OUT.print(shown if rows else "Nobody is on the register. Begin with: witnessmark register add --role held")

    answer(as_json, rows, tell)


@app.command("show", epilog="Example:  witnessmark register show PR-0001 --open name --purpose 'Call with the family'")
def show(
    who: Who,
    open_: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="FIELD", help=f"Open a sealed field ({', '.join(SEALED_FIELDS)}); logged."),
    ] = None,
    purpose: Annotated[str, typer.Option(help="What it is opened for; the log keeps it.")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write an opened face.")] = None,
    key_file: KeyFileOption = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an entry. Sealed fields are named; they are opened only when asked, for a purpose, and the log says so."""
    wanted = list(dict.fromkeys(open_ or []))
    if "face" in wanted and (out is None or out.exists()):
        raise ClashError("An opened face is written to a new file.", "Give --out FILE that does not exist yet.")
    with opened(case_folder, operator) as case:
        person = get_person(case, who)
        found: dict[str, Any] = {}
        if wanted:
            found = dict(open_fields(case, _key(case, key_file), person.id, person.sealed, wanted, purpose))
            stamped(case)
    if isinstance(found.get("face"), bytes):
        assert out is not None
        _write_private(out, found["face"])
        found["face"] = str(out)
    row = {**person_row(person), "opened": found}

    def tell() -> None:
        facts = {name: row[name] for name in ("id", "pseudonym", "role", "risk")}
        consent = row["consent"]
        facts |= {
            "consent": f"{consent['state']} {consent['scope']}".strip(),
            "sealed": ", ".join(row["sealed"]) or "-",
        }
        if row["withdrawn"]:
            facts["withdrawn"] = row["withdrawn"]
        OUT.print(pairs({**facts, **found}))
        for one in row["history"]:
            at = one["when"]["words"] if one["when"] else "at a time not known"
            OUT.print(f"{one['status']} {at}, by {one['source']}")
        for one in row["links"]:
            OUT.print(f"link {one['number']}: {one['relation']} {one['kind']} {one['target']}")

    answer(as_json, row, tell)


@app.command("link", epilog="Example:  witnessmark register link PR-0001 --item WM-0001 --as 'appears from second 4'")
def link(
    who: Who,
    relation: Annotated[str, typer.Option("--as", metavar="WORDS", help="How the two hang together.")],
    item: Annotated[str | None, typer.Option(help="Exhibit number.")] = None,
    claim: Annotated[str | None, typer.Option(help="A claim's id.")] = None,
    finding: Annotated[str | None, typer.Option(help="A finding's id.")] = None,
    person: Annotated[str | None, typer.Option(help="Another entry.")] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a person beside an item, claim, finding or another person. A person says so; no face is recognised."""
    given = {"item": item, "claim": claim, "finding": finding, "person": person}
    chosen = [(kind, target) for kind, target in given.items() if target is not None]
    if len(chosen) != 1:
        raise BadInputError("A link has one end.", "Give one of --item, --claim, --finding and --person.")
    with opened(case_folder, operator) as case:
        made = link_person(case, who, *chosen[0], relation)
        stamped(case)
    answer(as_json, person_row(made), lambda: OUT.print(f"{made.pseudonym} {relation} {chosen[0][1]}: recorded."))


@app.command("withdraw", epilog="Example:  witnessmark register withdraw PR-0001 --reason 'consent taken back'")
def withdraw(
    who: Who,
    reason: Annotated[str, typer.Option(help="Why; it stands in clear.")],
    link: Annotated[int | None, typer.Option(metavar="NUMBER", help="Only this link, by its number.")] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back an entry, or one link of it. The log keeps it and the reason; sealed fields stay sealed there."""
    with opened(case_folder, operator) as case:
        made = withdraw_person(case, who, reason, link)
        stamped(case)
    what = "is withdrawn" if link is None else f"is no longer linked by {link}"
    answer(as_json, person_row(made), lambda: OUT.print(f"{made.pseudonym} {what}."))


def _key(case: Case, key_file: Path | None) -> DataKey:
    opener = opener_from(key_file)
    if opener is None and case.settings.get("data_key") and sys.stdin.isatty():
        opener = Passphrase(_asked("The passphrase of the data key"))
    return open_key(case, opener)


def _secrets(
    name: str | None, contact: str | None, home: str | None, note: str | None, face: Path | None
) -> dict[str, str | bytes]:
    given = {"name": name, "contact": contact, "home": home, "note": note}
    found: dict[str, str | bytes] = {
        field: _asked(field.capitalize()) if value == "-" else value
        for field, value in given.items()
        if value is not None
    }
    if face is not None:
        found["face"] = read_face(face)
    return found


def _asked(what: str, *, twice: bool = False) -> str:
    """Words typed unseen; from a pipe, its next line."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise BadInputError(f"{what}: nothing was given.", "Type it, pipe it in, or set the environment variable.")
        return line
    typed = getpass.getpass(f"{what}: ")
    if twice and getpass.getpass("Again: ") != typed:
        raise BadInputError("The two are not the same.", "Type it again.")
    return typed


def _write_private(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise BadInputError(f"'{path}' cannot be written ({error.strerror}).", "Give another path.") from error


def _sealed_words(row: dict[str, Any]) -> str:
    return f"sealed: {', '.join(row['sealed'])}" if row["sealed"] else "nothing of it is sealed"
