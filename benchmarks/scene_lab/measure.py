"""Comparing what was filmed, one row a pair."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from benchmarks.scene_lab.places import Clip, Split, disguised, rendered

from witnessmark.lines.scene.comparing import Looked, compare, prepare, ready
from witnessmark.lines.scene.telling import relation_of
from witnessmark.lines.scene.views import VIEWS, Views, choose, look
from witnessmark.media.records import Broken, Limits

HARD = 25
"""Pairs of different streets under one dress, and with one poster, a split."""
ENDINGS = {".mp4", ".mkv", ".mov", ".webm", ".avi", ".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, slots=True)
class Row:
    """A compared pair.

    Attributes
    ----------
    truth : str
        same | different
    kind : str
        Of places: street, country, mixed, clip.
    stand, light : str
        How the second differs from the first; for different places "plain", "dress" or "poster".
    support, extent, relation : int, float, str
    wall_s : float
        Of comparing, without decoding.
    names : str
    """

    truth: str
    kind: str
    stand: str
    light: str
    support: int
    extent: float
    relation: str
    wall_s: float
    names: str


def keep(rows: Iterable[Row], path: Path) -> None:
    """Write rows down."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=0), encoding="utf-8")


def kept(path: Path) -> list[Row]:
    """Rows as written down; none when there are none."""
    return [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def rendered_rows(split: Split, work: Path, different: int) -> Iterator[Row]:
    """Every look of every place against its first clip, and pairs of different places, plain and hard."""
    clips = list(_told(rendered(split, work / "footage"), f"{split.name}: filmed"))
    looked = {clip.path: _prepared(clip.path) for clip in _told(clips, f"{split.name}: looked at")}
    firsts = {clip.place: clip for clip in clips if clip.stand == "first"}
    for clip in clips:
        if clip.stand != "first":
            first = firsts[clip.place]
            yield _row("same", clip.kind, clip.stand, clip.light, looked[first.path], looked[clip.path], clip.path.name)
    rng = np.random.default_rng([split.street_seed, 3])
    pairs = [(a, b) for a, b in combinations(clips, 2) if a.place != b.place]
    for number in rng.choice(len(pairs), min(different, len(pairs)), replace=False):
        a, b = pairs[int(number)]
        kind = a.kind if a.kind == b.kind else "mixed"
        yield _row("different", kind, "plain", "plain", looked[a.path], looked[b.path], f"{a.path.name} {b.path.name}")
    for how in ("dress", "poster"):
        hard = [(clip, _prepared(clip.path)) for clip in disguised(split, work / "footage", how)]
        pairs_of = list(combinations(hard, 2))
        for (a, mine), (b, theirs) in pairs_of[:HARD]:
            yield _row("different", "street", how, how, mine, theirs, f"{a.path.name} {b.path.name}")


def clip_rows(folder: Path) -> Iterator[Row]:
    """Both halves of every clip, and every pair of clips."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    looked: dict[Path, Looked] = {}
    for path in paths:
        views = look(path, Limits())
        if isinstance(views, Broken):
            print(f"  {path.name} is left out: {views.reason}", flush=True)
            continue
        looked[path] = ready(views)
        parts = halves(views)
        if parts is not None:
            yield _row("same", "clip", "halves", "same", *parts, path.name)
    for a, b in combinations(looked, 2):
        yield _row("different", "clip", "plain", "plain", looked[a], looked[b], f"{a.name} {b.name}")


def halves(whole: Views) -> tuple[Looked, Looked] | None:
    """The first and the last two fifths of a clip, each looked at by itself."""
    held = whole.held
    part = 2 * len(held) // 5
    if part < 2:
        return None
    sides = []
    for views in (held[:part], held[-part:]):
        chosen = tuple(views[index] for index in choose([view.grey for view in views], VIEWS))
        sides.append(ready(Views(chosen, views, "")))
    return sides[0], sides[1]


def _prepared(path: Path) -> Looked:
    found = prepare(path, Limits())
    assert isinstance(found, Looked), found
    return found


def _row(truth: str, kind: str, stand: str, light: str, a: Looked, b: Looked, names: str) -> Row:
    started = time.perf_counter()
    found = compare(a, b)
    wall_s = time.perf_counter() - started
    return Row(
        truth,
        kind,
        stand,
        light,
        found.support_count,
        round(found.extent_share, 4),
        relation_of(found),
        round(wall_s, 3),
        names,
    )


def _told(clips: Iterable[Clip], what: str) -> Iterator[Clip]:
    for number, clip in enumerate(clips):
        if number % 10 == 9:
            print(f"  {what} {number + 1}", flush=True)
        yield clip
