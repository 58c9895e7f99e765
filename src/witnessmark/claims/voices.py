"""How many independent voices say a thing: ten outlets that quote one post are one voice, heard ten times."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from witnessmark.claims.records import Claim, Source
from witnessmark.claims.relations import OriginKind, Relation, RelationKind, ways_back
from witnessmark.claims.rings import components

SAME_PASSAGE_WORDS = 12
"""Passages of at least this many words that agree word for word are taken to come from one text.

A judgement, on the careful side: it can make two voices one, never one two. Chance agreement of that length in
free prose is not met with; what is met with are agency reports, joint statements and copied posts.
"""


@dataclass(frozen=True, slots=True)
class Voice:
    """One origin that claims go back to.

    Attributes
    ----------
    key : str
        Such as ``source:north``, ``item:WM-0001``, ``address:https://...``, ``passage:north-1``, ``ring:north-1``.
    name : str
    claims : tuple of str
        The claims that go back to it, the first ones included.
    how_known : tuple of str
        Why they are taken for one voice; empty for a claim that stands by itself.
    """

    key: str
    name: str
    claims: tuple[str, ...]
    how_known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a claim's independence.

    Attributes
    ----------
    voices : tuple of str
        Keys of the voices that this claim and those it is linked with by repetition and attribution go back to: at
        most so many say it independently, as relations may be unknown.
    goes_back_to : tuple of str
        Keys of the voices that the claim itself goes back to.
    said_in : tuple of str
        All claims linked with it, itself included.
    outlets : tuple of str
        Names of those who say or pass on any of these.
    ring : tuple of str
        The claims that this one goes round in a circle with; empty when it does not.
    """

    voices: tuple[str, ...]
    goes_back_to: tuple[str, ...]
    said_in: tuple[str, ...]
    outlets: tuple[str, ...]
    ring: tuple[str, ...]


def voices(
    claims: Sequence[Claim], sources: Mapping[str, Source], relations: Iterable[Relation]
) -> tuple[tuple[Voice, ...], dict[str, Heard]]:
    """Trace every claim to its origins.

    Parameters
    ----------
    claims : sequence of Claim
    sources : mapping of source id to Source
    relations : iterable of Relation
        All that are known, those stated by the claims themselves included.

    Returns
    -------
    voices : tuple of Voice
        By key.
    heard : dict of claim id to Heard

    Notes
    -----
    A claim that repeats another, or is attributed to something, goes back to it and adds no voice of its own. What goes
    back to nothing is the voice of its speaker, however many documents quote it. First claims of different documents
    that agree word for word over `SAME_PASSAGE_WORDS` words are one voice. A ring that leads nowhere else is one
    voice whose beginning is not known. The result does not depend on the order of claims or relations.
    """
    by_id = {claim.id: claim for claim in claims}
    known = [relation for relation in relations if relation.claim in by_id and relation.goes_back]
    known = [entry for entry in known if entry.other_kind is not OriginKind.CLAIM or entry.other in by_id]
    back = ways_back(known)
    outward: dict[str, set[str]] = defaultdict(set)
    how: dict[str, set[str]] = defaultdict(set)
    for relation in known:
        if relation.other_kind is not OriginKind.CLAIM:
            outward[relation.claim].add(f"{relation.other_kind}:{relation.other}")
        how[relation.claim].add(_how(relation))
    first = _first_keys(claims, back, outward)
    roots: dict[str, frozenset[str]] = {}
    ring_of: dict[str, tuple[str, ...]] = {}
    for group in components({name: back.get(name, set()) for name in by_id}):
        own = {key for name in group for key in outward.get(name, ())}
        own.update(*(roots[other] for name in group for other in back.get(name, ()) if other not in group))
        if len(group) > 1:
            ring_of.update(dict.fromkeys(group, group))
            own = own or {f"ring:{group[0]}"}
        roots.update(dict.fromkeys(group, frozenset(own or {first[group[0]]})))
    linked = _linked(by_id, back)
    heard: dict[str, Heard] = {}
    for together in linked:
        all_voices = tuple(sorted(set().union(*(roots[name] for name in together))))
        outlets = tuple(sorted({name for claim in together for name in _passes_on(by_id[claim], sources)}))
        for name in together:
            heard[name] = Heard(all_voices, tuple(sorted(roots[name])), together, outlets, ring_of.get(name, ()))
    return _list_voices(claims, sources, roots, how), heard


