from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.claims.articles.proposing import Proposer
from witnessmark.claims.articles.sentences import parse
from witnessmark.claims.articles.words import parties
from witnessmark.claims.proposals import Proposal, Topic
from witnessmark.claims.records import Hedge
from witnessmark.custody.hashes import Sha256

KNOWN = parties().with_lines(
    "Northland|Northlandic|Northlanders|Norhaven|\nSouthland|Southlandic|Southlanders|Sudport|"
)


def read(text: str) -> tuple[Proposal, ...]:
    return (
        Proposer(Sha256.of(text.encode()), text, said_on=dt.date(2031, 10, 5), zone="+02:00", known=KNOWN)
        .read()
        .proposals
    )


def said(text: str, about: Topic) -> list[tuple[str, Hedge]]:
    return [(each.speaker, each.hedge) for each in read(text) if each.about is about]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("The defence ministry said that the video was authentic.", "the defence ministry"),
        ("“The video is authentic,” said Karel Dorn, the spokesman for the army.", "Karel Dorn"),
        ("“The video is real,” Karel Dorn, a lawyer from A, B and C, told reporters on Sunday.", "Karel Dorn"),
        ("According to the defence ministry, the video is authentic.", "the defence ministry"),
        ("The video is authentic, according to the defence ministry.", "the defence ministry"),
        ("In a statement on Friday, the army confirmed that the video was authentic.", "the army"),
        ("The defence ministry has no doubt that the video is authentic.", "the defence ministry"),
        ("Ministry: video is authentic\nThe text follows.", "Ministry"),
        ("The video is authentic, ministry says\nThe text follows.", "ministry"),
        ("The army released a statement according to which the video is authentic.", "the army"),
        ("The video was verified by the Fieldnotes Project.", "the Fieldnotes Project"),
        ("Southland's Foreign Minister Ada Quill wrote on Twitter that the video was authentic.", "Ada Quill"),
        ("Its ambassador, Felix Arden, told the council that the video was authentic.", "Felix Arden"),
        ("Witnesses interviewed by the daily Tide said the video was authentic.", "witnesses"),
        ("The families of the dead men say that the video is authentic.", "the families"),
        ("In Norhaven, officials said the video was authentic.", "officials"),
        ("The ministry's claim that the video is authentic was repeated often.", "the ministry"),
    ],
)  # fmt: skip
def test_who_says_it(text: str, speaker: str) -> None:
    found = [name.lower() for name, _ in said(text, Topic.AUTHENTICITY)]
    assert [name.removeprefix("the ") for name in found][:1] == [speaker.lower().removeprefix("the ")]


def test_nobody_else_is_made_to_say_it() -> None:
    text = "The army said on Monday that the video was staged. It rained in Norhaven."
    assert {each.speaker for each in read(text)} == {"the army"}
    assert read("It rained in Norhaven, and the market was closed.") == ()


def test_through_whom() -> None:
    text = "The Harbour Post, citing a senior diplomat, reported that the video was authentic."
    (found,) = read(text)
    assert (found.speaker, found.via) == ("a senior diplomat", ("the Harbour Post",))


def test_told_to_an_outlet_and_to_parliament() -> None:
    assert read("Karel Dorn told Reuters that the video was authentic.")[0].via == ("Reuters",)
    assert read("“It is authentic,” Karel Dorn told reporters.")[0].via == ()


def test_pronouns_roles_and_titles_lead_back() -> None:
    text = (
        "Southlandic Human Rights Defender Mara Lind said that the video was authentic.\n"
        "“It was filmed on 13 September,” she added.\n"
        "The killing of prisoners is a war crime, the ombudswoman said.\n"
        "“The terrain was compared with photographs,” Ms Lind said."
    )
    found = read(text)
    assert {each.speaker for each in found} == {"Mara Lind"}
    assert {each.party for each in found} == {"Southland"}
    assert {each.about for each in found} == {Topic.AUTHENTICITY, Topic.TIME, Topic.LAW, Topic.METHOD}


