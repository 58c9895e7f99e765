"""Commands on naming a unit: propose, sign, list; below ``witnessmark emblems unit``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, say, stamped
from witnessmark.desk.items import get_item
from witnessmark.desk.naming import clue_of, namings, plain_naming, propose_naming, sign_unit
from witnessmark.errors import BadInputError
from witnessmark.plain import to_plain
from witnessmark.review import Verdict, load_reviewer_key
from witnessmark.review.naming import HOW_SURE

PASSPHRASE_VARIABLE = "WITNESSMARK_REVIEWER_PASSPHRASE"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Name a unit: on two independent clues and somebody else's signature, or not at all.",
)


@app.command(
    "propose",
    epilog="Example:  witnessmark emblems unit propose WM-0001 '3rd example company' --how-sure likely "
    "--clue 'F-1a2b3c4d5e6f=the patch' --clue 'F-6f5e4d3c2b1a=named in the sound' --or-else 'captured clothing'",
)
def propose(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit that is proposed.")],
    how_sure: Annotated[str, typer.Option(help=f"One of: {', '.join(HOW_SURE)}.")],
    clue: Annotated[
        list[str],
        typer.Option(
            "--clue",
            metavar="ID=TEXT",
            help="A finding or abstention, and what in it points to the unit; for a claim, document:ID=TEXT or "
            "testimony:ID=TEXT. At least two that are independent.",
        ),
    ],
    or_else: Annotated[list[str], typer.Option("--or-else", help="What else would show the same; may be repeated.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose that an item shows a unit. It names nobody until somebody else has signed it."""
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        clues = []
        for text in clue:
            where, sign, says = text.partition("=")
            kind, _, result = where.rpartition(":")
            if not sign:
                raise BadInputError(f"'{text}' is no clue.", "Write it as ID=TEXT.")
            clues.append(clue_of(case, result.strip(), says, kind.strip()))
        naming = propose_naming(case, item, unit, how_sure, or_else, clues)
        now = next(one for one in namings(case) if one.naming.id == naming.id)
        stamped(case)

    def tell() -> None:
        OUT.print(f"{naming.id}: {now.said}")
        OUT.print(f"Somebody else signs it: witnessmark emblems unit sign {naming.id} --key THEIRS --sign-off ...")

    answer(as_json, plain_naming(now), tell)


@app.command(
    "sign",
    epilog="Example:  witnessmark emblems unit sign U-1a2b3c4d5e6f --key second.key --sign-off --conflict none "
    "--reasons 'looked at the pair and at the rivals, and heard the sound'",
)
def sign(
    naming_id: Annotated[str, typer.Argument(metavar="NAMING", help="As unit propose printed it.")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="The reviewer's own key file.")],
    conflict: Annotated[str, typer.Option(help="Conflict of interest in the reviewer's words, or none.")],
    reasons: Annotated[str, typer.Option(help="What was checked, and what is wrong.")],
    sign_off: Annotated[bool, typer.Option("--sign-off", help="It stands, as surely as it says.")] = False,
    dissent: Annotated[bool, typer.Option("--dissent", help="It does not stand.")] = False,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a proposal off, or dissent from it, as somebody other than its author."""
    if sign_off == dissent:
        raise BadInputError("It is not said which.", "Give one of --sign-off and --dissent.")
    own = load_reviewer_key(key, os.environ.get(PASSPHRASE_VARIABLE))
    verdict = Verdict.SIGN_OFF if sign_off else Verdict.DISSENT
    with opened(case_folder, operator=own.reviewer.name) as case:
        review = sign_unit(case, naming_id, key=own, verdict=verdict, reasons=reasons, conflict_of_interest=conflict)
        now = next(one for one in namings(case) if one.naming.id == naming_id)
        stamped(case)

    def tell() -> None:
        OUT.print(f"The {verdict} of {review.reviewer.name} is recorded.")
        OUT.print(now.said)

    answer(as_json, {"review": to_plain(review), "naming": plain_naming(now)}, tell)


@app.command("list", epilog="Example:  witnessmark emblems unit list")
def list_(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """List what was proposed, and how it stands."""
    with opened(case_folder) as case:
        found = namings(case)

    def tell() -> None:
        for one in found:
            say(f" {one.state}: {one.said}", mark=one.naming.id)
        if not found:
            OUT.print("No unit was proposed in this case.")

    answer(as_json, [plain_naming(one) for one in found], tell)
