"""Setting up, signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from witnessmark.errors import WitnessmarkError
from witnessmark.stores.accounts import SignInError
from witnessmark.stores.accounts.signing import ABSOLUTE_S
from witnessmark.web.doors import COOKIE, Anybody, SignedIn, address_of, workplace_of
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def sign_in_page(request: Request, session: Anybody, next: str = "/") -> Response:
    """The form for name, password and code."""
    if session is not None:
        return RedirectResponse(_inside(next), 303)
    return page(request, "sign_in.html", next=_inside(next), problem=None, name="")


@router.post("/sign-in")
def sign_in(
    request: Request,
    session: Anybody,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    code: Annotated[str, Form(max_length=20)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Sign in; always the same answer whichever of the three is wrong."""
    workplace = workplace_of(request)
    try:
        secret = workplace.accounts.sign_in(name, password, code, address_of(request))
    except SignInError as error:
        status = 429 if "wait_s" in error.facts else 403
        return page(request, "sign_in.html", status=status, next=_inside(next), problem=error, name=name)
    if session is not None:
        workplace.accounts.sign_out(session.digest)
    return signed_in(request, secret, _inside(next))


def signed_in(request: Request, secret: str, to: str) -> Response:
    """Send a browser on, with its session's cookie."""
    answer = RedirectResponse(to, 303)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(ABSOLUTE_S),
        httponly=True,
        samesite="strict",
        secure=workplace_of(request).settings.secure,
        path="/",
    )
    return answer


@router.post("/sign-out")
def sign_out(seat: SignedIn) -> Response:
    """End the session."""
    if seat.session is not None:
        seat.workplace.accounts.sign_out(seat.session.digest)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/set-up")
def set_up_page(request: Request, _: Anybody, token: str = "") -> HTMLResponse:
    """The form for the first account."""
    return page(request, "set_up.html", token=token, problem=None, name="")


@router.post("/set-up")
def set_up(
    request: Request,
    _: Anybody,
    token: Annotated[str, Form(max_length=200)],
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
) -> Response:
    """Make the first account, who owns the cases that are here already."""
    workplace = workplace_of(request)
    try:
        account = workplace.accounts.set_up(token, name, password)
    except WitnessmarkError as error:
        return page(request, "set_up.html", status=403, token=token, problem=error, name=name)
    workplace.adopt(account)
    return signed_in(request, workplace.accounts.begin(account.id), "/")


def _inside(path: str) -> str:
    """A path of this desk to go on to; anything else is the beginning."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if good else "/"