def test_split_and_long_quotations() -> None:
    text = (
        "“The video is authentic,” said Karel Dorn. “It was filmed on 13 September. The killing was a war crime.”\n"
        "“We compared the terrain with photographs.”"
    )
    found = read(text)
    assert {each.speaker for each in found} == {"Karel Dorn"}
    assert all(each.quoted for each in found)
    assert [each.about for each in found if each.time is not None] == [Topic.TIME]


def test_two_clauses_two_speakers() -> None:
    text = (
        "Norhaven has no doubt that the video is authentic, while Southlanders accuse Northland of staging the video."
    )
    assert said(text, Topic.AUTHENTICITY) == [("Norhaven", Hedge.ASSERTS), ("Southlanders", Hedge.ALLEGES)]


@pytest.mark.parametrize(
    ("text", "hedge", "words"),
    [
        ("The army said the video was genuine.", Hedge.ASSERTS, None),
        ("The army is convinced that the video is genuine.", Hedge.ASSERTS, "is convinced"),
        ("The army denied that the video was genuine.", Hedge.DENIES, "denied"),
        ("The army said that the video, which allegedly was filmed there, was genuine.", Hedge.ALLEGES, "allegedly"),
        ("The army said the video was probably genuine.", Hedge.SUGGESTS, "probably"),
        ("Karel Dorn, an analyst, speculated that the video was genuine.", Hedge.SUGGESTS, "speculated"),
        ("The army could not verify the video.", Hedge.DOUBTS, "could not verify"),
        ("The video has yet to be verified.", Hedge.DOUBTS, "yet to be verified"),
        ("The army claimed the video was genuine.", Hedge.ALLEGES, "claimed"),
    ],
)
def test_hedges_with_their_words(text: str, hedge: Hedge, words: str | None) -> None:
    (found,) = [each for each in read(text) if each.about is Topic.AUTHENTICITY]
    assert found.hedge is hedge
    if words is not None:
        assert found.hedge_words is not None and words in found.hedge_words
        assert all(part in found.passage for part in found.hedge_words.split("; "))


def test_if_it_is_proven() -> None:
    found = read("Envoy Maria Conti said that if it is proven that the video is genuine, it is a war crime.")
    assert [(each.about, each.hedge) for each in found] == [(Topic.LAW, Hedge.IF_GENUINE)]


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("Southlandic President Ada Quill said the video was staged.", "Southland"),
        ("Sudport said the video was staged.", "Southland"),
        ("A spokesman for the Northland army said the video was staged.", "Northland"),
        ("Karel Dorn, a Southlandic lawyer, said the video was staged.", None),
        ("Karel Dorn, a former Southlandic minister, said the video was staged.", None),
        ("Fieldnotes said the video was staged. So Fieldnotes did.", None),
    ],
)
def test_party_only_where_the_document_says_it(text: str, party: str | None) -> None:
    assert [each.party for each in read(text) if each.about is Topic.AUTHENTICITY][:1] == [party]


def test_interview_answers_belong_to_the_guest() -> None:
    text = (
        "Peter Holm, an analyst, spoke to the Post.\n"
        "Q: Where was it filmed?\nA: Near the village of Greywater. We compared satellite images.\n"
        "Q: Is it real?\nA: It is authentic."
    )
    found = read(text)
    assert {each.speaker for each in found} == {"Peter Holm"}
    assert {Topic.PLACE, Topic.METHOD, Topic.AUTHENTICITY} <= {each.about for each in found}


def test_the_same_document_gives_the_same_ids() -> None:
    text = "The army said the video was genuine. The army said the video was staged."
    assert [each.id for each in read(text)] == [each.id for each in read(text)]
    assert len({each.id for each in read(text)}) == len(read(text)) > 1


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="Thear my said “”\"'‘’.,:;?!()Lind İ9\n-", max_size=160))
def test_any_text_is_read_and_passages_stand_where_they_say(text: str) -> None:
    for each in read(text):
        assert text[each.start : each.end] == each.passage
    parsed = parse(text)
    assert len(parsed.plain) == len(parsed.masked) == len(text)
    assert all(text[each.start : each.end].strip() for each in parsed.sentences)
