"""Measures: diarisation error, intervals, character errors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import sqrt

import numpy as np


def diarisation_error(truth: Sequence[str], told: Sequence[str]) -> tuple[float, float, float, float]:
    """Missed, false and confused time over the time of speech, under the best naming of the voices (NIST RT-09).

    Returns
    -------
    (float, float, float, float)
        The whole, missed, false, confused.
    """
    count = min(len(truth), len(told))
    real, heard = np.array(truth[:count]), np.array(told[:count])
    people = sorted({name for name in truth if name})
    voices = sorted({name for name in told if name})
    spoken = max(1, int(np.count_nonzero(real != "")))
    missed = int(np.count_nonzero((real != "") & (heard == "")))
    false = int(np.count_nonzero((real == "") & (heard != "")))
    both = int(np.count_nonzero((real != "") & (heard != "")))
    shared = {
        (person, voice): int(np.count_nonzero((real == person) & (heard == voice)))
        for person in people
        for voice in voices
    }
    wide, narrow = (people, voices) if len(people) >= len(voices) else (voices, people)
    right = max(
        (
            sum(shared[(a, b) if wide is people else (b, a)] for a, b in zip(chosen, narrow, strict=True))
            for chosen in permutations(wide, len(narrow))
        ),
        default=0,
    )
    return (missed + false + both - right) / spoken, missed / spoken, false / spoken, (both - right) / spoken


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if tries == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z * sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries)) / (1 + z * z / tries)
    return max(0.0, middle - half), min(1.0, middle + half)


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Insertions, deletions and substitutions that make one of the other (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for number, a in enumerate(one, start=1):
        before, row[0] = row[0], number
        for at, b in enumerate(other, start=1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (a != b))
    return row[-1]
