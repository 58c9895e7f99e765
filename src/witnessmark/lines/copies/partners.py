"""What partners answered when they were asked about an item: their word, told beside what was searched here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.copies.library import Seen

PREFIX = "fingerprints:"


@dataclass(frozen=True, slots=True)
class PartnerMatch:
    """A recording of a partner's that, as the partner answers, matches the item.

    Attributes
    ----------
    name : str
        The partner's opaque label; the partner can tell which recording it is.
    origin : str
        The partner.
    libraries : tuple of str
        None: it is in no library here.
    relation : str
        copy | related | same-sound
    score : float
        By the partner's program, of the codes that were sent.
    mirrored : bool
    tier_number : int
        Highest tier of codes that it rests on.
    stretches_s : tuple of (float, float, float, float)
        Start and end in the item, start and end in the partner's recording.
    seen : tuple of Seen
        As the partner states; never with an account.
    """

    name: str
    origin: str
    libraries: tuple[str, ...]
    relation: str
    score: float
    mirrored: bool
    tier_number: int
    stretches_s: tuple[tuple[float, float, float, float], ...]
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class PartnerAnswer:
    """One signed answer.

    Attributes
    ----------
    origin : str
        Who answers.
    key_fingerprint : str
        SHA-256 of the key it is signed with.
    key_known : str
        How that key came to be accepted.
    answered : datetime.datetime
        As the answer states.
    searched_count : int
        Recordings searched there.
    searched_h : float
        Their length together [h].
    matches : tuple of PartnerMatch
        Surest first.
    asked : str
        Who the question was for, as the person asking called them; empty where that was not recorded.
    """

    origin: str
    key_fingerprint: str
    key_known: str
    answered: dt.datetime
    searched_count: int
    searched_h: float
    matches: tuple[PartnerMatch, ...]
    asked: str = ""

    @property
    def is_of_another(self) -> bool:
        """Whether it is signed with another name than that of who was asked; spaces and capitals do not matter."""
        return bool(self.asked) and self.asked.casefold().split() != self.origin.casefold().split()

    @property
    def copies(self) -> tuple[PartnerMatch, ...]:
        """The matches that the partner calls copies."""
        return tuple(match for match in self.matches if match.relation == "copy")


@runtime_checkable
class Answers(Protocol):
    """Where recorded answers come from; handed over in ``Tools.providers`` under ``fingerprints:<name>``."""

    def told(self, item: Sha256) -> Sequence[PartnerAnswer]:
        """Every recorded answer to a question about an item, oldest first."""
        ...


def answers_of(providers: Mapping[str, object], item: Sha256) -> tuple[PartnerAnswer, ...]:
    """What partners answered about an item, as far as any provider knows."""
    return tuple(
        answer
        for name in sorted(providers)
        if name.startswith(PREFIX) and isinstance(provider := providers[name], Answers)
        for answer in provider.told(item)
    )
