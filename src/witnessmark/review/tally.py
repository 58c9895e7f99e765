"""What several reviews of one subject come to: dissent first, each person once, nothing stale counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from witnessmark.review.people import same_name
from witnessmark.review.records import Review, ReviewCheck, State, Verdict


@dataclass(frozen=True, slots=True)
class Tally:
    """Who says what of a subject as it stands.

    Attributes
    ----------
    dissents, sign_offs, abstentions : tuple of str
        Names, each person once by their latest review.
    with_conflict : tuple of str
        Those of them who declared a conflict of interest.
    not_counted : tuple of str
        Why the other reviews do not count, one sentence each.
    said : str
        The state in a sentence.
    """

    dissents: tuple[str, ...]
    sign_offs: tuple[str, ...]
    abstentions: tuple[str, ...]
    with_conflict: tuple[str, ...]
    not_counted: tuple[str, ...]
    said: str


def tally(reviews: Iterable[tuple[Review, ReviewCheck]]) -> Tally:
    """Count reviews of one subject.

    Parameters
    ----------
    reviews : iterable of (Review, ReviewCheck)
        In any order. One person, by name or by key, counts once, by the review dated last.

    Returns
    -------
    Tally
    """
    counted: list[Review] = []
    not_counted: list[str] = []
    for review, check in sorted(reviews, key=lambda entry: (entry[0].at, entry[0].signature), reverse=True):
        who = review.reviewer
        if check.state is not State.HOLDS:
            not_counted.append(f"The {review.verdict} of {who.name} does not count: {check.state}.")
            continue
        earlier = [
            other
            for other in counted
            if same_name(other.reviewer.name, who.name) or other.reviewer.public_key_pem == who.public_key_pem
        ]
        if earlier:
            now = earlier[0].reviewer.name
            under = "" if same_name(now, who.name) else f", signed with the key of {now}"
            not_counted.append(f"The {review.verdict} of {who.name}{under} gave way to a later review.")
            continue
        counted.append(review)
    counted.reverse()

    def names(verdict: Verdict) -> tuple[str, ...]:
        return tuple(review.reviewer.name for review in counted if review.verdict is verdict)

    dissents, sign_offs, abstentions = names(Verdict.DISSENT), names(Verdict.SIGN_OFF), names(Verdict.ABSTAIN)
    return Tally(
        dissents=dissents,
        sign_offs=sign_offs,
        abstentions=abstentions,
        with_conflict=tuple(review.reviewer.name for review in counted if review.conflict_declared),
        not_counted=tuple(reversed(not_counted)),
        said=_said(dissents, sign_offs, abstentions),
    )


def _said(dissents: tuple[str, ...], sign_offs: tuple[str, ...], abstentions: tuple[str, ...]) -> str:
    parts = []
    if dissents:
        parts.append(f"{', '.join(dissents)} dissent{'s' if len(dissents) == 1 else ''}")
    if sign_offs:
        parts.append(f"{', '.join(sign_offs)} signed off")
    if abstentions:
        parts.append(f"{', '.join(abstentions)} abstained")
    return "; ".join(parts) + "." if parts else "Nobody other than the author has reviewed this as it stands."
