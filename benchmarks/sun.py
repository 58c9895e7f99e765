"""The sun line against its promises: positions, speed beside pvlib and ShadowFinder, coverage of its regions.

Run as ``python benchmarks/sun.py``. Reference positions (``--reference FILE``) and ShadowFinder
(``pip install shadowfinder``) are measured against where they are at hand.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib
import math
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.sun_lab.coverage import HEAD, on_relief, places, row, trials
from benchmarks.sun_lab.shadows import Care, sun_of
from benchmarks.sun_lab.sunshine import sunshine

from witnessmark.hypotheses import Hypotheses, PlaceGrid, TimeAxis
from witnessmark.lines.sun import answers, ephemeris, kernel, likelihood
from witnessmark.lines.sun.earth import Earth, weigh_earth
from witnessmark.lines.sun.limits import SCALE
from witnessmark.lines.sun.observations import Sighting
from witnessmark.lines.sun.refraction import lift_deg

RESULTS = Path(__file__).parent / "results" / "sun.md"
LAT, LON = 39.6, 46.3
AT = dt.datetime(2022, 9, 13, 11, 0, tzinfo=dt.UTC)
Floats = NDArray[np.float64]


def apart_deg(az_a: Floats, el_a: Floats, az_b: Floats, el_b: Floats) -> Floats:
    """Angles between directions [deg]."""
    half = np.sin(np.radians(el_a - el_b) / 2) ** 2
    half = half + np.cos(np.radians(el_a)) * np.cos(np.radians(el_b)) * np.sin(np.radians(az_a - az_b) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(half))))


def own(body: str, unix_s: Floats, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Azimuth and elevation, one place an instant [deg]."""
    track = ephemeris.track(body, unix_s)
    azimuth, elevation = np.empty(unix_s.size), np.empty(unix_s.size)
    for i in range(unix_s.size):
        one = ephemeris.Track(body, track.towards[:, i : i + 1], track.distance_km[i : i + 1])
        az, el = ephemeris.azimuth_elevation(one, ephemeris.frames(lat[i : i + 1], lon[i : i + 1]))
        azimuth[i], elevation[i] = az[0, 0], el[0, 0]
    return azimuth, elevation


def line(name: str, off: Floats) -> str:
    """Median, 99th percentile and worst of an error."""
    return f"| {name} | {off.size} | {np.median(off):.4f} | {np.percentile(off, 99):.4f} | {off.max():.4f} |"


def positions(reference: Path) -> list[str]:
    """Errors of position against JPL (where at hand) and pvlib."""
    from pvlib import spa

    rows = ["| Position (degrees) | n | median | 99 in 100 below | worst |", "|---|---|---|---|---|"]
    if reference.is_file():
        with reference.open(newline="", encoding="utf-8") as stream:
            held = list(csv.DictReader(stream))
        unix_s = np.array([dt.datetime.fromisoformat(entry["utc"]).timestamp() for entry in held])
        lat, lon = (np.array([float(entry[name]) for entry in held]) for name in ("lat", "lon"))
        for body in ephemeris.BODIES:
            azimuth, elevation = own(body, unix_s, lat, lon)
            az, el = (np.array([float(e[f"{body}_{n}_deg"]) for e in held]) for n in ("az", "el_airless"))
            rows.append(line(f"{body} against JPL DE421, 2008-2026", apart_deg(azimuth, elevation, az, el)))
        lit, _ = ephemeris.illuminated_fraction(unix_s)
        share = np.array([float(entry["moon_illuminated_fraction"]) for entry in held])
        rows.append(line("lit share of the moon (0-1) against JPL", np.abs(lit - share)))
    else:
        rows.append(f"| against JPL | not measured: {reference.name} is not at hand | | | |")
    rng = np.random.default_rng(8)
    unix_s = rng.uniform(6.3e8, 2.2e9, 1000)
    lat, lon = np.degrees(np.arcsin(rng.uniform(-1, 1, 1000))), rng.uniform(-180, 180, 1000)
    azimuth, elevation = own("sun", unix_s, lat, lon)
    theirs = np.array(
        [
            [
                float(part[0])
                for part in spa.solar_position(unix_s[i : i + 1], lat[i], lon[i], 0, 1013.25, 12, 67, 0.5667)
            ]
            for i in range(1000)
        ]
    )
    rows.append(line("sun against pvlib SPA, 1990-2039", apart_deg(azimuth, elevation, theirs[:, 4], theirs[:, 3])))
    high = elevation > 5.0
    lifted = elevation + lift_deg(elevation)
    rows.append(line("apparent elevation above 5 against pvlib SPA", np.abs(lifted - (90.0 - theirs[:, 0]))[high]))
    return rows


