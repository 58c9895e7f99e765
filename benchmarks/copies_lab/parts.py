"""The parts of the benchmark, each of which keeps what it measured as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.copies_lab import chain, clips, cost, heldout, ours, peers, scale, unseen
from benchmarks.copies_lab.answers import Answers
from benchmarks.copies_lab.split import Source, Split, build, load

from witnessmark.lines.copies.limits import CODES_COPY_SCORE, COPY_SCORE

TITLES = {"dev": "developed on", "held-out": "held out", "unseen": "unseen"}
PACKAGED = {"held-out": heldout.PACKAGED, "unseen": unseen.PACKAGED}
SCENES = {"dev": clips.DEV_SCENES, "held-out": heldout.SCENES, "unseen": unseen.SCENES}
HOURS, CODE_HOURS = (1.0, 10.0, 100.0), (100.0, 1000.0)
"""Sizes of an index with all tiers, and of one with first tiers only."""
QUICK_CLIPS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run was asked for."""

    clips: Path
    work: Path
    workers: int
    quick: bool
    peer_python: Path | None

    def kept(self, part: str, split: str) -> Path:
        """Where a part keeps what it measured of a split."""
        return self.work / "kept" / f"{split}-{part}{'-quick' if self.quick else ''}.json"

    def folder(self, split: str) -> Path:
        """Where a split's files lie."""
        return self.work / f"{split}{'-quick' if self.quick else ''}"


def sources(plan: Plan, split: str) -> list[Source]:
    """The clips of a split."""
    if split in PACKAGED:
        found = heldout.sources(plan.work / "packaged", PACKAGED[split])
    else:
        found = clips.from_folder(plan.clips) if plan.clips.is_dir() else []
    if not found:
        raise SystemExit(f"There are no clips in {plan.clips}; name a folder with --clips.")
    return found[:QUICK_CLIPS] if plan.quick else found


def split_of(plan: Plan, split: str) -> Split:
    """A split's files, made when they are not there yet."""
    if (plan.folder(split) / "manifest.json").is_file():
        return load(plan.folder(split))
    scenes = SCENES[split][: 1 if plan.quick else None]
    return build(plan.folder(split), sources(plan, split), scenes, workers=plan.workers)


def run(plan: Plan, part: str, split: str) -> None:
    """Measure one part of one split."""
    print(f"{part}, {split} ...", flush=True)
    doers = {"ours": _ours, "peers": _peers, "chain": _chain, "cost": _cost, "scale": _scale}
    doers[part](plan, split)


def _ours(plan: Plan, split: str) -> None:
    printed = ours.print_all(split_of(plan, split), plan.work / "prints", plan.workers)
    for tier in (1, 2, 3):
        ours.ask_all(printed, tier, plan.workers).save(plan.kept(f"tier{tier}", split))
    sizes = {str(tier): printed.kept_kb_per_minute(tier) for tier in (1, 2, 3)}
    _write(plan.kept("sizes", split), sizes)


def _peers(plan: Plan, split: str) -> None:
    made = split_of(plan, split)
    python = plan.peer_python or Path("no interpreter")
    passing = plan.work / "passing" / split
    askers: dict[str, Callable[[], Answers | str]] = {
        "pdq": lambda: peers.pdq_frames(made, plan.workers),
        "vpdq": lambda: peers.vpdq(made, python, passing),
        "tmk": lambda: peers.tmk(made, python, passing),
        "videohash2": lambda: peers.videohash(made, plan.workers),
    }
    missing = {}
    for name, ask in askers.items():
        if plan.kept(name, split).is_file():
            continue
        print(f"  {name}", flush=True)
        told = ask()
        if isinstance(told, str):
            missing[name] = told
        else:
            told.save(plan.kept(name, split))
    _write(plan.kept("missing", split), missing)


def _chain(plan: Plan, split: str) -> None:
    asked = [source for source in sources(plan, split) if not source.hard_only]
    found = chain.earliest_named(plan.work / "chains" / split, asked, plan.workers)
    _write(plan.kept("chain", split), {name: asdict(share) for name, share in found.items()})


def _cost(plan: Plan, split: str) -> None:
    made = split_of(plan, split)
    files = [made.path(reference.file) for reference in made.references if not reference.drawn]
    seconds = 20.0 if plan.quick else 120.0
    long = cost.long_file(files[:5], plan.work / f"long-{split}-{seconds:g}.mp4", seconds)
    _write(plan.kept("cost", split), [asdict(one) for one in cost.measure([*files, long], plan.work)])


def _scale(plan: Plan, split: str) -> None:
    made = split_of(plan, split)
    keep = plan.work / "prints"
    references = [(one.name, ours.print_one(made.path(one.file), keep)) for one in made.references]
    asked = made.queries[:: 60 if plan.quick else 12]
    queries = [ours.print_one(made.path(query.file), keep) for query in asked]
    files = [made.path(query.file) for query in asked[:: 1 if plan.quick else 4]]
    folder = plan.work / "scale"
    points = scale.measure(folder, references, queries, (0.5, 2.0) if plan.quick else HOURS, COPY_SCORE, files)
    _write(plan.kept("scale", split), [asdict(point) for point in points])
    hours = (1.0, 4.0) if plan.quick else CODE_HOURS
    points += scale.measure(folder, references, queries, hours, CODES_COPY_SCORE, tier=1)
    _write(plan.kept("scale", split), [asdict(point) for point in points])


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
