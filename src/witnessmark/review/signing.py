"""Signing a review and checking one."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cryptography.exceptions import UnsupportedAlgorithm

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.plain import Plain, canonical, iso, parse_moment, to_plain
from witnessmark.review.keys import ReviewerKey
from witnessmark.review.people import alike, same_name, seen_as
from witnessmark.review.records import FORMAT, Review, ReviewCheck, Reviewer, State, Verdict

CLOCKS_DIFFER_S = 86_400.0
"""A review dated this far [s] from when it was recorded is pointed out; a convention, wide enough for any zone."""
_NO_SIGNATURE = b""


def digest_of(subject: object) -> Sha256:
    """SHA-256 of a subject's RFC 8785 canonical JSON: what a review is a review of.

    Examples
    --------
    >>> digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})
    True
    """
    return Sha256(hashlib.sha256(canonical(subject)).digest())


def sign_review(
    *,
    subject_id: str,
    subject_digest: Sha256,
    author: str | Sequence[str],
    reviewer: Reviewer,
    verdict: Verdict | str,
    reasons: str,
    conflict_of_interest: str,
    blind: bool,
    at: dt.datetime,
    key: ReviewerKey,
    author_keys: Sequence[PublicKey] = (),
    own_result: Sha256 | None = None,
) -> Review:
    """Sign what a second person says of a finding or an assessment.

    Parameters
    ----------
    subject_id : str
    subject_digest : Sha256
        By `digest_of`.
    author : str or sequence of str
        Everybody who made the subject.
    reviewer : Reviewer
    verdict : Verdict or str
    reasons : str
        What was checked; for a dissent or an abstention it may not be empty.
    conflict_of_interest : str
        "none", or what there is to declare.
    blind : bool
    at : datetime
        With an offset.
    key : ReviewerKey
        The reviewer's own.
    author_keys : sequence of PublicKey
        Keys the authors sign with, such as the case key.
    own_result : Sha256, optional
        Of the finding the reviewer made before seeing the author's.

    Returns
    -------
    Review

    Raises
    ------
    BadInputError
        When the reviewer is an author by name or key, the key is not the reviewer's, a dissent has no reasons,
        nothing is said of conflicts of interest, or a time has no offset.
    """
    authors = (author,) if isinstance(author, str) else tuple(author)
    if not subject_id.strip():
        raise BadInputError("The review names no subject.", "Give the id of the finding or assessment.")
    if not authors or not all(seen_as(name) for name in authors):
        raise BadInputError(
            "The subject has no named author.",
            "Say who made it: without that nobody can tell whether the review is independent.",
        )
    try:
        verdict = Verdict(verdict)
    except ValueError as error:
        raise BadInputError(f"'{verdict}' is no verdict.", "Say sign-off, dissent or abstain.") from error
    if key.reviewer != reviewer:
        raise BadInputError(
            f"The key belongs to {key.reviewer.name}, the review names {reviewer.name}.", "Sign with your own key."
        )
    for name in authors:
        if same_name(name, reviewer.name):
            raise BadInputError(
                f"{reviewer.name} made '{subject_id}' and cannot review it.",
                "Ask somebody else; two persons of one name are told apart by a further word in the name.",
            )
    own = PublicKey(reviewer.public_key_pem.encode()).fingerprint
    if any(author_key.fingerprint == own for author_key in author_keys):
        raise BadInputError(
            f"The key of {reviewer.name} is one that '{subject_id}' was made with.",
            "A review is signed with a key that only the reviewer has.",
        )
    if verdict is not Verdict.SIGN_OFF and not any(sign.isalnum() for sign in reasons):
        raise BadInputError(f"The verdict '{verdict}' comes without reasons.", "Say what is wrong or cannot be judged.")
    if not conflict_of_interest.strip():
        raise BadInputError("Nothing is said of conflicts of interest.", "Write 'none', or what there is to declare.")
    if own_result is not None and own_result == subject_digest:
        raise BadInputError(
            "The reviewer's own result is the subject itself.",
            "Give the digest of the finding the reviewer made alone.",
        )
    iso(at)
    review = Review(
        subject_id=subject_id,
        subject_digest=subject_digest,
        authors=authors,
        author_key_pems=tuple(author_key.pem.decode("ascii") for author_key in author_keys),
        reviewer=reviewer,
        verdict=verdict,
        reasons=reasons.strip(),
        conflict_of_interest=conflict_of_interest.strip(),
        blind=blind,
        own_result=own_result,
        at=at,
        signature=_NO_SIGNATURE,
    )
    try:
        message = signed_bytes(review)
    except ValueError as error:
        raise BadInputError("The review holds a character that is half of a pair.", "Type it again.") from error
    return replace(review, signature=key.private.sign(message))


def signed_bytes(review: Review) -> bytes:
    """What the signature is over: canonical JSON of all fields but the signature."""
    plain = to_plain(review)
    if not isinstance(plain, dict):
        raise BadInputError("A review has no plain form.", "Hand in a Review.")
    del plain["signature"]
    return canonical(plain)


def verify_review(
    review: Review,
    subject_digest: Sha256,
    *,
    author: str | Sequence[str] = (),
    author_keys: Sequence[PublicKey] = (),
    known: Mapping[Sha256, str] | None = None,
    superseded_by: str | None = None,
    subject_made_at: dt.datetime | None = None,
    recorded_at: dt.datetime | None = None,
) -> ReviewCheck:
    """Check a review against its subject as it is now.

    Parameters
    ----------
    review : Review
    subject_digest : Sha256
        Of the subject as it is now.
    author, author_keys
        Who made the subject, from the record rather than from the review: what the review says of its authors is only
        what the reviewer was told.
    known : mapping of key fingerprint to name, optional
        Reviewers whose key fingerprints were exchanged by another way.
    superseded_by : str, optional
        What took the subject's place, when something did: the review is stale then, though the subject is unchanged.
    subject_made_at, recorded_at : datetime, optional
        When the subject was made and the review entered in the custody log: a review's own date is only what the
        reviewer's clock or hand said.

    Returns
    -------
    ReviewCheck
    """
    notes: list[str] = []
    public = PublicKey(review.reviewer.public_key_pem.encode(errors="replace"))
    try:
        signature_holds = public.verifies(review.signature, signed_bytes(review))
        fingerprint = public.fingerprint
    except (WitnessmarkError, UnsupportedAlgorithm, ValueError):
        signature_holds, fingerprint = False, None
    if not signature_holds:
        notes.append("The signature is not this reviewer's over these words: something was altered after signing.")
    subject_matches = review.subject_digest == subject_digest
    if not subject_matches and superseded_by is None:
        notes.append(
            f"'{review.subject_id}' was superseded or changed after the review: what was reviewed is"
            f" {review.subject_digest.hex()[:16]}, what stands now is {subject_digest.hex()[:16]}."
        )
    if superseded_by is not None:
        subject_matches = False
        notes.append(f"'{review.subject_id}' was superseded by '{superseded_by}' after the review.")
    stated = (author,) if isinstance(author, str) else tuple(author)
    names = dict.fromkeys((*review.authors, *stated))
    fingerprints = _fingerprints(
        [*review.author_key_pems, *(key.pem.decode("ascii", "replace") for key in author_keys)]
    )
    same = [name for name in names if same_name(name, review.reviewer.name)]
    notes.extend(f"The reviewer is the author, {name}." for name in same)
    if fingerprint is not None and fingerprint in fingerprints:
        notes.append("The review is signed with a key that the subject was made with.")
        same.append(review.reviewer.name)
    for name in names:
        if name not in same and alike(name, review.reviewer.name):
            notes.append(f"The names {name} and {review.reviewer.name} may be one person's: ask.")
    if not names or not fingerprints:
        notes.append("Independence rests on names alone: no author's key was given to compare with.")
    notes.extend(_notes_on_identity(review, fingerprint, known))
    notes.extend(_notes_on_date(review, subject_made_at, recorded_at))
    independent = bool(names) and not same
    state = (
        State.BROKEN
        if not signature_holds
        else State.NOT_INDEPENDENT
        if not independent
        else State.STALE
        if not subject_matches
        else State.HOLDS
    )
    return ReviewCheck(signature_holds, subject_matches, independent, state, tuple(notes))


def _notes_on_identity(review: Review, fingerprint: Sha256 | None, known: Mapping[Sha256, str] | None) -> list[str]:
    """What has to be said of the reviewer besides."""
    notes = []
    if review.conflict_declared:
        notes.append(f"{review.reviewer.name} declares: {review.conflict_of_interest}")
    if review.verdict is Verdict.SIGN_OFF and not any(sign.isalnum() for sign in review.reasons):
        notes.append("The sign-off does not say what was checked.")
    if review.blind and review.own_result is None:
        notes.append("That the review was blind rests on the reviewer's word: no result of their own is recorded.")
    if known is None or fingerprint is None or fingerprint not in known:
        notes.append(
            "The key shows that one holder signed, not who that is: compare its fingerprint with the reviewer"
            + (f" ({fingerprint.hex()[:16]})." if fingerprint is not None else ".")
        )
    elif not same_name(known[fingerprint], review.reviewer.name):
        notes.append(f"This key is known as that of {known[fingerprint]}, not of {review.reviewer.name}.")
    return notes


def _notes_on_date(review: Review, subject_made_at: dt.datetime | None, recorded_at: dt.datetime | None) -> list[str]:
    """Dates that cannot be right."""
    notes = []
    if subject_made_at is not None and review.at < subject_made_at:
        notes.append(f"The review is dated {iso(review.at)}, before its subject was made ({iso(subject_made_at)}).")
    if recorded_at is not None and abs((recorded_at - review.at).total_seconds()) > CLOCKS_DIFFER_S:
        notes.append(f"The review is dated {iso(review.at)} and was recorded at {iso(recorded_at)}.")
    return notes


def _fingerprints(pems: Iterable[str]) -> set[Sha256]:
    """Fingerprints of the keys that can be read."""
    found = set()
    for pem in pems:
        try:
            found.add(PublicKey(pem.encode(errors="replace")).fingerprint)
        except (WitnessmarkError, UnsupportedAlgorithm):
            continue
    return found


def review_from_plain(plain: Mapping[str, Plain]) -> Review:
    """A review from the plain values that `to_plain` made, as ``case.json`` holds them.

    Raises
    ------
    BadInputError
        When a field is missing, unknown, or of the wrong kind.
    """
    try:
        reviewer = plain["reviewer"]
        authors, keys = plain["authors"], plain["author_key_pems"]
        own_result, blind = plain["own_result"], plain["blind"]
        if not isinstance(reviewer, dict) or not isinstance(authors, list) or not isinstance(keys, list):
            raise TypeError("reviewer, authors or keys")
        if not isinstance(blind, bool) or plain["format"] != FORMAT:
            raise TypeError("blind or format")
        review = Review(
            subject_id=_text(plain["subject_id"]),
            subject_digest=Sha256.from_hex(_text(plain["subject_digest"])),
            authors=tuple(_text(name) for name in authors),
            author_key_pems=tuple(_text(pem) for pem in keys),
            reviewer=Reviewer(*(_text(reviewer[key]) for key in ("name", "affiliation", "public_key_pem"))),
            verdict=Verdict(_text(plain["verdict"])),
            reasons=_text(plain["reasons"]),
            conflict_of_interest=_text(plain["conflict_of_interest"]),
            blind=blind,
            own_result=None if own_result is None else Sha256.from_hex(_text(own_result)),
            at=parse_moment(_text(plain["at"])),
            signature=bytes.fromhex(_text(plain["signature"])),
        )
    except (KeyError, TypeError, ValueError, WitnessmarkError) as error:
        raise BadInputError(f"A review cannot be read: {error}.", "Fetch it again from the case or dossier.") from error
    try:
        as_written = canonical(review) == canonical(plain)
    except (ValueError, WitnessmarkError):
        as_written = False
    if not as_written:
        raise BadInputError(
            "A review holds fields that are not a review's, or values written another way.",
            "Fetch it again from the case or dossier.",
        )
    return review


def _text(value: Plain) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
