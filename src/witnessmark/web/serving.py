"""Serving the desk: one process, loopback unless told otherwise, a set-up link on the first start."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import uvicorn

from witnessmark.desk.case import cases_below
from witnessmark.errors import BadInputError
from witnessmark.web.app import build
from witnessmark.web.workplace import Settings, Workplace

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve_desk(
    folder: Path,
    *,
    host: str,
    port: int,
    names: Sequence[str] = (),
    secure: bool = False,
    proxies: Sequence[str] = (),
    say: Callable[[str], None] = print,
    as_json: bool = False,
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    folder : Path
        A case folder, or a folder of case folders; made when it is not there.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    names : sequence of str
        Further names the desk may be asked under.
    secure : bool
        Behind TLS.
    proxies : sequence of str
        Addresses of proxies whose word on the caller's address is taken.
    say : callable
        Tells a person where to look.
    as_json : bool
        Tell it as one JSON object: address, cases, and the set-up link or null.

    Raises
    ------
    BadInputError
        When the folder cannot be used or the port is taken.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"'{folder}' cannot be used ({error.strerror}).", "Name a folder of cases.") from error
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise BadInputError(
            f"Nothing can listen at {host} port {port} ({error.strerror}).", "Choose another with --port."
        ) from error
    port = listening.getsockname()[1]
    own = (host,) if host not in ("0.0.0.0", "::") else ()
    hosts = tuple(dict.fromkeys((*LOOPBACK, *own, *(name.lower() for name in names))))
    workplace = Workplace(Settings(folder, hosts, secure, tuple(proxies)))
    shown = names[0] if names else ("127.0.0.1" if host in ("0.0.0.0", "::") else host)
    address = f"http{'s' if secure else ''}://{f'[{shown}]' if ':' in shown else shown}" + (
        "" if secure else f":{port}"
    )
    token = workplace.accounts.setup_token()
    link = None if token is None else f"{address}/set-up?token={quote(token)}"
    cases = len(cases_below(folder))
    if as_json:
        say(json.dumps({"address": f"{address}/", "cases": cases, "set_up": link}))
    else:
        say(f"The desk is open at {address}/ over {cases} case(s). Stop it with Ctrl-C.")
        if link is not None:
            say(f"Nobody has an account yet. Make the first one, once, at:\n{link}")
    config = uvicorn.Config(
        build(workplace),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
