"""The report, written from what the parts kept."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.copies_lab import answers, heldout, parts, scale, split, tables, unseen
from benchmarks.copies_lab.measure import Share, any_score, found_at

from witnessmark.lines.copies.fingerprint import ALGORITHM
from witnessmark.lines.copies.limits import COPY_SCORE

METHODS = ("tier3", "tier2", "tier1", "pdq", "vpdq", "tmk", "videohash2")


def missing(plan: parts.Plan) -> list[str]:
    """What of the whole report was not measured, such as "chain of held-out"; other tools may be missing."""
    wanted = [(f"tier{tier}", name) for name in parts.TITLES for tier in (1, 2, 3)]
    wanted += [(part, name) for name in parts.TITLES for part in ("sizes", "chain", "cost")]
    wanted += [("scale", "dev")]
    return [f"{part} of {name}" for part, name in wanted if not plan.kept(part, name).is_file()]


def text(plan: parts.Plan) -> str:
    """All tables there is something for."""
    made = {
        name: split.load(plan.folder(name)) for name in parts.TITLES if (plan.folder(name) / "manifest.json").is_file()
    }
    sections = [_head(plan, made)]
    told = {name: _answered(plan, name) for name in made}
    ours = {parts.TITLES[name]: (made[name], told[name]["tier3"]) for name in made if "tier3" in told[name]}
    if ours:
        sections.append("## Copies\n\n" + tables.summary(ours, COPY_SCORE))
    for name in made:
        if told[name]:
            methods = {one.method: (made[name], one) for one in told[name].values()}
            sections.append(f"## By method, the split {parts.TITLES[name]}\n\n" + tables.methods(methods))
            sections.append(
                "Recall by attack with no false match, dressed negatives included:\n\n" + tables.attacks(methods)
            )
            sections.append("The same without the dressed negatives:\n\n" + tables.attacks(methods, with_dressed=False))
            sections += [_missing(plan, name)]
        if "tier3" in told[name]:
            sections.append(tables.missed(made[name], told[name]["tier3"]))
    sections += [_sizes(plan, made, told), _chain(plan), _cost(plan), _scale(plan)]
    return "# Copies\n\n" + "\n\n".join(part for part in sections if part) + "\n"


def _head(plan: parts.Plan, made: Mapping[str, split.Split]) -> str:
    lines = [
        "Written by `benchmarks/copies.py`. A false match is a query of which some recording that it does not show "
        'scores above the threshold. "@ 0 false" fits the threshold to the queries themselves, for every method, as '
        "is the custom; the fixed threshold is the one the line uses. Intervals are 95 % Wilson intervals over "
        "queries; queries made of one clip are not independent, so that the true uncertainty is larger. "
        f"Fingerprints of `{ALGORITHM}`; {platform.machine()}, Python {platform.python_version()}.",
    ]
    for name, one in made.items():
        kinds = Counter(query.kind for query in one.queries)
        dressed = sum(reference.dressed for reference in one.references)
        real = sum(not reference.drawn for reference in one.references)
        lines.append(
            f"The split {parts.TITLES[name]}: {real} filmed references ({dressed} in the "
            f"broadcaster's dress) and {len(one.references) - real} drawn ones; {kinds['attack']} manipulated queries, "
            f"{kinds['plain']} unrelated ones plain and {kinds['dressed']} dressed, {kinds['hard']} hard negatives."
        )
    if not any(plan.kept(method, name).is_file() for method in METHODS[3:] for name in made):
        lines.append("Other tools were measured before on the same files: see [copies-peers.md](copies-peers.md).")
    if "held-out" in made:
        lines.append((heldout.__doc__ or "").split("\n\n")[1].replace("\n", " ").strip())
    if "unseen" in made:
        lines.append("The unseen split: " + (unseen.__doc__ or "").split("\n\n")[1].replace("\n", " ").strip())
    return "\n\n".join(lines)


def _answered(plan: parts.Plan, name: str) -> dict[str, answers.Answers]:
    return {method: answers.load(plan.kept(method, name)) for method in METHODS if plan.kept(method, name).is_file()}


def _missing(plan: parts.Plan, name: str) -> str:
    found = _read(plan.kept("missing", name))
    return "\n".join(f"- {why}" for why in found.values()) if isinstance(found, dict) else ""


def _sizes(plan: parts.Plan, made: Mapping[str, split.Split], told: Mapping[str, Mapping[str, answers.Answers]]) -> str:
    rows = []
    for name in made:
        sizes = _read(plan.kept("sizes", name))
        if isinstance(sizes, dict):
            for tier in (1, 2, 3):
                kept = told[name].get(f"tier{tier}")
                called = "-" if kept is None else str(found_at(made[name], kept).recall)
                scored = "-" if kept is None else str(found_at(made[name], kept, scorer=any_score).recall)
                total = sum(sizes[str(below)] for below in range(1, tier + 1))
                tiers = f"1-{tier}" if tier > 1 else "1"
                rows.append((parts.TITLES[name], tiers, f"{sizes[str(tier)]:.1f}", f"{total:.1f}", called, scored))
    head = ("split", "tiers", "kB a minute of this tier", "of all up to it", "recall @ 0 false", "by score alone")
    return "## Size\n\n" + tables.table(head, rows) if rows else ""


def _chain(plan: parts.Plan) -> str:
    rows = []
    for name, title in parts.TITLES.items():
        found = _read(plan.kept("chain", name))
        if isinstance(found, dict):
            rows += [(title, which, str(Share(**share))) for which, share in found.items()]
    head = ("split", "asked with", "earliest appearance right")
    return "## The first posting of a clip that was changed six times\n\n" + tables.table(head, rows) if rows else ""


def _cost(plan: parts.Plan) -> str:
    rows = []
    for name, title in parts.TITLES.items():
        found = _read(plan.kept("cost", name))
        if not isinstance(found, list):
            continue
        *clips, long = found
        for which, files in ((f"{len(clips)} references together", clips), ("120 s of 1280 x 720", [long])):
            decode_s, print_s, start_s, length_s = (
                sum(one[key] for one in files) for key in ("decode_s", "print_s", "start_s", "duration_s")
            )
            rows.append(
                (title, which, f"{length_s:.0f}", f"{decode_s:.2f}", f"{print_s:.2f}", f"{print_s / decode_s:.1f}",
                 f"{max(0.0, print_s - start_s) / decode_s:.1f}")
            )  # fmt: skip
    head = (
        "split",
        "files",
        "length s",
        "decoding CPU s",
        "fingerprinting CPU s",
        "ratio",
        "without starting processes",
    )
    return "## Processor time of fingerprinting\n\n" + tables.table(head, rows) if rows else ""


def _scale(plan: parts.Plan) -> str:
    found = _read(plan.kept("scale", "dev"))
    if not isinstance(found, list):
        return ""
    points = [scale.Point(**entry) for entry in found]
    rows, lines = [], []
    for point in points:
        whole = f"{np.median(point.whole_cpu_s):.2f}; {max(point.whole_cpu_s):.2f}" if point.whole_cpu_s else "-"
        rows.append(
            (
                "1" if point.tier == 1 else f"1-{point.tier}",
                f"{point.hours:g}",
                f"{np.median(point.query_cpu_s):.2f}; {np.percentile(point.query_cpu_s, 95):.2f}",
                whole,
                f"{max(point.whole_mb):.0f}" if point.whole_mb else "-",
                f"{point.stored_mb:.0f}",
                f"{point.false}/{len(point.query_cpu_s)}",
            )
        )
    head = (
        "tiers",
        "hours in the index",
        "search CPU s: median; 95 %",
        "whole command, CPU s: median; most",
        "memory MB, most",
        "MB on disk",
        "fillers called copies",
    )
    for tier in sorted({point.tier for point in points}, reverse=True):
        some = [point for point in points if point.tier == tier]
        start_s, slope_s, far_s = scale.growth(some, 10_000.0)
        kept = "all tiers" if tier == 3 else "first tiers alone"
        lines.append(
            f"With {kept}, a line through the medians of searching: {start_s:.2f} s and {slope_s * 1e3:.2f} ms an "
            f"hour; carried on to 10,000 h that makes {far_s:.1f} s, which was not measured."
        )
    return "## An index that grows\n\n" + tables.table(head, rows) + "\n\n" + "\n\n".join(lines)


def _read(path: Path) -> Any:
    """What a part kept as JSON; None when it has not run."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
