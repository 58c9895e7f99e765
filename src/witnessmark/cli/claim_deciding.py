"""Commands by which a person decides on proposals: accept, with corrections and grades, or reject."""

from __future__ import annotations

from typing import Annotated

import typer

from witnessmark.claims import Reliability, SourceKind
from witnessmark.claims.correcting import FIELDS, read_change
from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, stamped
from witnessmark.desk.proposals import Grading, accept, open_ids, reject
from witnessmark.errors import BadInputError, NotFoundError

_FIELD_HELP = f"Correct a field ({', '.join(FIELDS)}); 'none' takes it away, 'as read' confirms it."
Names = Annotated[list[str] | None, typer.Argument(metavar="PROPOSAL...", help="Ids of proposals (P-...).")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("accept", epilog="Example:  witnessmark claim accept P-1b2c3d4e5f60 --set hedge=alleges")(accept_)
    app.command("reject", epilog="Example:  witnessmark claim reject P-1b2c3d4e5f60 --reason 'Of another clip.'")(
        reject_
    )


def accept_(
    names: Names = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every open proposal; those that ask for something stay open.")
    ] = False,
    document: Annotated[
        str | None, typer.Option(metavar="NAME", help="Every open proposal of a document, by name or SHA-256.")
    ] = None,
    speaker: Annotated[
        list[str] | None, typer.Option("--speaker", metavar="NAME", help="Every open proposal of a speaker.")
    ] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help=_FIELD_HELP)] = None,
    items: Annotated[
        list[str] | None, typer.Option("--item", metavar="ITEM", help="The recordings the claims are about.")
    ] = None,
    kind: Annotated[SourceKind | None, typer.Option(help="What sort of speaker the source is.")] = None,
    reliability: Annotated[
        Reliability | None, typer.Option(help="Of the source, Admiralty A-F; F, cannot be judged, unless given.")
    ] = None,
    reliability_reason: Annotated[str | None, typer.Option(help="Why that reliability.")] = None,
    credibility: Annotated[
        int | None, typer.Option(help="Of what is said, Admiralty 1-6; 6, cannot be judged, unless given.")
    ] = None,
    credibility_reason: Annotated[str | None, typer.Option(help="Why that credibility.")] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make claims of proposals that a person has read, corrected or not, one by one or in bulk."""
    bulk = every or document is not None or bool(speaker)
    if bulk == bool(names):
        raise BadInputError(
            "It is not clear which proposals are meant.", "Name them, or give --all, --document or --speaker."
        )
    grading = Grading(kind, reliability, reliability_reason, credibility, credibility_reason)
    with opened(case_folder, operator) as case:
        chosen = open_ids(case, document, speaker or ()) if bulk else list(names or ())
        if not chosen:
            raise NotFoundError("No such proposal is open.", "See them with: witnessmark claim list --proposals.")
        made = accept(
            case,
            chosen,
            changes=dict(read_change(change) for change in changes or ()),
            grading=grading,
            items=items or (),
            hold=bulk,
        )
        stamped(case)

    def tell() -> None:
        for claim in made.claims:
            OUT.print(f"{claim.id}  {claim.statement}")
        for name, why in made.held:
            OUT.print(f"{name} stays open. {why}")
        for note in made.notes:
            OUT.print(f"note: {note}")
        OUT.print(f"Accepted {len(made.claims)} claims by {len(made.sources)} sources.")

    value = {
        "claims": made.claims,
        "sources": made.sources,
        "held": [{"proposal": name, "asks": why} for name, why in made.held],
        "notes": made.notes,
    }
    answer(as_json, value, tell)


def reject_(
    names: Annotated[list[str], typer.Argument(metavar="PROPOSAL...", help="Ids of proposals (P-...).")],
    reason: Annotated[str, typer.Option(help="What is wrong with them.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put proposals aside, with the reason; a claim made of one is taken back."""
    with opened(case_folder, operator) as case:
        withdrawn = reject(case, names, reason)
        stamped(case)

    def tell() -> None:
        taken = f" Taken back: {', '.join(withdrawn)}." if withdrawn else ""
        OUT.print(f"Rejected {len(names)}.{taken}")

    answer(as_json, {"rejected": names, "claims_withdrawn": withdrawn}, tell)
