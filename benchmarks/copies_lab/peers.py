"""Other tools on the same files: PDQ frames with offset voting, vPDQ, TMK+PDQF and videohash2.

vPDQ and TMK are built from source against FFmpeg's headers; where they are installed in an environment of their own,
its interpreter is given and `peer_hashes.py` runs there.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pdqhash
from benchmarks.copies_lab.answers import Answer, Answers
from benchmarks.copies_lab.footage import read
from benchmarks.copies_lab.split import Split
from numpy.typing import NDArray

Codes = tuple[NDArray[np.float64], NDArray[np.uint8]]
"""Times [s] and PDQ codes, shape (n, 32)."""
RADIUS_BITS, LEAST_QUALITY, RATE_HZ = 31, 50, 2.0
SPEEDS = (1.0, 1.25, 0.8)
HELPER = Path(__file__).with_name("peer_hashes.py")


def frame_codes(path: Path) -> Codes:
    """PDQ twice a second, of the frames with quality enough."""
    clip = read(path)
    step = clip.rate_hz / RATE_HZ
    times, codes = [], []
    for number in range(int(len(clip.frames) / step)):
        bits, quality = pdqhash.compute(clip.frames[int(number * step)][:, :, ::-1].copy())
        if quality >= LEAST_QUALITY:
            times.append(number / RATE_HZ)
            codes.append(np.packbits(bits))
    return np.array(times), np.array(codes, np.uint8).reshape(-1, 32)


def distances(query: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Hamming distances of all pairs, shape (q, r)."""
    return np.asarray(np.bitwise_count(query[:, None] ^ reference[None]).sum(axis=2), np.int64)


def voted(query: Codes, reference: Codes, name: str) -> Answer | None:
    """The line of time that most frame pairs within `RADIUS_BITS` lie on."""
    rows, columns = np.nonzero(distances(query[1], reference[1]) <= RADIUS_BITS)
    best: Answer | None = None
    for speed in SPEEDS:
        offsets = reference[0][columns] - speed * query[0][rows]
        for centre in np.unique(np.round(offsets * 2) / 2):
            near = np.abs(offsets - centre) <= 0.5
            count = float(np.unique(rows[near]).size)
            if best is None or count > best.score:
                lag_s = float(np.median(offsets[near]))
                q0_s, q1_s = float(query[0][rows[near]].min()), float(query[0][rows[near]].max())
                best = Answer(name, count, q0_s=q0_s, q1_s=q1_s, r0_s=lag_s + speed * q0_s, r1_s=lag_s + speed * q1_s)
    return best


def share_matched(query: Codes, reference: Codes, name: str) -> Answer | None:
    """VPDQ's own rule: the share of the query's frames that some frame of the reference is near to."""
    if not len(query[1]) or not len(reference[1]):
        return None
    near = (distances(query[1], reference[1]) <= RADIUS_BITS).any(axis=1)
    return Answer(name, float(near.mean()))


def _answers(
    method: str, split: Split, compare: Callable[[str, str, str], Answer | None], files: Mapping[str, str]
) -> Answers:
    """Compare every query with every reference that is in its index."""
    by_query, cpu_s = {}, {}
    for query in split.queries:
        started = time.process_time()
        found = [
            compare(files[query.file], files[reference.file], reference.name)
            for reference in split.references
            if reference.name not in query.leave_out
        ]
        cpu_s[query.name] = time.process_time() - started
        told = [answer for answer in found if answer is not None]
        by_query[query.name] = tuple(sorted(told, key=lambda answer: -answer.score))
    return Answers(method, by_query, cpu_s)


def _files(split: Split) -> dict[str, str]:
    return {file: str(split.path(file)) for file in split.files()}


def pdq_frames(split: Split, workers: int = 2) -> Answers:
    """PDQ twice a second with offset voting, by pdqhash."""
    files = _files(split)
    with ProcessPoolExecutor(workers) as pool:
        made = dict(zip(files.values(), pool.map(frame_codes, map(Path, files.values())), strict=True))
    return _answers("PDQ frames, offset votes", split, lambda q, r, name: voted(made[q], made[r], name), files)


def _hash_of(path: str) -> int:
    return int(importlib.import_module("videohash2").VideoHash(path=path).hash, 2)


def videohash(split: Split, workers: int = 2) -> Answers | str:
    """videohash2: one 64-bit code a file; a sentence when it does not run."""
    files = _files(split)
    if importlib.util.find_spec("videohash2") is None or shutil.which("ffmpeg") is None:
        return "videohash2 is not installed, or the ffmpeg program that it calls is not."
    with ProcessPoolExecutor(workers) as pool:
        made = dict(zip(files.values(), pool.map(_hash_of, files.values()), strict=True))

    def compare(query: str, reference: str, name: str) -> Answer:
        return Answer(name, 64.0 - (made[query] ^ made[reference]).bit_count())

    return _answers("videohash2", split, compare, files)


def vpdq(split: Split, python: Path, work: Path) -> Answers | str:
    """VPDQ at one frame a second, in the environment of another interpreter; a sentence when it does not run."""
    told = _elsewhere(python, "vpdq", split, work)
    if isinstance(told, str):
        return told
    assert isinstance(told, dict)
    made: dict[str, Codes] = {}
    for path, entries in told.items():
        good = [(at_s, bytes.fromhex(code)) for at_s, quality, code in entries if quality >= LEAST_QUALITY]
        codes = np.frombuffer(b"".join(code for _, code in good), np.uint8).reshape(-1, 32)
        made[path] = (np.array([at_s for at_s, _ in good]), codes)
    return _answers("vpdq", split, lambda q, r, name: share_matched(made[q], made[r], name), _files(split))


def tmk(split: Split, python: Path, work: Path) -> Answers | str:
    """TMK+PDQF in the environment of another interpreter; a sentence when it does not run."""
    told = _elsewhere(python, "tmkpy", split, work)
    if isinstance(told, str):
        return told
    assert isinstance(told, list)
    by_query: dict[str, list[Answer]] = {query.name: [] for query in split.queries}
    for query, reference, score in told:
        by_query[query].append(Answer(reference, score))
    ordered = {name: tuple(sorted(found, key=lambda one: -one.score)) for name, found in by_query.items()}
    return Answers("TMK+PDQF (tmkpy)", ordered, {})


def _elsewhere(python: Path, method: str, split: Split, work: Path) -> object:
    """What `peer_hashes.py` tells of a split; a sentence when it does not run."""
    if not python.is_file():
        return f"{method} was not asked: no interpreter of an environment with it was given."
    work.mkdir(parents=True, exist_ok=True)
    asked, told = work / f"{method}-asked.json", work / f"{method}-told.json"
    files = _files(split)
    pairs = [
        (query.name, reference.name, files[query.file], files[reference.file])
        for query in split.queries
        for reference in split.references
        if reference.name not in query.leave_out
    ]
    asked.write_text(json.dumps({"files": sorted(files.values()), "pairs": pairs}), encoding="utf-8")
    command = [str(python), str(HELPER), method, str(asked), str(told)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        return f"{method} does not run: {(ran.stderr.strip() or 'it does not say why').splitlines()[-1]}"
    return json.loads(told.read_text(encoding="utf-8"))
