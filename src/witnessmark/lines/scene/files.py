"""Comparing two files as they lie on a disk, without a case."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import Picture, no_progress
from witnessmark.lines.scene.comparing import Looked, compare, prepare
from witnessmark.lines.scene.drawing import side_by_side
from witnessmark.lines.scene.observations import Compared
from witnessmark.lines.scene.references import Reference
from witnessmark.lines.scene.telling import compared_of
from witnessmark.media.records import Broken, Limits


def compare_files(
    first: Path,
    second: Path,
    limits: Limits | None = None,
    *,
    progress: Callable[[float, str], None] = no_progress,
) -> tuple[Compared, Picture | None]:
    """Compare two recordings or photographs.

    Parameters
    ----------
    first, second : Path
    limits : Limits, optional
    progress : callable (done from 0 to 1, what is being done)

    Returns
    -------
    Compared
    Picture or None
        None when no two views agree.

    Raises
    ------
    BadInputError
        When either file cannot be read or decoded.
    """
    progress(0.0, f"looking at {first.name}")
    looked = _prepared(first, limits or Limits())
    progress(0.35, f"looking at {second.name}")
    other = _prepared(second, limits or Limits())
    progress(0.7, "comparing")
    reference = Reference(_digest(second), second.name, second, None)
    compared = compared_of(reference, looked, other, compare(looked, other))
    progress(1.0, "done")
    return compared, None if compared.best is None else side_by_side(compared, 1)


def _prepared(path: Path, limits: Limits) -> Looked:
    looked = prepare(path, limits)
    if isinstance(looked, Broken):
        raise BadInputError(f"'{path}' cannot be compared: {looked.reason}", looked.do)
    return looked


def _digest(path: Path) -> Sha256:
    with path.open("rb") as stream:
        return Sha256(hashlib.file_digest(stream, "sha256").digest())
