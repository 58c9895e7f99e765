"""Who may use which route, read from the app itself: ``python -m witnessmark.web.access > docs/access.md``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.routing import APIRoute

from witnessmark.stores.accounts import Role
from witnessmark.web.doors import Door, OpenDoor

HEAD = """# Who may use what

Every route of the browser desk has exactly one door. This table is written from the app by
`python -m witnessmark.web.access`; a test holds the page to it and walks every route as every role.

- *anybody* needs no account; *signed in* any account; *administrator* an account that looks after the others.
- Inside a case (`/c/{case}/…`) the role in that case counts. Somebody who is not in the case is told that there is none
  (404), whatever they ask for; somebody who is in it with another role is refused (403).
- Every form carries its session's token and comes from the desk's own pages; programs come with a key
  (`Authorization: Bearer …`), which may do what its owner may.
- Who may *see footage in the clear* is asked on top, item by item and browser by browser: owner, investigator,
  reviewer and lawyer may ask, the log keeps who asked and why, and the leave ends after an hour. A reader never may.

## Roles

"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A route and its door.

    Attributes
    ----------
    method, path : str
    door : Door or OpenDoor
    """

    method: str
    path: str
    door: Door | OpenDoor

    @property
    def who(self) -> str:
        """Who may, in words."""
        if isinstance(self.door, OpenDoor):
            return "anybody"
        if self.door.admin:
            return "administrator"
        if self.door.roles is None:
            return "signed in"
        if self.door.roles == frozenset(Role):
            return "everybody in the case"
        return ", ".join(role.value for role in Role if role in self.door.roles)


def entries(routers: Iterable[APIRouter]) -> list[Entry]:
    """Every route with its door, by path.

    Raises
    ------
    LookupError
        For a route that has no door, or more than one.
    """
    found: list[Entry] = []
    for route in (route for router in routers for route in router.routes):
        doors = (
            [each.call for each in route.dependant.dependencies if isinstance(each.call, Door | OpenDoor)]
            if isinstance(route, APIRoute)
            else []
        )
        if not isinstance(route, APIRoute) or len(doors) != 1 or not isinstance(doors[0], Door | OpenDoor):
            raise LookupError(f"{route} has {len(doors)} doors")
        found.extend(Entry(method, route.path, doors[0]) for method in sorted(route.methods or ()))
    return sorted(found, key=lambda entry: (entry.path, entry.method))


def page(routers: Iterable[APIRouter]) -> str:
    """The documentation page."""
    roles = "".join(f"- **{role.value}**: {role.words}\n" for role in Role)
    rows = "".join(f"| {entry.method} | `{entry.path}` | {entry.who} |\n" for entry in entries(routers))
    return f"{HEAD}{roles}\n## Routes\n\n| Method | Path | Who |\n|---|---|---|\n{rows}"


def main() -> None:
    """Print the page."""
    from witnessmark.web.app import routers

    print(page(routers()), end="")


if __name__ == "__main__":
    main()
