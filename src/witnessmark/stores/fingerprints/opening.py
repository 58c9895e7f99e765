"""Opening a fingerprint store by folder or URL."""

from __future__ import annotations

from pathlib import Path

from witnessmark.errors import BadInputError
from witnessmark.stores.fingerprints.contract import FingerprintStore
from witnessmark.stores.fingerprints.folder import FolderStore


def open_library(place: str | Path, *, rebuild: bool = False) -> FingerprintStore:
    """Open the fingerprint store at a place, making it when there is none.

    Parameters
    ----------
    place : str or Path
        A folder, or the URL of a PostgreSQL database with pgvector, ``postgresql://user@host/name``.
    rebuild : bool
        Rebuild it at once from its own fingerprints; the way to open one of another layout.

    Returns
    -------
    FingerprintStore

    Raises
    ------
    BadInputError
        When nothing can be kept at that place.
    ClashError
        When it is of another algorithm or layout; the message says how to go on.
    ProviderError
        When the database does not answer or lacks pgvector.

    Examples
    --------
    >>> import tempfile
    >>> store = open_library(tempfile.mkdtemp())
    >>> store.stats().recordings
    0
    >>> store.close()
    """
    text = str(place)
    scheme = text.split("://")[0].split("+")[0] if "://" in text else ""
    store: FingerprintStore
    if scheme in ("postgresql", "postgres"):
        from witnessmark.stores.fingerprints.postgres import PostgresStore

        store = PostgresStore("postgresql+psycopg://" + text.split("://", 1)[1], rebuild=rebuild)
    elif scheme:
        raise BadInputError(
            f"'{scheme}' is no kind of place fingerprints are kept in.",
            "Give a folder, or a URL that begins with postgresql://.",
        )
    else:
        store = FolderStore(Path(place), rebuild=rebuild)
    if rebuild:
        store.rebuild()
    return store
