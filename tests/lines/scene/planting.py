"""An item of known place for the scene line: a street filmed twice, the other time from a stand that is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.lines.clips import item_of, space
from tests.lines.scene.streets import Light, Stand, Street, walk, write_clip

from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Tools
from witnessmark.lines.scene.references import Chosen, KnownPlace, Reference

TRUE_PLACE = 5


def plant_scene(folder: Path) -> Planted:
    """A street at noon, known footage of it under an overcast sky from another stand, and footage of another street."""
    over = space(dt.datetime(2031, 9, 12, tzinfo=dt.UTC))
    size = (480, 270)
    here, elsewhere = Street.seeded(31), Street.seeded(32)
    clip = write_clip(
        folder / "planted.mp4", walk(here, Stand(0.5, 0.0, -2.0), Stand(-0.5, 2.0, 3.0), Light(1.0, seed=1), 5, size)
    )
    known = write_clip(
        folder / "known.mp4", walk(here, Stand(-1.0, 1.0, 2.0), Stand(-1.5, 3.0, 4.0), Light(0.0, 0.9, seed=2), 4, size)
    )
    other = write_clip(folder / "other.mp4", walk(elsewhere, Stand(), Stand(0.0, 3.0, 4.0), Light(seed=3), 4, size))
    lat_deg, lon_deg = float(over.places.lat_deg[TRUE_PLACE]), float(over.places.lon_deg[TRUE_PLACE])
    wrong = KnownPlace(float(over.places.lat_deg[0]), float(over.places.lon_deg[0]), 40.0, "stated for the rehearsal")
    references = (
        Reference(item_of(known).sha256, "known.mp4", known, KnownPlace(lat_deg, lon_deg, 30.0, "a surveyed stand")),
        Reference(item_of(other).sha256, "other.mp4", other, wrong),
    )
    return Planted(
        item=item_of(clip),
        marks=(),
        tools=Tools(clip, providers={"footage:case": Chosen(references)}),
        over=over,
        true_place=TRUE_PLACE,
        true_instant=None,
        at_most_rank=0.01,
    )
