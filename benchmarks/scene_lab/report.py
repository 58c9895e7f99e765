"""The report of what was measured, as a markdown page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from benchmarks.scene_lab.measure import Row, kept

from witnessmark.lines.scene.limits import RATES, SAME_PLACE_EXTENT, SAME_PLACE_SUPPORT

Z95 = 1.959964
SPLITS = {
    "tuned-first": "seeds that thresholds were set on",
    "tuned-second": "held out at first; the thresholds then failed on them and were set anew on both",
    "held-out": "seeds that nothing was set on",
    "clips": "real clips",
}


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if tries == 0:
        return 0.0, 1.0
    rate, z2 = hits / tries, Z95 * Z95
    middle = (rate + z2 / (2 * tries)) / (1 + z2 / tries)
    half = Z95 * math.sqrt(rate * (1 - rate) / tries + z2 / (4 * tries * tries)) / (1 + z2 / tries)
    return max(0.0, middle - half), min(1.0, middle + half)


def written(work: Path) -> str:
    """The page, from all rows kept in a folder."""
    rows = {name: kept(work / f"{name}.json") for name in SPLITS}
    parts = [
        "# Scene: the same place, told from footage",
        "",
        f"Told from a support of {SAME_PLACE_SUPPORT} and an extent of {SAME_PLACE_EXTENT} on.",
    ]
    for name, said in SPLITS.items():
        if rows[name]:
            parts += ["", f"## {name}: {said}", "", *_whole(rows[name]), "", *_by_look(rows[name])]
            parts += ["", *_different(rows[name]), "", *_supports(rows[name])]
    return "\n".join(parts) + "\n"


def _whole(rows: Sequence[Row]) -> list[str]:
    same = [row for row in rows if row.truth == "same"]
    different = [row for row in rows if row.truth == "different"]
    told, false = _told(same), _told(different)
    precision, recall = wilson(told, told + false), wilson(told, len(same))
    shown = told / max(1, told + false)
    seconds = sorted(row.wall_s for row in rows)
    usual, long = float(np.median(seconds)), seconds[int(0.95 * (len(seconds) - 1))]
    return [
        "| Measure | Value | 95 % interval |",
        "|---|---|---|",
        f"| precision | {shown:.3f} ({told} of {told + false}) | {precision[0]:.3f} - {precision[1]:.3f} |",
        f"| recall | {told / max(1, len(same)):.3f} ({told} of {len(same)}) | {recall[0]:.3f} - {recall[1]:.3f} |",
        f"| false alarms | {false} of {len(different)} | up to {wilson(false, len(different))[1]:.4f} |",
        f"| comparing, s a pair: median; 95 % | {usual:.2f}; {long:.2f} | |",
    ]


def _told(rows: Sequence[Row]) -> int:
    return sum(row.support >= SAME_PLACE_SUPPORT and row.extent >= SAME_PLACE_EXTENT for row in rows)


def _by_look(rows: Sequence[Row]) -> list[str]:
    same = [row for row in rows if row.truth == "same"]
    looks = sorted({(row.kind, row.stand, row.light) for row in same}, reverse=True)
    lines = ["| Place | Stand | Light | told | of | 95 % interval | median support |", "|---|---|---|---|---|---|---|"]
    for kind, stand, light in looks:
        some = [row for row in same if (row.kind, row.stand, row.light) == (kind, stand, light)]
        low, high = wilson(_told(some), len(some))
        middle = int(np.median([row.support for row in some]))
        lines.append(
            f"| {kind} | {stand} | {light} | {_told(some)} | {len(some)} | {low:.2f} - {high:.2f} | {middle} |"
        )
    return lines


def _different(rows: Sequence[Row]) -> list[str]:
    lines = ["| Different places | taken for one | of | largest supports |", "|---|---|---|---|"]
    different = [row for row in rows if row.truth == "different"]
    for kind, how in sorted({(row.kind, row.stand) for row in different}):
        some = [row for row in different if (row.kind, row.stand) == (kind, how)]
        largest = ", ".join(str(value) for value in sorted((row.support for row in some), reverse=True)[:5])
        lines.append(f"| {kind}, {how} | {_told(some)} | {len(some)} | {largest} |")
    return lines


def _counted(row: Row) -> int:
    """Support, or 0 where the matches span too little to be told from one thing that both show."""
    return row.support if row.extent >= SAME_PLACE_EXTENT else 0


def _supports(rows: Sequence[Row]) -> list[str]:
    """Counts in the classes of the table that likelihood ratios come from."""
    edges = [*RATES.from_support, 10**9]
    lines = ["| Support, of enough extent, from | same place | different places |", "|---|---|---|"]
    for low, high in pairwise(edges):
        counts = [
            sum(low <= _counted(row) < high for row in rows if row.truth == truth) for truth in ("same", "different")
        ]
        lines.append(f"| {low} | {counts[0]} | {counts[1]} |")
    return lines
