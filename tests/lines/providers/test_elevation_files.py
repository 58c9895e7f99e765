"""Elevation from files and folders named one by one, and what was read through a provider."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.elevation import FilesElevation, FolderElevation
from witnessmark.lines.providers.noting import Noted


def grid(path: Path, height_m: float, west: float) -> Path:
    np.savez(
        path, elevation=np.full((40, 40), height_m), dx=0.01, dy=0.01, xmin=west, xmax=west + 0.4, ymin=46.0, ymax=46.4
    )
    return path


def test_files_and_folders_are_one_ground(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    first, second = grid(tmp_path / "a.npz", 100.0, 8.0), grid(tmp_path / "more" / "b.npz", 200.0, 8.5)
    held = Noted(FilesElevation([first, tmp_path / "more", second]))
    found = held.heights(np.array([46.2, 46.2, 46.2]), np.array([8.2, 8.7, 9.5]))
    np.testing.assert_allclose(found.height_m, [100.0, 200.0, np.nan])
    assert [reading.source for reading in held.readings] == ["a.npz", "b.npz"]
    assert held.resolution_m == pytest.approx(1112, abs=1) and held.vertical_datum == "not stated"
    held.close()


def test_what_is_no_elevation_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no elevation file"):
        FilesElevation([tmp_path / "gone.tif"])
    (tmp_path / "notes.txt").write_text("no heights", encoding="utf-8")
    for path in (tmp_path / "notes.txt", tmp_path):
        with pytest.raises(BadInputError, match="holds no elevation"):
            FilesElevation([path])


def test_the_state_changes_with_the_files(tmp_path: Path) -> None:
    grid(tmp_path / "a.npz", 100.0, 8.0)
    before = FolderElevation(tmp_path).state()
    assert FolderElevation(tmp_path).state() == before == Noted(FolderElevation(tmp_path)).state()
    grid(tmp_path / "b.npz", 100.0, 9.0)
    assert FolderElevation(tmp_path).state() != before
