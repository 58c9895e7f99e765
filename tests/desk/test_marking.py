"""Marks are events: drawn once, withdrawn with a reason, never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from witnessmark.desk.case import Case
from witnessmark.desk.items import add_item
from witnessmark.desk.marking import draw_mark, mark_camera_place, marks, withdraw_mark
from witnessmark.desk.verifying import verify_case
from witnessmark.errors import BadInputError, NotFoundError


def test_a_mark_stands_until_it_is_withdrawn(case: Case, clip: Path) -> None:
    item = add_item(case, clip, look=False).item
    drawn = draw_mark(case, item, "skyline", {"x_px": [0, 10], "y_px": [5, 6]}, at_pts_s=0.04)
    events = case.log.head().number
    assert draw_mark(case, item, "skyline", {"x_px": [0, 10], "y_px": [5, 6]}, at_pts_s=0.04) == drawn
    assert case.log.head().number == events, "the same mark is not drawn twice"
    assert marks(case, item) == (drawn,)
    with pytest.raises(BadInputError):
        withdraw_mark(case, item, drawn.id, " ")
    withdraw_mark(case, item, drawn.id, "another frame was meant")
    assert marks(case, item) == ()
    with pytest.raises(NotFoundError):
        withdraw_mark(case, item, drawn.id, "again")
    assert draw_mark(case, item, "skyline", {"x_px": [0, 10], "y_px": [5, 6]}, at_pts_s=0.04) == drawn
    assert marks(case, item) == (drawn,), "a mark withdrawn in error can be drawn again"
    assert verify_case(case).ok


@pytest.mark.parametrize(
    ("kind", "body", "at_s"),
    [
        ("Sky line", {}, None),
        ("", {}, None),
        ("skyline", {"x_px": float("nan")}, None),
        ("skyline", {}, float("inf")),
        ("camera-place", {"x_px": 1.0}, None),
        ("camera-place", {"lat_deg": 1.0, "lon_deg": 1.0, "radius_m": 3e7}, None),
    ],
)
def test_a_mark_that_cannot_be_kept_is_refused(
    case: Case, clip: Path, kind: str, body: dict[str, float], at_s: float | None
) -> None:
    item = add_item(case, clip, look=False).item
    with pytest.raises(BadInputError):
        draw_mark(case, item, kind, body, at_pts_s=at_s)
    assert marks(case, item) == ()


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "radius_m", "how"),
    [(91.0, 0.0, 10.0, "x"), (0.0, 181.0, 10.0, "x"), (float("nan"), 0.0, 10.0, "x"), (0.0, 0.0, 0.0, "x"),
     (0.0, 0.0, float("inf"), "x"), (0.0, 0.0, 10.0, "  ")],
)  # fmt: skip
def test_a_place_needs_its_error_and_how_it_is_known(
    case: Case, clip: Path, lat_deg: float, lon_deg: float, radius_m: float, how: str
) -> None:
    item = add_item(case, clip, look=False).item
    with pytest.raises(BadInputError):
        mark_camera_place(case, item, lat_deg, lon_deg, radius_m, how)
    assert marks(case, item) == ()
