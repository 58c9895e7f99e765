from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.web.people import CLIP, PASSWORD, People, sign_in
from witnessmark.desk.case import new_case
from witnessmark.desk.items import add_item
from witnessmark.stores.accounts import Accounts, Role
from witnessmark.web.app import build
from witnessmark.web.workplace import Settings, Workplace


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Workplace]]:
    """A desk over two cases with one item in the first, and one person in each role there."""
    root = tmp_path_factory.mktemp("cases")
    clip = CLIP(root / "clip.mp4")
    for name in ("first", "second"):
        case = new_case(root / name, name, f"The {name} case (rehearsed)", operator="Ada Admin")
        if name == "first":
            add_item(case, clip)
        case.close()
    workplace = Workplace(Settings(root, ("testserver",)), Accounts(root / "desk" / "desk.db"))
    admin = workplace.accounts.add("Ada Admin", PASSWORD, admin=True)
    workplace.adopt(admin)
    for role in Role:
        person = workplace.accounts.add(f"A {role.value}", PASSWORD)
        workplace.accounts.set_role(person.id, "first", role)
    workplace.accounts.add("A stranger", PASSWORD)
    yield build(workplace), workplace
    workplace.close()


@pytest.fixture(scope="session")
def people(desk: tuple[FastAPI, Workplace]) -> Iterator[People]:
    """Browsers that are signed in, by name, and one that is not."""
    app, _ = desk
    clients = {"nobody": TestClient(app, follow_redirects=False)}
    for name in ("Ada Admin", *(f"A {role.value}" for role in Role), "A stranger"):
        clients[name] = sign_in(app, name)
    yield People(clients)
