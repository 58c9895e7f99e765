"""A web server on the loopback for captures: it serves what a test tells it to, over plain HTTP."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from witnessmark.stores.capture_addresses import Guard

_PNG = b"\x89PNG\r\n\x1a\n"
PAGE = b"""<!doctype html><html><head><title>The ridge &amp; the lake</title>
<link rel="stylesheet" href="style.css"><meta property="og:image" content="/pictured.png"></head>
<body><img src="a.png" srcset="a2.png 2x, b.png 3x"><script src="/s.js"></script><a href="/not-fetched">x</a>
<iframe src="http://10.0.0.7/inside"></iframe><img src="/gone.png"></body></html>"""


@dataclass
class Site:
    """What is served, and what was asked for."""

    port: int = 0
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    headers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)  # after so many bytes the connection ends
    slow: dict[str, float] = field(default_factory=dict)  # seconds between single bytes
    chunked: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    @property
    def guard(self) -> Guard:
        """A guard that knows this one server besides public addresses."""
        return Guard(allowed=frozenset({("127.0.0.1", self.port)}))

    def url(self, path: str) -> str:
        """An address of this server."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Site]:
    """A server with a page, its style, pictures and script; over TLS where a certificate with its key is given."""
    site = Site()
    site.bodies |= {
        "/page": ("text/html; charset=utf-8", PAGE),
        "/style.css": ("text/css", b"@import 'more.css'; body { background: url(back.png) }"),
        "/more.css": ("text/css", b"p { background: url('back.png') }"),
        **{
            f"/{name}.png": ("image/png", b"\x89PNG\r\n\x1a\n" + name.encode())
            for name in ("a", "a2", "b", "back", "pictured")
        },
        "/s.js": ("text/javascript", b"fetch('/never')"),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            site.asked.append(self.path)
            self.close_connection = True
            if path in site.redirects:
                self.send_response(302)
                self.send_header("Location", site.redirects[path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if path not in site.bodies:
                self.send_error(404)
                return
            kind, body = site.bodies[path]
            self.send_response(200)
            if kind:
                self.send_header("Content-Type", kind)
            for name, value in site.headers.get(path, []):
                self.send_header(name, value)
            if path in site.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
                return
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if path in site.slow:
                for number in range(len(body)):
                    self.wfile.write(body[number : number + 1])
                    self.wfile.flush()
                    time.sleep(site.slow[path])
                return
            self.wfile.write(body[: site.cut.get(path, len(body))])

        def date_time_string(self, timestamp: float | None = None) -> str:
            for name, value in site.headers.get(self.path, []):
                if name == "Date":
                    return value
            return super().date_time_string(timestamp)

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Stay quiet: clients that hang up are meant to."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
