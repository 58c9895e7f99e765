from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from tests.web.people import HTML, People
from witnessmark.stores.accounts import Role
from witnessmark.web.access import Entry, entries, page
from witnessmark.web.app import routers
from witnessmark.web.doors import Door, OpenDoor
from witnessmark.web.workplace import Workplace

IDS = {"item": "WM-0001", "account_id": "1", "mark": "M-000000000000", "upload": "0" * 24, "digest": "0" * 64}
"""Values for what stands in paths; ids that are not here are a word that nothing is called."""
ENDLESS = ("/work/events",)
"""Streams: their door is asked like any other, their body is not waited for."""


ENTRIES = entries(routers())


def address(path: str, case: str = "first") -> str:
    for name in {part.split("}")[0].partition(":")[0] for part in path.split("{")[1:]}:
        value = case if name == "case" else IDS.get(name, "none-such")
        path = path.replace("{" + name + "}", value).replace("{" + name + ":path}", value)
    return path


def test_the_page_in_the_docs_is_what_the_app_does() -> None:
    assert Path("docs/access.md").read_text(encoding="utf-8") == page(routers())


def test_there_is_no_other_way_in(desk: tuple[FastAPI, Workplace]) -> None:
    others = [route.path for route in desk[0].routes if isinstance(route, Route | Mount)]
    assert sorted(others) == ["/api/openapi.json", "/leaflet", "/static"]


def ids(entry: Entry) -> str:
    return f"{entry.method} {entry.path}"


@pytest.mark.parametrize("entry", ENTRIES, ids=ids)
def test_each_route_lets_in_and_turns_away_as_the_table_says(entry: Entry, people: People) -> None:
    def ask(name: str, case: str = "first") -> int:
        headers = {"accept": "application/json"}
        if entry.method not in ("GET", "HEAD") and name != "nobody":
            headers |= people.token(name)
        return people[name].request(entry.method, address(entry.path, case), headers=headers).status_code

    door = entry.door
    if isinstance(door, OpenDoor):
        assert ask("nobody") not in (401,)
        return
    assert ask("nobody") == 401
    assert isinstance(door, Door)
    if door.roles is None:
        assert ask("A stranger") == 403 if door.admin else True
        return
    assert "{case}" in entry.path
    assert ask("A stranger") == 404
    assert ask("A owner", "second") == 404  # somebody of another case
    assert ask("A owner", "../first") in (404, 405)
    for role in Role:
        if role not in door.roles:
            assert ask(f"A {role.value}") == 403, role
        elif not entry.path.endswith(ENDLESS) and entry.method == "GET":
            assert ask(f"A {role.value}") not in (401, 403, 500), role


def test_another_cases_things_are_not_found(people: People) -> None:
    for path in ("/c/second/items/WM-0001", "/c/second/items/WM-0001/still"):
        assert people["Ada Admin"].get(path, headers=HTML).status_code == 404
