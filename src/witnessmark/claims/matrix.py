"""The claim-by-evidence matrix: how each finding stands to each claim, who repeats whom, and how many voices speak."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from witnessmark.claims.attachments import AS_STATED, Attachment
from witnessmark.claims.records import Claim, Hedge, Source
from witnessmark.claims.relations import Relation, RelationKind, by_claim, contradictions
from witnessmark.claims.voices import Heard, Voice, voices
from witnessmark.fusion.records import Share, Standing
from witnessmark.fusion.words import LOG10_LR_LIMIT, NOT_WEIGHED, discriminates, lr_words, probability_words


class Stance(enum.StrEnum):
    """What a finding does to a claim."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    OPEN = "leaves open"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the matrix reads of one assessment.

    Attributes
    ----------
    id : str
    subjects : tuple of str
        Exhibits taken as the same moment.
    standings : mapping of claim id to Standing
    shares : tuple of Share
    reasons : mapping of claim id to str
        Why a claim was not laid over the space.
    """

    id: str
    subjects: tuple[str, ...]
    standings: Mapping[str, Standing]
    shares: tuple[Share, ...]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One finding's bearing on one claim.

    Attributes
    ----------
    finding, line : str
    stance : Stance
        By `log10_lr`: a ratio below 2 either way leaves the claim open.
    log10_lr : float or None
        log10 likelihood ratio of the claim against its complement from this finding alone; None for an exclusion,
        which no number measures.
    log10_lr_added : float or None
        What it adds to all the other findings; None for an exclusion, or where it is not on record.
    words : str
        The ratio in the ENFSI scale.
    """

    finding: str
    line: str
    stance: Stance
    log10_lr: float | None
    log10_lr_added: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Weight:
    """How a claim stands in one assessment.

    Attributes
    ----------
    assessment : str
    subjects : tuple of str
    read_from : str
        "" for a claim with a region of its own; else the claim it denies, whose ratio is inverted.
    prior, posterior : float
    probability_words : str
    log10_lr : float or None
        Of all findings together; None for an exclusion.
    lr_words : str
    cells : tuple of Cell
    """

    assessment: str
    subjects: tuple[str, ...]
    read_from: str
    prior: float
    posterior: float
    probability_words: str
    log10_lr: float | None
    lr_words: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Everything the matrix says of one claim.

    Attributes
    ----------
    claim : Claim
    speaker : str
        The source's name.
    party, grade : str or None
        The grade is the source's letter and the information's number, such as "C3"; set by people, never multiplied in.
    weights : tuple of Weight
        One for each assessment it was weighed in; empty when it was weighed in none.
    not_weighed : str
        Why not; "" when it was.
    attached : tuple of Attachment
        Findings that people set beside it: shown apart, never multiplied into `weights`.
    repeats, repeated_by, attributes_to, contradicts : tuple of str
    heard : Heard
    """

    claim: Claim
    speaker: str
    party: str | None
    grade: str
    weights: tuple[Weight, ...]
    not_weighed: str
    attached: tuple[Attachment, ...]
    repeats: tuple[str, ...]
    repeated_by: tuple[str, ...]
    attributes_to: tuple[str, ...]
    contradicts: tuple[str, ...]
    heard: Heard

    def told_by(self, stance: Stance) -> tuple[str, ...]:
        """Findings with that stance in any assessment, weighed ones only."""
        return tuple(dict.fromkeys(c.finding for weight in self.weights for c in weight.cells if c.stance is stance))


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole table.

    Attributes
    ----------
    rows : tuple of Row
        In the claims' order.
    voices : tuple of Voice
    notes : tuple of str
        What a reader has to know of the whole: rings, claims never weighed together with others.
    """

    rows: tuple[Row, ...]
    voices: tuple[Voice, ...]
    notes: tuple[str, ...]


