"""The weather line against its promises: next-day choice between airports, snow at any lag, a mast and its reanalysis.

Run as ``python benchmarks/weather.py --data FOLDER``; the folder holds the records named in `weather_lab/data.py`. With
``--fit`` the tables that come with the line are fitted anew from even months.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.weather_lab.choosing import Choice, next_days, packed, pairs, score
from benchmarks.weather_lab.data import DISTANCE_KM, Floats, airports, mast, months, mountain, on_hours
from benchmarks.weather_lab.fitting import FROM_AIRPORTS, Mask, fit_airports, fit_all, write_tables
from benchmarks.weather_lab.lasting import mast_choice, sky_choices, snow_choices

from witnessmark.lines.providers.weather_records import Recorded
from witnessmark.lines.weather.tables import Table, tables

RESULTS = Path(__file__).parent / "results" / "weather.md"
TABLES = Path(__file__).resolve().parents[1] / "src" / "witnessmark" / "lines" / "weather" / "tables.json"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "weather"
START = dt.datetime(2013, 1, 1, tzinfo=dt.UTC)
N_HOURS = 24 * 366
EVEN, ODD = (2, 4, 6, 8, 10, 12), (1, 3, 5, 7, 9, 11)
HEAD = (
    "| {} | n | bits | right | over 10:1 right | over 10:1 wrong | said | calibration error |\n"
    "|---|---|---|---|---|---|---|---|"
)
ALL = ("rain", "wind", "visibility")
CALLED = (
    ("below 2, from 6 m/s", (2.0, 6.0)),
    ("below 1.6, from 8 m/s", (1.6, 7.9)),
    ("below 4, from 10 m/s", (4.0, 10.0)),
)


def row(name: str, found: Choice) -> str:
    """A row of the choices table."""
    return (
        f"| {name} | {found.count} | {found.bits:.3f} | {found.right_share:.1%} | {found.surely_right_share:.1%} | "
        f"{found.wrong_share:.1%} | {found.said_share:.1%} | {found.calibration_error:.3f} |"
    )


class Airports:
    """The airports' year, scored on months that the tables were not fitted on."""

    def __init__(self, folder: Path) -> None:
        self.records: dict[str, Recorded] = airports(folder)
        self.series = {name: on_hours(record, START, N_HOURS) for name, record in self.records.items()}
        self.months = months(START, N_HOURS)
        here = np.any([~np.isnan(one["wind"]) for one in self.series.values()], axis=0)
        counts = {month: int(np.count_nonzero(here & (self.months == month))) for month in range(1, 13)}
        self.held = [month for month, count in counts.items() if count > 100]

    def chosen(self, wanted: Iterable[int]) -> Mask:
        """Hours of these months."""
        return np.asarray(np.isin(self.months, list(wanted)))

    def folds(self) -> list[tuple[Mask, dict[str, Table]]]:
        """Hours to score with the tables for them: odd months by even ones; without those, each by the other months."""
        odd = [month for month in self.held if month in ODD]
        if odd:
            return [(self.chosen(odd), self.fitted([month for month in self.held if month in EVEN]))]
        return [(self.chosen([month]), self.fitted([one for one in self.held if one != month])) for month in self.held]

    def fitted(self, wanted: Sequence[int]) -> dict[str, Table]:
        """Tables of the airports from these months; the other families as they come."""
        stations = list(self.series.values())
        return {**tables(), **{one: fit_airports(stations, one, self.chosen(wanted)) for one in FROM_AIRPORTS}}

    def choices(
        self,
        folds: Sequence[tuple[Mask, dict[str, Table]]],
        *,
        of: Sequence[tuple[str, str]] | None = None,
        lag_days: int = 1,
        families: Sequence[str] = ALL,
        wind: tuple[float, float] = (3.0, 8.0),
    ) -> Floats:
        """Ratios of the right day against the other for pairs of a place and a record [nats]."""
        found = [
            next_days(
                self.series[place],
                packed(self.records[record], START, hours, None),
                START,
                hours,
                lag_days,
                using,
                families,
                wind,
            )
            for hours, using in folds
            for place, record in of or pairs(list(self.records))
        ]
        return np.concatenate(found)


def next_day(held: Airports) -> list[str]:
    """Choices between a day and one later, at the same hour."""
    folds = held.folds()
    way = "odd months by tables of even ones" if len(folds) == 1 else "each even month by tables of the others"
    lines = [f"Scored: {way}.", "", HEAD.format("Label against another airport's record")]
    lines.append(row("**rain, wind and sight, next day**", score(held.choices(folds))))
    for (one, other), km in sorted(DISTANCE_KM.items(), key=lambda pair: pair[1]):
        lines.append(
            row(f"{one} and {other}, {km} km apart", score(held.choices(folds, of=[(one, other), (other, one)])))
        )
    far = [("EWR", "JFK"), ("JFK", "EWR")]
    for lag in (7, 60):
        if len(folds) == 1 or lag < 28:
            lines.append(row(f"33 km apart, {lag} days later", score(held.choices(folds, of=far, lag_days=lag))))
    for family in (*ALL, "temperature"):
        lines.append(row(f"{family} alone, 33 km apart", score(held.choices(folds, of=far, families=[family]))))
    lines.append(
        row("with temperature, 33 km apart", score(held.choices(folds, of=far, families=(*ALL, "temperature"))))
    )
    for words, edges in CALLED:
        lines.append(row(f"wind called calm and strong {words}", score(held.choices(folds, of=far, wind=edges))))
    return lines


def measured(folder: Path) -> str:
    """Every table."""
    began = time.monotonic()
    parts = ["# Weather\n", "## Which of two days, at the same hour\n", *next_day(Airports(folder)), ""]
    parts += ["## Snow on the ground, the record's errors simulated\n", *snow_table(mountain(folder)["snow"]), ""]
    parts += ["## Sky over a mountain, the record's errors simulated\n", HEAD.format("Record right in, next day")]
    parts += [row(name, found) for name, found in sky_choices(mountain(folder)["sky"])]
    parts += ["", "## A mast against a reanalysis, tables of even months, odd months scored\n"]
    parts += [HEAD.format("Label against MERRA-2")]
    parts += [row(name, found) for name, found in mast_choice(mast(folder), tables())]
    parts.append(f"\n{time.monotonic() - began:.0f} s, one thread.")
    return "\n".join(parts) + "\n"


def snow_table(snow: Floats) -> list[str]:
    """Bits at each lag for each kind of error."""
    lines = ["| Record of a mountain's year | +1 day | +7 | +30 | +60 |", "|---|---|---|---|---|"]
    for name, bits in snow_choices(snow):
        lines.append(f"| {name} | " + " | ".join(f"{value:+.4f}" for value in bits) + " |")
    return lines


def main() -> None:
    """Measure, or fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of the records")
    parser.add_argument("--fit", action="store_true", help="fit the tables of the line anew from even months")
    asked = parser.parse_args()
    if asked.fit:
        held = Airports(asked.data)
        write_tables(fit_all(asked.data, list(held.series.values()), held.chosen(EVEN)), TABLES)
        return
    text = measured(asked.data)
    print(text)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
