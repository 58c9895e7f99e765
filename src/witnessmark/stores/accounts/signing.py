"""Signing in, the sessions of browsers, keys for programs, and leave to see footage in the clear."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Database

from witnessmark.errors import BadInputError
from witnessmark.stores.accounts.database import (
    NOBODY,
    Account,
    Kept,
    Session,
    SignInError,
    digest_of,
    folded,
    told,
    verified,
)
from witnessmark.stores.accounts.tables import AccountRow, AddressRow, GrantRow, SessionRow, TokenRow
from witnessmark.stores.accounts.totp import matching_step

IDLE_S = 30 * 60.0
"""A session nobody uses for so long is over (OWASP ASVS 5.0, 7.3: by risk; half an hour beside graphic material)."""
ABSOLUTE_S = 12 * 3600.0
"""A session is over after so long, used or not."""
FREE_FAILURES = 4
"""Failed sign-ins that cost no waiting; each further one doubles it, from `FIRST_WAIT_S` to `LONGEST_WAIT_S`."""
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 900.0
CLEAR_S = 3600.0
"""How long leave to see an item's footage in the clear lasts."""


class Signing(Kept):
    """Who is at the door."""

    def sign_in(self, name: str, password: str, code: str, address: str) -> str:
        """The secret for a new session's cookie.

        Raises
        ------
        SignInError
            Always in the same words, whichever of name, password and code is wrong; or when it has to wait.
        """
        now = self._clock()
        wrong = SignInError("The name, password or code is not right.", "Try again; after some tries it takes longer.")
        with self._work() as database:
            row = database.scalar(select(AccountRow).where(AccountRow.folded == folded(name)))
            at = database.get(AddressRow, address)
            until = max(0.0 if row is None else row.blocked_until_s, 0.0 if at is None else at.blocked_until_s)
        if until > now:
            raise SignInError(
                "There were too many failed tries.",
                f"Wait {until - now:.0f} seconds and try again.",
                wait_s=until - now,
            )
        right = verified((row.password if row is not None else None) or NOBODY, password)
        with self._work() as database:
            row = None if row is None else database.get(AccountRow, row.id)
            if row is not None and right and row.password is not None and row.active:
                step = matching_step(row.totp_secret, code, now, row.totp_last_step) if row.totp_secret else 0
                if step is not None:
                    row.totp_last_step = max(step, row.totp_last_step)
                    row.failures, row.blocked_until_s = 0, 0.0
                    database.execute(delete(AddressRow).where(AddressRow.address == address))
                    return self._session(database, row.id)
            self._failed(database, row, address, now)
        raise wrong

    def _failed(self, database: Database, row: AccountRow | None, address: str, now: float) -> None:
        at = database.get(AddressRow, address) or AddressRow(address=address, failures=0, blocked_until_s=0.0)
        for one in (at, row):
            if one is not None:
                one.failures += 1
                over = one.failures - FREE_FAILURES
                one.blocked_until_s = now + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(over - 1, 20)) * (over > 0)
        database.add(at)

    def begin(self, account_id: int) -> str:
        """A session for somebody an OpenID provider vouched for; the secret for its cookie."""
        with self._work() as database:
            return self._session(database, self._row(database, account_id).id)

    def _session(self, database: Database, account_id: int) -> str:
        secret, now = secrets.token_urlsafe(32), self._clock()
        database.add(
            SessionRow(
                digest=digest_of(secret), account=account_id, csrf=secrets.token_urlsafe(24), began_s=now, used_s=now
            )
        )
        return secret

    def session(self, secret: str) -> Session | None:
        """The session a cookie belongs to, when it is still good; its idle time begins anew."""
        now = self._clock()
        with self._open() as database:
            row = database.get(SessionRow, digest_of(secret))
            account = None if row is None else database.get(AccountRow, row.account)
        if row is None or account is None:
            return None
        good = account.active and 0.0 <= now - row.began_s <= ABSOLUTE_S and now - row.used_s <= IDLE_S
        if not good:
            self.sign_out(row.digest)
            return None
        if abs(now - row.used_s) > 30.0:  # not every picture of a page needs a write
            with self._work() as database:
                database.execute(update(SessionRow).where(SessionRow.digest == row.digest).values(used_s=now))
        return Session(row.digest, told(account), row.csrf)

    def sign_out(self, digest: str) -> None:
        """End a session."""
        with self._work() as database:
            database.execute(delete(GrantRow).where(GrantRow.session == digest))
            database.execute(delete(SessionRow).where(SessionRow.digest == digest))

    def new_token(self, account_id: int, name: str, days: int) -> str:
        """A key for programs that may do what its owner may; shown once.

        Raises
        ------
        BadInputError
        """
        if not 1 <= days <= 366 or not 1 <= len(name.strip()) <= 100:
            raise BadInputError("A key has a name and holds for 1 to 366 days.", "Give both.")
        secret, now = f"wm_{secrets.token_urlsafe(32)}", self._clock()
        with self._work() as database:
            row = TokenRow(
                digest=digest_of(secret),
                account=account_id,
                name=name.strip(),
                made_s=now,
                until_s=now + days * 86_400.0,
            )
            database.add(row)
        return secret

    def token(self, secret: str) -> Account | None:
        """Whose key it is, when it still holds."""
        with self._open() as database:
            row = database.get(TokenRow, digest_of(secret))
            account = None if row is None else database.get(AccountRow, row.account)
        good = row is not None and account is not None and account.active and self._clock() < row.until_s
        return told(account) if good and account is not None else None

    def tokens(self, account_id: int) -> list[tuple[str, str, float]]:
        """Keys of an account: (beginning of the digest, name, until [s since 1970])."""
        with self._open() as database:
            rows = database.scalars(select(TokenRow).where(TokenRow.account == account_id).order_by(TokenRow.made_s))
            return [(row.digest[:16], row.name, row.until_s) for row in rows]

    def drop_token(self, account_id: int, beginning: str) -> None:
        """End a key, named by the beginning of its digest."""
        with self._work() as database:
            named = TokenRow.digest.startswith(beginning, autoescape=True)
            database.execute(delete(TokenRow).where(TokenRow.account == account_id, named))

    def grant(self, session: str, case: str, item: str) -> float:
        """Leave for a session to be sent an item's footage in the clear; until when [s since 1970]."""
        until_s = self._clock() + CLEAR_S
        with self._work() as database:
            database.merge(GrantRow(session=session, case=case, item=item, until_s=until_s))
        return until_s

    def ungrant(self, session: str, case: str, item: str) -> None:
        """Take the leave back."""
        with self._work() as database:
            mine = (GrantRow.session == session, GrantRow.case == case, GrantRow.item == item)
            database.execute(delete(GrantRow).where(*mine))

    def granted(self, session: str, case: str, item: str) -> bool:
        """Whether the session may be sent this item in the clear."""
        with self._open() as database:
            row = database.get(GrantRow, (session, case, item))
            return row is not None and self._clock() < row.until_s