def seconds(work: Callable[[], object], repeats: int = 7) -> float:
    """Fewest processor seconds of several runs: what other programs take of a busy machine is not counted."""
    took = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def paired(
    ours: Callable[[], object], theirs: Callable[[], object], pairs: int, repeats: int = 1
) -> tuple[float, float, float]:
    """Least wall time of both, runs taken in turn, and the ratio of these [s, s, 1].

    The least, as others work on the machine; in turn, so that what one leaves in the caches weighs on the other. With
    repeats each has so many runs in its turn, and the first of them, for which the caches are the other's, is left out.
    """
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(pairs):
        for work, times in zip((ours, theirs), took, strict=True):
            for number in range(repeats):
                start = time.perf_counter()
                work()
                if number or repeats == 1:
                    times.append(time.perf_counter() - start)
    mine, other = min(took[0]), min(took[1])
    return mine, other, other / mine


def speed(cells: int) -> list[str]:
    """Time of a year, of many cells, and of the whole earth, beside pvlib and ShadowFinder where at hand."""
    from pvlib import spa

    rows = ["| Work, one thread | here (s) | beside (s) | ratio |", "|---|---|---|---|"]
    year = 1_640_995_200.0 + 60.0 * np.arange(525_600, dtype=np.float64)
    here = ephemeris.frames(np.array([LAT]), np.array([LON]))
    mine, other, ratio = paired(
        lambda: ephemeris.azimuth_elevation(ephemeris.track("sun", year), here),
        lambda: spa.solar_position(year, LAT, LON, 0.0, 1013.25, 12.0, 67.0, 0.5667),
        5,
    )
    rows.append(
        f"| one year by the minute at one place, beside pvlib SPA (numpy) | {mine:.2f} | {other:.2f} | {ratio:.1f} |"
    )
    n_places = cells // 10_000
    rng = np.random.default_rng(3)
    lat, lon = 39.0 + rng.random(n_places), 46.0 + rng.random(n_places)
    axis = 100.0 * np.arange(n_places, dtype=np.float64)
    over = Hypotheses(PlaceGrid("+proj=laea", 100.0, axis, np.zeros(1), lat, lon), TimeAxis(AT, 60.0, 10_000))
    for name, document in DIRECTIONS.items():
        seen = answers.read_document(document)
        took = seconds(partial(likelihood._table, seen, over, SCALE), 3)
        rows.append(
            f"| {cells:.0e} cells, {name} (processor time) | {took:.2f} | | {cells / took / 1e6:.0f} million/s |"
        )
    few = slice(0, 20)

    def plainly() -> None:
        for place in range(20):
            spa.solar_position(over.times.unix_s(), lat[few][place], lon[few][place], 0.0, 1013.25, 12.0, 67.0, 0.5667)

    took = seconds(plainly, 1)
    rows.append(f"| 2e+05 cells by pvlib SPA (processor time) | | {took:.2f} | {0.2 / took:.2f} million/s |")
    return rows + shadowfinder()


DIRECTIONS: dict[str, dict[str, Any]] = {
    "elevation": {"sun": {"azimuth_deg": None, "elevation_deg": [43.7, 1.0]}},
    "azimuth and elevation": {"sun": {"azimuth_deg": [227.6, 3.0], "elevation_deg": [43.7, 1.0]}},
}


