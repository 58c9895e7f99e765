"""A case's weather folder reaches the line, each record is captured, and what cannot be read is told."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.conftest import write_clip

from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.inquiry import load_finding, run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.marking import draw_mark
from witnessmark.desk.outside import FOLDER, allow_online, open_providers
from witnessmark.desk.weather import CaseWeather

START = dt.datetime(2031, 9, 11, tzinfo=dt.UTC)


def archive(lat_deg: float = 39.75, offset_s: int = 0) -> str:
    """Five days of an archive response, the 13th wet."""
    hours = [START + dt.timedelta(hours=hour) for hour in range(120)]
    wet = [hour.day == 13 for hour in hours]
    body = {
        "latitude": lat_deg,
        "longitude": 46.25,
        "elevation": 900.0,
        "utc_offset_seconds": offset_s,
        "hourly_units": {"time": "iso8601", "precipitation": "mm", "cloud_cover": "%"},
        "hourly": {
            "time": [hour.strftime("%Y-%m-%dT%H:%M") for hour in hours],
            "precipitation": [2.0 if one else 0.0 for one in wet],
            "cloud_cover": [100 if one else 5 for one in wet],
        },
    }
    return json.dumps(body)


@pytest.fixture
def weather(case: Case) -> Path:
    folder = case.folder / FOLDER / "weather"
    folder.mkdir(parents=True)
    return folder


def test_the_line_weighs_what_the_folder_holds_and_captures_it(case: Case, weather: Path, tmp_path: Path) -> None:
    (weather / "archive.json").write_text(archive())
    item = add_item(case, write_clip(tmp_path / "clip.mp4"), look=False).item
    draw_mark(case, item, "weather-label", {"rain": True, "sky": "overcast"})
    (result,) = run_lines(case, ["weather"])
    assert result["kind"] == "finding", result
    nats = load_finding(case, result).log_likelihood.values_nats
    assert nats.shape == (1, 432) and nats[0, 144:288].mean() > nats[0, :130].mean() + 0.3
    assert any("is a model's" in text for text in result["limits"])
    captured = [event for event in case.log.read() if event.action == "outside.captured"]
    assert [event.premis for event in captured] == [PremisEvent.CAPTURE]
    (again,) = run_lines(case, ["weather"])
    assert again["id"] == result["id"]
    (weather / "archive.json").write_text(archive(lat_deg=39.5))
    (moved,) = run_lines(case, ["weather"])
    assert moved["id"] != result["id"]


def test_a_record_in_local_time_is_told_with_the_fix(case: Case, weather: Path, tmp_path: Path) -> None:
    (weather / "archive.json").write_text(archive(offset_s=14_400))
    item = add_item(case, write_clip(tmp_path / "clip.mp4"), look=False).item
    draw_mark(case, item, "weather-label", {"rain": True})
    (result,) = run_lines(case, ["weather"])
    assert result["kind"] == "abstention" and "local time" in result["reason"] and "timezone=GMT" in result["reason"]


def test_distance_is_that_of_the_farthest_corner(case: Case, weather: Path) -> None:
    (weather / "archive.json").write_text(archive())
    found = CaseWeather(case)
    (given,) = found.given()
    assert given.distance_km is not None and given.distance_km > given.record.distance_km
    assert given.climb_m is None and found.state() == CaseWeather(case).state()
    assert [reading.source for reading in found.readings] == ["archive.json"]


def test_the_archive_is_asked_only_by_leave(case: Case, weather: Path) -> None:
    assert "weather:open-meteo" not in open_providers(case, {"weather"})
    assert "weather:open-meteo-kept" in open_providers(case, {"weather"})
    allow_online(case, ["open-meteo"])
    assert "weather:open-meteo" in open_providers(case, {"weather"})
