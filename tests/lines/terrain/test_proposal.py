from __future__ import annotations

import numpy as np
import pytest
from tests.lines.terrain.hills import painted, skyline_row

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.proposal import LINE, NO_GROUND, NO_SKY, propose


@pytest.mark.parametrize(("width", "height", "seed"), [(320, 200, 0), (240, 320, 1), (900, 500, 2)])
def test_the_skyline_of_plain_hills_is_found_between_pixels(width: int, height: int, seed: int) -> None:
    found = propose(painted(width, height, seed))
    away = found.row_px - skyline_row(width, height, seed)
    assert found.reason is None and (found.shows == LINE).all()
    assert float(np.quantile(np.abs(away), 0.8)) < 1.0
    assert float(np.median(np.abs(away))) < 0.3
    near = np.abs(away) < 4.0
    assert (found.chance_right[near] > 0.5).mean() > 0.75
    # Errors as stated: not boasted.
    assert float(np.sqrt(np.mean(np.square((away / found.sigma_px)[near])))) < 1.5


def test_the_same_frame_gives_the_same_proposal() -> None:
    first, second = propose(painted(seed=4)), propose(painted(seed=4))
    assert np.array_equal(first.row_px, second.row_px)
    assert np.array_equal(first.chance_right, second.chance_right)


def test_frames_without_a_skyline_say_so() -> None:
    all_ground = propose(painted(rows=np.full(320, -5.0)))
    assert all_ground.reason is not None and "No sky" in all_ground.reason
    all_sky = propose(painted(rows=np.full(320, 250.0)))
    assert all_sky.reason is not None


def test_columns_without_sky_are_flagged() -> None:
    rows = np.where(np.arange(320) < 110, -30.0, 90.0)
    found = propose(painted(rows=rows))
    assert (found.shows[:95] == NO_SKY).mean() > 0.9
    assert (found.shows[125:] == LINE).all()
    assert np.isnan(found.row_px[found.shows == NO_SKY]).all()
    assert not (found.shows == NO_GROUND).any()


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((100, 100), np.uint8),
        np.zeros((100, 100, 4), np.uint8),
        np.zeros((100, 100, 3), np.float64),
        np.zeros((8, 100, 3), np.uint8),
    ],
)
def test_what_is_no_frame_is_refused(frame: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    with pytest.raises(BadInputError):
        propose(frame)


@pytest.mark.parametrize("value", [0, 90, 255])
def test_flat_frames_raise_nothing(value: int) -> None:
    found = propose(np.full((90, 160, 3), value, np.uint8))
    assert found.reason is not None or float(found.chance_right.max()) < 0.9
