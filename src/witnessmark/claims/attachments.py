"""Findings that a person sets beside a claim which no line can weigh: for or against, with a stated strength.

An attachment is a judgement in words. It is shown apart from what was weighed; nothing turns it into a likelihood.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

from witnessmark.claims.fields import nearest
from witnessmark.claims.records import Claim
from witnessmark.errors import BadInputError

AS_STATED = "as stated"
"""The alternative that the claim itself is."""


class Strength(enum.IntEnum):
    """How much a person holds a finding to tell of a claim: five steps, with words that no measured scale uses."""

    FAINT = 1
    SLIGHT = 2
    FAIR = 3
    FIRM = 4
    FULL = 5

    @property
    def words(self) -> str:
        """The step's name."""
        return self.name.lower()

    @property
    def meaning(self) -> str:
        """What the step stands for."""
        return _MEANINGS[self.value]


_MEANINGS = {
    1: "would be seen nearly as often if it were the other way round",
    2: "fits the way it speaks better; other explanations are as ordinary",
    3: "fits the way it speaks clearly better; other explanations are less ordinary",
    4: "other explanations were looked for and would be unusual",
    5: "other explanations were looked for and none was found",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A finding beside a claim.

    Attributes
    ----------
    id : str
        "AT-" and a number.
    finding, claim : str
    alternative : str
        `AS_STATED`, or one of the claim's named alternatives.
    bears_for : bool
        False when it speaks against that alternative.
    strength : Strength
    reason, by : str
        Why, and who set it there.
    """

    id: str
    finding: str
    claim: str
    alternative: str
    bears_for: bool
    strength: Strength
    reason: str
    by: str


def read_strength(text: str) -> Strength:
    """A strength by its number or word.

    Raises
    ------
    BadInputError

    Examples
    --------
    >>> read_strength("4").words, int(read_strength("fair"))
    ('firm', 3)
    """
    plain = text.strip().casefold()
    for step in Strength:
        if plain in (str(step.value), step.words):
            return step
    steps = ", ".join(f"{step.value} {step.words}" for step in Strength)
    raise BadInputError(f"'{text}' is no strength.", f"Give one of: {steps}.")


def alternatives_of(claim: Claim) -> tuple[str, ...]:
    """What findings can be attached for or against: the claim as stated, and what could be the case instead."""
    return (AS_STATED, *claim.about.otherwise)


def read_alternative(claim: Claim, text: str | None) -> str:
    """One of a claim's alternatives by its name.

    Raises
    ------
    BadInputError
    """
    known = alternatives_of(claim)
    plain = " ".join((text or AS_STATED).split()).casefold()
    for name in known:
        if name.casefold() == plain:
            return name
    raise BadInputError(
        f"Claim {claim.id} has no alternative '{text}': {nearest(plain, known)}",
        "Name it first with: witnessmark claim alternatives.",
    )


def still_standing(attachments: Collection[Attachment], superseded: Collection[str]) -> list[Attachment]:
    """The attachments whose finding was not superseded since."""
    return [attached for attached in attachments if attached.finding not in superseded]
