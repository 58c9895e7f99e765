"""A proxy on this machine's loopback through which another program may reach public addresses, and no others."""

from __future__ import annotations

import base64
import secrets
import select
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.stores.capture_addresses import Destination, Guard, read_url
from witnessmark.stores.capture_wire import Limits

_HEAD_BYTES = 1 << 16
_READ_BYTES = 1 << 16
_CONNECTIONS = 32
_HOP_BY_HOP = frozenset({"proxy-authorization", "proxy-connection", "connection", "keep-alive"})


@dataclass
class Passage:
    """A proxy at work.

    Attributes
    ----------
    url : str
        With the password that only this capture knows.
    reached : list of (host, port, address)
        What was connected to.
    refused : list of str
        Why something was not.
    received_bytes : int
    """

    url: str = ""
    reached: list[tuple[str, int, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    received_bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def guarded_proxy(guard: Guard, limits: Limits) -> Iterator[Passage]:
    """Run a proxy for HTTP and for tunnels (CONNECT), each of whose connections passes the guard.

    Names are looked up here, once for each connection, and the address that was checked is the one connected to: a
    name that changes its address in between (DNS rebinding) changes nothing.

    Parameters
    ----------
    guard : Guard
    limits : Limits
        ``max_bytes`` twice over bounds all that comes through, ``whole_s`` how long.
    """
    passage = Passage()
    token = secrets.token_urlsafe(24)
    expected = "Basic " + base64.b64encode(f"witnessmark:{token}".encode()).decode()
    ends_s = time.monotonic() + limits.whole_s

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            _serve(self.request, guard, limits, passage, expected, ends_s)

    server = _Server(("127.0.0.1", 0), Handler)
    passage.url = f"http://witnessmark:{token}@127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield passage
    finally:
        server.shutdown()
        server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = _CONNECTIONS

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a connection that broke is the other program's to report."""


def _serve(client: socket.socket, guard: Guard, limits: Limits, passage: Passage, expected: str, ends_s: float) -> None:
    client.settimeout(limits.idle_s)
    head, rest = _head(client)
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _answer(client, 400, "Bad Request")
    headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:]) if name]
    told = {name.lower(): value for name, value in headers}
    if not secrets.compare_digest(told.get("proxy-authorization", ""), expected):
        return _answer(client, 407, "Proxy Authentication Required")
    method, target, _ = words
    try:
        where, onward = _destination(guard, method, target)
        server, address = _connected(where, limits, ends_s)
    except WitnessmarkError as error:
        with passage.lock:
            passage.refused.append(error.what)
        return _answer(client, 403, "Forbidden")
    except OSError as error:
        with passage.lock:
            passage.refused.append(f"{target[:200]}: {error}")
        return _answer(client, 502, "Bad Gateway")
    with passage.lock:
        passage.reached.append((where.host, where.port, address))
    with server:
        if onward is None:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [f"{name}: {value}" for name, value in headers if name.lower() not in _HOP_BY_HOP]
            request = "\r\n".join([f"{method} {onward} HTTP/1.1", *kept, "Connection: close", "", ""])
            server.sendall(request.encode("latin-1"))
        server.sendall(rest)
        _relay(client, server, limits, passage, ends_s)
    return None


def _destination(guard: Guard, method: str, target: str) -> tuple[Destination, str | None]:
    """Where a request leads, and what is asked there; None for a tunnel.

    Raises
    ------
    BadInputError, ProviderError
    """
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise BadInputError(f"'{target[:200]}' names no port.", "Give an address such as https://example.org.")
        return guard.destination(host, int(port)), None
    parts = read_url(target)
    if parts.scheme != "http":
        raise BadInputError(f"'{target[:200]}' must be asked for through a tunnel.", "Use CONNECT.")
    asked = urlsplit(target)
    return guard.destination(parts.hostname or "", parts.port or 80), (asked.path or "/") + (
        f"?{asked.query}" if asked.query else ""
    )


def _connected(where: Destination, limits: Limits, ends_s: float) -> tuple[socket.socket, str]:
    wrong: OSError | None = None
    for address in where.addresses[:4]:
        left_s = min(limits.idle_s, ends_s - time.monotonic())
        if left_s <= 0:
            break
        try:
            return socket.create_connection((address, where.port), timeout=left_s), address
        except OSError as error:
            wrong = error
    raise wrong or TimeoutError("the time of the capture is up")


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    """A request's head, and what came after it in the same breath.

    Raises
    ------
    OSError
        When it does not come, or is too long.
    """
    data = b""
    while b"\r\n\r\n" not in data:
        block = client.recv(_READ_BYTES)
        data += block
        if not block or len(data) > _HEAD_BYTES:
            raise OSError("no request")
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _relay(client: socket.socket, server: socket.socket, limits: Limits, passage: Passage, ends_s: float) -> None:
    """Pass bytes both ways until one side ends, the time is up, or more came than the limit."""
    while (left_s := min(limits.idle_s, ends_s - time.monotonic())) > 0:
        ready, _, _ = select.select([client, server], [], [], left_s)
        if not ready:
            return
        for source in ready:
            try:
                block = source.recv(_READ_BYTES)
            except OSError:
                return
            if not block:
                return
            if source is server:
                with passage.lock:
                    passage.received_bytes += len(block)
                    over = passage.received_bytes > 2 * limits.max_bytes
                if over:
                    return
            (client if source is server else server).sendall(block)


def _answer(client: socket.socket, status: int, reason: str) -> None:
    more = 'Proxy-Authenticate: Basic realm="witnessmark"\r\n' if status == 407 else ""
    client.sendall(f"HTTP/1.1 {status} {reason}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
