"""A finding made ready for fusing: checked against the space, contaminated as its cap says, its shape named."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, ClashError
from witnessmark.fusion.prior import log_mean
from witnessmark.fusion.settings import FusionSettings
from witnessmark.hypotheses.likelihood import Extremes
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Finding


class Shape(enum.Enum):
    """On which axes of the grid a finding varies."""

    NEITHER = "neither"
    PLACE = "place"
    TIME = "time"
    BOTH = "both"


LARGEST_NATS = 600.0
"""No ratio to the mean is taken above exp(600), which double precision still multiplies.

A hypothesis of prior P never lies above 1/P times the mean, and the floors keep P above exp(-300): only what has
no prior at all can be held back by this.
"""

ROUNDING_NATS = 1e-9
"""Differences of logarithms below this are noise of summing."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A finding's likelihood over its prior mean m, contaminated: (1 - eps) L/m + eps, and 0 where it excludes.

    With probability eps the finding is beside the point and as probable under every hypothesis it does not exclude
    (Huber 1964, doi:10.1214/aoms/1177703732, for contamination of a model at rate eps).

    Attributes
    ----------
    finding_id, line : str
    shape : Shape
    values_nats : ndarray of float32, shape (n_places or 1, n_instants or 1)
        As the line gave them.
    log_mean_nats : float
        Log of m: the likelihood's mean over grid and alternatives under the prior.
    cap_nats : float
        The cap that was applied: the line's own or the settings', whichever is less.
    excludes : bool
        True when some grid value is -inf; these stay excluded.
    capped : bool
        True when some hypothesis that is not excluded lies below eps m, so that contamination is most of what it has.
    range_nats : float
        How far the largest contaminated likelihood lies above eps m, below which none is.
    alternatives_nats : ndarray of float64, shape (n_alternatives,)
        Log of the contaminated ratios, in the order of the space.
    """

    finding_id: str
    line: str
    shape: Shape
    values_nats: NDArray[np.float32]
    log_mean_nats: float
    cap_nats: float
    excludes: bool
    capped: bool
    range_nats: float
    alternatives_nats: NDArray[np.float64]

    @property
    def eps(self) -> float:
        """Probability that the finding is beside the point: exp of minus the cap."""
        return math.exp(-self.cap_nats)

    def ratios(self, rows: slice, out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Contaminated likelihood of some rows over its mean, float64: at least eps, or 0 where excluded.

        Parameters
        ----------
        rows : slice
        out : ndarray of float64, optional
            Where to write, of the rows' shape.
        """
        return _contaminated(self.values_nats[rows], self.log_mean_nats, self.cap_nats, self.excludes, out)

    def relative(self, rows: slice) -> NDArray[np.float64]:
        """Log of `ratios` [nats]; -inf where excluded."""
        return logs(self.ratios(rows))

    def vector(self) -> NDArray[np.float64]:
        """`relative` of all rows as one vector, for a finding that does not vary on both axes."""
        return self.relative(slice(None)).reshape(-1)


def logs(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logs, with -inf for zero."""
    out = np.full(values.shape, -np.inf)
    np.log(values, out=out, where=values > 0.0)
    return out


def prepare(
    findings: Sequence[tuple[str, Finding]], over: Hypotheses, settings: FusionSettings
) -> tuple[Prepared, ...]:
    """Check findings and find their means, reading each table twice, several at a time.

    Returns
    -------
    tuple of Prepared
        In the order of the findings.

    Raises
    ------
    ClashError
        When a finding is handed in twice.
    BadInputError
        When a finding does not fit the space or its cap is not a size.
    """
    ids = [finding_id for finding_id, _ in findings]
    if len(set(ids)) != len(ids):
        twice = sorted({finding_id for finding_id in ids if ids.count(finding_id) > 1})
        raise ClashError(f"The findings {twice} are handed in twice.", "Fuse each finding once.")
    for finding_id, finding in findings:
        if not finding.cap_nats >= 0.0:
            raise BadInputError(
                f"Finding '{finding_id}' has a cap of {finding.cap_nats} nats.",
                "A line gives the largest log-likelihood ratio its measured error rates support, 0 or above.",
            )
    with ThreadPoolExecutor(settings.workers()) as pool:
        found = list(pool.map(lambda entry: entry[1].log_likelihood.check(over), findings))
    return tuple(
        _prepare(finding_id, finding, extremes, over, settings)
        for (finding_id, finding), extremes in zip(findings, found, strict=True)
    )


def _prepare(finding_id: str, finding: Finding, grid: Extremes, over: Hypotheses, settings: FusionSettings) -> Prepared:
    """One finding, with the range of its table already known."""
    likelihood = finding.log_likelihood
    alternatives = np.array([likelihood.alternatives_nats[entry.name] for entry in over.alternatives], dtype=np.float64)
    largest = max(grid.largest, float(np.max(alternatives, initial=-np.inf)))
    finite = alternatives[np.isfinite(alternatives)]
    smallest = min(grid.smallest, float(np.min(finite, initial=math.inf)))
    mean = log_mean(
        likelihood.values_nats,
        alternatives,
        over,
        block_elements=settings.block_elements,
        workers=settings.workers(),
    )
    if mean == -np.inf:  # all that is not excluded has no prior: whatever it is taken against, nothing is left
        mean = largest
    cap = min(finding.cap_nats, settings.largest_cap_nats)
    top = float(_contaminated(np.array([largest]), mean, cap, excludes=False)[0])
    rows, columns = likelihood.values_nats.shape
    shape = {
        (True, True): Shape.BOTH,
        (True, False): Shape.PLACE,
        (False, True): Shape.TIME,
        (False, False): Shape.NEITHER,
    }[rows > 1, columns > 1]
    return Prepared(
        finding_id=finding_id,
        line=finding.line,
        shape=shape,
        values_nats=likelihood.values_nats,
        log_mean_nats=mean,
        cap_nats=cap,
        excludes=grid.excludes,
        capped=smallest - mean < -cap - ROUNDING_NATS,
        range_nats=math.log(top) + cap,
        alternatives_nats=logs(_contaminated(alternatives, mean, cap, excludes=True)),
    )


def _contaminated(
    log_values: NDArray[np.float32] | NDArray[np.float64],
    log_mean_nats: float,
    cap_nats: float,
    excludes: bool,
    out: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """(1 - eps) L/m + eps with eps = exp(-cap); 0 where L is 0, which is looked for only when `excludes`."""
    if out is None:
        out = np.empty(log_values.shape, dtype=np.float64)
    sound = -math.expm1(-cap_nats)  # 1 - eps
    shift = log_mean_nats - math.log(sound) if sound > 0.0 else math.inf
    np.subtract(log_values, shift, out=out, dtype=np.float64)
    np.minimum(out, LARGEST_NATS, out=out)
    np.exp(out, out=out)
    np.add(out, math.exp(-cap_nats), out=out)
    if excludes:
        np.copyto(out, 0.0, where=np.isneginf(log_values))
    return out
