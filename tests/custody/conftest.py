from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.authority import Authority, openssl_present, running_authority


@pytest.fixture(scope="session")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not openssl_present():
        pytest.skip("the openssl program is not installed, and the local time-stamp authority is made with it")
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def authority(authority_folder: Path, tmp_path: Path) -> Iterator[Authority]:
    with running_authority(tmp_path / "authority") as running:
        yield running
