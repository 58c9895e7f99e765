"""Run by another interpreter: hash files with vpdq or tmkpy, which are built against FFmpeg's headers.

Usage: ``python peer_hashes.py vpdq|tmkpy ASKED.json TOLD.json``. Needs the standard library and that one package.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import tempfile
from multiprocessing import Pool
from pathlib import Path


def vpdq_codes(path: str) -> list[tuple[float, int, str]]:
    """Time [s], quality and PDQ code of one frame a second."""
    vpdq = importlib.import_module("vpdq")
    return [(one.timestamp, one.quality, one.hex) for one in vpdq.computeHash(path, seconds_per_hash=1)]


def tmk_write(asked: tuple[str, str]) -> None:
    """Hash a file into another."""
    tmkpy = importlib.import_module("tmkpy")
    path, target = asked
    tmkpy.hashVideo(path, shutil.which("ffmpeg")).writeToOutputFile(target, "benchmark")


def tmk_scores(files: list[str], pairs: list[tuple[str, str, str, str]]) -> list[tuple[str, str, float]]:
    """The second-level score of every pair, as `tmkpy.query` gives it."""
    tmkpy = importlib.import_module("tmkpy")
    with tempfile.TemporaryDirectory() as folder:
        kept = {path: str(Path(folder) / f"{number}.tmk") for number, path in enumerate(files)}
        with Pool(2) as pool:
            pool.map(tmk_write, kept.items())
        asked: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for query, reference, query_file, reference_file in pairs:
            asked.setdefault((query, query_file), []).append((reference, reference_file))
        told = []
        for (query, query_file), references in asked.items():
            scores = tmkpy.query(kept[query_file], [kept[file] for _, file in references], 1)
            told += [(query, name, float(score)) for (name, _), score in zip(references, scores, strict=True)]
    return told


def main() -> None:
    """Read what is asked, write what is told."""
    method, asked, told = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    work = json.loads(asked.read_text(encoding="utf-8"))
    if method == "vpdq":
        with Pool(2) as pool:
            answer: object = dict(zip(work["files"], pool.map(vpdq_codes, work["files"]), strict=True))
    else:
        answer = tmk_scores(work["files"], work["pairs"])
    told.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
