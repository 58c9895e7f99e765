"""Whether the first posting is named as the earliest of a clip that was changed and posted again six times."""

from __future__ import annotations

import hashlib
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

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.copies.appearances import Member, chain
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.looking import look
from witnessmark.lines.copies.memory import MemoryLibrary

EDITS = ("crop", "caption", "mirror", "letterbox", "240p", "colour", "crf40", "1.25x")
STEPS = 6
ASKED = {3: "the third re-edit", 6: "the sixth re-edit"}
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


def earliest_named(folder: Path, sources: Sequence[Source], workers: int = 2) -> dict[str, Share]:
    """Of the chains, in how many the third and the sixth re-edit lead to the first posting.

    The library holds all other postings of the same clip, and of every other clip, with times that run before and
    after. It is asked as the line asks: with the item, then with the copies found.
    """
    with ProcessPoolExecutor(workers) as pool:
        posted = list(pool.map(make, [folder] * len(sources), sources))
        paths = [Path(file) for one in posted for file in one.files]
        prints = dict(zip(map(str, paths), pool.map(print_one, paths, [folder / "prints"] * len(paths)), strict=True))
    library = MemoryLibrary()
    for place, one in enumerate(posted):
        for step, file in enumerate(one.files):
            seen = _seen(place, step)
            library.add(prints[file], file, sha256=_sha256(file).hex(), seen=(seen,))
    _SHARED[:] = [(library, prints)]
    asked = [(place, one, step) for place, one in enumerate(posted) for step in ASKED]
    with ProcessPoolExecutor(workers) as pool:
        right = list(pool.map(_right, asked))
    told = {}
    for step, title in ASKED.items():
        held = [found for found, (_, _, at) in zip(right, asked, strict=True) if at == step]
        told[title] = Share(sum(held), len(held))
    return told


_SHARED: list[tuple[MemoryLibrary, dict[str, Fingerprint]]] = []


def _right(asked: tuple[int, Posted, int]) -> bool:
    place, one, step = asked
    library, prints = _SHARED[0]
    file = one.files[step]
    return _first(library, prints[file], _sha256(file), _seen(place, step)) == one.files[0]


def _seen(place: int, step: int) -> Seen:
    return Seen(FIRST_POSTED_UNIX_S + DAY_S * (step + 3 * place), 0, "platform page", "rehearsed platform")


def _sha256(file: str) -> Sha256:
    return Sha256(hashlib.sha256(Path(file).read_bytes()).digest())


def _first(library: MemoryLibrary, code: Fingerprint, sha256: Sha256, posted: Seen) -> str:
    """The name of the earliest recording in the chain of an item."""
    hits = look(code, sha256, {"case": library}, lambda done, what: None).hits
    members = [Member("the item itself", "", code.duration_s, (posted,), None)]
    for hit in hits:
        if hit.match.relation == "copy":
            kept = hit.recording
            members.append(Member(kept.name, kept.origin, kept.duration_s, hit.seen, hit.match))
    return chain(members).dated[0].name
