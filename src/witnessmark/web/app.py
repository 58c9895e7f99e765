"""The app: pages, the files they use, and how errors are told."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib import resources
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from witnessmark import __version__
from witnessmark.errors import BadInputError, ClashError, MediaError, NotFoundError, ProviderError, WitnessmarkError
from witnessmark.stores.accounts import SignInError
from witnessmark.web import pages
from witnessmark.web.doors import NotAllowedError, NotSignedInError
from witnessmark.web.headers import Guard
from witnessmark.web.rendering import page, problem_of
from witnessmark.web.work import Work
from witnessmark.web.workplace import Workplace

_STATUS: tuple[tuple[type[WitnessmarkError], int], ...] = (
    (NotSignedInError, 401),
    (SignInError, 403),
    (NotAllowedError, 403),
    (NotFoundError, 404),
    (ClashError, 409),
    (BadInputError, 400),
    (MediaError, 503),
    (ProviderError, 503),
)


def build(workplace: Workplace) -> FastAPI:
    """The app over a workplace.

    Parameters
    ----------
    workplace : Workplace
    """

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        yield
        workplace.close()

    app = FastAPI(
        title="Witnessmark",
        version=__version__,
        summary="Cases, items, lines of inquiry, claims, reviews and dossiers.",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=living,
    )
    app.state.workplace = workplace
    app.state.work = Work(workplace)
    app.add_middleware(Guard, hosts=workplace.settings.hosts)
    app.mount("/static", StaticFiles(directory=str(resources.files("witnessmark.web").joinpath("static"))), "static")
    leaflet = importlib.import_module("xstatic.pkg.leaflet")
    app.mount("/leaflet", StaticFiles(directory=leaflet.BASE_DIR), "leaflet")
    for router in routers():
        app.include_router(router)
    app.add_exception_handler(WitnessmarkError, _told)
    app.add_exception_handler(HTTPException, _plain_told)
    app.add_exception_handler(RequestValidationError, _not_understood)
    return app


def routers() -> list[APIRouter]:
    """The ``router`` of every module of `witnessmark.web.pages`, by the module's name."""
    found = []
    for module in sorted(pkgutil.iter_modules(pages.__path__), key=lambda each: each.name):
        router = getattr(importlib.import_module(f"{pages.__name__}.{module.name}"), "router", None)
        if isinstance(router, APIRouter):
            found.append(router)
    return found


def _wants_html(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, WitnessmarkError)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    if isinstance(error, SignInError) and "wait_s" in error.facts:
        status = 429
    if not _wants_html(request):
        return JSONResponse(problem_of(error), status, media_type="application/problem+json")
    if status == 401:
        back = "/"
        if request.method == "GET":  # the frame somebody drew on is named in the query
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(back)}", 303)
    return page(request, "problem.html", status=status, problem=error, title=HTTPStatus(status).phrase)


def _plain_told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {
        404: NotFoundError("There is no such page.", "Go back, or begin with the list of cases."),
        405: BadInputError("The page does not take this.", "Go back and use its forms."),
    }
    told = words.get(error.status_code, BadInputError(str(error.detail), "Go back and try again."))
    if not _wants_html(request):
        return JSONResponse(problem_of(told), error.status_code, media_type="application/problem+json")
    title = HTTPStatus(error.status_code).phrase
    return page(request, "problem.html", status=error.status_code, problem=told, title=title)


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    named = "; ".join(
        f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors()[:5]
    )
    told = BadInputError(f"What was sent cannot be used ({named}).", "Go back and fill the form again.")
    if not _wants_html(request):
        return JSONResponse(problem_of(told), 422, media_type="application/problem+json")
    return page(request, "problem.html", status=422, problem=told, title="Not understood")
