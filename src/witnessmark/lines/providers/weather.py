"""Weather from a folder of recorded responses and tables, each kept exactly as it came."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from witnessmark.errors import BadInputError, NotFoundError, ProviderError
from witnessmark.lines.providers.contract import WeatherHour, WeatherRecord, great_circle_km
from witnessmark.lines.providers.weather_meteostat import read_meteostat
from witnessmark.lines.providers.weather_openmeteo import read_openmeteo
from witnessmark.lines.providers.weather_records import Recorded, Stated, height_m
from witnessmark.lines.providers.weather_reports import read_reports, utc_offset_s
from witnessmark.lines.providers.weather_scenes import FORMAT, read_scenes
from witnessmark.plain import iso

PLACES = "places.csv"
"""What files do not say themselves: file, lat_deg, lon_deg, elevation_m, utc_offset, station."""
READERS: Mapping[str, Callable[[Path, Stated | None], tuple[Recorded, ...]]] = {
    "openmeteo": read_openmeteo,
    "meteostat": read_meteostat,
    "metar-csv": read_reports,
    "scenes": read_scenes,
}
SNIFFED_BYTES = 1 << 16
MOST_TOLD = 5


class FolderWeather:
    """Recorded weather in one folder.

    Parameters
    ----------
    folder : Path
        Holds Open-Meteo archive responses (``timezone=GMT``), Meteostat JSON and bulk CSV, METAR and ISD tables, and
        scenes files; a ``places.csv`` states what files do not say: where a station stands, the offset of its times.

    Attributes
    ----------
    troubles : tuple of str
        A sentence, with the fix, for each file that was left out: it is none of these, has an unknown unit, states no
        place, or holds times that are neither UTC nor carry an offset. The others serve.

    Raises
    ------
    ProviderError
        When the folder is missing, its ``places.csv`` cannot be read, or every file was left out.
    """

    name = "folder"

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ProviderError(
                f"There is no weather folder {folder}.", "Make it and put recorded responses (.json, .csv) into it."
            )
        stated = _places(folder)
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
        files = [path for path in paths if path.name.endswith((".json", ".csv", ".csv.gz")) and path.name != PLACES]
        held: list[Recorded] = []
        refused: list[ProviderError] = []
        for path in files:
            try:
                held += [_placed(record) for record in read_any(path, stated.get(path.name))]
            except ProviderError as error:
                refused.append(error)
        if refused and not held:
            raise ProviderError(" ".join(error.what for error in refused[:MOST_TOLD]), refused[0].do)
        self._held = tuple(held)
        self.troubles = tuple(str(error) for error in refused)

    def record(self, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime) -> WeatherRecord:
        """The nearest recorded station or cell with hours in [start, end].

        Raises
        ------
        NotFoundError
            When none has an hour in that span.
        """
        return nearest(self._held, lat_deg, lon_deg, start, end)

    def all_records(
        self, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime
    ) -> tuple[WeatherRecord, ...]:
        """Every station or cell with hours in [start, end], nearest first."""
        return within(self._held, lat_deg, lon_deg, start, end)


def read_any(path: Path, stated: Stated | None = None) -> tuple[Recorded, ...]:
    """Read a file of any known format, told by its first bytes.

    Raises
    ------
    ProviderError
    """
    return READERS[sniff(path)](path, stated)


def sniff(path: Path) -> str:
    """The format of a file, a key of `READERS`; an unreadable one is left to its reader to refuse."""
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as stream:
            head = stream.read(SNIFFED_BYTES)
    except (OSError, EOFError, zlib.error):
        head = b""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        if FORMAT.encode() in head:
            return "scenes"
        return "meteostat" if b'"data"' in head and b"hourly_units" not in head else "openmeteo"
    first = head.partition(b"\n")[0].lower()
    meteostat = b"temp_source" in first or b"coco" in first or (b"rhum" in first and b"wspd" in first)
    if meteostat or (head[:4].isdigit() and first.count(b",") == 12):
        return "meteostat"
    return "openmeteo" if path.name.endswith(".json") else "metar-csv"


def within(
    held: tuple[Recorded, ...], lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime
) -> tuple[WeatherRecord, ...]:
    """Records with hours in [start, end] as seen from a place, nearest first."""
    begin, finish = start.astimezone(dt.UTC), end.astimezone(dt.UTC)
    found = []
    for record in held:
        hours = tuple(hour for hour in record.hours if begin <= hour.at <= finish)
        if hours and record.lat_deg is not None and record.lon_deg is not None:
            found.append(_seen(record, great_circle_km(lat_deg, lon_deg, record.lat_deg, record.lon_deg), hours))
    return tuple(sorted(found, key=lambda seen: (seen.distance_km, seen.readings[0].source, seen.model)))


def nearest(
    held: tuple[Recorded, ...], lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime
) -> WeatherRecord:
    """The nearest record with hours in [start, end].

    Raises
    ------
    NotFoundError
    """
    found = within(held, lat_deg, lon_deg, start, end)
    if not found:
        raise NotFoundError(
            f"No recorded weather covers {iso(start.astimezone(dt.UTC))} to {iso(end.astimezone(dt.UTC))}.",
            "Record a response for that place and span with timezone=GMT and put it into the weather folder.",
        )
    return found[0]


def _seen(record: Recorded, distance_km: float, hours: tuple[WeatherHour, ...]) -> WeatherRecord:
    assert record.lat_deg is not None and record.lon_deg is not None
    return WeatherRecord(
        lat_deg=record.lat_deg,
        lon_deg=record.lon_deg,
        elevation_m=record.elevation_m,
        distance_km=distance_km,
        model=record.model,
        hours=hours,
        readings=(record.reading,),
        kind=record.kind,
        right_share=record.right_share,
        notes=record.notes,
    )


def _placed(record: Recorded) -> Recorded:
    lat, lon = record.lat_deg, record.lon_deg
    if lat is None or lon is None or not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise ProviderError(
            f"'{record.reading.source}' does not say where on the Earth it was recorded.",
            f"Write a row for it into {PLACES} beside it: file,lat_deg,lon_deg,elevation_m,utc_offset.",
        )
    return record


def _places(folder: Path) -> dict[str, Stated]:
    path = folder / PLACES
    if not path.is_file():
        return {}
    found = {}
    try:
        for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))):
            held = {key.strip(): (value or "").strip() for key, value in row.items() if key}
            lat, lon, height = (
                float(held[key]) if held.get(key) else None for key in ("lat_deg", "lon_deg", "elevation_m")
            )
            height = height_m(held["file"], height)
            offset_s = utc_offset_s(held["utc_offset"]) if held.get("utc_offset") else None
            found[held["file"]] = Stated(lat, lon, height, offset_s, held.get("station") or None)
    except (ValueError, KeyError, AttributeError, csv.Error, OSError, BadInputError) as error:
        raise ProviderError(
            f"'{PLACES}' cannot be read ({error}).", "Its columns are file,lat_deg,lon_deg,elevation_m,utc_offset."
        ) from error
    return found


class _FolderDoor:
    name = "folder"
    about = "Recorded weather in the case's folder: Open-Meteo, Meteostat, METAR and ISD tables, satellite scenes."

    def open(self, folder: Path) -> FolderWeather:
        return FolderWeather(folder)


FOLDER = _FolderDoor()
