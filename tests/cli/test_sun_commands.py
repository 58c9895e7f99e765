"""The sun from the command line: the stable machine interface, its pictures, and what bad questions get."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.lines.sun.planting import pole, pvlib_sun

from witnessmark.cli import main

LAT, LON = 39.6, 46.3
AT = dt.datetime(2022, 9, 13, 11, tzinfo=dt.UTC)
PLACE = ("--lat", str(LAT), "--lon", str(LON))
DAYS = (*PLACE, "--height-m", "1500", "--from", "2022-09-12T00:00:00Z", "--to", "2022-09-16T00:00:00Z")
PNG = b"\x89PNG"


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    argv, out, err = sys.argv, io.StringIO(), io.StringIO()
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("WITNESSMARK")}
    try:
        sys.argv = ["witnessmark", "sun", *arguments]
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.argv = argv
        os.environ.update(kept)
    return code, out.getvalue(), err.getvalue()


def said(folder: Path, *arguments: str) -> Any:
    code, out, err = run(folder, *arguments, "--json")
    assert code == 0, out + err
    return json.loads(out)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sun")
    azimuth, elevation = pvlib_sun(AT, LAT, LON)
    heading = azimuth - 20.0
    shadow = pole(azimuth, elevation, heading_deg=heading, pitch_deg=10.0, hfov_deg=70.0, size=(640, 360), sigma_px=1.0)
    framed: dict[str, Any] = {
        "image": {"width_px": 640, "height_px": 360},
        "camera": {
            "hfov_deg": [70.0, 2.0],
            "pitch_deg": [10.0, 0.5],
            "roll_deg": [0.0, 0.5],
            "heading_deg": [heading, 1.0],
        },
        "shadows": [shadow],
    }
    documents: dict[str, Any] = {
        "direction": {"sun": {"azimuth_deg": [azimuth, 3.0], "elevation_deg": [elevation, 1.0]}},
        "height": {"sun": {"azimuth_deg": None, "elevation_deg": [elevation, 1.0]}},
        "too-high": {"sun": {"azimuth_deg": [azimuth, 3.0], "elevation_deg": [75.0, 1.0]}},
        "wrong-way": {"sun": {"azimuth_deg": [100.0, 3.0], "elevation_deg": [elevation, 1.0]}},
        "at-night": {"sun": {"azimuth_deg": [0.0, 1.0], "elevation_deg": None}},
        "framed": framed,
        "over-horizon": framed | {"shadows": [shadow | {"tip_px": [100.0, 20.0]}]},
        "no-view": framed | {"camera": framed["camera"] | {"hfov_deg": [0.0, 1.0]}},
        "no-heading": framed | {"camera": framed["camera"] | {"heading_deg": None}},
    }
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    (folder / "torn.json").write_text('{"sun": ')
    cv2.imwrite(str(folder / "frame.png"), np.full((360, 640, 3), 120, dtype=np.uint8))
    cv2.imwrite(str(folder / "small.png"), np.full((180, 320, 3), 120, dtype=np.uint8))
    return folder


def test_position(desk: Path) -> None:
    azimuth, apparent = pvlib_sun(AT, LAT, LON)
    sun = said(desk, "position", *PLACE, "--utc", "2022-09-13T15:00:00+04:00")
    assert sun["azimuth_deg"] == pytest.approx(azimuth, abs=0.003)
    assert sun["apparent_elevation_deg"] == pytest.approx(apparent, abs=0.003)
    assert sun["elevation_deg"] < sun["apparent_elevation_deg"] and sun["utc"] == "2022-09-13T11:00:00Z"
    moon = said(desk, "position", *PLACE, "--utc", "2022-09-13T19:00:00Z", "--body", "moon")
    assert moon["body"] == "moon" and moon["growing"] is False and 0.8 < moon["illuminated_fraction"] < 0.95
    code, text, _ = run(desk, "position", *PLACE, "--utc", "2022-09-13T11:00:00Z")
    assert code == 0 and "227.56 degrees from true north" in text


@pytest.mark.parametrize("name", ["direction", "framed"])
def test_when(desk: Path, name: str) -> None:
    claims = ("2022-09-13T00:00:00Z..2022-09-14T00:00:00Z", "2022-09-14T00:00:00Z..2022-09-15T00:00:00Z")
    body = said(desk, "when", *DAYS, "--step-s", "120", "--marks", f"{name}.json", "--claims", *claims)
    assert body["abstains"] is False and body["contradictions"] == []
    best = dt.datetime.fromisoformat(body["best"])
    assert abs((best - AT).total_seconds() % 86_400.0 - 43_200.0) > 43_200.0 - 900.0
    assert any(first <= "2022-09-13T11:00:00Z" <= last for first, last in body["region90"])
    assert 4.0 < body["bits"] < 9.0
    assert [claim["words"] for claim in body["claims"]] == ["does not discriminate"] * 2
    assert all(claim["discriminates"] is False for claim in body["claims"])
    assert body["claims"][0]["log10_lr"] == pytest.approx(-body["claims"][1]["log10_lr"])


def test_a_claim_at_another_hour_is_spoken_against(desk: Path) -> None:
    claims = ("2022-09-13T10:30:00Z..2022-09-13T11:30:00Z", "2022-09-13T05:00:00Z..2022-09-13T06:00:00Z")
    first, second = said(desk, "when", *DAYS, "--marks", "direction.json", "--claims", *claims)["claims"]
    assert first["log10_lr"] > 1.0 and first["words"].endswith("support for the claim")
    assert second["words"].endswith("support against the claim")
    code, text, _ = run(desk, "when", *DAYS, "--marks", "direction.json", "--claims", *claims)
    assert code == 0 and second["words"] in text and "limit:" in text


def test_where(desk: Path) -> None:
    utc = ("--utc", "2022-09-13T11:00:00Z")
    body = said(desk, "where", *utc, "--grid-deg", "1", "--marks", "direction.json", "--picture", "earth.png")
    region = body["region90"]
    assert body["best"]["lat_deg"] == pytest.approx(LAT, abs=2.0)
    assert region["cells_count"] == len(region["cells"]) and 0.05e6 < region["area_km2"] < 1e6
    assert [39.5, 46.5] in region["cells"] and body["bits"] > 8.0
    assert (desk / "earth.png").read_bytes().startswith(PNG)
    height = said(desk, "where", *utc, "--grid-deg", "2", "--marks", "height.json")
    longer = said(desk, "where", *utc, "--grid-deg", "2", "--marks", "height.json", "--within-min", "60")
    assert longer["bits"] < height["bits"] < body["bits"]
    code, text, _ = run(desk, "where", *utc, "--marks", "direction.json", "--grid-deg", "2")
    assert code == 0 and "million km2" in text and "limit: The horizon was taken to be level" in text
    unknown = said(desk, "where", *utc, "--grid-deg", "3", "--marks", "no-heading.json")
    assert any("only the height of the sun" in limit for limit in unknown["limits"])


def test_pictures(desk: Path) -> None:
    asked = ("when", *DAYS, "--step-s", "300", "--marks", "framed.json", "--picture")
    assert said(desk, *asked, "hours.png")["picture"] == "hours.png"
    assert (desk / "hours.png").read_bytes().startswith(PNG)
    said(desk, *asked, "hours.html")
    page = (desk / "hours.html").read_text()
    assert page.startswith("<!doctype html>") and page.count("<tr>") == 5 and "2022-09-13" in page
    said(desk, *asked, "path.png", "--frame", "frame.png")
    drawn = cv2.imread(str(desk / "path.png"))
    # the frame lies inside a larger picture, since the sun stands above it
    assert drawn is not None and (np.abs(drawn.astype(int) - 120).max(axis=2) < 8).mean() < 0.5
    first = (desk / "path.png").read_bytes()
    said(desk, *asked, "path.png", "--frame", "frame.png")
    assert (desk / "path.png").read_bytes() == first


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("too-high", "75.0 degrees high"),
        ("wrong-way", "at bearings of 128 to 139 or 221 to 232 degrees, not at 100"),
        ("at-night", "where it does not stand above the horizon"),
    ],
)
def test_an_impossible_sun_says_what_contradicts_what(desk: Path, name: str, says: str) -> None:
    (doubt,) = said(desk, "when", *DAYS, "--marks", f"{name}.json")["contradictions"]
    assert (says in doubt and "The mark sun" in doubt) or "by the mark sun" in doubt
    code, text, _ = run(desk, "when", *DAYS, "--marks", f"{name}.json")
    assert code == 0 and "contradiction:" in text


def test_a_sun_that_stands_so_nowhere_on_earth(desk: Path) -> None:
    (desk / "east.json").write_text('{"sun": {"azimuth_deg": [90, 2], "elevation_deg": [5, 1]}}')
    body = said(desk, "where", "--utc", "2022-06-21T11:00:00Z", "--grid-deg", "3", "--marks", "east.json")
    assert "Nowhere on earth" in body["contradictions"][0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["position", *PLACE, "--utc", "2022-09-13T11:00:00"], "no UTC offset"),
        (["position", *PLACE, "--utc", "noon"], "not a time"),
        (["position", "--lat", "95", "--lon", "0", "--utc", "2022-09-13T11:00:00Z"], "no place on earth"),
        (["position", *PLACE, "--utc", "2022-09-13T11:00:00Z", "--body", "mars"], "no body"),
        (["position", *PLACE, "--utc", "1815-06-18T11:00:00Z"], "before 1900"),
        (["position", *PLACE, "--utc", "2022-09-13T11:00:00Z", "--height-m", "nan"], "No place lies"),
        (["when", *DAYS, "--marks", "over-horizon.json"], "lies above the ground's horizon"),
        (["when", *DAYS, "--marks", "no-view.json"], "hfov_deg is 0"),
        (["when", *DAYS, "--marks", "torn.json"], "no JSON"),
        (["when", *DAYS, "--marks", "none.json"], "cannot be read"),
        (["when", *DAYS, "--marks", "direction.json", "--step-s", "0"], "cannot be weighed"),
        (["when", *DAYS, "--marks", "direction.json", "--step-s", "nan"], "cannot be weighed"),
        (["when", *DAYS, "--marks", "direction.json", "--step-s", "1e9"], "cannot be weighed"),
        (["when", *DAYS, "--marks", "direction.json", "--step-s", "0.001"], "at most 2,000,000"),
        (["when", *DAYS, "--marks", "direction.json", "--claims", "13 September"], "no interval"),
        (["when", *DAYS, "--marks", "direction.json", "--claims", "2022-09-13..2022-09-14"], "no UTC offset"),
        (
            ["when", *DAYS, "--marks", "direction.json", "--claims", "2022-09-14T00:00:00Z..2022-09-13T00:00:00Z"],
            "ends before it begins",
        ),
        (
            ["when", *DAYS, "--marks", "direction.json", "--claims", "2021-09-13T00:00:00Z..2021-09-14T00:00:00Z"],
            "holds no instant",
        ),
        (["when", *DAYS, "--marks", "framed.json", "--frame", "frame.png"], "nowhere to draw"),
        (["when", *DAYS, "--marks", "framed.json", "--frame", "small.png", "--picture", "x.png"], "320 x 180"),
        (["when", *DAYS, "--marks", "framed.json", "--frame", "torn.json", "--picture", "x.png"], "cannot be decoded"),
        (["when", *DAYS, "--marks", "direction.json", "--frame", "frame.png", "--picture", "x.png"], "no camera"),
        (["when", *DAYS, "--marks", "no-heading.json", "--frame", "frame.png", "--picture", "x.png"], "camera looks"),
        (["when", *DAYS, "--marks", "direction.json", "--picture", "no/such/x.png"], "cannot be written"),
        (["where", "--utc", "2022-09-13T11:00:00Z", "--marks", "direction.json", "--grid-deg", "0"], "grid of 0.0"),
        (["where", "--utc", "2022-09-13T11:00:00Z", "--marks", "direction.json", "--within-min", "-5"], "known to -5"),
        (["where", "--utc", "2022-09-13T11:00:00Z", "--marks", "at-night.json"], "Only the bearing"),
    ],
)
def test_bad_input_is_refused_with_the_way_out(desk: Path, arguments: list[str], says: str) -> None:
    code, out, err = run(desk, *arguments, "--json")
    assert code == 2, out + err
    refused = json.loads(out)
    assert says in refused["what"] + refused["do"] and refused["do"]
    assert says in err
    assert not (desk / "x.png").exists()


def test_a_coarse_step_is_said(desk: Path) -> None:
    body = said(desk, "when", *DAYS, "--marks", "direction.json", "--step-s", "3600")
    assert any("a smaller step tells more" in limit for limit in body["limits"])
