"""How honest the lines were about one incident: claims for and against the truth, regions, and what tempering does."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np
from benchmarks.calibration_lab.analyst import Examined
from benchmarks.calibration_lab.incidents import Incident
from numpy.typing import NDArray
from pyproj import Transformer

from witnessmark.fusion import ClaimRegion, fuse
from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Finding

TEMPERS = (0.25, 0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)
"""Exponents of a line's likelihood that are tried."""
AROUND_M, AROUND_MIN = 750.0, 60.0
"""Half of what a claim of place spans, and a claim of time."""
OTHERS = 3
"""False claims beside each true one."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pair:
    """A true claim against a false one.

    Attributes
    ----------
    kind : str
        place | hour | day
    line : str
        Or "fused".
    log10_lr : tuple of float
        True against false, one for each of `TEMPERS`; of "fused" one value.
    """

    kind: str
    line: str
    log10_lr: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One incident.

    Attributes
    ----------
    name, country : str
    bits : mapping of line to float
        What each tells alone.
    abstained : tuple of str
    place50, place90, time50, time90 : bool
        Whether the fused regions hold the truth.
    km2, minutes : float
        Of the 90 % regions.
    off_km, off_min : float
        From the truth to the best cell and the middle of the best step.
    gained : mapping of line to tuple of float
        Bits a line alone gains about the truth at each of `TEMPERS`: log2 of what it makes of the prior there.
    pairs : tuple of Pair
    stated : tuple of (probability, true)
        What the fused posterior says of single claims, each against the rest of the space.
    cpu_s : float
    """

    name: str
    country: str
    bits: Mapping[str, float]
    abstained: tuple[str, ...]
    place50: bool
    place90: bool
    time50: bool
    time90: bool
    km2: float
    minutes: float
    off_km: float
    off_min: float
    gained: Mapping[str, tuple[float, ...]]
    pairs: tuple[Pair, ...]
    stated: tuple[tuple[float, bool], ...]
    cpu_s: float

    def plain(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@lru_cache(maxsize=4)
def _to_metres(crs: str) -> Transformer:
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True)


