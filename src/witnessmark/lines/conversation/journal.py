"""What was heard so far, a line a stretch: a run that was stopped goes on from there, and a second one is quick."""

from __future__ import annotations

import json
import os
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.plain import Plain, canonical


class Journal:
    """Answers on a disk, kept under what they follow from.

    Parameters
    ----------
    folder : Path or None
        None to keep nothing.
    follows_from : Plain
        Item, model, parameters: with others, other answers.
    """

    def __init__(self, folder: Path | None, follows_from: Plain) -> None:
        self._known: dict[str, Plain] = {}
        self._written_to: int | None = None
        self._path = None if folder is None else folder / f"{Sha256.of(canonical(follows_from)).hex()}.jsonl"

    def get(self, key: Plain) -> Plain:
        """What was answered before, None when nothing was."""
        if self._path is not None and self._written_to is None:
            self._open(self._path)
        return self._known.get(canonical(key).decode())

    def put(self, key: Plain, value: Plain) -> None:
        """Keep an answer; a run that is killed after this finds it again."""
        name = canonical(key).decode()
        self._known[name] = value
        if self._written_to is not None:
            os.write(self._written_to, (json.dumps([name, value]) + "\n").encode())

    def close(self, *, forget: bool) -> None:
        """Let go of the file, and remove it where what it holds is not to be left lying about."""
        if self._written_to is not None:
            os.close(self._written_to)
            self._written_to = None
        if self._path is not None and (forget or not self._known):
            self._path.unlink(missing_ok=True)

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_bytes = 0
        if path.is_file():
            with path.open("rb") as held:
                for line in held:
                    if not self._read(line):  # cut short by the stop; what follows is written anew
                        break
                    whole_bytes += len(line)
            os.truncate(path, whole_bytes)
        self._written_to = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _read(self, line: bytes) -> bool:
        try:
            name, value = json.loads(line)
        except ValueError:
            return False
        if not line.endswith(b"\n") or not isinstance(name, str):
            return False
        self._known[name] = value
        return True
