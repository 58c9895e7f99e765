"""States that last, behind records whose errors are made here; and a mast behind a reanalysis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from benchmarks.weather_lab.choosing import NOTHING_SAID, Choice, next_days, score, seen_record
from benchmarks.weather_lab.data import HOUR, Floats
from benchmarks.weather_lab.fitting import Mask
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.providers.contract import Reading, WeatherHour
from witnessmark.lines.weather import limits
from witnessmark.lines.weather.tables import EDGES, Table, bins_of, count_pairs, fit_transition
from witnessmark.lines.weather.weighing import weigh_hours

States = NDArray[np.int64]
START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
MAST_START = dt.datetime(2016, 1, 9, 15, tzinfo=dt.UTC)
MADE = Reading("made", "made", Sha256(bytes(32)), 0)
LAGS_DAYS = (1, 7, 30, 60)
SEEDS = range(4)
SKIES = ("clear", "partly", "overcast")
COVER_PERCENT = (5.0, 50.0, 100.0)
DEPTH_M = (0.0, 0.3)


def snow_choices(snow: Floats) -> Iterator[tuple[str, Sequence[float]]]:
    """Bits of a snow label between an hour and one so many days to either side, for each kind of record's error."""
    days = len(snow) // 24
    states = snow.astype(np.int64)

    def flickers(right: float) -> Callable[[int], Mask]:
        return lambda seed: np.repeat(np.random.default_rng(seed).random(days + 1) > right, 24)[: len(snow)]

    def spells(right: float, length: int) -> Callable[[int], Mask]:
        def wrong(seed: int) -> Mask:
            rng = np.random.default_rng(seed)
            runs = np.repeat(rng.random(days // length + 3) > right, 24 * length)
            return np.asarray(runs[int(rng.integers(24 * length)) :][: len(snow)])

        return wrong

    yield "always right", _snow_bits(states, [states])
    shaky = [np.where(flickers(0.7)(seed), 1 - states, states) for seed in SEEDS]
    yield "right on 70% of days, each hour taken at its word (for comparison)", _naive_bits(states, shaky)
    yield "the season 14 days too late, taken at its word (for comparison)", _naive_bits(states, [np.roll(states, 336)])
    for right in (0.55, 0.7, 0.9):
        records = [np.where(flickers(right)(seed), 1 - states, states) for seed in SEEDS]
        yield f"right on {right:.0%} of days, each by itself", _snow_bits(states, records)
    for late in (-30, -14, -7, 7, 14, 30):
        yield (
            f"the season {abs(late)} days too {'late' if late > 0 else 'early'}",
            _snow_bits(states, [np.roll(states, 24 * late)]),
        )
    for right, length in ((0.7, 10), (0.9, 10), (0.7, 30), (0.9, 30)):
        records = [np.where(spells(right, length)(seed), 1 - states, states) for seed in SEEDS]
        yield f"right in {right:.0%} of spells of {length} days", _snow_bits(states, records)


def _naive_bits(truth: States, records: Sequence[States]) -> Sequence[float]:
    """What hours would tell without chain and blur: right in 85 of 100, tempered like the line."""
    said = limits.TEMPER * np.log(np.array([0.85, 0.15]))
    return _bits(truth, [np.stack([said[shown], said[1 - shown]]) for shown in records])


def _snow_bits(truth: States, records: Sequence[States]) -> Sequence[float]:
    """What the line tells."""
    tables_nats = []
    for shown in records:
        hours = [WeatherHour(START + at * HOUR, snow_depth_m=DEPTH_M[int(state)]) for at, state in enumerate(shown)]
        record = seen_record(hours, "model", MADE, None)
        seen = [replace(NOTHING_SAID, snow_on_ground=lies) for lies in (False, True)]
        tables_nats.append(np.stack([weigh_hours([one], [record], START, len(truth)).nats for one in seen]))
    return _bits(truth, tables_nats)


def _bits(truth: States, tables_nats: Sequence[Floats]) -> Sequence[float]:
    """Mean gain at each lag, to both sides; tables have a row a label."""
    found: list[list[Floats]] = [[] for _ in LAGS_DAYS]
    for nats in tables_nats:
        own = nats[truth, np.arange(len(truth))]
        for held, lag in zip(found, LAGS_DAYS, strict=True):
            step = 24 * lag
            held.append(own[:-step] - nats[truth[:-step], np.arange(step, len(truth))])
            held.append(own[step:] - nats[truth[step:], np.arange(len(truth) - step)])
    return [score(np.concatenate(held)).bits for held in found]


def sky_choices(sky: Floats) -> Iterator[tuple[str, Choice]]:
    """A sky label between an hour and the next day's, by day, when the record is right so often and errs by itself."""
    held = np.where(np.isnan(sky), 1.0, sky).astype(np.int64)
    by_day = (np.arange(len(held)) % 24 >= 9) & (np.arange(len(held)) % 24 < 18)  # the file is in local standard time
    for right in (0.55, 0.7, 0.9):
        found = []
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            wrong = rng.random(len(held)) > right
            shown = np.where(wrong, (held + rng.integers(1, 3, len(held))) % 3, held)
            hours = [WeatherHour(START + at * HOUR, cloud_cover_percent=COVER_PERCENT[s]) for at, s in enumerate(shown)]
            record = seen_record(hours, "model", MADE, None)
            nats = np.stack(
                [weigh_hours([replace(NOTHING_SAID, sky=word)], [record], START, len(held)).nats for word in SKIES]
            )
            own = nats[held, np.arange(len(held))]
            found.append((own[:-24] - nats[held[:-24], np.arange(24, len(held))])[by_day[:-24]])
        yield f"{right:.0%} of hours", score(np.concatenate(found))


def mast_choice(pairs: Mapping[str, tuple[Floats, Floats]], using: Mapping[str, Table]) -> Iterator[tuple[str, Choice]]:
    """Wind and temperature labels of a mast against the reanalysis, wind's table from even months only."""
    wind, model_wind = pairs["wind"]
    warm, model_warm = pairs["temperature"]
    month = np.array([(MAST_START + at * HOUR).month for at in range(len(wind))])
    n_states = len(EDGES["wind"]) + 1
    seen, shown = (bins_of("wind", np.where(month % 2 == 0, values, np.nan)) for values in (wind, model_wind))
    table = Table(fit_transition([seen], n_states), {"model": count_pairs([seen], [shown], n_states)}, "even months")
    fitted = {**using, "wind": table}
    odd = month % 2 == 1
    hours = [
        WeatherHour(
            MAST_START + at * HOUR,
            temperature_c=None if np.isnan(model_warm[at]) else float(model_warm[at]),
            wind_speed_m_s=None if np.isnan(model_wind[at]) else float(model_wind[at]),
        )
        for at in range(len(wind))
    ]
    record = seen_record(hours, "model", MADE, None)
    series = {"wind": wind, "temperature": warm}
    for name, families in (("wind", ("wind",)), ("temperature", ("temperature",)), ("both", ("wind", "temperature"))):
        for lag in (1, 7):
            nats = next_days(series, record, MAST_START, odd, lag, fitted, families)
            yield f"{name}, {lag} day{'s' if lag > 1 else ''} later", score(nats)
