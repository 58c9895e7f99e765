"""The command that fuses findings into an assessment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    say,
    stamped,
    table,
    telling,
)
from witnessmark.desk.assessing import assess, show_assessment_pictures

app = typer.Typer(add_completion=False)


@app.command("assess", epilog="Example:  witnessmark assess --case ridge")
def assess_command(
    items: Annotated[
        list[str] | None, typer.Option("--item", metavar="ITEM", help="A recording, or several of the same moment.")
    ] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fuse the findings: how each claim stands, what each finding adds, what stays open."""
    with opened(case_folder, operator) as case:
        with telling(as_json) as progress:
            made = assess(case, items or [], progress=progress)
        statements = {claim["id"]: claim["statement"] for claim in case.records.claims()}
        pictures = show_assessment_pictures(case, made)
        stamped(case)
    answer(as_json, {**made, "files": [str(path) for path in pictures]}, lambda: tell(made, statements, pictures))


def tell(made: dict[str, Any], statements: dict[str, str], pictures: list[Path]) -> None:
    """Print an assessment for a person: what is open first."""
    say("", mark=f"Assessment {made['id']} of {' with '.join(made['subjects'])}")
    say("", mark="\nNot resolved")
    for sentence in made["not_resolved"] or ["Nothing was left open among what was asked."]:
        OUT.print(f"  - {sentence}")
    say("", mark="\nHow the claims stand")
    shown = table("Claim", "Statement", "Before", "After", "In words", "log10 LR", "The evidence, in words")
    shown.columns[0].no_wrap = True
    for standing in made["standings"]:
        shown.add_row(
            standing["claim_id"],
            statements.get(standing["claim_id"], ""),
            f"{standing['prior']:.1%}",
            f"{standing['posterior']:.1%}",
            standing["probability_words"],
            number(standing["log10_lr"]),
            standing["lr_words"],
        )
    OUT.print(shown)
    say("", mark="\nWhat each finding adds")
    shares = table("Finding", "Line", "Weight", "Bits", "of place", "of time", "Discriminates")
    for share in made["shares"]:
        shares.add_row(
            share["finding_id"],
            share["line"],
            f"{share['weight']:.2f}",
            f"{share['bits']:.2f}",
            f"{share['bits_place']:.2f}",
            f"{share['bits_time']:.2f}",
            "yes" if share["discriminates"] else "does not discriminate",
        )
    OUT.print(shares)
    for region in made["regions_time"]:
        spans = "; ".join(f"{start} to {end}" for start, end in region["intervals"][:4])
        more = len(region["intervals"]) - 4
        spans += f"; and {more} more" if more > 0 else ""
        OUT.print(f"{region['probability']:.0%} of time: {region['minutes']:,.0f} minutes: {spans}")
    for region in made["regions_place"]:
        OUT.print(f"{region['probability']:.0%} of place: {region['area_km2']:,.1f} km2")
    for path in pictures:
        OUT.print(f"look at {path}")


def number(value: float | str | None) -> str:
    """A log10 likelihood ratio for a table; infinite ones in words."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:+.2f}"
