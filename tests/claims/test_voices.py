"""Who repeats whom: voices are counted once, in any order, and nothing goes round for ever."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.claims.records import About, Claim, Hedge, Quote, Reliability, Source, SourceKind
from witnessmark.claims.relations import OriginKind, Relation, RelationKind, check, contradictions
from witnessmark.claims.rings import components, rings, way_back
from witnessmark.claims.voices import Heard, Voice, voices
from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError, ClashError

REPEATS, CONTRADICTS, ATTRIBUTES = RelationKind.REPEATS, RelationKind.CONTRADICTS, RelationKind.ATTRIBUTES_TO
SAID = Moment(dt.datetime(2031, 10, 2, tzinfo=dt.UTC), "date line")
PASSAGE = "The footage was recorded on the thirteenth by the southern shore of the lake, the office said."


def claim(name: str, source: str, text: str = "It was so.", document: str = "", via: tuple[str, ...] = ()) -> Claim:
    quote = Quote(text, document or f"{name}.html", "1")
    return Claim(name, source, "It was so.", quote, Hedge.ASSERTS, SAID, 0.0, 6, "-", About(), (), (), 0, via=via)


def source(name: str) -> Source:
    return Source(name, f"The {name}", SourceKind.NEWS, None, Reliability.F, "-")


def traced(claims: list[Claim], relations: list[Relation]) -> tuple[tuple[Voice, ...], dict[str, Heard]]:
    return voices(claims, {entry.source: source(entry.source) for entry in claims}, relations)


def test_ten_outlets_that_quote_one_post_are_one_voice() -> None:
    outlets = [claim(f"c{number}", f"outlet-{number}") for number in range(10)]
    post = "https://example.org/post/1"
    said = [Relation(ATTRIBUTES, entry.id, post, OriginKind.ADDRESS) for entry in outlets]
    (voice,), _ = traced(outlets, said)
    assert voice.key == f"address:{post}" and len(voice.claims) == 10 and len(voice.how_known) == 10
    first = claim("first", "account")
    chain = [Relation(REPEATS, "c0", "first"), *(Relation(REPEATS, f"c{n}", f"c{n - 1}") for n in range(1, 10))]
    (voice,), heard = traced([*outlets, first], chain)
    assert voice.key == "source:account" and heard["c9"].voices == ("source:account",)
    assert len(heard["c9"].outlets) == 11 and heard["c9"].goes_back_to == ("source:account",)


def test_what_nobody_repeats_is_a_voice_each_and_one_speaker_is_one_voice() -> None:
    found, heard = traced([claim("a", "north"), claim("b", "south"), claim("c", "north")], [])
    assert [voice.key for voice in found] == ["source:north", "source:south"]
    assert found[0].claims == ("a", "c") and found[0].how_known == ("a, c are said by the same speaker",)
    assert heard["a"].said_in == ("a",) and heard["b"].outlets == ("The south",)


def test_a_claim_that_goes_back_to_two_has_two_voices_behind_it() -> None:
    relations = [Relation(REPEATS, "c", "a"), Relation(REPEATS, "c", "b")]
    _, heard = traced([claim("a", "north"), claim("b", "south"), claim("c", "paper", via=("Agency",))], relations)
    assert heard["c"].goes_back_to == ("source:north", "source:south") == heard["a"].voices
    assert heard["a"].goes_back_to == ("source:north",) and "Agency" in heard["a"].outlets


def test_word_for_word_the_same_in_two_documents_is_one_voice_and_in_one_document_two() -> None:
    (voice,), _ = traced([claim("a", "one", PASSAGE), claim("b", "two", PASSAGE.upper())], [])
    assert voice.key == "passage:a" and "word for word" in voice.how_known[0] and "The two" in voice.name
    found, _ = traced([claim("a", "one", PASSAGE, "same.html"), claim("b", "two", PASSAGE, "same.html")], [])
    assert len(found) == 2  # one sentence that quotes two speakers
    found, _ = traced([claim("a", "one", "A few words."), claim("b", "two", "A few words.")], [])
    assert len(found) == 2


def test_claims_that_cite_each_other_are_a_ring_and_one_voice() -> None:
    relations = [Relation(ATTRIBUTES, "a", "b"), Relation(ATTRIBUTES, "b", "a", ring=True), Relation(REPEATS, "c", "a")]
    (voice,), heard = traced([claim("a", "one"), claim("b", "two"), claim("c", "three")], relations)
    assert voice.key == "ring:a" and "without a first voice" in voice.name
    assert heard["a"].ring == ("a", "b") and heard["c"].ring == () and heard["c"].voices == ("ring:a",)
    _, heard = traced(
        [claim("a", "one"), claim("b", "two"), claim("c", "three")], [*relations[:2], Relation(REPEATS, "b", "c")]
    )
    assert heard["a"].voices == ("source:three",)  # the ring leads to somebody


def test_a_relation_that_closes_a_circle_is_refused_and_can_be_kept_as_a_ring() -> None:
    known = [Relation(REPEATS, "b", "a"), Relation(ATTRIBUTES, "c", "b")]
    with pytest.raises(ClashError, match="from a to c to b to a"):
        check(Relation(REPEATS, "a", "c"), known)
    check(Relation(REPEATS, "a", "c", ring=True), known)
    check(Relation(CONTRADICTS, "a", "c"), known)


@pytest.mark.parametrize(
    ("new", "error", "words"),
    [
        (Relation(REPEATS, "a", "a"), BadInputError, "itself"),
        (Relation(REPEATS, "b", "a"), ClashError, "already"),
        (Relation(CONTRADICTS, "d", "c"), ClashError, "already"),
        (Relation(CONTRADICTS, "a", "b"), ClashError, "cannot do both"),
        (Relation(REPEATS, "c", "d"), ClashError, "cannot do both"),
        (Relation(REPEATS, "a", "WM-0001", OriginKind.ITEM), BadInputError, "attributes-to"),
    ],
)
def test_relations_that_cannot_stand_are_refused(new: Relation, error: type[Exception], words: str) -> None:
    known = [Relation(REPEATS, "b", "a"), Relation(CONTRADICTS, "c", "d")]
    with pytest.raises(error, match=words):
        check(new, known)
    assert contradictions(known) == {"c": ("d",), "d": ("c",)}


NAMES = [f"c{number}" for number in range(9)]
LINKS = st.lists(
    st.tuples(st.sampled_from([REPEATS, ATTRIBUTES]), st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(
        lambda link: link[1] != link[2]
    ),
    max_size=24,
)


@given(LINKS, st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_voices_do_not_depend_on_order_and_every_claim_has_one(
    links: list[tuple[RelationKind, str, str]], seed: int
) -> None:
    claims = [claim(name, f"s{index % 4}") for index, name in enumerate(NAMES)]
    relations = [Relation(*link) for link in links]
    found = traced(claims, relations)
    mixed = random.Random(seed)
    shuffled_claims, shuffled = claims.copy(), relations.copy()
    mixed.shuffle(shuffled_claims)
    mixed.shuffle(shuffled)
    again = traced(shuffled_claims, shuffled)
    assert again == found
    listed, heard = found
    assert set(heard) == set(NAMES)
    known = {voice.key for voice in listed}
    for name, of in heard.items():
        assert of.goes_back_to and set(of.goes_back_to) <= set(of.voices) <= known
        assert len(of.voices) <= len(of.said_in)  # a voice for each claim at most
        assert name in of.said_in
    assert {name for voice in listed for name in voice.claims} == set(NAMES)


@given(LINKS)
@settings(max_examples=80, deadline=None)
def test_a_relation_less_never_makes_fewer_voices(links: list[tuple[RelationKind, str, str]]) -> None:
    claims = [claim(name, f"own-{name}") for name in NAMES]
    relations = [Relation(*link) for link in links]
    if relations:
        assert len(traced(claims, relations[1:])[0]) >= len(traced(claims, relations)[0])


@given(LINKS)
@settings(max_examples=80, deadline=None)
def test_what_check_lets_through_holds_no_ring(links: list[tuple[RelationKind, str, str]]) -> None:
    kept: list[Relation] = []
    for link in links:
        try:
            check(Relation(*link), kept)
        except ClashError:
            continue
        kept.append(Relation(*link))
    back: dict[str, set[str]] = {}
    for relation in kept:
        back.setdefault(relation.claim, set()).add(relation.other)
    assert rings(back) == ()
    groups = components(back)
    place = {name: index for index, group in enumerate(groups) for name in group}
    assert all(place[relation.other] < place[relation.claim] for relation in kept)  # the first said come first
    for relation in kept:
        assert way_back(relation.claim, relation.other, back)[0] == relation.claim
        assert way_back(relation.other, relation.claim, back) == ()


def test_a_chain_of_four_thousand_is_followed_to_its_end() -> None:
    claims = [claim(f"c{number:05d}", f"s{number}") for number in range(4_000)]
    relations = [Relation(REPEATS, f"c{n:05d}", f"c{n - 1:05d}") for n in range(1, 4_000)]
    found, heard = traced(claims, relations)
    assert [voice.key for voice in found] == ["source:s0"] and heard["c03999"].goes_back_to == ("source:s0",)
    circle = [*relations, Relation(REPEATS, "c00000", "c03999")]
    (ring,), _ = traced(claims, circle)
    assert ring.key == "ring:c00000"
