"""Pure: from labels and records to a log-likelihood over time, the same everywhere in the region."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np

from witnessmark.hypotheses.likelihood import LogLikelihood, mean_nats
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.weather import limits, telling
from witnessmark.lines.weather.bits import tell
from witnessmark.lines.weather.observations import WeatherObservations
from witnessmark.lines.weather.packing import gaps
from witnessmark.lines.weather.weighing import beside, weigh_hours
from witnessmark.plain import to_plain

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
    at = np.floor((over.times.unix_s() - first.timestamp()) / 3600.0 + 0.5).astype(np.int64)
    nats = weighed.nats[np.clip(at, 0, n_hours - 1)]
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
