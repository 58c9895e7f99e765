"""A finding made ready for fusing: checked against the space, held to its cap, its shape named."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, ClashError
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


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A finding's log-likelihood relative to its largest value over grid and alternatives together, capped.

    Attributes
    ----------
    finding_id, line : str
    shape : Shape
    values_nats : ndarray of float32, shape (n_places or 1, n_instants or 1)
        As the line gave them.
    largest_nats, floor_nats : float
        Largest value anywhere, and that less the cap; finite values below the floor are raised to it.
    cap_nats : float
        The cap that was applied: the line's own or the settings', whichever is less.
    excludes : bool
        True when some grid value is -inf; these stay excluded.
    capped : bool
        True when some finite value lay below the floor.
    alternatives_nats : ndarray of float64, shape (n_alternatives,)
        Relative and capped, in the order of the space.
    """

    finding_id: str
    line: str
    shape: Shape
    values_nats: NDArray[np.float32]
    largest_nats: float
    floor_nats: float
    cap_nats: float
    excludes: bool
    capped: bool
    alternatives_nats: NDArray[np.float64]

    def relative(self, rows: slice, out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Capped relative log-likelihood of some rows [nats], float64: 0 at best, -cap at worst, or -inf.

        Parameters
        ----------
        rows : slice
        out : ndarray of float64, optional
            Where to write, of the rows' shape.
        """
        raw = self.values_nats[rows]
        if out is None:
            out = np.empty(raw.shape, dtype=np.float64)
        np.subtract(raw, self.largest_nats, out=out, dtype=np.float64)
        if self.capped or self.excludes:
            np.maximum(out, -self.cap_nats, out=out)
        if self.excludes:
            np.copyto(out, -np.inf, where=np.isneginf(raw))
        return out

    def vector(self) -> NDArray[np.float64]:
        """`relative` of all rows as one vector, for a finding that does not vary on both axes."""
        return self.relative(slice(None)).reshape(-1)


def prepare(
    findings: Sequence[tuple[str, Finding]], over: Hypotheses, settings: FusionSettings
) -> tuple[Prepared, ...]:
    """Check and cap findings, reading each table once, several at a time.

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
    cap = min(finding.cap_nats, settings.largest_cap_nats)
    floor = largest - cap
    finite = alternatives[np.isfinite(alternatives)]
    smallest = min(grid.smallest, float(np.min(finite, initial=math.inf)))
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
        largest_nats=largest,
        floor_nats=floor,
        cap_nats=cap,
        excludes=grid.excludes,
        capped=smallest < floor,
        alternatives_nats=np.where(np.isneginf(alternatives), -np.inf, np.maximum(alternatives, floor) - largest),
    )
