"""Who has an account, from the first one by a set-up token to the second factor."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Database

from witnessmark.errors import BadInputError, ClashError
from witnessmark.stores.accounts.database import Account, Kept, SignInError, digest_of, folded, hashed, told
from witnessmark.stores.accounts.tables import AccountRow, FactRow, GrantRow, SessionRow, TokenRow
from witnessmark.stores.accounts.totp import matching_step, new_secret

_SETUP = "setup-token"


class People(Kept):
    """Accounts of the desk."""

    def setup_token(self) -> str | None:
        """A fresh one-time token while nobody has an account, else None; an earlier one is void."""
        with self._work() as database:
            if database.scalar(select(func.count()).select_from(AccountRow)):
                return None
            token = secrets.token_urlsafe(24)
            database.merge(FactRow(name=_SETUP, value=digest_of(token)))
            return token

    def set_up(self, token: str, name: str, password: str) -> Account:
        """Make the first account, an administrator's; the token is used up.

        Raises
        ------
        SignInError
            When the token is not the current one or an account exists already.
        BadInputError
            For a name or password that cannot be used; the token stays good then.
        """
        with self._work() as database:
            kept = database.get(FactRow, _SETUP)
            taken = database.scalar(select(func.count()).select_from(AccountRow))
            if kept is None or taken or not secrets.compare_digest(kept.value, digest_of(token)):
                raise SignInError("This set-up link is not good any more.", "Use the newest one the program printed.")
            row = self._new(database, name, password, admin=True)
            database.delete(kept)
            database.flush()
            return told(row)

    def add(self, name: str, password: str | None, *, admin: bool = False, subject: str | None = None) -> Account:
        """Make an account.

        Parameters
        ----------
        name : str
            As it will stand in the custody log.
        password : str or None
            None for somebody who signs in elsewhere.
        admin : bool
        subject : str, optional
            Issuer and subject of an OpenID provider.

        Raises
        ------
        ClashError
            When the name is taken.
        BadInputError
            For a name or password that cannot be used.
        """
        with self._work() as database:
            row = self._new(database, name, password, admin=admin, subject=subject)
            database.flush()
            return told(row)

    def _new(
        self, database: Database, name: str, password: str | None, *, admin: bool, subject: str | None = None
    ) -> AccountRow:
        name = " ".join(name.split())
        if not (1 <= len(name) <= 100 and name.isprintable()):
            raise BadInputError("A name has 1 to 100 printable signs.", "Give the name as it shall stand in the log.")
        if database.scalar(select(AccountRow).where(AccountRow.folded == folded(name))) is not None:
            raise ClashError(f"The name '{name}' is taken.", "Choose another, such as one with an initial.")
        row = AccountRow(
            name=name,
            folded=folded(name),
            password=None if password is None else hashed(password),
            subject=subject,
            admin=admin,
            active=True,
            totp_secret=None,
            totp_last_step=0,
            language="",
            hidden="[]",
            failures=0,
            blocked_until_s=0.0,
        )
        database.add(row)
        return row

    def all(self) -> list[Account]:
        """All accounts by name."""
        with self._work() as database:
            return [told(row) for row in database.scalars(select(AccountRow).order_by(AccountRow.folded))]

    def get(self, account_id: int) -> Account:
        """An account.

        Raises
        ------
        NotFoundError
        """
        with self._work() as database:
            return told(self._row(database, account_id))

    def by_subject(self, subject: str) -> Account | None:
        """The active account of somebody whom an OpenID provider names so."""
        with self._work() as database:
            row = database.scalar(select(AccountRow).where(AccountRow.subject == subject, AccountRow.active))
            return None if row is None else told(row)

    def set_active(self, account_id: int, active: bool) -> None:
        """Let an account sign in, or not; its sessions and keys end with it.

        Raises
        ------
        ClashError
            When no administrator would be left.
        """
        with self._work() as database:
            row = self._row(database, account_id)
            others = select(func.count()).where(AccountRow.admin, AccountRow.active, AccountRow.id != account_id)
            if not active and row.admin and not database.scalar(others):
                raise ClashError("Nobody would be left to look after accounts.", "Make another administrator first.")
            row.active = active
            if not active:
                self._end(database, account_id)

    def set_password(self, account_id: int, password: str, *, keep: str | None = None) -> None:
        """Change a password; every session but `keep`, and every key, ends."""
        with self._work() as database:
            row = self._row(database, account_id)
            row.password, row.failures, row.blocked_until_s = hashed(password), 0, 0.0
            self._end(database, account_id, keep=keep)

    def _end(self, database: Database, account_id: int, keep: str | None = None) -> None:
        ended = select(SessionRow.digest).where(SessionRow.account == account_id, SessionRow.digest != (keep or ""))
        database.execute(delete(GrantRow).where(GrantRow.session.in_(ended)))
        database.execute(delete(SessionRow).where(SessionRow.digest.in_(ended)))
        database.execute(delete(TokenRow).where(TokenRow.account == account_id))

    def set_preferences(self, account_id: int, *, language: str, hidden: Sequence[str]) -> None:
        """What language the pages speak, and which content notes keep an item from being shown at all."""
        with self._work() as database:
            row = self._row(database, account_id)
            row.language, row.hidden = language[:16], json.dumps(sorted(set(hidden)))

    def start_second_factor(self, account_id: int) -> str:
        """A fresh secret to be shown once; it counts from the first code that `confirm_second_factor` takes."""
        with self._work() as database:
            self._row(database, account_id)
            secret = new_secret()
            database.merge(FactRow(name=f"totp-{account_id}", value=secret))
            return secret

    def confirm_second_factor(self, account_id: int, code: str) -> None:
        """Turn the second factor on.

        Raises
        ------
        SignInError
            When the code is not of the secret that was shown.
        """
        with self._work() as database:
            row, pending = self._row(database, account_id), database.get(FactRow, f"totp-{account_id}")
            step = None if pending is None else matching_step(pending.value, code, self._clock(), 0)
            if pending is None or step is None:
                raise SignInError("That code is not of this secret.", "Check the clocks of both devices; try the next.")
            row.totp_secret, row.totp_last_step = pending.value, step
            database.delete(pending)

    def drop_second_factor(self, account_id: int) -> None:
        """Turn the second factor off."""
        with self._work() as database:
            row = self._row(database, account_id)
            row.totp_secret, row.totp_last_step = None, 0
