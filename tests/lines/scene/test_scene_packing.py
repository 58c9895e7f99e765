"""Footage kept in a store compares as the footage itself does."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lines.scene.streets import Light, Stand, Street, walk

from witnessmark.errors import BadInputError
from witnessmark.lines.scene import packing
from witnessmark.lines.scene.comparing import Looked, compare, ready
from witnessmark.lines.scene.packing import pack, unpack
from witnessmark.lines.scene.telling import relation_of
from witnessmark.lines.scene.views import View, Views

SIZE = (480, 270)


def filmed(seed: int, start: Stand, end: Stand, light: Light, count: int) -> Looked:
    pictures = walk(Street.seeded(seed), start, end, light, count, SIZE)
    views = tuple(View(0.5 * number, picture) for number, picture in enumerate(pictures))
    return ready(Views(views, views, ""))


@pytest.fixture(scope="module")
def street() -> Looked:
    return filmed(61, Stand(), Stand(0.0, 2.0, 3.0), Light(1.0, seed=1), 5)


def test_the_answers_are_those_of_the_footage(street: Looked) -> None:
    again = unpack(pack(street))
    assert pack(street) == pack(street) and again.points_count == street.points_count
    assert again.left_out_count == street.left_out_count
    for kept, whole in zip(again.features, street.features, strict=True):
        assert (kept.xy_px == whole.xy_px).all() and kept.box_px == whole.box_px and kept.at_s == whole.at_s
        assert np.linalg.norm(kept.codes - whole.codes, axis=1).max() < 0.02, "of length 1"
    here = filmed(61, Stand(-1.5, 2.0, -3.0), Stand(-1.5, 3.0, -3.0), Light(0.0, 0.9, seed=2), 2)
    elsewhere = filmed(62, Stand(), Stand(0.0, 1.0, 1.0), Light(seed=3), 2)
    for other, expected in ((here, "same-place"), (elsewhere, "cannot-tell"), (street, "same-recording")):
        direct, kept_in_store = compare(other, street), compare(other, again)
        assert relation_of(direct) == relation_of(kept_in_store) == expected
        assert abs(direct.support_count - kept_in_store.support_count) <= max(3, direct.support_count // 8)


def test_damage_and_other_versions_are_told(street: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pack(street)
    for bad in (b"", whole[:100], whole[: len(whole) // 2], b"\0" * len(whole)):
        with pytest.raises(BadInputError, match="Index the file again"):
            unpack(bad)
    monkeypatch.setattr(packing, "PREPARED", "witnessmark-scene/2")
    with pytest.raises(BadInputError, match="prepared by 'witnessmark-scene/1'"):
        unpack(whole)
