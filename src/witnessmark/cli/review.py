"""Commands on review: open, conclude, compare, sign, dissent, list, agreement, new-key."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, stamped, table
from witnessmark.custody.keys import PublicKey
from witnessmark.desk.case import cases_below, open_case
from witnessmark.desk.reviewing import agreements, due_reviews, review_rows, review_subject
from witnessmark.desk.second_opinions import compared, conclude, open_packet, plain_rows
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.plain import to_plain
from witnessmark.review import ReviewerKey, Verdict, load_reviewer_key, new_reviewer_key
from witnessmark.review.agreement import Coefficient

PASSPHRASE_VARIABLE = "WITNESSMARK_REVIEWER_PASSPHRASE"

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Sign off or dissent, as somebody other than the author."
)

Subject = Annotated[str, typer.Argument(metavar="ID", help="A finding (F-...) or assessment (AS-...).")]
Key = Annotated[Path, typer.Option(metavar="FILE", help="The reviewer's own key file, which says who they are.")]
Conflict = Annotated[str, typer.Option(help="Conflict of interest in the reviewer's words, or none.")]
Reasons = Annotated[str, typer.Option(help="What was checked, and what is wrong.")]
Blind = Annotated[bool, typer.Option("--blind", help="Formed before seeing the author's opinion.")]
Again = Annotated[str | None, typer.Option(metavar="REASON", help="Why this takes the place of your earlier review.")]


@app.command("open", epilog="Example:  witnessmark review open AS-1b2c --reviewer 'B. Second' --blind --out packet")
def open_(
    subject: Subject,
    reviewer: Annotated[str, typer.Option(metavar="NAME", help="The name that stands in the reviewer's key.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="A new or empty folder for the packet.")],
    blind: Annotated[bool, typer.Option("--blind", help="Leave out the author's conclusion and name.")] = False,
    footage: Annotated[bool, typer.Option(help="Put copies of the originals in.")] = True,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand a reviewer a packet: items, marks, observations and a form for their own conclusion. The log says so."""
    with opened(case_folder, operator) as case:
        made = open_packet(case, subject, reviewer, out, blind=blind, footage=footage)
        stamped(case)

    def tell() -> None:
        what = "without the author's conclusion" if blind else "with the author's conclusion in it"
        OUT.print(f"The packet for {made.reviewer} is in {out}, {what}.\nIt begins with {out / 'README.txt'}")

    answer(as_json, made, tell)


