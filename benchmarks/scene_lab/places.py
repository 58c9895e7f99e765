"""What is filmed: streets and country, each from several stands in several lights, under one dress, with one poster."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from benchmarks.scene_lab.terrain import Look, country, filmed
from tests.lines.scene.streets import Front, Light, Stand, Street, dressed, facade, walk, write_clip

SIZE = (480, 270)
STREETS, COUNTRIES = 10, 4
FRAMES = 3


@dataclass(frozen=True, slots=True)
class Split:
    """Seeds: those that thresholds were set on, or those that nothing was set on."""

    name: str
    street_seed: int
    country_seed: int


TUNED = (Split("tuned-first", 1000, 501), Split("tuned-second", 2000, 502))
"""Thresholds were set on the first, failed on the second, and were set anew on both."""
HELD_OUT = Split("held-out", 3000, 503)
"""Nothing was set on these."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A rendered clip.

    Attributes
    ----------
    place : str
    kind : str
        street | country
    stand, light : str
        Against the place's first clip; "first" for that one.
    path : Path
    """

    place: str
    kind: str
    stand: str
    light: str
    path: Path


STANDS = {"near": Stand(1.0, 1.0, 4.0), "middle": Stand(-2.5, 5.0, -8.0), "far": Stand(3.5, 12.0, -14.0)}
"""Metres and degrees from the first stand; half of what is seen of the fronts lies within 22 m of it."""
STREET_LOOKS = (
    ("near", "same"),
    ("near", "sun"),
    ("middle", "same"),
    ("middle", "sun"),
    ("middle", "dusk"),
    ("far", "same"),
    ("far", "sun"),
)
COUNTRY_LOOKS = {
    ("stays", "hour"): Look(0.0, 0.0, 0.0, hours=4.0, clouds=1),
    ("near", "same"): Look(3.0, 2.0, 4.0, clouds=2),
    ("near", "hour"): Look(3.0, 2.0, 4.0, hours=-3.0, clouds=3),
    ("middle", "same"): Look(30.0, 20.0, -6.0, clouds=4),
    ("middle", "season"): Look(30.0, 20.0, -6.0, season="dry", clouds=5),
    ("far", "same"): Look(150.0, 60.0, -10.0, clouds=6),
    ("far", "hour"): Look(150.0, 60.0, -10.0, hours=4.0, clouds=7),
}
"""Metres and degrees from the first stand; the skyline is 700 m and more away."""


def rendered(split: Split, folder: Path) -> Iterator[Clip]:
    """Render what is not there yet; the first clip of every place comes first."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(STREETS):
        yield from _street(split.street_seed + number, folder)
    for number in range(COUNTRIES):
        yield from _country(split.country_seed, number, folder)


def disguised(split: Split, folder: Path, how: str) -> Iterator[Clip]:
    """First clips of streets with one broadcaster's dress ("dress") or one poster on the pavement ("poster")."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(STREETS):
        seed = split.street_seed + number
        path = folder / f"street-{seed}-{how}.mp4"
        if not path.is_file():
            street = Street.seeded(seed)
            if how == "poster":
                street = dataclasses.replace(street, extra=(poster(np.random.default_rng([seed, 9])),))
            pictures = walk(street, Stand(), Stand(0.3, 1.0, 2.0), light_named("same", 10 * seed), FRAMES, SIZE)
            write_clip(path, [dressed(picture) for picture in pictures] if how == "dress" else pictures)
        yield Clip(f"street-{seed}", "street", "first", how, path)


def poster(rng: np.random.Generator) -> Front:
    """The same large poster wherever it stands: 2.4 by 1.6 m, 7 to 9 m ahead."""
    painted = facade(np.random.default_rng(4242), 12.0, 8.0)
    corner = np.array([rng.uniform(-3.0, 0.5), 0.4, rng.uniform(7.0, 9.0)])
    turned = np.radians(rng.uniform(-15.0, 15.0))
    along = 2.4 * np.array([np.cos(turned), 0.0, np.sin(turned)])
    return Front(corner, along, np.array([0.0, 1.6, 0.0]), np.asarray(cv2.resize(painted, (480, 320)), np.uint8), 0.0)


def _street(seed: int, folder: Path) -> Iterator[Clip]:
    street = Street.seeded(seed)
    looks = [("first", "same"), *STREET_LOOKS]
    for number, (stand, light) in enumerate(looks):
        path = folder / f"street-{seed}-{stand}-{light}.mp4"
        if not path.is_file():
            start = STANDS.get(stand, Stand())
            end = dataclasses.replace(
                start, right_m=start.right_m + 0.3, ahead_m=start.ahead_m + 1.0, heading_deg=start.heading_deg + 2.0
            )
            write_clip(path, walk(street, start, end, light_named(light, 10 * seed + number), FRAMES, SIZE))
        yield Clip(f"street-{seed}", "street", stand, light, path)


def light_named(name: str, seed: int) -> Light:
    """A light by name; its clouds, cast shadows and noise are of its own seed."""
    return {
        "same": Light(0.0, seed=seed),
        "sun": Light(1.0 if seed % 2 else -1.0, contrast=1.1, haze=0.05, seed=seed),
        "dusk": Light(0.0, 0.55, 1.35, haze=0.15, noise=5.0, seed=seed),
    }[name]


def _country(seed: int, number: int, folder: Path) -> Iterator[Clip]:
    first = country(seed, number)
    place = f"country-{seed}-{number}"
    looks = {("first", "same"): Look(), **COUNTRY_LOOKS}
    for (stand, light), look in looks.items():
        path = folder / f"{place}-{stand}-{light}.mp4"
        if not path.is_file():
            filmed(first, look, path)
        yield Clip(place, "country", stand, light, path)
