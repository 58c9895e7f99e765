"""Naming a unit: two clues that share nothing, how sure one is, and somebody else's signature; never less."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.errors import BadInputError
from witnessmark.plain import iso
from witnessmark.review.keys import ReviewerKey
from witnessmark.review.people import same_name, seen_as
from witnessmark.review.records import Review, Verdict
from witnessmark.review.signing import digest_of, sign_review

FORMAT = "witnessmark-unit-naming/1"
CLUES_MIN = 2
"""A single clue names nobody: what is worn is shared, captured and staged, what is said may be said of others."""
CLUE_KINDS = ("worn", "vehicle", "written", "spoken", "document", "testimony")
"""Kinds of clue. Emblem, patch, camouflage and helmet are all "worn": who borrows one borrows the others."""
HOW_SURE = ("almost no chance", "very unlikely", "unlikely", "roughly even chance", "likely", "very likely")
"""Words of Intelligence Community Directive 203 (2015), section D.6.e(2)(a), without its surest: that is for people who
were asked, not for pictures."""
CAVEAT = "Emblems and patterns are shared, captured and staged: what is worn is a clue to a unit, not its proof."
"""Said wherever a unit is named."""


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing that points to a unit.

    Attributes
    ----------
    kind : str
        Of `CLUE_KINDS`.
    says : str
        What was seen, heard or read, in a sentence.
    result : str
        The finding, abstention, mark or claim it stands in, such as "F-1a2b3c4d5e6f".
    inputs : tuple of (str, str)
        What it rests on: SHA-256 of the file in hexadecimal, and which part of it, such as "pictures" or "sound".
    """

    kind: str
    says: str
    result: str
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UnitNaming:
    """What somebody proposes, before anybody signed it.

    Attributes
    ----------
    unit : str
    item : Sha256
    how_sure : str
        Of `HOW_SURE`.
    other_explanations : tuple of str
        What else would show the same; never empty.
    clues : tuple of Clue
    author : str
    at : datetime
    format : str
    """

    unit: str
    item: Sha256
    how_sure: str
    other_explanations: tuple[str, ...]
    clues: tuple[Clue, ...]
    author: str
    at: dt.datetime
    format: str = FORMAT

    @property
    def id(self) -> str:
        """Name by content."""
        return f"U-{digest_of(self).hex()[:12]}"

    @property
    def statement(self) -> str:
        """The naming as it is told, never without how sure it is, what else it may be, and the caveat."""
        others = "; ".join(text.rstrip(". ") for text in self.other_explanations)
        sure = {
            "almost no chance": "There is almost no chance",
            "roughly even chance": "There is a roughly even chance",
        }
        opening = sure.get(self.how_sure, f"It is {self.how_sure}")
        return (
            f"{opening} that this shows '{self.unit}', as {self.author} proposes on {len(self.clues)} clues. "
            f"It may also be: {others}. {CAVEAT}"
        )


def check_naming(naming: UnitNaming) -> None:
    """Refuse a naming that rests on too little.

    Raises
    ------
    BadInputError
        When it has fewer than two clues of different kinds that share no input, does not say how sure it is or what
        else would show the same, or names no unit or author.
    """
    if not seen_as(naming.unit) or not seen_as(naming.author):
        raise BadInputError("A naming names a unit and its author.", "Give both.")
    iso(naming.at)
    if naming.how_sure not in HOW_SURE:
        raise BadInputError(f"'{naming.how_sure}' does not say how sure it is.", f"Say one of: {', '.join(HOW_SURE)}.")
    if not any(text.strip() for text in naming.other_explanations):
        raise BadInputError(
            "It is not said what else would show the same.",
            "Name at least one other explanation, such as 'captured clothing' or 'a unit with a like patch'.",
        )
    for clue in naming.clues:
        if clue.kind not in CLUE_KINDS:
            raise BadInputError(f"'{clue.kind}' is no kind of clue.", f"Kinds are {', '.join(CLUE_KINDS)}.")
        if not clue.says.strip() or not clue.inputs:
            raise BadInputError("A clue says what it is and what it rests on.", "Give a sentence and its inputs.")
    if not any(independent(one, other) for one in naming.clues for other in naming.clues):
        raise BadInputError(
            f"A unit is not named on {len(naming.clues)} clue(s) of which no two are independent.",
            "Give two of different kinds that share no input, such as a patch in the pictures and a name in the sound.",
        )


def independent(one: Clue, other: Clue) -> bool:
    """Whether two clues are of different kinds and share nothing they rest on.

    Examples
    --------
    >>> patch = Clue("worn", "A patch.", "F-1", (("aa", "pictures"),))
    >>> independent(patch, Clue("spoken", "A name.", "F-2", (("aa", "sound"),)))
    True
    >>> independent(patch, Clue("written", "A word.", "F-3", (("aa", "pictures"),)))
    False
    """
    return one.kind != other.kind and one.result != other.result and not set(one.inputs) & set(other.inputs)


def sign_naming(
    naming: UnitNaming,
    *,
    key: ReviewerKey,
    verdict: Verdict | str,
    reasons: str,
    conflict_of_interest: str,
    at: dt.datetime,
    author_keys: Sequence[PublicKey] = (),
) -> Review:
    """A second person's sign-off of a naming, or their dissent.

    Raises
    ------
    BadInputError
        When the naming rests on too little, the reviewer is its author, or nothing is said of what was checked.
    """
    check_naming(naming)
    if not any(sign.isalnum() for sign in reasons):
        raise BadInputError("It is not said what was checked.", "Say how the clues and the rivals were checked.")
    if same_name(naming.author, key.reviewer.name):
        raise BadInputError(f"{key.reviewer.name} proposed it and cannot sign it off.", "Ask somebody else.")
    return sign_review(
        subject_id=naming.id,
        subject_digest=digest_of(naming),
        author=naming.author,
        reviewer=key.reviewer,
        verdict=verdict,
        reasons=reasons,
        conflict_of_interest=conflict_of_interest,
        blind=False,
        at=at,
        key=key,
        author_keys=author_keys,
    )
