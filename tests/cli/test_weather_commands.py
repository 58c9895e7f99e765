"""Weighing weather from the command line: answers for people and for programs, and refusals with the fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from witnessmark.cli.weather import app
from witnessmark.errors import WitnessmarkError

TABLE = "station,at_utc,precipitation_mm,wind_speed_m_s,visibility_km\n" + "\n".join(
    f"AAA,2031-09-{day}T{hour:02d}:00,{4.0 if day == 13 else 0.0},{9.0 if day == 13 else 2.0},{4 if day == 13 else 20}"
    for day in (12, 13, 16)
    for hour in range(24)
)
SPAN = ["--from", "2031-09-12T00:00Z", "--to", "2031-09-17T00:00Z"]


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    (tmp_path / "record.csv").write_text(TABLE)
    (tmp_path / "labels.json").write_text(json.dumps({"at_utc": None, "rain": True, "wind": "strong", "sky": None}))
    files = ["--record", str(tmp_path / "record.csv"), "--labels", str(tmp_path / "labels.json")]
    return ["weigh", *files, "--format", "metar-csv", *SPAN]


def test_json_holds_every_hour_and_every_pair_of_days(asked: list[str]) -> None:
    done = CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False)
    found = json.loads(done.output)
    assert len(found["hours"]) == 120 and found["hours"][0]["at_utc"] == "2031-09-12T00:00:00Z"
    assert len(found["day_pairs"]) == 10
    first = found["day_pairs"][0]
    assert first["days"] == ["2031-09-12", "2031-09-13"] and first["bits"] < -1.0 and first["discriminates"]
    assert first["log10_lr"] == pytest.approx(first["bits"] * 0.30103, abs=1e-4)
    assert found["best"].startswith("2031-09-13") and found["region90"]
    (gap,) = found["gaps"]
    assert (gap["from"], gap["to"]) == ("2031-09-14T00:00:00Z", "2031-09-15T23:00:00Z")
    assert any("silent for" in text for text in found["limits"])


def test_where_no_record_holds_what_is_labelled_it_cannot_tell(asked: list[str], tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(json.dumps({"snow_on_ground": True}))
    found = json.loads(CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False).output)
    assert "No record holds what is labelled (snow)" in found["cannot_tell"]
    assert found["best"] is None and found["bits"] == 0.0 and found["day_pairs"] == []
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert "Cannot tell: No record holds" in done.output and "best hour" not in done.output


def test_what_is_not_stated_of_the_record_is_not_taken_for_nothing(asked: list[str]) -> None:
    def told(*more: str) -> tuple[float, list[str]]:
        found = json.loads(CliRunner().invoke(app, [*asked, "--json", *more], catch_exceptions=False).output)
        return max(abs(hour["bits"]) for hour in found["hours"]), found["limits"]

    unknown, limits = told()
    assert unknown < told("--climb-m", "0", "--distance-km", "0")[0]
    assert any("100 m were allowed for" in text for text in limits) and any("33 km" in text for text in limits)
    assert unknown == told("--climb-m", "-100", "--distance-km", "33")[0]


def test_days_cut_short_are_named_and_not_compared(asked: list[str]) -> None:
    span = ["--from", "2031-09-12T20:00Z", "--to", "2031-09-14T03:00Z"]
    found = json.loads(CliRunner().invoke(app, [*asked, *span, "--json"], catch_exceptions=False).output)
    assert found["day_pairs"] == [] and found["days_left_out"] == ["2031-09-12", "2031-09-14"]
    assert any("are not compared: 2031-09-12, 2031-09-14" in text for text in found["limits"])


def test_labels_may_bear_a_byte_order_mark_but_no_depth_without_end(asked: list[str], tmp_path: Path) -> None:
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"rain": True}), encoding="utf-8-sig")
    assert CliRunner().invoke(app, asked, catch_exceptions=False).exit_code == 0
    for text, match in (("[" * 200_000, "cannot be read as JSON"), (" " * (1 << 21), "too large")):
        labels.write_text(text)
        with pytest.raises(WitnessmarkError, match=match):
            CliRunner().invoke(app, asked, catch_exceptions=False)
    labels.write_text(json.dumps([{"rain": True}] * 101))
    with pytest.raises(WitnessmarkError, match="There are 101 labels"):
        CliRunner().invoke(app, asked, catch_exceptions=False)


def test_people_are_told_in_words_and_shown_a_picture(asked: list[str], tmp_path: Path) -> None:
    picture = tmp_path / "hours.png"
    done = CliRunner().invoke(app, [*asked, "--picture", str(picture)], catch_exceptions=False)
    assert "Seen: rain, strong wind." in done.output and "does not discriminate" in done.output
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (["--format", "csv"], "The formats are openmeteo, meteostat"),
        (["--from", "2031-09-12T00:00"], "no UTC offset"),
        (["--from", "2030-09-12T00:00Z", "--to", "2030-09-13T00:00Z"], "It holds 2031-09-12"),
        (["--to", "2031-09-11T00:00Z"], "Give an end after the start"),
        (["--station", "ZZZ"], "station 'ZZZ'"),
        (["--utc-offset", "four"], "no offset from UTC"),
        (["--labels", "nowhere.json"], "cannot be read as JSON"),
        (["--distance-km", "-5"], "The distance is -5 km"),
        (["--distance-km", "nan"], "The distance is nan km"),
        (["--climb-m", "inf"], "difference of height is inf m"),
    ],
)
def test_what_cannot_be_weighed_is_refused_with_the_fix(asked: list[str], change: list[str], match: str) -> None:
    with pytest.raises(WitnessmarkError, match=match):
        CliRunner().invoke(app, [*asked, *change], catch_exceptions=False)
