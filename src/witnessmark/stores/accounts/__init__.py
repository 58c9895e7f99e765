"""Who may do what at the desk in a browser: accounts, roles per case, sessions, keys. None of it is evidence."""

from witnessmark.stores.accounts.database import Account, Session, SignInError
from witnessmark.stores.accounts.memberships import Memberships
from witnessmark.stores.accounts.people import People
from witnessmark.stores.accounts.roles import Role
from witnessmark.stores.accounts.signing import Signing

__all__ = ["Account", "Accounts", "Role", "Session", "SignInError"]


class Accounts(People, Signing, Memberships):
    """The desk's own records, in one small SQLite file."""
