"""Pure: from copies and when they were first seen to a log-likelihood over the time axis and the alternatives."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.hypotheses.likelihood import LogLikelihood, mean_nats
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef
from witnessmark.lines.copies import telling
from witnessmark.lines.copies.appearances import attested
from witnessmark.lines.copies.calibration import Calibration
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.limits import (
    CALIBRATION,
    CODES_CALIBRATION,
    CODES_COPY_SCORE,
    COPY_SCORE,
    FEATURES_CALIBRATION,
    POSTING_TOLERANCE_S,
    STANDING_LIMITS,
    SURE_NATS,
    TIME_WRONG,
    UNKNOWN_ZONE_S,
    copy_score,
    time_wrong,
)
from witnessmark.lines.copies.observations import Bound, CopiesObservations, Found, Known
from witnessmark.plain import canonical, iso, to_plain

METHOD = "copies found by fingerprints; the first known appearance of the content bounds when it was filmed"
OLDER = "older-footage"


def weigh(
    seen: CopiesObservations,
    over: Hypotheses,
    line: str,
    version: str,
    calibration: Calibration = CALIBRATION,
    codes_calibration: Calibration = CODES_CALIBRATION,
) -> Finding | Abstention:
    r"""Weigh the time axis by when copies of the content were first seen.

    Parameters
    ----------
    seen : CopiesObservations
    over : Hypotheses
    line, version : str
    calibration, codes_calibration : Calibration
        Of matches by pictures, and of those that rest on codes alone.

    Returns
    -------
    Finding or Abstention
        The values have shape (1, n_instants), or (1, 1) when a match bears on no instant of the axis: it is told and
        weighs nothing.

    Notes
    -----
    An instant before every bound has log-likelihood 0. One that begins after a bound could be true only if the match
    or the attested time is wrong; it has

    .. math:: \ln(c (1 / LR + p) + 1 - c),

    LR being how many times more such a match is to be expected of a copy than of none (`Calibration`; the very same
    file is surely one, its 1 / LR is 0), p the chance that the attested time is wrong (`limits.TIME_WRONG`, a
    judgement), and c the share of the item that matches: what is true of a part says nothing of the rest. Several
    bounds are never multiplied, as what deceives one match may deceive all: the surest one counts. "older-footage" is
    footage from before the axis and of no stated age, so before every bound: 0. Every other alternative gets the mean
    likelihood of the grid.
    """
    if not any(not one.not_searched for one in seen.searched):
        return _abstain(seen, line, version, *telling.why_not_searched(seen))
    if not seen.found and not any(earlier_seen(known, seen.own) for known in seen.same_file):
        return _abstain(seen, line, version, *telling.nothing_found(seen))
    fitted_of = {1: codes_calibration, 2: FEATURES_CALIBRATION, 3: calibration}
    by_tier = [fitted_of.get(found.tier_number, calibration) for found in seen.found]
    ratios = [ratio_of(found, seen, fitted) for found, fitted in zip(seen.found, by_tier, strict=True)]
    bounds = find_bounds(seen, ratios)
    biting = [bound for bound in bounds if bound.latest_unix_s < over.times.end.timestamp()]
    values = _values(biting, over)
    mean = mean_nats(values, over)
    alternatives = {entry.name: 0.0 if entry.name == OLDER else mean for entry in over.alternatives}
    sure_nats = max((-bound.later_nats for bound in bounds), default=math.log(max(ratios, default=1.0)))
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=_inputs(seen, bounds),
        parameters={
            "calibration": calibration.to_parameters(),
            "codes_calibration": codes_calibration.to_parameters(),
            "copy_score": COPY_SCORE,
            "codes_copy_score": CODES_COPY_SCORE,
            "posting_tolerance_s": POSTING_TOLERANCE_S,
            "unknown_zone_s": UNKNOWN_ZONE_S,
            "time_wrong": [[begins, chance] for begins, chance in TIME_WRONG],
            "searched_count": seen.compared_count,
            "likelihood_ratios": [[found.known.name, ratio] for found, ratio in zip(seen.found, ratios, strict=True)],
            "bounds": [
                [bound.known.name, iso(_moment(bound.latest_unix_s)), bound.later_nats, bound.covered_share]
                for bound in bounds
            ],
        },
        seed=0,
        log_likelihood=LogLikelihood(values, alternatives),
        cap_nats=min(SURE_NATS, sure_nats),
        observations=to_plain(seen),
        statement=telling.statement(seen, bounds, ratios),
        limits=(*telling.own_limits(seen, bounds, ratios), *STANDING_LIMITS),
    )


def ratio_of(found: Found, seen: CopiesObservations, calibration: Calibration) -> float:
    """How many times more this match is to be expected if it is a copy than if it is not.

    A match found through others is wrong when any of them is: the chances add up.
    """
    if found.relation != "copy" or found.score < copy_score(found.tier_number):
        return 1.0
    ratio = calibration.likelihood_ratio(found.score, seen.compared_count)
    return max(1.0, ratio / (1 + len(found.via)))


def find_bounds(seen: CopiesObservations, ratios: Sequence[float]) -> tuple[Bound, ...]:
    """All bounds on when the content was filmed, earliest first; `ratios` has one entry for each of `seen.found`.

    Only copies bound it: "related" footage was filmed at another moment, and the same sound may be laid under other
    pictures.
    """
    bounds = []
    for known in seen.same_file:
        bounds.extend(_bounds_of(known, earlier_seen(known, seen.own), 1.0, 0.0))
    for found, ratio in zip(seen.found, ratios, strict=True):
        if ratio > 1.0:
            bounds.extend(
                _bounds_of(found.known, others_times(found.known, seen.own), found.covered_share, 1.0 / ratio)
            )
    return tuple(sorted(bounds, key=lambda bound: (bound.latest_unix_s, bound.known.name)))


def _bounds_of(known: Known, times: Sequence[Seen], covered_share: float, match_wrong: float) -> list[Bound]:
    """The bounds these times of a recording give, earliest first; a later one only where it is surer than those before.

    A bound holds unless the match or the time is wrong: the two chances add up.
    """
    kept: list[Bound] = []
    for one in sorted(times, key=lambda one: (latest_unix_s(one), time_wrong(one.how_known))):
        wrong = min(1.0, match_wrong + time_wrong(one.how_known))
        later_nats = max(-SURE_NATS, math.log(covered_share * wrong + 1.0 - covered_share))
        if later_nats < min((bound.later_nats for bound in kept), default=0.0):
            kept.append(Bound(known, one, latest_unix_s(one), later_nats, covered_share))
    return kept


def others_times(known: Known, own: Sequence[Seen]) -> tuple[Seen, ...]:
    """Attested times of a copy, but for a posting that is the item's own: the integrity line weighs that one."""
    postings = {(one.at_unix_s, one.where.casefold()) for one in own}
    return tuple(one for one in known.seen if attested(one) and (one.at_unix_s, one.where.casefold()) not in postings)


