"""Taking over what other programs collected: every file preserved, every row on record, nothing taken twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.claims.accepting import ReadDocument
from witnessmark.claims.proposals import Proposal, SaidPlace, Topic
from witnessmark.claims.records import Hedge
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Appearance, PremisEvent, Tool
from witnessmark.desk.case import Case
from witnessmark.desk.items import Progress, Taken, add_item, get_item
from witnessmark.desk.proposals import keep_proposals
from witnessmark.errors import WitnessmarkError
from witnessmark.lines.contract import no_progress
from witnessmark.plain import Plain, iso, to_plain
from witnessmark.stores.import_auto_archiver import Archived, ArchivedMedia, file_hash, read_auto_archiver
from witnessmark.stores.import_bayanat import BayanatRow, Kind, read_bayanat
from witnessmark.stores.import_values import Broken

AUTO_ARCHIVER = Tool("auto-archiver", "version not stated")
BAYANAT = Tool("Bayanat", "version not stated")
_ITSELF = "the report itself"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A file of a row.

    Attributes
    ----------
    name, role : str
    exhibit_number : str or None
        None when it could not be taken.
    sha256 : str or None
    known : bool
        Whether this very capture was on record already.
    hash : str
        "agrees", "differs" or "not stated": how the row's own hash compares with the bytes here.
    trouble : str or None
        Why it could not be taken.
    """

    name: str
    role: str
    exhibit_number: str | None
    sha256: str | None
    known: bool
    hash: str
    trouble: str | None


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row that was taken over.

    Attributes
    ----------
    where : str
    url : str or None
    posted : str or None
        ISO 8601, with the offset it was recorded with.
    files : tuple of TakenOver
    left : tuple of str
        What was not taken as it can be made again.
    proposals : tuple of str
        Ids of the statements it proposes.
    """

    where: str
    url: str | None
    posted: str | None
    files: tuple[TakenOver, ...]
    left: tuple[str, ...]
    proposals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    program : str
    records : tuple of str
        Exhibit numbers of the files the rows were read from.
    rows : tuple of ImportedRow
    broken : tuple of Broken
        Rows that were passed over, each with its reason.
    notes : tuple of str
    """

    program: str
    records: tuple[str, ...]
    rows: tuple[ImportedRow, ...]
    broken: tuple[Broken, ...]
    notes: tuple[str, ...]


def import_auto_archiver(case: Case, path: Path, *, look: bool = True, progress: Progress | None = None) -> Imported:
    """Take over a folder, CSV or JSON of auto-archiver.

    Parameters
    ----------
    case : Case
    path : Path
        Media are looked for inside its folder only.
    look : bool
        Look at the pictures of what was posted.
    progress : callable (done from 0 to 1, what), optional

    Raises
    ------
    BadInputError
        When nothing of auto-archiver's is there.
    """
    told = progress or no_progress
    outputs = read_auto_archiver(path)
    total = sum(len(output.archived) for output in outputs) or 1
    records: list[str] = []
    rows: list[ImportedRow] = []
    broken: list[Broken] = []
    for output in outputs:
        broken.extend(output.broken)
        record = _keep_record(case, output.path, AUTO_ARCHIVER)
        records.append(record.exhibit_number)
        for archived in output.archived:
            told(len(rows) / total, archived.where)
            found = _taken_over(case, archived, look)
            if not any(file.exhibit_number for file in found):
                reasons = "; ".join(f"{file.name}: {file.trouble}" for file in found)
                broken.append(Broken(archived.where, f"none of its files could be taken ({reasons})"))
                continue
            posted = None if archived.posted is None else iso(archived.posted.at)
            row = ImportedRow(archived.where, archived.url, posted, found, archived.left, ())
            _record_row(case, AUTO_ARCHIVER, record.sha256, row, archived.record)
            rows.append(row)
    return Imported("auto-archiver", tuple(records), tuple(rows), tuple(broken), _notes_of(rows))


