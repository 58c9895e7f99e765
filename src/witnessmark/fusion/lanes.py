"""Runs of rows worked on threads and given back in order, so that results do not depend on the number of threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from witnessmark.hypotheses.rows import row_blocks

Result = TypeVar("Result")

LANES = 32
"""The grid is worked in this many runs of rows whatever the number of threads, and their sums are added in order:
so the bytes of a result do not depend on how many threads there were."""


def lanes(n_rows: int, n_columns: int, block_elements: int) -> list[list[slice]]:
    """Blocks of rows, grouped into runs of consecutive ones."""
    blocks = row_blocks(n_rows, n_columns, block_elements)
    edges = np.linspace(0, len(blocks), min(LANES, len(blocks)) + 1).astype(int)
    return [blocks[start:end] for start, end in itertools.pairwise(edges)]


def in_order(
    work: Callable[[list[slice]], Result], runs: Sequence[list[slice]], workers: int, tell: Callable[[float], None]
) -> Iterator[Result]:
    """Work the runs on threads and give the results in their order, telling how far it is (0 to 1)."""
    if min(workers, len(runs)) == 1:
        for number, run in enumerate(runs, start=1):
            yield work(run)
            tell(number / len(runs))
        return
    with ThreadPoolExecutor(workers) as pool:
        for number, result in enumerate(pool.map(work, runs), start=1):
            yield result
            tell(number / len(runs))
