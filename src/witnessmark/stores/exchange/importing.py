"""Taking in partners' bundles, kept apart by origin, and letting them go again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.errors import BadInputError, ClashError
from witnessmark.lines.copies.library import Recording
from witnessmark.lines.copies.packing import pack
from witnessmark.plain import iso, parse_moment
from witnessmark.stores.exchange.bundle import BANK, Bundle, read_bundle
from witnessmark.stores.exchange.partners import Partner, Partners
from witnessmark.stores.exchange.sealed import LIMIT_BYTES
from witnessmark.stores.fingerprints import Entry, FingerprintStore


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    partner : Partner
    added, kept, removed : int
        Recordings new in the store, there already, and gone because the newer bundle no longer has them.
    """

    partner: Partner
    added: int
    kept: int
    removed: int


def import_bundle(
    path: Path,
    store: FingerprintStore,
    partners: Partners,
    operator: str,
    *,
    fingerprint: str | None = None,
    trust: bool = False,
    limit_bytes: int = LIMIT_BYTES,
    now: dt.datetime | None = None,
) -> Imported:
    """Take in a partner's bundle, in the place of an older one of the same origin.

    Everything is checked before anything is written, and all new recordings are added in one go. If the program ends
    before those that the newer bundle no longer has were removed, importing it again finishes the work.

    Parameters
    ----------
    path : Path
    store : FingerprintStore
    partners : Partners
        Those whose keys are known.
    operator : str
        Who does it; recordings that go are logged with it.
    fingerprint : str, optional
        Of the partner's key, as the partner read it out; needed the first time, unless `trust`.
    trust : bool
        Accept the key of a new partner unseen.
    limit_bytes : int
        Larger files are not read.
    now : datetime.datetime, optional

    Raises
    ------
    ClashError
        When the key is another than before, the bundle is older than the one taken in, or the algorithm is another.
    NotFoundError, BadInputError, CustodyError
        As `witnessmark.stores.exchange.bundle.read_bundle`.
    """
    bundle = read_bundle(path, limit_bytes=limit_bytes)
    moment = iso((now or dt.datetime.now(dt.UTC)).replace(microsecond=0))
    with partners.one_import():
        partner = partners.check(bundle.origin, bundle.sealed.key, fingerprint=fingerprint, trust=trust, now=moment)
        _not_older(bundle, partner)
        entries = [
            Entry(known, listed.label, bundle.origin, None, listed.seen) for listed, known in bundle.fingerprints()
        ]
        partners.keep(partner)
        reason = f"no longer in the bundle of '{bundle.origin}' made {iso(bundle.created)}"
        added, kept, removed = _in_place(store, bundle.origin, entries, reason, operator)
        partner = partners.imported(
            partner, bundle.sealed.digest.hex(), iso(bundle.created), bundle.contact, bundle.keep_until
        )
    return Imported(partner, added, kept, removed)


def import_bank(entries: Iterable[Entry], bank: str, store: FingerprintStore, operator: str) -> tuple[int, int, int]:
    """Take in a bank's list of hashes, in the place of an older one of the same name.

    Parameters
    ----------
    entries : iterable of Entry
        From `witnessmark.stores.exchange.banks.bank_entries` with the same name.
    bank : str
    store : FingerprintStore
    operator : str

    Returns
    -------
    tuple of int
        Recordings added, kept and removed.

    Raises
    ------
    BadInputError
        When an entry is of another origin.
    """
    origin, listed = BANK + bank, list(entries)
    if any(entry.origin != origin for entry in listed):
        raise BadInputError(f"Not all of the list is of '{origin}'.", "Make the entries with the same name.")
    return _in_place(store, origin, listed, f"no longer in the list of '{origin}'", operator)


def remove_origin(origin: str, store: FingerprintStore, partners: Partners, reason: str, operator: str) -> int:
    """Remove everything that came from a partner, and the partner.

    Parameters
    ----------
    origin : str
    store : FingerprintStore
    partners : Partners
    reason, operator : str
        Logged with every recording.

    Returns
    -------
    int
        Recordings removed.

    Raises
    ------
    NotFoundError
        When neither a partner nor a recording is of that origin.
    BadInputError
        When no reason or no operator is given.
    """
    recordings = store.find(origin=origin) if origin else []
    for recording in recordings:
        store.remove(recording.id, reason, operator)
    if recordings:
        store.compact()
    if partners.get(origin) is not None or not recordings:
        partners.forget(origin)
    return len(recordings)


def _not_older(bundle: Bundle, partner: Partner) -> None:
    if partner.bundle is None or partner.bundle_created is None or partner.bundle == bundle.sealed.digest.hex():
        return
    if bundle.created <= parse_moment(partner.bundle_created):
        raise ClashError(
            f"The bundle was made {iso(bundle.created)}, and one of '{bundle.origin}' made {partner.bundle_created} is "
            "in the store.",
            "Import the newest bundle; an older one would bring back what the partner took out.",
        )


def _in_place(
    store: FingerprintStore, origin: str, entries: Sequence[Entry], reason: str, operator: str
) -> tuple[int, int, int]:
    """Make what the store keeps of an origin be these entries; how many were added, kept and removed."""
    there: dict[str, list[Recording]] = {}
    for recording in store.find(origin=origin):
        there.setdefault(recording.name, []).append(recording)
    new, kept = list[Entry](), set[int]()
    for entry in entries:
        blocks = pack(entry.fingerprint)
        same = (
            recording.id
            for recording in there.get(entry.name, ())
            if recording.id not in kept
            and recording.seen == entry.seen
            and pack(store.fingerprint(recording.id)) == blocks
        )
        found = next(same, None)
        if found is None:
            new.append(entry)
        else:
            kept.add(found)
    if new:
        store.add_many(new)
    old = [recording.id for group in there.values() for recording in group if recording.id not in kept]
    for number in old:
        store.remove(number, reason, operator)
    return len(new), len(kept), len(old)
