"""``witnessmark export``: a case in the formats others read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.planning import PlanOption, PurposeOption, RecipientOption, plan_from
from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, say, size_text, stamped
from witnessmark.desk.exporting import export_case
from witnessmark.dossier import Edition


class Format(StrEnum):
    """What a case is exported as."""

    CASE_UCO = "case-uco"
    FTM = "ftm"
    ACLED = "acled"
    PROV = "prov"
    GEOJSON = "geojson"
    WACZ = "wacz"


app = typer.Typer(add_completion=False)


@app.command(
    "export",
    epilog="Example:  witnessmark export geojson places.geojson --edition public",
)
def export(
    name: Annotated[Format, typer.Argument(metavar="FORMAT", help="case-uco, ftm, acled, prov, geojson or wacz.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write; must not exist.")],
    edition: Annotated[
        Edition, typer.Option(help="public gives what a public dossier gives; closed gives everything.")
    ] = Edition.PUBLIC,
    recipient: RecipientOption = None,
    purpose: PurposeOption = None,
    plan: PlanOption = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the case as an edition gives it: CASE/UCO, FollowTheMoney, ACLED's columns, PROV, GeoJSON, or WACZ."""
    chosen = plan_from(plan, recipient, purpose)
    with opened(case_folder, operator) as case:
        done = export_case(case, name.value, out, edition, chosen)
        stamped(case)

    def tell() -> None:
        say(f"  {done.format}, {done.edition} edition, {size_text(done.size_bytes)}", mark=str(done.path))
        OUT.print(f"  sha256 {done.sha256.hex()}")
        for note in done.notes:
            OUT.print(f"  note: {note}")

    answer(as_json, done, tell)
