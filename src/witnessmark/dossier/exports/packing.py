"""WACZ: web archives with an index, a list of pages, and a hash of every file; no clock but the one it is handed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from witnessmark.errors import BadInputError

WACZ_VERSION = "1.1.1"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_READ_BYTES = 1 << 20
LARGEST_BYTES = 8 << 30
"""What is taken out of one archive at most: a small file can promise far more than there is room for [bytes]."""
INSTALL = "Install it: pip install 'witnessmark[capture]'."


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an archive: what a reader opens first.

    Attributes
    ----------
    url : str
    captured : str
        ISO 8601, UTC with Z, as the archive's index has it to the second.
    title : str
    """

    url: str
    captured: str
    title: str


def pack(
    out: IO[bytes],
    warcs: Mapping[str, Path],
    pages: Iterable[Page],
    *,
    title: str,
    software: str,
    created: str,
    description: str = "",
) -> None:
    """Write a WACZ.

    Parameters
    ----------
    out : binary file
    warcs : mapping of file name to Path
        Compressed WARC files (``.warc.gz``), each record a gzip member of its own.
    pages : iterable of Page
    title, software, description : str
    created : str
        ISO 8601, UTC with Z.

    Raises
    ------
    BadInputError
        When a WARC cannot be read, or `warcio` is not installed.

    References
    ----------
    Webrecorder, Web Archive Collection Zipped (WACZ) 1.1.1, https://specs.webrecorder.net/wacz/1.1.1/;
    Frictionless Data Package 1.
    """
    index: list[str] = []
    for name, path in warcs.items():
        index.extend(_indexed(name, path))
    lines = "".join(f"{line}\n" for line in sorted(index)).encode()
    listed = [{"format": "json-pages-1.0", "id": "pages", "title": "All pages"}]
    listed += [
        {
            "id": hashlib.sha256(f"{page.url} {page.captured}".encode()).hexdigest()[:22],
            "url": page.url,
            "ts": page.captured,
            "title": page.title,
        }
        for page in pages
    ]
    texts = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in listed).encode()
    resources: list[dict[str, object]] = []
    with zipfile.ZipFile(out, "w", allowZip64=True) as archive:
        for name, path in warcs.items():
            resources.append(_put_file(archive, f"archive/{name}", path))
        resources.append(_put(archive, "indexes/index.cdx.gz", gzip.compress(lines, 9, mtime=0)))
        resources.append(_put(archive, "pages/pages.jsonl", texts))
        package = json.dumps(
            {
                "profile": "data-package",
                "resources": resources,
                "wacz_version": WACZ_VERSION,
                "title": title,
                "description": description or title,
                "created": created,
                "software": software,
            },
            ensure_ascii=False,
            indent=1,
        ).encode()
        _put(archive, "datapackage.json", package)
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
        _put(archive, "datapackage-digest.json", json.dumps(digest, indent=1).encode())


def warcs_of(path: Path, into: Path, stem: str) -> tuple[dict[str, Path], list[Page]]:
    """The WARC files of a WACZ, put into a folder, and its pages.

    Parameters
    ----------
    path : Path
        From anybody: names in it are not used, sizes are bounded.
    into : Path
    stem : str
        Names of the files begin with it.

    Raises
    ------
    BadInputError
        When it is no WACZ, or holds more than `LARGEST_BYTES`.
    """
    taken: dict[str, Path] = {}
    pages: list[Page] = []
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
            found = [one for one in inside if re.fullmatch(r"archive/[^/]+\.warc(\.gz)?", one.filename)]
            if not found or sum(one.file_size for one in inside) > LARGEST_BYTES:
                raise BadInputError(f"'{stem}' holds no web archive, or more than can be taken out.", "Check its file.")
            for number, one in enumerate(found, 1):
                name = f"{stem}-{number}.warc.gz"
                with archive.open(one) as source, open(into / name, "xb") as target:
                    _copy_compressed(source, target, compressed=one.filename.endswith(".gz"))
                taken[name] = into / name
            if "pages/pages.jsonl" in archive.namelist():
                with archive.open("pages/pages.jsonl") as listed:
                    pages = list(_pages(listed))
    except (OSError, zipfile.BadZipFile, EOFError, RuntimeError) as error:
        raise BadInputError(f"'{stem}' is not a WACZ that can be read ({error}).", "Check its file.") from error
    return taken, pages


