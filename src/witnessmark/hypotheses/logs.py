"""Sums of what is kept as logarithms, without losing the small or overflowing on the large."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError


def log_sum(log_values: NDArray[np.float64]) -> float:
    """Natural log of the sum of exponentials; -inf for nothing.

    Parameters
    ----------
    log_values : ndarray of float64, any shape
        Natural logs; -inf is a zero.

    Returns
    -------
    float

    Examples
    --------
    >>> round(log_sum(np.log(np.array([0.25, 0.5]))), 6) == round(float(np.log(0.75)), 6)
    True
    >>> log_sum(np.array([-np.inf, -np.inf]))
    -inf
    """
    if log_values.size == 0:
        return -np.inf
    largest = float(np.max(log_values))
    if not np.isfinite(largest):
        return largest
    return largest + float(np.log(np.sum(np.exp(log_values - largest))))


def normalised(log_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same log-probabilities [nats], shifted so that their exponentials sum to 1.

    Raises
    ------
    BadInputError
        When they hold NaN or +inf, or are all -inf: nothing is left to share out.

    Examples
    --------
    >>> normalised(np.array([0.0, 0.0])).tolist() == np.log([0.5, 0.5]).tolist()
    True
    """
    total = log_sum(np.asarray(log_values, dtype=np.float64))
    if not np.isfinite(total):
        raise BadInputError(
            f"The log-probabilities sum to {total} and cannot be normalised.",
            "Give finite values or -inf, at least one of them finite.",
        )
    shifted: NDArray[np.float64] = np.asarray(log_values, dtype=np.float64) - total
    return shifted


def uniform(n: int) -> NDArray[np.float64]:
    """Log-probabilities [nats] of `n` equally probable hypotheses, shape (n,).

    Raises
    ------
    BadInputError
        When `n` is below 1.
    """
    if n < 1:
        raise BadInputError(f"{n} hypotheses cannot share a probability.", "Give at least one.")
    return np.full(n, -np.log(n), dtype=np.float64)