def truth_of(incident: Incident, over: Hypotheses) -> tuple[int, int, float, float]:
    """The cell and the step that hold the truth, and its place in the grid's metres."""
    grid = over.places
    x, y = _to_metres(grid.crs).transform(incident.lon_deg, incident.lat_deg)
    column = int(np.clip(round((x - grid.x_m[0]) / grid.spacing_m), 0, len(grid.x_m) - 1))
    row = int(np.clip(round((y - grid.y_m[0]) / grid.spacing_m), 0, len(grid.y_m) - 1))
    instant = int((incident.at - over.times.start).total_seconds() // over.times.step_s)
    return row * len(grid.x_m) + column, instant, float(x), float(y)


def tempered(findings: Mapping[str, Finding], exponents: Mapping[str, float]) -> dict[str, Finding]:
    """The findings with their likelihoods raised to an exponent a line; 1 where none is given."""
    made = {}
    for line, finding in findings.items():
        power = exponents.get(line, 1.0)
        values = finding.log_likelihood.values_nats
        others = {name: power * nats for name, nats in finding.log_likelihood.alternatives_nats.items()}
        made[line] = replace(finding, log_likelihood=LogLikelihood(values * np.float32(power), others))
    return made


def score(incident: Incident, found: Examined, exponents: Mapping[str, float], cpu_s: float) -> Row:
    """Fuse and compare with the truth.

    Parameters
    ----------
    incident : Incident
    found : Examined
    exponents : mapping of line to float
        From another half of the incidents; empty for the lines as they are.
    cpu_s : float
    """
    over = found.over
    findings = tempered(found.findings, exponents)
    cell, instant, x, y = truth_of(incident, over)
    true, false = _claims(incident, over, x, y, instant)
    regions = [
        ClaimRegion(f"{kind}-{number}", place, time)
        for kind in true
        for number, (place, time) in enumerate([true[kind], *false[kind]])
    ]
    told = fuse(sorted(findings.items()), over, regions)
    standing = {each.claim_id: each for each in told.standings}
    pairs: list[Pair] = []
    stated: list[tuple[float, bool]] = []
    for kind in true:
        for number, wrong in enumerate(false[kind]):
            for line, finding in findings.items():
                ratios = tuple(_log10_lr(finding, power, true[kind], wrong) for power in TEMPERS)
                if max(ratios) - min(ratios) > 1e-9 or abs(ratios[0]) > 1e-9:
                    pairs.append(Pair(kind, line, ratios))
            one, other = standing[f"{kind}-0"], standing[f"{kind}-{number + 1}"]
            after = _log10(one.posterior) - _log10(other.posterior)
            before = _log10(one.prior) - _log10(other.prior)
            pairs.append(Pair(kind, "fused", (after - before,)))
            both = one.posterior / one.prior + other.posterior / other.prior
            share = one.posterior / one.prior / both if both > 0.0 else 0.5
            # of two claims one is asked for, which by a coin that the truth has no part in
            asked = zlib.crc32(f"{incident.name}/{kind}/{number}".encode()) % 2 == 0
            stated.append((share if asked else 1.0 - share, asked))
    grid = over.places
    best = int(np.argmax(told.posterior_place))
    row, column = divmod(best, len(grid.x_m))
    off_km = math.hypot(float(grid.x_m[column]) - x, float(grid.y_m[row]) - y) / 1000.0
    place = {region.probability: region for region in told.regions_place}
    time = {region.probability: region for region in told.regions_time}

    def holds(probability: float) -> bool:
        return any(first <= incident.at < last for first, last in time[probability].intervals)

    return Row(
        name=incident.name,
        country=incident.country,
        bits={share.line: share.bits for share in told.shares},
        abstained=tuple(f"{line}: {reason}" for line, reason in sorted(found.abstained.items())),
        place50=bool(place[0.5].mask[cell]),
        place90=bool(place[0.9].mask[cell]),
        time50=holds(0.5),
        time90=holds(0.9),
        km2=place[0.9].area_km2,
        minutes=time[0.9].minutes,
        off_km=off_km,
        off_min=abs((over.times.middle(int(np.argmax(told.posterior_time))) - incident.at).total_seconds()) / 60.0,
        gained={
            line: tuple(_gained_bits(finding, power, cell, instant) for power in TEMPERS)
            for line, finding in findings.items()
        },
        pairs=tuple(pairs),
        stated=tuple(stated),
        cpu_s=cpu_s,
    )


def _claims(
    incident: Incident, over: Hypotheses, x: float, y: float, instant: int
) -> tuple[dict[str, tuple[Mask | None, Mask | None]], dict[str, list[tuple[Mask | None, Mask | None]]]]:
    """True and false claims of place, of the hour of the true day, and of the day with the clock unknown."""
    rng = np.random.default_rng(zlib.crc32(incident.name.encode()))
    grid, step_min = over.places, over.times.step_s / 60.0
    east, north = (part.ravel() for part in np.meshgrid(grid.x_m, grid.y_m))
    index = np.arange(over.times.n_instants)
    day = round(1440.0 / step_min)

    def near(at_x: float, at_y: float) -> Mask:
        return np.asarray((np.abs(east - at_x) <= AROUND_M) & (np.abs(north - at_y) <= AROUND_M))

    def window(at: int) -> Mask:
        return np.asarray(np.abs(index - at) * step_min <= AROUND_MIN)

    # the truth lies anywhere in what claims it, not in its middle
    shift = rng.uniform(-0.7, 0.7, 3) * [AROUND_M, AROUND_M, AROUND_MIN / step_min]
    first_day = instant - int(rng.integers(0, day))
    days = [n for n in range(-9, 10) if n and first_day + n * day >= 0 and first_day + (n + 1) * day <= index.size]
    true: dict[str, tuple[Mask | None, Mask | None]] = {
        "place": (near(x + shift[0], y + shift[1]), None),
        "hour": (None, window(instant + round(shift[2]))),
    }
    false: dict[str, list[tuple[Mask | None, Mask | None]]] = {"place": [], "hour": []}
    while len(false["place"]) < OTHERS:
        other = rng.uniform(grid.x_m[0], grid.x_m[-1]), rng.uniform(grid.y_m[0], grid.y_m[-1])
        if max(abs(other[0] - x), abs(other[1] - y)) > 3.0 * AROUND_M:
            false["place"].append((near(*other), None))
    while len(false["hour"]) < OTHERS:
        away = int(rng.integers(int(3 * AROUND_MIN / step_min), day // 2)) * int(rng.choice([-1, 1]))
        if 0 <= instant + away < index.size:
            false["hour"].append((None, window(instant + away)))
    if days and first_day >= 0 and first_day + day <= index.size:
        true["day"] = (None, (index >= first_day) & (index < first_day + day))
        chosen = rng.permutation(days)[:OTHERS]
        false["day"] = [
            (None, (index >= first_day + n * day) & (index < first_day + (n + 1) * day)) for n in chosen.tolist()
        ]
    return true, false


def _log10_lr(
    finding: Finding,
    power: float,
    one: tuple[Mask | None, Mask | None],
    other: tuple[Mask | None, Mask | None],
) -> float:
    """Likelihood ratio of two parts of the grid by one finding, held by its cap as fusing holds it."""
    values = finding.log_likelihood.values_nats.astype(np.float64) * power
    top = float(np.max(values))
    likelihood = np.exp(values - top)
    beside = math.exp(-finding.cap_nats)
    mean = float(likelihood.mean())

    def held(claim: tuple[Mask | None, Mask | None]) -> float:
        place, time = claim
        part = likelihood
        if place is not None and part.shape[0] > 1:
            part = part[place]
        if time is not None and part.shape[1] > 1:
            part = part[:, time]
        return (1.0 - beside) * float(part.mean()) + beside * mean

    return math.log10(held(one) / held(other))


def _gained_bits(finding: Finding, power: float, cell: int, instant: int) -> float:
    """Likelihood of the truth over the grid's mean, held by the cap [bits]: what a proper score rewards."""
    values = finding.log_likelihood.values_nats.astype(np.float64) * power
    top = float(np.max(values))
    at = values[min(cell, values.shape[0] - 1), min(instant, values.shape[1] - 1)]
    beside = math.exp(-finding.cap_nats)
    return math.log2((1.0 - beside) * math.exp(at - top) / float(np.exp(values - top).mean()) + beside)


def _log10(probability: float) -> float:
    return math.log10(max(probability, 1e-300))
