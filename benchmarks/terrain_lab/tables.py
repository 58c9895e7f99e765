"""The report: each measure with its interval beside what was promised and what was hoped for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.terrain_lab.asking import RIGHT_M, Row
from benchmarks.terrain_lab.measure import Cost, Measured

RESAMPLES, SEED = 4000, 7
EXACT_M = 100.0


@dataclass(frozen=True, slots=True)
class Measure:
    """A share of a cell's questions, and what is asked of it.

    Attributes
    ----------
    what, cell : str
    counts : callable
        Whether a row counts.
    floor, target : (low, high)
        What the share must lie within, and is hoped to.
    """

    what: str
    cell: str
    counts: Callable[[Row], bool]
    floor: tuple[float, float]
    target: tuple[float, float]


def right(row: Row) -> bool:
    """The first candidate is within a kilometre."""
    return row.off_m <= RIGHT_M


def exact(row: Row) -> bool:
    """The first candidate is within 100 m."""
    return row.off_m <= EXACT_M


def among_ten(row: Row) -> bool:
    """One of ten candidates is within a kilometre."""
    return row.rank > 0


def missed(row: Row) -> bool:
    """The truth fits better than what was returned."""
    return row.missed


def covered(row: Row) -> bool:
    """The 90 % region holds the truth."""
    return row.in90


def half_covered(row: Row) -> bool:
    """The 50 % region holds the truth."""
    return row.in50


def told_outside(row: Row) -> bool:
    """More likely than not, it is said, the camera was elsewhere."""
    return row.p_outside > 0.5


def at_least(value: float) -> tuple[float, float]:
    """From a value up."""
    return value, 1.0


MEASURES = (
    Measure("top-1 within 1 km, FOV 60", "fov60", right, at_least(0.80), at_least(0.90)),
    Measure("top-1 within 1 km, FOV 30", "fov30", right, at_least(0.45), at_least(0.60)),
    Measure("top-1 within 1 km, FOV 90", "fov90", right, at_least(0.85), at_least(0.95)),
    Measure("top-10 within 1 km, FOV 60", "fov60", among_ten, at_least(0.90), at_least(0.97)),
    Measure("top-10 within 1 km, FOV 30", "fov30", among_ten, at_least(0.65), at_least(0.80)),
    Measure("top-10 within 1 km, FOV 90", "fov90", among_ten, at_least(0.92), at_least(0.98)),
    Measure("top-1 within 100 m, FOV 60", "fov60", exact, at_least(0.55), at_least(0.70)),
    Measure("40 % masked, top-1 within 1 km", "masked40", right, at_least(0.60), at_least(0.80)),
    Measure("pan of 120 deg, 2,500 km2, top-1 within 1 km", "pan120", right, at_least(0.88), at_least(0.93)),
    Measure("search misses, FOV 60", "fov60", missed, (0.0, 0.05), (0.0, 0.01)),
    Measure("search misses, FOV 30", "fov30", missed, (0.0, 0.05), (0.0, 0.01)),
    Measure("search misses, FOV 90", "fov90", missed, (0.0, 0.05), (0.0, 0.01)),
    Measure("search misses, 40 % masked", "masked40", missed, (0.0, 0.05), (0.0, 0.01)),
    Measure("search misses, pan", "pan120", missed, (0.0, 0.05), (0.0, 0.01)),
    Measure("truth in the 90 % region, FOV 60", "fov60", covered, (0.85, 0.95), (0.88, 0.92)),
    Measure("truth in the 90 % region, FOV 30", "fov30", covered, (0.85, 0.95), (0.88, 0.92)),
    Measure("truth in the 90 % region, FOV 90", "fov90", covered, (0.85, 0.95), (0.88, 0.92)),
    Measure("truth in the 90 % region, 40 % masked", "masked40", covered, (0.85, 0.95), (0.88, 0.92)),
    Measure("truth in the 90 % region, pan", "pan120", covered, (0.85, 0.95), (0.88, 0.92)),
    Measure("truth outside: p_outside_region > 0.5", "outside", told_outside, at_least(0.80), at_least(0.95)),
    Measure("truth inside: p_outside_region > 0.5, FOV 60", "fov60", told_outside, (0.0, 1.0), (0.0, 1.0)),
    Measure("truth in the 50 % region, FOV 60", "fov60", half_covered, (0.0, 1.0), (0.0, 1.0)),
)


def written(
    cells: Sequence[Measured],
    costs: Sequence[Cost],
    same: tuple[int, int] | None,
    horizon: str,
    code: str,
    enough: int,
) -> str:
    """The report in Markdown; cells with fewer questions than enough are told as such."""
    lines = [
        "# Where a camera stood, from its skyline",
        "",
        "Views are cast over a true relief that is finer than and differs from the model that is searched, with woods,"
        " by the rehearsal's caster, which shares no code with the search; how they are drawn and which are rejected"
        " stands in `benchmarks/terrain_lab/queries.py`. None of it is real footage. Shares come with bootstrap"
        " intervals (95 %). Measures with no bound are told, not promised.",
    ]
    if any(len(one.rows) < enough for one in cells):
        lines += ["", f"**The run was cut short: fewer than {enough} questions were asked of some cells.** See n."]
    for split in dict.fromkeys(one.split for one in cells):
        some = {one.cell: one for one in cells if one.split == split}
        lines += ["", f"## {split}", "", "| Measure | n | Measured | Must | Hoped | |", "|---|---|---|---|---|---|"]
        lines += [_line(measure, some[measure.cell]) for measure in MEASURES if measure.cell in some]
        lines += ["", *_by_country(some), "", *_by_ridge(some), "", *_sizes(some), "", *_drawn(some)]
        older = {name: sum(row.searched_by != code for row in one.rows.values()) for name, one in some.items()}
        if any(older.values()):
            told = ", ".join(f"{n} of {name}" for name, n in older.items() if n)
            lines += ["", f"Asked of earlier searching code than there is now: {told}."]
    lines += ["", "## Cost", "", *_costs(costs, same), "", horizon]
    return "\n".join(lines) + "\n"


def interval(values: Sequence[bool]) -> tuple[float, float, float]:
    """A share, and 2.5 and 97.5 % of those of resamples."""
    held = np.asarray(values, np.float64)
    rng = np.random.default_rng(SEED)
    means = held[rng.integers(0, len(held), (RESAMPLES, len(held)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(held.mean()), float(low), float(high)


def _line(measure: Measure, cell: Measured) -> str:
    values = [measure.counts(row) for row in cell.rows.values()]
    share, low, high = interval(values)
    if measure.floor == (0.0, 1.0):
        return f"| {measure.what} | {len(values)} | {share:.2f} [{low:.2f}, {high:.2f}] | | | |"
    kept = "kept" if _within(share, measure.floor) else "**broken**"
    verdict = "reached" if _within(share, measure.target) else kept
    return (
        f"| {measure.what} | {len(values)} | {share:.2f} [{low:.2f}, {high:.2f}] | {_bound(measure.floor)}"
        f" | {_bound(measure.target)} | {verdict} |"
    )


def _within(share: float, bound: tuple[float, float]) -> bool:
    return bound[0] - 1e-9 <= share <= bound[1] + 1e-9


def _bound(bound: tuple[float, float]) -> str:
    low, high = bound
    if high >= 1.0:
        return f"≥ {low:.2f}"
    return f"≤ {high:.2f}" if low <= 0.0 else f"{low:.2f}-{high:.2f}"


def _by_country(some: dict[str, Measured]) -> list[str]:
    names = sorted({row.country for one in some.values() for row in one.rows.values()})
    lines = ["| Top-1 within 1 km (in the 90 % region) | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for cell in (one for one in some.values() if one.cell != "outside"):
        shown = []
        for name in names:
            rows = [row for row in cell.rows.values() if row.country == name]
            share = f"{np.mean([right(row) for row in rows]):.2f}" if rows else "-"
            shown.append(f"{share} ({np.mean([row.in90 for row in rows]):.2f}), n = {len(rows)}" if rows else "-")
        lines.append(f"| {cell.cell} | " + " | ".join(shown) + " |")
    return lines


def _by_ridge(some: dict[str, Measured]) -> list[str]:
    bounds = (0.0, 500.0, 2000.0, np.inf)
    lines = [
        "| Top-1 within 1 km, by the median distance of what is seen | below 500 m | 500-2,000 m | beyond |",
        "|---|---|---|---|",
    ]
    for cell in (one for one in some.values() if one.cell != "outside"):
        shown = []
        for low, high in itertools.pairwise(bounds):
            rows = [row for row in cell.rows.values() if low <= row.ridge_m < high]
            shown.append(f"{np.mean([right(row) for row in rows]):.2f}, n = {len(rows)}" if rows else "-")
        lines.append(f"| {cell.cell} | " + " | ".join(shown) + " |")
    return lines


def _sizes(some: dict[str, Measured]) -> list[str]:
    lines = [
        "| Cell | 50 % region, median [km2] | 90 % region, median [km2] | Heading off where right, median [deg] "
        "| p outside, median | Abstained | CPU, median [s] |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in some.values():
        rows = list(one.rows.values())
        turned = [row.heading_off_deg for row in rows if right(row)]
        lines.append(
            f"| {one.cell} | {np.median([row.region50_km2 for row in rows]):.3g}"
            f" | {np.median([row.region90_km2 for row in rows]):.3g}"
            f" | {f'{np.median(turned):.2f}' if turned else '-'} | {np.median([row.p_outside for row in rows]):.2f}"
            f" | {sum(bool(row.abstained) for row in rows)} | {np.median([row.cpu_s for row in rows]):.1f} |"
        )
    return lines


def _drawn(some: dict[str, Measured]) -> list[str]:
    about = {name: words for one in some.values() for name, words in one.about.items()}
    lines = [f"- {name}: {words}." for name, words in sorted(about.items())]
    for one in some.values():
        if one.cell in ("masked40", "outside"):
            continue  # the same cameras as fov60
        rejected = ", ".join(f"{n} {why}" for why, n in one.tries.items())
        lines.append(f"- {one.cell}: {len(one.rows)} views drawn; rejected while drawing: {rejected}.")
    return lines


def _costs(costs: Sequence[Cost], same: tuple[int, int] | None) -> list[str]:
    lines = [
        "Cold: nothing cached but compiled code, in a process of its own, FOV 60.",
        "",
        "| Searched | Spacing | Workers | On the clock | Processor time | Peak memory | Load before |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in costs:
        lines.append(
            f"| {one.area_km2:,.0f} km2 | {one.spacing_m:.0f} m | {one.workers} | {one.wall_s:.1f} s"
            f" | {one.cpu_s:.1f} s | {one.peak_gib:.2f} GiB | {one.load:.1f} |"
        )
    lines += ["", "Promised: 1,000 km2 within 60 s on two cores (4,000 hoped for), below 4 GiB."]
    if same is not None:
        lines += [
            "",
            f"One and four workers give the same candidates, to the bit, in {same[0]} of {same[1]} questions.",
        ]
    return lines


def horizon_row(results: Path) -> str:
    """What the committed measurement of the sweep says against topocalc."""
    path = results / "horizon.md"
    if not path.exists():
        return "Sweep against topocalc: not measured here; run `benchmarks/horizon.py`."
    text = path.read_text(encoding="utf-8").splitlines()
    ratios = [cell.strip() for line in text for cell in line.split("|") if cell.strip().endswith("x") and "." in cell]
    said = next((line for line in text if line.startswith("Promise:")), "")
    return f"Sweep against topocalc on {len(ratios)} models (`horizon.md`): {', '.join(ratios)}. {said}"
