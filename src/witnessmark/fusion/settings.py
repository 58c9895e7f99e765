"""What may be set when findings are fused; the defaults lean to saying less."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.rows import BLOCK_ELEMENTS


@dataclass(frozen=True, slots=True)
class FusionSettings:
    """How findings are fused.

    Attributes
    ----------
    shared_input_correlation : float
        0 to 1. How dependent two findings are that share an input; 1 counts two that share everything as one.
    line_correlations : tuple of (line, line, correlation)
        Where dependence was measured, the correlation of two lines' findings that share an input, instead of
        `shared_input_correlation`.
    largest_cap_nats : float
        Every finding is taken to be beside the point with a probability of at least exp of minus this, whatever its
        own cap. Default ln(1 000 000): no line here has been tried on the millions of cases that a smaller
        probability would take. At most 200.
    levels : tuple of float
        Probabilities of the highest-density regions.
    block_elements : int
        Values handled at once by a thread.
    threads : int
        0 for one a core; the results do not depend on it.
    """

    shared_input_correlation: float = 1.0
    line_correlations: tuple[tuple[str, str, float], ...] = ()
    largest_cap_nats: float = math.log(1e6)
    levels: tuple[float, ...] = (0.5, 0.9)
    block_elements: int = BLOCK_ELEMENTS
    threads: int = 0

    def __post_init__(self) -> None:
        correlations = [self.shared_input_correlation, *(entry[2] for entry in self.line_correlations)]
        if not all(0.0 <= correlation <= 1.0 for correlation in correlations):
            raise BadInputError(
                f"Among the correlations {correlations} one is not between 0 and 1.",
                "Give 0 for independent, 1 for the same evidence twice.",
            )
        if not 0.0 < self.largest_cap_nats <= 200.0:
            raise BadInputError(
                f"A largest cap of {self.largest_cap_nats} nats is not between 0 and 200.",
                "Give the natural log of the largest likelihood ratio one finding may reach.",
            )
        if not all(0.0 < level < 1.0 for level in self.levels):
            raise BadInputError(f"The levels {self.levels} are not all between 0 and 1.", "Give such as 0.5 and 0.9.")
        if self.block_elements < 1 or self.threads < 0:
            raise BadInputError(
                f"Blocks of {self.block_elements} values on {self.threads} threads cannot be worked.",
                "Give a positive block size, and 0 threads for one a core.",
            )

    def correlation(self, one: str, other: str) -> float:
        """Correlation of two lines' findings that share an input."""
        for first, second, correlation in self.line_correlations:
            if {first, second} == {one, other}:
                return correlation
        return self.shared_input_correlation

    def workers(self) -> int:
        """Number of threads to use: as set, else the cores this process may use, at most 8."""
        if self.threads:
            return self.threads
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return max(1, min(8, usable))
