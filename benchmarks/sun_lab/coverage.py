"""How often the sun line's regions hold the truth, on shadows it has no part in making."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
from benchmarks.sun_lab.shadows import Care, Rehearsed, rehearse
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import CopyKind, Item
from witnessmark.hypotheses import Hypotheses, PlaceGrid, TimeAxis
from witnessmark.hypotheses.regions import highest_density
from witnessmark.lines.contract import Abstention, Mark, Tools
from witnessmark.lines.providers.contract import Elevations
from witnessmark.lines.sun import answers, likelihood, looking
from witnessmark.lines.sun import marks as reading
from witnessmark.lines.sun.drawing import in_region
from witnessmark.lines.sun.earth import Earth
from witnessmark.lines.sun.limits import wilson
from witnessmark.plain import Plain
from witnessmark.rehearsal import Prop, Scenario, random_scenarios, set_up
from witnessmark.rehearsal.props import shadow_tip
from witnessmark.rehearsal.relief import Relief, jacksboro
from witnessmark.rehearsal.stage import Stage
from witnessmark.rehearsal.views import project

NOBODY = Sha256(bytes(32))
ITEM = Item("WM-0001", NOBODY, Sha512(bytes(64)), 1, "video/mp4", CopyKind.EVIDENTIARY)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one rehearsed frame.

    Attributes
    ----------
    abstained : str
        The reason, or nothing.
    held50, held90 : bool
    error_min, width_min : float
        Best time less true time, and length of the 90 % region [min].
    """

    abstained: str
    held50: bool = False
    held90: bool = False
    error_min: float = 0.0
    width_min: float = 0.0


def marks_of(seen: Rehearsed, care: Care, *, heading: bool = True, camera: bool = True) -> tuple[Mark, ...]:
    """The marks a person makes, and what the person knows of the camera."""
    known_camera: dict[str, Plain] = {
        "hfov_deg": [seen.given_hfov_deg, max(care.fov_share * seen.given_hfov_deg, 0.1)],
        "pitch_deg": [seen.given_pitch_deg, care.tilt_deg],
        "roll_deg": [seen.given_roll_deg, care.tilt_deg],
    }
    marks = [Mark("camera", NOBODY, "camera", "bench", 0.0, known_camera)] if camera else []
    if heading:
        known: dict[str, Plain] = {"heading_deg": seen.given_heading_deg % 360.0, "error_deg": care.heading_deg}
        marks.append(Mark("heading", NOBODY, "heading", "bench", 0.0, known))
    for number, (top, base, tip) in enumerate(zip(seen.top_px, seen.base_px, seen.tip_px, strict=True)):
        body: dict[str, Plain] = {
            "top_px": list(top),
            "base_px": list(base),
            "tip_px": list(tip),
            "sigma_px": care.pixel_px,
            "flat": True,
        }
        marks.append(Mark(f"shadow-{number}", NOBODY, "shadow", "bench", 0.0, body))
    return tuple(marks)


def day_around(
    at: dt.datetime, lat_deg: float, lon_deg: float, rng: np.random.Generator, step_s: float = 60.0
) -> Hypotheses:
    """A day in steps at one place, in which the truth may lie anywhere, and anywhere in its step."""
    start = (at - dt.timedelta(seconds=float(rng.uniform(0.0, 86_400.0)))).replace(microsecond=0)
    one = np.zeros(1)
    return Hypotheses(
        PlaceGrid("+proj=longlat", 1.0, one, one, np.array([lat_deg]), np.array([lon_deg])),
        TimeAxis(start, step_s, round(86_400.0 / step_s)),
    )


