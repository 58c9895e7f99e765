"""The fingerprint libraries of a case: its own, and the organisation's, which partners' bundles come into as well."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Appearance, Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.items import add_appearance, appearances, evidence, original_path, withdraw_appearance
from witnessmark.errors import BadInputError, ClashError
from witnessmark.lines.contract import no_progress
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.library import Hits, Library, Recording, Seen
from witnessmark.media import Broken
from witnessmark.plain import canonical, to_plain
from witnessmark.stores.fingerprints import FingerprintStore, open_library

FOLDER = "fingerprints"
"""Below the case folder. It follows from the originals: losing it costs fingerprinting them again."""
LIBRARY_VARIABLE = "WITNESSMARK_LIBRARY"
"""The organisation's library for all its cases: a folder, or the URL of a PostgreSQL database."""
OWN = "case"
ORGANISATION = "organisation"
MOVING = ("video/", "audio/", "image/")
Progress = Callable[[float, str], None]


class CaseLibrary:
    """The case's own library: fingerprints from the store, times at which an item was seen from the records.

    Parameters
    ----------
    case : Case
    store : FingerprintStore
    """

    def __init__(self, case: Case, store: FingerprintStore) -> None:
        self._store = store
        self._seen = {item.sha256.hex(): seen_of(case, item) for item in evidence(case)}
        self._names = {item.sha256.hex(): item.exhibit_number for item in evidence(case)}

    @property
    def algorithm(self) -> str:
        """Of its fingerprints."""
        return self._store.algorithm

    def recordings(self) -> Sequence[Recording]:
        """The case's items; what a partner's bundle brought keeps its own times."""
        return [
            replace(one, seen=self._seen.get(one.sha256 or "", ())) if not one.origin else one
            for one in self._store.recordings()
        ]

    def fingerprint(self, recording: int) -> Fingerprint:
        """See `Library`."""
        return self._store.fingerprint(recording)

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """See `Library`."""
        return self._store.near_frames(codes, radius_bits)

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """See `Library`."""
        return self._store.near_sound(codes)

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """See `Library`."""
        return self._store.near_features(codes, probes, radius_bits)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()


def seen_of(case: Case, item: Item) -> tuple[Seen, ...]:
    """When an item is attested to have been there: its postings, and when it was first taken in; earliest first."""
    posted = [_posted(appearance) for appearance in appearances(case, item)]
    taken = [Seen(capture.ended.timestamp(), 0, "taken in", "") for capture in item.captures[:1]]
    return tuple(sorted((*posted, *taken), key=lambda seen: (seen.at_unix_s, seen.where)))


def _posted(appearance: Appearance) -> Seen:
    moment = appearance.posted
    offset = moment.at.utcoffset() if moment.zone_proven else None
    known = moment.how_known if moment.how_known.startswith("platform page") else f"posting, {moment.how_known}"
    return Seen(
        moment.at.timestamp(), None if offset is None else int(offset.total_seconds()), known, appearance.platform
    )


def case_store(case: Case) -> FingerprintStore:
    """The store below the case folder, made when there is none.

    Raises
    ------
    ClashError
        When another version of the program made it; the message says how to rebuild it.
    """
    return open_library(case.folder / FOLDER)


def organisation_place(case: Case | None = None) -> str | None:
    """Where the organisation's library is: the case's setting, else `LIBRARY_VARIABLE`; None for nowhere."""
    place = case.settings.get("library") if case is not None else None
    return str(place) if place else os.environ.get(LIBRARY_VARIABLE, "").strip() or None


def open_libraries(case: Case) -> dict[str, CaseLibrary | FingerprintStore]:
    """The libraries to be asked, by name: the case's own, and the organisation's where there is one."""
    opened: dict[str, CaseLibrary | FingerprintStore] = {OWN: CaseLibrary(case, case_store(case))}
    place = organisation_place(case)
    if place is not None:
        opened[ORGANISATION] = open_library(place)
    return opened


def library_state(library: Library) -> str:
    """Changes when a recording comes or goes, or is learnt to have been seen, or is marked."""
    told = [to_plain(recording) for recording in library.recordings()]
    return Sha256.of(canonical([library.algorithm, told])).hex()


