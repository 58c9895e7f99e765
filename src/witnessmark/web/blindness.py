"""Who must not see conclusions: whoever holds a blind packet and has not put their own on record yet."""

from __future__ import annotations

from witnessmark.desk.case import Case
from witnessmark.desk.second_opinions import OPENED, conclusions
from witnessmark.review.people import same_name

OPEN_TO_THE_BLIND = (
    "/c/{case}/review",
    "/c/{case}/items/{item}/still",
    "/c/{case}/items/{item}/frame",
    "/c/{case}/items/{item}/marks",
    "/c/{case}/items/{item}/clear",
    "/c/{case}/items/{item}/blur",
    "/c/{case}/items/{item}/original",
)
"""Beginnings of the routes that show items and marks, and nothing that was concluded from them."""


def blind_on(case: Case, name: str) -> frozenset[str]:
    """The subjects on which a person was handed a blind packet and has not concluded."""
    handed = {
        str(one["subject"])
        for one in case.records.payloads(OPENED)
        if one["blind"] and same_name(str(one["reviewer"]), name)
    }
    if not handed:
        return frozenset()
    done = {made.subject_id for made in conclusions(case) if same_name(made.reviewer.name, name)}
    return frozenset(handed - done)


def hidden_from_the_blind(path: str) -> bool:
    """Whether a route, by its template, may show what was concluded."""
    return path.startswith(("/c/{case}", "/api/c/{case}")) and not path.startswith(OPEN_TO_THE_BLIND)
