"""An item of known truth for the uniforms line: a badge of the library, worn, and the box a person drew around it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.lines.clips import item_of, space
from tests.lines.uniforms.badges import Rgb, badge, reference, save, worn

from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Mark, Tools
from witnessmark.lines.uniforms.marking import FIELDS, MARK
from witnessmark.lines.uniforms.references import PassedOver, Reference
from witnessmark.media.records import Broken


@dataclass
class Held:
    """A library in memory."""

    pictures: dict[Reference, Rgb]
    broken: tuple[PassedOver, ...] = field(default=())

    def references(self) -> Sequence[Reference]:
        return list(self.pictures)

    def picture(self, asked: Reference) -> Rgb | Broken:
        return self.pictures[asked]

    def passed_over(self) -> Sequence[PassedOver]:
        return self.broken


def library(count: int = 6) -> Held:
    """Badges 1 to `count`: the first claimed for 'unit A' and counted, the second for 'unit B' and not counted."""
    units = {1: ("unit A",), 2: ("unit B",)}
    rows = {number: badge(number) for number in range(1, count + 1)}
    return Held({reference(rgb, f"badge {n}", units=units.get(n, ()), counted=n == 1): rgb for n, rgb in rows.items()})


def over_units() -> Hypotheses:
    """The tests' space with two units and an emblem among its alternatives."""
    names = ("unit:unit A", "unit:unit B", "emblem:badge 1", "emblem:badge 2")
    made = space(dt.datetime(2031, 9, 12, tzinfo=dt.UTC))
    more = tuple(Alternative(name, f"What is worn is of {name}.", 0.05) for name in names)
    return replace(made, alternatives=(*made.alternatives, *more))


def plant_uniforms(folder: Path) -> Planted:
    """A photograph of badge 1, worn, with the box a person drew."""
    rgb, box = worn(badge(1), 120)
    path = save(folder / "worn.png", rgb)
    item = item_of(path)
    body = dict(zip(FIELDS, box, strict=True))
    return Planted(
        item=item,
        marks=(Mark("M-1", item.sha256, MARK, "A. Analyst", 0.0, body),),
        tools=Tools(path, providers={"emblems:library": library()}),
        over=over_units(),
        true_place=None,
        true_instant=None,
    )
