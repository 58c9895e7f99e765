"""What was read through a provider, remembered: each file or response becomes a capture of the case."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.providers.contract import ElevationProvider, Elevations, Reading


@dataclass(slots=True)
class Noted:
    """An elevation provider that remembers what was read through it.

    Attributes
    ----------
    asked : ElevationProvider
    resolution_m : float
        Of the coarsest data read so far.
    """

    asked: ElevationProvider
    resolution_m: float = 0.0
    _readings: dict[tuple[str, bytes], Reading] = field(default_factory=dict)
    _datums: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """That of the provider."""
        return self.asked.name

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        """Its heights."""
        found = self.asked.heights(lat_deg, lon_deg)
        with self._lock:
            for reading in found.readings:
                self._readings[reading.source, bytes(reading.sha256)] = reading
            if found.readings:
                self._datums |= set(found.vertical_datum.split(" and "))
                self.resolution_m = max(self.resolution_m, found.resolution_m or 0.0)
        return found

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was read, in order of its name."""
        with self._lock:
            return tuple(self._readings[key] for key in sorted(self._readings))

    @property
    def vertical_datum(self) -> str:
        """Of what was read."""
        return " and ".join(sorted(self._datums)) or "not stated"

    def state(self) -> str:
        """That of the provider; empty when it has none."""
        return str(self.asked.state()) if hasattr(self.asked, "state") else ""

    def close(self) -> None:
        """Close the provider, when it can be closed."""
        if hasattr(self.asked, "close"):
            self.asked.close()
