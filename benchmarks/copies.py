"""Copies: recall where nothing false is let through, against everyday manipulations, hard negatives and other tools.

Clips are manipulated with PyAV and OpenCV from fixed seeds. One split is made of the clips in `--clips` and was used
while the line was developed; the held-out one is made of clips inside public packages, whose answers were looked at
since; the unseen one is made of others, and was asked once, when nothing was to be changed any more. Each part keeps
what it measured below `--work`, so that parts can be run one at a time. The report replaces the committed one only when
everything is kept; until then it is printed, and left in `--work`.

Run: ``python benchmarks/copies.py [--quick] [--parts ours,peers,chain,cost,scale] [--splits dev,held-out,unseen]``
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.copies_lab import parts, report  # noqa: E402  (the folder above is not on the path before)

PARTS = ("ours", "peers", "chain", "cost", "scale")


def main() -> None:
    """Measure what is asked for, then write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=HERE.parent.parent / "shared" / "data" / "videos")
    parser.add_argument("--work", type=Path, default=HERE / "work" / "copies")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--splits", default=",".join(parts.TITLES))
    parser.add_argument("--quick", action="store_true", help="three clips, no other tools, a small index; no report")
    parser.add_argument("--peer-python", type=Path, default=None, help="interpreter that has vpdq and tmkpy")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="throw away what other tools answered before")
    asked = parser.parse_args()
    if asked.fresh:
        shutil.rmtree(asked.work / "kept", ignore_errors=True)
    plan = parts.Plan(asked.clips, asked.work, asked.workers, asked.quick, asked.peer_python)
    wanted = [part for part in PARTS if part in asked.parts.split(",")]
    if asked.quick and "peers" in wanted:
        wanted.remove("peers")
    for part in wanted:
        for split in asked.splits.split(",") if part != "scale" else ["dev"]:
            parts.run(plan, part, split)
    text = report.text(plan)
    print(text)
    missing = report.missing(plan)
    target = asked.work / "report.md" if asked.quick or missing else HERE / "results" / "copies.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    if missing:
        print(
            f"The committed report stays as it is, as these were not measured: {', '.join(missing)}.", file=sys.stderr
        )


if __name__ == "__main__":
    main()
