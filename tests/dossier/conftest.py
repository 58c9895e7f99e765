"""One sealed dossier of each edition of the invented case."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.dossier.invented import AT, KEY, make_content

from witnessmark.dossier import Edition, seal


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> dict[Edition, Path]:
    """Dossiers to read; tests copy them before they change anything."""
    folder = tmp_path_factory.mktemp("dossiers")
    content = make_content(folder)
    return {edition: seal(content, folder / edition.value, edition, KEY.sign, at=AT).path for edition in Edition}
