"""Any single byte flipped anywhere in a case or a sealed dossier is found, and where it is, is said."""

from __future__ import annotations

import random
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import CLAIMS, SPACE, write_clip

from witnessmark.custody.records import Appearance, Moment
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.statements import add_claims
from witnessmark.desk.verifying import verify_case
from witnessmark.dossier import Edition, verify
from witnessmark.plain import parse_moment

FLIPS_IN_CASE = 600
FLIPS_IN_DOSSIER = 300


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A small case with everything in it."""
    folder = tmp_path_factory.mktemp("tampering")
    case = new_case(folder / "case", "2031-17", "The ridge clip", operator="A. Author", settings={"space": SPACE})
    posted = Moment(parse_moment("2031-09-14T10:00:00+04:00"), "platform page")
    add_item(case, write_clip(folder / "clip.mp4"), appearance=Appearance("Videogram", "@a", None, posted))
    (folder / "claims.yaml").write_text(CLAIMS, encoding="utf-8")
    add_claims(case, folder / "claims.yaml")
    run_lines(case)
    assess(case)
    return case


@contextmanager
def flipped(path: Path, offset: int, mask: int) -> Iterator[None]:
    """The file with one byte changed, for as long as the block lasts."""
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o600)
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes([whole[offset] ^ mask]))
    try:
        yield
    finally:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(whole[offset : offset + 1])
        path.chmod(mode)


def chosen(files: list[Path], flips: int, seed: int) -> Iterator[tuple[Path, int, int]]:
    """Every file at least once, then bytes at random over files at random and over all bytes alike."""
    rng = random.Random(seed)
    sizes = [path.stat().st_size for path in files]
    picks = [*files, *rng.choices(files, k=flips // 2), *rng.choices(files, weights=sizes, k=flips // 2)]
    for path in picks[: max(flips, len(files))]:
        yield path, rng.randrange(path.stat().st_size), rng.randrange(1, 256)


@pytest.mark.timeout(3600)
def test_every_flip_in_a_case_is_found_and_located_to_the_byte(worked: Case) -> None:
    files = sorted(path for path in (worked.folder / "objects").rglob("*") if path.is_file())
    kinds = {path.relative_to(worked.folder / "objects").parts[0] for path in files}
    assert kinds == {"originals", "derived", "fixity", "custody"}
    assert verify_case(worked).ok
    tried = 0
    for path, offset, mask in chosen(files, FLIPS_IN_CASE, 20220913):
        key = path.relative_to(worked.folder / "objects").as_posix()
        with flipped(path, offset, mask):
            report = verify_case(worked)
        assert not report.ok, (key, offset)
        assert any(fault.where == key and fault.byte_offset == offset for fault in report.faults), (
            key,
            offset,
            report.faults,
        )
        tried += 1
    assert tried >= FLIPS_IN_CASE
    assert verify_case(worked).ok


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("edition", list(Edition))
def test_every_flip_in_a_dossier_is_found_and_located(worked: Case, tmp_path: Path, edition: Edition) -> None:
    dossier = seal_case(worked, tmp_path / edition, edition).path
    files = sorted(path for path in dossier.rglob("*") if path.is_file())
    tried = exact = 0
    for path, offset, mask in chosen(files, FLIPS_IN_DOSSIER, 20310913):
        name = path.relative_to(dossier).as_posix()
        with flipped(path, offset, mask):
            verdict = verify(dossier)
        assert verdict.exit_code == 1, (name, offset)
        found = [fault for fault in verdict.faults if fault.path == name]
        assert found, (name, offset, verdict.faults)
        exact += any(fault.offset == offset for fault in found)
        tried += 1
    assert tried >= FLIPS_IN_DOSSIER
    assert exact >= 0.95 * tried  # the seal's own few hundred bytes are located by file
    assert verify(dossier).exit_code == 0
