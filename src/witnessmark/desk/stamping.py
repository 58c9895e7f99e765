"""Trusted time-stamps on the case's log."""

from __future__ import annotations

from urllib.parse import urlsplit

from witnessmark.custody.records import CustodyEvent
from witnessmark.custody.timestamps import stamp_head, stamp_of, verify_token
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError, ProviderError
from witnessmark.plain import iso


def check_url(url: str) -> None:
    """See that an authority is asked over the web, and by a URL that may stand in a log that others read.

    Raises
    ------
    BadInputError
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise BadInputError(f"'{url}' is not a web address.", "Give the authority's URL with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise BadInputError(
            "The authority's URL holds a name or password, which the log would keep for every reader.",
            "Give a URL without them.",
        )


def stamp(case: Case, tsa_url: str | None = None) -> CustodyEvent:
    """Have the head of the log time-stamped now.

    Raises
    ------
    BadInputError
        When no authority is known.
    ProviderError
        When the authority does not answer usefully; the log is unharmed and the head stays pending.
    """
    url = tsa_url or case.tsa_url
    if url is None:
        raise BadInputError(
            "No time-stamping authority is set for this case.",
            "Give --tsa URL, or set one with: witnessmark case set --tsa URL.",
        )
    check_url(url)
    event = stamp_head(case.log, url, case.operator)
    case.catch_up()
    return event


def stamp_if_configured(case: Case) -> str | None:
    """Stamp when the case has an authority; without a network the head stays pending and the reason is given back."""
    if case.tsa_url is None:
        return None
    try:
        stamp(case)
    except ProviderError as error:
        return str(error)
    return None


def said_of(case: Case, event: CustodyEvent) -> str:
    """What a time-stamp on record is worth to this case: its time, and whether roots it trusts vouch for it."""
    found = stamp_of(event)
    if found is None:
        return f"Event {event.number} carries no time-stamp."
    covered = f"Event {event.number}: a time-stamp over the log up to event {found.number} is recorded."
    if case.trusted_roots is None:
        return f"{covered} Nobody vouches for it yet: the case trusts no roots (witnessmark case set --tsa-roots PEM)."
    check = verify_token(found.token, found.sha256, case.trusted_roots)
    if not check.ok or check.gen_time is None:
        return f"{covered} It does not verify under the roots that the case trusts: {check.why}"
    return f"{covered} It verifies under the trusted roots: {iso(check.gen_time)}."
