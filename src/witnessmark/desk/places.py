"""The organisation's footage of known place: put into a store once, then compared with whatever a case takes in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.indexing import Progress
from witnessmark.errors import BadInputError, NotFoundError, WitnessmarkError
from witnessmark.lines.contract import Picture, no_progress
from witnessmark.lines.scene.comparing import Looked, compare, prepare
from witnessmark.lines.scene.drawing import side_by_side
from witnessmark.lines.scene.observations import Compared, Unread
from witnessmark.lines.scene.references import KnownPlace, Prepared, Reference
from witnessmark.lines.scene.telling import POINTS_FEW, compared_of, surest_first
from witnessmark.media.records import Broken, Limits
from witnessmark.stores.places import Kept, PlaceStore

PLACES_VARIABLE = "WITNESSMARK_PLACES"
"""The organisation's store of places for all its cases: a folder."""
CALLED = "the organisation's store of places"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a store of places answers for a file.

    Attributes
    ----------
    compared : tuple of Compared
        Surest first; only the first carries its pictures.
    unread : tuple of Unread
    picture : Picture or None
        Both pictures of the surest that agrees, side by side.
    """

    compared: tuple[Compared, ...]
    unread: tuple[Unread, ...]
    picture: Picture | None


class ClosedPlaces:
    """A store of places that cannot be opened: one reference that cannot be read, so that it is told.

    Parameters
    ----------
    reason : WitnessmarkError
    """

    def __init__(self, reason: WitnessmarkError) -> None:
        self._reason = reason

    def others(self) -> Sequence[Reference]:
        """One that stands for all that may be there."""
        return (Reference(Sha256.of(CALLED.encode()), CALLED, Path(), None),)

    def looked(self, reference: Reference) -> Looked | Broken:
        """Why nothing of it can be read."""
        return Broken("open", self._reason.what, None, 0, self._reason.do)

    def state(self) -> str:
        """Changes with the reason."""
        return f"closed: {self._reason.what}"


def places_folder(case: Case | None = None) -> str | None:
    """Where the organisation's store of places is: the case's setting, else `PLACES_VARIABLE`; None for nowhere."""
    folder = case.settings.get("places") if case is not None else None
    return str(folder) if folder else os.environ.get(PLACES_VARIABLE, "").strip() or None


def open_places(case: Case) -> Prepared | None:
    """The organisation's store of places; None where there is none. One that cannot be opened says why when asked."""
    folder = places_folder(case)
    if folder is None:
        return None
    try:
        return PlaceStore(Path(folder))
    except WitnessmarkError as error:
        return ClosedPlaces(error)


def set_places(case: Case, folder: Path) -> None:
    """Set where the organisation's store of places is, for this case; it is tried first.

    Raises
    ------
    NotFoundError, BadInputError
        When it is not there, or is none.
    """
    PlaceStore(folder)
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": {"places": str(folder.resolve())}})


def index_place(
    store: PlaceStore, file: Path, place: KnownPlace | None, operator: str, *, label: str = "", progress: Progress
) -> Kept:
    """Put a recording or photograph into a store of places.

    Parameters
    ----------
    store : PlaceStore
    file : Path
    place : KnownPlace or None
        Without one it is compared all the same, and weighs nothing.
    operator : str
    label : str
        The file's name unless given.
    progress : callable (done from 0 to 1, what is being done)

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When it cannot be decoded, holds too little to be found again, or the store cannot be written.
    """
    looked = _prepared(file, progress)
    if looked.points_count < POINTS_FEW:
        raise BadInputError(
            f"'{file.name}' holds only {looked.points_count} points that could be found again.",
            "Index a sharper recording or photograph of that place.",
        )
    return store.add(_digest(file), label.strip() or file.name, looked, place, operator)


def ask_places(store: PlaceStore, file: Path, *, progress: Progress | None = None) -> Asked:
    """Which references of a store show the place that a file shows, surest first.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When it cannot be decoded.
    """
    told = progress or no_progress
    looked = _prepared(file, lambda done, what: told(0.1 * done, what))
    compared, unread, itself = list[Compared](), list[Unread](), _digest(file)
    others = [reference for reference in store.others() if reference.sha256 != itself]
    for number, reference in enumerate(others):
        told(0.1 + 0.9 * number / len(others), f"comparing with {reference.label}")
        other = store.looked(reference)
        if isinstance(other, Broken):
            unread.append(Unread(reference.sha256, reference.label, other.reason))
        else:
            compared.append(compared_of(reference, looked, other, compare(looked, other)))
    told(1.0, "done")
    ordered = surest_first(compared, 1)
    best = ordered[0] if ordered and ordered[0].best is not None else None
    return Asked(ordered, tuple(unread), None if best is None else side_by_side(best, 1))


def _prepared(file: Path, progress: Progress) -> Looked:
    if not file.is_file():
        raise NotFoundError(f"There is no file '{file}'.", "Check the path.")
    progress(0.0, f"looking at {file.name}")
    looked = prepare(file, Limits())
    if isinstance(looked, Broken):
        raise BadInputError(f"'{file.name}' cannot be compared: {looked.reason}", looked.do)
    progress(1.0, f"looked at {file.name}")
    return looked


def _digest(file: Path) -> Sha256:
    with file.open("rb") as stream:
        return Sha256(hashlib.file_digest(stream, "sha256").digest())
