"""From marks to observations: cameras drawn, directions joined frame by frame, labels and headings gathered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from witnessmark import media
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.errors import WitnessmarkError
from witnessmark.lines.contract import InputRef, Mark, Marks, Remark, Tools
from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.sun import headings, shadows
from witnessmark.lines.sun import marks as reading
from witnessmark.lines.sun.camera import Cameras, Focal, focal_prior, sample_cameras
from witnessmark.lines.sun.marks import (
    CameraMark,
    DirectionMark,
    Disc,
    EdgeMark,
    GroundMark,
    HeadingMark,
    MoonMark,
    Read,
    Shadow,
    StateMark,
)
from witnessmark.lines.sun.observations import (
    CameraFacts,
    KnownHeading,
    Label,
    Phase,
    ShadeEdge,
    Sighting,
    SunObservations,
)
from witnessmark.lines.sun.refraction import airless_deg
from witnessmark.media.records import Broken

MISFIT = 4.0
"""Marks of a camera that miss by more than so many of their errors contradict one another."""
SLOPE_REACH_M = 30.0
"""The ground's slope is taken from heights so far to either side [m], the spacing of common elevation models."""
STEEPEST = 1.0


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Why nothing is observed."""

    reason: str
    what_would_help: str


@dataclass(frozen=True, slots=True)
class FrameSize:
    """The upright frame, and what the file says of its focal length."""

    width_px: int
    height_px: int
    metadata: Mapping[str, str]


def inputs_of(item: Item, marks: Marks) -> tuple[InputRef, ...]:
    """The marks that are read, each by the hash of what it holds."""
    known = [mark for mark in marks if mark.kind in reading.READERS]
    refs = [InputRef(Sha256.of(_mark_bytes(mark)), f"mark:{mark.id}") for mark in known[: reading.MOST_MARKS]]
    return tuple(refs) or (InputRef(item.sha256, "marks"),)


def _mark_bytes(mark: Mark) -> bytes:
    # repr, not canonical JSON: a hostile body need not have a canonical form
    return repr((mark.kind, mark.at_pts_s, sorted_items(mark))).encode("utf-8", "replace")


def sorted_items(mark: Mark) -> str:
    """A mark's body as one text, in order of its fields."""
    if not isinstance(mark.body, Mapping):
        return repr(mark.body)
    return repr(sorted((str(key), repr(value)) for key, value in mark.body.items()))


def look(item: Item, marks: Marks, tools: Tools) -> SunObservations | CannotTell:
    """Everything the marks hold."""
    read, refused = reading.read_marks(marks)
    if not any(_speaks(mark) for mark in read):
        return _nothing(refused)
    size: FrameSize | None = None
    if any(isinstance(mark.body, (Shadow, Disc)) or _moon_disc(mark) for mark in read):
        found = frame_size(tools)
        if isinstance(found, Broken):
            reason = f"The frame's size cannot be had ({found.stage}): {found.reason.rstrip('.')}."
            return CannotTell(reason, found.do.rstrip(".") + ".")
        size = found
    return observe(item, marks, read, refused, size, tools)


def _nothing(refused: Sequence[str]) -> CannotTell:
    if refused:
        return CannotTell(" ".join(refused[:5]), "Correct the marks; their fields are described in docs/lines/sun.md.")
    return CannotTell(
        "Nothing is marked that tells where the sun or moon stood.",
        "Mark an upright object with the tip of its shadow, the sun's disc, the moon, or whether it is sunlit.",
    )


def _speaks(mark: Read) -> bool:
    if isinstance(mark.body, StateMark):
        return mark.body.state != "cannot-tell"
    return isinstance(mark.body, (Shadow, Disc, DirectionMark, MoonMark, EdgeMark))


def _moon_disc(mark: Read) -> bool:
    return isinstance(mark.body, MoonMark) and mark.body.disc is not None


def frame_size(tools: Tools) -> FrameSize | Broken:
    """Size of the upright frame and metadata, from the container in the sandbox."""
    found = media.probe(tools.original)
    if isinstance(found, Broken):
        return found
    for stream in found.streams:
        if stream.kind == "video" and stream.width_px and stream.height_px:
            size = (stream.width_px, stream.height_px)
            if stream.rotation_deg in (90, 270):
                size = (size[1], size[0])
            return FrameSize(size[0], size[1], {**found.metadata, **stream.metadata})
    return Broken("probe", "the file holds no pictures", None, 0, "Give a file with pictures.")


