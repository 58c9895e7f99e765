"""The claim-by-evidence matrix of a thousand claims and a hundred findings, from the records to the answer.

Run as ``python benchmarks/matrix.py``. The case is made up: parties, documents and findings do not exist.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from witnessmark.claims.attachments import AS_STATED, Attachment, Strength
from witnessmark.claims.bodies import claim_body
from witnessmark.claims.matrix import Matrix, Stance
from witnessmark.claims.matrix_page import matrix_page
from witnessmark.claims.matrix_plain import matrix_csv, plain_matrix
from witnessmark.claims.records import About, Claim, Hedge, Quote, Reliability, Source, SourceKind
from witnessmark.claims.relations import Relation, RelationKind
from witnessmark.claims.times import Interval
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Moment, PremisEvent
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.claims import ATTACHED, RELATED, case_matrix
from witnessmark.desk.space import place_grid
from witnessmark.desk.statements import case_sources
from witnessmark.fusion import Assessment, ClaimRegion, fuse
from witnessmark.fusion.words import lr_words, probability_words
from witnessmark.hypotheses import Alternative, Hypotheses, LogLikelihood, TimeAxis
from witnessmark.lines.contract import Finding, InputRef
from witnessmark.plain import parse_moment

HERE = Path(__file__).parent
LIMIT_S = 2.0
N_SOURCES = 60
SAID = Moment(parse_moment("2031-10-02T12:00:00+04:00"), "date line", True)


def made_up(n_claims: int, seed: int) -> tuple[list[Source], list[Claim], list[Relation]]:
    """Sources, claims about times, and relations: half repeat an earlier claim, one in ten contradicts one."""
    rng = np.random.default_rng(seed)
    sources = [
        Source(f"source-{n}", f"Source {n}", SourceKind.NEWS, f"Party {n % 4}", Reliability.C, "Made up.")
        for n in range(N_SOURCES)
    ]
    claims, relations = [], []
    for n in range(n_claims):
        day = int(rng.integers(1, 28))
        span = Interval(
            parse_moment(f"2031-09-{day:02d}T00:00:00+04:00"),
            parse_moment(f"2031-09-{day + 1:02d}T00:00:00+04:00"),
            0.0,
            "",
        )
        text = f"Statement {n}: the footage was taken on the day that the office of source {n} named at its briefing."
        claims.append(
            Claim(
                id=f"claim-{n:05d}",
                source=f"source-{int(rng.integers(N_SOURCES))}",
                statement=text,
                quote=Quote(text, f"document-{n % 200}.html", f"paragraph {n % 40}"),
                hedge=Hedge.ASSERTS,
                said_at=SAID,
                said_within_s=0.0,
                credibility=6,
                credibility_reason="Not judged yet.",
                about=About(time=(span,)),
                contradicts=(),
                repeats=(),
                line=0,
            )
        )
        if n and n % 2:
            relations.append(Relation(RelationKind.REPEATS, claims[n].id, claims[int(rng.integers(n))].id))
        if n > 10 and n % 10 == 0:
            relations.append(Relation(RelationKind.CONTRADICTS, claims[n].id, claims[n - 7].id))
    return sources, claims, relations


def assessment(claims: list[Claim], n_findings: int, seed: int) -> dict[str, Any]:
    """An assessment as fusing records it, with ratios drawn at random."""
    rng = np.random.default_rng(seed)
    alone = rng.normal(0.0, 0.5, (n_findings, len(claims)))
    whole = 0.3 * alone.sum(axis=0)
    posterior = 1.0 / (1.0 + 10.0**-whole)
    names = [claim.id for claim in claims]
    return {
        "id": "AS-benchmark",
        "subjects": ["WM-0001"],
        "claims_not_weighed": [],
        "digest": "00" * 32,
        "standings": [
            {
                "claim_id": name,
                "prior": 0.5,
                "posterior": float(posterior[k]),
                "log10_lr": float(whole[k]),
                "lr_words": lr_words(float(whole[k])),
                "probability_words": probability_words(float(posterior[k])),
                "reason": "",
            }
            for k, name in enumerate(names)
        ],
        "shares": [
            {
                "finding_id": f"F-{n:012x}",
                "line": ("sun", "terrain", "weather", "copies")[n % 4],
                "weight": 1.0,
                "bits": 1.0,
                "bits_place": 0.5,
                "bits_time": 0.5,
                "bits_alternatives": 0.0,
                "capped": False,
                "discriminates": True,
                "without": dict(zip(names, (whole - 0.3 * alone[n]).tolist(), strict=True)),
                "alone": dict(zip(names, alone[n].tolist(), strict=True)),
            }
            for n in range(n_findings)
        ],
    }


def fill(case: Case, n_claims: int, n_findings: int, seed: int) -> None:
    """Put everything on record, as events that are signed like any others."""
    sources, claims, relations = made_up(n_claims, seed)
    for start in range(0, n_claims, 500):
        bodies = [claim_body(claim) for claim in claims[start : start + 500]]
        payload = {"sources": sources if start == 0 else [], "claims": bodies}
        case.record(PremisEvent.METADATA_MODIFICATION, "claims.recorded", payload)
    kept = {**assessment(claims, n_findings, seed)}
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "assessment.made", {"assessment": kept, "stored": []})
    for relation in relations[:200]:
        case.record(PremisEvent.METADATA_MODIFICATION, RELATED, {"relation": relation})
    for n in range(20):
        attached = Attachment(
            f"AT-{n:04d}", "F-0", claims[n].id, AS_STATED, bool(n % 2), Strength.FAIR, "Made up.", "A. Analyst"
        )
        case.record(PremisEvent.METADATA_MODIFICATION, ATTACHED, {"attachment": attached})


def weighing(n_claims: int, n_findings: int, seed: int) -> Callable[[], Assessment]:
    """Fusing of findings over 1,190 places and 4,320 instants with claims about days and about places."""
    over = Hypotheses(
        place_grid(46.0, 39.8, 46.4, 40.1, 1000.0),
        TimeAxis(dt.datetime(2031, 9, 1, tzinfo=dt.UTC), 600.0, 30 * 144),
        (Alternative("older-footage", "Older.", 0.25), Alternative("elsewhere", "Elsewhere.", 0.25)),
    )
    rng = np.random.default_rng(seed)
    n_places, n_instants = over.shape
    findings = []
    for n in range(n_findings):
        values = rng.normal(0.0, 1.0, (1, n_instants) if n % 2 else (n_places, 1)).astype(np.float32)
        part = InputRef(Sha256(bytes([n]) * 32), "pictures")
        likelihood = LogLikelihood(values, {"older-footage": 0.0, "elsewhere": 0.0})
        made = Finding(f"line-{n}", "1", "drawn", part.sha256, (part,), {}, 1, likelihood, 5.0, {}, "Made up.", ())
        findings.append((f"F-{n:03d}", made))
    regions = []
    for n in range(n_claims):
        if n % 2:
            middle = int(rng.integers(n_places))
            off_deg = np.hypot(
                over.places.lat_deg - over.places.lat_deg[middle], over.places.lon_deg - over.places.lon_deg[middle]
            )
            regions.append(ClaimRegion(f"c{n}", off_deg < 0.05, None))
        else:
            regions.append(ClaimRegion(f"c{n}", None, np.arange(n_instants) // 144 == rng.integers(30)))
    return lambda: fuse(findings, over, regions)


def timed(work: Callable[[], Any], repeats: int) -> tuple[list[float], list[float], Any]:
    """Wall and CPU seconds of some runs, and what the last gave."""
    wall, cpu, made = [], [], None
    for _ in range(repeats):
        made = None
        wall_0, cpu_0 = time.perf_counter(), time.process_time()
        made = work()
        cpu.append(time.process_time() - cpu_0)
        wall.append(time.perf_counter() - wall_0)
    return wall, cpu, made


def measure(n_claims: int, n_findings: int, repeats: int, seed: int) -> list[str]:
    """Rows of the table for one size."""
    with tempfile.TemporaryDirectory() as folder:
        case = new_case(Path(folder) / "case", "B-1", "Benchmark", operator="A. Analyst")
        try:
            fill(case, n_claims, n_findings, seed)
            sources = case_sources(case)

            def laid() -> Matrix:
                return case_matrix(case)

            wall, cpu, made = timed(laid, repeats)
            rows = [_line(n_claims, n_findings, "from the records to the matrix", wall, cpu)]
            whole: list[tuple[str, Callable[[], Any]]] = [
                (
                    "the same and its JSON text",
                    lambda: json.dumps(
                        plain_matrix(case_matrix(case), sources),
                    ),
                ),
                ("the page, from the matrix", lambda: matrix_page(made, sources, "Benchmark")),
                ("the spreadsheet, from the matrix", lambda: matrix_csv(made)),
            ]
            for name, work in whole:
                wall, cpu, _ = timed(work, repeats)
                rows.append(_line(n_claims, n_findings, name, wall, cpu))
            cells = sum(len(weight.cells) for row in made.rows for weight in row.weights)
            told = sum(cell.stance is not Stance.OPEN for row in made.rows for w in row.weights for cell in w.cells)
            print(f"{n_claims} claims: {cells} cells, {told} of which support or contradict; {len(made.voices)} voices")
        finally:
            case.close()
    return rows


def _line(n_claims: int, n_findings: int, what: str, wall: list[float], cpu: list[float]) -> str:
    return (
        f"| {n_claims:,} x {n_findings} | {what} | {statistics.median(wall):.2f} | {min(wall):.2f} - {max(wall):.2f} |"
        f" {statistics.median(cpu):.2f} | {min(cpu):.2f} - {max(cpu):.2f} |"
    )


def main() -> None:
    """Measure, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=11)
    asked = parser.parse_args()
    rows = measure(1_000, 100, asked.repeats, asked.seed) + measure(10_000, 100, 3, asked.seed)
    wall, cpu, _ = timed(weighing(1_000, 100, asked.seed), 3)
    rows.append(_line(1_000, 100, "weighing them, once, by `assess`", wall, cpu))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    text = "\n".join(
        [
            "# The claim-by-evidence matrix",
            "",
            f"From the records of a case in SQLite, on {platform.machine()}, Python {platform.python_version()},"
            f" {os.cpu_count()} cores shared with other work (load average {os.getloadavg()[0]:.0f}: wall times are"
            f" longer than on a quiet machine); one process, one thread. The middle of {asked.repeats} runs (3 for"
            f" 10,000 claims), with the least and the most. Goal: under {LIMIT_S:g} s for 1,000 claims and 100"
            " findings.",
            "",
            "| Claims x findings | What | Wall [s] | least - most | CPU [s] | least - most |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"Highest memory of the whole run: {peak_mib:.0f} MiB. Half of the claims repeat an earlier one, one in ten"
            " contradicts one. The ratios of the matrix are drawn at random. Weighing is fusing's part and is done"
            " once: every claim in every one of 201 combinations of the findings, over 1,190 places and 4,320 instants,"
            " half of the claims about days and half about places (3 runs). No other tool known to us lays claims"
            " against findings, so there is no peer.",
            "",
        ]
    )
    print(text)
    (HERE / "results" / "matrix.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
