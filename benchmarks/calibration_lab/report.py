"""The tables and the plot: coverage, cost of likelihood ratios before and after tempering, reliability."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from benchmarks.calibration_lab.analyst import LINES
from benchmarks.calibration_lab.scoring import TEMPERS, Row
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from witnessmark.fusion.calibration import cllr, cllr_min, coverage, reliability

FEWEST = 8
"""Incidents from which an exponent is fitted, and pairs from which a cost is told."""
EDGES = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0)


def halves(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Every other incident of each country: one half to fit on, one to report."""
    number: dict[str, int] = {}
    fitted: list[Row] = []
    reported: list[Row] = []
    for row in rows:
        number[row.country] = number.get(row.country, -1) + 1
        (fitted if number[row.country] % 2 == 0 else reported).append(row)
    return fitted, reported


def ratios(rows: Sequence[Row], line: str, which: int, kind: str = "") -> list[float]:
    """log10 likelihood ratios of true against false claims by a line, at one of the exponents."""
    return [
        pair.log10_lr[which if line != "fused" else 0]
        for row in rows
        for pair in row.pairs
        if pair.line == line and (not kind or pair.kind == kind)
    ]


def cost(true_against_false: Sequence[float]) -> float:
    """Cllr of pairs: each is a true claim's ratio, and turned round a false one's."""
    return cllr(true_against_false, [-ratio for ratio in true_against_false])


def fit(rows: Sequence[Row]) -> dict[str, float]:
    """For each line the exponent by which it gains most about the truth; the smaller of equals, so that less is said.

    Claims far from one another hardly tell an honest line from one that is too sure; the density at the truth does.
    """
    found = {}
    for line in LINES:
        gained = np.array([row.gained[line] for row in rows if line in row.gained])
        if len(gained) < FEWEST or np.ptp(gained) < 1e-9:
            continue
        found[line] = TEMPERS[int(np.argmax(np.round(gained.mean(axis=0), 4)))]
    return found


def gained_rows(rows: Sequence[Row], exponents: Mapping[str, float]) -> list[str]:
    """What each line gains about the truth on average, as it is and tempered."""
    lines = ["| Line | incidents | gained as it is (bits) | tempered (bits) | exponent |", "|---|---|---|---|---|"]
    for line in LINES:
        gained = np.array([row.gained[line] for row in rows if line in row.gained])
        if len(gained):
            power = exponents.get(line, 1.0)
            plain, after = (gained[:, TEMPERS.index(one)].mean() for one in (1.0, power))
            lines.append(f"| {line} | {len(gained)} | {plain:+.2f} | {after:+.2f} | {power:g} |")
    return lines


def coverage_rows(name: str, rows: Sequence[Row]) -> list[str]:
    """Coverage of the fused regions, with 95 % intervals, and how far off the best cell and instant are."""
    told = []
    for held in ("place50", "place90", "time50", "time90"):
        found = coverage([getattr(row, held) for row in rows])
        told.append(f"{found.fraction:.0%} ({found.low:.0%} to {found.high:.0%})")
    medians = [
        float(np.median([getattr(row, what) for row in rows])) for what in ("km2", "off_km", "minutes", "off_min")
    ]
    return [
        f"| {name} | {len(rows)} | {' | '.join(told)} | {medians[0]:.1f} | {medians[1]:.2f} | {medians[2]:.0f} "
        f"| {medians[3]:.0f} |"
    ]


def cost_rows(before: Sequence[Row], after: Sequence[Row], exponents: Mapping[str, float]) -> list[str]:
    """Cllr of each line and of all fused, as they are and with the exponents fitted on the other half."""
    rows = [
        "| Line | claims of | pairs | Cllr as it is | least by any order-keeping change | Cllr tempered | exponent |",
        "|---|---|---|---|---|---|---|",
    ]
    plain = TEMPERS.index(1.0)
    for line in (*LINES, "fused"):
        for kind in ("place", "hour", "day", ""):
            here = ratios(before, line, plain, kind)
            if len(here) < FEWEST:
                continue
            power = exponents.get(line, 1.0)
            there = ratios(after if line == "fused" else before, line, TEMPERS.index(power), kind)
            least = cllr_min(here, [-ratio for ratio in here])
            shown = "" if line == "fused" else f"{power:g}"
            rows.append(
                f"| {line} | {kind or 'all'} | {len(here)} | {cost(here):.3f} | {least:.3f} | {cost(there):.3f} "
                f"| {shown} |"
            )
    return rows


def reliability_rows(rows: Sequence[Row]) -> list[str]:
    """How often what was said with a probability was so."""
    stated = [entry for row in rows for entry in row.stated]
    lines = ["| said | claims | mean said | true |", "|---|---|---|---|"]
    for each in reliability([share for share, _ in stated], [true for _, true in stated], EDGES):
        lines.append(
            f"| {each.low:g} to {each.high:g} | {each.n} | {each.mean_stated:.3f} | {each.fraction_true:.3f} "
            f"({each.fraction_low:.2f} to {each.fraction_high:.2f}) |"
        )
    return lines


def reliability_plot(before: Sequence[Row], after: Sequence[Row]) -> bytes:
    """What was said against what was so, as PNG."""
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(5.0, 4.6), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color="#999999", linewidth=1.0)
        for rows, colour, shift, name in (
            (before, "#d55e00", -0.004, "as they are"),
            (after, "#2b6ca3", 0.004, "tempered"),
        ):
            stated = [entry for row in rows for entry in row.stated]
            found = reliability([share for share, _ in stated], [true for _, true in stated], EDGES)
            x = np.array([each.mean_stated for each in found]) + shift
            y = np.array([each.fraction_true for each in found])
            low = y - np.array([each.fraction_low for each in found])
            high = np.array([each.fraction_high for each in found]) - y
            axes.errorbar(x, y, yerr=np.stack([low, high]).clip(0.0), fmt="o-", color=colour, label=name, capsize=2)
        axes.set_xlabel("probability said")
        axes.set_ylabel("share that was so (95 % intervals)")
        axes.set_title("Claims about rehearsed incidents, all lines fused", loc="left", fontsize=10)
        axes.legend(loc="upper left")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
