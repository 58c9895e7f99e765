"""How well a skyline is proposed from a frame, untouched and after half a minute of corrections, and how sure it is.

Frames are rehearsed on seeds that nothing was fitted on, rendered with their light, haze, cloud, snow, trees, noise
and compression, encoded, and read back through the sandbox. Rendered frames are kept below `--work`. With `--real
FOLDER` real frames are added whose skyline was traced by eye, and real frames that show none.

Run: ``python benchmarks/skyline.py [--dem FOLDER] [--real FOLDER] [--work FOLDER]``
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.skyline_lab import frames, measure, real, report  # noqa: E402  (not on the path before)

from witnessmark.lines.terrain.proposal import propose  # noqa: E402  (nor this)


def main() -> None:
    """Render what is missing, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dem", type=Path, default=None, help="a folder of geographic GeoTIFFs to render on as well")
    parser.add_argument("--real", type=Path, default=None, help="a folder of the real frames that `real` names")
    parser.add_argument("--work", type=Path, default=HERE / "work" / "skyline")
    parser.add_argument("--as-they-are", action="store_true", help="render nothing more")
    parser.add_argument("--workers", type=int, default=1, help="processes; times are those of one each")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if not asked.as_they_are:
        frames.make(frames.HELD_OUT, frames.reliefs(asked.dem), asked.work)
    with ProcessPoolExecutor(asked.workers, get_context("spawn"), cv2.setNumThreads, (1,)) as pool:
        parts = [*rendered(asked.work, pool), *pans(asked.work, pool), *real_frames(asked.real, pool)]
    text = "\n".join(["# The skyline from the frame", "", *parts])
    (HERE / "results" / "skyline.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def _frame(task: tuple[frames.Shown, int]) -> tuple[list[measure.Row], measure.Stated, float]:
    """One frame measured; the share of its columns that show the skyline, too."""
    shown, seed = task
    seen = float(measure.columns_of(shown)[1].mean())
    rows, stated = measure.frame_rows(shown, seed, by_hand=seen >= frames.LEAST_SEEN)
    print(shown.name, file=sys.stderr, flush=True)
    return rows, stated, seen


def _pan(task: tuple[list[frames.Shown], str]) -> measure.PanRow:
    print(task[0][0].name, task[1], file=sys.stderr, flush=True)
    return measure.pan_row(*task)


def rendered(work: Path, pool: ProcessPoolExecutor) -> list[str]:
    """Rehearsed frames of seeds that nothing was fitted on."""
    tasks = [(shown, number) for number, (shown,) in enumerate(frames.kept(frames.HELD_OUT, work))]
    found = list(pool.map(_frame, tasks))
    rows = [row for some, _, seen in found if seen >= frames.LEAST_SEEN for row in some]
    stated = [told for _, told, _ in found]
    asked = len(tasks)
    return [
        "## Rehearsed frames (seeds that nothing was fitted on)",
        "",
        report.seen_line(rows, asked),
        f"A frame is usable when {report.USABLE_SHARE:.0%} of the columns in which the skyline can be seen"
        f" (the air leaves"
        f" {measure.LEAST_CONTRAST:.0%} of a dark ridge's contrast, no prop hides it) are within 0.5 deg. Means over"
        " frames, with 95 % intervals from resampling frames.",
        "",
        *report.ways_table(rows),
        "",
        report.hand_line(rows),
        "",
        "`proposed, sure columns` asks only columns stated to be right with 0.5 or more; those are what is"
        " handed on. The"
        " corrections are simulated (see `benchmarks/skyline_lab/hand.py`): worst stretch first, a stroke of 3 s beside"
        " the true line, then, if need be, a snapped line of 2 s and 1 s a point, each point off by 0.2 % of"
        " the frame's"
        " longer side; 4 s to look. CPU is that of one proposal, after corrections that of one edit.",
        "",
        "### How sure a column is",
        "",
        "A column is right within 1/120 of the longer side (0.5 deg of 60). Columns in which the air hides the skyline"
        " count as wrong, columns behind props do not count.",
        "",
        *report.chance_table(stated),
        "",
        report.sigma_line(stated),
        "",
    ]


def pans(work: Path, pool: ProcessPoolExecutor) -> list[str]:
    """Rehearsed pans stitched, from true and from proposed skylines."""
    groups = list(frames.kept(frames.HELD_OUT, work, "pan"))
    rows = list(pool.map(_pan, [(group, lines) for group in groups for lines in ("true", "proposed")]))
    if not rows:
        return []
    return [
        "## Rehearsed pans of seven frames (field of view known to a tenth)",
        "",
        "Scale, drift (of the turn from the first frame to the last, beyond the scale) and tilt as they are"
        " and as stated; elevations after the pan's own"
        " bearing, level"
        " and scale are fitted to the truth. `true` takes the rehearsal's own skylines, to a pixel.",
        "",
        *report.pans_table(rows),
        "",
    ]


def real_frames(folder: Path | None, pool: ProcessPoolExecutor) -> list[str]:
    """Real frames, traced by eye."""
    if folder is None:
        return []
    there = [shown for traced in real.TRACED if (shown := real.shown(traced, folder)) is not None]
    found = list(pool.map(_frame, [(shown, 1000 + number) for number, shown in enumerate(there)]))
    rows = [row for some, _, _ in found for row in some]
    stated = [told for _, told, _ in found]
    lines = ["| Frame without a skyline | what is said | columns stated right with 0.5 or more |", "|---|---|---|"]
    for traced in real.WITHOUT:
        shown = real.shown(traced, folder)
        if shown is None:
            continue
        proposed = propose(shown.rgb)
        share = float((proposed.chance_right >= 0.5).mean())
        lines.append(f"| {shown.name} | {proposed.reason or 'a line is proposed'} | {share:.2f} |")
    return [
        "## Real frames",
        "",
        f"{len(stated)} frames of roads, streets and a glacier, traced by eye to about half a hundredth of the frame;"
        f" {real.ASSUMED_FOV_DEG:g} deg of field of view assumed, as it is known of none but one. Most"
        f" skylines here are"
        " of houses and trees. Far too few to state rates: look at each.",
        "",
        *report.frames_table(rows),
        "",
        "Share of traced columns within 0.5 deg.",
        "",
        *report.chance_table(stated),
        "",
        *lines,
    ]


if __name__ == "__main__":
    main()
