"""From a proposal and a person's corrections to a claim: what is unclear is asked, and no grade is guessed."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from witnessmark.claims.correcting import Corrected
from witnessmark.claims.proposals import Proposal, SaidCount, SaidPlace, SaidTime, Topic
from witnessmark.claims.records import About, Claim, Count, Quote, Reliability, Source, SourceKind
from witnessmark.claims.said import interval_from, local_moment, region_from
from witnessmark.claims.times import is_day, parse_zone
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError

NOT_JUDGED = "Not judged yet."
ITSELF = "the report itself"
"""How a reading calls the voice of the document."""
WORLD_DAY_S = 50 * 3600.0
"""How long a calendar day lasts somewhere on earth: 24 hours and the 26 between the farthest zones."""

_ARTICLES = frozenset({"the", "a", "an"})

_OTHERWISE = {
    Topic.AUTHENTICITY: ("the contrary",),
    Topic.ACT: ("it did not happen", "it happened otherwise"),
    Topic.WHO: ("somebody else", "it cannot be told who"),
    Topic.UNIT: ("another unit", "no unit can be told"),
    Topic.COUNT: ("fewer", "more"),
    Topic.METHOD: ("it was not established so",),
}
"""What could be the case instead of a claim that no line weighs; a person may name others."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What is known of a document that was read.

    Attributes
    ----------
    name, media_type : str
    url, title, publisher, language : str or None
    published : str or None
        The document's own date or time, ISO 8601; with an offset only where it says one.
    utc_offset : str or None
        Of the place it was published in, where that is known otherwise.
    """

    name: str
    media_type: str
    url: str | None = None
    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    utc_offset: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Grading:
    """What a person says of a source and of what it says; what is not said stays "cannot be judged".

    Attributes
    ----------
    kind : SourceKind or None
    reliability : Reliability or None
    reliability_reason : str or None
    credibility : int or None
        1 to 6.
    credibility_reason : str or None
    """

    kind: SourceKind | None = None
    reliability: Reliability | None = None
    reliability_reason: str | None = None
    credibility: int | None = None
    credibility_reason: str | None = None

    def __post_init__(self) -> None:
        if self.credibility is not None and self.credibility not in range(1, 7):
            raise BadInputError(f"{self.credibility} is no credibility.", "Give 1 to 6; 6 when it cannot be judged.")
        for what, grade, reason in (
            ("reliability", self.reliability, self.reliability_reason),
            ("credibility", self.credibility, self.credibility_reason),
        ):
            if grade is not None and not (reason or "").strip():
                raise BadInputError(f"The {what} is given without a reason.", f"Say why with --{what}-reason.")


def asks(proposal: Proposal, document: ReadDocument, settled: Collection[str] = ()) -> tuple[str, ...]:
    """What a person has to settle before this proposal can be accepted; empty when nothing is open.

    Parameters
    ----------
    proposal : Proposal
    document : ReadDocument
    settled : collection of str
        Fields that a person corrected, or said to be as read.
    """
    found = []
    if proposal.time is not None and proposal.time.ambiguous and "time" not in settled:
        found.append(f"{proposal.time.ambiguous} Say which with --set time=...")
    if _weighs_place(proposal) and proposal.place is not None and proposal.place.rivals and "place" not in settled:
        rivals = ", ".join(proposal.place.rivals[:5])
        found.append(
            f"There are other places called '{proposal.place.name}': {rivals}."
            " Say which with --set place=..., or that it was read rightly with --set 'place=as read'."
        )
    if document.published is None and "said" not in settled:
        found.append("The document has no date of its own: say when this was said with --set said=2031-10-02.")
    return tuple(found)


def make_source(name: str, party: str | None, grading: Grading, known: Sequence[Source]) -> Source:
    """The source of that name on record, or a new one.

    Grades on record stay unless the person gives others: a source is judged once, and not by each thing it says.

    Parameters
    ----------
    name : str
    party : str or None
    grading : Grading
    known : sequence of Source
    """
    plain = _plain(name)
    found = next((source for source in known if _plain(source.name) == plain), None)
    if found is None:
        found = Source(
            _fresh_id(name, {source.id.casefold() for source in known}),
            name[:1].upper() + name[1:],
            SourceKind.OTHER,
            party,
            Reliability.F,
            NOT_JUDGED,
        )
    return replace(
        found,
        kind=grading.kind or found.kind,
        party=found.party if party is None else party,
        reliability=grading.reliability or found.reliability,
        reliability_reason=grading.reliability_reason or found.reliability_reason,
    )


def make_claim(
    corrected: Corrected,
    document: ReadDocument,
    source: Source,
    claim_id: str,
    grading: Grading,
    items: tuple[str, ...] = (),
) -> Claim:
    """The claim that a proposal becomes.

    Parameters
    ----------
    corrected : Corrected
        The proposal with a person's corrections.
    document : ReadDocument
    source : Source
    claim_id : str
    grading : Grading
    items : tuple of str
        Exhibits it is about.

    Raises
    ------
    BadInputError
        When something is open that a person has to settle, or what was said cannot be laid out.
    """
    proposal = corrected.proposal
    settled = {name for name in corrected.changed}
    opened = asks(proposal, document, settled)
    if opened:
        raise BadInputError(f"Proposal {proposal.id} leaves something open: {opened[0]}", "Settle it, or reject it.")
    said_at, within_s = _said_at(corrected.said, document)
    return Claim(
        id=claim_id,
        source=source.id,
        statement=proposal.statement,
        quote=Quote(
            text=proposal.passage,
            document=document.title or document.name,
            locator=f"characters {proposal.start} to {proposal.end}",
            url=document.url,
            sha256=Sha256(proposal.document),
            language=document.language,
            hedge_words=proposal.hedge_words,
        ),
        hedge=proposal.hedge,
        said_at=said_at,
        said_within_s=within_s,
        credibility=grading.credibility or 6,
        credibility_reason=grading.credibility_reason or NOT_JUDGED,
        about=_about(corrected, source),
        contradicts=(),
        repeats=(),
        line=0,
        items=items,
        via=_via(proposal, document),
        topic=proposal.about.value,
        proposal=proposal.id,
    )


def speaker_name(proposal: Proposal, document: ReadDocument) -> str:
    """Who is recorded as speaking: the publisher for the document's own voice."""
    if proposal.speaker == ITSELF:
        return document.publisher or document.title or document.name
    return proposal.speaker


