"""What is not wrong with a book of claims but should be seen by whoever weighs it."""

from __future__ import annotations

from collections.abc import Mapping

from witnessmark.claims.records import Claim, ClaimBook, Hedge
from witnessmark.claims.times import merged_unix_s

_PLAIN = (Hedge.ASSERTS, Hedge.DENIES)


def notes_on(book: ClaimBook) -> tuple[str, ...]:
    """One sentence a thing to see, in the file's order.

    Hedges without the speaker's words, offsets that nobody proved, statements about a time after they were made,
    repetitions older than what they repeat, confirmation, documents that were not captured, a file nobody reviewed, and
    parties that say nothing.
    """
    notes: list[str] = []
    claims = {claim.id: claim for claim in book.claims}
    for claim in book.claims:
        notes.extend(_notes_on_claim(claim, claims))
    loose = [claim.id for claim in book.claims if claim.quote.sha256 is None]
    if loose:
        notes.append(
            f"The documents of {_few(loose)} are named but not bound to captured bytes: add 'sha256' to their quotes."
        )
    if book.reviewed_by is None:
        notes.append("Nobody is named as having compared this file with the documents: add 'reviewed_by'.")
    party_of = {source.id: source.party for source in book.sources}
    weighed = {party_of[claim.source] for claim in book.claims if claim.about.weighable}
    spoken = {party_of[claim.source] for claim in book.claims}
    for party in sorted({source.party for source in book.sources if source.party is not None}):
        if party not in spoken:
            notes.append(f"No claim of {party} is here, though a source speaks for it.")
        elif party not in weighed:
            notes.append(f"No claim of {party} names a place, a time or an alternative, so none of them is weighed.")
    return tuple(notes)


def _few(names: list[str]) -> str:
    """Some names and how many more."""
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more


def _notes_on_claim(claim: Claim, claims: Mapping[str, Claim]) -> list[str]:
    notes: list[str] = []
    if claim.hedge not in _PLAIN and claim.quote.hedge_words is None:
        notes.append(
            f"Claim {claim.id} is marked '{claim.hedge}' without 'hedge_words': the hedge should be the speaker's own."
        )
    if not claim.said_at.zone_proven:
        notes.append(f"The UTC offset at which claim {claim.id} was said is not proven.")
    if claim.about.time:
        said_last = claim.said_at.at.timestamp() + claim.said_within_s
        if merged_unix_s(claim.about.time)[0][0] > said_last:
            notes.append(f"Claim {claim.id} is about a time after it was said.")
    for other_id in claim.repeats:
        other = claims[other_id]
        if claim.said_at.at.timestamp() + claim.said_within_s < other.said_at.at.timestamp():
            notes.append(f"Claim {claim.id} repeats {other_id}, yet was said before it.")
    if claim.credibility == 1:
        notes.append(
            f"Claim {claim.id} is graded 1, confirmed by other sources: its reason should name them."
            " A repetition hands on; it does not confirm."
        )
    return notes
