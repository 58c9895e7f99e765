"""A web page with what it is made of, as a web archive: every request and response as it went over the wire."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

from witnessmark import __version__
from witnessmark.dossier.exports.packing import INSTALL, Page, pack
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.stores.capture_wire import Exchange, Limits, Wire

HTML = frozenset({"text/html", "application/xhtml+xml"})
_PARSED_BYTES = 16 << 20
"""Of a page or style sheet, as much as this is looked through for what it is made of."""
_STYLE_URL = re.compile(
    r"""url\(\s*(?:"([^"]+)"|'([^']+)'|([^'")\s]+))\s*\)|@import\s+["']([^"']+)["']""", re.IGNORECASE
)
_LINKED = frozenset({"stylesheet", "icon", "preload", "apple-touch-icon", "manifest"})
_SOURCES = {
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "script": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "iframe": ("src",),
    "input": ("src",),
}
_PICTURED = frozenset({"og:image", "og:video", "og:video:url", "og:audio", "twitter:image", "twitter:player:stream"})


@dataclass(frozen=True, slots=True)
class CapturedPage:
    """A page and what it is made of, in a folder.

    Attributes
    ----------
    chain : tuple of Exchange
        From the address asked for to the page.
    resources : tuple of Exchange
        Pictures, styles, scripts and frames, with their own redirects.
    missing : tuple of (url, reason)
        What could not be fetched, or was left as limits were reached.
    wacz : Path
    title : str
    """

    chain: tuple[Exchange, ...]
    resources: tuple[Exchange, ...]
    missing: tuple[tuple[str, str], ...]
    wacz: Path
    title: str

    @property
    def page(self) -> Exchange:
        """The page itself."""
        return self.chain[-1]


def is_page(exchange: Exchange) -> bool:
    """Whether an answer is a page: by its stated type or, where none is stated, by how it begins."""
    if exchange.kind:
        return exchange.kind in HTML
    with open(exchange.body, "rb") as file:
        head = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html"))


def capture_page(
    wire: Wire,
    chain: list[Exchange],
    folder: Path,
    limits: Limits,
    progress: Callable[[float, str], None],
) -> CapturedPage:
    """Fetch what a page is made of, and pack all of it.

    Parameters
    ----------
    wire : Wire
        That fetched the page.
    chain : list of Exchange
        As `Wire.follow` gave it.
    folder : Path
        Takes the archive.
    limits : Limits
    progress : callable (done from 0 to 1, what)

    Raises
    ------
    BadInputError
        When `warcio` is not installed.
    """
    page = chain[-1]
    wire.leave(limits.all_bytes)
    found = _parts_of(page)
    waiting = list(dict.fromkeys(found.urls))
    seen = {one.url for one in chain}
    fetched: list[Exchange] = []
    missing: list[tuple[str, str]] = []
    tried = 0
    while waiting:
        url = waiting.pop(0)
        if url in seen:
            continue
        seen.add(url)
        if tried >= limits.resources or wire.left_s() <= 0:
            missing.append((url, "left, as the limits of a capture were reached"))
            continue
        tried += 1
        progress(tried / (tried + len(waiting) + 1), f"what the page is made of: {tried}")
        try:
            stops = wire.follow(url)
        except WitnessmarkError as error:
            missing.append((url, error.what))
            continue
        fetched.extend(stop for stop in stops if stop.url == url or stop.url not in seen)
        seen.update(stop.url for stop in stops)
        if stops[-1].kind == "text/css":
            waiting.extend(one for one in _style_urls(_text(stops[-1]), stops[-1].url) if one not in seen)
    title = found.title or page.url
    path = folder / "page.wacz"
    warc = folder / "data.warc.gz"
    with open(warc, "xb") as file:
        _write_warc(file, (*chain, *fetched))
    with open(path, "xb") as file:
        pack(
            file,
            {"data.warc.gz": warc},
            [Page(page.url, _second(page.started), title)],
            title=title,
            software=f"witnessmark {__version__}",
            created=_second(page.ended),
            description=f"Captured without a browser: what scripts would have fetched is not in it. {chain[0].url}",
        )
    return CapturedPage(tuple(chain), tuple(fetched), tuple(missing), path, title)


class _Parts(HTMLParser):
    """Addresses that a page shows or runs, and its title."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.urls: list[str] = []
        self.title = ""
        self._in_title = False
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what an element names."""
        told = {name: value or "" for name, value in attrs}
        if tag == "base" and told.get("href"):
            self.base = urljoin(self.base, told["href"].strip())
        elif tag == "link" and _LINKED & set(told.get("rel", "").lower().split()):
            self._add(told.get("href", ""))
        elif tag == "meta" and told.get("property", told.get("name", "")).lower() in _PICTURED:
            self._add(told.get("content", ""))
        for name in _SOURCES.get(tag, ()):
            if name == "srcset":
                for one in told.get(name, "").split(","):
                    self._add(one.strip().split(" ")[0])
            else:
                self._add(told.get(name, ""))
        if told.get("style"):
            self.urls.extend(_style_urls(told["style"], self.base))
        self._in_title |= tag == "title"
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        """Know where the title and a style end."""
        self._in_title &= tag != "title"
        self._in_style &= tag != "style"

    def handle_data(self, data: str) -> None:
        """Take the title's words, and addresses in styles."""
        if self._in_title and len(self.title) < 300:
            self.title = " ".join((self.title + data).split())[:300]
        if self._in_style:
            self.urls.extend(_style_urls(data, self.base))

    def _add(self, url: str) -> None:
        if url.strip():
            self.urls.extend(_web((url.strip(),), self.base))


