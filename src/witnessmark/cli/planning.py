"""Options of commands that hand something out: for whom, what for, and by which redaction plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.dossier import Plan, read_plan
from witnessmark.errors import NotFoundError

RecipientOption = Annotated[str | None, typer.Option(help="Who gets it; stands in it and in the log.")]
PurposeOption = Annotated[str | None, typer.Option(help="What for; stands in it and in the log.")]
PlanOption = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="What is left out and why; see: witnessmark dossier plan."),
]


def plan_from(file: Path | None, recipient: str | None, purpose: str | None) -> Plan:
    """The plan in a file, with recipient and purpose as given beside it.

    Raises
    ------
    NotFoundError
        When the file cannot be read.
    BadInputError
        When it is no plan.
    """
    try:
        text = "" if file is None else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"The plan '{file}' cannot be read as text.", "Check the path.") from error
    made = read_plan(text)
    to, meant = (" ".join((said or "").split()) for said in (recipient, purpose))
    return replace(made, recipient=to or made.recipient, purpose=meant or made.purpose)
