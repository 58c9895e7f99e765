"""What a copies score is worth: scores of copies, of unrelated recordings and of other moments, put into bands.

Other moments of the same camera are needed in number, as no match may weigh more than they support: beside the hard
negatives of a split, the later half of every recording is compared with its earlier half (and every manipulation of the
recording likewise), and drawn scenes are filmed at several moments. Unrelated pairs are needed in number too: the more
recordings are searched, the likelier one of them matches by chance. Further drawn scenes are compared with all others.

All pairs of n clips are not as many independent ones: a clip that is like many others spoils many pairs at once. How
many they are worth is told by how much scores of pairs that share a clip vary together, see `quotient`.

Run: ``python -m benchmarks.copies_lab.calibrate [--splits held-out] [--check dev] [--scenes 40] [--single 200]`` after
``python benchmarks/copies.py --parts ours``.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from benchmarks.copies_lab import answers, footage, ours, parts, rendered, tables
from benchmarks.copies_lab.split import Query, Split

from witnessmark.lines.copies.calibration import Calibration, fit
from witnessmark.lines.copies.fingerprint import Fingerprint, FrameCodes, LocalFeatures, Thumbnails
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.search import compare, search

HERE = Path(__file__).resolve().parents[1]
FIRST_SCENE = 5001
"""Drawn scenes from here on are used by nothing else."""
MOMENTS = 3
LEAST_HALF_S = 3.0
GAP_S = 0.5
EVENT_SCORES, LEAST_EVENTS = (0.0, 0.5, 1.0, 2.0, 4.0), 10
"""Scores above which comparisons are counted, where at least so many lie on either side."""


@dataclass(slots=True)
class Scores:
    """Scores of comparisons whose truth is known, and which clips each is of, in the same order."""

    copies: list[float] = field(default_factory=list)
    unrelated: list[float] = field(default_factory=list)
    hard: list[float] = field(default_factory=list)
    of_copies: list[str] = field(default_factory=list)
    of_unrelated: list[tuple[str, str]] = field(default_factory=list)
    of_hard: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Scores) -> None:
        """Take in another part's."""
        for name in ("copies", "unrelated", "hard"):
            getattr(self, name).extend(getattr(other, name))
            getattr(self, f"of_{name}").extend(getattr(other, f"of_{name}"))

    def fitted(self, source: str, least_quotient: float = 1.0) -> Calibration:
        """Bands; attacks on one clip count as one copy, and the others as `quotient` says.

        Where no unrelated pair scores anything, how they vary together cannot be measured; `least_quotient` is then
        what was measured with a higher tier.
        """
        unrelated = max(least_quotient, quotient(self.unrelated, self.of_unrelated))
        return fit(
            np.array(self.copies),
            np.array(self.unrelated),
            np.array(self.hard),
            source=source,
            independent=(
                len(set(self.of_copies)),
                int(len(self.unrelated) / unrelated),
                int(len(self.hard) / quotient(self.hard, self.of_hard)),
            ),
        )


def quotient(scores: Sequence[float], clips: Sequence[tuple[str, str]]) -> float:
    """How many of these comparisons, of which many share a clip, are worth one independent one.

    The variance of the share of scores above a limit is estimated with comparisons that share a clip correlated [1]_,
    and divided by what it would be of independent ones. The largest such quotient over the limits at which there is
    something to count is taken, also for higher limits, where there is nothing.

    Parameters
    ----------
    scores : sequence of float
    clips : sequence of (str, str)
        Of each comparison the two clips; or the one clip of whose camera both recordings are, and which moments.

    Returns
    -------
    float
        At least the number of comparisons of the same pair.

    References
    ----------
    .. [1] P. M. Aronow, C. Samii and V. A. Assenova, "Cluster-robust variance estimation for dyadic data", Political
       Analysis 23 (2015) 564-577, doi:10.1093/pan/mpv018.

    Examples
    --------
    >>> quotient([0.0, 9.0] * 50, [(f"a{k}", f"b{k}") for k in range(100)])
    1.0
    >>> quotient([0.0, 0.0, 9.0, 9.0] * 25, [(f"a{k // 2}", f"b{k}") for k in range(100)])
    2.0
    """
    pairs = [(min(one), max(one)) for one in clips]
    found = len(pairs) / len(set(pairs))
    for limit in EVENT_SCORES:
        above = np.array(scores) > limit
        if min(above.sum(), (~above).sum()) < LEAST_EVENTS:
            continue
        off = above - above.mean()
        by_clip = _sums(off, [(clip, place) for place, one in enumerate(pairs) for clip in one])
        by_pair = _sums(off, [("/".join(one), place) for place, one in enumerate(pairs)])
        together = sum(value**2 for value in by_clip) - sum(value**2 for value in by_pair)  # pairs count with either
        found = max(found, together / float((off**2).sum()))
    return found


