"""What kind of thing a statement is about."""

from __future__ import annotations

import re

from witnessmark.claims.articles.words import Verb, hedge_patterns, topic_patterns
from witnessmark.claims.proposals import Topic
from witnessmark.claims.records import Hedge


def _has(name: str, low: str) -> bool:
    return any(pattern.search(low) for pattern in topic_patterns()[name])


def _by_verb(verb: Verb) -> tuple[Topic, ...]:
    """What a verb alone says its object is about, where the words do not."""
    if verb.word in ("accuse", "blame"):
        return (Topic.WHO,)
    if verb.hedge is Hedge.DENIES:
        return (Topic.ACT,)
    checks = verb.word == "verify" or (verb.stance and re.search("verif|confirm", verb.word) is not None)
    return (Topic.AUTHENTICITY,) if checks or (verb.stance and verb.hedge is Hedge.DOUBTS) else ()


def topics_of(
    words: str, verb: Verb | None, *, place: bool, time: bool, count: bool, located: bool
) -> tuple[Topic, ...]:
    """The topics of a statement, in the order of `Topic`; none when it says nothing of the matter.

    Parameters
    ----------
    words : str
        The statement with its verb of saying.
    verb : Verb or None
        None in the report's own voice.
    place, time, count : bool
        Whether it names a place, a time, a number of persons.
    located : bool
        Whether it says of a place where it lies.
    """
    low = words.lower().replace("’", "'")
    for condition in dict(hedge_patterns())[Hedge.IF_GENUINE]:
        low = condition.sub(" ", low)
    if verb is not None and verb.demand:
        return (
            (Topic.LAW, Topic.RESPONSE)
            if verb.word in ("condemn", "denounce", "decry") and _has("law", low)
            else (Topic.RESPONSE,)
        )
    for film in topic_patterns()["shot_film"]:
        low = film.sub(r"\1\2 filmed", low)
    own = verb is None
    if own and _has("noise", low):
        return ()
    material = _has("material", low)
    filming = _has("filming_strict", low)
    past = _has("past", low) and not filming
    found: set[Topic] = set()
    if _has("authenticity", low):
        found.add(Topic.AUTHENTICITY)
    if (
        (filming and (place or _has("ground", low)))
        or located
        or (_has("location_words", low) and (material or not own) and not place and not _has("act", low))
    ):
        found.add(Topic.PLACE)
    if (filming and time) or (
        _has("chronology_words", low) and (material or not own) and not time and not _has("act", low)
    ):
        found.add(Topic.TIME)
    if _has("unit", low):
        found.add(Topic.UNIT)
    if _has("law", low):
        found.add(Topic.LAW)
    acts = _has("act", low) or (not own and _has("casualty", low))
    posted = verb is not None and verb.word in ("post", "share", "publish", "broadcast")
    if acts and past and (not material or posted):
        found.add(Topic.CONTEXT)
    elif (
        acts
        and (not own or material or count or _has("persons", low) or _has("casualty", low))
        and (Topic.LAW not in found or count or time)
    ):
        found.add(Topic.ACT)
    if _has("who", low) and Topic.UNIT not in found and Topic.CONTEXT not in found and not (own and Topic.ACT in found):
        found.add(Topic.WHO)
        if _has("who_did", low):
            found.discard(Topic.ACT)
    if _has("number_words", low):
        found.add(Topic.COUNT)
        found.discard(Topic.ACT)
    elif count and (acts or _has("casualty", low) or _has("context", low) or not own):
        found.add(Topic.COUNT)
    if (
        _has("method", low)
        and (not own or material)
        and not (found & {Topic.PLACE, Topic.TIME} and not own and "based on" not in low)
    ):
        found.add(Topic.METHOD)
    if _has("response", low) and not own:
        found.add(Topic.RESPONSE)
    if _has("context", low) and found <= {Topic.COUNT, Topic.PLACE} and not filming:
        found.add(Topic.CONTEXT)
    if verb is not None and not found:
        found.update(_by_verb(verb))
    return tuple(topic for topic in Topic if topic in found)