def fingerprint_item(case: Case, item: Item, *, progress: Progress | None = None) -> Recording | Broken | None:
    """Keep an item's fingerprint in the case's library and the organisation's, if it is not there yet.

    Returns
    -------
    Recording, Broken or None
        The case's recording; why nothing could be decoded; None for a file that holds neither pictures nor sound.
    """
    if not item.media_type.startswith(MOVING):
        return None
    sha256 = item.sha256.hex()
    stores = [case_store(case)]
    try:
        place = organisation_place(case)
        if place is not None:
            stores.append(open_library(place))
        known = [store.find(sha256=sha256, origin="") for store in stores]
        made: Fingerprint | Broken | None = None
        for store, kept in zip(stores, known, strict=True):
            if kept and kept[0].tiers >= 3:
                continue
            made = made or _made(case, item, progress or no_progress)
            if isinstance(made, Broken):
                return made
            name = item.exhibit_number if store is stores[0] else f"{case.reference} {item.exhibit_number}"
            try:
                store.add(made, name, sha256=sha256, seen=() if store is stores[0] else seen_of(case, item))
            except ClashError:  # taken down from the organisation's library on purpose: it stays out
                if store is stores[0]:
                    raise
        (recording,) = stores[0].find(sha256=sha256, origin="")
        return recording
    finally:
        for store in stores:
            store.close()


def _made(case: Case, item: Item, progress: Progress) -> Fingerprint | Broken:
    made = fingerprint_of(original_path(case, item), progress=progress)
    if isinstance(made, Fingerprint):
        payload = {"item": item.sha256, "algorithm": ALGORITHM, "duration_s": made.duration_s, "stopped": made.stopped}
        case.record(
            PremisEvent.METADATA_EXTRACTION,
            "item.fingerprinted",
            payload,
            [item.sha256],
            once=f"fingerprinted {item.sha256.hex()} {ALGORITHM}",
        )
    return made


def fingerprint_all(case: Case, *, progress: Progress | None = None) -> None:
    """Keep the fingerprints of all evidence that has none yet; what cannot be decoded is passed over."""
    items = evidence(case)
    for number, item in enumerate(items):
        fingerprint_item(case, item, progress=_within(progress, number, len(items), item.exhibit_number))


def _within(progress: Progress | None, number: int, of: int, what: str) -> Progress:
    told = progress or no_progress
    return lambda done, doing: told((number + done) / of, f"{what}: {doing}")


def post(case: Case, item: Item, appearance: Appearance) -> None:
    """Record a public posting of an item, and let the organisation's library know when it was seen."""
    add_appearance(case, item, appearance)
    _in_organisation(case, item, lambda store, kept: store.add_seen(kept.id, seen_of(case, item)))


def unpost(case: Case, item: Item, number: int, reason: str) -> None:
    """Take a posting back that was recorded wrongly, from the organisation's library as well.

    Raises
    ------
    NotFoundError, BadInputError
        See `witnessmark.desk.items.withdraw_appearance`.
    """
    before = seen_of(case, item)
    withdraw_appearance(case, item, number, reason)
    gone = set(before) - set(seen_of(case, item))

    def without(store: FingerprintStore, kept: Recording) -> None:
        if gone & set(kept.seen):
            fingerprint = store.fingerprint(kept.id)
            store.remove(kept.id, f"a posting of {case.reference} {item.exhibit_number} was withdrawn", case.operator)
            seen = [one for one in kept.seen if one not in gone]
            store.add(fingerprint, kept.name, sha256=kept.sha256, seen=seen, again=True)

    _in_organisation(case, item, without)


def _in_organisation(case: Case, item: Item, act: Callable[[FingerprintStore, Recording], object]) -> None:
    place = organisation_place(case)
    if place is None:
        return
    store = open_library(place)
    try:
        for kept in store.find(sha256=item.sha256.hex(), origin=""):
            act(store, kept)
    finally:
        store.close()


def set_library(case: Case, place: str) -> None:
    """Set where the organisation's library is, for this case; it is tried first.

    Raises
    ------
    BadInputError
        When it is the case's own, or cannot be opened.
    """
    if "://" not in place and Path(place).resolve() == (case.folder / FOLDER).resolve():
        raise BadInputError("That is the case's own library.", "Name the one that all cases share.")
    open_library(place).close()
    absolute = place if "://" in place else str(Path(place).resolve())
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": {"library": absolute}})
