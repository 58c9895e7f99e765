"""The desk's small database, what its rows are told as, and how secrets are compared."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session as Database
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from witnessmark.errors import BadInputError, NotFoundError, WitnessmarkError
from witnessmark.stores.accounts.tables import AccountRow, Base

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1024
"""Length, not kinds of signs, is what makes a password hard to guess (NIST SP 800-63B-4, 3.1.1.2)."""
_HASHER = PasswordHasher()


class SignInError(WitnessmarkError):
    """Signing in did not succeed, or has to wait."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in."""

    id: int
    name: str
    admin: bool
    active: bool
    second_factor: bool
    language: str
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser.

    Attributes
    ----------
    digest : str
        SHA-256 of the cookie's secret.
    account : Account
    csrf : str
        Every form of this session carries it.
    """

    digest: str
    account: Account
    csrf: str


class Kept:
    """The desk's own records.

    Parameters
    ----------
    path : Path
        Of the SQLite file; made when it is not there.
    clock : callable
        Seconds since 1970; tests set it.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(f"sqlite:///{path.resolve()}", poolclass=NullPool)

        @event.listens_for(engine, "connect")
        def _pragmas(connection: object, _record: object) -> None:
            cursor = connection.cursor()  # type: ignore[attr-defined]  # a DB-API connection, which has no type
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        Base.metadata.create_all(engine)
        path.chmod(0o600)
        self._open = sessionmaker(engine, expire_on_commit=False)
        self._clock = clock

    @contextmanager
    def _work(self) -> Iterator[Database]:
        with self._open.begin() as database:
            yield database

    def _row(self, database: Database, account_id: int) -> AccountRow:
        row = database.get(AccountRow, account_id)
        if row is None:
            raise NotFoundError("There is no such account.", "See the list of accounts.")
        return row


def told(row: AccountRow) -> Account:
    """A row as an account."""
    hidden = tuple(str(note) for note in json.loads(row.hidden))
    return Account(row.id, row.name, row.admin, row.active, row.totp_secret is not None, row.language, hidden)


def digest_of(secret: str) -> str:
    """SHA-256 of a secret, which is what is kept of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def folded(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def hashed(password: str) -> str:
    """Argon2id of a password (RFC 9106), with the package's recommended cost.

    Raises
    ------
    BadInputError
        When it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInputError(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} signs.", "Take several words nobody would guess."
        )
    return _HASHER.hash(password)


def verified(kept: str, password: str) -> bool:
    """Whether a password is the one kept; takes as long when it is not."""
    try:
        return len(password) <= LONGEST_PASSWORD and _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


NOBODY = _HASHER.hash(secrets.token_hex(16))
"""Verified for unknown names, so that they take as long as known ones."""
