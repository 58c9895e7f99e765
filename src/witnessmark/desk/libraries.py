"""The fingerprint libraries of a case: its own, and the organisation's, which partners' bundles come into as well."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from witnessmark.custody.records import Appearance, Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.items import add_appearance, appearances, evidence, original_path, withdraw_appearance
from witnessmark.desk.shelves import CaseLibrary, ClosedLibrary, OrganisationLibrary, Shelf
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError, WitnessmarkError
from witnessmark.lines.contract import no_progress
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.library import Recording, Seen
from witnessmark.lines.copies.patience import fingerprint_patiently
from witnessmark.media import Broken
from witnessmark.plain import from_plain
from witnessmark.stores.fingerprints import FingerprintStore, open_library

FOLDER = "fingerprints"
"""Below the case folder. It follows from the originals: losing it costs fingerprinting them again."""
LIBRARY_VARIABLE = "WITNESSMARK_LIBRARY"
"""The organisation's library for all its cases: a folder, or the URL of a PostgreSQL database."""
OWN = "case"
ORGANISATION = "organisation"
MOVING = ("video/", "audio/", "image/")
Progress = Callable[[float, str], None]


def seen_of(case: Case, item: Item) -> tuple[Seen, ...]:
    """When an item is attested to have been there: its postings, and when it was first taken in; earliest first."""
    posted = [_posted(appearance) for appearance in appearances(case, item)]
    taken = [Seen(capture.ended.timestamp(), 0, "taken in", "") for capture in item.captures[:1]]
    return tuple(sorted((*posted, *taken), key=lambda seen: (seen.at_unix_s, seen.where)))


def withdrawn_of(case: Case, item: Item) -> frozenset[Seen]:
    """Times that the case once gave for an item and took back: they count nowhere in it, whoever was told of them."""
    sha256 = item.sha256.hex()
    ever = []
    for payload in case.records.payloads("item.taken-in", "item.captured-again", "appearance.recorded"):
        about = payload["item"]["sha256"] if isinstance(payload["item"], dict) else payload["item"]
        appearance = payload.get("appearance") or (payload.get("capture") or {}).get("appearance")
        if about == sha256 and appearance is not None:
            ever.append(_posted(from_plain(Appearance, appearance)))
    unnamed = [seen.unnamed for seen in ever]  # as libraries of older versions noted them
    return frozenset((*ever, *unnamed)) - frozenset(seen_of(case, item))


def _posted(appearance: Appearance) -> Seen:
    moment = appearance.posted
    offset = moment.at.utcoffset() if moment.zone_proven else None
    known = moment.how_known if moment.how_known.startswith("platform page") else f"posting, {moment.how_known}"
    offset_s = None if offset is None else int(offset.total_seconds())
    return Seen(moment.at.timestamp(), offset_s, known, appearance.platform, appearance.account, appearance.url or "")


def organisation_place(case: Case | None = None) -> str | None:
    """Where the organisation's library is: the case's setting, else `LIBRARY_VARIABLE`; None for nowhere."""
    place = case.settings.get("library") if case is not None else None
    return str(place) if place else os.environ.get(LIBRARY_VARIABLE, "").strip() or None


def label_of(case: Case, item: Item) -> str:
    """What the organisation's library calls an item of the case."""
    return f"{case.reference} {item.exhibit_number}"


def open_libraries(case: Case) -> dict[str, Shelf]:
    """The libraries to be asked, by name: the case's own, and the organisation's where there is one.

    One that cannot be opened is among them and says why: a line then tells that it was not searched.
    """
    items = evidence(case)
    opened: dict[str, Shelf] = {}
    seen = {item.sha256.hex(): seen_of(case, item) for item in items}
    gone = {item.sha256.hex(): withdrawn_of(case, item) for item in items}
    try:
        opened[OWN] = CaseLibrary(open_library(case.folder / FOLDER), seen)
    except WitnessmarkError as error:
        opened[OWN] = ClosedLibrary(str(error))
    place = organisation_place(case)
    if place is not None:
        try:
            opened[ORGANISATION] = OrganisationLibrary(open_library(place), gone)
        except WitnessmarkError as error:
            opened[ORGANISATION] = ClosedLibrary(str(error))
    return opened


@contextmanager
def _stores(case: Case) -> Iterator[tuple[FingerprintStore, FingerprintStore | None]]:
    """The case's own store and, if it can be reached, the organisation's; closed afterwards."""
    own = open_library(case.folder / FOLDER)
    try:
        own.recordings()
    except (ClashError, CustodyError):  # a file of it is gone or cut short: the originals are here to make it anew from
        own.rebuild()
    shared: FingerprintStore | None = None
    try:
        place = organisation_place(case)
        if place is not None:
            try:
                shared = open_library(place)
            except WitnessmarkError:  # said by `open_libraries`, wherever something is searched
                shared = None
        yield own, shared
    finally:
        own.close()
        if shared is not None:
            shared.close()


def fingerprint_item(case: Case, item: Item, *, progress: Progress | None = None) -> Recording | Broken | None:
    """Keep an item's fingerprint in the case's library and the organisation's, if it is not there yet.

    Returns
    -------
    Recording, Broken or None
        The case's recording; why nothing could be decoded; None for a file that holds neither pictures nor sound.
    """
    if not item.media_type.startswith(MOVING):
        return None
    with _stores(case) as (own, shared):
        return _kept(case, item, own, shared, progress or no_progress)


def own_fingerprint(case: Case, item: Item) -> Fingerprint:
    """An item's fingerprint from the case's own library.

    Raises
    ------
    NotFoundError
        When it was not made: see `fingerprint_item`.
    """
    store = open_library(case.folder / FOLDER)
    try:
        for kept in store.find(sha256=item.sha256.hex(), origin=""):
            return store.fingerprint(kept.id)
    finally:
        store.close()
    raise NotFoundError(f"{item.exhibit_number} is not in the case's library.", "Compare it first: copies look.")


