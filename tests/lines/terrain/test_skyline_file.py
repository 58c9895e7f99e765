from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.records import Pan, Peak, Skyline
from witnessmark.lines.terrain.skyline_file import FrameFile, read, read_file, to_file


def asked(**changes: object) -> dict[str, object]:
    return {
        "image": {"width_px": 640, "height_px": 360},
        "hfov_deg": [50, 60],
        "eye_height_m": 1.7,
        "sigma_px": 2,
        "skyline_px": [[0, 100], [200, 80.5], [640, 120]],
        "ignore_px": [[10, 30]],
        "pitch_deg": None,
        "roll_deg": [0.5, 2],
    } | changes


def skyline(value: object) -> tuple[Skyline, tuple[str, ...]]:
    found = read(value)
    assert isinstance(found.sight, FrameFile)
    return found.sight.skyline, found.remarks


def test_the_fields_become_a_skyline() -> None:
    found, remarks = skyline(
        asked(
            at_most_px=[[[300, 50], [400, 60]]],
            inner_px=[[[0, 200], [640, 210]]],
            peaks=[{"name": "Cairn Hill", "lat_deg": 46.5, "lon_deg": 8.25, "x_px": 210, "y_px": 80}],
        )
    )
    assert remarks == ()
    assert found == Skyline(
        640,
        360,
        ((0.0, 100.0), (200.0, 80.5), (640.0, 120.0)),
        sigma_px=2.0,
        hfov_deg=(50.0, 60.0),
        eye_height_m=1.7,
        roll_deg=(0.5, 2.0),
        ignore_px=((10.0, 30.0),),
        at_most_px=(((300.0, 50.0), (400.0, 60.0)),),
        inner_px=(((0.0, 200.0), (640.0, 210.0)),),
        peaks=(Peak("Cairn Hill", 46.5, 8.25, 210.0, 80.0),),
    )


