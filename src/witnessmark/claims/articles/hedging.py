"""How far a speaker commits themselves: the words that say so, on the scale of `claims.records.Hedge`."""

from __future__ import annotations

from witnessmark.claims.articles.words import Verb, hedge_patterns, lowered
from witnessmark.claims.records import Hedge

_VERB_WINS = (Hedge.DENIES, Hedge.SUGGESTS, Hedge.DOUBTS)


def hedge_of(
    plain: str,
    spans: list[tuple[int, int]],
    verb: Verb | None,
    verb_at: int | None,
    official: bool,
    *,
    checking: bool = True,
) -> tuple[Hedge, str | None]:
    """The hedge of a statement and the words that carry it.

    Parameters
    ----------
    plain : str
    spans : list of (int, int)
        The stretches that belong to the statement.
    verb : Verb or None
        The verb of saying; None in the report's own voice.
    verb_at : int or None
        Where it stands.
    official : bool
        Whether the speaker speaks for a party: what it reports, it asserts.
    checking : bool
        False where that footage is still being checked says nothing of what the statement is about.
    """
    found: dict[Hedge, list[tuple[int, str]]] = {}
    low = lowered(plain)
    for hedge, patterns in hedge_patterns():
        for pattern in patterns:
            for first, last in spans:
                found.setdefault(hedge, []).extend(
                    (each.start(), plain[each.start() : each.end()]) for each in pattern.finditer(low, first, last)
                )
    carried = [hedge for hedge, words in found.items() if words and hedge is not Hedge.ASSERTS]
    if not checking and Hedge.DOUBTS in carried:
        carried.remove(Hedge.DOUBTS)
    own = verb.hedge if verb is not None else Hedge.ASSERTS
    if own is Hedge.REPORTS and official:
        own = Hedge.ASSERTS
    if own in _VERB_WINS and not (verb is not None and verb.demand):
        chosen = own
    elif verb is not None and verb.demand:
        chosen = Hedge.IF_GENUINE if Hedge.IF_GENUINE in carried else own
    elif carried:
        chosen = carried[0]
        if own is Hedge.ALLEGES and chosen is Hedge.REPORTS:
            chosen = own
    else:
        chosen = own
    words = {
        each
        for hedge in (chosen, Hedge.IF_GENUINE, Hedge.SUGGESTS)
        if hedge in carried or hedge is chosen
        for each in found.get(hedge, [])
    }
    if verb is not None and verb_at is not None and ((own is chosen and own is not Hedge.ASSERTS) or verb.stance):
        stop = verb_at
        while stop < len(plain) and (plain[stop].isalnum() or (verb.stance and stop - verb_at < len(verb.word))):
            stop += 1
        words.add((verb_at, plain[verb_at:stop]))
    kept: list[str] = []
    for _, word in sorted(words):
        if not any(word.lower() in other.lower() for other in kept):
            kept.append(word)
    return chosen, "; ".join(kept) or None
