"""From what the desk tells to a page: one Jinja environment that trusts nothing it prints."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib
from contextvars import ContextVar
from functools import cache
from importlib import resources
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FunctionLoader, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from witnessmark import __version__
from witnessmark.errors import WitnessmarkError
from witnessmark.fusion.words import lr_words, probability_words
from witnessmark.lines.registry import lines
from witnessmark.plain import visible
from witnessmark.stores.accounts import Role, Session
from witnessmark.web.doors import LAWYERS, LOOKING, OWNERS, REVIEWING, WORKING, Seat
from witnessmark.web.wording import choose, languages, translations

LONGEST_TEXT = 20_000
"""Signs of one printed value [1]; the rest is left out of the page and said to be."""
ROLES = {"WORKING": WORKING, "LOOKING": LOOKING, "REVIEWING": REVIEWING, "LAWYERS": LAWYERS, "OWNERS": OWNERS}
_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


def page(
    request: Request, template: str, seat: Seat | None = None, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page.

    Parameters
    ----------
    request : Request
    template : str
        File below ``templates``.
    seat : Seat, optional
        Who is at work; None on the pages before signing in.
    status : int
        HTTP status.
    **context
        What the template needs; ``request``, ``seat``, ``csrf``, ``language`` and the role sets are always there.
    """
    wished = seat.account.language if seat is not None else ""
    language = choose(wished, request.headers.get("accept-language", ""))
    _LANGUAGE.set(language)
    session: Session | None = seat.session if seat is not None else context.pop("session", None)
    html = (
        environment()
        .get_template(template)
        .render(
            request=request,
            seat=seat,
            csrf=session.csrf if session is not None else "",
            language=language,
            at=request.url.path,
            **ROLES,
            **context,
        )
    )
    return HTMLResponse(html, status)


@cache
def environment() -> Environment:
    """The one environment: escapes by default, refuses unknown names, and shows what would steer the eye as text."""
    made = Environment(
        loader=ChoiceLoader(
            [
                PrefixLoader({"panel": FunctionLoader(_panel)}, delimiter=":"),
                PackageLoader("witnessmark.web", "templates"),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]  # given by the i18n extension
        gettext=lambda text: translations(_LANGUAGE.get()).gettext(text),
        ngettext=lambda one, many, n: translations(_LANGUAGE.get()).ngettext(one, many, n),
        newstyle=True,
    )
    made.globals.update(static=static_url, languages=languages, version=__version__, Role=Role)
    made.filters.update(
        moment=moment_text,
        size=size_text,
        lr_words=lr_words,
        probability_words=probability_words,
        seconds=seconds_text,
        short=lambda digest, digits=12: str(digest)[:digits],
    )
    return made


def _panel(name: str) -> str | None:
    """The ``panel.html`` of a registered line."""
    line = lines().get(name)
    if line is None:
        return None
    package = importlib.import_module(type(line).__module__).__package__ or type(line).__module__
    file = resources.files(package).joinpath("panel.html")
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _finalize(value: object) -> object:
    """Text from outside as it may be shown: no sign in it turns the direction of writing or hides."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return "" if value is None else value
    cut = value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]} [{len(value) - LONGEST_TEXT:,} more signs]"
    return visible(cut)


@cache
def static_url(path: str) -> str:
    """Address of a file of ours, which changes when the file does."""
    data = resources.files("witnessmark.web").joinpath("static", *path.split("/")).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(data).hexdigest()[:12]}"


def moment_text(value: str | dt.datetime | None) -> str:
    """A time with its own offset, to the second: an offset is never turned into another.

    Examples
    --------
    >>> moment_text("2031-05-14T08:20:30.5+04:00")
    '2031-05-14 08:20:30 +04:00'
    """
    if value is None:
        return ""
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    offset = moment.strftime("%z")
    zone = "UTC" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}" if offset else "(no zone)"
    return f"{text} {zone}"


def seconds_text(value: float) -> str:
    """A time within a recording.

    Examples
    --------
    >>> seconds_text(75.5)
    '1:15.50'
    """
    minutes, seconds = divmod(float(value), 60.0)
    return f"{int(minutes)}:{seconds:05.2f}"


def size_text(size_bytes: float) -> str:
    """A size for people."""
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def problem_of(error: WitnessmarkError) -> dict[str, object]:
    """An error as programs read it (RFC 9457 names beside the house's own)."""
    return {"title": error.what, "detail": error.do, **error.to_plain()}
