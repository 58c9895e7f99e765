"""Rehearsed incidents examined by all lines and fused: whether regions hold the truth and likelihood ratios mislead.

Incidents are made by the rehearsal's relief, caster and projection, pvlib's sun and real weather
(`calibration_lab/incidents.py`), examined as an analyst would (`calibration_lab/analyst.py`), fused, and compared with
the truth (`calibration_lab/scoring.py`). An exponent a line is fitted on one half and reported on the other. What is
examined is kept below ``--work``, so a run goes on where it stopped; the report is written from all that is kept.

Run: ``python benchmarks/calibration.py [--incidents 200] [--hours 0.5] [--report-only]``
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.calibration_lab import report  # noqa: E402  (the folder above is not on the path before)
from benchmarks.calibration_lab.analyst import Examined, examine  # noqa: E402
from benchmarks.calibration_lab.incidents import Incident, draw  # noqa: E402
from benchmarks.calibration_lab.keeping import keep, read  # noqa: E402
from benchmarks.calibration_lab.scoring import Row, score  # noqa: E402
from benchmarks.calibration_lab.weather import Airports  # noqa: E402
from benchmarks.terrain_lab.queries import WORK as TERRAIN_WORK  # noqa: E402
from benchmarks.terrain_lab.queries import countries  # noqa: E402

WORK = HERE / "work" / "calibration"
RESULTS = HERE / "results"
SHARED = HERE.parents[1] / "shared" / "data"
SEED = 20220913
VERSION = "2"
"""Of the drawing and of what is kept: raised when either changes."""


def main() -> int:
    """Examine what is asked for, then write the report from all that is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=200)
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first, so that several can run side by side"
    )
    parser.add_argument("--hours", type=float, default=24.0, help="stop examining after so long and report")
    parser.add_argument("--splits", default="dev,held-out", help="whose countries incidents happen in")
    parser.add_argument("--weather", type=Path, default=SHARED / "weather")
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--report-only", action="store_true")
    asked = parser.parse_args()
    if not asked.report_only:
        look(
            range(asked.first, asked.first + asked.incidents),
            asked.hours,
            asked.splits.split(","),
            asked.weather,
            asked.work,
        )
    kept = [read(path) for path in sorted((asked.work / "examined").glob("*.pickle.z"))]
    if len(kept) < 4:
        print(f"{len(kept)} incidents are too few to report.", file=sys.stderr)
        return 1
    write(kept)
    return 0


def look(numbers: range, hours: float, splits: Sequence[str], weather: Path, work: Path) -> None:
    """Draw and examine incidents that are not kept yet."""
    lands = [land for split in splits for land in countries(split, None, TERRAIN_WORK)]
    airports = Airports(weather)
    folder = work / "examined"
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    for number in numbers:
        land = lands[number % len(lands)]
        digest = hashlib.sha256(f"{land.name}{SEED}{VERSION}".encode()).hexdigest()[:8]
        path = folder / f"{number:04d}-{digest}.pickle.z"
        if path.exists():
            continue
        if time.monotonic() - began > 3600.0 * hours:
            break
        cpu_s = time.process_time()
        incident = draw(land, airports, SEED, number)
        found = examine(incident, airports, work)
        keep(path, incident, found, time.process_time() - cpu_s)
        print(f"{incident.name}: {', '.join(sorted(found.findings))}", file=sys.stderr, flush=True)


def write(kept: Sequence[tuple[Incident, Examined, float]]) -> None:
    """Score, fit on one half, report on the other."""
    plain = _scored(kept, {})
    fitted, reported = report.halves(plain)
    exponents = report.fit(fitted)
    names = {row.name for row in reported}
    held_back = [entry for entry in kept if entry[0].name in names]
    after = _scored(held_back, exponents)
    chosen = ", ".join(f"{line} {power:g}" for line, power in exponents.items()) or "none"
    head = [
        "| Incidents | n | place: 50 % holds | 90 % holds | time: 50 % holds | 90 % holds | median 90 % (km2) "
        "| median off (km) | median 90 % (min) | median off (min) |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    abstained: dict[str, int] = {}
    for row in plain:
        for reason in row.abstained:
            line = reason.split(":")[0]
            abstained[line] = abstained.get(line, 0) + 1
    shadows = sum(any(kind == "shadow" for kind, _ in incident.marks) for incident, _, _ in kept)
    cpu = sum(row.cpu_s for row in plain) / len(plain)
    text = "\n".join(
        [
            "# Rehearsed incidents, all lines fused",
            "",
            f"{len(plain)} incidents in {len({row.country for row in plain})} countries, {shadows} with a marked "
            f"shadow; abstained: {abstained or 'none'}. Exponents fitted on one half: {chosen}. "
            f"{cpu:.0f} s of processor time an incident.",
            "",
            "## Regions of the fused assessment",
            "",
            *head,
            *report.coverage_rows("all, lines as they are", plain),
            *report.coverage_rows("reported half, lines as they are", reported),
            *report.coverage_rows("reported half, tempered", after),
            "",
            "## What a line alone gains about the truth, reported half",
            "",
            *report.gained_rows(reported, exponents),
            "",
            "## Cost of claim likelihood ratios (Cllr, bits), reported half",
            "",
            *report.cost_rows(reported, after, exponents),
            "",
            "## What was said and what was so, reported half, tempered",
            "",
            *report.reliability_rows(after),
            "",
            "Intervals of 95 % after Wilson. A true claim of place is a square of 1.5 km, of an hour two hours, of a "
            "day a whole day with the clock unknown; each stands against three false ones. The weather tables were "
            "fitted on the same months of the same airports.",
            f"Python {platform.python_version()}, {platform.machine()}.",
        ]
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "calibration.md").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "calibration.png").write_bytes(report.reliability_plot(reported, after))
    print(text)


def _scored(kept: Sequence[tuple[Incident, Examined, float]], exponents: Mapping[str, float]) -> list[Row]:
    return [score(incident, found, exponents, cpu_s) for incident, found, cpu_s in kept]


if __name__ == "__main__":
    sys.exit(main())
