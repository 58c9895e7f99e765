"""The report on emblems: counts with their intervals, by split, size and condition."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.emblems_lab.trials import CONDITIONS, SIZES_PX, SPLITS, shown_of

from witnessmark.lines.uniforms.limits import HULL_MIN, INLIER_SHARE_MIN, INLIERS_MIN

Row = dict[str, Any]
LARGE_PX = 64
"""Targets are for emblems at least so high [px]."""
Z95 = 1.96


def interval(hits: int, tries: int) -> str:
    """Wilson's 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Examples
    --------
    >>> interval(0, 100)
    '.00 - .04'
    """
    if tries == 0:
        return "-"
    share, square = hits / tries, Z95**2 / tries
    middle = (share + square / 2) / (1 + square)
    half = Z95 / (1 + square) * math.sqrt(share * (1 - share) / tries + square / (4 * tries))
    return f"{_short(max(0.0, middle - half))} - {_short(min(1.0, middle + half))}"


def counted(rows: Sequence[Row], asked: Callable[[Row], bool]) -> str:
    """How many rows have something, of how many, and the interval."""
    hits = sum(asked(row) for row in rows)
    if not rows:
        return "-"
    return f"{hits} of {len(rows)} ({_short(hits / len(rows))}; {interval(hits, len(rows))})"


def written(work: Path) -> str:
    """The report from the rows that are kept."""
    parts = [
        "# Emblems\n",
        "`benchmarks/emblems.py` makes these tables. Emblems are drawn by code, or cut from a public-domain portrait, "
        "or flags; each is sewn by code on drawn camouflage, tilted, folded, covered, lit, blurred and coded as JPEG, "
        "and a box with an error is drawn around it. Thresholds were set on development rows; held-out rows are of "
        "other styles of drawing and other seeds. Intervals are Wilson's at 95 %; trials share emblems and are not "
        "independent.\n",
    ]
    kept = {name: _rows(work / f"{name}.json") for name in SPLITS}
    parts.append(_table(("", *kept), _targets(kept)))
    for name, rows in kept.items():
        if rows:
            parts += [f"\n## {name.capitalize()}: known emblems by size and condition\n", _by_condition(rows)]
            parts += ["\nTop 5 at 64 px and above, by family: " + _families(rows) + ".\n"]
    parts += ["\n## What each part of the rule keeps out\n", _table(("Rule", *kept), _rules(kept))]
    cloths = {name: _rows(work / f"cloth-{name}.json") for name in SPLITS}
    parts += ["\n## Camouflage, 20 patterns of 5 palettes\n", _table(("", *cloths), _cloths(cloths))]
    return "\n".join(parts) + "\n"


def rates(work: Path, data: Path | None) -> str:
    """Counts for `limits.RATES`, from the development rows at 64 px and above."""
    rows = [row for row in _rows(work / "development.json") if row["height_px"] >= LARGE_PX]
    library = len(shown_of(SPLITS["development"], data)[0])
    shown: dict[str, int] = {}
    other: dict[str, int] = {}
    for row in rows:
        answers = dict(zip(row["top"], row["grades"], strict=True))
        if row["group"] == "known":
            grade = answers.pop(row["shown"], "nothing in the library")
            shown[grade] = shown.get(grade, 0) + 1
        for grade in answers.values():
            other[grade] = other.get(grade, 0) + 1
        rest = library - len(row["top"]) - (row["group"] == "known" and row["shown"] not in row["top"])
        other["nothing in the library"] = other.get("nothing in the library", 0) + rest
    return f"shown {shown}, other {other}, {len(rows)} trials, library of {library}"


def _targets(kept: dict[str, list[Row]]) -> Iterable[tuple[str, ...]]:
    def line(what: str, group: str, asked: Callable[[Row], bool], least_px: int = LARGE_PX) -> tuple[str, ...]:
        chosen = {
            name: [row for row in rows if row["group"] == group and row["height_px"] >= least_px]
            for name, rows in kept.items()
        }
        return (what, *(counted(rows, asked) for rows in chosen.values()))

    yield line("right one in top 5, >= 64 px (>= .80)", "known", lambda row: row["shown"] in row["top"])
    yield line("right one first, >= 64 px", "known", lambda row: row["top"][0] == row["shown"])
    yield line("right one verified, >= 64 px", "known", lambda row: _grade(row, row["shown"]) == "verified")
    yield line("right one at least similar, >= 64 px", "known", lambda row: _grade(row, row["shown"]) != NOTHING)
    yield line("a wrong one verified, known shown (<= .02)", "known", _wrong_verified, 0)
    yield line("a wrong one verified, never-seen shown (<= .02)", "never seen", _wrong_verified, 0)
    yield line("a wrong one verified, sibling shown", "sibling", _wrong_verified, 0)
    yield line(
        "never-seen called similar or verified (<= .05)", "never seen", lambda row: row["grades"][0] != NOTHING, 0
    )
    yield line("sibling called similar to its like", "sibling", lambda row: row["grades"][0] != NOTHING, 0)


NOTHING = "nothing in the library"


def _grade(row: Row, label: str) -> str:
    return str(dict(zip(row["top"], row["grades"], strict=True)).get(label, NOTHING))


def _wrong_verified(row: Row) -> bool:
    pairs = zip(row["top"], row["grades"], strict=True)
    return any(grade == "verified" and label != row["shown"] for label, grade in pairs)


def _by_condition(rows: Sequence[Row]) -> str:
    known = [row for row in rows if row["group"] == "known"]
    lines = []
    for condition in CONDITIONS:
        cells = [condition]
        for height_px in SIZES_PX:
            here = [row for row in known if (row["condition"], row["height_px"]) == (condition, height_px)]
            told = [_grade(row, row["shown"]) for row in here]
            found = sum(row["shown"] in row["top"] for row in here)
            cells.append(f"{found} / {told.count('verified')} / {told.count('similar')} of {len(here)}")
        lines.append(tuple(cells))
    return _table(("in top 5 / verified / similar", *(f"{size} px" for size in SIZES_PX)), lines)


def _families(rows: Sequence[Row]) -> str:
    large = [row for row in rows if row["group"] == "known" and row["height_px"] >= LARGE_PX]
    told = []
    for family in sorted({row["family"] for row in large}):
        here = [row for row in large if row["family"] == family]
        told.append(f"{family} {sum(row['shown'] in row['top'] for row in here)} of {len(here)}")
    return ", ".join(told)


def _rules(kept: dict[str, list[Row]]) -> Iterable[tuple[str, ...]]:
    def bare(each: Row) -> bool:
        return bool(each["inliers_count"] >= INLIERS_MIN)

    def spread(each: Row) -> bool:
        return bare(each) and each["hull_share"] >= HULL_MIN and each["inlier_share"] >= INLIER_SHARE_MIN

    rules: dict[str, Callable[[Row], bool]] = {
        "8 points in one geometry": bare,
        "and 25 % of the reference, 35 % of the matches": spread,
    }
    for group in ("known", "never seen", "sibling"):
        for words, rule in rules.items():
            yield (f"{group}: {words}", *(_any(rows, group, rule) for rows in kept.values()))
        yield (
            f"{group}: and the pieces, no rival (verified)",
            *(
                counted([row for row in rows if row["group"] == group], lambda row: "verified" in row["grades"])
                for rows in kept.values()
            ),
        )


def _any(rows: Sequence[Row], group: str, rule: Callable[[Row], bool]) -> str:
    return counted([row for row in rows if row["group"] == group], lambda row: any(map(rule, row["measured"])))


def _cloths(kept: dict[str, list[Row]]) -> Iterable[tuple[str, ...]]:
    def line(what: str, emblem: bool, asked: Callable[[Row], bool]) -> tuple[str, ...]:
        chosen = [[row for row in rows if (row["shown"] == "emblem") == emblem] for rows in kept.values()]
        return (what, *(counted(rows, asked) for rows in chosen))

    yield line("own pattern nearest", False, lambda row: row["first"])
    yield line("own pattern in the nearest five", False, lambda row: row["in_five"])
    yield line("own pattern called similar", False, lambda row: row["own_similar"])
    yield line("a pattern of another palette called similar", False, lambda row: row["other_similar"])
    yield line("an emblem called similar to a pattern", True, lambda row: row["other_similar"])


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    made = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*made, *("| " + " | ".join(line) + " |" for line in lines)])


def _rows(path: Path) -> list[Row]:
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def _short(share: float) -> str:
    return "1.00" if share > 0.995 else f"{share:.2f}".lstrip("0")
