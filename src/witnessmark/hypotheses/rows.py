"""Reading a table by rows in blocks of bounded size, also when it is a file far larger than memory."""

from __future__ import annotations

import mmap

import numpy as np
from numpy.typing import NDArray

BLOCK_ELEMENTS = 1 << 17
"""Values a block [1]: 1 MiB of float64, which stays in a core's second-level cache with a few like it."""


def row_blocks(n_rows: int, n_columns: int, block_elements: int = BLOCK_ELEMENTS) -> list[slice]:
    """Cut rows into consecutive slices of about `block_elements` values, at least a row each.

    Examples
    --------
    >>> row_blocks(5, 100, 200)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    rows = max(1, block_elements // max(1, n_columns))
    return [slice(start, min(start + rows, n_rows)) for start in range(0, n_rows, rows)]


def release(values: NDArray[np.float32], rows: slice) -> None:
    """Let the system take back the pages of rows that were read from a read-only memory map.

    Pages of a mapped file count as the process's memory as long as they are mapped in, though they cost nothing to
    drop. Only read-only shared maps are touched: their pages come back from the file unchanged. Everything else, and
    systems without ``madvise``, is left alone.

    Parameters
    ----------
    values : ndarray of float32, shape (n_rows, n_columns)
    rows : slice
        With start and stop.
    """
    if not isinstance(values, np.ndarray) or not values.flags.c_contiguous or values.flags.writeable:
        return
    base: object = values
    while isinstance(base, np.ndarray):
        base = base.base
    if not isinstance(base, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return
    with memoryview(base) as view:
        if not view.readonly:
            return
        mapped = np.frombuffer(view, dtype=np.uint8)
        first = values[rows].ctypes.data - mapped.ctypes.data
        del mapped
    last = first + values[rows].nbytes
    page = mmap.PAGESIZE
    first, last = -(-first // page) * page, last // page * page
    if last > first:
        base.madvise(mmap.MADV_DONTNEED, first, last - first)
