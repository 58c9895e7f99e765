"""Reads a C2PA manifest from standard input inside the media room's walls: run as a program, never imported."""

from __future__ import annotations

import io
import json
import os
import sys

import c2pa

from witnessmark.media.records import Limits
from witnessmark.media.worker.confine import confine

LIMITS = Limits(cpu_s=60.0, wall_s=90.0, memory_bytes=4 << 30)
OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}


class _Input(io.RawIOBase):
    """Standard input as a read-only, seekable stream; nothing is opened by name."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(0, offset, whence)

    def tell(self) -> int:
        return os.lseek(0, 0, os.SEEK_CUR)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: WriteableBuffer
        data = os.read(0, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def main() -> None:
    """Print one JSON object: ``report`` (the reader's own), ``absent`` or ``error``."""
    context = c2pa.Context.from_dict(OFFLINE)
    confine(LIMITS)
    try:
        with c2pa.Reader(sys.argv[1], _Input(), context=context) as reader:
            answer: dict[str, object] = {"report": json.loads(reader.json())}
    except c2pa.C2paError as error:
        absent = "ManifestNotFound" in f"{type(error).__name__} {error}"
        answer = {"absent": True} if absent else {"error": str(error)[:500]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