def import_bayanat(
    case: Case, path: Path, *, kind: Kind | None = None, look: bool = True, progress: Progress | None = None
) -> Imported:
    """Take over a table of Bayanat's bulletins, actors or incidents.

    What bulletins and incidents say becomes proposals, which nobody has accepted yet. Names of actors are not spread
    into records: they stay in the preserved file, to be entered as persons by hand.

    Parameters
    ----------
    case : Case
    path : Path
        Files that rows name are looked for beside it.
    kind : Kind, optional
        What the rows are; told from the columns unless given.
    look : bool
    progress : callable (done from 0 to 1, what), optional

    Raises
    ------
    BadInputError
        When it is no such table.
    """
    told = progress or no_progress
    data, found, broken = read_bayanat(path, kind)
    record = _keep_record(case, path, BAYANAT)
    text, proposals = _proposed(found, record.sha256)
    if proposals:
        keep_proposals(
            case, data, ReadDocument(path.name, "text/csv", title=path.name), text, [one for _, one in proposals]
        )
    rows: list[ImportedRow] = []
    troubled = list(broken)
    for number, one in enumerate(found):
        told(number / max(len(found), 1), one.where)
        files = tuple(_beside(case, one, name, path.parent, look) for name in one.files)
        if files and not any(file.exhibit_number for file in files):
            troubled.append(Broken(one.where, "; ".join(f"{file.name}: {file.trouble}" for file in files)))
        posted = None if one.published is None else iso(one.published.at)
        said = tuple(proposal.id for where, proposal in proposals if where == one.where)
        row = ImportedRow(one.where, one.link, posted, files, (), said)
        _record_row(case, BAYANAT, record.sha256, row, to_plain(one))
        rows.append(row)
    notes = list(_notes_of(rows))
    actors = sum(one.kind is Kind.ACTOR for one in found)
    if actors:
        notes.append(
            f"{actors} actors: their names stay in {record.exhibit_number} and are in no record. Enter those who "
            "matter as persons, with sealed fields."
        )
    if any(one.published is not None and not one.published.zone_proven for one in found):
        notes.append("Bayanat's dates state no UTC offset: they are taken as UTC, and told as not proven.")
    return Imported("bayanat", (record.exhibit_number,), tuple(rows), tuple(troubled), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Record:
    exhibit_number: str
    sha256: Sha256


def _keep_record(case: Case, path: Path, program: Tool) -> _Record:
    """Preserve the file that rows are read from, once."""
    known = case.records.item(file_hash(path, "sha256"))
    if known is not None:
        item = get_item(case, known["sha256"])
    else:
        item = add_item(case, path, method=f"records of {program.name}, imported", look=False).item
    return _Record(item.exhibit_number, item.sha256)


def _taken_over(case: Case, archived: Archived, look: bool) -> tuple[TakenOver, ...]:
    """The files of a posting, each preserved with how it was obtained and where it was posted."""
    appearance = None
    if archived.posted is not None:
        appearance = Appearance(
            platform=archived.platform,
            account=_clean(archived.account),
            url=archived.url,
            posted=archived.posted,
            text=None if archived.text is None else _clean(archived.text),
        )
    at = "" if archived.processed is None else f" at {iso(archived.processed.at)} by its clock"
    method = _clean(f"archived by auto-archiver ({archived.status or 'no status'}){at}")
    return tuple(
        _one(case, media, archived.url, method, AUTO_ARCHIVER, appearance if media.posted else None, look)
        for media in archived.media
    )


def _beside(case: Case, row: BayanatRow, name: str, folder: Path, look: bool) -> TakenOver:
    """A file that a row of a table names, from the table's own folder."""
    path = folder / name
    here = path.is_file() and not path.is_symlink()
    missing = None if here else "it is not beside the table"
    media = ArchivedMedia(name, path if here else None, missing, "", True, row.stated)
    appearance = None
    if row.published is not None and row.link is not None:
        host = row.link.split("/")[2].removeprefix("www.")
        appearance = Appearance(platform=host, account="not stated", url=row.link, posted=row.published)
    method = _clean(f"collected with Bayanat: {row.kind} {row.id or row.title}")
    return _one(case, media, row.link, method, BAYANAT, appearance, look)


def _one(
    case: Case,
    media: ArchivedMedia,
    url: str | None,
    method: str,
    tool: Tool,
    appearance: Appearance | None,
    look: bool,
) -> TakenOver:
    if media.path is None:
        return TakenOver(media.name, media.role, None, None, False, "not stated", media.missing)
    try:
        sha256 = file_hash(media.path, "sha256")
        compared = "not stated"
        if media.stated is not None:
            compared = "agrees" if file_hash(media.path, media.stated[0]) == media.stated[1] else "differs"
        if (exhibit := _captured_so(case, sha256, tool, url, method)) is not None:
            return TakenOver(media.name, media.role, exhibit, sha256, True, compared, None)
        taken: Taken = add_item(
            case,
            media.path,
            method=method,
            tool=tool,
            url=url,
            appearance=appearance,
            look=look and appearance is not None,
        )
    except WitnessmarkError as error:
        return TakenOver(media.name, media.role, None, None, False, "not stated", error.what)
    except OSError as error:
        why = f"it cannot be read: {error.strerror}"
        return TakenOver(media.name, media.role, None, None, False, "not stated", why)
    return TakenOver(media.name, media.role, taken.item.exhibit_number, taken.item.sha256.hex(), False, compared, None)


def _captured_so(case: Case, sha256: str, tool: Tool, url: str | None, method: str) -> str | None:
    """The exhibit with these bytes, when this very capture is on record already."""
    body = case.records.item(sha256)
    if body is None:
        return None
    wanted = (tool.name, url, method)
    for capture in case.records.captures(sha256):
        if (capture["tool"]["name"], capture["url"], capture["method"]) == wanted:
            return str(body["exhibit_number"])
    return None


def _record_row(case: Case, program: Tool, file: Sha256, row: ImportedRow, told: Plain) -> None:
    """Put a row on record with all that it said, once."""
    items = [Sha256.from_hex(one.sha256) for one in row.files if one.sha256 is not None]
    case.record(
        PremisEvent.CAPTURE,
        "row.imported",
        {"program": program, "file": file, "row": row, "record": _cleaned(told)},
        [file, *dict.fromkeys(items)],
        once=f"row {program.name} {file.hex()} {hashlib.sha256(row.where.encode()).hexdigest()[:16]}",
    )


def _notes_of(rows: Sequence[ImportedRow]) -> tuple[str, ...]:
    files = [(row.where, file) for row in rows for file in row.files]
    differ = [f"{where}: {file.name} is not what its hash says" for where, file in files if file.hash == "differs"]
    gone = [f"{where}: {file.name} was not taken: {file.trouble}" for where, file in files if file.trouble]
    left = sum(len(row.left) for row in rows)
    more = [f"{left} pictures that the archiver drew itself were left: they can be drawn again."] if left else []
    return tuple([*differ, *gone, *more])


def _proposed(rows: Sequence[BayanatRow], document: Sha256) -> tuple[str, list[tuple[str, Proposal]]]:
    """What bulletins and incidents say, as text and as proposals that stand in it."""
    text, found = "", []
    for row in rows:
        if row.kind is Kind.ACTOR:
            continue
        speakers = [one.title for one in row.sources if one.title] or [_ITSELF]
        said: list[tuple[Topic, str, str, SaidPlace | None]] = [
            (Topic.ACT, row.description or row.title, row.title, None)
        ]
        said += [
            (
                Topic.PLACE,
                f"Location: {one.title}",
                f"{row.title}: at {one.title}",
                SaidPlace(one.title, "at", None, None, (), one.title),
            )
            for one in row.locations
            if one.title
        ]
        for topic, passage, statement, place in said:
            passage = _clean(passage)
            start = len(text)
            text += passage + "\n\n"
            key = f"{document.hex()} {row.where} {topic} {passage}"
            proposal = Proposal(
                id=f"P-{hashlib.sha256(key.encode()).hexdigest()[:12]}",
                document=document,
                speaker=_clean(speakers[0]),
                speaker_role=None,
                party=None,
                via=tuple(_clean(one) for one in speakers[1:]),
                about=topic,
                statement=_clean(statement),
                passage=passage,
                start=start,
                end=start + len(passage),
                hedge=Hedge.REPORTS,
                hedge_words=None,
                quoted=False,
                time=None,
                place=place,
                count=None,
                unit=None,
                found_by="Bayanat table",
            )
            found.append((row.where, proposal))
    return text, found


def _clean(text: str) -> str:
    """Text that can be recorded: halves of signs, which no file can hold, are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cleaned(value: Plain) -> Plain:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        return [_cleaned(entry) for entry in value]
    return {_clean(key): _cleaned(entry) for key, entry in value.items()} if isinstance(value, dict) else value
