"""What the pages work on: a folder of cases, the people who may see them, and the work going on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from witnessmark.desk.case import Case, cases_below, open_case
from witnessmark.errors import NotFoundError
from witnessmark.stores.accounts import Account, Accounts, Role

ACCOUNTS_FILE = Path("desk") / "desk.db"
"""Where the browser desk keeps accounts, below the folder it serves; it is no part of any case."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the desk is served.

    Attributes
    ----------
    root : Path
        A case folder, or a folder of case folders.
    hosts : tuple of str
        Names under which it may be asked, without port; anything else is refused, so that no foreign page can
        reach a desk on this machine under a name of its own.
    secure : bool
        Behind TLS: cookies are sent over it only.
    proxies : tuple of str
        Addresses of proxies whose word on the caller's address is taken.
    """

    root: Path
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")
    secure: bool = False
    proxies: tuple[str, ...] = ()


class Workplace:
    """The cases and accounts that pages ask.

    Parameters
    ----------
    settings : Settings
    accounts : Accounts, optional
    """

    def __init__(self, settings: Settings, accounts: Accounts | None = None) -> None:
        self.settings = settings
        self.accounts = accounts or Accounts(settings.root / ACCOUNTS_FILE)
        self._cases: dict[str, Case] = {}
        self._lock = threading.Lock()
        self.when_closed: list[Callable[[], None]] = []

    def folders(self) -> dict[str, Path]:
        """Case folders by the name they have in addresses: the folder's own."""
        return {folder.resolve().name: folder for folder in cases_below(self.settings.root)}

    def case(self, name: str, operator: str) -> Case:
        """A case, open for one person; its tables are up to its log.

        Raises
        ------
        NotFoundError
        """
        with self._lock:
            held = self._cases.get(name)
        if held is None:
            folder = self.folders().get(name)
            if folder is None:
                raise NotFoundError("There is no such case.", "See the list of cases.")
            opened = open_case(folder)
            with self._lock:
                held = self._cases.setdefault(name, opened)
            if held is not opened:
                opened.close()
        mine = replace(held, operator=operator)
        mine.catch_up()
        return mine

    def adopt(self, account: Account) -> None:
        """Make somebody the owner of every case that has none, such as those made on the command line."""
        for name in self.folders():
            if not any(role is Role.OWNER for _, role in self.accounts.members(name)):
                self.accounts.set_role(account.id, name, Role.OWNER)

    def forget(self, name: str) -> None:
        """Open a case anew the next time it is asked for."""
        with self._lock:
            held = self._cases.pop(name, None)
        if held is not None:
            held.close()

    def close(self) -> None:
        """Let go of everything."""
        for act in self.when_closed:
            act()
        with self._lock:
            for held in self._cases.values():
                held.close()
            self._cases.clear()
