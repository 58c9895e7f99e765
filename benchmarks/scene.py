"""How often footage of one place is told, and how often footage of different places is taken for one.

Renders streets and country from several stands in several lights, on seeds that thresholds were set on and on seeds
that nothing was set on, and compares. Rows are kept below `--work`, so that the report can be written again without
rendering. With `--clips FOLDER`, real clips are added: both halves of a clip show one place, different clips do not.
With `--store`, photographs of 240 streets and what was taken from the clips make a store, which is then asked.

Run: ``python benchmarks/scene.py [--splits held-out] [--clips FOLDER] [--work FOLDER]``
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.scene_lab import measure, report, store  # noqa: E402  (the folder above is not on the path before)
from benchmarks.scene_lab.places import HELD_OUT, TUNED  # noqa: E402


def main() -> None:
    """Measure what is asked for, then write the report from all that is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", default="tuned-first,tuned-second,held-out")
    parser.add_argument("--clips", type=Path, default=None, help="a folder of real clips of different places")
    parser.add_argument("--work", type=Path, default=HERE / "work" / "scene")
    parser.add_argument("--different", type=int, default=350, help="pairs of different places drawn a split")
    parser.add_argument("--store", action="store_true", help="ask a store of many references as well")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    asked.work.mkdir(parents=True, exist_ok=True)
    for split in (*TUNED, HELD_OUT):
        if split.name in asked.splits.split(","):
            measure.keep(measure.rendered_rows(split, asked.work, asked.different), asked.work / f"{split.name}.json")
    if asked.clips is not None:
        measure.keep(measure.clip_rows(asked.clips), asked.work / "clips.json")
    if asked.store:
        for name in store.SPLITS:
            clips = asked.clips if name == "seen" else None
            store.keep(store.pairs(name, clips), asked.work / f"store-{name}.json")
        (HERE / "results" / "scene_store.md").write_text(store.page(asked.work), encoding="utf-8")
    text = report.written(asked.work)
    (HERE / "results" / "scene.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
