"""A person's own account, and for administrators everybody's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from witnessmark.errors import WitnessmarkError
from witnessmark.stores.accounts import SignInError
from witnessmark.stores.accounts.totp import address_of as otp_address
from witnessmark.web.doors import Administrator, Seat, SignedIn, address_of
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/account")
def account_page(request: Request, seat: SignedIn) -> Response:
    """Language, password, second factor and keys."""
    return _account(request, seat)


def _account(request: Request, seat: Seat, status: int = 200, **more: object) -> Response:
    shown = {"problem": None, "fresh_key": None, "otp": None, "tokens": seat.workplace.accounts.tokens(seat.account.id)}
    return page(request, "account.html", seat, status=status, **{**shown, **more})


@router.post("/account/preferences")
def preferences(
    seat: SignedIn,
    language: Annotated[str, Form(max_length=16)] = "",
    hidden: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Which language the pages speak, and which content notes keep an item out of sight."""
    notes = [note.strip().casefold() for note in hidden.split(",") if note.strip()]
    seat.workplace.accounts.set_preferences(seat.account.id, language=language, hidden=notes[:50])
    return RedirectResponse("/account", 303)


@router.post("/account/password")
def change_password(
    request: Request,
    seat: SignedIn,
    old: Annotated[str, Form(max_length=2000)],
    new: Annotated[str, Form(max_length=2000)],
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Change the password; every other session and every key ends."""
    try:
        _prove(request, seat, old, code)
        kept = seat.session.digest if seat.session is not None else None
        seat.workplace.accounts.set_password(seat.account.id, new, keep=kept)
    except WitnessmarkError as error:
        return _account(request, seat, 403, problem=error)
    return RedirectResponse("/account", 303)


@router.post("/account/second-factor")
def start_second_factor(request: Request, seat: SignedIn, password: Annotated[str, Form(max_length=2000)]) -> Response:
    """Show a fresh secret once."""
    try:
        _prove(request, seat, password, "")
    except SignInError as error:
        return _account(request, seat, 403, problem=error)
    secret = seat.workplace.accounts.start_second_factor(seat.account.id)
    return _account(request, seat, otp={"secret": secret, "address": otp_address(secret, seat.account.name)})


@router.post("/account/second-factor/confirm")
def confirm_second_factor(request: Request, seat: SignedIn, code: Annotated[str, Form(max_length=20)]) -> Response:
    """Turn the second factor on with a first code."""
    try:
        seat.workplace.accounts.confirm_second_factor(seat.account.id, code)
    except SignInError as error:
        return _account(request, seat, 403, problem=error)
    return RedirectResponse("/account", 303)


@router.post("/account/second-factor/off")
def drop_second_factor(
    request: Request,
    seat: SignedIn,
    password: Annotated[str, Form(max_length=2000)],
    code: Annotated[str, Form(max_length=20)],
) -> Response:
    """Turn the second factor off, with both factors."""
    try:
        _prove(request, seat, password, code)
    except SignInError as error:
        return _account(request, seat, 403, problem=error)
    seat.workplace.accounts.drop_second_factor(seat.account.id)
    return RedirectResponse("/account", 303)


@router.post("/account/keys")
def new_key(
    request: Request,
    seat: SignedIn,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=2000)],
    code: Annotated[str, Form(max_length=20)] = "",
    days: Annotated[int, Form()] = 90,
) -> Response:
    """Make a key for programs; it is shown once."""
    try:
        _prove(request, seat, password, code)
        key = seat.workplace.accounts.new_token(seat.account.id, name, days)
    except WitnessmarkError as error:
        return _account(request, seat, 403, problem=error)
    return _account(request, seat, fresh_key=key, tokens=seat.workplace.accounts.tokens(seat.account.id))


@router.post("/account/keys/drop")
def drop_key(seat: SignedIn, beginning: Annotated[str, Form(min_length=16, max_length=64)]) -> Response:
    """End a key."""
    seat.workplace.accounts.drop_token(seat.account.id, beginning)
    return RedirectResponse("/account", 303)


def _prove(request: Request, seat: Seat, password: str, code: str) -> None:
    """Ask for the password again before something weighty; counts as a sign-in, throttled like one."""
    secret = seat.workplace.accounts.sign_in(seat.account.name, password, code, address_of(request))
    fresh = seat.workplace.accounts.session(secret)
    if fresh is not None:
        seat.workplace.accounts.sign_out(fresh.digest)


@router.get("/people")
def people_page(request: Request, seat: Administrator) -> Response:
    """All accounts."""
    return page(request, "people.html", seat, people=seat.workplace.accounts.all(), problem=None)


@router.post("/people")
def add_person(
    request: Request,
    seat: Administrator,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    admin: Annotated[bool, Form()] = False,
) -> Response:
    """Make an account with a first password, which its owner should change."""
    try:
        seat.workplace.accounts.add(name, password, admin=admin)
    except WitnessmarkError as error:
        people = seat.workplace.accounts.all()
        return page(request, "people.html", seat, status=400, people=people, problem=error)
    return RedirectResponse("/people", 303)


@router.post("/people/{account_id}/active")
def set_active(seat: Administrator, account_id: int, active: Annotated[bool, Form()]) -> Response:
    """Let somebody sign in, or not any more."""
    seat.workplace.accounts.set_active(account_id, active)
    return RedirectResponse("/people", 303)
