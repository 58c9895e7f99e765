"""Weather records of every kind are read right, and what cannot be trusted is refused with the fix."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from witnessmark.errors import NotFoundError, ProviderError
from witnessmark.lines.providers.weather import FolderWeather, read_any, sniff
from witnessmark.lines.providers.weather_meteostat import read_meteostat
from witnessmark.lines.providers.weather_online import ARCHIVE, ArchiveWeather, address
from witnessmark.lines.providers.weather_openmeteo import read_openmeteo
from witnessmark.lines.providers.weather_records import Stated
from witnessmark.lines.providers.weather_reports import read_reports
from witnessmark.lines.providers.weather_scenes import read_scenes

DAY = dt.datetime(2031, 9, 13, tzinfo=dt.UTC)


def response(**change: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "latitude": 46.5,
        "longitude": 8.25,
        "utc_offset_seconds": 0,
        "elevation": 1200.0,
        "hourly_units": {"time": "iso8601", "cloud_cover": "%", "snow_depth": "m"},
        "hourly": {
            "time": ["2031-09-13T00:00", "2031-09-13T01:00"],
            "cloud_cover": [10, 90],
            "snow_depth": [33.0, 0.2],
        },
    }
    return {**body, **change}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_snow_of_33_metres_is_left_out_and_told(tmp_path: Path) -> None:
    (record,) = read_openmeteo(write(tmp_path / "a.json", json.dumps(response())))
    assert [hour.snow_depth_m for hour in record.hours] == [None, 0.2]
    assert "Values left out because they cannot be: 1." in record.notes
    assert any("which model" in note for note in record.notes)
    (pinned,) = read_openmeteo(tmp_path / "a.json", models="era5")
    assert pinned.model == "Open-Meteo archive, era5" and len(pinned.notes) == 1


def test_an_archive_that_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '{"error": true, "reason": "Date out of range"}')
    with pytest.raises(ProviderError, match="Date out of range"):
        read_openmeteo(path)


BULK = """year,month,day,hour,temp,temp_source,prcp,prcp_source,wspd,wspd_source,cldc,cldc_source,snow,snow_source
2031,9,13,0,10.5,metar,0.0,isd_lite,36,metar,8,synop,2,synop
2031,9,13,1,11.5,dwd_mosmix,1.0,metno_forecast,18,metar,,,,
2031,9,13,2,12.5,,0.5,dwd_hourly,18,metar,4,synop,,
"""


def test_what_a_model_filled_in_is_no_observation(tmp_path: Path) -> None:
    path = tmp_path / "10637.csv.gz"
    path.write_bytes(gzip.compress(BULK.encode()))
    assert sniff(path) == "meteostat"
    (record,) = read_any(path, Stated(lat_deg=46.0, lon_deg=8.0))
    assert record.kind == "station" and record.station == "10637"
    assert [hour.temperature_c for hour in record.hours] == [10.5, None, None]
    assert [hour.precipitation_mm for hour in record.hours] == [0.0, None, 0.5]
    assert record.hours[0].wind_speed_m_s == pytest.approx(10.0) and record.hours[0].snowfall_cm == 2.0
    assert [hour.cloud_cover_percent for hour in record.hours] == [100.0, None, 50.0]
    assert "Values left out because 'dwd_mosmix' filled them in: 1." in record.notes
    assert "Values left out because 'no source' filled them in: 1." in record.notes


def test_meteostat_json_without_sources_counts_as_a_model(tmp_path: Path) -> None:
    rows = [
        {"time": "2031-09-13 00:00:00", "temp": 10.5, "wspd": 36.0, "snow": 120, "coco": 3},
        {"time": "2031-09-13 01:00:00", "temp": None, "wspd": None, "snow": None, "coco": 8},
    ]
    path = write(tmp_path / "station.json", json.dumps({"meta": {"generated": "x"}, "data": rows}))
    assert sniff(path) == "meteostat"
    (record,) = read_meteostat(path)
    assert record.kind == "model" and any("does not say which values were observed" in note for note in record.notes)
    first, second = record.hours
    assert first.snow_depth_m == pytest.approx(0.12) and first.cloud_cover_percent == 65.0
    assert second.weather_code == 63 and second.temperature_c is None
    assert first.at == DAY


def test_older_bulk_files_have_no_header(tmp_path: Path) -> None:
    path = write(tmp_path / "10637.csv", "2031-09-13,5,10.5,8.0,80,0.2,,240,18.0,,1014,,1\n")
    assert sniff(path) == "meteostat"
    (hour,) = read_meteostat(path)[0].hours
    assert (hour.at.hour, hour.wind_speed_m_s, hour.precipitation_mm) == (5, 5.0, 0.2)


ISD = (
    '"STATION","DATE","SOURCE","LATITUDE","LONGITUDE","ELEVATION","NAME","REPORT_TYPE","WND","VIS","TMP","AA1","GF1","AJ1"'
    '\n"123","2031-09-13T00:00:00","4","46.5","8.25","500.0","A, B","FM-15","318,1,N,0061,1","016000,1,9,9","+0056,1",'
    '"01,0012,9,5","08,99,1,99,9,99,9,99999,9,99,9,99,9","0010,1,9,000000,9,9"'
    '\n"123","2031-09-13T01:00:00","4","46.5","8.25","500.0","A, B","FM-15","999,9,C,0000,1","999999,9,9,9","+0900,3",'
    '"06,0050,9,5","99,99,9,99,9,99,9,99999,9,99,9,99,9",""\n'
)


def test_isd_groups_are_scaled_and_doubtful_ones_left_out(tmp_path: Path) -> None:
    (record,) = read_reports(write(tmp_path / "isd.csv", ISD))
    assert (record.lat_deg, record.elevation_m, record.station) == (46.5, 500.0, "123")
    first, second = record.hours
    assert (first.wind_speed_m_s, first.visibility_m, first.temperature_c) == (6.1, 16000.0, 5.6)
    assert (first.precipitation_mm, first.cloud_cover_percent, first.snow_depth_m) == (1.2, 100.0, 0.1)
    assert second.wind_speed_m_s == 0.0 and second.temperature_c is None and second.visibility_m is None
    assert second.precipitation_mm is None and second.cloud_cover_percent is None


IEM = """#DEBUG: Format Typ    -> comma
#DEBUG: Time Zone     -> {zone}
station,valid,lon,lat,elevation,tmpf,drct,sknt,p01i,vsby,skyc1,skyc2,wxcodes
XXX,2031-09-13 00:51,8.25,46.5,500.0,50.0,240.0,20.0,0.02,2.5,FEW,OVC,-RA BR
XXX,2031-09-13 01:20,8.25,46.5,500.0,M,M,10.0,T,10.0,CLR,   ,M
XXX,2031-09-13 01:51,8.25,46.5,500.0,41.0,M,0.0,M,0.1,VV ,   ,FG
"""


def test_metar_reports_fall_on_the_nearest_hour(tmp_path: Path) -> None:
    (record,) = read_reports(write(tmp_path / "iem.csv", IEM.format(zone="Etc/UTC")))
    first, second = record.hours
    assert [hour.at.hour for hour in record.hours] == [1, 2]
    # 00:51 is nearer to 01:00 than 01:20; the trace of the latter is the smaller sum
    assert first.temperature_c == pytest.approx(10.0) and first.precipitation_mm == pytest.approx(0.508)
    assert first.cloud_cover_percent == 100.0 and first.weather_code == 61
    assert first.wind_speed_m_s == pytest.approx(10.29, abs=0.01)
    assert second.cloud_cover_percent == 100.0 and second.weather_code == 45
    assert second.visibility_m == pytest.approx(160.9, abs=0.1)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("BLSN", None),
        ("DRSN BR", None),
        ("RERA", None),
        ("VCSH", None),
        ("MIFG", None),
        ("BCFG BR", None),
        ("PRFG", None),
        ("FZFG", 45),
        ("TS", 17),
        ("VCTS", None),
        ("+TSRA", 95),
        ("TSGR", 95),
        ("-SHRASN", 71),
        ("BLSN -RA", 61),
    ],
)
def test_only_what_falls_here_and_now_is_read_as_falling(tmp_path: Path, said: str, code: int | None) -> None:
    path = write(tmp_path / "x.csv", f"valid_utc,tmpc,wxcodes\n2031-09-13 00:00,5,{said}\n")
    assert read_reports(path)[0].hours[0].weather_code == code


def test_a_trace_is_of_precipitation_alone(tmp_path: Path) -> None:
    head = "valid_utc,p01i,snowdepth,tmpf\n"
    (hour,) = read_reports(write(tmp_path / "x.csv", head + "2031-09-13 00:00,T,T,50\n"))[0].hours
    assert hour.precipitation_mm == 0.1 and hour.snow_depth_m is None and hour.temperature_c == pytest.approx(10.0)
    with pytest.raises(ProviderError, match="'T' where a temperature_c belongs"):
        read_reports(write(tmp_path / "x.csv", head + "2031-09-13 00:00,T,T,T\n"))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (IEM.format(zone="America/New_York"), "without a UTC offset.*--utc-offset"),
        ("time,temperature_c\n2031-09-13T11:00,5\n", "without a UTC offset"),
        ("time,temp\n2031-09-13T11:00Z,5\n", "do not name their unit: temp.*temperature_c"),
        ("when,temperature_c\n2031-09-13T11:00Z,5\n", "no column of times"),
        ("time,temperature_c\n2031-09-13T11:00Z,mild\n", "'mild' where a number belongs"),
        ("time,temperature_c\nyesterday,5\n", "the time 'yesterday'"),
        ("", "is empty"),
    ],
)
def test_tables_that_cannot_be_trusted_are_refused(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(ProviderError, match=match):
        read_reports(write(tmp_path / "x.csv", text))


def test_a_column_without_a_unit_is_told_beside_those_that_are_read(tmp_path: Path) -> None:
    text = "time,wind_speed_kmh,temp,tmpf,tmpc\n2031-09-13T11:00Z,36,5,M,7\n2031-09-13T12:00Z,36\n"
    (record,) = read_reports(write(tmp_path / "x.csv", text))
    assert record.hours[0].wind_speed_m_s == pytest.approx(10.0) and record.hours[0].temperature_c == 7.0
    assert record.notes == (
        "Rows left out because they have more or fewer cells than the header: 1.",
        "Columns not read because they do not name their unit: temp.",
    )


def test_an_offset_that_a_person_states_is_used(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "time,temperature_c\n2031-09-13T11:00,5\n2031-09-13T12:00+02:00,6\n")
    (record,) = read_reports(path, Stated(utc_offset_s=4 * 3600.0))
    assert [hour.at.hour for hour in record.hours] == [7, 10]


def flights(rows: list[tuple[str, str, str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["origin", "year", "month", "day", "hour", "temp", "wind_speed", "precip", "visib", "time_hour"])
    for station, at, temp in rows:
        writer.writerow([station, 2031, 9, 13, 0, temp, 10, 0.01, 10, at])
    return out.getvalue()


def test_airports_table_holds_several_stations(tmp_path: Path) -> None:
    rows = [("AAA", "2031-09-13T00:00:00Z", "50"), ("BBB", "2031-09-13T00:00:00Z", "NA")]
    path = write(tmp_path / "air.csv", flights(rows))
    first, second = read_reports(path)
    assert (first.station, second.station) == ("AAA", "BBB")
    assert first.hours[0].temperature_c == pytest.approx(10.0) and second.hours[0].temperature_c is None
    assert first.hours[0].wind_speed_m_s == pytest.approx(4.47, abs=0.01)
    assert [record.station for record in read_reports(path, Stated(station="BBB"))] == ["BBB"]
    with pytest.raises(ProviderError, match="station 'CCC'"):
        read_reports(path, Stated(station="CCC"))


def scenes(**change: Any) -> str:
    body: dict[str, Any] = {
        "format": "witnessmark-scenes/1",
        "satellite": "Sentinel-2",
        "lat_deg": 46.5,
        "lon_deg": 8.25,
        "right_share": 0.9,
        "scenes": [
            {"at_utc": "2031-09-13T10:20:00Z", "cloud_cover_percent": 5, "snow_on_ground": True},
            {"at_utc": "2031-09-18T10:20:00Z", "cloud_cover_percent": None, "snow_on_ground": False},
        ],
    }
    return json.dumps({**body, **change})


def test_scenes_are_a_record_with_their_own_error(tmp_path: Path) -> None:
    path = write(tmp_path / "s.json", scenes())
    assert sniff(path) == "scenes"
    (record,) = read_scenes(path)
    assert record.kind == "satellite" and record.right_share == 0.9
    assert [hour.snow_depth_m for hour in record.hours] == [0.05, 0.0]
    for change, match in (({"right_share": 0.2}, "right_share from 0.5"), ({"scenes": [{}]}, "no scenes")):
        with pytest.raises(ProviderError, match=match):
            read_scenes(write(tmp_path / "s.json", scenes(**change)))


def test_a_folder_says_where_files_stand_that_do_not(tmp_path: Path) -> None:
    write(tmp_path / "air.csv", flights([("AAA", "2031-09-13T00:00:00Z", "50")]))
    with pytest.raises(ProviderError, match=r"air\.csv.*places\.csv"):
        FolderWeather(tmp_path)
    write(tmp_path / "places.csv", "file,lat_deg,lon_deg,elevation_m\nair.csv,46.6,8.3,400\n")
    write(tmp_path / "a.json", json.dumps(response()))
    near, far = FolderWeather(tmp_path).all_records(46.6, 8.3, DAY, DAY + dt.timedelta(hours=5))
    assert (near.kind, near.elevation_m, near.distance_km) == ("station", 400.0, 0.0)
    assert far.kind == "model" and 11.0 < far.distance_km < 12.0


HOSTILE = {
    "meteostat temperature": ("b.csv", "time,temp,coco\n2031-09-12 00:00:00,n/a,1\n"),
    "meteostat condition": ("b.csv", "time,temp,coco\n2031-09-12 00:00:00,5,nan\n"),
    "huge cell": ("b.csv", "time,temp,coco\n2031-09-12 00:00:00,5,1\n" + "9" * 200_000 + ",5,1\n"),
    "first year": ("b.csv", "at_utc,temperature_c\n0001-01-01T00:00+14:00,5\n"),
    "code": ("b.json", json.dumps(response()).replace('"snow_depth": [33.0, 0.2]', '"weather_code": [1e400, NaN]')),
    "height": ("b.json", json.dumps(response(elevation="high"))),
    "height far off": ("b.json", json.dumps(response(elevation=1e6))),
    "no list": ("b.json", json.dumps(response()).replace("[33.0, 0.2]", "5")),
    "no numbers": ("b.json", json.dumps(response()).replace("[33.0, 0.2]", '[{}, "a"]')),
    "nesting": ("b.json", "[" * 200_000),
    "nested scenes": ("b.json", '{"format": "witnessmark-scenes/1", "scenes": ' + "[" * 200_000),
    "place off the Earth": ("b.json", json.dumps(response(longitude=9999.0))),
}
"""What a folder may hold by mistake or on purpose."""


@pytest.mark.parametrize("what", HOSTILE)
def test_one_file_that_cannot_be_read_does_not_cost_the_others(tmp_path: Path, what: str) -> None:
    name, text = HOSTILE[what]
    text = text.replace('"snow_depth": "m"', '"snow_depth": "m", "weather_code": "wmo code"')
    write(tmp_path / name, text)
    write(tmp_path / "places.csv", "file,lat_deg,lon_deg\nb.csv,46.6,8.3\n")
    with pytest.raises(ProviderError, match="'b\\."):
        FolderWeather(tmp_path)
    write(tmp_path / "a.json", json.dumps(response()))
    held = FolderWeather(tmp_path)
    assert len(held.all_records(46.6, 8.3, DAY, DAY + dt.timedelta(hours=5))) == 1
    assert len(held.troubles) == 1 and "'b." in held.troubles[0]


@pytest.mark.parametrize("name", ["b.csv.gz", "10637.csv.gz"])
def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("witnessmark.lines.providers.weather_records.LARGEST_BYTES", 1 << 20)
    head = b"temp,coco\n" if name.startswith("1") else b"at_utc,temperature_c\n"
    (tmp_path / name).write_bytes(gzip.compress(head + b"#" + b" " * (1 << 22)))
    with pytest.raises(ProviderError, match="unpacks to more"):
        read_any(tmp_path / name)
    (tmp_path / name).write_bytes(gzip.compress(head)[:-9])
    with pytest.raises(ProviderError, match="is damaged"):
        read_any(tmp_path / name)


def test_what_a_person_states_of_a_file_must_fit_it(tmp_path: Path) -> None:
    bulk = write(tmp_path / "10637.csv", BULK)
    (named,) = read_meteostat(bulk, Stated(station="10637", utc_offset_s=0.0))
    assert named.station == "10637"
    with pytest.raises(ProviderError, match="holds no station 'JFK'"):
        read_meteostat(bulk, Stated(station="JFK"))
    archive, seen = write(tmp_path / "a.json", json.dumps(response())), write(tmp_path / "s.json", scenes())
    isd = write(tmp_path / "isd.csv", ISD)
    for path in (bulk, archive, seen, isd):
        with pytest.raises(ProviderError, match="UTC by format"):
            read_any(path, Stated(utc_offset_s=7200.0))


def test_sources_count_wherever_they_stand(tmp_path: Path) -> None:
    rows = [
        {"time": "2031-09-13 00:00:00", "temp": 9.0},
        {"time": "2031-09-13 01:00:00", "temp": 10.5, "temp_source": "dwd_mosmix"},
    ]
    (record,) = read_meteostat(write(tmp_path / "s.json", json.dumps({"data": rows})))
    assert record.kind == "station" and [hour.temperature_c for hour in record.hours] == [None, None]


def test_the_archive_is_asked_once_and_its_answer_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return json.dumps(response()).encode()

    def ask(weather: ArchiveWeather) -> dt.datetime | None:
        record = weather.record(46.6, 8.2, DAY, DAY + dt.timedelta(hours=1))
        assert record.model == "Open-Meteo archive, era5" and record.readings[0].source == asked[0]
        return record.readings[0].retrieved

    first = ask(ArchiveWeather(tmp_path, fetch))
    assert first is not None and first.tzinfo is not None
    assert ask(ArchiveWeather(tmp_path, fetch)) == first == ask(ArchiveWeather(tmp_path, None, "open-meteo-kept"))
    assert len(asked) == 1 and "models=era5" in asked[0] and "timezone=GMT" in asked[0]
    assert ARCHIVE.online
    with pytest.raises(NotFoundError, match="is kept"):
        ArchiveWeather(tmp_path, None).record(10.0, 8.2, DAY, DAY)


def test_a_kept_answer_that_was_changed_is_refused(tmp_path: Path) -> None:
    ArchiveWeather(tmp_path, lambda _: json.dumps(response()).encode()).record(46.6, 8.2, DAY, DAY)
    (kept,) = [path for path in (tmp_path / "open-meteo").iterdir() if "request" not in path.name]
    write(kept, json.dumps(response(elevation=1.0)))
    with pytest.raises(ProviderError, match="was changed"):
        ArchiveWeather(tmp_path, None).record(46.6, 8.2, DAY, DAY)


def test_an_answer_in_local_time_is_not_kept(tmp_path: Path) -> None:
    local = json.dumps(response(utc_offset_seconds=7200)).encode()
    with pytest.raises(ProviderError, match="local time"):
        ArchiveWeather(tmp_path, lambda _: local).record(46.6, 8.2, DAY, DAY)
    (left,) = (tmp_path / "open-meteo").iterdir()
    assert left.name.endswith(".in-vain.json") and "local time" in left.read_text()
    asking = ArchiveWeather(tmp_path, lambda _: local)
    with pytest.raises(ProviderError):
        asking.record(46.6, 8.2, DAY, DAY)
    assert [reading.size_bytes for reading in asking.fetched] == [len(local)]


def test_what_is_kept_for_other_days_serves_without_a_network(tmp_path: Path) -> None:
    online = ArchiveWeather(tmp_path, lambda _: json.dumps(response()).encode())
    online.record(46.6, 8.2, DAY - dt.timedelta(days=3), DAY)
    online.record(46.6, 8.2, DAY, DAY + dt.timedelta(hours=1))
    kept = ArchiveWeather(tmp_path, None)
    record = kept.record(46.6, 8.2, DAY - dt.timedelta(days=9), DAY + dt.timedelta(days=9))
    assert "start_date=2031-09-10" in record.readings[0].source and kept.fetched == ()
    with pytest.raises(NotFoundError, match="is kept"):
        kept.record(46.6, 8.2, DAY + dt.timedelta(days=2), DAY + dt.timedelta(days=9))


def test_what_is_asked_is_no_finer_than_the_models_cells() -> None:
    assert address(46.61, 8.21, DAY, DAY) == address(46.55, 8.30, DAY, DAY) != address(46.30, 8.30, DAY, DAY)