def matrix(
    claims: Sequence[Claim],
    sources: Mapping[str, Source],
    assessments: Sequence[Weighed] = (),
    relations: Sequence[Relation] = (),
    attachments: Sequence[Attachment] = (),
) -> Matrix:
    """Lay claims against findings.

    Parameters
    ----------
    claims : sequence of Claim
    sources : mapping of source id to Source
    assessments : sequence of Weighed
        The newest of each recording or set of recordings.
    relations : sequence of Relation
        All that are known, those stated by the claims themselves included.
    attachments : sequence of Attachment
        Of findings that still stand.

    Returns
    -------
    Matrix

    Notes
    -----
    What a finding says alone is not what it adds to the others: where two share inputs, both add little and each alone
    says much. Neither column adds up to the whole; `Weight.log10_lr` is the whole.

    A bare denial (hedge "denies", without a region of its own, contradicting exactly one weighed claim) is read from
    the claim it denies: its likelihood ratio is the inverse.
    """
    heard_voices, heard = voices(claims, sources, relations)
    against = contradictions(relations)
    repeats = by_claim(relations, RelationKind.REPEATS)
    repeated = by_claim(relations, RelationKind.REPEATS, backwards=True)
    attributed = by_claim(relations, RelationKind.ATTRIBUTES_TO)
    beside: dict[str, list[Attachment]] = {}
    for attached in attachments:
        beside.setdefault(attached.claim, []).append(attached)
    rows = []
    for claim in claims:
        source = sources.get(claim.source)
        weights = tuple(
            weight
            for made in assessments
            if not claim.items or set(claim.items) & set(made.subjects)
            for weight in _weights(claim, against.get(claim.id, ()), made)
        )
        rows.append(
            Row(
                claim=claim,
                speaker=claim.source if source is None else source.name,
                party=None if source is None else source.party,
                grade=f"{'F' if source is None else source.reliability}{claim.credibility}",
                weights=weights,
                not_weighed="" if weights else _why_not(claim, assessments),
                attached=tuple(beside.get(claim.id, ())),
                repeats=tuple(repeats.get(claim.id, ())),
                repeated_by=tuple(repeated.get(claim.id, ())),
                attributes_to=tuple(attributed.get(claim.id, ())),
                contradicts=against.get(claim.id, ()),
                heard=heard[claim.id],
            )
        )
    return Matrix(tuple(rows), heard_voices, tuple(_notes(rows)))


def _weights(claim: Claim, against: Iterable[str], made: Weighed) -> list[Weight]:
    """How a claim stands in an assessment; nothing when it was not weighed there."""
    read_from, sign = _read_from(claim, against, made.standings)
    if read_from is None:
        return []
    standing = made.standings[read_from]
    ratio = sign * standing.log10_lr + 0.0  # no negative zero
    denied = read_from != claim.id
    posterior = 1.0 - standing.posterior if denied else standing.posterior
    return [
        Weight(
            assessment=made.id,
            subjects=made.subjects,
            read_from=read_from if denied else "",
            prior=1.0 - standing.prior if denied else standing.prior,
            posterior=posterior,
            probability_words=probability_words(posterior) if denied else standing.probability_words,
            log10_lr=None if abs(ratio) >= LOG10_LR_LIMIT else ratio,
            lr_words=lr_words(ratio) if denied else standing.lr_words,
            cells=tuple(_cell(read_from, standing, share, sign) for share in made.shares),
        )
    ]


def _read_from(claim: Claim, against: Iterable[str], standings: Mapping[str, Standing]) -> tuple[str | None, float]:
    """The claim whose standing is read, and the sign."""
    own = standings.get(claim.id)
    if own is not None:
        return (None, 1.0) if own.reason else (claim.id, 1.0)
    if claim.hedge is Hedge.DENIES and not claim.about.weighable:
        denied = [other for other in against if other in standings and not standings[other].reason]
        if len(denied) == 1:
            return denied[0], -1.0
    return None, 1.0


