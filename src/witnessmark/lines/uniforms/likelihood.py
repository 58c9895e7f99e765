"""From answers about boxes to a log-likelihood of named alternatives; of place and time it says nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.uniforms.limits import CAVEAT, RATES, STANDING_LIMITS
from witnessmark.lines.uniforms.observations import NOTHING, BoxSeen, Candidate, Grade, UniformsObservations
from witnessmark.lines.uniforms.references import FLAT, WornCount
from witnessmark.plain import Plain, to_plain

METHOD = "boxes drawn by a person, laid over pictures of a curated library; colours, points and pieces compared"
EMBLEM, UNIT = "emblem:", "unit:"
"""Alternatives by these names are weighed: ``emblem:LABEL`` for a reference of the library, ``unit:NAME`` for a unit
that is claimed to wear one. All else is "neither"."""


def weigh(seen: UniformsObservations, over: Hypotheses, line: str, version: str) -> Finding | Abstention:
    """Weigh the alternatives that name an emblem or a unit.

    Parameters
    ----------
    seen : UniformsObservations
    over : Hypotheses
    line, version : str

    Returns
    -------
    Finding or Abstention
        The grid's value, of shape (1, 1), is 0: "neither", as is every alternative of another name.

    Notes
    -----
    With R the measured likelihood ratio of an answer, when a reference is shown against when something else is, and k
    boxes of which any may show it, ``emblem:`` gets the log of the mean R. A unit is not an emblem: with p the share of
    its people counted wearing it, and q that of others, one box tells ``(p R + 1 - p) / (q R + 1 - q)``. Without both
    counts it gets 0. To each share half a count is added (Jeffreys).
    """
    nats: dict[str, float] = {}
    uncounted: list[str] = []
    named = [each.name for each in over.alternatives if each.name.startswith((EMBLEM, UNIT))]
    graded = [box for box in seen.boxes if not box.trouble]
    for name in named:
        ratios = [_ratio(box, name) for box in graded]
        told = [ratio for ratio in ratios if ratio is not None]
        if told:
            nats[name] = math.log(math.fsum(told) / len(told))
        else:
            uncounted.append(name)
    if not nats:
        return _abstain(seen, line, version, named, graded)
    best = max((grade for name in nats for grade in _grades(graded, name)), key=lambda grade: _ORDER[grade])
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=seen.inputs,
        parameters={"rates": to_plain(RATES), "named": list(named), "without_counts": list(uncounted)},
        seed=0,
        log_likelihood=LogLikelihood(
            np.zeros((1, 1), np.float32), {each.name: nats.get(each.name, 0.0) for each in over.alternatives}
        ),
        cap_nats=-math.log(RATES.false_rate_bound(best)),
        observations=to_plain(seen),
        statement=_statement(graded, nats),
        limits=(*_own_limits(uncounted), CAVEAT, *STANDING_LIMITS),
    )


_ORDER: Mapping[Grade, int] = {"verified": 2, "similar": 1, "nothing in the library": 0}


def _ratio(box: BoxSeen, name: str) -> float | None:
    """How much more probable a box's answers are under an alternative than under "neither"; None where unmeasured."""
    if name.startswith(EMBLEM):
        return math.exp(RATES.log_ratio_nats(_grade_of(box, name.removeprefix(EMBLEM))))
    unit = name.removeprefix(UNIT)
    told = []
    for candidate in box.candidates:
        wearing, others = _shares(candidate.reference.worn, unit), _shares(candidate.reference.worn, "")
        if wearing is None or others is None or candidate.reference.kind not in FLAT:
            continue
        ratio = math.exp(RATES.log_ratio_nats(candidate.grade))
        told.append((wearing * ratio + 1.0 - wearing) / (others * ratio + 1.0 - others))
    return math.fsum(told) / len(told) if told else None


def _shares(counts: Sequence[WornCount], unit: str) -> float | None:
    of_unit = [count for count in counts if count.unit == unit]
    if not of_unit:
        return None
    return (sum(count.worn_count for count in of_unit) + 0.5) / (sum(count.people_count for count in of_unit) + 1.0)


def _grade_of(box: BoxSeen, label: str) -> Grade:
    return next((each.grade for each in box.candidates if each.reference.label == label), NOTHING)


def _grades(boxes: Sequence[BoxSeen], name: str) -> list[Grade]:
    if name.startswith(EMBLEM):
        return [_grade_of(box, name.removeprefix(EMBLEM)) for box in boxes]
    unit = name.removeprefix(UNIT)
    return [each.grade for box in boxes for each in box.candidates if unit in each.reference.units] or [NOTHING]


def _statement(boxes: Sequence[BoxSeen], nats: Mapping[str, float]) -> str:
    best = max(nats, key=lambda name: nats[name])
    if nats[best] <= 0.0:
        return f"None of the {len(boxes)} boxes drawn looks like what was named; that does not show that it is absent."
    told = [each for box in boxes for each in box.candidates if each.grade != NOTHING]
    first = told[0] if told else None
    what = "a reference" if first is None else f"'{first.reference.label}' ({first.grade})"
    return (
        f"Of {len(boxes)} boxes drawn, one is like {what}, which speaks for '{best}' as far as measured. It may have "
        "been shared, captured or staged."
    )


def _own_limits(uncounted: Sequence[str]) -> tuple[str, ...]:
    if not uncounted:
        return ()
    names = ", ".join(f"'{name}'" for name in uncounted)
    return (f"It weighs nothing for {names}: nobody counted how often it is worn by them and by others.",)


def _abstain(
    seen: UniformsObservations, line: str, version: str, named: Sequence[str], graded: Sequence[BoxSeen]
) -> Abstention:
    if not graded:
        reason, helps = "None of the boxes could be compared.", "Draw a larger box on a sharper frame."
    elif not named:
        reason = f"{_told(graded)} No emblem or unit is among the alternatives that are weighed."
        helps = "Look at the candidates; to weigh named ones, add alternatives 'emblem:LABEL' or 'unit:NAME'."
    else:
        reason = f"{_told(graded)} How often it is worn by the units named, and by others, was not counted."
        helps = "Put counts of people of known unit into the library, or name the emblem instead of the unit."
    return Abstention(line, version, reason, helps, seen.inputs)


def _told(boxes: Sequence[BoxSeen]) -> str:
    counts: dict[str, int] = {}
    for box in boxes:
        counts[box.grade] = counts.get(box.grade, 0) + 1
    said = ", ".join(f"{count} {grade}" for grade, count in counts.items())
    return f"Boxes compared with the library: {said}; likeness of pictures alone names no unit."


def plain_candidate(candidate: Candidate, rank: int) -> dict[str, Plain]:
    """A candidate as programs are told of it: never a unit without "claimed", never without grade and caveat."""
    reference = candidate.reference
    return {
        "rank": rank,
        "grade": candidate.grade,
        "label": reference.label,
        "sha256": reference.sha256.hex(),
        "kind": reference.kind,
        "claimed_to_show": reference.shows,
        "units_claimed": list(reference.units),
        "confused_with": list(reference.confused_with),
        "source": reference.source,
        "licence": reference.licence,
        "dated": reference.dated,
        "added": reference.added,
        "added_by": reference.added_by,
        "why": candidate.why,
        "measured": to_plain(candidate.measured),
        "points": to_plain(candidate.points),
    }
