"""A page, PDF or text file as text: untrusted formats are opened in a confined process."""

from __future__ import annotations

import codecs
import datetime as dt
import importlib.util
import os
import re
import statistics
from pathlib import Path

from witnessmark.claims.articles.dates import DateReader
from witnessmark.claims.articles.languages import language_of, why_unread
from witnessmark.claims.articles.records import Document
from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.media.launch import Call, open_input
from witnessmark.media.records import Broken, Limits

MOST_BYTES = 32 << 20
"""Largest article; a page of words is a thousandth of it."""
MOST_LETTERS = 2_000_000
"""Most text read of one document; as long as six novels."""
LIMITS = Limits(cpu_s=60.0, wall_s=90.0, memory_bytes=3 << 30)
_WORKER = ("-m", "witnessmark.claims.articles.worker")
_LETTERS_MIN = 20
_HEAD_CHARACTERS = 1200
_INSTALL = "Run: pip install 'witnessmark[articles]'."
_MODULES = {"html": "trafilatura", "pdf": "pypdfium2"}
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufff9-\ufffb]")


def open_document(path: Path, *, said_on: dt.date | None = None, limits: Limits = LIMITS) -> Document:
    """Turn an article into text.

    Parameters
    ----------
    path : Path
        HTML, PDF or plain text, told by its content.
    said_on : date, optional
        The day it was written; goes before what the document says itself.
    limits : Limits
        For the process that opens a page or a PDF.

    Raises
    ------
    BadInputError
        When the file is missing, too large, no article, or the extra for its format is not installed.
    """
    raw = _content(path)
    digest = Sha256.of(raw)
    kind = _kind(raw, path)
    title: str | None = None
    outlet: str | None = None
    written: dt.date | None = None
    notes: list[str] = []
    unread: str | None = None
    if kind == "text":
        text, how = _decoded(raw)
        if how:
            notes.append(how)
    else:
        text, facts, broken = _extracted(path, kind, limits)
        if broken is not None:
            unread = f"{broken.reason} {broken.do}"
        title, outlet = facts.get("title"), facts.get("outlet") or facts.get("host")
        written = _date(facts.get("date"))
        text = _unwrapped(text) if kind == "pdf" else text
        if kind == "html" and title and title.strip() not in text[: len(title) + 200]:
            text = f"{title.strip()}\n{text}"
    text = _clean(text)
    if len(text) > MOST_LETTERS:
        notes.append(f"Only the first {MOST_LETTERS} characters were read.")
        text = text[:MOST_LETTERS]
    if unread is None and sum(letter.isalpha() for letter in text[:4000]) < _LETTERS_MIN:
        unread = (
            "The PDF has no text: its pages are pictures. Have them read by character recognition, and read that text."
            if kind == "pdf"
            else "No text was found in it. Save the page again, or as plain text."
        )
    language = language_of(text) if unread is None else None
    if language is not None:
        unread = why_unread(language)
    source = "given" if said_on is not None else "page" if written is not None else None
    day = said_on or written
    if day is None and unread is None:
        day = dateline(text)
        source = "dateline" if day is not None else None
    if title is None:
        title = _first_line(text)
    return Document(digest, path.name, kind, text, title, outlet, day, source, language, unread, tuple(notes))


