"""Commands on claims: record, list, show; deciding, relating and the matrix stand in modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.claims import template
from witnessmark.cli import claim_bearing, claim_deciding, claim_matrix, claim_reading
from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, pairs, stamped, table
from witnessmark.desk.claims import relations, show_claim
from witnessmark.desk.proposals import find_proposal, list_documents, list_proposals
from witnessmark.desk.statements import add_claims
from witnessmark.errors import NotFoundError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Put on record who says what.")


@app.command("add", epilog="Example:  witnessmark claim add claims.yaml   (begin with: witnessmark claim template)")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A claims file (YAML).")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record the sources and claims of a reviewed file; the file itself is kept too."""
    with opened(case_folder, operator) as case:
        book = add_claims(case, file)
        stamped(case)

    def tell() -> None:
        OUT.print(f"Recorded {len(book.claims)} claims by {len(book.sources)} sources.")
        for note in book.notes:
            OUT.print(f"note: {note}")

    answer(as_json, {"sources": book.sources, "claims": book.claims, "notes": book.notes}, tell)


@app.command("list", epilog="Example:  witnessmark claim list --proposals --state open")
def list_(
    proposals: Annotated[bool, typer.Option("--proposals", help="What was read and proposed, instead.")] = False,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="Proposals that are open, accepted or rejected.")
    ] = None,
    document: Annotated[
        str | None, typer.Option(metavar="NAME", help="Proposals of one document, by name or SHA-256.")
    ] = None,
    item: Annotated[str | None, typer.Option(metavar="ITEM", help="Claims about this recording, or all.")] = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the claims of a case with who makes them, or the proposals that wait for a person."""
    with opened(case_folder) as case:
        claims, sources = case.records.claims(), {source["id"]: source for source in case.records.sources()}
        found = list_proposals(case, document, state)
        documents = list_documents(case)
        stated = relations(case)
    if item is not None:
        claims = [claim for claim in claims if not claim.get("items") or item.upper() in claim["items"]]
    if proposals or state is not None or document is not None:
        answer(as_json, {"documents": documents, "proposals": found}, lambda: _tell_proposals(found))
        return

    def tell() -> None:
        shown = table("Claim", "Source", "Party", "Grade", "About", "Statement")
        for claim in claims:
            source = sources[claim["source"]]
            grade = f"{source['reliability']}{claim['credibility']}"
            about = " ".join([claim.get("topic") or "", *claim.get("items", [])]).strip()
            shown.add_row(claim["id"], source["name"], source["party"] or "-", grade, about or "-", claim["statement"])
        OUT.print(shown if claims else "No claim yet. Record some with: witnessmark claim add FILE")
        waiting = sum(entry["open"] for entry in documents)
        if waiting:
            OUT.print(f"{waiting} proposals wait for a person: witnessmark claim list --proposals --state open")

    value = {"sources": list(sources.values()), "claims": claims, "relations": stated, "documents": documents}
    answer(as_json, value, tell)


def _tell_proposals(found: list[dict[str, Any]]) -> None:
    shown = table("Proposal", "Who", "Hedge", "About", "Statement", "State")
    for body in found:
        state = body["claim"] or body["reason"] or body["state"]
        shown.add_row(body["id"], body["speaker"], body["hedge"], body["about"], body["statement"], state)
    OUT.print(shown if found else "No such proposal. Read a document with: witnessmark claim read FILE")
    for body in found:
        for question in body["asks"]:
            OUT.print(f"{body['id']} asks: {question}")


@app.command("show", epilog="Example:  witnessmark claim show north-1")
def show(
    name: Annotated[str, typer.Argument(metavar="CLAIM", help="A claim's id, or a proposal's (P-...).")],
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one claim with its passage, its relations and what bears on it; or one proposal."""
    with opened(case_folder) as case:
        try:
            found = show_claim(case, name)
        except NotFoundError:
            if not name.startswith("P-"):
                raise
            proposal = find_proposal(case, name)
            answer(as_json, proposal, lambda: OUT.print(pairs({k: v for k, v in proposal.items() if v})))
            return

    def tell() -> None:
        claim, row = found["claim"], found["row"]
        rows: dict[str, Any] = {
            "claim": claim["id"],
            "who": f"{row['speaker']} ({row['party'] or 'for nobody'}), {row['grade']}",
            "statement": claim["statement"],
            "hedge": claim["hedge"],
            "passage": claim["quote"]["text"],
            "stands in": f"{claim['quote']['document']}, {claim['quote']['locator']}",
            "about": ", ".join(row["items"]) or "every recording of the case",
            "evidence": row["not_weighed"] or f"{row['lr_words']}; {row['probability_words']}",
        }
        names = ["supported_by", "contradicted_by", "left_open_by", "alternatives"]
        names += ["repeats", "repeated_by", "attributes_to", "contradicts"]
        rows.update({name.replace("_", " "): ", ".join(row[name]) for name in names if row[name]})
        rows["voices"] = f"at most {row['voices']}, heard through {row['outlets']}"
        OUT.print(pairs(rows))
        claim_matrix.tell_attached([row])

    answer(as_json, found, tell)


@app.command("template")
def template_() -> None:
    """Print a commented claims file to start from."""
    print(template(), end="")


for _module in (claim_reading, claim_deciding, claim_bearing, claim_matrix):
    _module.add_to(app)
