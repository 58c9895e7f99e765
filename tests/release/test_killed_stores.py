"""Stores whose writers are killed again and again; the suite has a few turns of each, here are many."""

from __future__ import annotations

from pathlib import Path

from tests.stores.test_fingerprint_bulk import kill_import
from tests.stores.test_fingerprint_folder import kill_adds
from tests.stores.test_objects import kill_intakes


def test_intakes_killed_leave_no_half_object(tmp_path: Path) -> None:
    assert kill_intakes(tmp_path, turns=15, size_mib=200, longest_s=0.5) >= 8


def test_adds_killed_leave_the_index_sound(tmp_path: Path) -> None:
    kill_adds(tmp_path / "index", turns=12)


def test_an_import_killed_is_resumed(tmp_path: Path) -> None:
    kill_import(tmp_path, files=60, settled=20)
