"""Reading a whole case again: bytes, log, tokens, and the tables against the log they follow from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.custody.log import parse_event
from witnessmark.custody.verify import CustodyReport, Fault, verify_custody
from witnessmark.desk.case import Case
from witnessmark.errors import NotFoundError
from witnessmark.lines.contract import no_progress
from witnessmark.stores.objects import open_objects
from witnessmark.stores.records import Records

Progress = Callable[[float, str], None]


def verify_case(case: Case, *, progress: Progress | None = None) -> CustodyReport:
    """Re-read everything of a case and name what is not as it was recorded.

    Parameters
    ----------
    case : Case
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    CustodyReport
        With a fault for each table row that a replay of the log does not give.
    """
    head = case.records.head()
    told = progress or no_progress
    report = verify_custody(
        case.objects,
        case.key.public,
        trusted_roots=case.trusted_roots,
        expected_head=None if head is None else (head[0], Sha256.from_hex(head[1])),
        known_events=case.records.event_bytes(),
        progress=lambda done, whole: told(done / max(whole, 1), "reading everything again"),
    )
    if not report.ok:
        return report
    wrong = _table_faults(case)
    return replace(report, ok=not wrong, faults=(*report.faults, *wrong)) if wrong else report


def verify_folder(folder: Path, public_key: PublicKey, *, progress: Progress | None = None) -> CustodyReport:
    """Re-read a case's bytes, log and tokens with its public key alone; nothing in the folder is written or needed.

    For whoever holds a write-blocked copy: the private key and the tables are not opened.

    Parameters
    ----------
    folder : Path
        A case whose objects lie in it.
    public_key : PublicKey
        From a source that is not the folder itself.
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    CustodyReport
        Events cut from the end of the log cannot be missed without the tables or a dossier; a note says so.

    Raises
    ------
    NotFoundError
        When the folder holds no objects.
    """
    if not (folder / "objects").is_dir():
        raise NotFoundError(f"'{folder}' holds no objects of a case.", "Name the case folder itself.")
    told = progress or no_progress
    report = verify_custody(
        open_objects(str(folder / "objects")),
        public_key,
        progress=lambda done, whole: told(done / max(whole, 1), "reading everything again"),
    )
    note = "The tables were not compared, so events cut from the end of the log would not be missed."
    return replace(report, notes=(*report.notes, note))


def _table_faults(case: Case) -> tuple[Fault, ...]:
    replayed = Records("sqlite:///:memory:")
    try:
        raw = [case.log.raw(number) for number in range(1, case.log.head().number + 1)]
        replayed.apply((parse_event(data), data) for data in raw)
        expected, found = replayed.dump(), case.records.dump()
    finally:
        replayed.close()
    return tuple(
        Fault(
            kind="record",
            where=f"table '{name}'",
            byte_offset=None,
            what=f"{len(set(map(repr, expected[name])) ^ set(map(repr, found[name])))} rows differ from the log.",
            do="The log is the truth: move records.db away; it is rebuilt when the case is next opened.",
        )
        for name in expected
        if expected[name] != found[name]
    )
