"""What review keeps: who looked a second time, at exactly what, and what they said of it."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256

FORMAT = "witnessmark-review/1"


class Verdict(enum.StrEnum):
    """What a reviewer says of a subject."""

    SIGN_OFF = "sign-off"
    DISSENT = "dissent"
    ABSTAIN = "abstain"


class State(enum.StrEnum):
    """What a review is worth now."""

    HOLDS = "holds"
    STALE = "stale"
    NOT_INDEPENDENT = "not independent"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews.

    Attributes
    ----------
    name, affiliation : str
    public_key_pem : str
        Ed25519 SubjectPublicKeyInfo.
    """

    name: str
    affiliation: str
    public_key_pem: str


@dataclass(frozen=True, slots=True)
class Review:
    """A sign-off, dissent or abstention on one finding or assessment, signed by the reviewer.

    Attributes
    ----------
    subject_id : str
    subject_digest : Sha256
        Of the subject's canonical bytes: another finding, even by one digit, is another subject.
    authors : tuple of str
        Who made the subject, and, for an assessment, its findings.
    author_key_pems : tuple of str
        The keys they sign with, as far as known when the review was made.
    reviewer : Reviewer
    verdict : Verdict
    reasons : str
        What was checked, and for a dissent what is wrong.
    conflict_of_interest : str
        In the reviewer's words; "none" when there is none to declare.
    blind : bool
        Whether the reviewer formed an opinion before seeing the author's.
    own_result : Sha256 or None
        Of the finding the reviewer made alone, when blind; without it blindness rests on their word.
    at : datetime
        With offset.
    signature : bytes
        Ed25519 (RFC 8032) over the RFC 8785 canonical JSON of all other fields.
    format : str
    """

    subject_id: str
    subject_digest: Sha256
    authors: tuple[str, ...]
    author_key_pems: tuple[str, ...]
    reviewer: Reviewer
    verdict: Verdict
    reasons: str
    conflict_of_interest: str
    blind: bool
    own_result: Sha256 | None
    at: dt.datetime
    signature: bytes
    format: str = FORMAT

    @property
    def conflict_declared(self) -> bool:
        """Whether the reviewer declared a conflict of interest."""
        return self.conflict_of_interest.strip().casefold() != "none"


@dataclass(frozen=True, slots=True)
class ReviewCheck:
    """Whether a review still stands.

    Attributes
    ----------
    signature_holds : bool
        The reviewer's key signed exactly these words.
    subject_matches : bool
        The subject as it is now is the one reviewed.
    independent : bool
        Reviewer and authors differ in name and key.
    state : State
        The worst of the three.
    notes : tuple of str
        What a reader has to know besides.
    """

    signature_holds: bool
    subject_matches: bool
    independent: bool
    state: State
    notes: tuple[str, ...]