def observe(
    item: Item, marks: Marks, read: Sequence[Read], refused: Sequence[str], size: FrameSize | None, tools: Tools
) -> SunObservations | CannotTell:
    """Observations from marks that were read; `size` may be None where nothing was marked by pixels."""
    remarks = [
        Remark("mark", True, text, "A slip of the hand or of a program; the mark was left out.") for text in refused
    ]
    sightings: list[Sighting] = []
    cameras: list[CameraFacts] = []
    known = tuple(_heading(mark) for mark in read if isinstance(mark.body, HeadingMark))
    if size is not None:
        focal = focal_prior((size.width_px, size.height_px), size.metadata, read)
        frames = sorted({mark.at_s for mark in read if isinstance(mark.body, (Shadow, Disc)) or _moon_disc(mark)})
        for number, at_s in enumerate(frames):
            tools.progress(number / len(frames), "drawing what is marked with its errors")
            slope = _slope(read, known, at_s, tools)
            rng = np.random.default_rng([tools.seed % 2**63, number])
            outcome = _frame(read, at_s, size, focal, slope, rng, remarks)
            if isinstance(outcome, CannotTell):
                return outcome
            sightings.extend(outcome[0])
            cameras.append(outcome[1])
    sightings.extend(_direction(mark) for mark in read if isinstance(mark.body, DirectionMark))
    labels = tuple(
        Label(mark.kind, mark.body.state, mark.at_s, mark.id)
        for mark in read
        if isinstance(mark.body, StateMark) and mark.body.state != "cannot-tell"
    )
    phases = tuple(_phase(mark) for mark in read if _has_phase(mark))
    edges = tuple(
        ShadeEdge(mark.body.error_deg, mark.at_s, mark.id) for mark in read if isinstance(mark.body, EdgeMark)
    )
    if not sightings and not labels and not phases and not edges:
        said = [remark.seen for remark in remarks if remark.notable]
        return _nothing(said)
    return SunObservations(
        item=item.sha256,
        inputs=inputs_of(item, marks),
        sightings=tuple(sightings),
        labels=labels,
        phases=phases,
        edges=edges,
        cameras=tuple(cameras),
        headings=known,
        fields=headings.given_headings(tools.providers),
        horizon=headings.given_horizon(tools.providers),
        seed=tools.seed,
        remarks=tuple(remarks),
    )


def _frame(
    read: Sequence[Read],
    at_s: float,
    size: FrameSize,
    focal: Focal,
    slope: shadows.Slope,
    rng: np.random.Generator,
    remarks: list[Remark],
) -> tuple[list[Sighting], CameraFacts] | CannotTell:
    """Sightings of one frame, and its camera."""
    here = [mark for mark in read if mark.at_s == at_s or (mark.whole and isinstance(mark.body, CameraMark))]
    cameras = sample_cameras(here, focal, (size.width_px, size.height_px), rng)
    if cameras.misfit > MISFIT:
        return CannotTell(
            f"The verticals, horizon and lines marked at {at_s:.2f} s contradict one another: no camera fits them "
            f"within {cameras.misfit:.0f} times their errors.",
            "Look at each again: one may be leaning, sloping or misplaced.",
        )
    common = rng.standard_normal((len(cameras.focal_px), 2))
    found: list[Sighting] = []
    for body in ("sun", "moon"):
        drawn = []
        for mark in here:
            moon = _moon_disc(mark)
            if moon == (body == "moon") and (moon or isinstance(mark.body, (Shadow, Disc))):
                entry = shadows.draw_mark(mark, cameras, slope, common, rng)
                wrong = shadows.impossible(entry)
                if wrong is None:
                    drawn.append(entry)
                else:
                    remarks.append(
                        Remark("mark", True, wrong, "The camera's tilt, or which point is which, may be off.")
                    )
        if not drawn:
            continue
        joined = shadows.join(drawn)
        if isinstance(joined, shadows.Contradiction):
            return CannotTell(*_contradiction(joined, body))
        found.append(_sighting(joined, body, at_s, here))
        if joined.misfit > 2.0:
            named = ", ".join(mark.id[:60] for mark in joined.marks[:6])
            text = f"The marks {named} disagree by {joined.misfit:.1f} times their errors, which were enlarged."
            remarks.append(Remark("mark", True, text, "Ground that slopes differently, or an object that leans."))
    return found, _facts(cameras, focal, at_s)


def _contradiction(found: shadows.Contradiction, body: str) -> tuple[str, str]:
    times = "" if math.isinf(found.standard_errors) else f", {found.standard_errors:.0f} times their errors"
    return (
        f"The {found.one.kind} mark {found.one.id[:60]} and the {found.other.kind} mark {found.other.id[:60]} "
        f"contradict one another: no one {body} explains both, they differ by {found.apart_deg:.0f} degrees{times}.",
        "Look at both again: one may be another thing's shadow, an object that leans, or light of a lamp.",
    )


