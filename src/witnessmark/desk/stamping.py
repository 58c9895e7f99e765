"""Trusted time-stamps on the case's log."""

from __future__ import annotations

from witnessmark.custody.records import CustodyEvent
from witnessmark.custody.timestamps import stamp_head
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError, ProviderError


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
