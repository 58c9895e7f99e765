"""One request over HTTP or HTTPS to a checked address, kept as it went over the wire, within limits."""

from __future__ import annotations

import datetime as dt
import hashlib
import http.client
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import SplitResult, urljoin

from witnessmark import __version__
from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, ProviderError
from witnessmark.plain import Plain
from witnessmark.stores.capture_addresses import PORTS, Destination, Guard, read_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})
USER_AGENT = f"Mozilla/5.0 (compatible; witnessmark/{__version__})"
_READ_BYTES = 1 << 16
_TRIED_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """What one capture may cost.

    Attributes
    ----------
    max_bytes : int
        Of one file [bytes].
    all_bytes : int
        Of all files of one page [bytes].
    resources : int
        Files of a page besides the page itself.
    idle_s, whole_s : float
        Between two bytes, and for everything [s].
    redirects : int
    """

    max_bytes: int = 4 << 30
    all_bytes: int = 512 << 20
    resources: int = 200
    idle_s: float = 30.0
    whole_s: float = 1800.0
    redirects: int = 10


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response.

    Attributes
    ----------
    url : str
    request : tuple of (name, value)
        Headers as sent.
    target : str
        Path and query as sent.
    status : int
    reason, protocol : str
    headers : tuple of (name, value)
        Of the response, in order, as received.
    body : Path
        As received, without the framing of chunks.
    sha256 : Sha256
        Of the body.
    size_bytes : int
    started, ended : datetime
        By this machine's clock, UTC.
    address : str
        Connected to.
    tls : mapping or None
        Version, cipher and SHA-256 of the server's certificate.
    clock_offset_s : float or None
        The server's clock less this machine's [s]; None when it tells no time.
    clock_error_s : float or None
        How far that may be off: half the round trip and the second the server rounds to [s].
    """

    url: str
    request: tuple[tuple[str, str], ...]
    target: str
    status: int
    reason: str
    protocol: str
    headers: tuple[tuple[str, str], ...]
    body: Path
    sha256: Sha256
    size_bytes: int
    started: dt.datetime
    ended: dt.datetime
    address: str
    tls: dict[str, Plain] | None
    clock_offset_s: float | None
    clock_error_s: float | None

    def header(self, name: str) -> str:
        """A header's first value; empty for none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def kind(self) -> str:
        """The media type the server states, without parameters, in small letters."""
        return self.header("Content-Type").split(";")[0].strip().lower()

    def to_plain(self) -> dict[str, Plain]:
        """What the log keeps of it."""
        return {
            "url": self.url,
            "status": self.status,
            "headers": [[name, value] for name, value in self.headers],
            "sha256": self.sha256.hex(),
            "size_bytes": self.size_bytes,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "address": self.address,
            "tls": self.tls,
            "clock_offset_s": self.clock_offset_s,
            "clock_error_s": self.clock_error_s,
        }


