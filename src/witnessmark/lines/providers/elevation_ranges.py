"""Bytes of a file on a web server, fetched by ranges, kept under their SHA-256, and read again without the network."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import ProviderError, WitnessmarkError
from witnessmark.lines.providers.contract import Reading
from witnessmark.plain import Plain, canonical, from_plain

CHUNK_BYTES = 1 << 16
"""Ranges begin and end at multiples of this, so that kept ranges can be told apart and found again."""
LONGEST_FILE_BYTES = 1 << 34
FOUND, ABSENT, CHANGED = 206, 404, 412


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to a request for a range.

    Attributes
    ----------
    status : int
        206, 404 or 412 (the file is no longer the version asked for).
    version : str
        ETag or date of change; "" where the server states none.
    file_bytes : int
        Length of the whole file; 0 for 404 and 412.
    body : bytes
    retrieved : datetime
    """

    status: int
    version: str
    file_bytes: int
    body: bytes
    retrieved: dt.datetime


class Server(Protocol):
    """Where ranges come from."""

    def fetch(self, url: str, start: int, length: int, version: str) -> Answer:
        """A range of a file, of the given version unless that is ""; raises ProviderError when it cannot be had."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as it is written down in the cache.

    Attributes
    ----------
    url : str
    status : int
    version : str
    file_bytes : int
    start : int
    length : int
    sha256 : str
        Of the bytes, under which they are kept.
    retrieved : datetime
    """

    url: str
    status: int
    version: str
    file_bytes: int
    start: int
    length: int
    sha256: str
    retrieved: dt.datetime


class RangeCache:
    """Fetched ranges in a folder: ``objects/`` holds bytes by SHA-256, ``reads/`` one list of answers a file.

    Parameters
    ----------
    folder : Path
        Made when missing.
    server : Server or None
        None: only what is kept is read.
    """

    def __init__(self, folder: Path, server: Server | None) -> None:
        self.folder = folder
        self.server = server

    def open(self, url: str) -> RangeFile | None:
        """The file at an address, or None where the server said that there is none.

        Raises
        ------
        ProviderError
            When nothing of it is kept and it cannot be fetched, or what is kept is damaged.
        """
        kept = self._kept(url)
        if not kept:
            kept = [self._fetch(url, 0, CHUNK_BYTES, "")]
        latest = kept[-1]
        if latest.status == ABSENT:
            return None
        same = [one for one in kept if (one.version, one.file_bytes) == (latest.version, latest.file_bytes)]
        return RangeFile(self, url, [one for one in same if one.status == FOUND])

    def absence(self, url: str, provider: str) -> tuple[Reading, ...]:
        """What the server said when it had no such file."""
        return tuple(reading_of(one, provider, "absent") for one in self._kept(url)[-1:] if one.status == ABSENT)

    def bytes_of(self, kept: Kept) -> bytes | None:
        """Kept bytes, None when they are gone or are no longer those that were fetched."""
        try:
            data = self._object(kept.sha256).read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == kept.sha256 else None

    def fetch(self, url: str, start: int, length: int, version: str) -> Kept:
        """Fetch a range and keep it.

        Raises
        ------
        ProviderError
            When it cannot be had, or the file on the server is another by now.
        """
        kept = self._fetch(url, start, length, version)
        if kept.status != FOUND or kept.version != version:
            raise ProviderError(
                f"'{url}' changed on the server after parts of it were kept.",
                f"Read it anew: move the folder '{self.folder}' aside, so that both versions stay checkable.",
            )
        return kept

    def _fetch(self, url: str, start: int, length: int, version: str) -> Kept:
        if self.server is None:
            raise ProviderError(
                f"'{url}' is not kept in full in {self.folder}, and nothing may be fetched.",
                "Read this region once with a network, or put the tile into the folder of the 'folder' provider.",
            )
        answer = self.server.fetch(url, start, length, version)
        if answer.file_bytes > LONGEST_FILE_BYTES:
            raise ProviderError(f"'{url}' has {answer.file_bytes} bytes.", "Check the address: no tile is that long.")
        digest = Sha256.of(answer.body)
        kept = Kept(
            url,
            answer.status,
            answer.version,
            answer.file_bytes,
            start,
            len(answer.body),
            str(digest),
            answer.retrieved,
        )
        if answer.status != CHANGED:
            self._keep(kept, answer.body)
        return kept

    def _keep(self, kept: Kept, body: bytes) -> None:
        path = self._object(kept.sha256)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, half = tempfile.mkstemp(dir=path.parent, prefix="half-")
            with os.fdopen(handle, "wb") as stream:
                stream.write(body)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(half, path)
            listing = self._listing(kept.url)
            listing.parent.mkdir(parents=True, exist_ok=True)
            with listing.open("ab") as stream:  # one write: lines of two processes do not mix
                stream.write(canonical(kept) + b"\n")
        except OSError as error:
            raise ProviderError(
                f"What was fetched could not be kept in {self.folder} ({error}).", "Make room or choose another folder."
            ) from error

    def _kept(self, url: str) -> list[Kept]:
        """What is written down of a file, oldest first; a line cut short by a crash does not count."""
        try:
            lines = self._listing(url).read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        kept: list[Kept] = []
        for line in filter(None, lines):
            try:
                value: Plain = json.loads(line)
                one = from_plain(Kept, value)
            except (ValueError, WitnessmarkError):
                continue
            if one.url == url:
                kept.append(one)
        return kept

    def _object(self, sha256: str) -> Path:
        name = str(Sha256.from_hex(sha256))
        return self.folder / "objects" / name[:2] / name

    def _listing(self, url: str) -> Path:
        return self.folder / "reads" / f"{Sha256.of(url.encode())}.jsonl"


