"""What the terrain line is made of, each by itself: packing, weighing, fitting, words, marks, files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.clips import item_of, write
from tests.lines.terrain import planting
from tests.lines.terrain.planting import REGION, TRUTH

from witnessmark.custody.hashes import Sha256
from witnessmark.desk.space import place_grid
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import Abstention, Finding, InputRef, Mark, Remark, Tools
from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.terrain import TERRAIN, looking
from witnessmark.lines.terrain.drawing import posterior_map, region_levels, shaded
from witnessmark.lines.terrain.explaining import Explained, explain, fine_ground
from witnessmark.lines.terrain.fitting import project, scale_of
from witnessmark.lines.terrain.from_place import seen_from
from witnessmark.lines.terrain.geotiff import NODATA, posterior
from witnessmark.lines.terrain.geotiff import write as write_geotiff
from witnessmark.lines.terrain.keeping import TileKeeper
from witnessmark.lines.terrain.likelihood import headings_on, on_cells, weigh
from witnessmark.lines.terrain.observations import Axis, Searched, TerrainObservations
from witnessmark.lines.terrain.packing import HEADINGS_WITHIN_NATS, STEP_NATS, pack, unpack
from witnessmark.lines.terrain.records import Candidate, Located, Skyline
from witnessmark.lines.terrain.refine import Fits
from witnessmark.lines.terrain.searching import outside_nats
from witnessmark.lines.terrain.settings import Settings
from witnessmark.lines.terrain.sighting import directions_rad, sighting_of
from witnessmark.lines.terrain.skyline_file import FrameFile, read
from witnessmark.lines.terrain.telling import compare
from witnessmark.lines.terrain.tiles import Part, TileAnswer, plan_tiles
from witnessmark.plain import Plain, canonical, from_plain, to_plain

CRS = "+proj=tmerc +lat_0=46.398750 +lon_0=8.142750 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"


def located(spacing_m: float = 100.0, side: int = 14, p_outside: float = 0.2) -> Located:
    """Evidence that falls off around the middle of a square grid, with a corner without ground."""
    axis = np.asarray(spacing_m * (np.arange(side) - (side - 1) / 2.0), np.float64)
    x, y = np.meshgrid(axis, axis)
    evidence = -((x - 60.0) ** 2 + (y + 40.0) ** 2) / (2.0 * 100.0**2)
    evidence[0, 0] = np.nan
    heading = (358.0 + x / 50.0) % 360.0
    error = np.full(evidence.shape, 0.8)
    best = Candidate(TRUTH[0], TRUTH[1], 140.0, 4.0, 1.5, 45.0, 40.0, 0.4, 0.8)
    return Located(
        (best,),
        CRS,
        axis,
        axis,
        evidence.astype(np.float32),
        heading.astype(np.float32),
        error.astype(np.float32),
        -3.0,
        p_outside,
        0.05,
        0.2,
    )


def seen_of(found: Located, places: Explained | None = None) -> TerrainObservations:
    ref = InputRef(Sha256(bytes(32)), "mark:M-1")
    sight = planted_sight()
    shown = looking.sighted(sight, sighting_of(sight), ("M-1",), (Axis(0.4, 0.0, 0.0),), b"")
    return TerrainObservations(
        Sha256(bytes(32)),
        (ref,),
        shown,
        Searched(REGION, 100.0, "case", "folder", 66.7, "not stated", 0.0),
        places.places if places else (),
        places.rivals if places else (),
        pack(found),
        places.relief if places else b"",
        outside_nats(found),
        found.p_outside_region,
        found.region50_km2,
        found.region90_km2,
        (),
    )


def planted_sight(**more: Plain) -> Skyline:
    asked = read(planting.body(None, **more)).sight
    assert isinstance(asked, FrameFile)
    return asked.skyline


@pytest.fixture(scope="module")
def relief(tmp_path_factory: pytest.TempPathFactory) -> FolderElevation:
    return FolderElevation(planting.write_relief(tmp_path_factory.mktemp("relief")))


@pytest.fixture(scope="module")
def fitted(relief: FolderElevation) -> Explained:
    """The truth, and a place 400 m beside it with another pose, fitted without a search."""
    found = located()
    true = Candidate(*TRUTH, 140.0, 4.0, 1.5, 45.0, 40.0, 0.4, 0.8)
    other = Candidate(TRUTH[0] - 0.0035, TRUTH[1] + 0.001, 138.0, 4.5, 1.0, 46.0, 28.0, 3.0, 0.1)
    return explain(relief, REGION, planted_sight(), dataclasses.replace(found, candidates=(true, other)))


def test_what_is_packed_comes_back() -> None:
    found = located()
    back = unpack(pack(found))
    known = np.isfinite(found.log_evidence_nats)
    assert (np.isfinite(back.evidence_nats) == known).all()
    np.testing.assert_allclose(back.evidence_nats[known], found.log_evidence_nats[known], atol=STEP_NATS)
    near = known & (found.log_evidence_nats > -HEADINGS_WITHIN_NATS + 1.0)
    np.testing.assert_allclose(back.heading_deg[near], found.heading_deg[near], atol=0.011)
    np.testing.assert_allclose(back.error_deg[near], 0.8, atol=0.011)
    far = known & (found.log_evidence_nats < -HEADINGS_WITHIN_NATS - 1.0)
    assert far.any() and np.isinf(back.error_deg[far]).all() and np.isinf(back.error_deg[0, 0])
    np.testing.assert_allclose(back.x_m, found.x_m)


def test_damaged_fields_are_refused() -> None:
    field = pack(located())
    for broken in (
        dataclasses.replace(field, packed=field.packed[:-9]),
        dataclasses.replace(field, packed=b"no zlib"),
        dataclasses.replace(field, rows_count=field.rows_count + 1),
        dataclasses.replace(field, rows_count=10**6, columns_count=10**6),
    ):
        with pytest.raises(BadInputError):
            unpack(broken)
    nothing = dataclasses.replace(located(), log_evidence_nats=np.full((14, 14), np.nan, np.float32))
    with pytest.raises(BadInputError):
        pack(nothing)


@settings(deadline=None, max_examples=25)
@given(st.floats(40.0, 900.0), st.floats(0.02, 0.95))
def test_cells_hold_the_mean_of_what_was_searched_in_them(spacing_m: float, p_outside: float) -> None:
    seen = seen_of(located(p_outside=p_outside))
    west, south, east, north = 8.13, 46.39, 8.155, 46.4075
    nats, covered = on_cells(seen, place_grid(west, south, east, north, spacing_m))
    assert np.isfinite(nats).all() and (covered >= 0.0).all() and (covered <= 1.0).all() and covered.max() > 0.5
    searched = unpack(seen.field).evidence_nats
    assert nats.max() <= max(np.nanmax(searched), seen.outside_nats) + 1e-6
    np.testing.assert_allclose(nats[covered == 0.0], seen.outside_nats, atol=1e-9)
    # ground searched is neither lost nor counted twice: it makes up so much of the weighed region
    assert covered.sum() * (spacing_m / 100.0) ** 2 == pytest.approx(195.0, rel=0.25)


def test_weighed_places_and_alternatives(fitted: Explained) -> None:
    found = located()
    held = planting.over(REGION, 200.0)
    finding = weigh(seen_of(found, fitted), held, "terrain", "1")
    assert isinstance(finding, Finding)
    finding.log_likelihood.check(held)
    values = finding.log_likelihood.values_nats[:, 0]
    assert finding.log_likelihood.values_nats.shape == (held.places.n_places, 1)
    best = int(np.argmax(values))
    assert abs(held.places.lat_deg[best] - (46.39875 - 40.0 / 111_195.0)) < 0.0015
    nats = finding.log_likelihood.alternatives_nats
    assert nats["elsewhere"] == pytest.approx(outside_nats(found))
    assert nats["elsewhere"] < nats["older-footage"] < values.max()
    assert any("real footage" in text for text in finding.limits)
    assert f"{TRUTH[0]:.5f}" in finding.statement and "0.20" in finding.statement


def test_regions_apart_are_not_weighed(fitted: Explained) -> None:
    elsewhere = planting.over((9.0, 47.0, 9.05, 47.05), 500.0)
    answer = weigh(seen_of(located(), fitted), elsewhere, "terrain", "1")
    assert isinstance(answer, Abstention) and "no ground in common" in answer.reason


def test_outside_is_as_probable_as_said_at_even_odds() -> None:
    for p in (0.01, 0.5, 0.93):
        found = located(p_outside=p)
        inside = np.exp(found.log_evidence_nats[np.isfinite(found.log_evidence_nats)].astype(np.float64)).mean()
        outside = np.exp(outside_nats(found))
        assert outside / (inside + outside) == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("spacing_m", [60.0, 250.0])
def test_headings_by_cell_are_circular_and_hold_their_spread(spacing_m: float) -> None:
    grid = place_grid(8.135, 46.394, 8.150, 46.4035, spacing_m)
    heading, error = headings_on(seen_of(located()), grid)
    known = np.isfinite(error)
    assert known.any() and not known.all()  # places that fit badly keep no heading
    east = (grid.lon_deg - 8.14275) * 111_195.0 * np.cos(np.radians(46.4))
    off = (heading - (358.0 + east / 50.0) + 180.0) % 360.0 - 180.0
    assert np.abs(off[known]).max() < 3.0
    assert error[known].min() >= 0.79
    assert (error[known].max() > 0.9) == (spacing_m > 100.0)


def test_the_posterior_as_a_map_file(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    found = located()
    write_geotiff(tmp_path / "p.tif", found, {"method": "made by hand", "version": "1"})
    with rasterio.open(tmp_path / "p.tif") as file:
        band, tags, transform = file.read(1), file.tags(), file.transform
        assert file.nodata == NODATA and file.crs.to_dict()["proj"] == "tmerc"
    assert band.shape == (14, 14) and band[-1, 0] == NODATA  # rows from the north
    assert band[band >= 0.0].sum() == pytest.approx(1.0 - found.p_outside_region, rel=1e-5)
    assert float(tags["p_outside_region"]) == pytest.approx(0.2) and tags["method"] == "made by hand"
    row, column = np.unravel_index(int(np.argmax(band)), band.shape)
    x, y = transform.c + transform.a * (column + 0.5), transform.f + transform.e * (row + 0.5)
    assert (x, y) == pytest.approx((50.0, -50.0))
    with pytest.raises(BadInputError):
        write_geotiff(tmp_path / "no" / "p.tif", found, {})
    with pytest.raises(BadInputError):
        posterior(dataclasses.replace(found, abstained="Too flat."))


@settings(deadline=None, max_examples=40)
@given(
    st.booleans(),
    st.floats(-25.0, 25.0),
    st.floats(-15.0, 15.0),
    st.floats(-300.0, 300.0),
    st.floats(-150.0, 150.0),
    st.floats(0.9, 1.1),
)
def test_projecting_turns_directions_back(
    pinhole: bool, pitch_deg: float, roll_deg: float, right: float, up: float, scale: float
) -> None:
    a, b = (np.array([right]), np.array([up])) if pinhole else (np.radians([right / 10.0]), np.radians([up / 10.0]))
    size = 600.0 * scale if pinhole else scale
    turns = float(np.radians(pitch_deg)), float(np.radians(roll_deg))
    back = project(pinhole, *directions_rad(pinhole, a, b, size, *turns), size, *turns)
    np.testing.assert_allclose(back, [a, b], rtol=1e-6, atol=1e-6)


def test_scales_and_fields_of_view_are_one() -> None:
    sighting = sighting_of(planted_sight())
    for field in (40.0, 45.0, 50.0):
        assert sighting.hfov_deg(scale_of(sighting, field)) == pytest.approx(field)


def test_a_true_place_fits_to_its_error_and_a_wrong_one_says_where_not(fitted: Explained) -> None:
    true, other = fitted.places
    left = np.array([column.residual_px for column in true.columns if column.residual_px is not None])
    error = np.array([column.error_px for column in true.columns if column.error_px is not None])
    assert len(left) > 140 and np.sqrt(np.mean((left / error) ** 2)) < 1.0 and np.abs(left.mean()) < 0.5
    assert all(-12.0 <= column.x_px <= 251.0 for column in true.columns)
    assert all(30.0 < column.distance_m < 14_000.0 for column in true.columns)
    (rival,) = fitted.rivals
    assert rival.number == 2 and rival.behind_nats == pytest.approx(12.0)
    assert sum(strip.behind_nats for strip in rival.strips) == pytest.approx(12.0, abs=0.05)
    worst = max(rival.strips, key=lambda strip: strip.behind_nats)
    assert "Place 2 is behind by 12.0 nats" in rival.said
    assert f"{worst.to_px:.0f} px" in rival.said or "spread over the whole line" in rival.said
    assert other.ground_m != true.ground_m


def test_what_no_column_carries_is_not_put_on_columns(fitted: Explained) -> None:
    true, other = fitted.places
    same = compare(true, dataclasses.replace(true, log_likelihood_nats=39.6), 2, 3.0, 0.2)
    assert "fits as well as place 1" in same.said
    pose = compare(true, dataclasses.replace(true, log_likelihood_nats=30.0), 2, 3.0, 0.2)
    assert "not by any column" in pose.said and all(strip.behind_nats == 0.0 for strip in pose.strips)
    turned = compare(dataclasses.replace(other, log_likelihood_nats=40.0), true, 2, 3.0, 0.2)
    assert turned.behind_nats == 0.0 or "not by any column" in turned.said


def test_observations_survive_being_kept_and_draw_the_same(fitted: Explained) -> None:
    seen = seen_of(located(), fitted)
    again = from_plain(TerrainObservations, to_plain(seen))
    assert canonical(again) == canonical(seen)
    drawn = TERRAIN.draw(seen)
    assert [picture.name for picture in drawn] == ["terrain-map", "terrain-place-1", "terrain-place-2"]
    assert all(picture.png.startswith(b"\x89PNG") and not picture.shows_footage for picture in drawn)
    assert posterior_map(again).png == drawn[0].png


def test_what_a_tile_gave_is_found_again_and_only_that(tmp_path: Path) -> None:
    (tile, other) = plan_tiles((8.0, 46.0, 8.03, 46.01), 100.0, tile_km2=1.3)
    shape = (tile.lattice.rows, tile.lattice.columns)
    rng = np.random.default_rng(3)
    fits = Fits(rng.normal(size=(7, 2)), rng.normal(size=(7, 5)), rng.normal(size=7), rng.normal(size=(7, 2)))
    part = Part(tile, rng.normal(size=shape).astype(np.float32), rng.normal(size=shape).astype(np.float32))
    keeper, sight, how = TileKeeper(tmp_path / "kept", "as it is"), planted_sight(), Settings()
    assert keeper.get(tile, sight, how) is None
    keeper.put(tile, sight, how, TileAnswer((part,), fits))
    back = keeper.get(tile, sight, how)
    assert back is not None and back.parts[0].tile == tile
    np.testing.assert_array_equal(back.parts[0].log_evidence, part.log_evidence)
    np.testing.assert_array_equal(back.fits.pose, fits.pose)
    assert keeper.get(other, sight, how) is None
    assert keeper.get(tile, dataclasses.replace(sight, sigma_px=3.0), how) is None
    assert keeper.get(tile, sight, Settings(first=10)) is None
    assert TileKeeper(tmp_path / "kept", "changed").get(tile, sight, how) is None
    (path,) = (tmp_path / "kept").iterdir()
    for broken in (path.read_bytes()[:-3], path.read_bytes()[:40], b""):
        path.write_bytes(broken)
        assert keeper.get(tile, sight, how) is None


def test_regions_are_the_smallest_that_hold_so_much() -> None:
    evidence = np.log(np.array([[0.5, 0.3], [0.15, 0.05]]))
    assert region_levels(evidence).tolist() == [[2.0, 1.0], [1.0, 0.0]]
    assert region_levels(np.array([[0.0, np.nan]])).tolist() == [[2.0, 0.0]]


def test_light_comes_from_the_north_west(relief: FolderElevation) -> None:
    import cv2

    ground = fine_ground(relief, REGION)
    grey = cv2.imdecode(np.frombuffer(shaded(ground), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None and grey.std() > 15.0
    window = ground.region
    rows = slice(window.row, window.row + window.rows)
    columns = slice(window.column, window.column + window.columns)
    height = ground.height_m[rows, columns].astype(np.float64)
    north, east = np.asarray(np.gradient(height, axis=0)), np.asarray(np.gradient(height, axis=1))
    size = (int(grey.shape[1]), int(grey.shape[0]))
    towards = np.asarray(cv2.resize((east - north)[::-1], size, interpolation=cv2.INTER_AREA), np.float64)
    light = np.asarray(grey, np.float64)
    alike = float(((towards - towards.mean()) * (light - light.mean())).mean()) / float(towards.std() * light.std())
    assert alike > 0.8


def test_the_horizon_of_a_place_by_other_means(relief: FolderElevation) -> None:
    seen = seen_from(relief, *TRUTH, n_azimuths=72, spacing_m=30.0, reach_m=20_000.0)
    expected = planting.horizon_deg(*TRUTH, seen.skyline.azimuth_deg)
    off = np.degrees(np.arctan(seen.skyline.tangent)) - expected
    assert np.median(np.abs(off)) < 0.05 and np.percentile(np.abs(off), 90) < 0.3
    assert seen.ground_m == pytest.approx(float(planting.height_m(*(np.array([[v]]) for v in TRUTH))[0, 0]), abs=1.0)
    assert [reading.source for reading in seen.readings] == ["made.npz"]
    with pytest.raises(BadInputError, match="No elevation data cover"):
        seen_from(relief, 10.0, 10.0)
    with pytest.raises(BadInputError, match="is no place"):
        seen_from(relief, 91.0, 8.0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("clip") / "clip.mp4", list(range(12)))


def abstains(clip: Path, relief: FolderElevation | None, *marks: Mark) -> Abstention:
    providers = {} if relief is None else {"elevation:folder": relief}
    answer = TERRAIN.observe(item_of(clip), marks, Tools(clip, providers=providers))
    assert isinstance(answer, Abstention), answer
    assert answer.inputs and answer.reason.endswith(".") and answer.what_would_help.endswith(".")
    return answer


def test_why_it_cannot_tell(clip: Path, relief: FolderElevation) -> None:
    line, where = planting.mark("skyline", planting.body()), planting.search()
    assert "No skyline is marked" in abstains(clip, relief, where).reason
    assert "not said where to look" in abstains(clip, relief, line).reason
    assert "no elevation model" in abstains(clip, None, line, where).reason
    away = abstains(clip, relief, line, planting.search((8.25, 46.38, 8.42, 46.42)))
    assert "68 % of the region to search lies outside" in away.reason
    straight: Plain = [[float(x), 60.0] for x in range(1, 239)]
    flat = abstains(clip, relief, planting.mark("skyline", planting.body(skyline_px=straight)), where)
    assert "straight" in flat.reason
    wrongs: tuple[dict[str, Plain], ...] = (
        {"hfov_deg": 0},
        {"hfov_deg": 180},
        {"skyline_px": []},
        {"skyline_px": [[1, 2], [9, 3], [4, 3]]},
    )
    for wrong in wrongs:
        bad = abstains(clip, relief, planting.mark("skyline", planting.body(None, **wrong)), where)
        assert "mark M-1" in bad.reason
    hostile = Mark("M-9", Sha256(bytes(32)), "skyline", "someone", float("nan"), {"image": None, "pan_name": 3})
    assert "M-9" in abstains(clip, relief, hostile, where).reason


def test_a_mark_says_where_to_look_before_the_case_does(clip: Path) -> None:
    @dataclasses.dataclass
    class Case:
        region_deg: tuple[float, float, float, float] = (1.0, 2.0, 3.0, 4.0)
        spacing_m: float = 100.0
        folder: Path | None = clip.parent

    tools = Tools(clip, providers={"search:case": Case()})
    remarks: list[Remark] = []
    given = looking.region_of((planting.search(),), tools, remarks)
    assert isinstance(given, looking.Region) and given.asked_by == "mark" and given.region_deg == REGION
    assert given.folder == clip.parent and not remarks
    bodies: tuple[dict[str, Plain], ...] = (
        {"region_deg": [8.0, 46.0, 8.0, 46.1]},
        {"region_deg": [8.0, 46.0, 8.1, "north"]},
        {"region_deg": [8.0, 46.0, 8.1, 46.1], "spacing_m": 1},
        {"region_deg": [8.0, 47.0, 8.1, 46.1]},
    )
    bad = [planting.mark("search", body, None, f"M-{number}") for number, body in enumerate(bodies)]
    given = looking.region_of(tuple(bad), tools, remarks)
    assert isinstance(given, looking.Region) and given.asked_by == "case" and given.region_deg == (1.0, 2.0, 3.0, 4.0)
    assert len(remarks) == 4 and all(remark.notable for remark in remarks)


def test_of_several_lines_the_widest_is_searched_with(clip: Path) -> None:
    wide = planting.mark("skyline", planting.body(), name="M-1")
    narrow = planting.mark("skyline", planting.body(ignore_px=[[0, 150]]), at_s=0.2, name="M-0")
    bad = planting.mark("skyline", {"image": {}}, name="M-3")
    remarks: list[Remark] = []
    sight = looking.sight_of((narrow, wide, bad), Tools(clip), remarks)
    assert isinstance(sight, looking.Sight)
    assert [mark.id for mark in sight.marks] == ["M-1"] and sight.axes == (Axis(0.4, 0.0, 0.0),)
    assert any("M-0" in remark.seen for remark in remarks) and any("M-3" in remark.seen for remark in remarks)


def test_the_frame_is_kept_only_when_it_has_the_marked_shape(clip: Path) -> None:
    sight = planted_sight()
    assert looking.small_frame(clip, 0.2, sight).startswith(b"\xff\xd8")
    assert looking.small_frame(clip, 0.2, dataclasses.replace(sight, height_px=240)) == b""
    broken = clip.parent / "broken.mp4"
    broken.write_bytes(b"no clip")
    assert looking.small_frame(broken, 0.2, sight) == b""


def test_the_better_covering_elevation_is_asked(tmp_path: Path, relief: FolderElevation, clip: Path) -> None:
    np.savez(
        tmp_path / "part.npz",
        elevation=np.ones((50, 50)),
        dx=1e-3,
        dy=1e-3,
        xmin=8.1,
        xmax=8.15,
        ymin=46.36,
        ymax=46.41,
    )
    tools = Tools(clip, providers={"elevation:a": FolderElevation(tmp_path), "elevation:b": relief, "weather:x": None})
    found = looking.elevation_of(looking.Region((8.1, 46.36, 8.2, 46.41), 100.0, "mark"), tools, [])
    assert isinstance(found, tuple) and found[0] == "elevation:b"