def _sighting(joined: shadows.Joined, body: str, at_s: float, here: Sequence[Read]) -> Sighting:
    kinds = [mark.kind for mark in joined.marks]
    count = kinds.count("shadow")
    words = []
    if count:
        words.append("a shadow" if count == 1 else f"{count} shadows")
    if len(kinds) > count:
        words.append(f"the {body}'s disc")
    view = next((mark.view for mark in here if mark.view), "")
    return Sighting(
        body=body,
        at_s=at_s,
        view=view,
        azimuth_deg=joined.azimuth_deg,
        elevation_deg=joined.elevation_deg,
        airless_deg=joined.airless_deg,
        across_deg=joined.across_deg,
        upward_deg=joined.upward_deg,
        correlation_ratio=joined.correlation_ratio,
        from_north=False,
        heavy=True,
        marks=tuple(mark.id for mark in joined.marks),
        what=" and ".join(words),
    )


def _facts(cameras: Cameras, focal: Focal, at_s: float) -> CameraFacts:
    fov = np.degrees(2.0 * np.arctan(cameras.width_px / 2.0 / cameras.focal_px))
    pitch, roll = np.degrees(cameras.pitch_rad), np.degrees(cameras.roll_rad)
    spread = [(float(np.mean(values)), float(np.std(values))) for values in (fov, pitch, roll)]
    return CameraFacts(at_s, *spread[0], *spread[1], *spread[2], focal.known_from, cameras.marks_count)


def _heading(mark: Read) -> KnownHeading:
    assert isinstance(mark.body, HeadingMark)
    at_s = None if mark.whole else mark.at_s
    return KnownHeading(mark.body.heading_deg, mark.body.error_deg, at_s, mark.view, mark.id)


def _direction(mark: Read) -> Sighting:
    """A direction measured elsewhere: independent errors, azimuth from true north."""
    assert isinstance(mark.body, DirectionMark)
    azimuth, elevation = mark.body.azimuth_deg, mark.body.elevation_deg
    level = 1.0 if elevation is None else max(math.cos(math.radians(elevation[0])), 0.05)
    return Sighting(
        body="sun",
        at_s=mark.at_s,
        view="",
        azimuth_deg=None if azimuth is None else azimuth[0] % 360.0,
        elevation_deg=None if elevation is None else elevation[0],
        airless_deg=None if elevation is None else float(airless_deg(np.array([elevation[0]]))[0]),
        across_deg=0.0 if azimuth is None else azimuth[1] * level,
        upward_deg=0.0 if elevation is None else elevation[1],
        correlation_ratio=0.0,
        from_north=True,
        heavy=False,
        marks=(mark.id,),
        what="a measured direction",
    )


def _has_phase(mark: Read) -> bool:
    return isinstance(mark.body, MoonMark) and (mark.body.lit_fraction is not None or mark.body.growing is not None)


def _phase(mark: Read) -> Phase:
    assert isinstance(mark.body, MoonMark)
    lit = mark.body.lit_fraction
    return Phase(lit[0] if lit else None, lit[1] if lit else None, mark.body.growing, mark.at_s, mark.id)


def _slope(read: Sequence[Read], known: Sequence[KnownHeading], at_s: float, tools: Tools) -> shadows.Slope:
    """Mean slope of the marked ground as the camera sees it, where place, heading and an elevation model are known."""
    ground = next((mark.body for mark in read if isinstance(mark.body, GroundMark)), None)
    heading = next((one for one in known if one.at_s is None or abs(one.at_s - at_s) <= 0.05), None)
    providers = [asked for name, asked in sorted(tools.providers.items()) if name.startswith("elevation:")]
    if ground is None or heading is None:
        return shadows.Slope(0.0, 0.0)
    for provider in providers:
        if isinstance(provider, ElevationProvider):
            east, north = _gradient(provider, ground)
            if math.hypot(east, north) < STEEPEST:
                angle = math.radians(heading.heading_deg)
                cos, sin = math.cos(angle), math.sin(angle)
                return shadows.Slope(right=east * cos - north * sin, forward=east * sin + north * cos)
    return shadows.Slope(0.0, 0.0)


def _gradient(provider: ElevationProvider, ground: GroundMark) -> tuple[float, float]:
    """Rise per run to the east and north, by central differences; infinite where a height is missing."""
    north_deg = SLOPE_REACH_M / 111_195.0
    east_deg = north_deg / max(math.cos(math.radians(ground.lat_deg)), 0.01)
    lat = ground.lat_deg + north_deg * np.array([0.0, 0.0, 1.0, -1.0])
    lon = ground.lon_deg + east_deg * np.array([1.0, -1.0, 0.0, 0.0])
    try:
        height = provider.heights(lat, lon).height_m.astype(np.float64)
    except WitnessmarkError:
        return math.inf, math.inf
    if not np.isfinite(height).all():
        return math.inf, math.inf
    return float(height[0] - height[1]) / (2.0 * SLOPE_REACH_M), float(height[2] - height[3]) / (2.0 * SLOPE_REACH_M)