def _how(relation: Relation) -> str:
    words = {
        RelationKind.REPEATS: f"{relation.claim} repeats {relation.other}",
        RelationKind.ATTRIBUTES_TO: f"{relation.claim} is attributed to {relation.other}",
    }[relation.kind]
    return f"{words} ({relation.reason})" if relation.reason else words


def _first_keys(
    claims: Sequence[Claim], back: Mapping[str, set[str]], outward: Mapping[str, set[str]]
) -> dict[str, str]:
    """The voice of each claim that goes back to nothing: its speaker, or a passage shared word for word."""
    firsts = [claim for claim in claims if not back.get(claim.id) and not outward.get(claim.id)]
    keys = {claim.id: f"source:{claim.source}" for claim in claims}
    alike: dict[str, list[Claim]] = defaultdict(list)
    for claim in firsts:
        plain = _words(claim.quote.text)
        if len(plain) >= SAME_PASSAGE_WORDS:
            alike[" ".join(plain)].append(claim)
    for group in alike.values():
        documents = {claim.quote.sha256 or claim.quote.document for claim in group}
        if len({claim.source for claim in group}) == len(documents) > 1:
            name = min(claim.id for claim in group)
            keys.update({claim.id: f"passage:{name}" for claim in group})
    return keys


def _words(text: str) -> list[str]:
    """A passage without case, punctuation and layout."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign if sign.isalnum() else " " for sign in folded).split()


def _linked(by_id: Mapping[str, Claim], back: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """Claims linked by repetition and attribution, in whichever direction."""
    beside: dict[str, set[str]] = {name: set() for name in by_id}
    for name, others in back.items():
        for other in others:
            beside[name].add(other)
            beside[other].add(name)
    seen: set[str] = set()
    groups = []
    for start in sorted(by_id):
        if start in seen:
            continue
        seen.add(start)
        group = [start]
        for name in group:
            fresh = beside[name] - seen
            seen |= fresh
            group.extend(sorted(fresh))
        groups.append(tuple(sorted(group)))
    return groups


def _passes_on(claim: Claim, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Who says or passes on a claim, by name."""
    source = sources.get(claim.source)
    return (source.name if source is not None else claim.source, *claim.via)


def _list_voices(
    claims: Sequence[Claim],
    sources: Mapping[str, Source],
    roots: Mapping[str, frozenset[str]],
    how: Mapping[str, set[str]],
) -> tuple[Voice, ...]:
    members: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        for key in roots[claim.id]:
            members[key].append(claim.id)
    source_of = {claim.id: claim.source for claim in claims}
    found = []
    for key, names in sorted(members.items()):
        kind, _, rest = key.partition(":")
        reasons = {reason for name in names for reason in how.get(name, ())}
        if kind == "source":
            said = [name for name in names if source_of[name] == rest and not how.get(name)]
            if len(said) > 1:
                reasons.add(f"{', '.join(sorted(said)[:6])} are said by the same speaker")
            name = sources[rest].name if rest in sources else rest
        elif kind == "passage":
            own = sorted(other for other in names if not how.get(other))
            reasons.add(f"the passages of {', '.join(own[:6])} agree word for word")
            speakers = sorted({sources[source_of[other]].name for other in own if source_of[other] in sources})
            name = f"one text, given by {' and '.join(speakers)}"
        elif kind == "ring":
            name = f"a ring without a first voice, {rest} among it"
        else:
            name = rest
        found.append(Voice(key, name, tuple(sorted(names)), tuple(sorted(reasons))))
    return tuple(found)