@app.command("conclude", epilog="Example:  witnessmark review conclude AS-1b2c --key second.key --from answer.yaml")
def conclude_(
    subject: Subject,
    key: Key,
    form: Annotated[Path, typer.Option("--from", metavar="FILE", help="The packet's form, filled in.")],
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the reviewer's own conclusion on record, signed, before the author's is shown to them."""
    own = _own(key)
    try:
        data = form.read_bytes()
    except OSError as error:
        raise NotFoundError(f"The form '{form}' cannot be read ({error.strerror}).", "Give its path.") from error
    with opened(case_folder, operator=own.reviewer.name) as case:
        made = conclude(case, data, own, subject)
        stamped(case)

    def tell() -> None:
        how = "blind" if made.blind else "not blind: the packet held the author's conclusion"
        OUT.print(f"{own.reviewer.name}'s own conclusion on {subject} is signed and recorded ({how}).")
        OUT.print(f"Now compare: witnessmark review compare {subject} --key {key}")

    answer(as_json, made, tell)


@app.command("compare", epilog="Example:  witnessmark review compare AS-1b2c --key second.key")
def compare_(subject: Subject, key: Key, case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """Show the author's conclusion beside the reviewer's own; refused until the reviewer's is on record."""
    own = _own(key)
    with opened(case_folder, operator=own.reviewer.name) as case:
        rows = plain_rows(compared(case, subject, own))

    def tell() -> None:
        shown = table("Question", "Author", "Reviewer", "Agree", "")
        words = {True: "yes", False: "no", None: "-"}
        for row in rows:
            shown.add_row(row["question"], row["author"], row["reviewer"], words[row["agree"]], row["said"])
        OUT.print(shown)

    answer(as_json, {"subject": subject, "reviewer": own.reviewer.name, "compared": rows}, tell)


@app.command("sign", epilog="Example:  witnessmark review sign AS-1b2c --key second.key --sign-off --conflict none")
def sign(
    subject: Subject,
    key: Key,
    conflict: Conflict,
    sign_off: Annotated[bool, typer.Option("--sign-off", help="It stands.")] = False,
    dissent: Annotated[bool, typer.Option("--dissent", help="It does not stand; say why in --reasons.")] = False,
    abstain: Annotated[bool, typer.Option("--abstain", help="I cannot say; say why in --reasons.")] = False,
    reasons: Reasons = "",
    blind: Blind = False,
    again: Again = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a second person's verdict on record, signed with their own key over exactly this subject."""
    chosen = [verdict for verdict, asked in zip(Verdict, (sign_off, dissent, abstain), strict=True) if asked]
    if len(chosen) != 1:
        raise BadInputError("A review has one verdict.", "Give one of --sign-off, --dissent and --abstain.")
    _sign(subject, key, chosen[0], reasons, conflict, blind, again, case_folder, as_json)


@app.command(
    "dissent", epilog="Example:  witnessmark review dissent AS-1b2c --key second.key --reasons 'Why' --conflict none"
)
def dissent_(
    subject: Subject,
    key: Key,
    reasons: Reasons,
    conflict: Conflict,
    blind: Blind = False,
    again: Again = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a dissent on record, with its reasons. The same as: review sign --dissent."""
    _sign(subject, key, Verdict.DISSENT, reasons, conflict, blind, again, case_folder, as_json)


@app.command("list")
def list_(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """List the reviews, whether each still stands, and which are due again because an input was superseded."""
    with opened(case_folder) as case:
        rows, due = review_rows(case), due_reviews(case)
    why = {row["subject"]: row["why"] for row in due}
    for row in rows:
        row["due"] = why.get(row["subject_id"], [])

    def tell() -> None:
        shown = table("Subject", "Reviewer", "Verdict", "Stands", "Reasons")
        for row in rows:
            shown.add_row(row["subject_id"], row["reviewer"]["name"], row["verdict"], row["state"], row["reasons"])
        OUT.print(shown if rows else "Nobody has reviewed anything in this case yet.")
        for one in due:
            instead = f" Review {one['review_instead']} instead." if one["review_instead"] else ""
            OUT.print(f"Due again: {one['subject']}. {' '.join(one['why'])}{instead}")

    answer(as_json, rows, tell)


@app.command("agreement", epilog="Example:  witnessmark review agreement --cases ~/cases")
def agreement_(
    cases: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take every case in this folder together.", show_default=False)
    ] = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how far people agree who judged apart, with intervals, and say when N is too small."""
    with ExitStack() as stack:
        if cases is None:
            those = [stack.enter_context(opened(case_folder))]
        else:
            those = [open_case(path) for path in cases_below(cases)]
            for case in those:
                stack.callback(case.close)
            if not those:
                raise NotFoundError(f"There is no case in '{cases}'.", "Give the folder your cases are in.")
        made, met = agreements(those)

    def tell() -> None:
        shown = table("Questions", "N", "Persons", "Same answer", "Cohen's kappa", "Krippendorff's alpha")
        for name, one in made.items():
            numbers = (_number(each) for each in (one.simple, one.cohen_kappa, one.krippendorff_alpha))
            shown.add_row(name, str(one.questions), str(one.raters), *numbers)
        OUT.print(shown)
        for name, one in made.items():
            OUT.print(f"{name}: {one.said}")
        OUT.print(met.said)

    said = {"cases": [case.reference for case in those], "agreement": to_plain(made), "regions_met": to_plain(met)}
    answer(as_json, said, tell)


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


def _own(path: Path) -> ReviewerKey:
    return load_reviewer_key(path, os.environ.get(PASSPHRASE_VARIABLE) or None)


def _sign(
    subject: str,
    key: Path,
    verdict: Verdict,
    reasons: str,
    conflict: str,
    blind: bool,
    again: str | None,
    case_folder: Path | None,
    as_json: bool,
) -> None:
    own = _own(key)
    name = own.reviewer.name
    with opened(case_folder, operator=name) as case:
        made = review_subject(
            case,
            subject,
            key=own,
            verdict=verdict,
            reasons=reasons,
            conflict_of_interest=conflict,
            blind=blind,
            again=again,
        )
        stamped(case)
    answer(as_json, made, lambda: OUT.print(f"{name}: {made.verdict} of {subject}, signed and recorded."))


def _number(one: Coefficient) -> str:
    if one.value is None:
        return "-"
    between = "" if one.low is None or one.high is None else f" ({one.low:.2f} to {one.high:.2f})"
    return f"{one.value:.2f}{between}"
