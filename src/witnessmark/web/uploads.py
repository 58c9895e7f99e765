"""Files on their way in: piece by piece, so that one cut half-way goes on where it stopped or is cleanly gone."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path

from witnessmark.errors import BadInputError, ClashError, MediaError, NotFoundError

LARGEST_BYTES = 64 * 2**30
KEPT_S = 24 * 3600.0
"""An upload nobody goes on with is removed after so long."""
SPARE_BYTES = 256 * 2**20
"""Room that is left on the disk, so that the log of a case can always be written."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A file on its way in.

    Attributes
    ----------
    id : str
    account : int
        Whose it is; nobody else may go on with it.
    case : str
    name : str
        The file's own name.
    size_bytes : int
        As announced.
    method, url : str
        How it was obtained.
    """

    id: str
    account: int
    case: str
    name: str
    size_bytes: int
    method: str
    url: str


class Uploads:
    """Files on their way in, below one folder.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, account: int, case: str, name: str, size_bytes: int, method: str, url: str) -> Coming:
        """Announce a file.

        Raises
        ------
        BadInputError
            For a size or name that cannot be.
        MediaError
            When the disk has no room for it.
        """
        name = os.path.basename(name.replace("\\", "/")).strip()
        if not 0 < size_bytes <= LARGEST_BYTES:
            raise BadInputError(
                f"A file of {size_bytes} bytes cannot be taken in.", f"Between 1 and {LARGEST_BYTES} bytes can."
            )
        if not name or name in (".", "..") or len(name.encode()) > 200 or not name.isprintable():
            raise BadInputError("The file has no name that can be kept.", "Give it a plain, shorter name.")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.tidy()
        free = shutil.disk_usage(self._folder).free
        if free < 2 * size_bytes + SPARE_BYTES:  # the upload and the kept original
            raise MediaError(
                f"The disk has {free // 2**20} MB left, too little for {name}.", "Make room, then begin again."
            )
        coming = Coming(secrets.token_hex(12), account, case, name, size_bytes, method, url)
        place = self._folder / coming.id
        place.mkdir(mode=0o700)
        (place / "upload.json").write_text(json.dumps(asdict(coming)), encoding="utf-8")
        (place / "part").touch(mode=0o600)
        return coming

    def get(self, upload: str, account: int, case: str) -> Coming:
        """A file on its way in.

        Raises
        ------
        NotFoundError
            When there is none of that id for this person and case.
        """
        gone = NotFoundError("There is no such upload.", "Begin again; one nobody goes on with is removed after a day.")
        if len(upload) != 24 or not upload.isalnum():
            raise gone
        try:
            coming = Coming(**json.loads((self._folder / upload / "upload.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise gone from error
        if coming.account != account or coming.case != case:
            raise gone
        return coming

    def offset(self, coming: Coming) -> int:
        """How many bytes are here."""
        return (self._folder / coming.id / "part").stat().st_size

    async def write(self, coming: Coming, offset: int, pieces: AsyncIterator[bytes]) -> int:
        """Go on with a file; whatever arrived before a cut is kept.

        Parameters
        ----------
        coming : Coming
        offset : int
            Where the pieces begin: the number of bytes that are here.
        pieces : async iterator of bytes

        Returns
        -------
        int
            How many bytes are here now.

        Raises
        ------
        ClashError
            When the pieces begin elsewhere, or are more than was announced.
        MediaError
            When the disk is full.
        """
        part = self._folder / coming.id / "part"
        if offset != self.offset(coming):
            raise ClashError(
                f"The upload stands at byte {self.offset(coming)}, not {offset}.",
                "Ask where it stands and go on there.",
            )
        with part.open("r+b", buffering=0) as file:  # a buffer would be written again at closing, and fail again
            file.seek(offset)
            async for piece in pieces:
                if offset + len(piece) > coming.size_bytes:
                    raise ClashError("More bytes came than were announced.", "Begin again with the right size.")
                try:
                    _write_all(file, piece)
                except OSError as error:
                    with contextlib.suppress(OSError):
                        file.truncate(offset)
                    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
                    raise MediaError(
                        "The disk is full." if full else f"The upload cannot be written ({error.strerror}).",
                        "Make room and go on: what arrived is kept, and nothing was added to the case yet.",
                    ) from error
                offset += len(piece)
        return offset

    def finish(self, coming: Coming) -> Path:
        """The whole file under its own name, in a folder that holds nothing else.

        Raises
        ------
        ClashError
            When bytes are missing.
        """
        missing = coming.size_bytes - self.offset(coming)
        if missing:
            raise ClashError(f"{missing} bytes are missing.", "Go on with the upload, or begin again.")
        place = self._folder / coming.id
        (place / "upload.json").unlink()
        whole = place / coming.name
        if whole.name != "part":
            (place / "part").rename(whole)
        return whole

    def drop(self, coming: Coming) -> None:
        """Remove an upload and what arrived of it."""
        shutil.rmtree(self._folder / coming.id, ignore_errors=True)

    def tidy(self) -> None:
        """Remove uploads nobody goes on with."""
        for place in self._folder.iterdir():
            newest = max((path.stat().st_mtime for path in (place, *place.glob("*"))), default=0.0)
            if time.time() - newest > KEPT_S:
                shutil.rmtree(place, ignore_errors=True)


def _write_all(file: io.FileIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[file.write(left) or 0 :]
