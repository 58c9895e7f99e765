"""A second person's sign-off or dissent, signed with their own key; never the author's."""

from witnessmark.review.keys import ReviewerKey, load_reviewer_key, new_reviewer_key
from witnessmark.review.records import Review, ReviewCheck, Reviewer, State, Verdict
from witnessmark.review.signing import digest_of, review_from_plain, sign_review, signed_bytes, verify_review
from witnessmark.review.tally import Tally, tally

__all__ = [
    "Review",
    "ReviewCheck",
    "Reviewer",
    "ReviewerKey",
    "State",
    "Tally",
    "Verdict",
    "digest_of",
    "load_reviewer_key",
    "new_reviewer_key",
    "review_from_plain",
    "sign_review",
    "signed_bytes",
    "tally",
    "verify_review",
]
