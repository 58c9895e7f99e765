"""The time axis: evenly spaced UTC instants, each standing for the step that begins with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Evenly spaced instants in UTC.

    Attributes
    ----------
    start : datetime
        First instant, with an offset; kept in UTC.
    step_s : float
        Distance between instants [s].
    n_instants : int

    Notes
    -----
    A step is one hypothesis: that the truth lies in [instant, instant + step_s). What changes within a step is weighed
    at its middle or by its mean, never at its beginning, which would set every region half a step late.

    Examples
    --------
    >>> axis = TimeAxis(dt.datetime(2022, 9, 13, tzinfo=dt.timezone.utc), 60.0, 3)
    >>> axis.unix_s() - axis.unix_s()[0]
    array([  0.,  60., 120.])
    """

    start: dt.datetime
    step_s: float
    n_instants: int

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise BadInputError(
                f"The time axis starts at {self.start.isoformat()} without a UTC offset.",
                "Write the start with one, such as 2022-09-13T00:00:00Z.",
            )
        if not self.step_s > 0 or self.n_instants < 1:
            raise BadInputError(
                f"A time axis of {self.n_instants} steps of {self.step_s} s holds no time.",
                "Give a positive step in seconds and an end after the start.",
            )
        object.__setattr__(self, "start", self.start.astimezone(dt.UTC))

    @property
    def end(self) -> dt.datetime:
        """End of the last step (exclusive)."""
        return self.start + dt.timedelta(seconds=self.step_s * self.n_instants)

    def unix_s(self) -> NDArray[np.float64]:
        """Instants as seconds since 1970-01-01T00:00:00Z, shape (n_instants,)."""
        return self.start.timestamp() + self.step_s * np.arange(self.n_instants, dtype=np.float64)

    def at(self, index: int) -> dt.datetime:
        """The instant of an index, UTC: where its step begins."""
        return self.start + dt.timedelta(seconds=self.step_s * index)

    def middle(self, index: int) -> dt.datetime:
        """The middle of an index's step, UTC: the one moment to name when a step is meant."""
        return self.start + dt.timedelta(seconds=self.step_s * (index + 0.5))

    def middles_unix_s(self) -> NDArray[np.float64]:
        """Middles of the steps as seconds since 1970-01-01T00:00:00Z, shape (n_instants,)."""
        return self.unix_s() + 0.5 * self.step_s