def fingerprint_all(case: Case, *, progress: Progress | None = None) -> None:
    """Keep the fingerprints of all evidence that has none yet; what cannot be decoded or kept is passed over."""
    items = [item for item in evidence(case) if item.media_type.startswith(MOVING)]
    told = progress or no_progress
    try:
        with _stores(case) as (own, shared):
            for number, item in enumerate(items):

                def within(done: float, what: str, number: int = number, item: Item = item) -> None:
                    told((number + done) / len(items), f"{item.exhibit_number}: {what}")

                _kept(case, item, own, shared, within)
    except WitnessmarkError:  # the library itself is closed or full: the line that asks it says so
        return


def _kept(
    case: Case, item: Item, own: FingerprintStore, shared: FingerprintStore | None, progress: Progress
) -> Recording | Broken | None:
    sha256 = item.sha256.hex()
    here = next(iter(own.find(sha256=sha256, origin="")), None)
    made: Fingerprint | Broken | None = None
    if here is None or not _complete(own, here):
        made = _made(case, item, progress)
        if isinstance(made, Broken):
            return made
        here = own.add(made, item.exhibit_number, sha256=sha256)
    if shared is not None:
        whole = made if isinstance(made, Fingerprint) else own.fingerprint(here.id)
        with suppress(WitnessmarkError):  # one that may only be read, or is full: the case's own work goes on
            _share(case, item, whole, shared)
    return here


def _share(case: Case, item: Item, whole: Fingerprint, shared: FingerprintStore) -> None:
    """Keep an item with the organisation, unless it was taken down there, and tell when it was seen."""
    sha256 = item.sha256.hex()
    there = next(iter(shared.find(sha256=sha256, origin="")), None)
    if there is not None and _complete(shared, there):
        _tell(case, item, shared, there)
    elif not any(taken.sha256 == sha256 and not taken.origin and not taken.lost for taken in shared.takedowns()):
        shared.add(whole, label_of(case, item), sha256=sha256, seen=seen_of(case, item))


def _complete(store: FingerprintStore, kept: Recording) -> bool:
    """Whether all there is to keep is kept: sound alone has the first tier only."""
    if kept.id in store.lost():
        return False
    return kept.tiers >= 3 or not len(store.fingerprint(kept.id).frames.times_s)


def _made(case: Case, item: Item, progress: Progress) -> Fingerprint | Broken:
    """The fingerprint, noted in the log; what could not be decoded is not tried again by the same algorithm."""
    for known in case.records.payloads("item.not-fingerprinted"):
        if (known["item"], known["algorithm"]) == (item.sha256.hex(), ALGORITHM):
            return from_plain(Broken, known["broken"])
    made = fingerprint_patiently(original_path(case, item), progress=progress)
    whole = isinstance(made, Fingerprint)
    payload: dict[str, object] = {"item": item.sha256, "algorithm": ALGORITHM}
    if isinstance(made, Fingerprint):
        payload |= {"duration_s": made.duration_s, "stopped": made.stopped}
    else:
        payload["broken"] = made
    action = "item.fingerprinted" if whole else "item.not-fingerprinted"
    once = f"{action} {item.sha256.hex()} {ALGORITHM}"
    case.record(PremisEvent.METADATA_EXTRACTION, action, payload, [item.sha256], once=once)
    return made


def _tell(case: Case, item: Item, store: FingerprintStore, kept: Recording) -> None:
    """Bring the organisation's times of an item up to the case's: what was posted since, what was taken back."""
    gone, wanted = withdrawn_of(case, item) & set(kept.seen), set(seen_of(case, item)) - set(kept.seen)
    if gone:
        store.remove_seen(kept.id, gone)
    if wanted:
        store.add_seen(kept.id, wanted)


def post(case: Case, item: Item, appearance: Appearance) -> None:
    """Record a public posting of an item, and let the organisation's library know when it was seen."""
    add_appearance(case, item, appearance)
    _tell_organisation(case, item)


def unpost(case: Case, item: Item, number: int, reason: str) -> None:
    """Take a posting back that was recorded wrongly, from the organisation's library as well.

    In this case it stops counting at once, wherever it was told. A library that cannot be reached now is told when
    the item is next compared.

    Raises
    ------
    NotFoundError, BadInputError
        See `witnessmark.desk.items.withdraw_appearance`.
    """
    withdraw_appearance(case, item, number, reason)
    _tell_organisation(case, item)


def _tell_organisation(case: Case, item: Item) -> None:
    place = organisation_place(case)
    if place is None:
        return
    try:
        store = open_library(place)
    except WitnessmarkError:  # told when the item is next compared
        return
    try:
        with suppress(WitnessmarkError):  # one that may only be read; in this case the records count anyway
            for kept in store.find(sha256=item.sha256.hex(), origin=""):
                _tell(case, item, store, kept)
    finally:
        store.close()


def set_library(case: Case, place: str) -> None:
    """Set where the organisation's library is, for this case; it is tried first.

    Raises
    ------
    BadInputError
        When it is a case's own, carries a password, or cannot be opened.
    """
    if "://" in place:
        if urlsplit(place).password:
            raise BadInputError(
                "The address carries a password, which would stand in the log.",
                f"Leave it out and set PGPASSWORD or a passfile, or give it in {LIBRARY_VARIABLE} instead.",
            )
        absolute = place
    else:
        absolute = str(Path(place).resolve())
        if (Path(absolute).parent / "witnessmark.json").is_file():
            raise BadInputError("That is a case's own library.", "Name the one that all cases share.")
    open_library(absolute).close()
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": {"library": absolute}})
