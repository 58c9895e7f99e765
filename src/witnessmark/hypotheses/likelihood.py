"""A finding's weight: log-likelihood over the grid, a missing axis of length 1, and over the alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.space import Hypotheses


@dataclass(frozen=True, slots=True, eq=False)
class LogLikelihood:
    """Natural-log likelihood of what was seen, one value a hypothesis, up to one common constant.

    Attributes
    ----------
    values_nats : ndarray of float32, shape (n_places or 1, n_instants or 1)
        An axis of length 1 means: the same for all. May be a read-only memory map. -inf excludes; NaN and +inf
        are refused by `check`.
    alternatives_nats : mapping of str to float
        On the same scale, one for every alternative of the space.
    """

    values_nats: NDArray[np.float32]
    alternatives_nats: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def check(self, over: Hypotheses) -> None:
        """Refuse a likelihood that does not fit the space.

        Raises
        ------
        BadInputError
            For a wrong shape or type, NaN or +inf, everything excluded, or an alternative left out.
        """
        n_places, n_instants = over.shape
        if self.values_nats.dtype != np.float32 or self.values_nats.ndim != 2:
            raise BadInputError(
                f"A log-likelihood came as {self.values_nats.dtype} with {self.values_nats.ndim} axes.",
                "Give float32 values of shape (places or 1, instants or 1).",
            )
        rows, columns = self.values_nats.shape
        if rows not in (1, n_places) or columns not in (1, n_instants):
            raise BadInputError(
                f"A log-likelihood of shape {(rows, columns)} does not fit {n_places} places x {n_instants} instants.",
                "Weigh over the hypotheses that are handed in; a missing axis has length 1.",
            )
        largest = float(np.max(self.values_nats))  # NaN propagates
        if not np.isfinite(largest):
            raise BadInputError(
                f"The largest log-likelihood on the grid is {largest}.",
                "NaN and +inf are never a likelihood, and a finding may not exclude every place and time.",
            )
        missing = {alternative.name for alternative in over.alternatives} - set(self.alternatives_nats)
        if missing:
            raise BadInputError(
                f"A log-likelihood says nothing of the alternatives {sorted(missing)}.",
                "Every finding weighs every alternative; one that cannot tell gives the grid's mean likelihood.",
            )
        if any(np.isnan(nats) or nats == np.inf for nats in self.alternatives_nats.values()):
            raise BadInputError("An alternative's log-likelihood is NaN or +inf.", "Give a finite value or -inf.")
