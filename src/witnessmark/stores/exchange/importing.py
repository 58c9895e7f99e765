"""Taking in partners' bundles, kept apart by origin, and letting them go again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.errors import ClashError
from witnessmark.lines.copies.library import Recording
from witnessmark.lines.copies.packing import pack
from witnessmark.plain import iso, parse_moment
from witnessmark.stores.exchange.bundle import Bundle, read_bundle
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
        there = store.find(origin=bundle.origin)
        new, kept = _compared(bundle, store, there)
        partners.keep(partner)
        if new:
            store.add_many(new)
        old = [recording for recording in there if recording.id not in kept]
        for recording in old:
            reason = f"no longer in the bundle of '{bundle.origin}' made {iso(bundle.created)}"
            store.remove(recording.id, reason, operator)
        partner = partners.imported(
            partner, bundle.sealed.digest.hex(), iso(bundle.created), bundle.contact, bundle.keep_until
        )
    return Imported(partner, len(new), len(kept), len(old))


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


def _compared(bundle: Bundle, store: FingerprintStore, there: Sequence[Recording]) -> tuple[list[Entry], set[int]]:
    """What a bundle has that the store does not, and what the store has of it already; every byte is checked."""
    by_label: dict[str, list[Recording]] = {}
    for recording in there:
        by_label.setdefault(recording.name, []).append(recording)
    new, kept = list[Entry](), set[int]()
    for listed, fingerprint in bundle.fingerprints():
        blocks = pack(fingerprint)
        same = (
            recording.id
            for recording in by_label.get(listed.label, ())
            if recording.seen == listed.seen and pack(store.fingerprint(recording.id)) == blocks
        )
        found = next(same, None)
        if found is None:
            new.append(Entry(fingerprint, listed.label, bundle.origin, None, listed.seen))
        else:
            kept.add(found)
    return new, kept
