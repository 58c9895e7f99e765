"""Who is at the door of a route: signed in or by key, with which role in which case, and whether the form is ours.

Every route has exactly one door; `docs/access.md` and the test of every route by every role read them from the app.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from witnessmark.desk.case import Case
from witnessmark.errors import NotFoundError, WitnessmarkError
from witnessmark.stores.accounts import Account, Role, Session
from witnessmark.web.blindness import blind_on, hidden_from_the_blind
from witnessmark.web.workplace import Workplace

COOKIE = "witnessmark-session"
EVERYBODY = frozenset(Role)
"""All who are in a case."""
WORKING = frozenset({Role.OWNER, Role.INVESTIGATOR})
LOOKING = frozenset({Role.OWNER, Role.INVESTIGATOR, Role.REVIEWER, Role.LAWYER})
"""Those who may ask for footage in the clear."""
REVIEWING = frozenset({Role.OWNER, Role.INVESTIGATOR, Role.REVIEWER})
"""Those who may sign as a second person; that nobody reviews their own work is kept by the desk, not by the page."""
LAWYERS = frozenset({Role.OWNER, Role.INVESTIGATOR, Role.LAWYER})
OWNERS = frozenset({Role.OWNER})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NotSignedInError(WitnessmarkError):
    """Nobody is signed in."""


class NotAllowedError(WitnessmarkError):
    """Somebody is signed in who may not do this."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at work.

    Attributes
    ----------
    workplace : Workplace
    account : Account
    session : Session or None
        None for a program that came with a key.
    name : str or None
        The case's name in addresses, on routes inside a case.
    role : Role or None
        In that case.
    """

    workplace: Workplace
    account: Account
    session: Session | None
    name: str | None = None
    role: Role | None = None

    @property
    def case(self) -> Case:
        """The case, open for this person."""
        assert self.name is not None, "only on routes inside a case"
        return self.workplace.case(self.name, self.account.name)

    def may(self, roles: frozenset[Role]) -> bool:
        """Whether the role here is one of these: for what a page shows, not for what a route allows."""
        return self.role in roles

    def sees_clear(self, item: str) -> bool:
        """Whether this browser may be sent an item (by SHA-256) in the clear just now."""
        if self.session is None or self.name is None or self.role not in LOOKING:
            return False
        return self.workplace.accounts.granted(self.session.digest, self.name, item)


@dataclass(frozen=True, slots=True)
class Door:
    """What a route asks of whoever comes.

    Attributes
    ----------
    roles : frozenset of Role or None
        For routes inside a case, whose path has ``{case}``; None for the others.
    admin : bool
        Administrators only.
    """

    roles: frozenset[Role] | None = None
    admin: bool = False

    async def __call__(self, request: Request) -> Seat:
        """Let in or turn away.

        Raises
        ------
        NotSignedInError, NotAllowedError, NotFoundError
            A stranger to a case is told that there is none.
        """
        workplace = workplace_of(request)
        account, session = await run_in_threadpool(_who, request, workplace)
        if account is None:
            raise NotSignedInError("Nobody is signed in.", "Sign in first.")
        if session is not None and request.method not in _SAFE:
            await _check_form(request, session)
        if self.admin and not account.admin:
            raise NotAllowedError("Only an administrator may do this.", "Ask one.")
        if self.roles is None:
            return Seat(workplace, account, session)
        name = str(request.path_params["case"])
        role = await run_in_threadpool(workplace.accounts.role, account.id, name)
        if role is None or name not in workplace.folders():
            raise NotFoundError("There is no such case.", "See the list of cases.")
        if role not in self.roles:
            allowed = ", ".join(sorted(self.roles))
            raise NotAllowedError(f"A {role} may not do this here.", f"It is for: {allowed}.")
        seat = Seat(workplace, account, session, name, role)
        route = getattr(request.scope.get("route"), "path", "")
        if hidden_from_the_blind(route) and await run_in_threadpool(lambda: bool(blind_on(seat.case, account.name))):
            raise NotAllowedError(
                "You hold a blind packet of this case and have not put your own conclusion on record yet.",
                f"Conclude first, at /c/{name}/review; then everything is open to you.",
            )
        return seat


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """A route for everybody, signed in or not; forms are still only taken from our own pages."""

    async def __call__(self, request: Request) -> Session | None:
        """Whoever is signed in, if anybody is."""
        workplace = workplace_of(request)
        _, session = await run_in_threadpool(_who, request, workplace)
        if request.method not in _SAFE:
            _check_origin(request)
            if session is not None:
                await _check_form(request, session)
        return session


def workplace_of(request: Request) -> Workplace:
    """What the app serves."""
    workplace = request.app.state.workplace
    assert isinstance(workplace, Workplace)
    return workplace


def address_of(request: Request) -> str:
    """Where a request comes from, through trusted proxies only."""
    near = request.client.host if request.client else "unknown"
    if near in workplace_of(request).settings.proxies:
        return request.headers.get("x-forwarded-for", near).rsplit(",", 1)[-1].strip()[:64]
    return near


def _who(request: Request, workplace: Workplace) -> tuple[Account | None, Session | None]:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return workplace.accounts.token(key.strip()), None
    secret = request.cookies.get(COOKIE)
    session = workplace.accounts.session(secret) if secret else None
    return (session.account, session) if session is not None else (None, None)


def _check_origin(request: Request) -> None:
    """A form must come from our own pages (Fetch Metadata where the browser sends it, else Origin)."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:  # the browser's own word; the origin is "null" where no referrer is sent
        own = site == "same-origin"
    else:
        own = origin is None or origin.partition("://")[2] == request.headers.get("host", "")
    if not own:
        raise NotAllowedError("The form was sent from another site.", "Open the page here and send it again.")


async def _check_form(request: Request, session: Session) -> None:
    _check_origin(request)
    given = request.headers.get("x-csrf-token")
    kind = request.headers.get("content-type", "")
    if given is None and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        field = (await request.form()).get("csrf")
        given = field if isinstance(field, str) else None
    if given is None or not secrets.compare_digest(given.encode(), session.csrf.encode()):
        raise NotAllowedError(
            "The form is not of this session any more.", "Load the page again and send it anew; nothing was changed."
        )


Anybody = Annotated[Session | None, Depends(OpenDoor())]
SignedIn = Annotated[Seat, Depends(Door())]
Administrator = Annotated[Seat, Depends(Door(admin=True))]
InCase = Annotated[Seat, Depends(Door(EVERYBODY))]
Worker = Annotated[Seat, Depends(Door(WORKING))]
Looker = Annotated[Seat, Depends(Door(LOOKING))]
Reviewing = Annotated[Seat, Depends(Door(REVIEWING))]
Lawyering = Annotated[Seat, Depends(Door(LAWYERS))]
Owner = Annotated[Seat, Depends(Door(OWNERS))]