def shadowfinder() -> list[str]:
    """The whole earth on ShadowFinder's own grid, beside it."""
    try:
        finder_class = importlib.import_module("shadowfinder").ShadowFinder
    except ImportError:
        return ["| whole earth beside ShadowFinder | not measured: it is not installed | | |"]
    finder = finder_class(date_time=AT.replace(tzinfo=None), sun_altitude_angle=43.7)
    finder.generate_timezone_grid()
    earth = Earth(np.asarray(finder.lats[:, 0], dtype=np.float64), np.asarray(finder.lons[0], dtype=np.float64))
    rows = []
    for name, document in DIRECTIONS.items():
        (sighting,) = answers.read_document(document).sightings

        def ours(n: int, sighting: Any = sighting) -> object:
            return weigh_earth(sighting, earth, [AT.timestamp() + 60.0 * k for k in range(n)], SCALE)

        grid = f"{len(earth.lat_deg)} x {len(earth.lon_deg)}"
        mine, other, ratio = paired(lambda: ours(1), finder.find_shadows, 40)
        rows.append(
            f"| whole earth, {grid}, one instant, {name}, run in turn | {1e3 * mine:.2f} ms | {1e3 * other:.1f} ms "
            f"| {ratio:.1f} |"
        )
        mine, other, ratio = paired(lambda: ours(1), finder.find_shadows, 15, 10)
        rows.append(
            f"| the same, ten times in each turn, the first left out | {1e3 * mine:.2f} ms | {1e3 * other:.1f} ms "
            f"| {ratio:.1f} |"
        )

        def ranging() -> None:
            for minute in range(61):
                finder.date_time = (AT + dt.timedelta(minutes=minute)).replace(tzinfo=None)
                finder.find_shadows()

        mine, other, ratio = paired(lambda: ours(61), ranging, 4)
        rows.append(
            f"| the same over 61 minutes (ShadowFinder run 61 times) | {1e3 * mine:.0f} ms | {1e3 * other:.0f} ms "
            f"| {ratio:.1f} |"
        )
    return rows


CARES = (
    Care("one shadow, slope 2 degrees along each axis"),
    Care("one shadow, slope of exactly 2 degrees", slope_fixed=True),
    Care("three shadows, slope 2 degrees along each axis", poles=3),
    Care("careful: 1 px, 2 %, 0.3 and 0.5 degrees", pixel_px=1.0, fov_share=0.02, tilt_deg=0.3, heading_deg=0.5),
    Care("poor: 4 px, 12 %, 1.5 and 3 degrees", pixel_px=4.0, fov_share=0.12, tilt_deg=1.5, heading_deg=3.0),
    Care("sloppy: one point in twenty five times as far off", tails=True),
)


def coverage(n: int, incidents: int) -> list[str]:
    """Coverage of the regions of time at a known place, over one day, by the minute where nothing else is said."""
    rows = [*HEAD]
    rows += [row(care.name, trials(care, n, 101)) for care in CARES]
    for care in (CARES[0], CARES[3]):
        rows.append(row(f"{care.name}, in steps of ten minutes", trials(care, n, 101, step_s=600.0)))
    rows.append(row("one shadow, nothing known of the camera but its heading", trials(CARES[0], n, 105, camera=False)))
    rows.append(row("one shadow, heading not known", trials(CARES[0], n, 103, heading=False)))
    for found, words in zip(on_relief(incidents, 11), ("slope not known", "slope from the relief"), strict=True):
        rows.append(row(f"uprights of rehearsed incidents on real relief, {words}", found))
    return rows


def on_earth(n: int) -> list[str]:
    """Coverage of the region of the whole earth at a known time, with the heading known."""
    rows = [
        "| Shadows | n | 50 % region holds | 90 % region holds | median 90 % (million km2) |",
        "|---|---|---|---|---|",
    ]
    return [*rows, *(places(care, n, 107) for care in CARES[:3])]


