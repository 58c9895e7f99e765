"""Relations between claims that people state: who repeats whom, who contradicts whom, to what a claim is attributed."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from witnessmark.claims.records import Claim
from witnessmark.claims.rings import way_back
from witnessmark.errors import BadInputError, ClashError


class RelationKind(enum.StrEnum):
    """How one claim stands to another, or to where it comes from."""

    REPEATS = "repeats"
    """Says what another said, without anything of its own."""
    CONTRADICTS = "contradicts"
    """Both cannot be true."""
    ATTRIBUTES_TO = "attributes-to"
    """Gives another claim, a source, a post or an item as where it has this from."""


class OriginKind(enum.StrEnum):
    """What the other end of a relation is."""

    CLAIM = "claim"
    SOURCE = "source"
    ITEM = "item"
    ADDRESS = "address"
    """Of a post or page that is not on record here."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation.

    Attributes
    ----------
    kind : RelationKind
    claim : str
    other : str
        Id of a claim or source, exhibit number, or address.
    other_kind : OriginKind
    reason : str
        How it is known.
    ring : bool
        True when a person says that these go back to one another all the same: each gives the other as its source.
    """

    kind: RelationKind
    claim: str
    other: str
    other_kind: OriginKind = OriginKind.CLAIM
    reason: str = ""
    ring: bool = False

    @property
    def goes_back(self) -> bool:
        """Whether it leads from a claim to where it comes from."""
        return self.kind is not RelationKind.CONTRADICTS

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two relations the same: contradiction has no direction."""
        ends = (self.claim, self.other) if self.goes_back else sorted((self.claim, self.other))
        return (self.kind.value, self.other_kind.value, *ends)


IN_THE_FILE = "stated in the claims file"


def stated(claims: Iterable[Claim]) -> tuple[Relation, ...]:
    """The relations that claims carry themselves."""
    return tuple(
        Relation(kind, claim.id, other, reason=IN_THE_FILE)
        for claim in claims
        for kind, others in (
            (RelationKind.REPEATS, claim.repeats),
            (RelationKind.CONTRADICTS, claim.contradicts),
            (RelationKind.ATTRIBUTES_TO, claim.attributes_to),
        )
        for other in others
    )


def ways_back(relations: Iterable[Relation]) -> dict[str, set[str]]:
    """Where each claim goes back to, among claims."""
    found: dict[str, set[str]] = {}
    for relation in relations:
        if relation.goes_back and relation.other_kind is OriginKind.CLAIM and relation.claim != relation.other:
            found.setdefault(relation.claim, set()).add(relation.other)
    return found


def check(new: Relation, known: Iterable[Relation]) -> None:
    """Refuse a relation that cannot stand beside those known.

    Raises
    ------
    BadInputError
        When a claim is related to itself, or repeats or contradicts something that is no claim.
    ClashError
        When it is known already; when the two would both repeat and contradict one another; when a claim would go back
        to itself by way of others and nobody says with `Relation.ring` that this is so.
    """
    if new.other_kind is not OriginKind.CLAIM and new.kind is not RelationKind.ATTRIBUTES_TO:
        raise BadInputError(
            f"{new.other} is no claim, and only a claim can be one that another {new.kind}.",
            "Name a claim, or say attributes-to.",
        )
    if new.claim == new.other and new.other_kind is OriginKind.CLAIM:
        raise BadInputError(f"Claim {new.claim} cannot stand to itself.", "Name two claims.")
    known = tuple(known)
    if new.key in {relation.key for relation in known}:
        raise ClashError(f"It is on record already that {new.claim} {new.kind} {new.other}.", "Nothing is to be done.")
    opposite = {RelationKind.REPEATS: RelationKind.CONTRADICTS, RelationKind.CONTRADICTS: RelationKind.REPEATS}
    for relation in known:
        if {relation.claim, relation.other} == {new.claim, new.other} and relation.kind is opposite.get(new.kind):
            raise ClashError(
                f"It is on record that {relation.claim} {relation.kind} {relation.other}: it cannot do both.",
                "Take that back first with: witnessmark claim unrelate.",
            )
    if new.goes_back and not new.ring:
        way = way_back(new.other, new.claim, ways_back(known))
        if way:
            round_trip = " to ".join((new.claim, *way))
            raise ClashError(
                f"That would lead in a circle: from {round_trip}.",
                "One of them was said first: relate the later to the earlier. If they do give one another as their"
                " source, say so with --ring: it is kept and shown as a ring without a first voice.",
            )


def contradictions(relations: Iterable[Relation]) -> dict[str, tuple[str, ...]]:
    """Which claims contradict each claim, whichever of the two said so."""
    return _both_ways(relation for relation in relations if relation.kind is RelationKind.CONTRADICTS)


def _both_ways(relations: Iterable[Relation]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for relation in relations:
        found.setdefault(relation.claim, set()).add(relation.other)
        found.setdefault(relation.other, set()).add(relation.claim)
    return {claim: tuple(sorted(others)) for claim, others in found.items()}


def by_claim(relations: Iterable[Relation], kind: RelationKind, *, backwards: bool = False) -> Mapping[str, list[str]]:
    """The other ends of relations of a kind, by claim; backwards, the claims by their other end."""
    found: dict[str, list[str]] = {}
    for relation in relations:
        if relation.kind is kind:
            one, other = (relation.other, relation.claim) if backwards else (relation.claim, relation.other)
            found.setdefault(one, []).append(other)
    return {name: sorted(others) for name, others in found.items()}
