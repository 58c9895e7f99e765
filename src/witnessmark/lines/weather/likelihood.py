"""Pure: from labels and records to a log-likelihood over time, the same everywhere in the region."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np

from witnessmark.hypotheses.likelihood import LogLikelihood, mean_nats
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.weather import limits, telling
from witnessmark.lines.weather.bits import Floats, tell
from witnessmark.lines.weather.observations import WeatherObservations
from witnessmark.lines.weather.packing import gaps
from witnessmark.lines.weather.weighing import beside, weigh_hours
from witnessmark.plain import to_plain

HOUR_S = 3600.0
METHOD = "labels against weather records by tables fitted on records, smoothed in time by a hidden Markov chain"


def weigh(seen: WeatherObservations, over: Hypotheses, line: str, version: str) -> Finding | Abstention:
    """Weigh the instants by the labels.

    Parameters
    ----------
    seen : WeatherObservations
    over : Hypotheses
    line, version : str

    Returns
    -------
    Finding or Abstention
        The table has shape (1, n_instants): a record says the same of every place, and holds for the farthest.
    """
    first = dt.datetime.fromtimestamp(3600.0 * math.floor(over.times.start.timestamp() / 3600.0), dt.UTC)
    n_hours = math.ceil((over.times.end - first).total_seconds() / 3600.0) + 1
    weighed = weigh_hours(seen.labels, seen.records, first, n_hours)
    if not weighed.served:
        return Abstention(
            line,
            version,
            f"No record holds what is labelled ({', '.join(weighed.unserved)}) on the times that are weighed.",
            "Add a record that has it, or label something else of the weather.",
            seen.inputs,
        )
    nats = in_steps(weighed.nats, first, over.times)
    clock_h = next((label.at_utc.hour for label in seen.labels if label.at_utc is not None), None)
    told = tell(nats, over, clock_h)
    table = nats.astype(np.float32)[None, :]
    mean = mean_nats(table, over)
    silent = [gap for record in seen.records for gap in gaps(record, first, first + n_hours * dt.timedelta(hours=1))]
    served = {record.source: record for record in seen.records}
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=seen.inputs,
        parameters={
            "temper": limits.TEMPER,
            "power": limits.POWER,
            "cap_bits": limits.CAP_BITS,
            "beside": {family: beside(served[source], family) for family, source in sorted(weighed.served.items())},
            "served": dict(weighed.served),
            "bits": to_plain(told),
        },
        seed=seen.seed,
        log_likelihood=LogLikelihood(table, {alternative.name: mean for alternative in over.alternatives}),
        cap_nats=limits.CAP_OF_FINDING_NATS,
        observations=to_plain(seen),
        statement=telling.statement(seen.labels, weighed, told),
        limits=(*telling.own_limits(seen.records, weighed, silent), *limits.STANDING_LIMITS),
    )


def in_steps(hour_nats: Floats, first: dt.datetime, times: TimeAxis) -> Floats:
    """Log-likelihood of each step: that of the hour nearest to its middle, or the mean over the hours of a long step.

    Parameters
    ----------
    hour_nats : ndarray of float64, shape (n_hours,)
        Of the hours from `first` on [nats].
    first : datetime
    times : TimeAxis

    Returns
    -------
    ndarray of float64, shape (n_instants,)
    """
    parts = max(1, math.ceil(times.step_s / HOUR_S))
    inside_s = times.step_s * (np.arange(parts) + 0.5) / parts
    moments_s = times.unix_s()[:, None] + inside_s[None, :]
    at = np.floor((moments_s - first.timestamp()) / HOUR_S + 0.5).astype(np.int64)
    return np.asarray(np.log(np.mean(np.exp(hour_nats[np.clip(at, 0, len(hour_nats) - 1)]), axis=1)))