def reading_of(kept: Kept, provider: str, what: str = "") -> Reading:
    """An answer as a reading that the caller preserves."""
    part = what or f"bytes={kept.start}-{kept.start + kept.length - 1}"
    return Reading(provider, f"{kept.url}#{part}", Sha256.from_hex(kept.sha256), kept.length, kept.retrieved)


class RangeFile:
    """A file of known length whose parts are fetched as they are read.

    Parameters
    ----------
    cache : RangeCache
    url : str
    kept : list of Kept
        At least one, all of one version.
    """

    def __init__(self, cache: RangeCache, url: str, kept: list[Kept]) -> None:
        self.url = url
        self.size_bytes = kept[-1].file_bytes
        self._version = kept[-1].version
        self._cache = cache
        self._by_chunk: dict[int, Kept] = {}
        self._held: dict[str, bytes] = {}
        self._used: dict[tuple[int, str], Kept] = {}
        for one in kept:
            self._note(one)

    def readings(self, provider: str) -> tuple[Reading, ...]:
        """Every range that was read so far."""
        return tuple(reading_of(self._used[key], provider) for key in sorted(self._used))

    def read(self, start: int, length: int) -> bytes:
        """Bytes from `start`, fewer at the end of the file.

        Raises
        ------
        ProviderError
        """
        end = min(start + length, self.size_bytes)
        if end <= start:
            return b""
        self._have(start // CHUNK_BYTES, -(-end // CHUNK_BYTES))
        parts = bytearray()
        at = start
        while at < end:
            one = self._by_chunk[at // CHUNK_BYTES]
            data = self._held[one.sha256]
            until = min(end, one.start + one.length)
            parts += data[at - one.start : until - one.start]
            at = until
        return bytes(parts)

    def release(self) -> None:
        """Forget held bytes; they stay kept in the folder."""
        self._held.clear()

    def _have(self, first: int, last: int) -> None:
        """Make sure that all chunks from first to before last are held; damaged ones are fetched anew."""
        kept = [self._by_chunk[chunk] for chunk in range(first, last) if chunk in self._by_chunk]
        for one in {one.sha256: one for one in kept}.values():
            data = None if one.sha256 in self._held else self._cache.bytes_of(one)
            if data is not None:
                self._held[one.sha256] = data
        for begin, end in list(self._gaps(first, last)):
            start = begin * CHUNK_BYTES
            length = min(end * CHUNK_BYTES, self.size_bytes) - start
            one = self._cache.fetch(self.url, start, length, self._version)
            data = self._cache.bytes_of(one)
            if one.length != length or data is None:
                raise ProviderError(
                    f"'{self.url}' gave {one.length} bytes of {length}, or they could not be kept.",
                    "Try again; the connection may have been cut, or the disk may be failing.",
                )
            self._note(one)
            self._held[one.sha256] = data
        for chunk in range(first, last):
            one = self._by_chunk[chunk]
            self._used[one.start, one.sha256] = one

    def _gaps(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Runs of chunks that are not held."""
        begin: int | None = None
        for chunk in range(first, last):
            one = self._by_chunk.get(chunk)
            if one is not None and one.sha256 in self._held:
                if begin is not None:
                    yield begin, chunk
                begin = None
            elif begin is None:
                begin = chunk
        if begin is not None:
            yield begin, last

    def _note(self, one: Kept) -> None:
        for chunk in range(one.start // CHUNK_BYTES, -(-(one.start + one.length) // CHUNK_BYTES)):
            self._by_chunk[chunk] = one


class RangeStream(io.RawIOBase):
    """A RangeFile as a stream; what goes wrong goes to `failures`, as the reader in between cannot carry it."""

    def __init__(self, file: RangeFile, failures: list[WitnessmarkError]) -> None:
        self._file = file
        self._failures = failures
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Position from the start."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size_bytes}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; none after a failure."""
        length = self._file.size_bytes if size < 0 else size
        try:
            data = self._file.read(self._at, length)
        except WitnessmarkError as error:
            self._failures.append(error)
            return b""
        self._at += len(data)
        return data
