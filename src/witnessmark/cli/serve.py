"""The command that opens the desk in a browser."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, JsonOption
from witnessmark.errors import BadInputError

app = typer.Typer(add_completion=False)


@app.command(epilog="Example:  witnessmark serve cases/   (then open the address it prints)")
def serve(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A case folder, or a folder of case folders.")],
    host: Annotated[str, typer.Option(help="Address to listen on; this machine only unless given.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8017,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A further name the desk may be asked under; repeat.")
    ] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="Browsers come over TLS: cookies are sent over it only.")
    ] = False,
    proxy: Annotated[
        list[str] | None, typer.Option("--proxy", help="A proxy's address whose word on callers is taken; repeat.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Open the desk in a browser, for one person or a team; nothing it does needs a network."""
    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("fastapi") is None:
        raise BadInputError("The browser desk is not installed.", "Run: pip install 'witnessmark[web]'.")
    from witnessmark.web.serving import serve_desk

    serve_desk(
        folder,
        host=host,
        port=port,
        names=name or [],
        secure=behind_tls,
        proxies=proxy or [],
        say=print if as_json else OUT.print,
        as_json=as_json,
    )
