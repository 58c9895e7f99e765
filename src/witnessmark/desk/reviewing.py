"""Sign-off and dissent by somebody other than the author, on record, and how far reviewers agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.second_opinions import (
    authors_view,
    check_independent,
    conclusions,
    fingerprint,
    handed_unblinded,
    own_conclusion,
)
from witnessmark.desk.space import case_space
from witnessmark.desk.subjects import author_keys_of, authors_of, inputs_changed, subject_of, superseded_by
from witnessmark.errors import BadInputError, ClashError
from witnessmark.plain import canonical, iso, to_plain
from witnessmark.review import (
    Review,
    ReviewCheck,
    ReviewerKey,
    State,
    Verdict,
    review_from_plain,
    sign_review,
    verify_review,
)
from witnessmark.review.agreement import Agreement, Answer, Met, agreement, met_of
from witnessmark.review.comparing import compare, stance_of
from witnessmark.review.people import same_name, seen_as

STANCES, VERDICTS = "stances on claims", "verdicts of reviewers"


def review_subject(
    case: Case,
    subject_id: str,
    *,
    key: ReviewerKey,
    verdict: Verdict,
    reasons: str,
    conflict_of_interest: str,
    blind: bool = False,
    again: str | None = None,
) -> Review:
    """Sign what a second person says of a finding, an abstention or an assessment, and record it.

    Parameters
    ----------
    case : Case
    subject_id : str
    key : ReviewerKey
    verdict : Verdict
    reasons, conflict_of_interest : str
    blind : bool
        With a conclusion of the reviewer's own on record, the review carries its digest; without one, blindness rests
        on their word, and every reader is told so.
    again : str, optional
        Why the same reviewer signs the same subject once more; it stands among the reasons, under their signature.

    Raises
    ------
    NotFoundError
        When there is no such subject.
    BadInputError
        When the reviewer is an author or shares the case's key, a dissent gives no reason, or a review is called blind
        that was not.
    ClashError
        When this reviewer has signed this subject and gives no reason for signing again.
    """
    with case.writing():
        subject = subject_of(case, subject_id)
        check_independent(case, subject, key)
        own = own_conclusion(case, subject_id, key)
        seen_first = handed_unblinded(case, subject_id, key) if own is None else not own.blind
        if blind and seen_first:
            raise BadInputError(
                f"{key.reviewer.name} was shown the author's conclusion on '{subject_id}' before concluding.",
                "Sign without --blind, and say in the reasons what you saw first.",
            )
        earlier = _earlier(case, subject_id, key)
        if earlier is not None and not (again or "").strip():
            raise ClashError(
                f"{key.reviewer.name} has signed '{subject_id}' already ({earlier.verdict}, {iso(earlier.at)}).",
                "A review stays; give --again with the reason why a new one takes its place.",
            )
        if earlier is not None:
            reasons = (
                f"In place of my {earlier.verdict} of {iso(earlier.at)}, because: {(again or '').strip()} {reasons}"
            )
        review = sign_review(
            subject_id=subject["id"],
            subject_digest=Sha256.from_hex(subject["digest"]),
            author=authors_of(case, subject),
            reviewer=key.reviewer,
            verdict=verdict,
            reasons=reasons,
            conflict_of_interest=conflict_of_interest,
            blind=blind,
            at=dt.datetime.now(dt.UTC),
            key=key,
            author_keys=[case.key.public],
            own_result=Sha256.of(canonical(own)) if own is not None and blind else None,
        )
        replaces = None if earlier is None else Sha256.of(earlier.signature)
        case.record(PremisEvent.VALIDATION, "review.signed", {"review": review, "replaces": replaces})
    return review


def checked_reviews(case: Case) -> list[tuple[Review, ReviewCheck]]:
    """Every review on record with whether it still stands against its subject as it is now."""
    found = []
    for body in case.records.reviews():
        review = review_from_plain(body)
        subject = subject_of(case, review.subject_id)
        authors = authors_of(case, subject)
        check = verify_review(
            review,
            Sha256.from_hex(subject["digest"]),
            author=authors,
            author_keys=author_keys_of(case, authors),
            superseded_by=superseded_by(case, subject),
        )
        found.append((review, check))
    return found


def review_rows(case: Case) -> list[dict[str, Any]]:
    """Reviews as plain values, each with how it stands now."""
    return [
        {**_plain(review), "state": str(check.state), "notes": list(check.notes)}
        for review, check in checked_reviews(case)
    ]


def due_reviews(case: Case) -> list[dict[str, Any]]:
    """Subjects that were reviewed and should be again, each with who reviewed it and why it is due."""
    space = case_space(case).digest() if case.settings.get("space") else None
    reviewers: dict[str, list[str]] = {}
    for review, check in checked_reviews(case):
        if check.state in (State.HOLDS, State.STALE):
            reviewers.setdefault(review.subject_id, []).append(review.reviewer.name)
    rows = []
    for subject_id, names in reviewers.items():
        subject = subject_of(case, subject_id)
        why = inputs_changed(case, subject, space)
        if why:
            by = superseded_by(case, subject)
            current = by if by is not None and by[:2] == subject_id[:2] else None
            rows.append({"subject": subject_id, "review_instead": current, "reviewers": names, "why": why})
    return rows


def agreements(cases: Sequence[Case]) -> tuple[dict[str, Agreement], Met]:
    """How far people agree who judged apart: blind conclusions with the authors', and reviewers with one another.

    Only conclusions count that were formed on a blind packet and signed before the author's was shown.

    Returns
    -------
    dict of str to Agreement
        On stances on claims, and on verdicts.
    Met
        How often a reviewer's place or time met the author's region.
    """
    stances: list[Answer] = []
    verdicts: list[Answer] = []
    met: list[bool] = []
    for case in cases:
        ratios: dict[str, Mapping[str, float]] = {}
        for own in (made for made in conclusions(case) if made.blind):
            view = authors_view(case, subject_of(case, own.subject_id))
            ratios[own.subject_id] = view.log10_lr
            named = f"{case.reference}: {own.subject_id}"
            person = _person(own.reviewer.name)
            stances += [Answer(named, claim_id, person, str(stance)) for claim_id, stance in own.stances.items()]
            rows = compare(view, own)
            met += [row.agree for row in rows if row.question in ("place", "time") and row.agree is not None]
        for subject_id, of_claims in ratios.items():  # the author's word is one, however many reviewed it
            named = f"{case.reference}: {subject_id}"
            stances += [Answer(named, claim_id, "", str(stance_of(ratio))) for claim_id, ratio in of_claims.items()]
        verdicts += _verdicts(case)
    return {STANCES: agreement(stances), VERDICTS: agreement(verdicts)}, met_of(met)


def _verdicts(case: Case) -> list[Answer]:
    """The last verdict of each reviewer on each subject, of those that hold."""
    last: dict[tuple[str, str], str] = {}
    for review, check in checked_reviews(case):
        if check.state is State.HOLDS:
            last[review.subject_id, _person(review.reviewer.name)] = str(review.verdict)
    return [
        Answer(f"{case.reference}: {subject}", "verdict", person, verdict)
        for (subject, person), verdict in last.items()
    ]


def _earlier(case: Case, subject_id: str, key: ReviewerKey) -> Review | None:
    """The newest review of the subject by this reviewer, known by name or by key."""
    for body in reversed(case.records.reviews()):
        review = review_from_plain(body)
        same_key = PublicKey(review.reviewer.public_key_pem.encode()).fingerprint == fingerprint(key)
        if review.subject_id == subject_id and (same_key or same_name(review.reviewer.name, key.reviewer.name)):
            return review
    return None


def _person(name: str) -> str:
    """One spelling for everything that reads as the same name."""
    return " ".join(seen_as(name))


def _plain(value: object) -> dict[str, Any]:
    plain = to_plain(value)
    assert isinstance(plain, dict)
    return plain
