from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.web.people import HTML, PASSWORD, People, sign_in
from witnessmark.stores.accounts import Accounts, Role, SignInError
from witnessmark.stores.accounts.signing import ABSOLUTE_S, FREE_FAILURES, IDLE_S
from witnessmark.web.doors import COOKIE
from witnessmark.web.workplace import Workplace


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Accounts:
    made = Accounts(tmp_path / "desk.db", clock)
    made.add("Ada", PASSWORD, admin=True)
    return made


def test_the_set_up_token_is_good_once_and_only_the_newest(tmp_path: Path) -> None:
    fresh = Accounts(tmp_path / "new.db")
    old, new = fresh.setup_token(), fresh.setup_token()
    assert old is not None and new is not None
    with pytest.raises(SignInError):
        fresh.set_up(old, "Ada", PASSWORD)
    assert fresh.set_up(new, "Ada", PASSWORD).admin
    assert fresh.setup_token() is None
    with pytest.raises(SignInError):
        fresh.set_up(new, "Eve", PASSWORD)


def test_no_secret_is_kept_as_it_is(accounts: Accounts, tmp_path: Path) -> None:
    secret, key = accounts.sign_in("Ada", PASSWORD, "", "here"), accounts.new_token(1, "a program", 5)
    held = b"".join(path.read_bytes() for path in tmp_path.glob("desk.db*"))
    for each in (PASSWORD, secret, key):
        assert each.encode() not in held


def test_wrong_name_and_wrong_password_read_alike_and_waiting_doubles(accounts: Accounts, clock: Clock) -> None:
    said = set()
    for name, password in (("Ada", "wrong wrong wrong"), ("Nobody", PASSWORD)):
        with pytest.raises(SignInError) as refused:
            accounts.sign_in(name, password, "", f"from {name}")
        said.add(str(refused.value))
    assert len(said) == 1
    waits = []
    for _ in range(FREE_FAILURES + 3):
        with pytest.raises(SignInError) as refused:
            accounts.sign_in("Ada", "wrong wrong wrong", "", "somewhere")
        if "wait_s" in refused.value.facts:
            waits.append(float(str(refused.value.facts["wait_s"])))
            clock.now_s += waits[-1] + 0.1
    assert waits == sorted(waits) and len(waits) >= 2
    clock.now_s += 1000.0
    assert accounts.sign_in("ADA", PASSWORD, "", "elsewhere")


def test_a_session_ends_idle_in_any_case_after_hours_and_with_its_account(accounts: Accounts, clock: Clock) -> None:
    secret = accounts.sign_in("Ada", PASSWORD, "", "here")
    for _ in range(3):
        clock.now_s += IDLE_S - 1.0
        assert accounts.session(secret) is not None
    clock.now_s += IDLE_S + 1.0
    assert accounts.session(secret) is None
    secret = accounts.sign_in("Ada", PASSWORD, "", "here")
    step_s = 0.9 * IDLE_S
    for _ in range(int(ABSOLUTE_S / step_s)):
        clock.now_s += step_s
        assert accounts.session(secret) is not None
    clock.now_s += step_s
    assert accounts.session(secret) is None
    other = accounts.add("Bea", PASSWORD)
    secret = accounts.sign_in("Bea", PASSWORD, "", "here")
    accounts.set_active(other.id, False)
    assert accounts.session(secret) is None
    with pytest.raises(SignInError):
        accounts.sign_in("Bea", PASSWORD, "", "here")


def test_a_one_time_code_is_asked_for_and_taken_once(accounts: Accounts, clock: Clock) -> None:
    secret = accounts.start_second_factor(1)
    totp = pyotp.TOTP(secret)
    with pytest.raises(SignInError):
        accounts.confirm_second_factor(1, "000000" if totp.at(int(clock.now_s)) != "000000" else "111111")
    accounts.confirm_second_factor(1, totp.at(int(clock.now_s)))
    clock.now_s += 60.0
    with pytest.raises(SignInError):
        accounts.sign_in("Ada", PASSWORD, "", "here")
    code = totp.at(int(clock.now_s))
    assert accounts.sign_in("Ada", PASSWORD, code, "here")
    with pytest.raises(SignInError):
        accounts.sign_in("Ada", PASSWORD, code, "here")


def test_a_key_ends_by_its_date_and_with_a_new_password(accounts: Accounts, clock: Clock) -> None:
    key = accounts.new_token(1, "a program", 1)
    assert accounts.token(key) is not None
    clock.now_s += 86_401.0
    assert accounts.token(key) is None
    key = accounts.new_token(1, "a program", 1)
    accounts.set_password(1, "another long password")
    assert accounts.token(key) is None


def test_a_case_keeps_an_owner(accounts: Accounts) -> None:
    accounts.set_role(1, "case", Role.OWNER)
    for role in (Role.READER, None):
        with pytest.raises(Exception, match="without an owner"):
            accounts.set_role(1, "case", role)


def test_the_cookie_is_strict_and_hidden_from_scripts(desk: tuple[FastAPI, Workplace]) -> None:
    client = TestClient(desk[0], follow_redirects=False)
    answer = client.post("/sign-in", data={"name": "Ada Admin", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert COOKIE in cookie and "httponly" in cookie and "samesite=strict" in cookie


@pytest.mark.parametrize("to", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere", "javascript:1"])
def test_signing_in_never_leads_elsewhere(desk: tuple[FastAPI, Workplace], to: str) -> None:
    client = TestClient(desk[0], follow_redirects=False)
    answer = client.post("/sign-in", data={"name": "Ada Admin", "password": PASSWORD, "next": to})
    assert answer.headers["location"] == "/"


def test_a_form_from_elsewhere_or_without_its_token_changes_nothing(
    desk: tuple[FastAPI, Workplace], people: People
) -> None:
    client, right = sign_in(desk[0], "A investigator"), people.csrf("A investigator")
    own = {"x-csrf-token": client.get("/account", headers=HTML).text.split('data-csrf="')[1].split('"')[0]}
    form = {"note": "fire"}
    path = "/c/first/items/WM-0001/marks"
    mark = {"kind": "content-note", "body": '{"note": "fire"}'}
    for headers in ({}, right, {**own, "sec-fetch-site": "cross-site"}, {**own, "origin": "https://elsewhere.example"}):
        assert client.post(path, data=mark, headers=headers).status_code == 403, (headers, form)
    assert client.post(path, data=mark, headers=own).status_code == 200


def test_a_foreign_host_name_is_not_answered(desk: tuple[FastAPI, Workplace]) -> None:
    answer = TestClient(desk[0]).get("/sign-in", headers={"host": "rebound.example"})
    assert answer.status_code == 421
