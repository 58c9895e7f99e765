"""An incident examined as an analyst would: every line over one space, the sun with the headings of the terrain."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.calibration_lab.incidents import AXIS_DAYS, STEP_S, Incident
from benchmarks.calibration_lab.weather import Airports
from benchmarks.terrain_lab.tracing import HEIGHT_PX, WIDTH_PX
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import CopyKind, Item
from witnessmark.desk.space import build
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, Mark, Tools
from witnessmark.lines.integrity import INTEGRITY
from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.sun import SUN, looking
from witnessmark.lines.sun import marks as sun_marks
from witnessmark.lines.terrain import TERRAIN
from witnessmark.lines.terrain.likelihood import headings_on
from witnessmark.lines.weather import WEATHER
from witnessmark.lines.weather.records import GivenRecord
from witnessmark.plain import iso
from witnessmark.rehearsal.container import Recorder

Floats = NDArray[np.float64]
CELL_M = 250.0
SEARCHED_M = 200.0
LINES = ("integrity", "terrain", "sun", "weather")


@dataclass(frozen=True, slots=True)
class Given:
    """The weather record at hand."""

    record: GivenRecord
    first: dt.datetime
    last: dt.datetime

    def given(self) -> tuple[GivenRecord, ...]:
        """The one record."""
        return (self.record,)

    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """The time axis."""
        return self.first, self.last

    def troubles(self) -> tuple[str, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Bearings:
    """Headings as the terrain gives them."""

    heading_deg: Floats
    error_deg: Floats
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """Where to look, and where horizons are kept."""

    region_deg: tuple[float, float, float, float]
    spacing_m: float
    profiles: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What the lines found.

    Attributes
    ----------
    over : Hypotheses
    findings : mapping of line to Finding
    abstained : mapping of line to reason
    """

    over: Hypotheses
    findings: Mapping[str, Finding]
    abstained: Mapping[str, str] = field(default_factory=dict)


def space_of(incident: Incident) -> Hypotheses:
    """The space that is weighed."""
    end = incident.start + dt.timedelta(days=AXIS_DAYS)
    return build(
        {
            "region_deg": list(incident.region_deg),
            "spacing_m": CELL_M,
            "from": iso(incident.start),
            "to": iso(end),
            "step_s": STEP_S,
        }
    )


def examine(incident: Incident, airports: Airports, work: Path) -> Examined:
    """Run integrity, terrain, sun and weather over one incident.

    Parameters
    ----------
    incident : Incident
    airports : Airports
    work : Path
        Where horizons are kept.
    """
    over = space_of(incident)
    marks = tuple(
        Mark(f"{kind}-{number}", Sha256(bytes(32)), kind, "analyst", 0.0, dict(body))
        for number, (kind, body) in enumerate(incident.marks)
    )
    findings: dict[str, Finding] = {}
    abstained: dict[str, str] = {}

    def keep(line: str, found: Finding | Abstention) -> None:
        if isinstance(found, Abstention):
            abstained[line] = found.reason
        else:
            findings[line] = found

    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        item = _clip(clip, incident)
        facts = INTEGRITY.observe(item, (), Tools(clip))
        keep("integrity", facts if isinstance(facts, Abstention) else INTEGRITY.weigh(facts, over))
        profiles = work / "profiles"
        where = Where(incident.region_deg, SEARCHED_M, profiles)
        profiles.mkdir(parents=True, exist_ok=True)
        asked = {"elevation:folder": FolderElevation(Path(incident.dem)), "search:case": where}
        ground = TERRAIN.observe(item, marks, Tools(clip, providers=asked))
    bearings: dict[str, Any] = {}
    if isinstance(ground, Abstention):
        abstained["terrain"] = ground.reason
    else:
        keep("terrain", TERRAIN.weigh(ground, over))
        bearings = {"headings:terrain": Bearings(*headings_on(ground, over.places))}
    keep("sun", _sun(item, marks, bearings, over))
    record = airports.record(incident.weather, incident.shift_h, over.times.start, over.times.end)
    given = Given(record, over.times.start, over.times.end)
    said = WEATHER.observe(item, marks, Tools(Path(os.devnull), providers={"weather:airport": given}))
    keep("weather", said if isinstance(said, Abstention) else WEATHER.weigh(said, over))
    return Examined(over, findings, abstained)


def _sun(item: Item, marks: tuple[Mark, ...], bearings: Mapping[str, Any], over: Hypotheses) -> Finding | Abstention:
    """The sun line on marks of a frame whose size is known: the little clip has another."""
    read, refused = sun_marks.read_marks(marks)
    tools = Tools(Path(os.devnull), providers=dict(bearings))
    seen = looking.observe(item, marks, read, refused, looking.FrameSize(WIDTH_PX, HEIGHT_PX, {}), tools)
    if isinstance(seen, looking.CannotTell):
        return Abstention(SUN.name, SUN.version, seen.reason, seen.what_would_help)
    return SUN.weigh(seen, over)


def _clip(path: Path, incident: Incident) -> Item:
    """A second of grey video that states what the camera's clock said."""
    told = {} if incident.creation_time is None else {"creation_time": incident.creation_time}
    if incident.camera_words:
        told |= {"make": "Rehearsal", "model": "RH-1", "com.android.version": "14"}
    with Recorder(path, 64, 48, 10.0, metadata=told, sound_rate_hz=None) as recorder:
        for frame in range(10):
            recorder.picture(np.full((72, 64), 100 + frame, dtype=np.uint8), frame / 10.0)
    raw = path.read_bytes()
    sha512 = Sha512(hashlib.sha512(raw).digest())
    return Item("WM-0001", Sha256.of(raw), sha512, len(raw), "video/mp4", CopyKind.EVIDENTIARY)
