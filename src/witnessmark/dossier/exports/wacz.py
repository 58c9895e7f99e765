"""WACZ: a case's captured pages as one web archive; in a public edition, what was captured and its hash instead."""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import io
import tempfile
from pathlib import Path
from typing import IO

from witnessmark.dossier.casefile import words
from witnessmark.dossier.content import Edition
from witnessmark.dossier.exports.content import CapturedPage, ExportContent
from witnessmark.dossier.exports.packing import INSTALL, Page, pack, warcs_of
from witnessmark.errors import BadInputError, NotFoundError

NOTICE_HOST = "witnessmark.invalid"
"""Of notices in public editions; RFC 2606, section 2: a name that never resolves."""


def wacz(content: ExportContent, out: IO[bytes]) -> None:
    """The captured pages of a case.

    The closed edition holds the records byte for byte as they were captured. A public edition holds for each page a
    notice with its exhibit number, time and SHA-256: a page shows names, faces and addresses that are not its to give.

    Parameters
    ----------
    content : ExportContent
    out : binary file
        Takes WACZ 1.1.1.

    Raises
    ------
    NotFoundError
        When the case holds no captured page.
    BadInputError
        When an archive cannot be read, or `warcio` is not installed.
    """
    if not content.pages:
        raise NotFoundError("The case holds no captured page.", "Capture one with: witnessmark item add URL.")
    with tempfile.TemporaryDirectory(prefix="witnessmark-wacz-") as folder:
        warcs: dict[str, Path] = {}
        pages: list[Page] = []
        for captured in content.pages:
            if content.edition is Edition.PUBLIC or captured.path is None:
                name, page = _notice(captured, Path(folder), content.software_version)
                warcs[name] = Path(folder) / name
                pages.append(page)
            else:
                found, listed = warcs_of(captured.path, Path(folder), captured.exhibit)
                warcs |= found
                pages += listed
        pack(
            out,
            warcs,
            pages,
            title=f"{content.reference}: captured pages",
            software=f"witnessmark {content.software_version}",
            created=_utc(max(page.captured for page in content.pages)),
            description=f"{words(content.edition.value)} edition of {content.reference}",
        )


def _notice(page: CapturedPage, folder: Path, version: str) -> tuple[str, Page]:
    """A WARC of one record that says what was captured and what its hash is."""
    try:
        from warcio.warcwriter import WARCWriter
    except ImportError as error:
        raise BadInputError("Web archives need the package 'warcio', which is not installed.", INSTALL) from error
    url, at = f"https://{NOTICE_HOST}/{page.exhibit}", _utc(page.captured)
    said = (
        f"{page.exhibit} is a web archive of {page.size_bytes:,} bytes, captured at {at}. This is a public edition: it "
        f"gives the archive's SHA-256 and not its contents, which the closed edition holds. SHA-256: {page.sha256}"
    )
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(page.exhibit)}: left out</title>'
        f"<p>{html.escape(said)}</p></html>"
    ).encode()
    name = f"{page.exhibit}-notice.warc.gz"
    with open(folder / name, "xb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        headers = {
            "WARC-Date": at,
            "WARC-Record-ID": f"<urn:sha256:{page.sha256}>",
            "WARC-Payload-Digest": digest,
            "WARC-Block-Digest": digest,
        }
        record = writer.create_warc_record(
            url,
            "resource",
            payload=io.BytesIO(body),
            length=len(body),
            warc_content_type="text/html; charset=utf-8",
            warc_headers_dict=headers,
        )
        writer.write_record(record)
    return name, Page(url, at, f"{page.exhibit}: left out of the public edition")


def _utc(moment: str) -> str:
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
