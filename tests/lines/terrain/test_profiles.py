"""Profiles kept are the profiles swept, and what is damaged or of another ground is never taken for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.lines.terrain.grounds import ground, rough

from witnessmark.errors import BadInputError, ProviderError
from witnessmark.lines.terrain.ground import Window
from witnessmark.lines.terrain.horizon import Profiles, View, profile
from witnessmark.lines.terrain.profiles import ProfileCache, bytes_needed

pytest.importorskip("numba")

WINDOW = Window(5, 6, 20, 18, 2)


def same(one: Profiles, other: Profiles) -> None:
    assert one.ground == other.ground and one.view == other.view and one.n_places == other.n_places
    for name in ("azimuth_deg", "x_m", "y_m", "convergence_deg", "tangent_code", "range_code"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


def test_kept_profiles_are_those_swept(tmp_path: Path) -> None:
    held = ground(rough(1, 40, 40))
    cache = ProfileCache(tmp_path / "profiles")
    swept = cache.profile(held, 16, window=WINDOW)
    same(swept, profile(held, 16, window=WINDOW))
    told: list[float] = []
    kept = ProfileCache(tmp_path / "profiles").profile(held, 16, window=WINDOW, progress=told.append)
    same(kept, swept)
    assert told == [1.0] and isinstance(kept.tangent_code, np.memmap)
    assert len(list((tmp_path / "profiles").iterdir())) == 1
    size = sum(path.stat().st_size for path in (tmp_path / "profiles").rglob("*.npy"))
    assert bytes_needed(kept.n_places, 16) <= size < bytes_needed(kept.n_places, 16) + 600


def test_another_ground_view_window_or_count_is_another_answer(tmp_path: Path) -> None:
    cache, held = ProfileCache(tmp_path), ground(rough(1, 40, 40))
    cache.profile(held, 8, window=WINDOW)
    for other in (
        cache.asked(ground(rough(2, 40, 40)), 8, WINDOW),
        cache.asked(held, 8, WINDOW, View(3.0)),
        cache.asked(held, 8, Window(5, 6, 20, 18)),
        cache.asked(held, 12, WINDOW),
    ):
        assert cache.kept(held, other) is None


@pytest.mark.parametrize("name", ["tangent_code.npy", "range_code.npy", "convergence_deg.npy", "manifest.json"])
def test_damage_is_noticed_and_made_good(tmp_path: Path, name: str) -> None:
    cache, held = ProfileCache(tmp_path), ground(rough(1, 40, 40))
    swept = cache.profile(held, 8, window=WINDOW)
    path = next(tmp_path.rglob(name))
    data = bytearray(path.read_bytes())
    data[-3] ^= 0x10
    path.write_bytes(data)
    assert cache.kept(held, cache.asked(held, 8, WINDOW)) is None
    same(cache.profile(held, 8, window=WINDOW), swept)
    again = cache.kept(held, cache.asked(held, 8, WINDOW))
    assert again is not None
    same(again, swept)


def test_a_manifest_of_something_else_is_not_believed(tmp_path: Path) -> None:
    cache, held = ProfileCache(tmp_path), ground(rough(1, 40, 40))
    cache.profile(held, 8, window=WINDOW)
    path = next(tmp_path.rglob("manifest.json"))
    body = json.loads(path.read_bytes())
    body["asked"]["view"]["eye_height_m"] = 9.0
    path.write_text(json.dumps(body))
    assert cache.kept(held, cache.asked(held, 8, WINDOW)) is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "profiles").write_text("a file")
    with pytest.raises(ProviderError, match="could not be kept"):
        ProfileCache(tmp_path / "profiles").profile(ground(rough(1, 40, 40)), 8, window=WINDOW)


def test_the_room_needed_is_that_of_at_least_one_place() -> None:
    with pytest.raises(BadInputError):
        bytes_needed(0)
