"""Pure: from stated times and postings to a log-likelihood over the time axis and the alternatives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef
from witnessmark.lines.integrity.clock import ClockErrorModel
from witnessmark.lines.integrity.limits import CLOCK, STANDING_LIMITS, cap_nats
from witnessmark.lines.integrity.observations import IntegrityObservations, PostedBound, StatedTime
from witnessmark.lines.integrity.timestamps import to_weigh
from witnessmark.plain import Plain, iso, to_plain

METHOD = "creation time under a clock-error mixture, bounded by the first known posting"
OLDER = "older-footage"


def weigh(
    seen: IntegrityObservations, over: Hypotheses, line: str, version: str, model: ClockErrorModel = CLOCK
) -> Finding | Abstention:
    """Weigh the time axis by the stated creation time and the first known posting.

    Parameters
    ----------
    seen : IntegrityObservations
    over : Hypotheses
    line, version : str
    model : ClockErrorModel

    Returns
    -------
    Finding or Abstention
        The values have shape (1, n_instants): nothing here bears on place.

    Notes
    -----
    Several stated times share one clock: their densities are averaged, never multiplied. An instant is excluded when
    its step begins after the bound. The alternative "older-footage" gets the mean density over `older_span_s` before
    the axis; every other alternative cannot be told from the grid and gets its mean likelihood under the time prior.
    """
    times = to_weigh(seen.times)
    bound = seen.posted[0] if seen.posted else None
    bites = bound is not None and bound.latest < over.times.end
    if not times and not bites:
        return _abstain(seen, line, version, *_why_nothing(seen, bound))
    if bound is not None and bound.latest < over.times.start:
        return _abstain(
            seen,
            line,
            version,
            f"Every instant of the time axis lies after the posting of {iso(bound.posted)} on {bound.platform}.",
            "Begin the time axis before the first known posting.",
        )
    density, older = _densities(seen, times, over, model)
    log_density = np.log(density)
    if bound is not None:
        log_density[over.times.unix_s() > bound.latest.timestamp()] = -np.inf
    peak = float(np.max(log_density))
    mean_nats = _mean_nats(log_density - peak, over)
    alternatives = {
        alternative.name: float(np.log(older)) - peak if alternative.name == OLDER else mean_nats
        for alternative in over.alternatives
    }
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=_inputs(seen, bool(times), bound is not None),
        parameters=_parameters(seen, times, bound, model),
        seed=0,
        log_likelihood=LogLikelihood((log_density - peak).astype(np.float32)[np.newaxis, :], alternatives),
        cap_nats=cap_nats(model, seen.writer),
        observations=to_plain(seen),
        statement=_statement(times, bound),
        limits=(*_own_limits(times, bound), *STANDING_LIMITS),
    )


def _densities(
    seen: IntegrityObservations, times: Sequence[StatedTime], over: Hypotheses, model: ClockErrorModel
) -> tuple[NDArray[np.float64], float]:
    """Density of the stated times over the instants [1/s], and under footage older than the axis."""
    start_unix_s = over.times.unix_s()
    if not times:
        return np.ones(start_unix_s.shape), 1.0
    duration_s = min(max(seen.container.duration_s or 0.0, 0.0), 86_400.0)
    density = np.zeros(start_unix_s.shape)
    older = 0.0
    before = np.array([start_unix_s[0] - model.older_span_s])
    for stated in times:
        moment = stated.at.timestamp()
        zoned = (duration_s, seen.writer, stated.zone_proven)
        density += model.step_density_per_s(moment, start_unix_s, over.times.step_s, *zoned) / len(times)
        older += float(model.step_density_per_s(moment, before, model.older_span_s, *zoned)[0]) / len(times)
    return density, older


def _mean_nats(log_density: NDArray[np.float64], over: Hypotheses) -> float:
    """Log of the mean likelihood over the grid under the prior over time."""
    prior = over.log_prior_time_nats
    log_prior = np.full(log_density.shape, -np.log(len(log_density))) if prior is None else prior
    together = log_density + log_prior
    top = float(np.max(together))
    return top + float(np.log(np.sum(np.exp(together - top))))


def _why_nothing(seen: IntegrityObservations, bound: PostedBound | None) -> tuple[str, str]:
    if bound is not None:
        return (
            f"The file states no usable creation time, and its first known posting ({iso(bound.posted)}) is later than "
            "the time axis.",
            "Look for an earlier posting, or for a copy of the file that kept its metadata.",
        )
    stripped = "states a creation time to which clocks are reset" if seen.times else "states no creation time"
    return (
        f"The file {stripped} and no posting of it is recorded, so nothing in it bears on when it was filmed.",
        "Record where and when it was posted, or obtain a copy that kept its metadata from the person who filmed it.",
    )


def _abstain(seen: IntegrityObservations, line: str, version: str, reason: str, helps: str) -> Abstention:
    return Abstention(line, version, reason, helps, _inputs(seen, True, bool(seen.posted)))


def _inputs(seen: IntegrityObservations, with_metadata: bool, with_posted: bool) -> tuple[InputRef, ...]:
    """What the weighing rests on: not the pictures and sound, which only the remarks use."""
    wanted = {"container metadata": with_metadata, "appearances": with_posted}
    return tuple(ref for ref in seen.inputs if wanted.get(ref.part, False))


def _parameters(
    seen: IntegrityObservations, times: Sequence[StatedTime], bound: PostedBound | None, model: ClockErrorModel
) -> Mapping[str, Plain]:
    proven = bool(times) and times[0].zone_proven
    return {
        **model.to_parameters(seen.writer, proven),
        "stated_times": [iso(stated.at) for stated in times],
        "latest_possible": None if bound is None else iso(bound.latest),
    }


def _statement(times: Sequence[StatedTime], bound: PostedBound | None) -> str:
    parts = []
    if times:
        listed = " and ".join(f"{iso(stated.at)} ({stated.field})" for stated in times[:3])
        zone = "with its own offset" if times[0].zone_proven else "with no proven time zone"
        parts.append(f"The file states that it was made at {listed}, {zone}.")
    else:
        parts.append("The file states no usable creation time.")
    if bound is not None:
        parts.append(
            f"It was posted on {bound.platform} at {iso(bound.posted)} ({bound.how_known}), so what it shows was "
            f"filmed no later than {iso(bound.latest.replace(microsecond=0))}."
        )
    return " ".join(parts)


def _own_limits(times: Sequence[StatedTime], bound: PostedBound | None) -> tuple[str, ...]:
    limits = []
    if times and not times[0].zone_proven:
        limits.append("The format prescribes UTC for its creation time, but many cameras write local time there.")
    if times:
        limits.append("How often clocks are wrong was measured on few devices, and on photographs.")
        limits.append("A stated time may be that of a later export or upload.")
    if bound is not None:
        limits.append(
            f"The bound is only as good as the posting time, known from: {bound.how_known.rstrip('.')}."
            + ("" if bound.zone_proven else " Its zone is not proven, so the whole range of zones is allowed for.")
        )
        if times and all(stated.at > bound.latest + dt.timedelta(days=1) for stated in times):
            limits.append(
                "The stated time is later than the posting, so the clock was wrong or this copy was rewritten."
            )
    return tuple(limits)
