"""A persistent state behind an imperfect hourly record: forward and backward through a hidden Markov chain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bins = NDArray[np.int64]
PRIOR_ERRANDS = 20.0
"""How many steps of a record outweigh what is held of it beforehand. Stated."""
ROUNDS = 2
BALANCING = 50
MOST_ROUNDS, ENOUGH, SUREST = 20, 1e-3, 0.99


def likelihoods(record: Bins, emission: Floats, power: float) -> Floats:
    """P(what the record shows | state) to a power; 1 where it shows nothing.

    Parameters
    ----------
    record : ndarray of int, shape (n_hours,)
        Which bin the record shows; -1 where it has no value.
    emission : ndarray of float64, shape (n_states, n_bins)
        P(bin shown | state).
    power : float
        0-1: errors of a record persist, so its hours are worth less than independent ones.

    Returns
    -------
    ndarray of float64, shape (n_hours, n_states)
    """
    likely = np.ones((len(record), len(emission)))
    held = record >= 0
    likely[held] = (emission[:, record[held]].T) ** power
    return likely


def smooth(likely: Floats, transition: Floats, stationary: Floats) -> Floats:
    """Probability of each state in each step given the whole record.

    Parameters
    ----------
    likely : ndarray of float64, shape (n_steps, n_states)
        P(what the record shows | state).
    transition : ndarray of float64, shape (n_states, n_states)
        P(state a step later | state).
    stationary : ndarray of float64, shape (n_states,)

    Returns
    -------
    ndarray of float64, shape (n_steps, n_states)

    Notes
    -----
    Forward-backward recursion, scaled in each step (Rabiner 1989, doi:10.1109/5.18626).
    """
    forward, backward = np.empty(likely.shape), np.ones(likely.shape)
    ahead = stationary
    for step, chance in enumerate(likely):
        now = ahead * chance
        now /= now.sum()
        forward[step] = now
        ahead = now @ transition
    for step in range(len(likely) - 2, -1, -1):
        later = transition @ (likely[step + 1] * backward[step + 1])
        backward[step] = later / later.sum()
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


def in_climate(
    likely: Floats, held: NDArray[np.bool_], transition: Floats, prior_steps: float
) -> tuple[Floats, Floats]:
    """States smoothed with a chain that is bent to the record's own climate.

    Parameters
    ----------
    likely : ndarray of float64, shape (n_steps, n_states)
    held : ndarray of bool, shape (n_steps,)
        Steps in which the record shows something.
    transition : ndarray of float64, shape (n_states, n_states)
    prior_steps : float
        How many steps of a record outweigh the climate that the chain was fitted in.

    Returns
    -------
    (probabilities, shares)
        Shapes (n_steps, n_states) and (n_states,): the second is what a step without any record comes to.
    """
    stationary = long_run(transition)
    shares = stationary
    found = smooth(likely, transition, shares)
    for _ in range(ROUNDS):
        shares = (prior_steps * stationary + found[held].sum(axis=0)) / (prior_steps + np.count_nonzero(held))
        found = smooth(likely, bent(transition, stationary, shares), shares)
    return found, shares


def persistent(share: Floats, right: float, stay_steps: float) -> tuple[Floats, Floats, float]:
    """Two states that last, behind a record whose share of right steps is learnt from how it flickers.

    Parameters
    ----------
    share : ndarray of float64, shape (n_steps,)
        How much of a step shows the second state, 0-1; NaN where the record shows nothing.
    right : float
        Share of the record that is right, as first held.
    stay_steps : float
        How long a state lasts in the mean.

    Returns
    -------
    (probabilities, shares, right)
        As `in_climate`; and the share of the record held to be right in the end.

    Notes
    -----
    Expectation-maximisation of a symmetric error (Dempster, Laird & Rubin 1977), held by a prior of 20 steps. It
    sees errors that flicker; errors that last as long as the state does it cannot see.
    """
    leave = 1.0 / stay_steps
    transition = np.array([[1.0 - leave, leave], [leave, 1.0 - leave]])
    held = ~np.isnan(share)
    second = np.where(held, share, 0.0)
    agrees = np.stack([1.0 - second, second], axis=1)
    first = right
    found, shares = np.full(agrees.shape, 0.5), np.full(2, 0.5)
    for _ in range(MOST_ROUNDS):
        likely = np.where(held[:, None], right**agrees * (1.0 - right) ** (1.0 - agrees), 1.0)
        found, shares = in_climate(likely, held, transition, PRIOR_ERRANDS)
        agree = float(np.sum((found * agrees)[held]))
        before = right
        right = (PRIOR_ERRANDS * first + agree) / (PRIOR_ERRANDS + np.count_nonzero(held))
        right = float(np.clip(right, 0.5, SUREST))
        if abs(right - before) < ENOUGH:
            break
    return found, shares, right
