"""How often the right emblem is found, a wrong one verified, and one that is in no library accepted.

Emblems drawn in four styles, and those below ``--data`` (folder ``uniforms`` with emblems, flags and crops), are worn
and filmed by code and compared with a library. Rows are kept below `--work`, so that the report can be written again.

Run: ``python benchmarks/emblems.py [--data FOLDER] [--split held-out] [--share 0.2] [--workers 2] [--work FOLDER]``
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.emblems_lab import cloths, report  # noqa: E402  (the folder above is not on the path before)
from benchmarks.emblems_lab.trials import SPLITS, measure  # noqa: E402


def main() -> None:
    """Measure the splits asked for, then write the report from all that is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=None, help="a folder that has a folder 'uniforms'")
    parser.add_argument("--split", default=",".join(SPLITS), help="splits, or 'none' to write the report only")
    parser.add_argument("--share", type=float, default=0.2, help="of all trials; drawn by seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, default=HERE / "work" / "emblems")
    parser.add_argument("--rates", action="store_true", help="print the counts that limits.py holds")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    for name in asked.split.split(","):
        if name in SPLITS:
            measure(SPLITS[name], asked.data, asked.share, asked.workers, asked.work / f"{name}.json")
            rows = [asdict(row) for row in cloths.rows(name)]
            (asked.work / f"cloth-{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    text = report.written(asked.work)
    (HERE / "results" / "emblems.md").write_text(text, encoding="utf-8")
    print(report.rates(asked.work, asked.data) if asked.rates else text)


if __name__ == "__main__":
    main()
