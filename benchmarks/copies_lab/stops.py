"""A stretch marked on one recording: on which re-edits it is known again, and what is falsely taken for it.

Four seconds in the middle of each reference are marked, clear of the opening that dressed ones share. Its manipulated
queries, where they show those seconds, are to be known again; other recordings, other moments of the same camera among
them, are not; those into which other footage was set are left out. The opening that all dressed clips share is marked
on one of them. Uses the clips and the fingerprints that `benchmarks/copies.py` leaves.

Run: ``python -m benchmarks.copies_lab.stops [--work FOLDER]``
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Template
from witnessmark.lines.copies.stoplist import Stop, shown_in, stop_of

HERE = Path(__file__).resolve().parents[1]
SPLITS = {"dev": "Clips on which thresholds were looked at", "held-out": "Clips on which nothing was set"}
MARKED_S = 4.0
INTRO_S = 2.5
CLEAR_S = 0.3
OFF_S = 0.6
MIXED = ("insert", "pip")
"""Manipulations that set footage of two clips into one."""


def printed(work: Path, split: str, file: str) -> Fingerprint | None:
    """The newest fingerprint kept of a file."""
    path = work / split / file
    kept = sorted(
        (work / "prints").glob(f"{path.parent.name}-{path.stem}-{path.stat().st_size}-*.pickle"),
        key=lambda one: one.stat().st_mtime,
    )
    if not kept:
        return None
    loaded = pickle.loads(kept[-1].read_bytes())
    assert isinstance(loaded, Fingerprint)
    return loaded


def measured(work: Path, split: str) -> list[str]:
    """Lines of a markdown table."""
    manifest = json.loads((work / split / "manifest.json").read_text(encoding="utf-8"))
    prints = {row["file"]: printed(work, split, row["file"]) for row in (*manifest["references"], *manifest["queries"])}
    asked, again, false = Counter[str](), Counter[str](), Counter[str]()
    tried = 0
    for reference in manifest["references"]:
        one = prints[reference["file"]]
        begin_s = 0.0 if one is None else max(0.0, one.duration_s / 2 - MARKED_S / 2)
        if reference["dressed"]:
            begin_s = max(begin_s, INTRO_S + CLEAR_S)
        stop = None if one is None else stop_of(Template("other", begin_s, begin_s + MARKED_S, None), one)
        if stop is None or one is None or one.duration_s < begin_s + MARKED_S:
            continue
        for query in manifest["queries"]:
            other = prints[query["file"]]
            if other is None:
                continue
            if query["kind"] == "attack" and query["reference"] == reference["name"]:
                if query["r0_s"] <= begin_s and query["r1_s"] >= begin_s + MARKED_S:
                    asked[query["attack"]] += 1
                    again[query["attack"]] += _at(stop, other, query, begin_s)
            elif query["attack"] not in MIXED and not _shares(query, reference["name"]):
                tried += 1
                false[query["kind"]] += bool(shown_in(stop, other))
    rows = ["| Manipulation | known again | of |", "|---|---|---|"]
    rows += [f"| {name} | {again[name]} | {asked[name]} |" for name in sorted(asked)]
    rows += ["", f"Taken for the marked stretch falsely: {sum(false.values())} of {tried} pairs of other footage.", ""]
    return [*rows, *_dressed(manifest, prints)]


def _at(stop: Stop, other: Fingerprint, query: dict[str, Any], begin_s: float) -> bool:
    """Whether it was found where it lies."""
    true_s = query["q0_s"] + (begin_s - query["r0_s"]) / query["speed"]
    return any(abs(found.start_s - true_s) <= OFF_S for found in shown_in(stop, other))


def _shares(query: dict[str, Any], name: str) -> bool:
    """Whether a query may show footage of a reference without being one of its attacks."""
    return query.get("reference") == name or name in query["leave_out"] or query["name"].split(".")[0] == name


def _dressed(manifest: dict[str, Any], prints: dict[str, Fingerprint | None]) -> list[str]:
    """The opening of one dressed clip, looked for in the others and in clips without it."""
    dressed = [row for row in manifest["queries"] if row["name"].endswith(".dressed")]
    if len(dressed) < 2 or (first := prints[dressed[0]["file"]]) is None:
        return []
    stop = stop_of(Template("intro", 0.0, INTRO_S, None), first)
    if stop is None:
        return []
    found = [bool(shown_in(stop, one)) for row in dressed[1:] if (one := prints[row["file"]]) is not None]
    with_it = {row["name"] for row in manifest["references"] if row["dressed"]}
    bare = [
        row
        for row in manifest["queries"]
        if row["kind"] != "dressed"
        and row["attack"] not in MIXED
        and not with_it & {row["reference"], *row["leave_out"]}
    ]
    wrong = sum(bool(shown_in(stop, one)) for row in bare if (one := prints[row["file"]]) is not None)
    return [
        f"The shared opening, marked on one dressed clip: known again in {sum(found)} of {len(found)} others; "
        f"taken for it falsely: {wrong} of {len(bare)}."
    ]


def main() -> None:
    """Measure, write the page, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=HERE / "work" / "copies")
    asked = parser.parse_args()
    lines = ["# Marked stretches known again by their content"]
    for split, said in SPLITS.items():
        if (asked.work / split / "manifest.json").is_file():
            lines += ["", f"## {said}", "", *measured(asked.work, split)]
    text = "\n".join(lines) + "\n"
    (HERE / "results" / "copies_stops.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
