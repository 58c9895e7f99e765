"""A split: references, manipulated queries, negatives and hard negatives on disk, with the truth beside them.

Every clip is a reference, and also a negative in its turn: its own reference is then left out of the answer.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from benchmarks.copies_lab import rendered
from benchmarks.copies_lab.attacks import ATTACKS
from benchmarks.copies_lab.dress import dressed
from benchmarks.copies_lab.footage import read, write

SEED = 20260921
DRESSED_REFERENCES = 4


@dataclass(frozen=True, slots=True)
class Source:
    """A clip a split is made from.

    Attributes
    ----------
    name : str
    path : str
        Of the file.
    reference_s : tuple of float or None
        The stretch that becomes the reference; None for the whole file.
    moments_s : tuple of (float, float)
        Later stretches of the same camera, room or person: hard negatives.
    later : tuple of str
        Other files of the same camera, room or person: hard negatives too.
    hard_only : bool
        Whether it is asked for its hard negatives only, and not attacked.
    """

    name: str
    path: str
    reference_s: tuple[float, float] | None = None
    moments_s: tuple[tuple[float, float], ...] = ()
    later: tuple[str, ...] = ()
    hard_only: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A file in the index."""

    name: str
    file: str
    dressed: bool
    drawn: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A file that is looked for, and what is true of it.

    Attributes
    ----------
    name, file : str
    kind : str
        attack | plain (unrelated) | dressed (unrelated, in the broadcaster's dress) | hard (another moment)
    attack : str
        Of `ATTACKS`; "" for negatives.
    reference : str
        The reference it shows; of a hard negative, the one of the same camera; "" otherwise.
    r0_s, r1_s, q0_s, q1_s, speed, mirrored
        Of attacks: see `attacks.Attacked`.
    leave_out : tuple of str
        References that are not in the index for this query.
    """

    name: str
    file: str
    kind: str
    attack: str = ""
    reference: str = ""
    r0_s: float = 0.0
    r1_s: float = 0.0
    q0_s: float = 0.0
    q1_s: float = 0.0
    speed: float = 1.0
    mirrored: bool = False
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """All of it; files are given relative to `folder`."""

    folder: Path
    references: tuple[Reference, ...]
    queries: tuple[Query, ...]

    def files(self) -> list[str]:
        """Every file, references first."""
        return [reference.file for reference in self.references] + [query.file for query in self.queries]

    def path(self, file: str) -> Path:
        """Where a file lies."""
        return self.folder / file


def seed_of(*words: str) -> int:
    """The same number for the same words on every machine."""
    return SEED + zlib.crc32("/".join(words).encode())


def build(folder: Path, sources: Sequence[Source], scenes: Sequence[int], moments: int = 1, workers: int = 2) -> Split:
    """Write a split, or take what an earlier run left.

    Parameters
    ----------
    folder : Path
    sources : sequence of Source
    scenes : sequence of int
        Seeds of drawn scenes: each adds a reference and `moments` hard negatives.
    moments : int
    workers : int
        Processes.
    """
    manifest = folder / "manifest.json"
    if manifest.is_file():
        return load(folder)
    folder.mkdir(parents=True, exist_ok=True)
    everybody = {source.name: source for source in sources}
    shown = [source.name for source in sources if not source.hard_only]
    dresses = min(DRESSED_REFERENCES, len(shown) // 3)
    dress = {shown[int(k)] for k in np.random.default_rng(SEED).permutation(len(shown))[:dresses]}
    references = [
        Reference(source.name, f"references/{source.name}.mp4", source.name in dress, False) for source in sources
    ]
    queries: list[Query] = []
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(_scene, folder, scene, moments) for scene in scenes]
        jobs += [pool.submit(_of_source, folder, source, everybody, frozenset(dress)) for source in sources]
        for job in as_completed(jobs):
            more_references, more_queries = job.result()
            references += more_references
            queries += more_queries
    references.sort(key=lambda one: one.name)
    queries.sort(key=lambda one: (one.kind, one.name))
    made = Split(folder, tuple(references), tuple(queries))
    text = {"references": [asdict(one) for one in made.references], "queries": [asdict(one) for one in made.queries]}
    manifest.write_text(json.dumps(text, indent=1), encoding="utf-8")
    return made


def load(folder: Path) -> Split:
    """A split from its manifest."""
    text = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    queries = tuple(Query(**{**entry, "leave_out": tuple(entry["leave_out"])}) for entry in text["queries"])
    return Split(folder, tuple(Reference(**entry) for entry in text["references"]), queries)


def _scene(folder: Path, scene: int, moments: int) -> tuple[list[Reference], list[Query]]:
    name = f"drawn-{scene}"
    reference = Reference(name, f"references/{name}.mp4", False, True)
    write(folder / reference.file, rendered.moment(scene, 0), crf=23)
    queries = []
    for when in range(1, moments + 1):
        query = Query(f"{name}.later{when}", f"queries/{name}.later{when}.mp4", "hard", reference=name)
        write(folder / query.file, rendered.moment(scene, when), crf=26)
        queries.append(query)
    return [reference], queries


def _of_source(
    folder: Path, source: Source, everybody: Mapping[str, Source], dress: frozenset[str]
) -> tuple[list[Reference], list[Query]]:
    """The reference's file, its attacks, and what it gives as a negative."""
    start_s, end_s = source.reference_s or (0.0, 1e9)
    plain = read(Path(source.path), start_s=start_s, end_s=end_s)
    clothed = dressed(plain, seed_of(source.name, "headline"))
    clip = clothed if source.name in dress else plain
    write(folder / f"references/{source.name}.mp4", clip, crf=20)
    names = sorted(name for name in everybody if not everybody[name].hard_only)
    queries = []
    for attack, maker in () if source.hard_only else ATTACKS.items():
        rng = np.random.default_rng(seed_of(source.name, attack))
        others = [name for name in names if name != source.name]
        host = everybody[others[int(rng.integers(len(others)))]]
        host_start_s, host_end_s = host.reference_s or (0.0, 1e9)
        behind = plain
        if attack in ("pip", "insert"):
            behind = read(Path(host.path), start_s=host_start_s, end_s=min(host_end_s, host_start_s + 12.0))
        made = maker(clip, behind, rng)
        sound = None if rng.random() < 0.2 else made.clip.sound
        file = f"queries/{source.name}.{attack.replace('+', '-')}.mp4"
        write(folder / file, replace(made.clip, sound=sound), crf=made.crf)
        truth = Query(
            f"{source.name}.{attack}", file, "attack", attack, source.name, made.r0_s, made.r1_s, made.q0_s, made.q1_s,
            made.speed, made.mirrored, (host.name,) if made.host else (),
        )  # fmt: skip
        queries.append(truth)
    for kind, shown in () if source.hard_only else (("plain", plain), ("dressed", clothed)):
        query = Query(f"{source.name}.{kind}", f"queries/{source.name}.{kind}.mp4", kind, leave_out=(source.name,))
        write(folder / query.file, shown, crf=26)
        queries.append(query)
    moments = [(source.path, from_s, to_s) for from_s, to_s in source.moments_s]
    for number, (path, from_s, to_s) in enumerate([*moments, *((path, 0.0, 1e9) for path in source.later)], start=1):
        name = f"{source.name}.later{number}"
        query = Query(name, f"queries/{name}.mp4", "hard", reference=source.name)
        write(folder / query.file, read(Path(path), start_s=from_s, end_s=to_s), crf=26)
        queries.append(query)
    return [], queries
