"""Local features in a size a partner accepts: fewer frames a minute, fewer features a frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import Fingerprint, LocalFeatures


def thinned(features: LocalFeatures, frames_per_minute: float, per_frame: int) -> LocalFeatures:
    """Some of the features: of evenly spread frames, the strongest of each.

    Parameters
    ----------
    features : LocalFeatures
        Strongest first within a frame.
    frames_per_minute : float
        At most so many frames are kept of each minute.
    per_frame : int
        At most so many features are kept of each frame.

    Returns
    -------
    LocalFeatures

    Raises
    ------
    BadInputError
        When either number is not above 0.
    """
    if not frames_per_minute > 0.0 or per_frame < 1:
        raise BadInputError(
            f"{frames_per_minute:g} frames a minute with {per_frame} features each is nothing.",
            "Give numbers above 0, or leave the local features out.",
        )
    step_s = 60.0 / frames_per_minute
    # The first frame of each step; the slack keeps frames whose even times are rounded.
    step = np.floor((features.times_s.astype(np.float64) + 1e-3 * step_s) / step_s)
    frames = np.flatnonzero(np.diff(step, prepend=-np.inf) > 0)
    first = features.first.astype(np.int64)
    counts = np.minimum(np.diff(first)[frames], per_frame)
    ends = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(first[frames] - ends[:-1], counts) + np.arange(int(ends[-1]))
    return LocalFeatures(
        times_s=features.times_s[frames],
        first=ends.astype(np.uint32),
        codes=features.codes[rows],
        x=features.x[rows],
        y=features.y[rows],
        size=features.size[rows],
        angle=features.angle[rows],
    )


def shareable(fingerprint: Fingerprint, frames_per_minute: float, per_frame: int) -> Fingerprint:
    """What of a fingerprint may leave: tier 1, thinned tier 2 where wanted, no picture and no text.

    Parameters
    ----------
    fingerprint : Fingerprint
    frames_per_minute : float
        0 leaves tier 2 out.
    per_frame : int
    """
    features = fingerprint.features
    if features is not None:
        features = thinned(features, frames_per_minute, per_frame) if frames_per_minute > 0.0 else None
    return replace(fingerprint, features=features, thumbnails=None, stopped=None)
