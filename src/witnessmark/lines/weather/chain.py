"""A persistent state behind an imperfect hourly record: forward and backward through a hidden Markov chain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bins = NDArray[np.int64]
PRIOR_HOURS = 240.0
"""How many hours of a record outweigh the climate that the chain was fitted in; stated."""
ROUNDS = 2
BALANCING = 50


def smooth(record: Bins, emission: Floats, transition: Floats, stationary: Floats, power: float) -> Floats:
    """Probability of each state in each hour given the whole record.

    Parameters
    ----------
    record : ndarray of int, shape (n_hours,)
        Which bin the record shows; -1 where it has no value, which tells nothing.
    emission : ndarray of float64, shape (n_states, n_bins)
        P(bin shown | state).
    transition : ndarray of float64, shape (n_states, n_states)
        P(state an hour later | state).
    stationary : ndarray of float64, shape (n_states,)
    power : float
        The emission's exponent, 0-1: errors of a record persist, so its hours are worth less than independent ones.

    Returns
    -------
    ndarray of float64, shape (n_hours, n_states)

    Notes
    -----
    Forward-backward recursion, scaled in each hour (Rabiner 1989, doi:10.1109/5.18626).
    """
    n_hours, n_states = len(record), len(stationary)
    likely = np.ones((n_hours, n_states))
    held = record >= 0
    likely[held] = (emission[:, record[held]].T) ** power
    forward, backward = np.empty((n_hours, n_states)), np.ones((n_hours, n_states))
    ahead = stationary
    for hour in range(n_hours):
        now = ahead * likely[hour]
        now /= now.sum()
        forward[hour] = now
        ahead = now @ transition
    for hour in range(n_hours - 2, -1, -1):
        later = transition @ (likely[hour + 1] * backward[hour + 1])
        backward[hour] = later / later.sum()
    together = forward * backward
    return np.asarray(together / together.sum(axis=1, keepdims=True))


def bent(transition: Floats, stationary: Floats, wanted: Floats) -> Floats:
    """The chain nearest to one chain that has another's long-run shares: flows are balanced row by column.

    Iterative proportional fitting (Deming & Stephan 1940, doi:10.1214/aoms/1177731829).

    Examples
    --------
    >>> chain, wanted = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0.5, 0.5])
    >>> np.round(wanted @ bent(chain, np.array([0.75, 0.25]), wanted), 6).tolist()
    [0.5, 0.5]
    """
    flow = stationary[:, None] * transition
    for _ in range(BALANCING):
        flow = flow * (wanted / flow.sum(axis=0))[None, :]
        flow = flow * (wanted / flow.sum(axis=1))[:, None]
    return np.asarray(flow / flow.sum(axis=1, keepdims=True))


def long_run(transition: Floats) -> Floats:
    """Shares of the states in the long run, shape (n_states,)."""
    values, vectors = np.linalg.eig(transition.T)
    shares = np.abs(np.real(vectors[:, int(np.argmax(np.real(values)))]))
    return np.asarray(shares / shares.sum())


def in_climate(record: Bins, emission: Floats, transition: Floats, power: float) -> tuple[Floats, Floats]:
    """States smoothed with a chain that is bent to the record's own climate.

    Returns
    -------
    (probabilities, shares)
        Shapes (n_hours, n_states) and (n_states,): the second is what an hour without any record comes to.
    """
    stationary = long_run(transition)
    shares, chain = stationary, transition
    held = record >= 0
    found = smooth(record, emission, chain, shares, power)
    for _ in range(ROUNDS):
        shares = (PRIOR_HOURS * stationary + found[held].sum(axis=0)) / (PRIOR_HOURS + np.count_nonzero(held))
        chain = bent(transition, stationary, shares)
        found = smooth(record, emission, chain, shares, power)
    return found, shares


def persistent(record: Bins, right: float, stay_hours: float, hours_an_errand: float) -> tuple[Floats, Floats, float]:
    """Two states that last, behind a record whose share of right hours is learnt from how it flickers.

    Parameters
    ----------
    record : ndarray of int, shape (n_hours,)
        0 or 1; -1 where it has no value.
    right : float
        Share of the record that is right, as first held.
    stay_hours : float
        How long a state lasts in the mean [h].
    hours_an_errand : float
        So many hours of the record err together and count as one [h].

    Returns
    -------
    (probabilities, shares, right)
        As `in_climate`; and the share of the record held to be right in the end.

    Notes
    -----
    Expectation-maximisation of a symmetric error (Dempster, Laird & Rubin 1977), held by a prior of 20 errands. It
    sees errors that flicker; errors that last as long as the state does it cannot see.
    """
    leave = 1.0 / stay_hours
    transition = np.array([[1.0 - leave, leave], [leave, 1.0 - leave]])
    held = record >= 0
    prior, first = 20.0, right
    errands = np.count_nonzero(held) / hours_an_errand
    found, shares = np.full((len(record), 2), 0.5), np.full(2, 0.5)
    for _ in range(20):
        emission = np.array([[right, 1.0 - right], [1.0 - right, right]])
        found, shares = in_climate(record, emission, transition, 1.0 / hours_an_errand)
        agree = found[np.flatnonzero(held), record[held]].sum() / hours_an_errand
        before, right = right, float(np.clip((prior * first + agree) / (prior + errands), 0.5, 0.99))
        if abs(right - before) < 1e-3:
            break
    return found, shares, right
