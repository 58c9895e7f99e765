"""A case's weather folder reaches the line, each record is captured, and what cannot be read is told."""

from __future__ import annotations

import datetime as dt
import json
import types
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
from witnessmark.lines.providers import weather_online

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


def test_a_file_that_is_refused_is_told_beside_those_that_serve(case: Case, weather: Path) -> None:
    (weather / "archive.json").write_text(archive())
    (weather / "bad.csv").write_text("time,temp,coco\n2031-09-12 00:00:00,n/a,1\n")
    held = CaseWeather(case)
    assert len(held.given()) == 1
    (trouble,) = held.troubles()
    assert "bad.csv" in trouble


def labelled(case: Case, tmp_path: Path) -> None:
    item = add_item(case, write_clip(tmp_path / "clip.mp4"), look=False).item
    draw_mark(case, item, "weather-label", {"rain": True})


def captures(case: Case) -> int:
    return sum(event.action == "outside.captured" for event in case.log.read())


def test_nothing_is_asked_of_the_network_before_somebody_labels(
    case: Case, weather: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return archive().encode()

    monkeypatch.setattr(weather_online, "fetch_whole", fetch)
    monkeypatch.setattr("witnessmark.desk.weather.dt", clock_at(START + dt.timedelta(days=90)))
    allow_online(case, ["open-meteo"])
    item = add_item(case, write_clip(tmp_path / "clip.mp4"), look=False).item
    (unlabelled,) = run_lines(case, ["weather"])
    assert unlabelled["kind"] == "abstention" and asked == [] and captures(case) == 0
    draw_mark(case, item, "weather-label", {"rain": True})
    (found,) = run_lines(case, ["weather"])
    assert found["kind"] == "finding" and len(asked) == 1 and captures(case) == 1
    (again,) = run_lines(case, ["weather"])
    assert again["id"] == found["id"] and len(asked) == 1
    allow_online(case, ["none"])  # what is kept serves without the network
    (offline,) = run_lines(case, ["weather"])
    assert offline["kind"] == "finding" and len(asked) == 1


def test_what_was_fetched_in_vain_is_captured_and_asked_anew(
    case: Case, weather: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [archive(offset_s=7200).encode(), archive().encode()]
    monkeypatch.setattr(weather_online, "fetch_whole", lambda url: answers.pop(0))
    monkeypatch.setattr("witnessmark.desk.weather.dt", clock_at(START + dt.timedelta(days=90)))
    allow_online(case, ["open-meteo"])
    labelled(case, tmp_path)
    (refused,) = run_lines(case, ["weather"])
    assert refused["kind"] == "abstention" and "local time" in refused["reason"]
    assert captures(case) == 1 and len(list((weather / "open-meteo").glob("*.in-vain.json"))) == 1
    (found,) = run_lines(case, ["weather"])
    assert found["kind"] == "finding" and captures(case) == 2 and not answers
    assert list((weather / "open-meteo").glob("*.in-vain.json")) == []


def test_what_was_read_is_captured_though_looking_fails(
    case: Case, weather: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (weather / "archive.json").write_text(archive())
    labelled(case, tmp_path)

    def full(*_: object) -> None:
        raise OSError("no space is left")

    monkeypatch.setattr("witnessmark.lines.weather.looking.pack", full)
    with pytest.raises(OSError, match="no space"):
        run_lines(case, ["weather"])
    assert captures(case) == 1
    monkeypatch.undo()
    (found,) = run_lines(case, ["weather"])
    assert found["kind"] == "finding" and captures(case) == 1


def clock_at(now: dt.datetime) -> types.SimpleNamespace:
    """A clock for the room that asks, standing at a moment."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(now.timestamp(), tz)

    return types.SimpleNamespace(datetime=Clock, timedelta=dt.timedelta, UTC=dt.UTC)


def test_what_the_folder_gives_does_not_hang_on_the_clock(
    case: Case, weather: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (weather / "archive.json").write_text(archive())
    found = []
    for days in (-400, 3, 90):
        monkeypatch.setattr("witnessmark.desk.weather.dt", clock_at(START + dt.timedelta(days=days)))
        held = CaseWeather(case)
        found.append(([one.record.hours for one in held.given()], held.state()))
    assert found[0] == found[1] == found[2] and len(found[0][0][0]) == 120
    allow_online(case, ["open-meteo"])
    states = []
    for days in (3, 10, 90, 91):
        monkeypatch.setattr("witnessmark.desk.weather.dt", clock_at(START + dt.timedelta(days=days)))
        states.append(CaseWeather(case).state())
    assert len(set(states)) == 3 and states[2] == states[3]  # what may be asked ends with today, then with the margin
