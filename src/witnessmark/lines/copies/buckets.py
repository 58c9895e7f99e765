"""Fixed hash tables for local features: which features a query has to be compared with at all.

Each table reads some bits of the code, fixed for good by a seed. Tables come in pairs that mirroring exchanges, so a
mirrored query finds what the query would find. A store puts every feature of the strongest `INDEXED_PER_FRAME` of each
frame (rows ``first[i]`` to ``first[i] + INDEXED_PER_FRAME``) into the buckets `buckets` names, and looks into
those that `probes` names; a number already says which table it belongs to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VERSION = 1
TABLES = 8
BITS = 20
INDEXED_PER_FRAME = 48
"""Of each frame's features only so many, the strongest, go into the tables; verification uses them all."""
_SEED = 20220914


def _choices() -> NDArray[np.intp]:
    """Which bits each table reads, shape (TABLES, BITS): every second table is the mirror image of the one before."""
    random = np.random.Generator(np.random.PCG64(_SEED))
    rows = []
    for _ in range(TABLES // 2):
        bits = np.sort(random.permutation(128)[:BITS])
        rows += [bits, bits ^ 1]
    return np.array(rows, dtype=np.intp)


_BITS_READ = _choices()
_WEIGHTS = np.zeros((128, TABLES), np.float32)
"""What each bit adds to each table's number: whole numbers below 2 to the 24th, which float32 sums exactly."""
np.put_along_axis(_WEIGHTS, _BITS_READ.T, np.float32(2.0) ** np.arange(BITS, dtype=np.float32)[:, None], axis=0)
_AT_ONCE = 1 << 12


def buckets(codes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The buckets a feature lies in, one a table.

    Parameters
    ----------
    codes : ndarray of uint8, shape (f, 16)

    Returns
    -------
    ndarray of uint32, shape (f, TABLES)
        Table number in the bits above the lowest `BITS`.
    """
    rows = codes.reshape(-1, 16)
    found = np.empty((len(rows), TABLES), dtype=np.uint32)
    for start in range(0, len(rows), _AT_ONCE):
        bits = np.unpackbits(rows[start : start + _AT_ONCE], axis=1).astype(np.float32)
        found[start : start + _AT_ONCE] = (bits @ _WEIGHTS).astype(np.uint32)
    found |= (np.arange(TABLES) << BITS).astype(np.uint32)
    return found


def probes(codes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The buckets to look into for a query feature: its own in every table.

    Parameters
    ----------
    codes : ndarray of uint8, shape (q, 16)

    Returns
    -------
    ndarray of uint32, shape (q, TABLES)
    """
    return buckets(codes)


def indexed(first: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Rows of a recording's local features that go into the tables: the strongest of each frame.

    Parameters
    ----------
    first : ndarray of uint32, shape (k + 1,)
        As in `LocalFeatures.first`.

    Returns
    -------
    ndarray of int64
        Ascending.

    Examples
    --------
    >>> indexed(np.array([0, 2, 2, 60], dtype=np.uint32)).tolist()[-2:]
    [48, 49]
    """
    bounds = first.astype(np.int64)
    counts = np.minimum(np.diff(bounds), INDEXED_PER_FRAME)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows: NDArray[np.int64] = np.repeat(bounds[:-1], counts) + within
    return rows