def honesty() -> list[str]:
    """What sun and moon tell between neighbouring days, beside the closed form."""
    rows = ["| Days, known place, clock unknown | here (bits) | closed form (bits) |", "|---|---|---|"]
    midnight = dt.datetime(2022, 9, 13, tzinfo=dt.UTC)
    day = dt.timedelta(days=1)
    azimuth, elevation = (float(part[0]) for part in sun_of([AT], LAT, LON))
    for az_error, el_error in ((3.0, 1.0), (1.0, 0.5), (None, 1.0)):
        document = {
            "sun": {
                "azimuth_deg": None if az_error is None else [azimuth, az_error],
                "elevation_deg": [elevation, el_error],
            }
        }
        answer: Any = answers.when(
            answers.read_document(document), LAT, LON, midnight, midnight + 2 * day, 30.0,
            claims=[(midnight, midnight + day), (midnight + day, midnight + 2 * day)],
        )  # fmt: skip
        moments = [AT + day + dt.timedelta(seconds=20 * k) for k in range(-90, 91)]
        az, el = sun_of(moments, LAT, LON)
        across = np.zeros(az.shape) if az_error is None else (az - azimuth) / az_error
        nearest = float(np.min(across**2 + ((el - elevation) / el_error) ** 2))
        name = "elevation" if az_error is None else f"azimuth give or take {az_error:g}, elevation"
        first = answer["claims"][0]
        words = "" if first["discriminates"] else ", does not discriminate"
        rows.append(
            f"| 13 against 14 September, sun, {name} give or take {el_error:g} | {first['bits']:.3f}{words} "
            f"| {nearest / (2.0 * math.log(2.0)):.3f} |"
        )
    rows.append(f"| 13 against 14 September, moon, azimuth give or take 3, elevation 2 | {moon_bits():.1f} | |")
    return rows


def moon_bits() -> float:
    """The same for the moon at 19 h UTC."""
    at = dt.datetime(2022, 9, 13, 19, tzinfo=dt.UTC)
    here = ephemeris.frames(np.array([LAT]), np.array([LON]))
    azimuth, elevation = ephemeris.azimuth_elevation(ephemeris.track("moon", np.array([at.timestamp()])), here)
    level = math.cos(math.radians(float(elevation[0, 0])))
    airless = float(elevation[0, 0])
    one = Sighting(
        "moon", 0.0, "", float(azimuth[0, 0]), airless, airless, 3 * level, 2.0, 0.0, True, False, ("m",), "the disc"
    )
    unix_s = dt.datetime(2022, 9, 13, 9, tzinfo=dt.UTC).timestamp() + 60.0 * np.arange(2 * 1440, dtype=np.float64)
    nats = kernel.cells(one, kernel.Places(here, None, None), kernel.Sky.of(ephemeris.track("moon", unix_s)), SCALE)
    days = np.exp(nats[0].astype(np.float64)).reshape(2, 1440).mean(axis=1)
    return float(np.log2(days[0] / days[1]))


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--reference", type=Path, default=beside / "sun" / "reference_positions.csv")
    nsrdb = "nsrdb_psm4_2023_nwcolorado_30min.csv.gz"
    parser.add_argument("--sunshine", type=Path, default=beside / "weather" / nsrdb)
    parser.add_argument("--shadows", type=int, default=500)
    parser.add_argument("--incidents", type=int, default=200)
    parser.add_argument("--cells", type=int, default=100_000_000)
    parser.add_argument("--only", action="append", help="Measure this section anew and keep the others; repeat.")
    asked = parser.parse_args()
    sections: dict[str, Callable[[], list[str]]] = {
        "Position": lambda: positions(asked.reference),
        "What it tells of the day": honesty,
        "Coverage of the region of time at a known place": lambda: coverage(asked.shadows, asked.incidents),
        "Coverage of the region of the whole earth at a known time": lambda: on_earth(asked.shadows),
        "How often direct sun reaches the ground": lambda: sunshine(asked.sunshine),
        "Speed": lambda: speed(asked.cells),
    }
    kept = _kept() if asked.only else {}
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}"
    parts = ["# Sun"]
    for title, measure in sections.items():
        rows = kept[title] if asked.only and title not in asked.only and title in kept else measure()
        parts.append(f"## {title}\n\n" + "\n".join(rows))
    text = "\n\n".join([*parts, f"Intervals of 95 % after Wilson. {versions}."]) + "\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


def _kept() -> dict[str, list[str]]:
    """The sections written before, by title."""
    found: dict[str, list[str]] = {}
    title = ""
    for line_text in RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.is_file() else ():
        if line_text.startswith("## "):
            title = line_text[3:]
        elif title and line_text.startswith("|"):
            found.setdefault(title, []).append(line_text)
    return found


if __name__ == "__main__":
    main()