def _via(proposal: Proposal, document: ReadDocument) -> tuple[str, ...]:
    """Through whom it is known: those the document names, then the document's publisher."""
    if proposal.speaker == ITSELF:
        return ()
    last = document.publisher or document.title or document.name
    return tuple(dict.fromkeys(last if name == ITSELF else name for name in (*proposal.via, last)))


def _weighs_place(proposal: Proposal) -> bool:
    return proposal.about is Topic.PLACE


def _weighs_time(proposal: Proposal) -> bool:
    return proposal.about is Topic.TIME


def _about(corrected: Corrected, source: Source) -> About:
    """Place of a claim about place, time of one about time; what else is said of either is kept as words.

    A claim about an act says where and when too; weighing that would let evidence of the place pass for evidence of
    the act.
    """
    proposal = corrected.proposal
    place, times = (corrected.place, corrected.time) if proposal.about in (Topic.PLACE, Topic.TIME) else (None, ())
    if place is None and _weighs_place(proposal) and proposal.place is not None:
        place = region_from(proposal.place)
    if not times and _weighs_time(proposal) and proposal.time is not None:
        times = (interval_from(proposal.time),)
    weighed = place is not None or bool(times) or bool(corrected.alternatives)
    beside = [
        *([] if proposal.place is None or corrected.place is not None else [_place_words(proposal.place)]),
        *([] if proposal.time is None or corrected.time else [_time_words(proposal.time)]),
        *(f"time: {span.stated}" for span in corrected.time),
    ]
    counts = () if proposal.count is None else (_count(proposal.count, source),)
    return About(
        place=place,
        time=times,
        alternatives=corrected.alternatives,
        counts=counts,
        who=None,
        what="; ".join(beside) or None,
        unit=proposal.unit,
        otherwise=corrected.otherwise or (() if weighed else _OTHERWISE.get(proposal.about, ())),
    )


def _time_words(said: SaidTime) -> str:
    likeliest = "; likeliest ".join(["", *(" to ".join(span) for span in said.likeliest)])
    return f"time: {said.words} ({said.from_} to {said.to}, {said.precision}{likeliest})"


def _place_words(said: SaidPlace) -> str:
    known = "" if said.geometry is not None else ", not in the gazetteer"
    return f"place: {f'{said.relation} {said.name}'.strip()}{known}"


def _count(said: SaidCount, source: Source) -> Count:
    return Count(said.what, said.at_least, said.at_most, source.id)


def _said_at(said: str | None, document: ReadDocument) -> tuple[Moment, float]:
    """When it was said: as corrected, else the document's own date; a day of no known zone is a day anywhere."""
    text = said or document.published
    assert text is not None  # asked for before
    how = "stated by the person who accepted it" if said else "the document's own date"
    zone = None if document.utc_offset is None else parse_zone(document.utc_offset)
    if zone is None:
        earliest = dt.timezone(dt.timedelta(hours=14))
        moment = local_moment(text, earliest)
        if moment.tzinfo is earliest:
            within_s = WORLD_DAY_S if is_day(text) else 26 * 3600.0
            return Moment(moment, f"{how}, its offset not known", zone_proven=False), within_s
        return Moment(moment, how), 0.0
    moment = local_moment(text, zone)
    return Moment(moment, how, zone_proven=False), 86_400.0 if is_day(text) else 0.0


def next_claim_id(source_id: str, taken: Collection[str]) -> str:
    """The next free id of a source's claims.

    Examples
    --------
    >>> next_claim_id("north", {"north-1", "north-2", "south-1"})
    'north-3'
    """
    numbers = [name.rpartition("-")[2] for name in taken if name.rpartition("-")[0] == source_id]
    return f"{source_id}-{max((int(number) for number in numbers if number.isdigit()), default=0) + 1}"


def _fresh_id(name: str, taken: Collection[str]) -> str:
    """A short id from a name, in letters that ids may have."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = "".join(sign if sign.isalnum() else " " for sign in plain).split()
    base = "-".join(word for word in words if word not in _ARTICLES)[:40].strip("-") or "source"
    number, made = 1, base
    while made in taken:
        number += 1
        made = f"{base}-{number}"
    return made


def _plain(name: str) -> list[str]:
    """A name without case, order of words, articles and punctuation."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = "".join(sign if sign.isalnum() else " " for sign in folded).split()
    return sorted(word for word in words if word not in _ARTICLES) or [name]
