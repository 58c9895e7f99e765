"""How often the integrity line finds seeded edits, how often it speaks on unedited clips, and how clocks are wrong.

Renders rehearsed clips, edits them with known truth, and looks at every one through the line itself. Clips given on
the command line are added as rows of their own: nothing is known of them but what a person sees.

Run: ``python benchmarks/integrity.py [--scenes 12] [--keep FOLDER] [CLIP ...]``
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import CopyKind, Item
from witnessmark.lines.contract import Abstention, Tools
from witnessmark.lines.integrity import INTEGRITY
from witnessmark.lines.integrity.limits import CLOCK, PAIRS, beside_rate_bound, counts_of, kind_of
from witnessmark.lines.integrity.observations import IntegrityObservations
from witnessmark.plain import Plain
from witnessmark.rehearsal.edits import apply_edit
from witnessmark.rehearsal.incident import render_incident
from witnessmark.rehearsal.presets import random_scenarios
from witnessmark.rehearsal.scenario import Device

RESULTS = Path(__file__).with_name("results") / "integrity.md"
SEED = 20310913
EDITED = ("cut", "freeze", "duplicate", "drop", "shorten-sound")
UNEDITED = ("clip", "platform", "smaller", "mirror", "crop")
NEAR_S = 0.13


@dataclass(frozen=True, slots=True)
class Looked:
    """One clip, what was done to it, and what the line saw."""

    kind: str
    details: dict[str, Plain]
    seen: IntegrityObservations
    wall_s: float


def look(path: Path) -> tuple[IntegrityObservations | Abstention, float]:
    """Observe a file through the line."""
    data = path.read_bytes()
    sha256, sha512 = Sha256(hashlib.sha256(data).digest()), Sha512(hashlib.sha512(data).digest())
    item = Item("WM-0001", sha256, sha512, len(data), "video/mp4", CopyKind.EVIDENTIARY)
    started = time.perf_counter()
    return INTEGRITY.observe(item, (), Tools(path)), time.perf_counter() - started


def rehearsed(folder: Path, scenes: int) -> Iterable[Looked]:
    """Render, edit and look."""
    scenarios = random_scenarios(scenes, SEED, device=Device(width_px=320, height_px=180), duration_s=6.0)
    for number, scenario in enumerate(scenarios):
        home = folder / scenario.name
        clip = home / "clip.mp4"
        if not clip.is_file():
            clip = render_incident(scenario, home).clip
        for kind in (*UNEDITED, *EDITED):
            edit = None if kind == "clip" else apply_edit(clip, home / f"{kind}.mp4", kind, SEED + number)
            seen, wall_s = look(clip if edit is None else edit.path)
            if isinstance(seen, IntegrityObservations):
                yield Looked(kind, {} if edit is None else edit.details, seen, wall_s)
        print(f"  {number + 1} of {scenes} scenes", flush=True)


def near(moments: Iterable[float], truth: Plain) -> bool:
    """Whether one of the moments lies near the true one."""
    return any(abs(moment - float(str(truth))) <= NEAR_S for moment in moments)


def found_cut(looked: Looked) -> bool:
    """A break at the cut."""
    return near((cut.at_s for cut in looked.seen.cuts), looked.details["result_cut_s"])


def found_freeze(looked: Looked) -> bool:
    """A frozen stretch with both its ends."""
    span = looked.details["result_frozen_s"]
    assert isinstance(span, list)
    return any(
        near((freeze.start_s,), span[0]) and near((freeze.end_s,), span[1]) for freeze in looked.seen.repeats.freezes
    )


def found_duplicates(looked: Looked) -> bool:
    """Repeats, not taken for a conversion of rate."""
    return looked.seen.repeats.duplicates_count > 0 and not looked.seen.repeats.regular


def found_drop(looked: Looked) -> bool:
    """A gap where frames were dropped."""
    span = looked.details["result_gap_s"]
    assert isinstance(span, list)
    return near((gap.at_s for gap in looked.seen.timing.gaps), span[1])


def found_sound(looked: Looked) -> bool:
    """A sound that ends apart from the pictures."""
    return speaks_sound(looked.seen)


def speaks_sound(seen: IntegrityObservations) -> bool:
    """Whether the sound's span is remarked on."""
    return any(remark.topic == "sound" and remark.notable for remark in seen.remarks)


DETECTORS: tuple[tuple[str, str, Callable[[Looked], bool], Callable[[IntegrityObservations], bool]], ...] = (
    ("a cut of 1-3 s", "cut", found_cut, lambda seen: seen.cuts_count > 0),
    ("a frozen stretch of 0.5-1.5 s", "freeze", found_freeze, lambda seen: bool(seen.repeats.freezes)),
    (
        "1-6 single repeated frames",
        "duplicate",
        found_duplicates,
        lambda seen: seen.repeats.duplicates_count > 0 and not seen.repeats.regular,
    ),
    ("3-11 dropped frames", "drop", found_drop, lambda seen: seen.timing.gaps_count > 0),
    ("sound shortened by 20-55 %", "shorten-sound", found_sound, speaks_sound),
)


