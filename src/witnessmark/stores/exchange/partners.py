"""Whose key belongs to which partner: the first time a person says so, from then on it must stay the same."""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from witnessmark.custody.keys import PublicKey
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import Plain, canonical, from_plain
from witnessmark.stores.exchange.reading import read_json

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner whose key was accepted.

    Attributes
    ----------
    origin : str
        As the partner calls itself, and as its recordings are kept apart.
    key_pem : str
    trusted_at : str
        ISO 8601.
    how : str
        "fingerprint compared" or "trusted without comparing".
    contact : str
    bundle : str or None
        Digest of the bundle imported last, hexadecimal.
    bundle_created : str or None
        When that was made, ISO 8601.
    keep_until : str or None
        The partner's wish: when its recordings should be removed.
    """

    origin: str
    key_pem: str
    trusted_at: str
    how: str
    contact: str = ""
    bundle: str | None = None
    bundle_created: str | None = None
    keep_until: str | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key, as it is read out over the telephone."""
        return PublicKey(self.key_pem.encode()).fingerprint.hex()


class Partners:
    """The accepted partners, in one small file that people may read.

    Parameters
    ----------
    path : Path
        Made when the first partner is accepted. It belongs next to the store it guards.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> tuple[Partner, ...]:
        """By origin.

        Raises
        ------
        BadInputError
            When the file is not one of these.
        """
        if not self._path.exists():
            return ()
        value = read_json(self._path.read_bytes(), f"'{self._path}'")
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise BadInputError(
                f"'{self._path}' is not a list of partners that this program reads.", "Restore it from a copy."
            )
        return from_plain(tuple[Partner, ...], value.get("partners"))

    def get(self, origin: str) -> Partner | None:
        """The partner of that origin, or None."""
        return next((partner for partner in self.all() if partner.origin == origin), None)

    def check(self, origin: str, key: PublicKey, *, fingerprint: str | None, trust: bool, now: str) -> Partner:
        """The partner, once its key is the one accepted before, or is accepted now.

        Parameters
        ----------
        origin : str
        key : PublicKey
            Whose signature was verified.
        fingerprint : str or None
            What the person was told the fingerprint is; spaces, colons and capitals do not matter.
        trust : bool
            Accept a key of a new partner without a fingerprint.
        now : str
            ISO 8601.

        Returns
        -------
        Partner
            Not yet kept: see `keep`.

        Raises
        ------
        ClashError
            When the key is not the one accepted before, or not the one of the fingerprint.
        BadInputError
            When the partner is new and neither a fingerprint nor trust was given.
        """
        shown = key.fingerprint.hex()
        if fingerprint is not None and _bare(fingerprint) != shown:
            raise ClashError(
                f"The key that signed this has the fingerprint {grouped(shown)}, not the one you gave.",
                "Ask the partner by another way, such as by telephone; take nothing from this file until it agrees.",
                fingerprint=shown,
            )
        known = self.get(origin)
        if known is not None:
            if known.fingerprint != shown:
                raise ClashError(
                    f"'{origin}' is known by another key: {grouped(known.fingerprint)}, and this is signed with "
                    f"{grouped(shown)}.",
                    "Ask the partner by another way whether its key changed. If so, forget the partner, which removes "
                    "its recordings, and import again with the new fingerprint.",
                    known=known.fingerprint,
                    fingerprint=shown,
                )
            return known
        if fingerprint is None and not trust:
            raise BadInputError(
                f"'{origin}' is new here; its key has the fingerprint {grouped(shown)}.",
                "Compare it with what the partner reads out to you, then give that fingerprint.",
                fingerprint=shown,
            )
        how = "fingerprint compared" if fingerprint is not None else "trusted without comparing"
        return Partner(origin, key.pem.decode(), now, how)

    def keep(self, partner: Partner) -> None:
        """Keep a partner, in the place of one of the same origin."""
        with self._locked():
            others = [other for other in self.all() if other.origin != partner.origin]
            self._write(tuple(sorted((*others, partner), key=lambda each: each.origin)))

    def forget(self, origin: str) -> Partner:
        """Let a partner go; its recordings are for `witnessmark.stores.exchange.importing.remove_origin`.

        Raises
        ------
        NotFoundError
            When there is none of that origin.
        """
        with self._locked():
            known = self.get(origin)
            if known is None:
                raise NotFoundError(f"There is no partner '{origin}'.", "Ask for the partners there are.")
            self._write(tuple(other for other in self.all() if other.origin != origin))
        return known

    def imported(self, partner: Partner, bundle: str, created: str, contact: str, keep_until: str | None) -> Partner:
        """Keep which bundle of a partner is in the store."""
        now = replace(partner, bundle=bundle, bundle_created=created, contact=contact, keep_until=keep_until)
        self.keep(now)
        return now

    @contextlib.contextmanager
    def one_import(self) -> Iterator[None]:
        """Wait for imports of other processes to end, and keep others waiting."""
        with self._locked("importing"):
            yield

    @contextlib.contextmanager
    def _locked(self, what: str = "lock") -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path.with_name(f".{self._path.name}.{what}"), "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, partners: tuple[Partner, ...]) -> None:
        value: dict[str, object] = {"format": FORMAT, "partners": partners}
        draft = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}")
        try:
            with open(draft, "xb") as file:
                file.write(canonical(value) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._path)
        finally:
            draft.unlink(missing_ok=True)


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four, as it is easiest read out.

    Examples
    --------
    >>> grouped("0123456789abcdef")
    '0123 4567 89ab cdef'
    """
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))


def _bare(fingerprint: str) -> str:
    return "".join(sign for sign in fingerprint.casefold() if sign not in " :-\t\n")


def plain_partner(partner: Partner) -> dict[str, Plain]:
    """A partner for printing: with its fingerprint in place of its key."""
    return {
        "origin": partner.origin,
        "fingerprint": partner.fingerprint,
        "trusted_at": partner.trusted_at,
        "how": partner.how,
        "contact": partner.contact,
        "bundle": partner.bundle,
        "bundle_created": partner.bundle_created,
        "keep_until": partner.keep_until,
    }