def _sums(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], members: Sequence[tuple[str, int]]) -> list[float]:
    """Sums of values by name; a member is a name and the place of a value."""
    found: dict[str, float] = {}
    for name, place in members:
        found[name] = found.get(name, 0.0) + float(values[place])
    return list(found.values())


def of_answers(split: Split, told: answers.Answers) -> Scores:
    """Every pair of a query and a reference of a split; what was not answered scores 0.

    A negative in the dress of a broadcaster counts as hard against references in the same dress.
    """
    made = Scores()
    dressed = {reference.name for reference in split.references if reference.dressed}
    for query in split.queries:
        seen = [answer for answer in told.by_query.get(query.name, ()) if answer.relation != "same-sound"]
        scores = {answer.reference: answer.score for answer in seen}
        clip = clip_of(query)
        for reference in split.references:
            if reference.name in query.leave_out:
                continue
            score = scores.get(reference.name, 0.0)
            if query.kind == "attack" and reference.name == query.reference:
                made.copies.append(score)
                made.of_copies.append(clip)
            elif (query.kind == "hard" and reference.name == query.reference) or (
                query.kind == "dressed" and reference.name in dressed
            ):
                made.hard.append(score)
                made.of_hard.append((clip, query.name))
            elif not (query.reference in dressed and reference.name in dressed):
                made.unrelated.append(score)
                made.of_unrelated.append((clip, reference.name))
    return made


def clip_of(query: Query) -> str:
    """The clip a query was made of."""
    return query.reference or query.name.split(".")[0]


def of_halves(printed: ours.Printed, tier: int) -> Scores:
    """The later half of every recording, as it is and manipulated, against its earlier half: another moment."""
    made = Scores()
    references = {one.name: printed.by_file[one.file] for one in printed.split.references}
    whole = [Query(name, "", "attack", "", name) for name in references]
    for query in [*whole, *(query for query in printed.split.queries if query.kind == "attack")]:
        reference = references[query.reference]
        length_s = reference.duration_s
        if length_s < 2 * LEAST_HALF_S + GAP_S:
            continue
        code = printed.by_file[query.file] if query.file else reference
        half_s = (length_s - GAP_S) / 2.0
        if query.file:
            if query.r1_s - query.r0_s < 0.9 * length_s or query.q0_s > 0.0:
                continue  # excerpts and insertions show too little of both halves
            later = part(code, (half_s + GAP_S) / query.speed, code.duration_s)
        else:
            later = part(code, half_s + GAP_S, length_s)
        match = compare(later.up_to(tier), part(reference, 0.0, half_s).up_to(tier))
        made.hard.append(score_of(match))
        made.of_hard.append((query.reference, f"{query.reference}.halves"))
    return made


def score_of(match: Match | None) -> float:
    """How far the pictures match; 0 where they do not."""
    return 0.0 if match is None or match.relation == "same-sound" else match.score