def _content(path: Path) -> bytes:
    opened = open_input(path)
    if isinstance(opened, Broken):
        raise BadInputError(opened.reason, opened.do.replace("recording", "article"))
    with os.fdopen(opened, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MOST_BYTES:
            raise BadInputError(
                f"'{path.name}' has {size / 1e6:.0f} MB; articles of up to {MOST_BYTES / 1e6:.0f} MB are read.",
                "Save the article alone, without pictures and scripts, or as plain text.",
            )
        return stream.read(MOST_BYTES)


def _kind(raw: bytes, path: Path) -> str:
    head = raw[:2048].lstrip()
    low = head.lower()
    if b"%PDF-" in raw[:1024]:
        return "pdf"
    utf16 = raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if head[:4] in (
        b"PK\x03\x04",
        b"\x89PNG",
        b"GIF8",
        b"\xff\xd8\xff\xe0",
        b"\xff\xd8\xff\xe1",
        b"\xd0\xcf\x11\xe0",
        b"\x1f\x8b\x08\x00",
    ) or (b"\x00" in raw[:4096] and not utf16):
        raise BadInputError(
            f"'{path.name}' is no page, PDF or text.",
            "Save the article as HTML, PDF or plain text, and name that file.",
        )
    marked = re.search(rb"<(?:!doctype\s+html|html|head|body|article|main|div|p)\b", low) is not None
    if marked or path.suffix.lower() in (".html", ".htm", ".xhtml"):
        return "html"
    return "text"


def _decoded(raw: bytes) -> tuple[str, str | None]:
    """Text of a plain file, and how it was decoded where that is not certain."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return raw.decode(name, "replace"), None
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    if importlib.util.find_spec("charset_normalizer") is not None:
        from charset_normalizer import from_bytes

        best = from_bytes(raw[:200_000]).best()
        if best is not None:
            return raw.decode(best.encoding, "replace"), f"Decoded as {best.encoding}, which its bytes suggest."
    return raw.decode("cp1252", "replace"), "Decoded as cp1252, since it is no UTF-8."


def _extracted(path: Path, kind: str, limits: Limits) -> tuple[str, dict[str, str | None], Broken | None]:
    """Text and facts of a page or PDF, from the confined process."""
    if importlib.util.find_spec(_MODULES[kind]) is None:
        raise BadInputError(
            f"Reading {kind.upper()} needs the package {_MODULES[kind]}, which is not installed.", _INSTALL
        )
    opened = open_input(path)
    if isinstance(opened, Broken):
        raise BadInputError(opened.reason, opened.do.replace("recording", "article"))
    text = ""
    facts: dict[str, str | None] = {}
    try:
        with Call(opened, kind, limits, {}, 64 << 20, module=_WORKER) as call:
            for message in call.messages():
                if message.kind == "text" and "text" in message.arrays:
                    text = message.arrays["text"].tobytes().decode("utf-8", "replace")
                    facts = {key: value for key, value in message.body.items() if isinstance(value, str)}
            broken = call.ending(None, 0)
    finally:
        os.close(opened)
    return text, facts, broken


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


def _clean(text: str) -> str:
    """Without control characters and the marks that turn the direction of writing."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def _first_line(text: str) -> str | None:
    line = next((line.strip() for line in text.splitlines() if line.strip()), None)
    return line[:300] if line else None


def _unwrapped(text: str) -> str:
    """A PDF's lines as paragraphs: a line that fills the column runs on in the next."""
    kept: list[str] = []
    for page in text.replace("\r\n", "\n").replace("\r", "\n").split("\f"):
        lines = [line.strip() for line in page.split("\n")]
        lengths = [len(line) for line in lines if len(line) > 20]
        column = statistics.median(lengths) if lengths else 0.0
        runs_on = False
        for line in lines:
            if not line:
                runs_on = False
                continue
            if runs_on and kept:
                kept[-1] = (
                    kept[-1][:-1] + line if kept[-1].endswith(("\u00ad", "\ufffe", "\x02")) else f"{kept[-1]} {line}"
                )
            else:
                kept.append(line)
            full = len(line) > 0.7 * column
            runs_on = full and not (re.search(r"[.!?:][\"”’)]*$", line) and len(line) < 0.9 * column)
    return "\n".join(kept)


def dateline(text: str) -> dt.date | None:
    r"""The day that a text's first lines give as its own: "TOWN, 3 October 2031 (Agency) -", "Published: 2031-10-03".

    Examples
    --------
    >>> dateline("Clip checked\nHARBOUR, 3 October 2031 (Wire) - The ministry said ...")
    datetime.date(2031, 10, 3)
    >>> dateline("The clip was filmed on 13 September 2031, the ministry said in a long statement.") is None
    True
    """
    reader = DateReader(None)
    place = 0
    for line in text[:_HEAD_CHARACTERS].splitlines(keepends=True)[:8]:
        bare = line.strip()
        start = place + line.index(bare) if bare else place
        place += len(line)
        for dated in reader.find(text, start, min(start + len(bare), len(text))):
            if dated.time is None or dated.ask or dated.time.precision.value not in ("day", "minute", "hour"):
                continue
            before, after = text[start : dated.start], text[dated.end : start + len(bare)]
            alone = len(bare) <= 60 and not re.search(r"[a-z]{3,} (?:was|were|is|on|said) ", before)
            stated = (
                re.search(r"(?:published|posted|updated|issued|dated?|released)\s*(?:on|at|:)?\s*$", before.lower())
                is not None
            )
            opens = (
                len(before) <= 50
                and before[:2].isupper()
                and re.match(r"[\s,.]*(?:\([^)]{1,40}\)|/[^/]{1,30}/)?\s*[-–—:]", after) is not None
            )
            if alone or stated or opens:
                return dt.date.fromisoformat(dated.time.from_[:10])
    return None
