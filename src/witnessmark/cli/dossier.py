"""Commands on dossiers: plan, seal, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.planning import PlanOption, PurposeOption, RecipientOption, plan_from
from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    read_roots,
    say,
    size_text,
    telling,
)
from witnessmark.desk.sealing import gather, seal_case
from witnessmark.dossier import TEMPLATE, Edition, check_plan, verify
from witnessmark.errors import BadInputError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Seal a dossier; verify one, with or without us.")


@app.command("seal", epilog="Example:  witnessmark dossier seal to-the-court --edition closed")
def seal(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Where the dossier goes; must not exist.")],
    edition: Annotated[Edition, typer.Option(help="closed holds everything; public only blurred stills and hashes.")],
    recipient: RecipientOption = None,
    purpose: PurposeOption = None,
    plan: PlanOption = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Seal the case as it stands: report, record, log, pictures, and the means to check them."""
    chosen = plan_from(plan, recipient, purpose)
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        sealed = seal_case(case, out, edition, plan=chosen, progress=progress)

    def tell() -> None:
        say(f"  {sealed.edition} edition, {sealed.n_files} files", mark=str(sealed.path))
        OUT.print(f"  {size_text(sealed.size_bytes)}, seal sha256 {sealed.seal_sha256.hex()}")
        OUT.print(f"  read {sealed.path / 'data' / 'report.pdf'}")
        OUT.print(
            f"  verify with: python3 -I {sealed.path / 'verify.py'}   or: witnessmark dossier verify {sealed.path}"
        )

    answer(as_json, sealed, tell)


@app.command("plan", epilog="Example:  witnessmark dossier plan --template > plan.yaml")
def plan_(
    template: Annotated[bool, typer.Option("--template", help="Print a starter file.")] = False,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="FILE", help="Check a plan against the case.", dir_okay=False)
    ] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a redaction plan to start from, or check one: what it leaves out, and why."""
    if template == (check is not None):
        raise BadInputError("One of two things is needed.", "Give --template, or --check FILE.")
    if template:
        answer(as_json, {"template": TEMPLATE}, lambda: OUT.print(TEMPLATE, markup=False, highlight=False, end=""))
        return
    chosen = plan_from(check, None, None)
    with opened(case_folder, operator) as case:
        content = gather(case)
        check_plan(chosen, content, content.pages)

    def tell() -> None:
        say("  the plan fits the case", mark=str(check))
        for entry in chosen.left_out:
            OUT.print(f"  {entry.kind}: {entry.what} ({entry.why})", markup=False)
        OUT.print(f"  words replaced: {len(chosen.replaced)}")

    answer(as_json, chosen, tell)


@app.command("verify", epilog="Example:  witnessmark dossier verify to-the-court")
def verify_(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A dossier.")],
    roots: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Root certificates of time-stamping authorities you trust.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="The case key's fingerprint as its owner states it elsewhere."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every byte, the log, the signatures and the time-stamps of a dossier. Exit code 1 names what is wrong."""
    with telling(as_json) as progress:
        trusted = None if roots is None else [read_roots(roots).encode()]
        verdict = verify(path, trusted_roots=trusted, key_sha256=key, progress=progress)
    answer(as_json, verdict.plain, lambda: OUT.print(verdict.text))
    if verdict.exit_code:
        raise typer.Exit(verdict.exit_code)
