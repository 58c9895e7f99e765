"""Witnessmark's own fingerprints and search over a split, by tier, with what they cost."""

from __future__ import annotations

import hashlib
import pickle
import re
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from benchmarks.copies_lab.answers import Answer, Answers
from benchmarks.copies_lab.split import Query, Split

from witnessmark import media
from witnessmark.lines import copies
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.packing import pack_tier
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.search import search

NAME = "Witnessmark"


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """The fingerprints of a split by file."""

    split: Split
    by_file: dict[str, Fingerprint]

    def kept_kb_per_minute(self, tier: int) -> float:
        """Kilobytes a minute of reference that one tier takes, packed."""
        kept = [self.by_file[reference.file] for reference in self.split.references]
        return sum(len(pack_tier(one, tier)) for one in kept) / 1e3 / (sum(one.duration_s for one in kept) / 60)


@cache
def state() -> str:
    """A digest of the program that makes fingerprints: what is kept on disk is used by the same program only."""
    home = Path(copies.__file__).parent
    waiting, needed = ["fingerprinting"], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in needed and (home / f"{name}.py").is_file():
            needed.add(name)
            text = (home / f"{name}.py").read_text(encoding="utf-8")
            waiting += re.findall(r"from witnessmark\.lines\.copies\.(\w+) import", text)
            waiting += re.findall(r"from witnessmark\.lines\.copies import (\w+)", text)
    files = [home / f"{name}.py" for name in sorted(needed)]
    digest = hashlib.sha256()
    for path in [*files, *sorted(Path(media.__file__).parent.rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def print_one(path: Path, keep: Path | None) -> Fingerprint:
    """A file's fingerprint, from the folder `keep` when the same program made it before."""
    kept = None if keep is None else keep / f"{path.parent.name}-{path.stem}-{path.stat().st_size}-{state()}.pickle"
    if kept is not None and kept.is_file():
        loaded = pickle.loads(kept.read_bytes())
        assert isinstance(loaded, Fingerprint)
        return loaded
    made = fingerprint_of(path)
    if isinstance(made, media.Broken):
        raise SystemExit(f"{path.name}: {made.reason}")
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(made))
    return made


def print_all(split: Split, keep: Path | None, workers: int = 2) -> Printed:
    """Fingerprint every file of a split."""
    files = split.files()
    with ProcessPoolExecutor(workers) as pool:
        made = pool.map(print_one, [split.path(file) for file in files], [keep] * len(files))
        return Printed(split, dict(zip(files, made, strict=True)))


def library_of(printed: Printed, tier: int = 3) -> tuple[MemoryLibrary, dict[int, str]]:
    """All references in memory up to a tier, and the names of the library's numbers."""
    library = MemoryLibrary()
    names = {}
    for reference in printed.split.references:
        kept = library.add(printed.by_file[reference.file].up_to(tier), reference.name)
        names[kept.id] = reference.name
    return library, names


def answer_of(match: Match, name: str) -> Answer:
    """A match in the words that every method shares."""
    bare = Answer(name, match.score, match.relation, match.mirrored)
    if not match.stretches:
        return bare
    best = match.stretches[0]
    return replace(bare, q0_s=best.q0_s, q1_s=best.q1_s, r0_s=best.r0_s, r1_s=best.r1_s)


def ask(printed: Printed, queries: Iterable[Query], tier: int = 3) -> Answers:
    """Search for every query among the references."""
    library, names = library_of(printed, tier)
    numbers = {name: number for number, name in names.items()}
    by_query, cpu_s = {}, {}
    for query in queries:
        code = printed.by_file[query.file].up_to(tier)
        left_out = frozenset(numbers[name] for name in query.leave_out)
        started = time.process_time()
        matches = search(code, library, leave_out=left_out)
        cpu_s[query.name] = time.process_time() - started
        by_query[query.name] = tuple(answer_of(match, names[match.recording]) for match in matches)
    method = NAME if tier == 3 else f"{NAME}, tiers up to {tier}"
    return Answers(method, by_query, cpu_s)


_SHARED: list[Printed] = []


def _ask_some(names: list[str], tier: int) -> Answers:
    printed = _SHARED[0]
    return ask(printed, [query for query in printed.split.queries if query.name in set(names)], tier)


def ask_all(printed: Printed, tier: int = 3, workers: int = 2) -> Answers:
    """`ask` for all queries, shared among processes."""
    names = [query.name for query in printed.split.queries]
    _SHARED[:] = [printed]
    with ProcessPoolExecutor(workers) as pool:
        parts = list(pool.map(_ask_some, [names[k::workers] for k in range(workers)], [tier] * workers))
    by_query = {name: answers for part in parts for name, answers in part.by_query.items()}
    cpu_s = {name: spent for part in parts for name, spent in part.query_cpu_s.items()}
    return Answers(parts[0].method, by_query, cpu_s)
