"""Commands on review: sign, list, new-key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, answer, opened, stamped, table
from witnessmark.custody.keys import PublicKey
from witnessmark.desk.reviewing import review_rows, review_subject
from witnessmark.errors import BadInputError
from witnessmark.review import Verdict, load_reviewer_key, new_reviewer_key

PASSPHRASE_VARIABLE = "WITNESSMARK_REVIEWER_PASSPHRASE"

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Sign off or dissent, as somebody other than the author."
)


@app.command("sign", epilog="Example:  witnessmark review sign AS-1b2c --key second.key --sign-off --conflict none")
def sign(
    subject: Annotated[str, typer.Argument(metavar="ID", help="A finding (F-...) or assessment (AS-...).")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="The reviewer's own key file, which says who they are.")],
    conflict: Annotated[str, typer.Option(help="Conflict of interest in the reviewer's words, or none.")],
    sign_off: Annotated[bool, typer.Option("--sign-off", help="It stands.")] = False,
    dissent: Annotated[bool, typer.Option("--dissent", help="It does not stand; say why in --reasons.")] = False,
    abstain: Annotated[bool, typer.Option("--abstain", help="I cannot say; say why in --reasons.")] = False,
    reasons: Annotated[str, typer.Option(help="What was checked, and what is wrong.")] = "",
    blind: Annotated[bool, typer.Option("--blind", help="Formed before seeing the author's opinion.")] = False,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a second person's verdict on record, signed with their own key over exactly this subject."""
    chosen = [verdict for verdict, asked in zip(Verdict, (sign_off, dissent, abstain), strict=True) if asked]
    if len(chosen) != 1:
        raise BadInputError("A review has one verdict.", "Give one of --sign-off, --dissent and --abstain.")
    own = load_reviewer_key(key, os.environ.get(PASSPHRASE_VARIABLE) or None)
    name = own.reviewer.name
    with opened(case_folder, operator=name) as case:
        made = review_subject(
            case,
            subject,
            key=own,
            verdict=chosen[0],
            reasons=reasons,
            conflict_of_interest=conflict,
            blind=blind,
        )
        stamped(case)
    answer(as_json, made, lambda: OUT.print(f"{name}: {made.verdict} of {subject}, signed and recorded."))


@app.command("list")
def list_(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """List the reviews and whether each still stands."""
    with opened(case_folder) as case:
        rows = review_rows(case)

    def tell() -> None:
        shown = table("Subject", "Reviewer", "Verdict", "Stands", "Reasons")
        for row in rows:
            shown.add_row(row["subject_id"], row["reviewer"]["name"], row["verdict"], row["state"], row["reasons"])
        OUT.print(shown if rows else "Nobody has reviewed anything in this case yet.")

    answer(as_json, rows, tell)


@app.command("new-key", epilog="Example:  witnessmark review new-key 'B. Second' --affiliation X --out second.key")
def new_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As it will stand under the reviews.")],
    affiliation: Annotated[str, typer.Option(help="Whom the reviewer works for; 'independent' is an answer.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the private key; keep it to yourself.")],
    as_json: JsonOption = False,
) -> None:
    """Make a reviewer's key. Read its fingerprint to the case's author by another way than the case itself."""
    reviewer = new_reviewer_key(out, name, affiliation, os.environ.get(PASSPHRASE_VARIABLE) or None)
    fingerprint = PublicKey(reviewer.public_key_pem.encode()).fingerprint.hex()

    def tell() -> None:
        OUT.print(f"{reviewer.name}'s key is in {out}\nfingerprint {fingerprint}")

    answer(as_json, {"key": str(out), "fingerprint": fingerprint}, tell)
