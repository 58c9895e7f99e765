"""Whether the first posting is named as the earliest of a clip that was changed and posted again six times."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from benchmarks.copies_lab import attacks
from benchmarks.copies_lab.footage import Footage, read, write
from benchmarks.copies_lab.measure import Share
from benchmarks.copies_lab.ours import print_one
from benchmarks.copies_lab.split import Source, seed_of
from witnessmark.lines.copies.search import search

from witnessmark.lines.copies.appearances import Member, chain
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.memory import MemoryLibrary

EDITS = ("crop", "caption", "mirror", "letterbox", "240p", "colour", "crf40", "1.25x")
STEPS = 6
DAY_S = 86_400.0
FIRST_POSTED_UNIX_S = 1_700_000_000.0
LONGEST_S = 12.0


@dataclass(frozen=True, slots=True)
class Posted:
    """One clip's postings: the first file, then each re-edit of the one before."""

    name: str
    files: tuple[str, ...]
    edits: tuple[str, ...]


def make(folder: Path, source: Source) -> Posted:
    """Six different changes in a seeded order, each made of the file before as it was decoded again."""
    rng = np.random.default_rng(seed_of(source.name, "chain"))
    edits = tuple(EDITS[int(k)] for k in rng.permutation(len(EDITS))[:STEPS])
    files = [folder / f"{source.name}.{step}.mp4" for step in range(STEPS + 1)]
    if not all(path.is_file() for path in files):
        start_s, end_s = source.reference_s or (0.0, 1e9)
        clip = read(Path(source.path), start_s=start_s, end_s=min(end_s, start_s + LONGEST_S), long_side_px=640)
        write(files[0], clip, crf=23)
        for path, edit in zip(files[1:], edits, strict=True):
            write(path, _again(clip, edit, rng), crf=26)
            clip = read(path, long_side_px=640)
    return Posted(source.name, tuple(str(path) for path in files), edits)


def _again(clip: Footage, edit: str, rng: np.random.Generator) -> Footage:
    made = attacks.ATTACKS[edit](clip, clip, rng)
    return replace(made.clip, sound=clip.sound if made.speed == 1.0 else made.clip.sound)


def earliest_named(folder: Path, sources: Sequence[Source], copy_score: float, workers: int = 2) -> dict[str, Share]:
    """Of the chains, in how many the last re-edit (and any re-edit) leads to the first posting.

    The library holds all other postings of the same clip, and of every other clip, with times that run before and
    after; a recording belongs to the chain when it is called a copy at `copy_score` or above.
    """
    with ProcessPoolExecutor(workers) as pool:
        posted = list(pool.map(make, [folder] * len(sources), sources))
        paths = [Path(file) for one in posted for file in one.files]
        prints = dict(zip(map(str, paths), pool.map(print_one, paths, [folder / "prints"] * len(paths)), strict=True))
    library = MemoryLibrary()
    numbers: dict[str, int] = {}
    for place, one in enumerate(posted):
        for step, file in enumerate(one.files):
            seen = Seen(_posted_unix_s(place, step), 0, "platform page", "rehearsed platform")
            numbers[file] = library.add(prints[file], file, seen=(seen,)).id
    every, last = [], []
    for place, one in enumerate(posted):
        for step in range(1, STEPS + 1):
            file = one.files[step]
            item = Seen(_posted_unix_s(place, step), 0, "platform page", "rehearsed platform")
            right = _first(library, prints[file], numbers[file], item, copy_score) == one.files[0]
            every.append(right)
            if step == STEPS:
                last.append(right)
    return {"the sixth re-edit": Share(sum(last), len(last)), "any re-edit": Share(sum(every), len(every))}


def _posted_unix_s(place: int, step: int) -> float:
    return FIRST_POSTED_UNIX_S + DAY_S * (step + 3 * place)


def _first(library: MemoryLibrary, code: Fingerprint, own: int, posted: Seen, copy_score: float) -> str:
    """The name of the earliest recording in the chain of an item."""
    known = {recording.id: recording for recording in library.recordings()}
    members = [Member("the item itself", "", code.duration_s, (posted,), None)]
    for match in search(code, library, leave_out=(own,)):
        if match.relation == "copy" and match.score >= copy_score:
            kept = known[match.recording]
            members.append(Member(kept.name, kept.origin, kept.duration_s, kept.seen, match))
    return chain(members).dated[0].name
