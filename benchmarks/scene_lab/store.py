"""A query against a store of many references: how often a wrong one is told, and how long it takes, as the store grows.

Streets of a range of seeds that nothing was set on are photographed once each; some of them are photographed again
from another stand in another light and asked about. Every query is compared with every reference, so that what a store
of any smaller size answers follows from the same rows. With real clips, a clip's first two fifths are asked about, and
the last two fifths of all of them, and the photographs, are among the references.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from benchmarks.scene_lab.measure import ENDINGS, halves
from benchmarks.scene_lab.places import SIZE, STANDS, light_named
from tests.lines.scene.streets import Stand, Street

from witnessmark.lines.scene.comparing import Looked, compare, ready
from witnessmark.lines.scene.limits import SAME_PLACE_SUPPORT
from witnessmark.lines.scene.packing import pack, unpack
from witnessmark.lines.scene.telling import relation_of
from witnessmark.lines.scene.views import View, Views, look
from witnessmark.media.records import Broken, Limits

FIRST_SEEDS = {"seen": 50_000, "held-out": 60_000}
"""The threshold was raised to 20 on the first; nothing was set on the second."""
COUNTS = {"seen": (240, 40), "held-out": (100, 30)}
"""Streets photographed for the store, and how many of them are asked about."""
LOOKS = (("near", "sun"), ("middle", "same"), ("middle", "dusk"), ("near", "same"))
SPLITS = {
    "seen": "Seeds, and 12 real clips, that the threshold was set on",
    "held-out": "Seeds that nothing was set on",
}
SIZES = (10, 30, 100, 240)
DRAWS = 200
"""Smaller stores drawn at random from the whole one, the true reference always among them."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A query compared with a reference of the store."""

    query: str
    reference: str
    relation: str
    support: int
    wall_s: float

    @property
    def same(self) -> bool:
        """Whether both show one place."""
        return self.query == self.reference


def pairs(split: str, clips: Path | None) -> Iterator[Pair]:
    """Every query against every reference."""
    first, (references, queries) = FIRST_SEEDS[split], COUNTS[split]
    store = {f"street-{first + number}": _street(first + number, Stand(), "same", 0) for number in range(references)}
    asked: dict[str, Looked] = {}
    for number in range(queries):
        stand, light = LOOKS[number % len(LOOKS)]
        asked[f"street-{first + number}"] = _street(first + number, STANDS[stand], light, 7)
    for path in [] if clips is None else sorted(one for one in clips.iterdir() if one.suffix.lower() in ENDINGS):
        views = look(path, Limits())
        if isinstance(views, Broken):
            continue
        parts = halves(views)
        store[path.name] = unpack(pack(ready(views) if parts is None else parts[1]))
        if parts is not None:
            asked[path.name] = parts[0]
    for done, (name, query) in enumerate(asked.items()):
        print(f"  asked {done} of {len(asked)}", flush=True)
        for other, reference in store.items():
            started = time.perf_counter()
            found = compare(query, reference)
            wall_s = time.perf_counter() - started
            yield Pair(name, other, relation_of(found), found.support_count, round(wall_s, 4))


def _street(seed: int, stand: Stand, light: str, turn: int) -> Looked:
    """One photograph, as it comes out of a store."""
    at = dataclasses.replace(stand, right_m=stand.right_m + 0.1 * turn)
    picture = Street.seeded(seed).view(at, light_named(light, 10 * seed + turn), SIZE)
    view = View(0.0, picture)
    return unpack(pack(ready(Views((view,), (view,), ""))))


def keep(found: Iterator[Pair], path: Path) -> None:
    """Write the pairs down."""
    path.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")


def kept(path: Path) -> list[Pair]:
    """Pairs as written down; none when there are none."""
    return [Pair(**row) for row in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def table(rows: list[Pair]) -> list[str]:
    """Lines of a markdown table: by size of the store, what is told, and what of it is wrong."""
    queries = sorted({row.query for row in rows})
    references = sorted({row.reference for row in rows})
    told = {(row.query, row.reference): _told(row) for row in rows}
    rng = np.random.default_rng(7)
    lines = [
        "| References | told of the true one | queries with a wrong one told | answers that are right | s a query |",
        "|---|---|---|---|---|",
    ]
    seconds = {name: [row.wall_s for row in rows if row.query == name] for name in queries}
    for size in sorted({*(size for size in SIZES if size < len(references)), len(references)}):
        right = wrong = answered = correct = asked = 0
        for name in queries:
            others = [one for one in references if one != name]
            for _ in range(1 if size == len(references) else DRAWS):
                drawn = others if size == len(references) else rng.choice(others, size - 1, replace=False)
                false = sum(told[name, str(one)] for one in drawn)
                asked += 1
                right += told[name, name]
                wrong += false > 0
                answered += false + told[name, name]
                correct += told[name, name]
        a_query = float(np.mean([np.mean(times) for times in seconds.values()])) * size
        lines.append(
            f"| {size} | {right / asked:.2f} | {wrong / asked:.3f} | {correct / max(1, answered):.3f} | {a_query:.1f} |"
        )
    return lines


def _told(row: Pair) -> bool:
    """Whether the line says that both show one place, by the threshold as it is now."""
    return row.relation in ("same-place", "same-recording") and row.support >= SAME_PLACE_SUPPORT


def page(work: Path) -> str:
    """The report of all that is kept in a folder."""
    parts = ["# Scene: a query against a store of many references", ""]
    parts += [
        f"Told from a support of {SAME_PLACE_SUPPORT} on; smaller stores are drawn from the whole, {DRAWS} times."
    ]
    for split, said in SPLITS.items():
        rows = kept(work / f"store-{split}.json")
        if rows:
            parts += ["", f"## {said}", "", *table(rows), "", *_supports(rows)]
    return "\n".join(parts) + "\n"


def _supports(rows: list[Pair]) -> list[str]:
    """How large a support pairs of one place and of different places reach, whatever their matches span."""
    lines = [
        "| Pairs of | 0 - 7 | 8 - 11 | 12 - 19 | 20 - 39 | 40 and more | largest |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, same in (("one place", True), ("different places", False)):
        reached = [row.support for row in rows if row.same == same]
        counts = np.histogram(reached, [0, 8, 12, 20, 40, 10**6])[0].tolist()
        lines.append(f"| {name} | {' | '.join(map(str, counts))} | {max(reached)} |")
    return lines
