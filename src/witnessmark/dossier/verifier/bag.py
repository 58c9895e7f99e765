"""The bag as files: walked without following links, read within bounds, hashed in one pass."""

import hashlib
import os
import re
import stat
import zlib
from collections.abc import Callable
from typing import NamedTuple

from witnessmark.dossier.verifier.blocks import BLOCK_BYTES
from witnessmark.dossier.verifier.canonical import Refused

MAX_FILES = 200_000
MAX_CONTROL_BYTES = 64 << 20
"""Largest manifest or block list read: enough for 400 GB of payload."""


class Fault(NamedTuple):
    """One thing wrong: its kind, the file, the byte where it begins (when known) and a sentence."""

    kind: str
    path: str
    offset: "int | None"
    sentence: str


class Digests(NamedTuple):
    """What one pass over a file gives."""

    size: int
    sha256: str
    sha512: str
    crcs: str


def shown(path: str) -> str:
    """A path as it can be printed: control signs, marks of direction and undecodable bytes are escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape", "replace").decode() for sign in path)


class Bag:
    """The files of a folder, by their path below it with forward slashes.

    Parameters
    ----------
    root : str
        Absolute path of the folder.
    progress : callable (bytes done, bytes in all)
    """

    def __init__(self, root: str, progress: Callable[[int, int], None]) -> None:
        self.root = root
        self.sizes: dict[str, int] = {}
        self.faults: list[Fault] = []
        self._progress = progress
        self._done = 0
        self._walk()

    def _walk(self) -> None:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            empty = True
            with os.scandir(os.path.join(self.root, *folder.split("/")) if folder else self.root) as entries:
                for entry in entries:
                    empty = False
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_symlink():
                        self.faults.append(Fault("link", path, None, f"{shown(path)} is a link; a dossier has none."))
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        self.sizes[path] = entry.stat(follow_symlinks=False).st_size
                    else:
                        self.faults.append(
                            Fault("not a file", path, None, f"{shown(path)} is neither a file nor a folder.")
                        )
                    if len(self.sizes) + len(waiting) > MAX_FILES:
                        raise Refused(f"the folder holds more than {MAX_FILES} files")
            if empty and folder:
                self.faults.append(Fault("unexpected", folder, None, f"The folder {shown(folder)} is empty."))

    def open(self, path: str) -> int:
        """A descriptor on a regular file of the bag, never through a link.

        Raises
        ------
        Refused
            When it is no longer a regular file.
        """
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(os.path.join(self.root, *path.split("/")), flags)
        except OSError as error:
            raise Refused(f"it cannot be opened ({error.strerror})") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Refused("it is not a regular file")
        return descriptor

    def read(self, path: str, limit_bytes: int = MAX_CONTROL_BYTES) -> bytes:
        """A small file whole.

        Raises
        ------
        Refused
            When it is absent, cannot be opened or is larger than the limit.
        """
        if path not in self.sizes:
            raise Refused("it is missing")
        with os.fdopen(self.open(path), "rb") as source:
            data = source.read(limit_bytes + 1)
        if len(data) > limit_bytes:
            raise Refused(f"it is larger than the {limit_bytes} bytes such a file may have")
        return data

    def read_block(self, path: str, index: int) -> bytes:
        """One block of a file."""
        with os.fdopen(self.open(path), "rb") as source:
            source.seek(index * BLOCK_BYTES)
            return source.read(BLOCK_BYTES)

    def digests(self, path: str, undo: "dict[int, int] | None" = None, limit: "int | None" = None) -> Digests:
        """Hash a file in one pass.

        Parameters
        ----------
        path : str
        undo : dict of int to int, optional
            Bytes to XOR before hashing, by offset: the hash of the file as it would be without those changes.
        limit : int, optional
            Bytes after which to stop, as what follows is too much in any case; the size is still the whole one.

        Raises
        ------
        Refused
            When the file cannot be read.
        """
        sha256, sha512, crcs, size = hashlib.sha256(), hashlib.sha512(), [], 0
        total = sum(self.sizes.values())
        try:
            with os.fdopen(self.open(path), "rb", buffering=1 << 20) as source:
                while True:
                    block = source.read(BLOCK_BYTES if limit is None else min(BLOCK_BYTES, limit - size))
                    if not block:
                        break
                    for offset in [at for at in undo or {} if size <= at < size + len(block)]:
                        patched = bytearray(block)
                        patched[offset - size] ^= (undo or {})[offset]
                        block = bytes(patched)
                    sha256.update(block)
                    sha512.update(block)
                    crcs.append(f"{zlib.crc32(block):08x}")
                    size += len(block)
                    if undo is None:
                        self._done += len(block)
                        self._progress(self._done, total)
        except OSError as error:
            raise Refused(f"it cannot be read ({error.strerror})") from error
        size = size if limit is None or size < limit else self.sizes[path]
        return Digests(size, sha256.hexdigest(), sha512.hexdigest(), "".join(crcs))


def read_manifest(data: bytes, algorithm: str, prefix: str) -> dict[str, str]:
    """The lines of a BagIt manifest (RFC 8493, section 2.1.3): hash by path.

    Parameters
    ----------
    data : bytes
    algorithm : str
        sha256 or sha512.
    prefix : str
        ``data/`` for payload manifests, empty for tag manifests.

    Raises
    ------
    Refused
        For a line that is not a hash and a path, a path that leaves the bag, or one named twice.
    """
    width = {"sha256": 64, "sha512": 128}[algorithm]
    listed: dict[str, str] = {}
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"it is not UTF-8 text (byte {error.start})") from error
    if not text.endswith("\n"):
        raise Refused("its last line does not end")
    for number, line in enumerate(text[:-1].split("\n"), 1):
        match = re.fullmatch(rf"([0-9a-f]{{{width}}})  (.+)", line)
        if match is None:
            raise Refused(f"line {number} is not a {algorithm} hash, two spaces and a path")
        path = match.group(2).replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        parts = path.split("/")
        if (
            not path.startswith(prefix)
            or "\\" in path
            or "\0" in path
            or any(part in ("", ".", "..") for part in parts)
        ):
            raise Refused(f"line {number} names {shown(path)!r}, which is not a place for a file of this bag")
        if path in listed:
            raise Refused(f"line {number} names {shown(path)} a second time")
        listed[path] = match.group(1)
        if len(listed) > MAX_FILES:
            raise Refused(f"it lists more than {MAX_FILES} files")
    return listed