def test_only_the_image_and_the_line_are_needed() -> None:
    found, _ = skyline({"image": {"width_px": 10, "height_px": 10}, "skyline_px": [[0, 1], [9, 2]]})
    assert found.hfov_deg is None and found.sigma_px == 2.0 and found.ignore_px == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"hfov_deg": 0}, "hfov_deg is 0, it must be more than 0 and less than 180"),
        ({"hfov_deg": 180}, "hfov_deg is 180"),
        ({"hfov_deg": [60, 50]}, "runs from 60 down to 50"),
        ({"hfov_deg": [0, 50]}, "hfov_deg is 0"),
        ({"hfov_deg": [50]}, "hfov_deg has 1 entries"),
        ({"hfov_deg": 175}, "pinhole"),
        ({"hfov_deg": True}, "hfov_deg is True, a number is needed"),
        ({"skyline_px": [[0, 1]]}, "skyline_px has 1 entries"),
        ({"skyline_px": []}, "skyline_px has 0 entries"),
        ({"skyline_px": None}, "skyline_px is missing"),
        ({"skyline_px": [[0, 1], [50, 2], [40, 3], [90, 4]]}, "goes back on itself at point 3, from x = 50 to x = 40"),
        (
            {"skyline_px": [[0, 1], [900, 2]]},
            r"skyline_px\[1\] lies outside the frame: x is 900, the frame has 0 to 640",
        ),
        ({"skyline_px": [[0, 1], [90, -20]]}, "y is -20"),
        ({"skyline_px": [[0, math.nan], [90, 2]]}, r"y of skyline_px\[0\] is nan"),
        ({"skyline_px": [[0, 1], [10**400, 2]]}, "beyond all numbers"),
        ({"skyline_px": [[0, 1], ["9", 2]]}, "'9', a number is needed"),
        ({"skyline_px": [[0, 1, 2], [9, 2, 2]]}, r"skyline_px\[0\] has 3 entries"),
        ({"skyline_px": "line"}, "a list is needed"),
        ({"skyline_px": [[5, 1], [5, 2]]}, "narrower than a pixel"),
        ({"skyline_px": [[0, 1]] * 200_001}, "has 200001 entries"),
        ({"sigma_px": 0}, "sigma_px is 0, it must be more than 0"),
        ({"sigma_px": -1}, "sigma_px is -1"),
        ({"sigma_px": math.inf}, "sigma_px is inf"),
        ({"eye_height_m": 0}, "eye_height_m is 0"),
        ({"image": None}, "image is missing"),
        ({"image": {"width_px": 640}}, "image.height_px is missing"),
        ({"image": {"width_px": 640.5, "height_px": 3}}, "a whole number is needed"),
        ({"ignore_px": [[0, 640]]}, "ignore_px leaves nothing"),
        ({"ignore_px": [3, 4]}, r"ignore_px\[0\] is 3, a list is needed"),
        ({"pitch_deg": 3}, "pitch_deg is 3, a list is needed"),
        ({"pitch_deg": [100, 1]}, "the mean of pitch_deg is 100"),
        ({"roll_deg": [0, -1]}, "the error of roll_deg is -1"),
        ({"at_most_px": [[[0, 1]]]}, r"at_most_px\[0\] has 1 entries"),
        ({"peaks": [{"name": "", "lat_deg": 0}]}, r"peaks\[0\].name"),
        ({"peaks": [{"name": "A", "lat_deg": 95}]}, "lat_deg is 95"),
        ({"peaks": {}}, "peaks is {}, a list is needed"),
        ({"skyline_px": [], "abstained": "No sky is found."}, "as none was found: No sky is found"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_place_named(changes: dict[str, object], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        read(asked(**changes))


@pytest.mark.parametrize("value", [None, 3, [], "x", {"pan": 3}, {"pan": {"frames": []}}, {"pan": {"frames": [3]}}])
def test_what_is_no_skyline_at_all_is_refused(value: object) -> None:
    with pytest.raises(BadInputError):
        read(value)


def test_a_line_from_right_to_left_is_turned_round_and_told() -> None:
    forward, _ = skyline(asked())
    backward, remarks = skyline(asked(skyline_px=[[640, 120], [200, 80.5], [0, 100]]))
    assert backward == forward
    assert remarks == ("skyline_px was drawn from right to left and was turned round.",)


def test_what_a_proposal_writes_beside_a_skyline_asks_nothing() -> None:
    found, remarks = skyline(asked(abstained=None, proposal={"by": "colours"}, edits=[], remarks=[]))
    assert (found, remarks) == skyline(asked())


def test_upright_steps_keep_both_ends_and_columns_ascend() -> None:
    found, _ = skyline(asked(skyline_px=[[0, 5], [0, 9], [100, 50], [100, 60], [100, 90], [640, 90], [640, 10]]))
    columns = [x for x, _ in found.skyline_px]
    assert all(after > before for before, after in pairwise(columns))
    assert [y for _, y in found.skyline_px] == [5.0, 9.0, 50.0, 90.0, 90.0, 10.0]
    assert columns == pytest.approx([0.0, 0.0, 100.0, 100.0, 640.0, 640.0], abs=2e-3)


def test_repairs_are_told() -> None:
    found, remarks = skyline(
        asked(
            ignore_px=[[30, 10], [20, 50], [-5, 2], [700, 800]],
            roll_deg=[1, 0],
            skyline_px=[[-0.6, 100], [640.4, 90]],
            hfov=60,
        )
    )
    assert found.ignore_px == ((0.0, 2.0), (10.0, 50.0))
    assert found.roll_deg == (1.0, 0.01)
    assert found.skyline_px == ((0.0, 100.0), (640.0, 90.0))
    text = " ".join(remarks)
    assert "'hfov' is not known" in text and "turned round" in text and "covers no column" in text
    assert "The error of roll_deg was taken as 0.01" in text


NUMBERS = st.floats(0.0, 300.0, allow_nan=False).map(lambda value: round(value, 3))


@given(
    columns=st.lists(st.integers(0, 640), min_size=2, max_size=20, unique=True).map(sorted),
    rows=st.lists(NUMBERS, min_size=20, max_size=20),
    sigma=st.floats(0.1, 20.0),
    field=st.none() | st.tuples(st.floats(1.0, 80.0), st.floats(80.0, 170.0)),
    peaks=st.lists(st.builds(Peak, st.just("Top"), st.just(1.5), st.just(2.5), NUMBERS, NUMBERS), max_size=2),
)
def test_a_skyline_written_and_read_is_the_same(
    columns: list[int], rows: list[float], sigma: float, field: tuple[float, float] | None, peaks: list[Peak]
) -> None:
    line = tuple((float(x), y) for x, y in zip(columns, rows, strict=False))
    skyline_given = Skyline(640, 360, line, sigma, field, pitch_deg=(1.0, 2.0), peaks=tuple(peaks), inner_px=(line,))
    written = json.loads(json.dumps(to_file(skyline_given)))
    assert skyline(written) == (skyline_given, ())


def test_a_pan_is_read_stitched_or_in_frames(tmp_path: Path) -> None:
    stitched = Pan((0.0, 1.5, 3.0), (2.0, 2.5, -1.0), (0.1, 0.2, 0.1), 0.02, (0.0, 2.0), (0.0, 1.0), 0.3)
    assert read(json.loads(json.dumps(to_file(stitched)))).sight == stitched
    path = tmp_path / "pan.json"
    first = asked(image={"width_px": 640, "height_px": 360, "path": "a.png"})
    path.write_text(json.dumps({"pan": {"frames": [first, asked(extra=1)]}}))
    found = read_file(path)
    assert isinstance(found.sight, tuple) and len(found.sight) == 2
    assert found.sight[0].picture == tmp_path / "a.png" and found.sight[1].picture is None
    assert found.remarks == ("Frame 2: The field 'extra' is not known and was not read.",)
    with pytest.raises(BadInputError, match="frame 2: sigma_px"):
        read({"pan": {"frames": [asked(), asked(sigma_px=0)]}})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"azimuth_deg": [0, 0, 1]}, "does not ascend at entry 1"),
        ({"azimuth_deg": [0, 1]}, "2 azimuths, 3 elevations"),
        ({"azimuth_deg": [0, 100, 400]}, "spans 400"),
        ({"sigma_deg": [0.1, 0, 0.1]}, r"sigma_deg\[1\] is 0"),
        ({"elevation_deg": [0, None, 1]}, r"elevation_deg\[1\] is missing"),
        ({"pitch_deg": None}, "says nothing of its level"),
        ({"scale_sd": -1}, "scale_sd"),
    ],
)
def test_a_stitched_pan_is_checked(changes: dict[str, object], says: str) -> None:
    stitched = Pan((0.0, 1.5, 3.0), (2.0, 2.5, -1.0), (0.1, 0.2, 0.1), 0.02, (0.0, 2.0), (0.0, 1.0), 0.3)
    body = to_file(stitched)["pan"]
    assert isinstance(body, dict)
    with pytest.raises(BadInputError, match=says):
        read({"pan": body | changes})


def test_files_that_are_no_json_are_told(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    with pytest.raises(BadInputError, match="cannot be read"):
        read_file(path)
    path.write_text("{nonsense")
    with pytest.raises(BadInputError, match="is not JSON"):
        read_file(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_file(path)
    path.write_text("[" * 100_000)
    with pytest.raises(BadInputError, match="is not JSON"):
        read_file(path)
    path.write_text(json.dumps(asked()))
    assert isinstance(read_file(path).sight, FrameFile)
