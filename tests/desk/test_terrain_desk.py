"""A case with elevation: the terrain line searches it, what it read is captured, and the sun line gets its headings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.lines.clips import write
from tests.lines.sun.planting import pole, pvlib_sun
from tests.lines.terrain import planting
from tests.lines.terrain.planting import REGION, TRUTH

from witnessmark.desk.case import Case, new_case
from witnessmark.desk.consulting import after_others, consulted, let_go, readings
from witnessmark.desk.inquiry import find_lines, load_finding, run_lines
from witnessmark.desk.items import add_item, get_item
from witnessmark.desk.marking import draw_mark, withdraw_mark
from witnessmark.desk.outside import FOLDER
from witnessmark.desk.relief import HORIZON_STEP_DEG, case_search, relief_horizons, terrain_headings
from witnessmark.desk.space import case_space
from witnessmark.desk.verifying import verify_case
from witnessmark.plain import Plain

FILMED = dt.datetime(2031, 9, 13, 7, 30, tzinfo=dt.UTC)
SPACE: dict[str, Plain] = {
    "region_deg": list(REGION),
    "spacing_m": 300.0,
    "from": "2031-09-13T00:00:00Z",
    "to": "2031-09-14T00:00:00Z",
    "step_s": 600.0,
}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A clip with a skyline and a shadow marked in one frame, and both lines run."""
    folder = tmp_path_factory.mktemp("terrain")
    case = new_case(folder / "case", "2031-18", "The made ridge", operator="A. Author", settings={"space": SPACE})
    planting.write_relief(case.folder / FOLDER / "elevation")
    item = add_item(case, write(folder / "clip.mp4", list(range(20))), look=False).item
    draw_mark(case, item, "skyline", {**planting.body(), "edits": [{"kind": "line", "snap": True}]}, at_pts_s=0.4)
    draw_mark(case, item, "search", dict(planting.search().body))
    azimuth, elevation = pvlib_sun(FILMED, *TRUTH)
    shadow = pole(azimuth, elevation, heading_deg=140.0, pitch_deg=-6.0, hfov_deg=45.0)
    draw_mark(case, item, "shadow", shadow, at_pts_s=0.4)
    camera: dict[str, Plain] = {"hfov_deg": [45.0, 0.5], "pitch_deg": [-6.0, 0.5], "roll_deg": [0.0, 0.5]}
    draw_mark(case, item, "camera", camera, at_pts_s=0.4)
    run_lines(case, ["sun", "terrain"])
    yield case
    case.close()


def result(case: Case, line: str) -> dict[str, Plain]:
    (body,) = [body for body in case.records.results("finding") if body["line"] == line]
    return dict(body)


def test_the_place_is_weighed_and_drawn(worked: Case) -> None:
    body = result(worked, "terrain")
    finding = load_finding(worked, next(one for one in worked.records.results("finding") if one["line"] == "terrain"))
    held = case_space(worked)
    values = finding.log_likelihood.values_nats
    assert values.shape == (held.places.n_places, 1)
    better = int((values[:, 0] > values[planting.cell_of(held), 0]).sum())
    assert better <= 1
    assert finding.log_likelihood.alternatives_nats["elsewhere"] < float(values.max())
    pictures = body["pictures"]
    assert isinstance(pictures, list) and len(pictures) >= 3
    assert sum(bool(one["shows_footage"]) for one in worked.records.items(parent=str(body["item"]))) >= 2


def test_what_was_read_is_captured_once(worked: Case) -> None:
    (capture,) = worked.records.payloads("outside.captured")
    assert capture["capture"]["original_name"] == "made.npz" and capture["size_bytes"] > 1000
    inputs = result(worked, "terrain")["inputs"]
    assert isinstance(inputs, list)
    assert {"sha256": capture["sha256"], "part": "elevation:made.npz"} in inputs
    assert not [fault for fault in verify_case(worked).faults]


def test_the_sun_line_takes_its_headings_and_horizons(worked: Case) -> None:
    body = result(worked, "sun")
    seen = body["observations"]
    assert isinstance(seen, dict)
    assert isinstance(seen["fields"], list)
    (field,) = seen["fields"]
    assert isinstance(field, dict) and field["source"] == "headings:terrain" and field["at_s"] == 0.4
    assert isinstance(seen["horizon"], dict) and seen["horizon"]["source"] == "horizons:relief"
    item = get_item(worked, "WM-0001")
    (headings,) = terrain_headings(worked, item)
    assert headings.at_s == 0.4
    cell = planting.cell_of(case_space(worked))
    assert abs((headings.heading_deg[cell] - 140.0 + 180.0) % 360.0 - 180.0) < 6.0
    assert 0.0 < headings.error_deg[cell] < 20.0
    finding = load_finding(worked, next(one for one in worked.records.results("finding") if one["line"] == "sun"))
    held = case_space(worked)
    true = int((FILMED - held.times.start).total_seconds() // held.times.step_s)
    nats = finding.log_likelihood.values_nats[cell]
    assert abs(int(np.argmax(nats)) - true) <= 3 and nats[true] > nats.max() - 2.0


def test_lines_that_ask_others_come_last() -> None:
    named = [line.name for line in after_others(find_lines(["sun", "terrain", "integrity"]))]
    assert named == ["terrain", "integrity", "sun"]


def test_horizons_of_cells_are_the_relief_s(worked: Case) -> None:
    item = get_item(worked, "WM-0001")
    found = consulted(worked, item, {"elevation", "horizons"})
    held = found["horizons:relief"].horizon_deg
    grid = case_space(worked).places
    assert held.shape == (grid.n_places, round(360.0 / HORIZON_STEP_DEG))
    azimuth = np.arange(held.shape[1]) * HORIZON_STEP_DEG
    far = [planting.horizon_deg(float(grid.lat_deg[k]), float(grid.lon_deg[k]), azimuth) for k in (3, 11)]
    off = np.abs(held[[3, 11]] - np.array(far))
    assert np.median(off) < 0.6  # the post beside a cell's middle, up to 40 m away
    again = relief_horizons(worked, item, found)
    assert again is not None and again.state() == found["horizons:relief"].state()
    assert len(list((worked.folder / FOLDER / "terrain" / "horizons").glob("*.npy"))) == 1
    assert readings(found) == ()  # nothing was read again: they were kept
    let_go(found)


def test_where_a_case_searches(worked: Case, case: Case) -> None:
    search = case_search(worked)
    assert search is not None and search.region_deg == REGION and search.spacing_m == 100.0
    assert search.folder == worked.folder / FOLDER / "terrain" and (search.folder / "tiles").is_dir()
    wide = case_search(case)
    assert wide is not None and wide.spacing_m == 100.0
    other = dict(case.settings["space"]) | {"region_deg": [44.0, 39.0, 47.0, 41.0]}
    case.settings["space"] = other
    large = case_search(case)
    assert large is not None and large.spacing_m > 300.0 and large.state() != wide.state()


def test_without_a_skyline_nothing_is_handed_on(worked: Case, tmp_path: Path) -> None:
    item = get_item(worked, "WM-0001")
    (mark,) = [mark for mark in worked.records.marks(item.sha256.hex()) if mark["kind"] == "skyline"]
    withdraw_mark(worked, item, str(mark["id"]), "another ridge")
    (body,) = run_lines(worked, ["terrain"], ["WM-0001"])
    assert body["kind"] == "abstention" and "No skyline" in body["reason"]
    assert terrain_headings(worked, item) == ()
    found = consulted(worked, item, {"headings"})
    assert found == {}