def earlier_seen(known: Known, own: Sequence[Seen]) -> tuple[Seen, ...]:
    """Attested times of the very same file before anything that the case itself knows of it.

    The item's own postings are weighed by the integrity line, and that it was taken in is no news.
    """
    first_s = min((one.at_unix_s for one in own if attested(one)), default=math.inf) - POSTING_TOLERANCE_S
    return tuple(one for one in known.seen if attested(one) and one.at_unix_s < first_s)


def latest_unix_s(seen: Seen) -> float:
    """The latest moment an attested time can stand for [s since 1970 UTC]."""
    zone_s = UNKNOWN_ZONE_S if seen.utc_offset_s is None else 0.0
    return seen.at_unix_s + zone_s + POSTING_TOLERANCE_S


def _values(bounds: Sequence[Bound], over: Hypotheses) -> NDArray[np.float32]:
    if not bounds:
        return np.zeros((1, 1), np.float32)
    start_unix_s = over.times.unix_s()
    values = np.zeros(start_unix_s.shape)
    for bound in bounds:
        after = start_unix_s > bound.latest_unix_s
        values[after] = np.minimum(values[after], bound.later_nats)
    return values.astype(np.float32)[np.newaxis, :]


def _abstain(seen: CopiesObservations, line: str, version: str, reason: str, helps: str) -> Abstention:
    return Abstention(line, version, reason, helps, tuple(ref for ref in seen.inputs if ref.part == "pictures"))


def _inputs(seen: CopiesObservations, bounds: Sequence[Bound]) -> tuple[InputRef, ...]:
    """The item's pictures, its sound where only that matched, and the attested times of the recordings that bound."""
    relations = {found.relation for found in seen.found}
    parts = {"pictures"} if relations != {"same-sound"} else set()
    if "same-sound" in relations:
        parts.add("sound")
    refs = [ref for ref in seen.inputs if ref.part in parts]
    for bound in bounds:
        ref = InputRef(Sha256.of(canonical([bound.seen])), "appearances")
        if ref not in refs:
            refs.append(ref)
    return tuple(refs)


def _moment(unix_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(math.floor(unix_s), dt.UTC)
