"""The claim-by-evidence matrix: what each finding moves for each claim, as plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from witnessmark.claims.records import Claim, ClaimBook, Hedge
from witnessmark.fusion.records import Assessment, Share, Standing
from witnessmark.fusion.words import LOG10_LR_LIMIT


@dataclass(frozen=True, slots=True)
class Cell:
    """One finding's bearing on one claim.

    Attributes
    ----------
    claim_id, source, party, hedge : str
        `party` is None for a source that speaks for nobody.
    read_from : str
        "" for a claim with a region of its own; else the claim it denies, whose likelihood ratio is inverted.
    finding_id, line : str
    log10_lr_added : float or None
        log10 likelihood ratio of the claim against its complement that this finding adds to the others: all findings
        together less all but this one. None where either stands for an exclusion, which no number measures.
    log10_lr_alone : float or None
        Of this finding alone, where it was fused alone; None otherwise.
    log10_lr_all, log10_lr_without : float or None
        The two that `log10_lr_added` is the difference of; None for an exclusion.
    excluded : str
        "" or what stands in the place of a number with all findings: "this claim" or "its opposite".
    discriminates : bool
        False when this finding alone discriminates between none of the claims.
    """

    claim_id: str
    source: str
    party: str | None
    hedge: str
    read_from: str
    finding_id: str
    line: str
    log10_lr_added: float | None
    log10_lr_alone: float | None
    log10_lr_all: float | None
    log10_lr_without: float | None
    excluded: str
    discriminates: bool


def matrix(
    claims: ClaimBook, assessment: Assessment, alone: Mapping[str, Assessment] | None = None
) -> tuple[Cell, ...]:
    """Rows claim by claim, findings in the assessment's order.

    Parameters
    ----------
    claims : ClaimBook
    assessment : Assessment
        Made with these claims' regions.
    alone : mapping of finding id to Assessment, optional
        The same fused with one finding each.

    Returns
    -------
    tuple of Cell
        One row for every weighed claim and finding. A denial without a region of its own that contradicts exactly
        one weighed claim is read from that claim: its likelihood ratio is the inverse, in logarithms the negative.

    Notes
    -----
    A finding's share is not what it says alone: where two findings share inputs, both add little and each alone says
    much. The sum over findings is therefore not the whole; `log10_lr_all` is.
    """
    standings = _weighed(assessment)
    single = {finding_id: _weighed(only) for finding_id, only in (alone or {}).items()}
    rows: list[Cell] = []
    for claim in claims.claims:
        read_from, sign = _read_from(claim, standings)
        if read_from is None:
            continue
        source = claims.source(claim.source)
        standing = standings[read_from]
        for share in assessment.shares:
            own = single.get(share.finding_id, {}).get(read_from)
            rows.append(_cell(claim, source.party, (standing, own), share, sign))
    return tuple(rows)


def unweighed(claims: ClaimBook, assessment: Assessment) -> tuple[str, ...]:
    """Ids of claims that the assessment says nothing of, in the file's order: to be said aloud, not left out."""
    standings = _weighed(assessment)
    return tuple(claim.id for claim in claims.claims if _read_from(claim, standings)[0] is None)


def _weighed(assessment: Assessment) -> dict[str, Standing]:
    """Standings of the claims that could be weighed, by claim."""
    return {standing.claim_id: standing for standing in assessment.standings if not standing.reason}


def _read_from(claim: Claim, standings: Mapping[str, Standing]) -> tuple[str | None, float]:
    """The claim whose standing is read, and the sign."""
    if claim.id in standings:
        return claim.id, 1.0
    denied = [other for other in claim.contradicts if other in standings]
    if claim.hedge is Hedge.DENIES and not claim.about.weighable and len(denied) == 1:
        return denied[0], -1.0
    return None, 1.0


def _cell(
    claim: Claim, party: str | None, standings: tuple[Standing, Standing | None], share: Share, sign: float
) -> Cell:
    """One row; `standings` are those with all findings and with this one alone."""
    standing, own = standings
    whole = _measured(standing.log10_lr, sign)
    rest = _measured(share.without.get(standing.claim_id), sign)
    direction = 0.0 if whole is not None else sign * standing.log10_lr
    return Cell(
        claim_id=claim.id,
        source=claim.source,
        party=party,
        hedge=claim.hedge.value,
        read_from="" if standing.claim_id == claim.id else standing.claim_id,
        finding_id=share.finding_id,
        line=share.line,
        log10_lr_added=None if whole is None or rest is None else whole - rest,
        log10_lr_alone=_measured(own.log10_lr, sign) if own is not None else None,
        log10_lr_all=whole,
        log10_lr_without=rest,
        excluded="" if direction == 0.0 else "its opposite" if direction > 0.0 else "this claim",
        discriminates=share.discriminates,
    )


def _measured(log10_lr: float | None, sign: float) -> float | None:
    """A ratio with its sign; None for one that stands for an exclusion."""
    return None if log10_lr is None or abs(log10_lr) >= LOG10_LR_LIMIT else sign * log10_lr


@dataclass(frozen=True, slots=True)
class PartyBalance:
    """How much of each party's account was taken up: what a reader checks neutrality by.

    Attributes
    ----------
    party : str or None
        None for sources that speak for nobody.
    sources, claims, weighed : int
    grades : tuple of str
        Reliability of its sources, in order of the file.
    prior : tuple of (str, float)
        Claim id and prior probability of its region: a wider region is right more easily.
    """

    party: str | None
    sources: int
    claims: int
    weighed: int
    grades: tuple[str, ...]
    prior: tuple[tuple[str, float], ...]


def balance(claims: ClaimBook, standings: Iterable[Standing] = ()) -> tuple[PartyBalance, ...]:
    """One row a party, in order of first mention."""
    prior = {standing.claim_id: standing.prior for standing in standings}
    party_of = {source.id: source.party for source in claims.sources}
    rows = []
    for party in dict.fromkeys(party_of.values()):
        own = [claim for claim in claims.claims if party_of[claim.source] == party]
        grades = tuple(source.reliability.value for source in claims.sources if source.party == party)
        rows.append(
            PartyBalance(
                party=party,
                sources=len(grades),
                claims=len(own),
                weighed=sum(claim.about.weighable for claim in own),
                grades=grades,
                prior=tuple((claim.id, prior[claim.id]) for claim in own if claim.id in prior),
            )
        )
    return tuple(rows)