def _cell(claim_id: str, standing: Standing, share: Share, sign: float) -> Cell:
    without, alone = share.without.get(claim_id), share.alone.get(claim_id)
    whole = standing.log10_lr
    added = None
    if without is not None and abs(without) < LOG10_LR_LIMIT and abs(whole) < LOG10_LR_LIMIT:
        added = sign * (whole - without) + 0.0  # no negative zero
    if alone is not None:
        ratio = sign * alone + 0.0
    elif added is not None:  # assessments of earlier versions do not hold what a finding says alone
        ratio = added
    elif without is not None and abs(without) < LOG10_LR_LIMIT:
        ratio = sign * whole  # with it there is an exclusion and without it none
    else:
        return Cell(share.finding_id, share.line, Stance.OPEN, None, None, NOT_WEIGHED)
    stance = Stance.OPEN
    if discriminates(ratio):
        stance = Stance.SUPPORTS if ratio > 0.0 else Stance.CONTRADICTS
    excludes = abs(ratio) >= LOG10_LR_LIMIT
    return Cell(share.finding_id, share.line, stance, None if excludes else ratio, added, lr_words(ratio))


def _why_not(claim: Claim, assessments: Sequence[Weighed]) -> str:
    """Why a claim has no weight, in a sentence."""
    about = [made for made in assessments if not claim.items or set(claim.items) & set(made.subjects)]
    for made in reversed(about):
        standing = made.standings.get(claim.id)
        if standing is not None and standing.reason:
            return standing.reason
        if made.reasons.get(claim.id) and claim.about.weighable:
            return made.reasons[claim.id]
    if not claim.about.weighable:
        return "It names no place, time or alternative of the hypotheses: findings are attached to it by people."
    if not assessments:
        return "No assessment is on record yet: make one with witnessmark assess."
    if not about:
        return f"No assessment of {', '.join(claim.items)} is on record: make one with witnessmark assess --item."
    return "It was recorded after the newest assessment: run witnessmark assess again."


def _notes(rows: Sequence[Row]) -> list[str]:
    notes = []
    for ring in sorted({row.heard.ring for row in rows if row.heard.ring}):
        notes.append(
            f"{', '.join(ring)} give one another as their source: nobody among them is known to have said it first,"
            " and together they are at most one voice."
        )
    both: list[str] = []
    for row in rows:
        ways = {attached.bears_for for attached in row.attached if attached.alternative == AS_STATED}
        if len(ways) == 2:
            both.append(row.claim.id)
    if both:
        notes.append(f"Findings are attached both for and against {', '.join(both)}; they are not set off.")
    unheard = sorted({o for row in rows for o in (*row.repeats, *row.contradicts)} - {row.claim.id for row in rows})
    if unheard:
        notes.append(f"Claims that are named and not on record here: {', '.join(unheard)}.")
    return notes


@dataclass(frozen=True, slots=True)
class PartyBalance:
    """How much of each party's account was taken up: what a reader checks neutrality by.

    Attributes
    ----------
    party : str or None
        None for sources that speak for nobody.
    sources, claims, weighed : int
    voices : int
        Independent voices its claims go back to, at most.
    grades : tuple of str
        Reliability of its sources, by name.
    prior : tuple of (str, float)
        Claim id and prior probability of its region, in the newest assessment: a wider region is right more easily.
    """

    party: str | None
    sources: int
    claims: int
    weighed: int
    voices: int
    grades: tuple[str, ...]
    prior: tuple[tuple[str, float], ...]


def balance(made: Matrix, sources: Mapping[str, Source]) -> tuple[PartyBalance, ...]:
    """One row a party, in order of first mention."""
    found = []
    for party in dict.fromkeys([*(row.party for row in made.rows), *(source.party for source in sources.values())]):
        own = [row for row in made.rows if row.party == party]
        speakers = sorted((source for source in sources.values() if source.party == party), key=lambda s: s.name)
        found.append(
            PartyBalance(
                party=party,
                sources=len(speakers),
                claims=len(own),
                weighed=sum(bool(row.weights) for row in own),
                voices=len({voice for row in own for voice in row.heard.goes_back_to}),
                grades=tuple(source.reliability.value for source in speakers),
                prior=tuple((row.claim.id, row.weights[-1].prior) for row in own if row.weights),
            )
        )
    return tuple(found)
