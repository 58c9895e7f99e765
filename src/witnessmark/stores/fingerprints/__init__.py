"""Fingerprints that are kept: in a folder or in PostgreSQL, behind the copies line's `Library`."""

from witnessmark.stores.fingerprints.bulk import Imported, NotTaken, import_folder
from witnessmark.stores.fingerprints.contract import (
    Entry,
    FingerprintStore,
    ImportLine,
    Problem,
    Stats,
    Takedown,
    View,
)
from witnessmark.stores.fingerprints.opening import open_library

__all__ = [
    "Entry",
    "FingerprintStore",
    "ImportLine",
    "Imported",
    "NotTaken",
    "Problem",
    "Stats",
    "Takedown",
    "View",
    "import_folder",
    "open_library",
]