def part(one: Fingerprint, start_s: float, end_s: float) -> Fingerprint:
    """The fingerprint of a stretch, as if the rest had never been there."""

    def rows(times_s: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> slice:
        return slice(int(np.searchsorted(times_s, start_s)), int(np.searchsorted(times_s, end_s)))

    kept = rows(one.frames.times_s)
    frames = FrameCodes(one.frames.times_s[kept], one.frames.codes[kept], one.frames.quality[kept])
    features, thumbnails = one.features, one.thumbnails
    if features is not None:
        kept = rows(features.times_s)
        first = features.first[kept.start : kept.stop + 1]
        local = slice(int(first[0]), int(first[-1])) if len(first) else slice(0, 0)
        features = LocalFeatures(
            features.times_s[kept],
            (first - first[0]).astype(np.uint32) if len(first) else np.zeros(1, np.uint32),
            features.codes[local],
            features.x[local],
            features.y[local],
            features.size[local],
            features.angle[local],
        )
    if thumbnails is not None:
        kept = rows(thumbnails.times_s)
        thumbnails = Thumbnails(thumbnails.times_s[kept], thumbnails.luma[kept])
    return replace(one, duration_s=end_s - start_s, frames=frames, features=features, thumbnails=thumbnails, sound=None)


def scene_prints(keep: Path, moments: int, scene: int) -> list[Fingerprint]:
    """One drawn scene at so many moments beside the first; those are encoded harder, as if posted."""
    prints = []
    for when in range(moments + 1):
        kept = keep / f"scene-{scene}-{when}-{ours.state()}.pickle"
        if not kept.is_file():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "scene.mp4"
                footage.write(path, rendered.moment(scene, when), crf=23 if when == 0 else 30)
                kept.write_bytes(pickle.dumps(ours.print_one(path, None)))
        made = pickle.loads(kept.read_bytes())
        assert isinstance(made, Fingerprint)
        prints.append(made)
    return prints


_DRAWN: list[tuple[MemoryLibrary, dict[str, list[Fingerprint]]]] = []


def of_scenes(
    prints: Mapping[str, list[Fingerprint]], others: Mapping[str, Fingerprint], tier: int, workers: int
) -> Scores:
    """Drawn scenes searched for among the first moment of every scene, and among real recordings.

    The moments of one scene are hard negatives of one another; everything else is unrelated.
    """
    library = MemoryLibrary()
    for name, code in {**{name: codes[0] for name, codes in prints.items()}, **others}.items():
        library.add(code.up_to(tier), name)
    _DRAWN[:] = [(library, {name: [code.up_to(tier) for code in codes] for name, codes in prints.items()})]
    made = Scores()
    with ProcessPoolExecutor(workers) as pool:
        for scores in pool.map(_of_scene, prints):
            made.add(scores)
    return made


def _of_scene(name: str) -> Scores:
    library, prints = _DRAWN[0]
    names = {kept.id: kept.name for kept in library.recordings()}
    own = next(number for number, kept in names.items() if kept == name)
    made = Scores()
    for when, code in enumerate(prints[name]):
        if when == 0 and len(prints[name]) > 1:
            continue
        scores = {names[match.recording]: score_of(match) for match in search(code, library, leave_out={own})}
        for other in names.values():
            if other != name:
                made.unrelated.append(scores.get(other, 0.0))
                made.of_unrelated.append((name, other))
        if when:
            made.hard.append(score_of(compare(code, prints[name][0])))
            made.of_hard.append((name, f"{name}.{when}"))
    return made


def check(calibration: Calibration, scores: Scores) -> list[list[str]]:
    """How the ratios fare on scores they were not fitted to: the cost of ratios, and misleading ones."""
    copies = np.array([calibration.likelihood_ratio(score) for score in scores.copies])
    others = np.array([calibration.likelihood_ratio(score) for score in scores.hard])
    cost = 0.5 * (np.mean(np.log2(1 + 1 / copies)) + np.mean(np.log2(1 + others)))
    return [
        ["copies with a ratio above 10", f"{np.mean(copies > 10):.2f} of {len(copies)}"],
        ["hard negatives with a ratio above 1", f"{int(np.sum(others > 1))} of {len(others)}"],
        ["unrelated pairs with a ratio above 1", f"{_above(calibration, scores.unrelated)} of {len(scores.unrelated)}"],
        ["cost of the log-likelihood ratios (Cllr, copies against hard negatives)", f"{cost:.2f}"],
    ]


def _above(calibration: Calibration, scores: Sequence[float]) -> int:
    return sum(calibration.likelihood_ratio(score) > 1 for score in scores if score > 0)


def literal(name: str, calibration: Calibration) -> str:
    """The value as it stands in `limits.py`."""
    bands = "\n".join(
        f"        Band({band.from_score:g}, copies={band.copies}, unrelated={band.unrelated}, hard={band.hard}),"
        for band in calibration.bands
    )
    return (
        f'{name} = Calibration(\n    "{calibration.source}",\n    (\n{bands}\n    ),\n'
        f"    independent_copies={calibration.independent_copies},\n"
        f"    independent_unrelated={calibration.independent_unrelated},\n"
        f"    independent_hard={calibration.independent_hard},\n)"
    )


def report(calibration: Calibration, rows: Sequence[Sequence[str]], checked_on: str) -> str:
    """The bands, what each is worth, and the check."""
    bands = [
        [
            f"{band.from_score:.2f}",
            str(band.copies),
            str(band.unrelated),
            str(band.hard),
            *(f"{calibration.likelihood_ratio(band.from_score, count):.1f}" for count in (1, 100, 10_000)),
        ]
        for band in calibration.bands
    ]
    head = ["score from", "copies", "unrelated", "hard", "ratio, 1 searched", "100", "10,000"]
    return "\n\n".join(
        (
            calibration.source,
            f"Independent: {calibration.independent_copies} copies, {calibration.independent_unrelated} unrelated, "
            f"{calibration.independent_hard} hard. Made by `benchmarks/copies_lab/calibrate.py`.",
            tables.table(head, bands),
            f"Checked on {checked_on}:",
            tables.table(["Measure", "Value"], rows),
        )
    )


def main() -> None:
    """Fit on some splits and fresh drawn scenes, check on another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=HERE / "work" / "copies")
    parser.add_argument("--clips", type=Path, default=HERE.parent.parent / "shared" / "data" / "videos")
    parser.add_argument("--splits", default="dev")
    parser.add_argument("--check", default="held-out")
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--single", type=int, default=200, help="further drawn scenes, of one moment each")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    plan = parts.Plan(asked.clips, asked.work, asked.workers, False, None)
    scenes = range(FIRST_SCENE, FIRST_SCENE + asked.scenes)
    single = range(FIRST_SCENE + 10_000, FIRST_SCENE + 10_000 + asked.single)
    prints: dict[str, list[Fingerprint]] = {}
    with ProcessPoolExecutor(asked.workers) as pool:
        for numbers, moments in ((scenes, MOMENTS), (single, 0)):
            made = pool.map(partial(scene_prints, asked.work / "prints", moments), numbers)
            prints |= {f"scene-{scene}": codes for scene, codes in zip(numbers, made, strict=True)}
    names = asked.splits.split(",")
    titles = " and ".join(f"the split {parts.TITLES[one]}" for one in names)
    drawn = f"{asked.scenes + asked.single} drawn scenes, {asked.scenes} of them at {MOMENTS + 1} moments"
    source = f"Measured on {titles} and {drawn}"
    told = ["# Copies: what a score is worth"]
    measured = 1.0
    for tier, matches in ((3, "matches by pictures"), (1, "matches by codes alone")):
        scores = of_scenes(prints, _references(plan, names), tier, asked.workers)
        for one in names:
            scores.add(_of_split(plan, one, tier))
        measured = max(measured, quotient(scores.unrelated, scores.of_unrelated)) if tier == 3 else measured
        fitted = scores.fitted(f"{source}, {matches}.", measured)
        rows = check(fitted, _of_split(plan, asked.check, tier))
        told.append(report(fitted, rows, f"the split {parts.TITLES[asked.check]}"))
        print(literal("CALIBRATION" if tier == 3 else "CODES_CALIBRATION", fitted), end="\n\n")
    text = "\n\n".join(told)
    print(text)
    (HERE / "results" / "copies-scores.md").write_text(text + "\n", encoding="utf-8")


def _references(plan: parts.Plan, names: Sequence[str]) -> dict[str, Fingerprint]:
    """The references of splits, by name."""
    found: dict[str, Fingerprint] = {}
    for name in names:
        split = parts.split_of(plan, name)
        printed = ours.print_all(replace(split, queries=()), plan.work / "prints", plan.workers)
        found |= {one.name: printed.by_file[one.file] for one in split.references}
    return found


def _of_split(plan: parts.Plan, name: str, tier: int) -> Scores:
    split = parts.split_of(plan, name)
    made = of_answers(split, answers.load(plan.kept(f"tier{tier}", name)))
    made.add(of_halves(ours.print_all(split, plan.work / "prints", plan.workers), tier))
    return made


if __name__ == "__main__":
    main()
