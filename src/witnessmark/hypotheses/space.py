"""What is weighed: a place x time grid and named alternatives outside it, with their prior masses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.logs import log_sum, uniform
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.plain import Plain, canonical


@dataclass(frozen=True, slots=True)
class Alternative:
    """A named possibility off the grid, such as footage older than the time axis.

    Attributes
    ----------
    name : str
        Key used in likelihoods, such as "older-footage" or "elsewhere".
    statement : str
        One sentence a reader understands.
    prior : float
        Prior probability, 0 < prior < 1.
    """

    name: str
    statement: str
    prior: float

    def __post_init__(self) -> None:
        if not 0.0 < self.prior < 1.0:
            raise BadInputError(
                f"The alternative '{self.name}' has a prior of {self.prior}.", "Give a probability between 0 and 1."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """The shared space over which every finding is a log-likelihood.

    Attributes
    ----------
    places : PlaceGrid
    times : TimeAxis
    alternatives : tuple of Alternative
        Their priors plus the grid's prior mass make 1.
    log_prior_place_nats : ndarray of float64, shape (n_places,), or None for uniform
        Normalised on the grid [nats].
    log_prior_time_nats : ndarray of float64, shape (n_instants,), or None for uniform
    """

    places: PlaceGrid
    times: TimeAxis
    alternatives: tuple[Alternative, ...] = ()
    log_prior_place_nats: NDArray[np.float64] | None = None
    log_prior_time_nats: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        names = [alternative.name for alternative in self.alternatives]
        if len(set(names)) != len(names):
            raise BadInputError(f"Alternatives are named twice: {names}.", "Give each its own name.")
        if self.grid_prior <= 0.0:
            raise BadInputError(
                "The alternatives' priors leave nothing for the place x time grid.", "Make them sum to less than 1."
            )
        _check_prior("place", self.log_prior_place_nats, self.places.n_places)
        _check_prior("time", self.log_prior_time_nats, self.times.n_instants)

    @property
    def grid_prior(self) -> float:
        """Prior probability that the truth lies on the grid."""
        return 1.0 - sum(alternative.prior for alternative in self.alternatives)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_places, n_instants)."""
        return self.places.n_places, self.times.n_instants

    def place_prior_nats(self) -> NDArray[np.float64]:
        """Log prior of each place given the grid [nats], shape (n_places,); uniform where none was given."""
        return uniform(self.places.n_places) if self.log_prior_place_nats is None else self.log_prior_place_nats

    def time_prior_nats(self) -> NDArray[np.float64]:
        """Log prior of each instant given the grid [nats], shape (n_instants,); uniform where none was given."""
        return uniform(self.times.n_instants) if self.log_prior_time_nats is None else self.log_prior_time_nats

    def summary(self) -> dict[str, Plain]:
        """The space in plain values, for case.json: axes, bounds, alternatives and priors, without the arrays."""
        places, times = self.places, self.times
        rows, columns = places.shape
        return {
            "places": {
                "crs": places.crs,
                "spacing_m": places.spacing_m,
                "rows": rows,
                "columns": columns,
                "x_m": [float(places.x_m[0]), float(places.x_m[-1])],
                "y_m": [float(places.y_m[0]), float(places.y_m[-1])],
                "lat_deg": [round(float(bound), 6) for bound in (places.lat_deg.min(), places.lat_deg.max())],
                "lon_deg": [round(float(bound), 6) for bound in (places.lon_deg.min(), places.lon_deg.max())],
                "area_km2": places.n_places * places.cell_area_km2,
                "prior": "uniform" if self.log_prior_place_nats is None else "given",
            },
            "times": {
                "start": times.at(0).isoformat().replace("+00:00", "Z"),
                "end": times.end.isoformat().replace("+00:00", "Z"),
                "step_s": times.step_s,
                "n_instants": times.n_instants,
                "prior": "uniform" if self.log_prior_time_nats is None else "given",
            },
            "alternatives": [
                {"name": alternative.name, "statement": alternative.statement, "prior": alternative.prior}
                for alternative in self.alternatives
            ],
            "grid_prior": self.grid_prior,
        }

    def digest(self) -> str:
        """SHA-256 (hexadecimal) that names the space: of its canonical summary, cell centres and priors.

        Latitudes and longitudes enter through their bounds in the summary only: they follow from `crs` and the cell
        centres, and their last bits differ between versions of PROJ.
        """
        running = hashlib.sha256(canonical(self.summary()))
        for array in (self.places.x_m, self.places.y_m, self.log_prior_place_nats, self.log_prior_time_nats):
            raw = b"" if array is None else np.ascontiguousarray(array, dtype="<f8").tobytes()
            running.update(len(raw).to_bytes(8, "big") + raw)
        return running.hexdigest()


def _check_prior(axis: str, log_prior_nats: NDArray[np.float64] | None, n: int) -> None:
    """Refuse a prior that does not fit its axis or does not sum to 1."""
    if log_prior_nats is None:
        return
    if log_prior_nats.shape != (n,) or log_prior_nats.dtype != np.float64:
        raise BadInputError(
            f"A {axis} prior of shape {log_prior_nats.shape} and type {log_prior_nats.dtype} does not fit {n} cells.",
            "Give one float64 value a cell.",
        )
    total = log_sum(log_prior_nats)
    if not abs(total) < 1e-6:
        raise BadInputError(
            f"The {axis} prior's probabilities sum to exp({total}), not to 1.",
            "Pass it through witnessmark.hypotheses.logs.normalised first.",
        )
