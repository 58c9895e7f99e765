"""A BagIt bag (RFC 8493) written file by file, each hashed on its way out."""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from witnessmark.dossier.verifier.blocks import BLOCK_BYTES
from witnessmark.dossier.verifier.tail import BLOCKS
from witnessmark.errors import BadInputError
from witnessmark.plain import canonical


class Written(NamedTuple):
    """What one file became."""

    size_bytes: int
    sha256: str
    sha512: str
    crcs: str


class BagWriter:
    """Writes into a new folder; paths use forward slashes and plain ASCII.

    Parameters
    ----------
    root : Path
        An existing, empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Written] = {}

    def write(self, path: str, data: bytes) -> Written:
        """Write a small file."""
        return self.stream(path, (data,))

    def stream(self, path: str, blocks: Iterable[bytes], tell: Callable[[int], None] | None = None) -> Written:
        """Write a file from blocks of any size, hashing as it goes.

        Parameters
        ----------
        path : str
        blocks : iterable of bytes
        tell : callable (bytes written so far), optional

        Raises
        ------
        BadInputError
            When two files of the dossier would have the same name.
        """
        if path in self.files or not re.fullmatch(r"[A-Za-z0-9._/-]+", path):
            raise BadInputError(
                f"Two files of the dossier would be called '{path}', or the name has other signs than a-z 0-9 . - _.",
                "Give pictures, findings and exhibits names of their own.",
            )
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        sha256, sha512, crcs, size = hashlib.sha256(), hashlib.sha512(), [], 0
        crc, in_block = 0, 0
        with open(target, "xb") as file:
            for block in blocks:
                file.write(block)
                sha256.update(block)
                sha512.update(block)
                size += len(block)
                rest = memoryview(block)
                while rest:
                    part = rest[: BLOCK_BYTES - in_block]
                    crc, in_block, rest = zlib.crc32(part, crc), in_block + len(part), rest[len(part) :]
                    if in_block == BLOCK_BYTES:
                        crcs.append(f"{crc:08x}")
                        crc, in_block = 0, 0
                if tell is not None:
                    tell(size)
            if in_block:
                crcs.append(f"{crc:08x}")
            file.flush()
            os.fsync(file.fileno())
        self.files[path] = Written(size, sha256.hexdigest(), sha512.hexdigest(), "".join(crcs))
        return self.files[path]

    def manifest(self, algorithm: str, paths: Iterable[str]) -> bytes:
        """Lines of hash and path, sorted by path (RFC 8493, section 2.1.3)."""
        lines = [f"{getattr(self.files[path], algorithm)}  {path}\n" for path in sorted(paths)]
        return "".join(lines).encode()

    def finish_lists(self, info: dict[str, str]) -> None:
        """Write the bag declaration, bag-info, manifests, block list and tag manifests over what is there.

        Parameters
        ----------
        info : dict
            Further lines of bag-info.txt (RFC 8493, section 2.2.2).
        """
        payload = [path for path in self.files if path.startswith("data/")]
        size = sum(self.files[path].size_bytes for path in payload)
        lines = {**info, "Payload-Oxum": f"{size}.{len(payload)}"}
        self.write("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        self.write("bag-info.txt", "".join(f"{name}: {value}\n" for name, value in sorted(lines.items())).encode())
        for algorithm in ("sha256", "sha512"):
            self.write(f"manifest-{algorithm}.txt", self.manifest(algorithm, payload))
        listed = {
            path: {"bytes": written.size_bytes, "crc32": written.crcs} for path, written in sorted(self.files.items())
        }
        block_list = {"block_bytes": BLOCK_BYTES, "files": listed, "format": "witnessmark-blocks/1"}
        self.write(BLOCKS, canonical(block_list))
        tags = [path for path in self.files if not path.startswith("data/")]
        for algorithm in ("sha256", "sha512"):
            self.write(f"tagmanifest-{algorithm}.txt", self.manifest(algorithm, tags))


def file_name(text: str, fallback: str) -> str:
    """A name as a plain ASCII file name: other signs become hyphens, never hidden, at most 80 long."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:80]
    return kept or fallback
