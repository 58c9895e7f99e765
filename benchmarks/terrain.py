"""Where a camera stood, from its skyline: how often the search is right, how sure it says it is, and what it costs.

Questions with known answers are rendered by the rehearsal's caster over a relief that is finer than, and differs from,
the model that is searched (`terrain_lab/queries.py`), on countries and seeds that the search was developed on, and on
others. Cells are asked a few questions in turn, so that a run that is cut short knows something of each; everything is
kept below ``--work`` as it comes, so that a run goes on where it stopped. The report says how many were asked. Without
elevation data beside the repository, or ``--dem``, invented mountains are used, and the report says so.

Run: ``python benchmarks/terrain.py [--cells fov60,fov30] [--queries 100] [--split dev] [--dem FILE] [--workers 2]``
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
IN_TURN = 2
"""Questions that a cell is asked before the next has its turn."""
ENOUGH = 100
sys.path.insert(0, str(HERE.parent))

from benchmarks.terrain_lab import asking, measure, tables  # noqa: E402  (the folder above is not on the path before)
from benchmarks.terrain_lab.queries import SPLITS, WORK  # noqa: E402


def main() -> int:
    """Measure what is asked for, then write the report from all that is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default=",".join(measure.names()), help="of " + ", ".join(measure.names()))
    parser.add_argument("--queries", type=int, default=100, help="questions a cell")
    parser.add_argument("--split", default=",".join(SPLITS), help="dev, held-out, or both with a comma")
    parser.add_argument("--dem", type=Path, action="append", default=None, help="stand in this model; may be repeated")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--fresh", action="store_true", help="ask again what was asked of other searching code")
    parser.add_argument("--no-costs", action="store_true", help="leave cold searches and one against four workers out")
    parser.add_argument("--costs", default="1000,4000", help="areas that are searched cold [km2]")
    parser.add_argument("--same", type=int, default=5, help="questions asked of one and of four workers")
    parser.add_argument("--report-only", action="store_true", help="measure nothing; write from what is kept")
    parser.add_argument("--cost-of", type=float, default=None, help="only search so many km2 cold, and print the cost")
    asked = parser.parse_args()
    if asked.cost_of is not None:
        print(json.dumps(measure.cost_of(asked.cost_of, asked.dem, asked.work, asked.workers)))
        return 0
    splits = asked.split.split(",")
    if not asked.report_only:
        for split in splits:
            for count in sorted({*range(IN_TURN, asked.queries, IN_TURN), asked.queries}):
                for cell in asked.cells.split(","):
                    measure.measure(split, cell, count, asked.dem, asked.work, asked.workers, fresh=asked.fresh)
        if not asked.no_costs:
            areas = [float(area_km2) for area_km2 in asked.costs.split(",")]
            measure.costs(asked.dem, asked.work, asked.workers, areas, asked.same)
    return report(asked.dem, asked.work)


def report(dems: list[Path] | None, work: Path) -> int:
    """Print the tables of complete cells; keep them under results when all that nothing was tuned on are there."""
    places = [measure.results_path(work, split, cell, dems) for split in SPLITS for cell in measure.names()]
    kept = [one for one in map(measure.load, places) if one is not None and one.complete and one.rows]
    if not kept:
        print("No cell is complete: nothing is written.")
        return 1
    costs, same = measure.kept_costs(dems, work)
    text = tables.written(kept, costs, same, tables.horizon_row(HERE / "results"), asking.searched_by(), ENOUGH)
    print(text)
    usual = {Path(name).stem for names in SPLITS.values() for name in names}
    stood = {row.country for one in kept for row in one.rows.values()}
    asked_of = {(one.split, one.cell) for one in kept}
    whole = all(("held-out", cell) in asked_of for cell in measure.names())
    if dems is None and stood <= usual and whole and costs:
        (HERE / "results" / "terrain.md").write_text(text, encoding="utf-8")
    else:
        (work / "results" / f"report{measure.tag_of(dems)}.md").write_text(text, encoding="utf-8")
        print("Not every cell was asked in the usual countries: benchmarks/results is left as is.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
