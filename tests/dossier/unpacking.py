"""Every form in which something may lie in a file: packed, encoded, escaped, or as text of a page."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pypdfium2

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_DEEPEST = 4


def forms(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes themselves and everything that can be unpacked from them."""
    yield data
    if depth >= _DEEPEST:
        return
    for inner in _inside(data):
        yield from forms(inner, depth + 1)


def _inside(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
            yield "\n".join(packed.namelist()).encode()
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    elif data.startswith(b"%PDF"):
        yield from _pdf(data)
    elif data.startswith(b"\x89PNG"):
        yield from _png(data)
    elif not data.startswith(b"\x93NUMPY"):
        yield from _written(data)


def _pdf(data: bytes) -> Iterator[bytes]:
    for part in re.split(rb"stream\r?\n", data)[1:]:
        try:
            yield zlib.decompressobj().decompress(part)
        except zlib.error:
            continue
    document = pypdfium2.PdfDocument(data)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    yield text.encode()
    yield re.sub(r"[\s\u00ad\ufffe-]+", "", text).encode()  # words broken over lines


def _png(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind not in (b"IHDR", b"IDAT", b"IEND", b"PLTE"):
            yield body
            for start in range(min(len(body), 90)):
                if body[start : start + 1] == b"\x78":
                    try:
                        yield zlib.decompressobj().decompress(body[start:])
                    except zlib.error:
                        continue
        at += 12 + size


def _written(data: bytes) -> Iterator[bytes]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    for told in (html.unescape(text), re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)):
        if told != text:
            yield told.encode(errors="replace")
    for found in _BASE64.findall(data):
        try:
            yield base64.urlsafe_b64decode(found.translate(bytes.maketrans(b"+/", b"-_")).rstrip(b"=") + b"==")
        except (binascii.Error, ValueError):
            continue
    for found in _HEX.findall(data):
        if len(found) not in (64, 128):
            yield binascii.unhexlify(found)


def leaks(path: Path, words: list[bytes]) -> set[tuple[str, bytes]]:
    """Which of the words stand where in a file or below a folder, in any form, in capitals or small letters."""
    found = set()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            seen: set[int] = set()
            for form in (file.name.encode(), *forms(file.read_bytes())):
                if hash(form) not in seen:
                    seen.add(hash(form))
                    folded = form.lower()
                    wide = form.replace(b"\x00", b"").lower()
                    found |= {(file.name, word) for word in words if word in folded or word in wide}
    return found
