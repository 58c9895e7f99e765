"""The sound of a recording as samples that can be read anywhere in it, however long it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.media.records import Broken, Limits

RATE_HZ = 16_000
SAMPLE_BYTES = 2
MOST_SOUND_S = 12 * 3600.0
"""Longer sound is heard up to here, and the answer says so."""
LIMITS = Limits(cpu_s=3600.0, wall_s=7200.0, max_sound_s=MOST_SOUND_S)


class Recorded:
    """Decoded sound, 16 kHz mono, in an unnamed file on the disk: 115 MB an hour, gone when it is closed.

    Parameters
    ----------
    path : Path
    folder : Path or None
        Where the file is held; the system's folder for temporary files unless given.
    limits : Limits
    progress : callable (done from 0 to 1, what), optional

    Attributes
    ----------
    count : int
        Samples.
    start_s : float
        Presentation time of the first [s].
    broken : Broken or None
        Why there is no sound, or why it ends early.
    warnings : tuple of str
    """

    def __init__(
        self,
        path: Path,
        folder: Path | None = None,
        limits: Limits = LIMITS,
        progress: Callable[[float, str], None] | None = None,
    ) -> None:
        self._held = ExitStack()
        self._file = self._held.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - closed on exit
        self.count, self.start_s = 0, 0.0
        self.warnings: tuple[str, ...] = ()
        self.broken: Broken | None = None
        heard = media.hear(path, self._take, limits, progress)
        self._file.flush()
        if isinstance(heard, Broken):
            self.count, self.broken = 0, heard
        else:
            self.start_s, self.broken, self.warnings = heard.start_s, heard.stopped, heard.warnings

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @property
    def duration_s(self) -> float:
        """How much sound there is [s]."""
        return self.count / RATE_HZ

    def between(self, start_s: float, end_s: float) -> NDArray[np.float32]:
        """Samples of a span, counted from the first sample [s]; what lies outside is left out.

        Returns
        -------
        ndarray of float32, shape (n,)
        """
        first, last = max(0, round(start_s * RATE_HZ)), min(self.count, round(end_s * RATE_HZ))
        raw = os.pread(self._file.fileno(), SAMPLE_BYTES * max(0, last - first), SAMPLE_BYTES * first)
        return np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(32767.0)

    def _take(self, samples: NDArray[np.float32]) -> None:
        self._file.write(np.rint(samples * 32767.0).astype("<i2").tobytes())
        self.count += len(samples)