def detector_table(looked: Sequence[Looked]) -> list[str]:
    """Detection at seeded edits, false alarms on clips whose time line was not touched."""
    clean = [entry for entry in looked if entry.kind in UNEDITED]
    rows = ["| Edit | found | of | false alarms | on unedited clips |", "|---|---|---|---|---|"]
    for what, kind, found, speaks in DETECTORS:
        edited = [entry for entry in looked if entry.kind == kind]
        hits, false = sum(map(found, edited)), sum(speaks(entry.seen) for entry in clean)
        rows.append(f"| {what} | {hits} | {len(edited)} | {false} | {len(clean)} |")
    frames = [repeated for entry in looked if entry.kind == "duplicate" for repeated in duplicate_recall(entry)]
    rows.append(f"| each single repeated frame | {sum(frames)} | {len(frames)} | | |")
    quiet = sum(
        not any(remark.notable for remark in entry.seen.remarks if remark.topic != "encoder") for entry in clean
    )
    wall_s = sorted(entry.wall_s for entry in looked)
    rows += [
        "",
        f"Nothing notable beyond encoder words on {quiet} of {len(clean)} unedited clips ({', '.join(UNEDITED)}). "
        f"Median time to observe a clip of 320 x 180 pixels and 6 s: {wall_s[len(wall_s) // 2]:.2f} s.",
    ]
    return rows


def duplicate_recall(looked: Looked) -> list[bool]:
    """For each repeated frame, whether it was named."""
    truth = looked.details["result_duplicates_s"]
    assert isinstance(truth, list)
    return [any(abs(at_s - float(str(true))) < 0.02 for at_s in looked.seen.repeats.duplicates_at_s) for true in truth]


def misses(looked: Sequence[Looked]) -> list[str]:
    """What was missed and what was a false alarm, by kind of clip."""
    rows = ["| Clip | detector | times |", "|---|---|---|"]
    for what, kind, found, speaks in DETECTORS:
        for clip in (*UNEDITED, kind):
            entries = [entry for entry in looked if entry.kind == clip]
            count = sum(not found(entry) for entry in entries) if clip == kind else sum(speaks(e.seen) for e in entries)
            if count:
                rows.append(f"| {clip} | {'missed' if clip == kind else 'false'}: {what} | {count} |")
    return rows


def clock_table() -> list[str]:
    """The measured clocks, sorted anew, and the weights that follow."""
    rows = ["| Device | stated - GPS (s) | kind | source |", "|---|---|---|---|"]
    rows += [f"| {pair.device} | {pair.error_s:.0f} | {kind_of(pair.error_s)} | {pair.source} |" for pair in PAIRS]
    counts = counts_of(PAIRS)
    rows += [
        "",
        f"Counts: right {counts.right:.0f}, zone {counts.zone:.0f}, day {counts.day:.0f}, wrong {counts.wrong:.0f}.",
        "",
        "| Written by | right | zone | day | wrong | rewritten | upper bound of beside |",
        "|---|---|---|---|---|---|---|",
    ]
    for writer in CLOCK.prior:
        w = CLOCK.weights(writer, False)
        bound = beside_rate_bound(CLOCK, writer)
        shares = " | ".join(f"{share:.2f}" for share in (w.right, w.zone, w.day, w.wrong, w.rewritten, bound))
        rows.append(f"| {writer} | {shares} |")
    return rows


def real_table(paths: Sequence[Path]) -> list[str]:
    """What the line says of real clips: no truth is known, a person judges."""
    rows = ["| Clip | s | writer | shots | jumps | soft | gaps | frozen | single repeats |", "|" + "---|" * 9]
    for path in paths:
        seen, wall_s = look(path)
        if isinstance(seen, Abstention):
            rows.append(f"| {path.name} | {wall_s:.1f} | {seen.reason} | | | | | | |")
            continue
        kinds = [cut.kind for cut in seen.cuts]
        count = seen.repeats.duplicates_count
        singles = "rate conversion" if seen.repeats.regular and count else str(count)
        tallies = " | ".join(str(kinds.count(kind)) for kind in ("shot", "jump", "soft"))
        rows.append(
            f"| {path.name} | {wall_s:.1f} | {seen.writer} | {tallies} | {seen.timing.gaps_count} "
            f"| {len(seen.repeats.freezes)} | {singles} |"
        )
    return rows


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=12)
    parser.add_argument("--keep", type=Path, default=None, help="render here and keep the clips")
    parser.add_argument("clips", nargs="*", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        looked = list(rehearsed(arguments.keep or Path(passing), arguments.scenes))
    sections = [
        ("Seeded edits on rehearsed clips", detector_table(looked)),
        ("Where it errs", misses(looked)),
        ("Clocks against GPS", clock_table()),
    ]
    if arguments.clips:
        sections.append(("Real clips", real_table(arguments.clips)))
    text = "# Integrity\n\n" + "\n\n".join(f"## {title}\n\n" + "\n".join(rows) for title, rows in sections) + "\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
