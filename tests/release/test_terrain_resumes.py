"""A search in tiles goes on where it was killed, and gives the same whether it was or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.lines.terrain import planting
from tests.lines.terrain.planting import REGION, TRUTH

from witnessmark.lines.providers.contract import great_circle_km
from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.providers.noting import Noted
from witnessmark.lines.terrain import tiles
from witnessmark.lines.terrain.records import Located
from witnessmark.lines.terrain.searching import Kept, Question, search
from witnessmark.lines.terrain.skyline_file import FrameFile, read

STRIP = (REGION[0], 46.3955, REGION[2], 46.4015)
"""The middle of the region, two tiles wide."""


class Killed(Exception):
    pass


def test_a_killed_search_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elevation = Noted(FolderElevation(planting.write_relief(tmp_path / "dem")))
    frame = read(planting.body()).sight
    assert isinstance(frame, FrameFile)
    question = Question(frame.skyline, STRIP, 250.0, "file", 2, tile_km2=0.8)
    kept = Kept(tmp_path / "profiles", tmp_path / "tiles")
    searched: list[int] = []
    plain = tiles.search_tile

    def spied(provider: Noted, tile: tiles.Tile, *rest: object, **more: object) -> tiles.TileAnswer:
        searched.append(tile.number)
        return plain(provider, tile, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tiles, "search_tile", spied)

    def dies(done: float, what: str) -> None:
        if what == "searching tile 2 of 2" and done > 0.6:
            raise Killed

    with pytest.raises(Killed):
        search(question, elevation, kept, dies)
    assert searched == [0, 1] and len(list(kept.tiles.glob("*.tile"))) == 1  # type: ignore[union-attr]
    first = search(question, elevation, kept, lambda _done, _what: None)
    assert searched == [0, 1, 1]
    told: list[tuple[float, str]] = []
    again = search(question, elevation, kept, lambda done, what: told.append((done, what)))
    assert searched == [0, 1, 1] and told[-1][1] == "searching tile 2 of 2" and abs(told[-1][0] - 0.9) < 1e-9
    assert same(first, again)
    best = first.candidates[0]
    assert great_circle_km(*TRUTH, best.lat_deg, best.lon_deg) < 0.3
    for path in sorted((tmp_path / "tiles").glob("*.tile"))[:1]:
        path.write_bytes(path.read_bytes()[:-5] + b"wrong")
    assert same(first, search(question, elevation, kept, lambda _done, _what: None))
    assert len(searched) == 4


def same(one: Located, other: Located) -> bool:
    arrays = ("log_evidence_nats", "heading_deg", "heading_error_deg")
    alike = all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in arrays)
    return alike and one.candidates == other.candidates and one.p_outside_region == other.p_outside_region