def _parts_of(page: Exchange) -> _Parts:
    parts = _Parts(page.url)
    try:
        parts.feed(_text(page))
        parts.close()
    except (AssertionError, RecursionError):  # the parser's own way to give up on markup that is none
        return parts
    return parts


def _style_urls(text: str, base: str) -> list[str]:
    return _web((next(filter(None, found)) for found in _STYLE_URL.findall(text)), base)


def _web(urls: Iterable[str], base: str) -> list[str]:
    """Addresses on the web, in full and without their fragments."""
    made = []
    for url in urls:
        try:
            whole = urljoin(base, url)
            if urlsplit(whole).scheme in ("http", "https"):
                made.append(whole.split("#")[0])
        except ValueError:
            continue
    return made


def _text(exchange: Exchange) -> str:
    """A body's text, unpacked within bounds; what it cannot be read as is left out."""
    with open(exchange.body, "rb") as file:
        data = file.read(_PARSED_BYTES)
    packed = exchange.header("Content-Encoding").lower().strip()
    try:
        if packed in ("gzip", "x-gzip"):
            with gzip.open(io.BytesIO(data)) as unpacked:
                data = unpacked.read(_PARSED_BYTES)
        elif packed == "deflate":
            data = zlib.decompressobj().decompress(data, _PARSED_BYTES)
        elif packed not in ("", "identity"):
            return ""
    except (OSError, EOFError, zlib.error):
        return ""
    stated = re.search(r"charset=[\"']?([\w.:-]+)", exchange.header("Content-Type"), re.IGNORECASE)
    written = re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w.:-]+)", data[:4096], re.IGNORECASE)
    name = stated[1] if stated else written[1].decode("ascii") if written else "utf-8"
    try:
        return data.decode(name, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _write_warc(out: IO[bytes], exchanges: Iterable[Exchange]) -> None:
    """Every exchange as a response and a request record, with SHA-256 digests.

    References
    ----------
    ISO 28500:2017 (WARC 1.1). The framing of chunked transfers is not kept: the header that told of it is, as
    ``X-Archive-Orig-Transfer-Encoding``.
    """
    try:
        from warcio.statusandheaders import StatusAndHeaders
        from warcio.warcwriter import WARCWriter
    except ImportError as error:
        raise BadInputError("Web archives need the package 'warcio', which is not installed.", INSTALL) from error
    writer: Any = WARCWriter(out, gzip=True, warc_version="1.1")
    told_of = {"software": f"witnessmark {__version__}", "format": "WARC File Format 1.1", "robots": "not asked"}
    info = writer.create_warcinfo_record("data.warc.gz", told_of)
    info.rec_headers.add_header("WARC-Block-Digest", f"sha256:{hashlib.sha256(info.raw_stream.getvalue()).hexdigest()}")
    writer.write_record(info)
    for exchange in exchanges:
        headers = StatusAndHeaders(
            f"{exchange.status} {exchange.reason}".strip(), _kept_headers(exchange), protocol=exchange.protocol
        )
        headers.compute_headers_buffer(None)
        block = hashlib.sha256(headers.headers_buff)
        with open(exchange.body, "rb") as body:
            while data := body.read(1 << 20):
                block.update(data)
        told = {
            "WARC-Date": exchange.started.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "WARC-IP-Address": exchange.address,
            "WARC-Payload-Digest": f"sha256:{exchange.sha256.hex()}",
            "WARC-Block-Digest": f"sha256:{block.hexdigest()}",
        }
        with open(exchange.body, "rb") as body:
            response = writer.create_warc_record(
                exchange.url,
                "response",
                payload=body,
                length=exchange.size_bytes,
                http_headers=headers,
                warc_headers_dict=told,
            )
            writer.write_record(response)
        asked = StatusAndHeaders(f"GET {exchange.target} HTTP/1.1", list(exchange.request), is_http_request=True)
        asked.compute_headers_buffer(None)
        request = writer.create_warc_record(
            exchange.url,
            "request",
            http_headers=asked,
            warc_headers_dict={
                "WARC-Date": told["WARC-Date"],
                "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
                "WARC-Block-Digest": f"sha256:{hashlib.sha256(asked.headers_buff).hexdigest()}",
                "WARC-Payload-Digest": f"sha256:{hashlib.sha256(b'').hexdigest()}",
            },
        )
        writer.write_record(request)


def _kept_headers(exchange: Exchange) -> list[tuple[str, str]]:
    renamed = {"transfer-encoding": "X-Archive-Orig-Transfer-Encoding"}
    return [(renamed.get(name.lower(), name), value) for name, value in exchange.headers]


def _second(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
