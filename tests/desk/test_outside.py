"""Providers that ask the network are opened only where a person allowed it."""

from __future__ import annotations

import pytest

from witnessmark.desk.case import Case
from witnessmark.desk.outside import FOLDER, allow_online, open_providers
from witnessmark.errors import NotFoundError


def test_nothing_asks_the_network_unless_it_is_allowed(case: Case) -> None:
    pytest.importorskip("rasterio")
    (case.folder / FOLDER / "elevation").mkdir(parents=True)
    assert "elevation:glo30" not in open_providers(case) and "elevation:glo30-kept" in open_providers(case)
    with pytest.raises(NotFoundError):
        allow_online(case, ["folder"])
    allow_online(case, ["glo30"])
    assert "elevation:glo30" in open_providers(case)
    assert "elevation:glo30" not in open_providers(case, {"weather"})
    allow_online(case, ["none"])
    assert "elevation:glo30" not in open_providers(case)