def trial(marks: tuple[Mark, ...], size: tuple[int, int], at: dt.datetime, over: Hypotheses, tools: Tools) -> Trial:
    """Observe, weigh and compare with the truth."""
    read, refused = reading.read_marks(marks)
    seen = looking.observe(ITEM, marks, read, refused, looking.FrameSize(*size, {}), tools)
    if isinstance(seen, looking.CannotTell):
        return Trial(seen.reason)
    found = likelihood.weigh(seen, over, "sun", "1")
    if isinstance(found, Abstention):
        return Trial(found.reason)
    mass: NDArray[np.float64] = np.exp(found.log_likelihood.values_nats[0].astype(np.float64))
    true = int((at - over.times.start).total_seconds() // over.times.step_s)
    region = highest_density(mass, 0.9)
    return Trial(
        "",
        bool(highest_density(mass, 0.5)[true]),
        bool(region[true]),
        abs((over.times.middle(int(np.argmax(mass))) - at).total_seconds()) / 60.0,
        float(region.sum()) * over.times.step_s / 60.0,
    )


def trials(
    care: Care, n: int, seed: int, *, heading: bool = True, camera: bool = True, step_s: float = 60.0
) -> list[Trial]:
    """`n` shadows of one kind of care."""
    found = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        made = rehearse(rng, care)
        over = day_around(made.at, made.lat_deg, made.lon_deg, rng, step_s)
        marks = marks_of(made, care, heading=heading, camera=camera)
        found.append(trial(marks, (made.width_px, made.height_px), made.at, over, Tools(Path())))
    return found


def row(name: str, found: Sequence[Trial]) -> str:
    """One line of the table of coverage, with 95 % intervals."""
    told = [entry for entry in found if not entry.abstained]
    n = len(told)
    parts = []
    for held in (sum(entry.held50 for entry in told), sum(entry.held90 for entry in told)):
        low, high = wilson(held, n)
        parts.append(f"{held / n:.1%} ({low:.1%} to {high:.1%})")
    errors, widths = [entry.error_min for entry in told], [entry.width_min for entry in told]
    return (
        f"| {name} | {n} | {len(found) - n} | {parts[0]} | {parts[1]} | {np.median(errors):.0f} | "
        f"{np.median(widths):.0f} |"
    )


def places(care: Care, n: int, seed: int, grid_deg: float = 0.5) -> str:
    """One line of a table: how often the region of the whole earth holds the true place when the time is known."""
    earth = Earth.of(grid_deg)
    area = earth.area_km2() * np.ones((1, len(earth.lon_deg)))
    held50, held90, sizes, tried = 0, 0, [], 0
    for number in range(n):
        made = rehearse(np.random.default_rng([seed, number]), care)
        marks = marks_of(made, care)
        read, refused = reading.read_marks(marks)
        frame = looking.FrameSize(made.width_px, made.height_px, {})
        seen = looking.observe(ITEM, marks, read, refused, frame, Tools(Path()))
        if isinstance(seen, looking.CannotTell):
            continue
        tried += 1
        nats = answers.where_nats(seen, [made.at], earth)
        mass = np.exp(nats - nats.max()) * area
        at = (int((made.lat_deg + 90.0) / grid_deg), int((made.lon_deg + 180.0) / grid_deg))
        region = in_region(nats, mass, 0.9)
        held50 += bool(in_region(nats, mass, 0.5)[at])
        held90 += bool(region[at])
        sizes.append(float(area[region].sum()))
    shares = []
    for held in (held50, held90):
        low, high = wilson(held, tried)
        shares.append(f"{held / tried:.1%} ({low:.1%} to {high:.1%})")
    return f"| {care.name} | {tried} | {shares[0]} | {shares[1]} | {np.median(sizes) / 1e6:.2f} |"


HEAD = [
    "| Shadows | n | abstained | 50 % region holds | 90 % region holds | median error (min) | median 90 % (min) |",
    "|---|---|---|---|---|---|---|",
]


class ReliefElevation:
    """The relief an incident is set on, as an elevation provider: what an analyst would have of it."""

    name = "rehearsal"

    def __init__(self, relief: Relief) -> None:
        self._relief = relief

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        """Bilinear between the nodes."""
        relief = self._relief
        row = (lat_deg - relief.lat_deg[0]) / (relief.lat_deg[1] - relief.lat_deg[0])
        column = (lon_deg - relief.lon_deg[0]) / (relief.lon_deg[1] - relief.lon_deg[0])
        i, j = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
        down, right = row - i, column - j
        z = relief.elevation_m
        low = z[i, j] * (1.0 - right) + z[i, j + 1] * right
        high = z[i + 1, j] * (1.0 - right) + z[i + 1, j + 1] * right
        return Elevations((low + (high - low) * down).astype(np.float32), 90.0, "not stated", ())


def incidents(n: int, seed: int) -> Iterator[tuple[Scenario, Stage, int, Prop]]:
    """Rehearsed incidents with sunshine and a pole or post whose shadow lies in the frame."""
    for scenario in random_scenarios(n, seed):
        stage = set_up(scenario)
        for number, built in enumerate(stage.built):
            if built.prop.kind in ("pole", "post", "marker", "board"):
                yield scenario, stage, number, built.prop


def on_relief(n: int, seed: int) -> tuple[list[Trial], list[Trial]]:
    """Uprights of rehearsed incidents on real relief, one frame and one shadow each.

    Returns
    -------
    (trials, trials)
        Without an elevation model, and with the one the incident is set on.
    """
    provider = ReliefElevation(jacksboro())
    found: tuple[list[Trial], list[Trial]] = ([], [])
    taken: set[str] = set()
    for scenario, stage, number, _prop in incidents(n, seed):
        made = None if scenario.name in taken else _relief_marks(scenario, stage, number)
        if made is None:
            continue
        taken.add(scenario.name)
        marks, at, rng = made
        over = day_around(at, scenario.lat_deg, scenario.lon_deg, rng)
        size = (scenario.device.width_px, scenario.device.height_px)
        for told, providers in zip(found, ({}, {"elevation:rehearsal": provider}), strict=True):
            told.append(trial(marks, size, at, over, Tools(Path(), providers=providers)))
    return found


def _relief_marks(
    scenario: Scenario, stage: Stage, number: int
) -> tuple[tuple[Mark, ...], dt.datetime, np.random.Generator] | None:
    """The marks of one upright in the middle frame with a person's errors, or None when its shadow is not in view."""
    rng = np.random.default_rng([scenario.seed, number])
    middle = len(stage.poses) // 2
    pose, built = stage.poses[middle], stage.built[number]
    tip = shadow_tip(built, stage.sun.towards, stage.ground)
    if tip is None:
        return None
    points = np.array([built.top_m, built.foot_m, tip]) - np.array([0.0, 0.0, stage.eye_m])
    pixels = np.stack(project(stage.lens, pose, points), axis=1)
    device = scenario.device
    if not np.isfinite(pixels).all() or not ((pixels >= 0) & (pixels < [device.width_px, device.height_px])).all():
        return None
    if min(np.linalg.norm(pixels[0] - pixels[1]), np.linalg.norm(pixels[2] - pixels[1])) < 20.0:
        return None
    care = Care("relief", pixel_px=1.0)
    marked = pixels + care.pixel_px * rng.standard_normal((3, 2))
    pitch, roll, heading = (
        value + error * rng.standard_normal()
        for value, error in ((pose.pitch_deg, 0.5), (pose.roll_deg, 0.5), (pose.heading_deg, 1.0))
    )
    hfov = device.horizontal_fov_deg * (1.0 + 0.05 * rng.standard_normal())
    at = scenario.start + dt.timedelta(seconds=float(stage.time_s[middle]))
    corners = [(float(x), float(y)) for x, y in marked]
    seen = SimpleNamespace(
        given_hfov_deg=hfov,
        given_pitch_deg=pitch,
        given_roll_deg=roll,
        given_heading_deg=heading,
        top_px=(corners[0],),
        base_px=(corners[1],),
        tip_px=(corners[2],),
    )
    lat, lon = stage.ground.to_geographic(float(built.foot_m[0]), float(built.foot_m[1]))
    ground = Mark("ground", NOBODY, "ground", "bench", 0.0, {"lat_deg": lat, "lon_deg": lon})
    return (*marks_of(cast(Rehearsed, seen), care), ground), at, rng
