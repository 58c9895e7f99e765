"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from witnessmark.errors import BadInputError, ClashError


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a hidden sibling folder to write into; on leaving, rename it to `out`, or remove it after an error.

    Left-overs of a process that was killed before are removed first.

    Raises
    ------
    ClashError
        When something is at `out` already, before or at the end.
    BadInputError
        When the folder above cannot be written to.
    """
    out = Path(os.path.abspath(out))
    if os.path.lexists(out):
        raise ClashError(f"There is something at '{out}' already.", "Name another folder; nothing is overwritten.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_overs(out)
        prefix = f".{out.name}.sealing-{os.getpid()}-"
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=out.parent))
    except OSError as error:
        raise BadInputError(
            f"No folder can be made at '{out}': {error.strerror}.", "Name a folder below one you may write to."
        ) from error
    try:
        yield folder
        os.chmod(folder, 0o755)
        for inside, _, _ in os.walk(folder):
            _sync(Path(inside))
        if os.path.lexists(out):
            raise ClashError(f"Something has appeared at '{out}'.", "Name another folder; nothing is overwritten.")
        os.rename(folder, out)
        _sync(out.parent)
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_left_overs(out: Path) -> None:
    pattern = re.compile(re.escape(f".{out.name}.sealing-") + r"([0-9]+)-\w+")
    for entry in out.parent.iterdir():
        match = pattern.fullmatch(entry.name)
        if match and not _running(int(match[1])):
            shutil.rmtree(entry, ignore_errors=True)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
