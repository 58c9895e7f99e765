"""Commands by which a person says how claims stand to one another, and what bears on those no line can weigh."""

from __future__ import annotations

from typing import Annotated

import typer

from witnessmark.claims.attachments import Strength, alternatives_of
from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, stamped
from witnessmark.desk.claims import attach, detach, name_alternatives, relate, tie_items, unrelate
from witnessmark.errors import BadInputError

_STEPS = ", ".join(f"{step.value} {step.words}" for step in Strength)
Claim = Annotated[str, typer.Argument(metavar="CLAIM", help="A claim's id.")]
Kind = Annotated[str, typer.Argument(metavar="RELATION", help="repeats, contradicts or attributes-to.")]
Other = Annotated[
    str,
    typer.Argument(metavar="OTHER", help="Another claim; for attributes-to also a source, an item or an address."),
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", "--operator", envvar="WITNESSMARK_OPERATOR", metavar="NAME", help="Who judges so.", show_default=False
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("relate", epilog="Example:  witnessmark claim relate paper-1 repeats north-1 --reason 'Same words.'")(
        relate_
    )
    app.command("unrelate", epilog="Example:  witnessmark claim unrelate paper-1 repeats north-1 --reason 'A slip.'")(
        unrelate_
    )
    app.command("about", epilog="Example:  witnessmark claim about north-1 --item WM-0001")(about_)
    app.command("alternatives", epilog="Example:  witnessmark claim alternatives north-2 --name 'another unit'")(
        alternatives_
    )
    app.command(
        "attach",
        epilog="Example:  witnessmark claim attach F-1b2c3d north-2 --for --strength fair --reason 'A patch is seen.'",
    )(attach_)
    app.command("detach", epilog="Example:  witnessmark claim detach AT-0001 --reason 'Read wrongly.'")(detach_)


def relate_(
    claim: Claim,
    kind: Kind,
    other: Other,
    reason: Annotated[str, typer.Option(help="How it is known.")] = "",
    ring: Annotated[bool, typer.Option("--ring", help="Keep it although they then cite one another.")] = False,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a claim repeats or contradicts another, or where it is attributed to."""
    with opened(case_folder, operator) as case:
        made = relate(case, claim, kind, other, reason=reason, ring=ring)
        stamped(case)
    answer(as_json, made, lambda: OUT.print(f"{made.claim} {made.kind} {made.other}: recorded."))


def unrelate_(
    claim: Claim,
    kind: Kind,
    other: Other,
    reason: Annotated[str, typer.Option(help="What was wrong with it.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a relation back; the log keeps both."""
    with opened(case_folder, operator) as case:
        gone = unrelate(case, claim, kind, other, reason=reason)
        stamped(case)
    answer(as_json, gone, lambda: OUT.print(f"{gone.claim} {gone.kind} {gone.other}: taken back."))


def about_(
    claim: Claim,
    items: Annotated[
        list[str] | None, typer.Option("--item", metavar="ITEM", help="A recording; none ties it to all.")
    ] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which recordings a claim is about; those named replace those named before."""
    with opened(case_folder, operator) as case:
        made = tie_items(case, claim, items or ())
        stamped(case)
    said = ", ".join(made.items) or "every recording of the case"
    answer(as_json, {"claim": made.id, "items": made.items}, lambda: OUT.print(f"{made.id} is about {said}."))


def alternatives_(
    claim: Claim,
    names: Annotated[list[str], typer.Option("--name", metavar="TEXT", help="What could be the case instead.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name what could be the case instead of a claim that no line can weigh."""
    with opened(case_folder, operator) as case:
        found = alternatives_of(name_alternatives(case, claim, names))
        stamped(case)
    answer(as_json, {"claim": claim, "alternatives": found}, lambda: OUT.print(f"{claim}: {'; '.join(found)}"))


def attach_(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="A finding's id (F-...).")],
    claim: Claim,
    strength: Annotated[str, typer.Option(help=f"How much it tells: {_STEPS}.")],
    reason: Annotated[str, typer.Option(help="What in it bears on the claim, and how.")],
    bears_for: Annotated[bool, typer.Option("--for", help="It speaks for the claim or the alternative named.")] = False,
    against: Annotated[bool, typer.Option("--against", help="It speaks against it.")] = False,
    alternative: Annotated[
        str | None, typer.Option(metavar="TEXT", help="One of the claim's alternatives; the claim as stated if none.")
    ] = None,
    case_folder: CaseOption = None,
    by: By = None,
    as_json: JsonOption = False,
) -> None:
    """Set a finding beside a claim with a stated strength: shown apart, never multiplied into what was weighed."""
    if bears_for == against:
        raise BadInputError("It is not said which way the finding speaks.", "Give either --for or --against.")
    with opened(case_folder, by) as case:
        made = attach(
            case, finding, claim, bears_for=bears_for, strength=strength, reason=reason, alternative=alternative
        )
        stamped(case)
    way = "for" if made.bears_for else "against"
    value = {
        "id": made.id,
        "finding": made.finding,
        "claim": made.claim,
        "alternative": made.alternative,
        "direction": way,
        "strength": int(made.strength),
        "strength_words": made.strength.words,
        "meaning": made.strength.meaning,
        "reason": made.reason,
        "by": made.by,
    }
    answer(
        as_json,
        value,
        lambda: OUT.print(
            f"{made.id}: {finding} speaks {way} {claim}, {made.alternative};"
            f" {made.strength.words}: {made.strength.meaning}."
        ),
    )


def detach_(
    attachment: Annotated[str, typer.Argument(metavar="ATTACHMENT", help="Its id (AT-...).")],
    reason: Annotated[str, typer.Option(help="What was wrong with it.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a finding away from a claim; the log keeps both."""
    with opened(case_folder, operator) as case:
        detach(case, attachment, reason=reason)
        stamped(case)
    answer(as_json, {"detached": attachment}, lambda: OUT.print(f"{attachment}: taken back."))
