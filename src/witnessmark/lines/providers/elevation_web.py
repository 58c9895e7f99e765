"""Ranges of files over HTTPS: one version, exact bytes, a few tries, and no silent change of address."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import time
import urllib.error
import urllib.request
from typing import IO
from urllib.parse import urlsplit

from witnessmark import __version__
from witnessmark.errors import ProviderError
from witnessmark.lines.providers.elevation_ranges import ABSENT, CHANGED, FOUND, Answer

CONTENT_RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")
PASSING = (429, 500, 502, 503, 504)
LONGEST_NOTICE_BYTES = 1 << 16


class SameScheme(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from HTTPS to anything less."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request to go on with; raises HTTPError for one by another scheme."""
        if urlsplit(newurl).scheme != urlsplit(req.full_url).scheme:
            raise urllib.error.HTTPError(req.full_url, code, f"redirect to {newurl} refused", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Web:
    """The network.

    Parameters
    ----------
    timeout_s : float
        For each try, between bytes.
    pauses_s : tuple of float
        Before each further try after a passing failure.
    """

    def __init__(self, timeout_s: float = 30.0, pauses_s: tuple[float, ...] = (0.5, 2.0, 8.0)) -> None:
        self._timeout_s = timeout_s
        self._pauses_s = pauses_s
        self._opener = urllib.request.build_opener(SameScheme())

    def fetch(self, url: str, start: int, length: int, version: str) -> Answer:
        """A range of a file.

        Parameters
        ----------
        url : str
            http or https.
        start, length : int
            At most `length` bytes come back, fewer at the end of the file.
        version : str
            Of the file, as an earlier answer stated it; "" for any.

        Returns
        -------
        Answer
            Status 404 where there is no such file, 412 where it is another version by now.

        Raises
        ------
        ProviderError
            When the server cannot be reached, refuses, or does not serve ranges.
        """
        if urlsplit(url).scheme not in ("http", "https"):
            raise ProviderError(f"'{url}' is not a web address.", "Give one that begins with https://.")
        headers = {"Range": f"bytes={start}-{start + length - 1}", "User-Agent": f"witnessmark/{__version__}"}
        headers["Accept-Encoding"] = "identity"
        if version.startswith('"'):  # a strong ETag (RFC 9110, section 8.8.3)
            headers["If-Match"] = version
        wrong = ""
        for pause_s in (0.0, *self._pauses_s):
            time.sleep(pause_s)
            retrieved = dt.datetime.now(dt.UTC)
            try:
                with self._opener.open(urllib.request.Request(url, None, headers), timeout=self._timeout_s) as reply:
                    return _answer(url, start, length, version, reply, retrieved)
            except urllib.error.HTTPError as error:
                if error.code in (ABSENT, CHANGED):
                    with error:
                        notice = error.read(LONGEST_NOTICE_BYTES)
                    return Answer(error.code, "", 0, notice, retrieved)
                wrong = f"it answered {error.code} {error.reason}"
                if error.code not in PASSING:
                    break
            except (OSError, http.client.HTTPException) as error:
                wrong = f"{type(error).__name__}: {error}"
        raise ProviderError(
            f"'{url}' could not be fetched ({wrong}).",
            "Check the connection and try again, or put the tile into the folder of the 'folder' provider.",
        )


def _answer(
    url: str, start: int, length: int, version: str, reply: http.client.HTTPResponse, retrieved: dt.datetime
) -> Answer:
    stated = CONTENT_RANGE.match(reply.headers.get("Content-Range", ""))
    if reply.status != FOUND or stated is None:
        raise ProviderError(
            f"The server of '{url}' does not serve parts of files (status {reply.status}).",
            "Fetch the whole tile and put it into the folder of the 'folder' provider.",
        )
    first, last, file_bytes = (int(number) for number in stated.groups())
    body = reply.read(length + 1)
    if first != start or last >= start + length or len(body) != last - first + 1:
        raise http.client.IncompleteRead(body)
    current = reply.headers.get("ETag") or reply.headers.get("Last-Modified") or ""
    if version and current != version:
        return Answer(CHANGED, current, 0, b"", retrieved)
    return Answer(FOUND, current, file_bytes, body, retrieved)