def is_wacz(path: Path) -> bool:
    """Whether a file is a zip with a WACZ's list of contents and at least one WARC."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    return "datapackage.json" in names and any(re.fullmatch(r"archive/[^/]+\.warc(\.gz)?", name) for name in names)


def search_key(url: str) -> str:
    """The address as an index sorts it: the host's parts from the last, then path and query in small letters.

    Examples
    --------
    >>> search_key("https://www.Example.org:443/A?c=2&b=1#x")
    'org,example)/a?b=1&c=2'
    >>> search_key("http://192.0.2.7:8080/q")
    '7,2,0,192:8080)/q'

    References
    ----------
    Internet Archive, Sort-friendly URI Reordering Transform (SURT).
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    name = host if ":" in host else ",".join(reversed(host.split(".")))
    try:
        port = parts.port
    except ValueError:
        port = None
    default = {"http": 80, "https": 443}.get(parts.scheme)
    asked = "&".join(sorted(parts.query.lower().split("&"))) if parts.query else ""
    path = parts.path.lower() or "/"
    path = path.rstrip("/") or "/"
    return f"{name}{f':{port}' if port not in (None, default) else ''}){path}{f'?{asked}' if asked else ''}"


def _indexed(name: str, path: Path) -> Iterator[str]:
    """One CDXJ line for each response and resource of a WARC."""
    try:
        from warcio.archiveiterator import ArchiveIterator
        from warcio.exceptions import ArchiveLoadFailed
    except ImportError as error:
        raise BadInputError("Web archives need the package 'warcio', which is not installed.", INSTALL) from error
    try:
        with open(path, "rb") as file:
            records = ArchiveIterator(file)
            for record in records:
                url = record.rec_headers.get_header("WARC-Target-URI")
                if record.rec_type not in ("response", "resource") or not url:
                    continue
                moment = re.sub(r"\D", "", record.rec_headers.get_header("WARC-Date") or "")[:14]
                headers = record.http_headers
                kind = headers.get_header("Content-Type") if headers else record.rec_headers.get_header("Content-Type")
                status = headers.get_statuscode() if headers else "200"
                told = {
                    "url": url,
                    "mime": (kind or "").split(";")[0].strip(),
                    "status": status,
                    "digest": record.rec_headers.get_header("WARC-Payload-Digest") or "",
                }
                records.read_to_end(record)
                place = {
                    "length": str(records.get_record_length()),
                    "offset": str(records.get_record_offset()),
                    "filename": name,
                }
                yield f"{search_key(url)} {moment} {json.dumps({**told, **place})}"
    except (OSError, EOFError, ValueError, ArchiveLoadFailed) as error:
        raise BadInputError(f"The web archive '{name}' cannot be read ({error}).", "Check its file.") from error


def _pages(listed: IO[bytes]) -> Iterator[Page]:
    for line in io.TextIOWrapper(listed, "utf-8", errors="replace"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("url"), str):
            yield Page(entry["url"], str(entry.get("ts") or ""), str(entry.get("title") or entry["url"]))


def _copy_compressed(source: IO[bytes], target: IO[bytes], *, compressed: bool) -> None:
    """A WARC record by record compressed: as it is when it was, else compressed anew."""
    if compressed:
        while block := source.read(_READ_BYTES):
            target.write(block)
        return
    from warcio.recompressor import StreamRecompressor

    StreamRecompressor(source, target).recompress()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.compress_type = zipfile.ZIP_STORED  # readers ask for parts of it, so nothing may be packed again
    entry.external_attr = 0o644 << 16
    return entry


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> dict[str, object]:
    archive.writestr(_entry(name), data)
    return _resource(name, hashlib.sha256(data).hexdigest(), len(data))


def _put_file(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, object]:
    hasher = hashlib.sha256()
    with open(path, "rb") as source, archive.open(_entry(name), "w", force_zip64=True) as target:
        while block := source.read(_READ_BYTES):
            hasher.update(block)
            target.write(block)
    return _resource(name, hasher.hexdigest(), path.stat().st_size)


def _resource(name: str, sha256: str, size_bytes: int) -> dict[str, object]:
    return {"name": name.split("/")[-1].lower(), "path": name, "hash": f"sha256:{sha256}", "bytes": size_bytes}
