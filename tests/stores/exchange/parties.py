"""Two organisations with keys of their own, and stores with what they keep."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.stores.prints import noise_print

from witnessmark.custody.keys import CaseKey
from witnessmark.lines.copies.library import Seen
from witnessmark.stores.exchange import Partners, Sharing
from witnessmark.stores.fingerprints import FingerprintStore, open_library

NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
NAMES = ("Aunt Rosa at the well.mp4", "WM-0007 Riverside.mov", "courtyard_night.mp4")
POSTED = Seen(1_700_000_123.0, 3600, "platform page", "Photogram", "@rosa_1961", "https://photogram.example/p/88")
OF_THE_FILE = Seen(1_600_000_000.0, None, "container creation time", "file")


@dataclass(frozen=True)
class Party:
    """An organisation.

    Attributes
    ----------
    key : CaseKey
    store : FingerprintStore
    partners : Partners
    folder : Path
    """

    key: CaseKey
    store: FingerprintStore
    partners: Partners
    folder: Path


def key_of(number: int) -> CaseKey:
    """A key that is the same in every run."""
    return CaseKey(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def party(folder: Path, number: int) -> Party:
    """An organisation with an empty store."""
    return Party(key_of(number), open_library(folder / "index"), Partners(folder / "partners.json"), folder)


def filled(owner: Party) -> Party:
    """The same with three recordings of all tiers."""
    for number, name in enumerate(NAMES):
        seen = (OF_THE_FILE, POSTED) if number == 0 else ()
        owner.store.add(noise_print(number), name, sha256=f"{number:064x}", seen=seen)
    return owner


def sharing(**changes: Any) -> Sharing:
    """What is shared unless a test says otherwise."""
    return replace(Sharing("Northern Archive", "archive@example.org"), **changes)
