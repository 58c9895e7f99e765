"""Commands on dossiers: seal, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
from witnessmark.desk.sealing import seal_case
from witnessmark.dossier import Edition, verify

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Seal a dossier; verify one, with or without us.")


@app.command("seal", epilog="Example:  witnessmark dossier seal to-the-court --edition closed")
def seal(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Where the dossier goes; must not exist.")],
    edition: Annotated[Edition, typer.Option(help="closed holds everything; public only blurred stills and hashes.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Seal the case as it stands: report, record, log, pictures, and the means to check them."""
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        sealed = seal_case(case, out, edition, progress=progress)

    def tell() -> None:
        say(f"  {sealed.edition} edition, {sealed.n_files} files", mark=str(sealed.path))
        OUT.print(f"  {size_text(sealed.size_bytes)}, seal sha256 {sealed.seal_sha256.hex()}")
        OUT.print(f"  read {sealed.path / 'data' / 'report.pdf'}")
        OUT.print(
            f"  verify with: python3 -I {sealed.path / 'verify.py'}   or: witnessmark dossier verify {sealed.path}"
        )

    answer(as_json, sealed, tell)


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
