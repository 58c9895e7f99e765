from __future__ import annotations

import json

import numpy as np
import pytest
from tests.lines.terrain.hills import painted, skyline_row

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.correcting import Corrected, Edit, correct, read_edit, skyline_of, snap
from witnessmark.plain import to_plain

WIDTH, HEIGHT = 320, 200


def away(found: Corrected, seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(np.abs(found.proposal.row_px - skyline_row(WIDTH, HEIGHT, seed)))


def test_a_rough_line_snaps_to_the_edge() -> None:
    truth = skyline_row(WIDTH, HEIGHT)
    drawn = tuple(
        (x, float(np.interp(x, np.arange(WIDTH) + 0.5, truth)) + 3.0 * (-1) ** i)
        for i, x in enumerate(np.linspace(20.0, 300.0, 15).tolist())
    )
    found = np.array(snap(painted(), drawn))
    assert found[0, 0] == pytest.approx(20.5, abs=1.0) and found[-1, 0] == pytest.approx(299.5, abs=1.0)
    error = np.abs(found[:, 1] - np.interp(found[:, 0], np.arange(WIDTH) + 0.5, truth))
    assert float(np.quantile(error, 0.9)) < 0.6


def test_a_line_is_kept_as_drawn_where_no_edge_is() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    found = np.array(snap(plain, ((10.0, 50.0), (300.0, 80.0))))
    assert np.allclose(found[:, 1], np.interp(found[:, 0], [10.0, 300.0], [50.0, 80.0]))


def test_strokes_bind_the_line_and_teach_the_colours() -> None:
    frame = painted()
    high = np.full(WIDTH, 30.0)
    sky = correct(frame, [Edit("sky", ((5.0, 150.0), (315.0, 150.0)), radius_px=2.0)])
    under = sky.proposal.row_px[8:312]
    assert (under[np.isfinite(under)] > 148.0).all()
    ground = correct(frame, [Edit("ground", ((100.0, 20.0), (200.0, 20.0)), radius_px=2.0)])
    inside = ground.proposal.row_px[105:195]
    assert (np.nan_to_num(inside) < high[105:195]).all()


def test_a_drawn_line_stands_and_erasing_takes_it_back() -> None:
    frame = painted()
    plain = correct(frame, [])
    line = Edit("line", ((100.0, 20.0), (200.0, 20.0)), snap=False, sigma_px=1.5)
    drawn = correct(frame, [line])
    assert np.allclose(drawn.proposal.row_px[102:198], 20.0) and drawn.drawn[102:198].all()
    assert np.allclose(drawn.proposal.sigma_px[102:198], 1.5)
    erased = correct(frame, [line, Edit("ignore", span_px=(50.0, 60.0)), Edit("erase", span_px=(0.0, 320.0))])
    assert np.array_equal(erased.proposal.row_px, plain.proposal.row_px) and not erased.drawn.any()
    assert not erased.ignored.any()
    half = correct(frame, [line, Edit("erase", span_px=(150.0, 320.0))])
    assert half.drawn[102:149].all() and not half.drawn[151:].any()


def test_edits_in_another_order_are_other_edits() -> None:
    frame = painted()
    over = Edit("line", ((0.0, 60.0), (320.0, 60.0)), snap=False)
    erase = Edit("erase", span_px=(0.0, 320.0))
    assert correct(frame, [erase, over]).drawn.all()
    assert not correct(frame, [over, erase]).drawn.any()


def test_a_skyline_leaves_out_what_is_ignored_or_unsure() -> None:
    frame = painted()
    edits = [
        Edit("ignore", span_px=(60.0, 80.0)),
        Edit("at-most", ((10.0, 40.0), (30.0, 45.0)), snap=False),
        Edit("peak", ((200.0, 70.0),), name="Cairn Hill", lat_deg=46.0, lon_deg=8.0),
    ]
    line = skyline_of(correct(frame, edits), hfov_deg=(50.0, 60.0), roll_deg=(0.0, 2.0))
    assert line.ignore_px[0] == (60.0, 80.0) or any(a <= 60.0 and b >= 80.0 for a, b in line.ignore_px)
    assert line.hfov_deg == (50.0, 60.0) and line.roll_deg == (0.0, 2.0) and 0.1 < line.sigma_px < 3.0
    assert line.at_most_px == (((10.0, 40.0), (30.0, 45.0)),) and line.peaks[0].name == "Cairn Hill"
    columns = np.array(line.skyline_px)[:, 0]
    assert (np.diff(columns) > 0).all() and not ((columns > 60.0) & (columns < 80.0)).any()


def test_a_frame_without_skyline_gives_none_unless_drawn() -> None:
    frame = painted(rows=np.full(WIDTH, -5.0))
    with pytest.raises(BadInputError, match="No sky"):
        skyline_of(correct(frame, []))
    drawn = correct(frame, [Edit("line", ((0.0, 50.0), (320.0, 60.0)), snap=False)])
    assert len(skyline_of(drawn).skyline_px) > 100


def test_edits_are_read_from_marks_as_they_were_written() -> None:
    for edit in (
        Edit("sky", ((5.0, 6.0),), radius_px=4.0),
        Edit("line", ((5.0, 6.0), (50.0, 7.0)), snap=False, sigma_px=3.0),
        Edit("ignore", span_px=(5.0, 9.0)),
        Edit("erase", span_px=(5.0, 9.0)),
        Edit("inner", ((5.0, 6.0), (50.0, 7.0))),
        Edit("peak", ((5.0, 6.0),), name="Top", lat_deg=1.0, lon_deg=-2.0),
    ):
        body = json.loads(json.dumps(to_plain(edit)))
        assert read_edit(body, WIDTH, HEIGHT) == (edit, ())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "kind is 'None'"),
        ({"kind": "paint"}, "must be one of"),
        ({"kind": "sky"}, "points_px is missing"),
        ({"kind": "sky", "points_px": []}, "has 0 entries"),
        ({"kind": "sky", "points_px": [[5, 500]]}, "outside the frame"),
        ({"kind": "sky", "points_px": [[5, 50]], "radius_px": -1}, "radius_px is -1"),
        ({"kind": "line", "points_px": [[5, 50]]}, "has 1 entries"),
        ({"kind": "line", "points_px": [[5, 50], [90, 50], [40, 50], [95, 1]]}, "goes back on itself at point 3"),
        ({"kind": "line", "points_px": [[5, 50], [90, 50]], "snap": 1}, "snap is neither"),
        ({"kind": "ignore", "span_px": [400, 500]}, "covers no column"),
        ({"kind": "peak", "points_px": [[5, 50]], "name": ""}, "name is not a name"),
    ],
)
def test_marks_that_cannot_be_used_say_why(body: dict[str, object], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        read_edit(body, WIDTH, HEIGHT)  # type: ignore[arg-type]  # what a person's file may hold
