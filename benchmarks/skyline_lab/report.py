"""The report of measured skylines, as markdown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from benchmarks.skyline_lab.frames import LEAST_SEEN
from benchmarks.skyline_lab.measure import WAYS, PanRow, Row, Stated
from numpy.typing import NDArray

BINS = ((0.0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.0001))
RESAMPLED = 1000
USABLE_SHARE = 0.8


def interval(values: Sequence[float] | NDArray[np.float64]) -> str:
    """A mean with its 95 % bootstrap interval over frames."""
    told = np.asarray(values, np.float64)
    if not len(told):
        return "-"
    rng = np.random.default_rng(0)
    means = told[rng.integers(0, len(told), (RESAMPLED, len(told)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{told.mean():.2f} ({low:.2f}-{high:.2f})"


def ways_table(rows: Sequence[Row]) -> list[str]:
    """Share of columns and of frames for each way."""
    lines = [
        "| Way | columns within 0.25 deg | within 0.5 deg | frames usable | CPU s a frame: median; 95 % |",
        "|---|---|---|---|---|",
    ]
    for way in WAYS:
        some = [row for row in rows if row.way == way and len(row.away_deg)]
        if not some:
            continue
        quarter = interval([float((row.away_deg <= 0.25).mean()) for row in some])
        half = [float((row.away_deg <= 0.5).mean()) for row in some]
        usable = interval([float(share >= USABLE_SHARE) for share in half])
        cpu = np.array([row.cpu_s for row in some])
        lines.append(
            f"| {way} | {quarter} | {interval(half)} | {usable} | {np.median(cpu):.2f}; {np.quantile(cpu, 0.95):.2f} |"
        )
    return lines


def hand_line(rows: Sequence[Row]) -> str:
    """How much was corrected."""
    some = [row for row in rows if row.way == WAYS[-1] and len(row.away_deg)]
    touched = [row for row in some if row.edits]
    if not touched:
        return "No frame was touched."
    return (
        f"{len(touched)} of {len(some)} frames were touched; of those a median of"
        f" {np.median([row.edits for row in touched]):.0f} edits in {np.median([row.spent_s for row in touched]):.0f} s"
        " (simulated time)."
    )


def chance_table(stated: Sequence[Stated]) -> list[str]:
    """Stated chance against what is so, columns weighed so that every frame counts alike in its bin."""
    lines = ["| Stated chance | share of columns | mean stated | right | frames |", "|---|---|---|---|---|"]
    total = sum(len(entry.chance) for entry in stated)
    for low, high in BINS:
        parts = [
            (entry.chance[some], entry.right[some])
            for entry in stated
            if (some := (entry.chance >= low) & (entry.chance < high)).sum() >= 5
        ]
        if not parts:
            continue
        count = sum(len(chance) for chance, _ in parts)
        chance = float(np.concatenate([part for part, _ in parts]).mean())
        shares = [float(right.mean()) for _, right in parts]
        heft = np.array([len(right) for _, right in parts], np.float64)
        rng = np.random.default_rng(0)
        drawn = rng.integers(0, len(parts), (RESAMPLED, len(parts)))
        means = (np.array(shares)[drawn] * heft[drawn]).sum(axis=1) / heft[drawn].sum(axis=1)
        ends = np.quantile(means, [0.025, 0.975])
        lines.append(
            f"| {low:.2f}-{min(high, 1.0):.2f} | {count / total:.2f} | {chance:.2f} |"
            f" {np.average(shares, weights=heft):.2f} ({ends[0]:.2f}-{ends[1]:.2f}) | {len(parts)} |"
        )
    return lines


def sigma_line(stated: Sequence[Stated]) -> str:
    """How stated errors compare with errors, of columns that are right."""
    off = np.abs(np.concatenate([entry.off_sigmas for entry in stated]))
    return (
        f"Of right columns {np.mean(off <= 1.0):.0%} lie within one stated error, {np.mean(off <= 2.0):.0%} within two,"
        f" {np.mean(off <= 3.0):.0%} within three (a normal error: 68, 95, 100 %)."
    )


def frames_table(rows: Sequence[Row]) -> list[str]:
    """Each frame on a line: share of columns within half a degree."""
    lines = ["| Frame | " + " | ".join(WAYS) + " |", "|---|" + "---|" * len(WAYS)]
    for name in dict.fromkeys(row.frame for row in rows):
        cells = []
        for way in WAYS:
            found = [row for row in rows if row.frame == name and row.way == way and len(row.away_deg)]
            cells.append(f"{(found[0].away_deg <= 0.5).mean():.2f}" if found else "-")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def pans_table(rows: Sequence[PanRow]) -> list[str]:
    """Each pan on a line."""
    lines = [
        "| Pan | skylines | span deg | scale: error; stated | drift deg: error; stated | tilt deg: error; stated |"
        " elevation deg: median; 90 % | within 2 sigma | CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row.away_deg is None or row.off_sigmas is None:
            lines.append(f"| {row.name} | {row.lines} | refused: {row.refused} | | | | | | |")
            continue
        tilt = f"{row.tilt_deg[0]:.1f}, {row.tilt_deg[1]:.1f}; {row.tilt_sd_deg[0]:.1f}, {row.tilt_sd_deg[1]:.1f}"
        lines.append(
            f"| {row.name} | {row.lines} | {row.span_deg:.0f} | {row.scale_error:+.4f}; {row.scale_sd:.4f} |"
            f" {row.drift_error_deg:+.2f}; {row.drift_sd_deg:.2f} | {tilt} | {np.median(row.away_deg):.3f};"
            f" {np.quantile(row.away_deg, 0.9):.3f} | {np.mean(np.abs(row.off_sigmas) <= 2.0):.2f} | {row.cpu_s:.1f} |"
        )
    return lines


def seen_line(rows: Sequence[Row], asked: int) -> str:
    """How many frames count, and why not all."""
    counted = {row.frame for row in rows if len(row.away_deg)}
    return (
        f"{asked} frames, of which {len(counted)} show the skyline in at least {LEAST_SEEN:.0%} of their"
        f" columns; in the"
        " others the air hides it, and only the stated chance is asked."
    )
