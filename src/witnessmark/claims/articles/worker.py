"""The process that turns a page or PDF into text: one file a process, with no right but to compute."""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Mapping

import numpy as np

from witnessmark.media.worker.serve import Halt, Reply, Request, Task, serve
from witnessmark.plain import Plain

_ENCODINGS = [
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "ascii",
    "latin-1",
    "iso8859-2",
    "iso8859-5",
    "iso8859-9",
    "iso8859-15",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1256",
    "cp1257",
    "koi8-r",
    "koi8-u",
    "cp866",
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "mac_roman",
    "idna",
]
_OTHER = "Save the page again as plain text, or name another copy."


def _bytes(request: Request) -> bytes:
    with os.fdopen(os.dup(0), "rb") as stream:
        stream.seek(0)
        return stream.read(request.size_bytes)


def _send(reply: Reply, text: str, facts: Mapping[str, Plain]) -> None:
    raw = text.encode("utf-8", "replace")
    reply.send("text", facts, {"text": np.frombuffer(raw, np.uint8)})


def html(request: Request, reply: Reply) -> None:
    """Main text, title, outlet and date of a page."""
    import trafilatura

    raw = _bytes(request)
    found = trafilatura.bare_extraction(
        raw,
        include_comments=False,
        include_tables=True,
        include_images=False,
        include_links=False,
        with_metadata=True,
        date_extraction_params={
            "extensive_search": False,
            "original_date": True,
            "outputformat": "%Y-%m-%d",
            "max_date": "2100-01-01",
        },
    )
    if found is None:
        raise Halt("decode", "No article was found in the page.", _OTHER)
    held = found if isinstance(found, dict) else found.as_dict()
    facts: dict[str, Plain] = {}
    for key, name in (
        ("title", "title"),
        ("sitename", "outlet"),
        ("hostname", "host"),
        ("date", "date"),
        ("language", "language"),
    ):
        value = held.get(key)
        facts[name] = str(value)[:1000] if value else None
    _send(reply, str(held.get("text") or ""), facts)


def pdf(request: Request, reply: Reply) -> None:
    """The text layer of a PDF, page by page, parted by form feeds, and its title."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(_bytes(request))
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        what = "The PDF is locked by a password." if locked else "The PDF cannot be opened."
        raise Halt("decode", what, "Unlock it and save it again." if locked else _OTHER) from error
    pages: list[str] = []
    for number in range(min(len(document), int(request.numbers.get("max_pages", 500)))):
        pages.append(document[number].get_textpage().get_text_bounded())
    title = document.get_metadata_dict().get("Title") or None
    _send(reply, "\f".join(pages), {"title": title, "pages": len(document)})


def _warm(command: str) -> None:
    """Load what is only loaded on first use: afterwards no file can be opened."""
    for name in _ENCODINGS:
        codecs.lookup(name)
    if command == "html":
        import trafilatura

        sample = (
            "<html lang='en'><head><title>A</title></head><body><article>"
            + "<p>A line of text that is long enough to be kept as one, in order.</p>" * 8
        )
        trafilatura.bare_extraction(
            sample + "</article></body></html>",
            with_metadata=True,
            date_extraction_params={
                "extensive_search": False,
                "original_date": True,
                "outputformat": "%Y-%m-%d",
                "max_date": "2100-01-01",
            },
        )
        trafilatura.bare_extraction(
            "<html><body><div><p>Short.</p><table><tr><td>a</td></tr></table></div></body></html>"
        )
    elif command == "pdf":
        import pypdfium2

        pypdfium2.PdfDocument.new().close()


TASKS: Mapping[str, Task] = {"html": html, "pdf": pdf}

if __name__ == "__main__":
    _warm(str(json.loads(sys.argv[1])["command"]))
    serve(TASKS)
