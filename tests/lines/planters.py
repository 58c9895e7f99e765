"""Items whose truth is known, one planter a line: a line without one fails the contract test.

A line of a third party runs `witnessmark.lines.conformance` in its own tests; it need not be listed here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from tests.lines.clips import item_of, space, write
from tests.lines.conversation.planting import plant_conversation
from tests.lines.copies.planting import plant_copies
from tests.lines.scene.planting import plant_scene
from tests.lines.sun.planting import plant_sun
from tests.lines.terrain.planting import plant_terrain
from tests.lines.text.planting import plant_text
from tests.lines.uniforms.planting import plant_uniforms
from tests.lines.weather.planting import plant_weather

from witnessmark.custody.records import Appearance, Moment
from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Tools

AXIS_START = dt.datetime(2031, 9, 12, tzinfo=dt.UTC)


def plant_integrity(folder: Path) -> Planted:
    """A phone's file with its own offset, filmed on the second day of the axis and posted a day later."""
    filmed = dt.datetime(2031, 9, 13, 7, 30, tzinfo=dt.UTC)
    posted = Moment(filmed + dt.timedelta(days=1), "platform page")
    metadata = {"com.apple.quicktime.creationdate": "2031-09-13T11:30:00+0400", "com.apple.quicktime.model": "Phone 1"}
    path = write(folder / "planted.mp4", list(range(60)), created=filmed, metadata=metadata, sound_s=2.4)
    over = space(AXIS_START)
    return Planted(
        item=item_of(path),
        marks=(),
        tools=Tools(path, appearances=(Appearance("Forum", "someone", None, posted),)),
        over=over,
        true_place=None,
        true_instant=round((filmed - AXIS_START).total_seconds() / over.times.step_s),
        at_most_rank=0.005,
    )


PLANTERS: dict[str, Callable[[Path], Planted]] = {
    "conversation": plant_conversation,
    "copies": plant_copies,
    "integrity": plant_integrity,
    "scene": plant_scene,
    "sun": plant_sun,
    "terrain": plant_terrain,
    "text": plant_text,
    "uniforms": plant_uniforms,
    "weather": plant_weather,
}
