"""The terrain from the command line: one stable answer for programs, pictures, a map file, and clear refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.lines.terrain import planting
from tests.lines.terrain.hills import painted, skyline_row
from tests.lines.terrain.planting import REGION, TRUTH
from typer.testing import CliRunner

from witnessmark.cli.terrain import app
from witnessmark.errors import BadInputError, ProviderError, WitnessmarkError
from witnessmark.lines.providers.contract import great_circle_km
from witnessmark.plain import Plain

BOX = ",".join(str(value) for value in REGION)
CANDIDATE = {"lat", "lon", "heading_deg", "pitch_deg", "roll_deg", "hfov_deg", "log_likelihood_nats", "residual_px"}
ANSWER = {"candidates", "region50_km2", "region90_km2", "p_outside_region", "abstained", "elapsed_s"}


@pytest.fixture(scope="module")
def dem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planting.write_relief(tmp_path_factory.mktemp("dem"))


def line_file(folder: Path, **more: Plain) -> Path:
    path = folder / "line.json"
    path.write_text(json.dumps(planting.body(None, **more)), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Any:
    """What --json prints."""
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refused(kind: type[WitnessmarkError], *arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert isinstance(done.exception, kind), done.output
    assert done.exception.exit_code == 2 and done.exception.do
    return done.exception.what


def locating(dem: Path, line: Path, *more: str | Path) -> list[str | Path]:
    return ["locate", "--dem", dem, "--region", BOX, "--spacing-m", "250", "--skyline", line, *more]


def test_a_place_is_found_drawn_and_mapped(dem: Path, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    out = tmp_path / "drawn"
    more = ("--overlay", out, "--places", "2", "--posterior", tmp_path / "p.tif", "--profiles", tmp_path / "kept")
    body = run(*locating(dem, line_file(tmp_path), *more))
    assert set(body) >= ANSWER and body["abstained"] is None
    assert all(set(one) >= CANDIDATE for one in body["candidates"])
    first = body["candidates"][0]
    assert great_circle_km(*TRUTH, first["lat"], first["lon"]) < 0.25
    assert abs((first["heading_deg"] - planting.HEADING_DEG + 180.0) % 360.0 - 180.0) < 3.0
    ranked = [one["log_likelihood_nats"] for one in body["candidates"]]
    assert ranked == sorted(ranked, reverse=True)
    assert 0.0 < body["region50_km2"] <= body["region90_km2"] and 0.0 < body["p_outside_region"] < 1.0
    assert [Path(one["file"]).name for one in body["overlay"]] == [
        "terrain-map.png",
        "terrain-place-1.png",
        "terrain-place-2.png",
    ]
    assert all(Path(one["file"]).read_bytes().startswith(b"\x89PNG") for one in body["overlay"])
    assert body["overlay"][2]["why"].startswith("Place 2 ")
    assert [read["source"] for read in body["elevation"]["read"]] == ["made.npz"]
    with rasterio.open(tmp_path / "p.tif") as file:
        band, tags = file.read(1), file.tags()
    assert band[band >= 0.0].sum() == pytest.approx(1.0 - body["p_outside_region"], abs=1e-4)
    assert tags["elevation_sha256"] == body["elevation"]["read"][0]["sha256"] and "terrain line" in tags["version"]
    assert any((tmp_path / "kept").iterdir())


def test_a_flat_line_is_no_error(dem: Path, tmp_path: Path) -> None:
    straight: Plain = [[float(x), 60.0] for x in range(1, 239)]
    line = line_file(tmp_path, skyline_px=straight)
    body = run(*locating(dem, line, "--posterior", tmp_path / "p.tif", "--overlay", tmp_path / "o"))
    assert "straight" in body["abstained"] and body["candidates"] == []
    assert body["p_outside_region"] is None and body["posterior"] is None and not (tmp_path / "o").exists()
    told = CliRunner().invoke(app, [str(part) for part in locating(dem, line)])
    assert told.exit_code == 0 and "Cannot tell" in told.stdout


def test_what_cannot_be_searched_is_said(dem: Path, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    line = line_file(tmp_path)
    away: list[str | Path] = [
        "locate",
        "--dem",
        dem,
        "--skyline",
        line,
        "--spacing-m",
        "250",
        "--region",
        "8.26,46.38,8.42,46.42",
    ]
    assert "of the region lies outside the elevation data" in refused(BadInputError, *away)
    assert "--region" in refused(BadInputError, "locate", "--dem", dem, "--skyline", line, "--region", "8.1,46.3")
    assert "no elevation file" in refused(BadInputError, *locating(tmp_path / "gone.tif", line))
    bare = tmp_path / "bare.tif"
    profile = {"driver": "GTiff", "height": 20, "width": 20, "count": 1, "dtype": "float32"}
    with rasterio.open(bare, "w", **profile) as file:
        file.write(np.ones((1, 20, 20), np.float32))
    assert "coordinate system" in refused(ProviderError, *locating(bare, line))
    for field in (0, 180):
        (tmp_path / "bad").mkdir(exist_ok=True)
        assert "hfov_deg" in refused(BadInputError, *locating(dem, line_file(tmp_path / "bad", hfov_deg=field)))
    back: Plain = [[1.0, 60.0], [90.0, 61.0], [40.0, 50.0], [200.0, 40.0]]
    assert "goes back on itself" in refused(BadInputError, *locating(dem, line_file(tmp_path / "bad", skyline_px=back)))


def test_mixed_datums_are_refused(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    for name, west, datum in (("a.tif", 8.0, 5773), ("b.tif", 8.2, 3855)):  # EGM96 and EGM2008 heights
        crs = rasterio.crs.CRS.from_user_input(f"EPSG:4326+{datum}")
        transform = rasterio.transform.from_origin(west, 46.4, 0.001, 0.001)
        profile = {"driver": "GTiff", "height": 200, "width": 200, "count": 1, "dtype": "float32", "nodata": -32768.0}
        with rasterio.open(tmp_path / name, "w", crs=crs, transform=transform, **profile) as file:
            file.write(np.full((1, 200, 200), 500.0, np.float32))
    line = line_file(tmp_path)
    asked: list[str | Path] = ["locate", "--dem", tmp_path / "a.tif", "--dem", tmp_path / "b.tif", "--skyline", line]
    said = refused(BadInputError, *asked, "--region", "8.15,46.25,8.25,46.35", "--spacing-m", "250")
    assert "different vertical datums" in said
    around: list[str | Path] = [
        "horizon",
        "--dem",
        tmp_path / "a.tif",
        "--dem",
        tmp_path / "b.tif",
        "--at",
        "46.3,8.2",
        "--step-deg",
        "30",
    ]
    assert "different vertical datums" in refused(BadInputError, *around)
    assert len(run(*around, "--mixed-datums", "--reach-km", "5")["azimuth_deg"]) == 12


def test_a_horizon_has_true_bearings(dem: Path, tmp_path: Path) -> None:
    place = f"{TRUTH[0]},{TRUTH[1]}"
    body = run("horizon", "--dem", dem, "--at", place, "--step-deg", "10", "--picture", tmp_path / "h.png")
    assert body["azimuth_deg"] == [10.0 * k for k in range(36)] and body["vertical_datum"] == "not stated"
    seen = np.array(body["elevation_deg"], float)
    off = np.abs(seen - planting.horizon_deg(*TRUTH, np.array(body["azimuth_deg"])))
    assert np.median(off) < 0.1 and min(body["distance_m"]) > 0.0
    assert (tmp_path / "h.png").read_bytes().startswith(b"\x89PNG")
    told = CliRunner().invoke(app, ["horizon", "--dem", str(dem), "--at", place, "--step-deg", "10"])
    assert told.exit_code == 0 and "highest" in told.stdout
    assert "--at" in refused(BadInputError, "horizon", "--dem", dem, "--at", "here")
    assert "No elevation data" in refused(BadInputError, "horizon", "--dem", dem, "--at", "-33.1,-70.2")
    assert "step" in refused(BadInputError, "horizon", "--dem", dem, "--at", place, "--step-deg", "0")


def test_a_proposed_skyline_is_a_file_for_the_search(tmp_path: Path) -> None:
    from witnessmark.lines.terrain.skyline_file import read_file

    photo, out = tmp_path / "photo.png", tmp_path / "line.json"
    cv2.imwrite(str(photo), cv2.cvtColor(painted(480, 300, seed=3), cv2.COLOR_RGB2BGR))
    body = run("skyline", photo, "--hfov", "50,70", "--roll", "0,2", "--out", out, "--picture", tmp_path / "s.png")
    assert body["abstained"] is None and body["hfov_deg"] == [50.0, 70.0] and body["roll_deg"] == [0.0, 2.0]
    line = np.array(body["skyline_px"])
    rows = np.interp(line[:, 0], np.arange(480) + 0.5, skyline_row(480, 300, seed=3))
    assert np.median(np.abs(line[:, 1] - rows)) < 2.0
    assert min(body["proposal"]["chance_right"]) >= 0.0 and len(body["proposal"]["chance_right"]) == 64
    asked = read_file(out)
    assert asked.remarks == () and (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    edits = tmp_path / "edits.json"
    edits.write_text(json.dumps([{"kind": "ignore", "span_px": [0, 200]}]), encoding="utf-8")
    left = run("skyline", photo, "--edits", edits)
    assert min(point[0] for point in left["skyline_px"]) >= 200.0 and left["edits"] == [
        {"kind": "ignore", "span_px": [0, 200]}
    ]


def test_a_picture_of_nothing_has_no_skyline(tmp_path: Path) -> None:
    sky = tmp_path / "sky.png"
    cv2.imwrite(str(sky), np.full((200, 320, 3), (225, 190, 150), np.uint8))
    body = run("skyline", sky, "--out", tmp_path / "none.json")
    assert body["abstained"] and body["skyline_px"] == [] and not (tmp_path / "none.json").exists()
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    assert "text.png" in refused(BadInputError, "skyline", tmp_path / "text.png")
    for wrong in ("0", "180", "70,50", "wide"):
        assert "--hfov" in refused(BadInputError, "skyline", sky, "--hfov", wrong)
    edits = tmp_path / "edits.json"
    edits.write_text('[{"kind": "scribble"}]', encoding="utf-8")
    assert "Edit 1" in refused(BadInputError, "skyline", sky, "--edits", edits)
