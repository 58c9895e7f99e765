"""The role of each person in each case."""

from __future__ import annotations

from sqlalchemy import delete, select

from witnessmark.errors import ClashError
from witnessmark.stores.accounts.database import Account, Kept, told
from witnessmark.stores.accounts.roles import Role
from witnessmark.stores.accounts.tables import AccountRow, MembershipRow


class Memberships(Kept):
    """Who may see a case."""

    def role(self, account_id: int, case: str) -> Role | None:
        """The role of a person in a case, None for a stranger to it."""
        with self._open() as database:
            row = database.get(MembershipRow, (account_id, case))
            return None if row is None else Role(row.role)

    def roles(self, account_id: int) -> dict[str, Role]:
        """The cases a person may see, with the role in each."""
        with self._open() as database:
            rows = database.scalars(select(MembershipRow).where(MembershipRow.account == account_id))
            return {row.case: Role(row.role) for row in rows}

    def members(self, case: str) -> list[tuple[Account, Role]]:
        """Who may see a case."""
        asked = select(AccountRow, MembershipRow.role).join(MembershipRow, MembershipRow.account == AccountRow.id)
        with self._open() as database:
            rows = database.execute(asked.where(MembershipRow.case == case).order_by(AccountRow.folded)).all()
            return [(told(row), Role(role)) for row, role in rows]

    def set_role(self, account_id: int, case: str, role: Role | None) -> None:
        """Give a person a role in a case, or with None take it away.

        Raises
        ------
        ClashError
            When the case would be left without an owner.
        """
        with self._work() as database:
            self._row(database, account_id)
            owners = {
                row.account
                for row in database.scalars(
                    select(MembershipRow).where(MembershipRow.case == case, MembershipRow.role == Role.OWNER.value)
                )
            }
            if role is not Role.OWNER and owners == {account_id}:
                raise ClashError("The case would be left without an owner.", "Make another owner first.")
            if role is None:
                database.execute(
                    delete(MembershipRow).where(MembershipRow.account == account_id, MembershipRow.case == case)
                )
            else:
                database.merge(MembershipRow(account=account_id, case=case, role=role.value))
