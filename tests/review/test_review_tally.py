"""Several reviews of one subject: dissent first, a person once, nothing stale."""

from __future__ import annotations

import datetime as dt

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.custody.hashes import Sha256
from witnessmark.review import (
    Review,
    ReviewCheck,
    Reviewer,
    ReviewerKey,
    Verdict,
    digest_of,
    sign_review,
    tally,
    verify_review,
)
from witnessmark.review.keys import public_pem

NOW = digest_of("the finding as it stands")
AT = dt.datetime(2031, 10, 5, 9, 30, tzinfo=dt.UTC)


def reviewed(
    name: str, seed: int, verdict: Verdict, day: int = 0, conflict: str = "none", subject: Sha256 = NOW
) -> tuple[Review, ReviewCheck]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    reviewer = Reviewer(name, "Independent Bureau (rehearsed)", public_pem(private))
    review = sign_review(
        subject_id="F-0001",
        subject_digest=subject,
        author="Ana Alvarez",
        reviewer=reviewer,
        verdict=verdict,
        reasons="Compared by hand.",
        conflict_of_interest=conflict,
        blind=False,
        at=AT + dt.timedelta(days=day),
        key=ReviewerKey(reviewer, private),
    )
    return review, verify_review(review, NOW, author="Ana Alvarez")


def test_dissent_comes_first_and_conflicts_are_named() -> None:
    made = tally(
        [
            reviewed("Bo Berg", 1, Verdict.SIGN_OFF),
            reviewed("Cy Cole", 2, Verdict.DISSENT, 1),
            reviewed("Di Dahl", 3, Verdict.ABSTAIN, 2, "I know the author."),
        ]
    )
    assert (made.dissents, made.sign_offs, made.abstentions) == (("Cy Cole",), ("Bo Berg",), ("Di Dahl",))
    assert made.with_conflict == ("Di Dahl",) and made.not_counted == ()
    assert made.said == "Cy Cole dissents; Bo Berg signed off; Di Dahl abstained."


def test_one_person_counts_once_by_the_latest_in_whatever_order_they_come() -> None:
    first = reviewed("Bo Berg", 1, Verdict.SIGN_OFF)
    again = reviewed("BERG, Bo", 4, Verdict.DISSENT, 3)
    for order in ([first, again], [again, first]):
        made = tally(order)
        assert made.dissents == ("BERG, Bo",) and made.sign_offs == ()
        assert made.not_counted == ("The sign-off of Bo Berg gave way to a later review.",)


def test_one_key_under_two_names_counts_once_and_is_said() -> None:
    made = tally([reviewed("Bo Berg", 1, Verdict.SIGN_OFF), reviewed("Cy Cole", 1, Verdict.SIGN_OFF, 1)])
    assert made.sign_offs == ("Cy Cole",)
    assert made.not_counted == ("The sign-off of Bo Berg, signed with the key of Cy Cole gave way to a later review.",)


def test_a_stale_sign_off_does_not_hide_that_nobody_reviewed_what_stands() -> None:
    made = tally([reviewed("Bo Berg", 1, Verdict.SIGN_OFF, subject=digest_of("an earlier finding"))])
    assert made.sign_offs == () and made.not_counted == ("The sign-off of Bo Berg does not count: stale.",)
    assert made.said == "Nobody other than the author has reviewed this as it stands."
    assert tally([]).said == made.said


def test_a_stale_dissent_of_the_same_person_does_not_replace_a_standing_one() -> None:
    standing = reviewed("Bo Berg", 1, Verdict.DISSENT)
    later = reviewed("Bo Berg", 1, Verdict.SIGN_OFF, 5, subject=digest_of("another finding"))
    assert tally([later, standing]).dissents == ("Bo Berg",)
