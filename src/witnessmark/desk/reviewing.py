"""Sign-off and dissent by somebody other than the author, on record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.errors import NotFoundError
from witnessmark.plain import to_plain
from witnessmark.review import (
    Review,
    ReviewCheck,
    ReviewerKey,
    Verdict,
    review_from_plain,
    sign_review,
    verify_review,
)


def review_subject(
    case: Case,
    subject_id: str,
    *,
    key: ReviewerKey,
    verdict: Verdict,
    reasons: str,
    conflict_of_interest: str,
    blind: bool = False,
) -> Review:
    """Sign what a second person says of a finding, an abstention or an assessment, and record it.

    Raises
    ------
    NotFoundError
        When there is no such subject.
    BadInputError
        When the reviewer is an author or shares the case's key, or a dissent gives no reason.
    """
    subject = _subject(case, subject_id)
    review = sign_review(
        subject_id=subject["id"],
        subject_digest=Sha256.from_hex(subject["digest"]),
        author=_authors(case, subject),
        reviewer=key.reviewer,
        verdict=verdict,
        reasons=reasons,
        conflict_of_interest=conflict_of_interest,
        blind=blind,
        at=dt.datetime.now(dt.UTC),
        key=key,
        author_keys=[case.key.public],
    )
    case.record(PremisEvent.VALIDATION, "review.signed", {"review": review})
    return review


def checked_reviews(case: Case) -> list[tuple[Review, ReviewCheck]]:
    """Every review on record with whether it still stands against its subject as it is now."""
    found = []
    for body in case.records.reviews():
        review = review_from_plain(body)
        subject = _subject(case, review.subject_id)
        check = verify_review(
            review,
            Sha256.from_hex(subject["digest"]),
            author=_authors(case, subject),
            author_keys=[case.key.public],
            superseded_by=_superseded_by(case, subject),
        )
        found.append((review, check))
    return found


def review_rows(case: Case) -> list[dict[str, Any]]:
    """Reviews as plain values, each with how it stands now."""
    return [
        {**_plain(review), "state": str(check.state), "notes": list(check.notes)}
        for review, check in checked_reviews(case)
    ]


def _subject(case: Case, subject_id: str) -> dict[str, Any]:
    for body in (*case.records.results(superseded=True), *case.records.assessments()):
        if body["id"] == subject_id:
            return body
    raise NotFoundError(
        f"There is no finding or assessment '{subject_id}'.",
        "Findings are printed by witnessmark line run, assessments by witnessmark assess.",
    )


def _authors(case: Case, subject: dict[str, Any]) -> list[str]:
    authors = {subject["author"]}
    for finding_id in subject.get("findings", []):
        authors |= {body["author"] for body in case.records.results(superseded=True) if body["id"] == finding_id}
    return sorted(authors)


def _superseded_by(case: Case, subject: dict[str, Any]) -> str | None:
    if subject["id"].startswith("AS-"):
        of_these = [body for body in case.records.assessments() if body["subjects"] == subject["subjects"]]
        return None if of_these[-1]["id"] == subject["id"] else str(of_these[-1]["id"])
    by = subject.get("superseded_by")
    return None if by is None else str(by)


def _plain(value: object) -> dict[str, Any]:
    plain = to_plain(value)
    assert isinstance(plain, dict)
    return plain