class Wire:
    """Fetches into a folder, everything within one capture's limits.

    Parameters
    ----------
    guard : Guard
    limits : Limits
    folder : Path
        Bodies are written here.
    trust : ssl.SSLContext, optional
        The system's certificates unless given.
    progress : callable (bytes done, bytes in all or 0), optional
    """

    def __init__(
        self,
        guard: Guard,
        limits: Limits,
        folder: Path,
        *,
        trust: ssl.SSLContext | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._guard = guard
        self._limits = limits
        self._folder = folder
        self._trust = trust or ssl.create_default_context()
        self._progress = progress or (lambda done, whole: None)
        self._ends_s = time.monotonic() + limits.whole_s
        self._left_bytes = max(limits.all_bytes, limits.max_bytes)
        self._count = 0

    def left_s(self) -> float:
        """Time that is left for the whole capture [s]."""
        return self._ends_s - time.monotonic()

    def leave(self, size_bytes: int) -> None:
        """Take no more than so much from now on [bytes]."""
        self._left_bytes = min(self._left_bytes, size_bytes)

    def follow(self, url: str) -> list[Exchange]:
        """Fetch an address and where it leads; every stop is looked up and checked like the first.

        Returns
        -------
        list of Exchange
            The last one is the answer.

        Raises
        ------
        BadInputError
            For an address that may not be fetched, a body beyond the limit, or too many redirects.
        ProviderError
            When a server cannot be reached, or the time is up.
        """
        chain: list[Exchange] = []
        while True:
            exchange = self.fetch(url)
            chain.append(exchange)
            onward = exchange.header("Location")
            if exchange.status not in REDIRECTS or not onward:
                return chain
            if len(chain) > self._limits.redirects:
                raise BadInputError(
                    f"'{chain[0].url}' leads on and on.", "Open it in a browser and give the last address."
                )
            url = urljoin(exchange.url, onward)

    def fetch(self, url: str) -> Exchange:
        """Fetch one address, following nothing.

        Raises
        ------
        BadInputError, ProviderError
            As `follow`.
        """
        parts = read_url(url)
        port = parts.port or PORTS[parts.scheme]
        where = self._guard.destination(parts.hostname or "", port)
        most = min(self._limits.max_bytes, self._left_bytes)
        if self.left_s() <= 0:
            raise _late(url)
        self._count += 1
        body = self._folder / f"body-{self._count:04d}"
        started = dt.datetime.now(dt.UTC)
        try:
            connection, address = self._connected(parts.scheme, where)
            watch = threading.Timer(max(self.left_s(), 0.01), _cut, [connection.sock])
            watch.daemon = True
            watch.start()
            try:
                return self._exchange(connection, parts, address, body, started, most)
            finally:
                watch.cancel()
                connection.close()
        except ssl.SSLError as error:
            raise ProviderError(
                f"'{where.host}' does not prove who it is ({error.reason or error}).",
                "Check the address and this machine's clock; nothing was taken in.",
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if self.left_s() <= 0:
                raise _late(url) from error
            raise _unreached(where, error) from error

    def _connected(self, scheme: str, where: Destination) -> tuple[http.client.HTTPConnection, str]:
        """A connection to the first of the checked addresses that answers; names are not looked up again."""
        wrong: OSError | None = None
        for address in where.addresses[:_TRIED_ADDRESSES]:
            connection = http.client.HTTPConnection(where.host, where.port)
            try:
                wire = socket.create_connection((address, where.port), timeout=min(self._limits.idle_s, self.left_s()))
            except OSError as error:
                wrong = error
                continue
            try:
                if scheme == "https":
                    wire = self._trust.wrap_socket(wire, server_hostname=where.host)
            except BaseException:
                wire.close()
                raise
            connection.sock = wire
            return connection, address
        raise wrong or OSError("no address")

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        parts: SplitResult,
        address: str,
        body: Path,
        started: dt.datetime,
        most: int,
    ) -> Exchange:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        request = (
            ("Host", parts.netloc),
            ("User-Agent", USER_AGENT),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        )
        connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        for name, value in request:
            connection.putheader(name, value)
        asked = dt.datetime.now(dt.UTC)
        connection.endheaders()
        tls = _tls(connection.sock)
        reply = connection.getresponse()
        answered = dt.datetime.now(dt.UTC)
        offset_s, error_s = _clock(reply.getheader("Date"), asked, answered)
        length = (
            int(reply.getheader("Content-Length") or 0) if (reply.getheader("Content-Length") or "").isdigit() else 0
        )
        if length > most:
            raise _large(parts.geturl(), most)
        hasher, size_bytes = hashlib.sha256(), 0
        with open(body, "xb") as file:
            while block := reply.read(_READ_BYTES):
                size_bytes += len(block)
                if size_bytes > most:
                    raise _large(parts.geturl(), most)
                if self.left_s() <= 0:
                    raise _late(parts.geturl())
                hasher.update(block)
                file.write(block)
                self._progress(size_bytes, length)
        if length and size_bytes < length:
            raise http.client.IncompleteRead(b"", length - size_bytes)
        self._left_bytes -= size_bytes
        return Exchange(
            url=parts.geturl(),
            request=request,
            target=target,
            status=reply.status,
            reason=reply.reason,
            protocol=f"HTTP/{reply.version // 10}.{reply.version % 10}",
            headers=tuple((name, _one_line(value)) for name, value in reply.getheaders()),
            body=body,
            sha256=Sha256(hasher.digest()),
            size_bytes=size_bytes,
            started=started,
            ended=dt.datetime.now(dt.UTC),
            address=address,
            tls=tls,
            clock_offset_s=offset_s,
            clock_error_s=error_s,
        )


def _clock(stated: str | None, asked: dt.datetime, answered: dt.datetime) -> tuple[float | None, float | None]:
    """The server's clock less ours, and how far that may be off [s] (HTTP Date, RFC 9110, section 6.6.1)."""
    try:
        server = parsedate_to_datetime(stated or "")
    except (TypeError, ValueError, OverflowError):
        return None, None
    if server.tzinfo is None:
        server = server.replace(tzinfo=dt.UTC)  # GMT is the only zone the field has
    round_trip_s = (answered - asked).total_seconds()
    middle = asked + (answered - asked) / 2
    offset_s = (server - middle).total_seconds() + 0.5  # the field drops the fraction of the second
    return (round(offset_s, 3), round(round_trip_s / 2 + 0.5, 3)) if math.isfinite(offset_s) else (None, None)


def _tls(wire: socket.socket | None) -> dict[str, Plain] | None:
    if not isinstance(wire, ssl.SSLSocket):
        return None
    certificate = wire.getpeercert(binary_form=True) or b""
    cipher = wire.cipher()
    return {
        "version": wire.version(),
        "cipher": cipher[0] if cipher else None,
        "certificate_sha256": hashlib.sha256(certificate).hexdigest(),
    }


def _cut(wire: socket.socket | None) -> None:
    """End a connection whose time is up, whatever it waits for."""
    if wire is not None:
        try:
            wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _one_line(value: str) -> str:
    """A folded header on one line."""
    return " ".join(value.split("\r\n")).replace("\n", " ")


def _large(url: str, most: int) -> BadInputError:
    return BadInputError(
        f"'{url}' is larger than the {most:,} bytes that are taken.",
        "Fetch it with another program and take the file in.",
    )


def _late(url: str) -> ProviderError:
    return ProviderError(
        f"'{url}' took longer than allowed; nothing was taken in.", "Try again, or on a better connection."
    )


def _unreached(where: Destination, error: Exception) -> ProviderError:
    return ProviderError(
        f"'{where.host}' could not be reached or broke off ({type(error).__name__}: {error}); nothing was taken in.",
        "Check the connection and try again.",
    )
