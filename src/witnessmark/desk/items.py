"""Taking files in, deriving from them, and telling what is known of an item."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.intake import keep_derived, stored_entry, take_in
from witnessmark.custody.records import Appearance, Capture, CopyKind, Derivation, Item, PremisEvent, Tool
from witnessmark.desk.case import TOOL, Case
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.contract import Picture, no_progress
from witnessmark.media import Broken, Limits, Probe, Still, Survey, blur, contact_sheet, probe, survey
from witnessmark.plain import Plain, from_plain, to_plain

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking in gave: the item, whether its bytes were here already, and what the pictures showed."""

    item: Item
    already_kept: bool
    note: str | None
    media: Mapping[str, Plain] | None


def add_item(
    case: Case,
    source: Path,
    *,
    method: str = "file handed over",
    tool: Tool = TOOL,
    url: str | None = None,
    appearance: Appearance | None = None,
    name: str | None = None,
    look: bool = True,
    started: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Taken:
    """Preserve a file as evidence, and look at it once.

    The same bytes again give the same item and one more capture.

    Parameters
    ----------
    case : Case
    source : Path
    method : str
        How the file was obtained, in the operator's words.
    tool : Tool
        What obtained it, when that was another program.
    url : str, optional
        Where it was obtained.
    appearance : Appearance, optional
        The public posting it was obtained from.
    name : str, optional
        The original file's, where `source` is only where its bytes lie now.
    look : bool
        Probe it and draw a contact sheet; its failing is noted, never an error.
    started : datetime, optional
        When obtaining it began, with an offset; now unless given.
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    Taken

    Raises
    ------
    BadInputError
        When the file is missing, empty, not a regular file, or changes while it is read.
    """
    started = started or dt.datetime.now(dt.UTC)
    name = (name or source.name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")  # any bytes
    told = progress or no_progress
    kept = take_in(
        source, case.objects, progress=lambda done, whole: told(done / max(whole, 1), f"preserving {source.name}")
    )
    capture = Capture(
        tool=tool,
        operator=case.operator,
        method=method,
        original_name=name,
        started=started,
        ended=dt.datetime.now(dt.UTC),
        file_modified=kept.file_modified,
        file_created=kept.file_created,
        url=url,
        appearance=appearance,
    )
    note = f"the name ends in '{source.suffix}', the bytes are {kept.media_type}" if kept.extension_disagrees else None
    with case.writing():
        known = case.records.item(kept.sha256.hex())
        if known is None:
            item = Item(
                exhibit_number=_next_exhibit(case),
                sha256=kept.sha256,
                sha512=kept.sha512,
                size_bytes=kept.size_bytes,
                media_type=kept.media_type,
                copy=CopyKind.EVIDENTIARY,
            )
            case.record(
                PremisEvent.INGESTION,
                "item.taken-in",
                {
                    "item": {**_item_plain(item), "key": kept.key, "name": name},
                    "capture": capture,
                    "stored": [stored_entry(kept)],
                },
                [kept.sha256],
            )
        else:
            payload = {"item": kept.sha256, "capture": capture}
            case.record(PremisEvent.CAPTURE, "item.captured-again", payload, [kept.sha256])
    item = get_item(case, kept.sha256.hex())
    media = None if known is None else known.get("media")
    if look and media is None:  # new, or an earlier intake was killed before the look
        media = examine(case, item, progress=progress)
    return Taken(item, known is not None, note, media)


def examine(case: Case, item: Item, *, progress: Progress | None = None) -> Mapping[str, Plain]:
    """Probe an item and draw its contact sheets, clear and blurred; what could not be decoded is recorded as such.

    Returns
    -------
    mapping
        Media facts in plain values, with ``broken`` when decoding came to nothing.
    """
    path = original_path(case, item)
    facts: dict[str, Plain] = {}
    found = probe(path, Limits())
    seen = survey(path, Limits(), progress=progress) if isinstance(found, Probe) else None
    if isinstance(found, Broken):
        facts["broken"] = to_plain(found)
    else:
        facts.update(_probe_facts(found))
    if isinstance(seen, Broken):
        facts["broken"] = to_plain(seen)
    elif seen is not None:
        facts.update(_survey_facts(seen))
    if isinstance(seen, Survey) and seen.stills and isinstance(found, Probe):
        for shown, name in ((seen, "contact-sheet"), (_blurred(seen), "contact-sheet-blurred")):
            add_derived(
                case,
                item,
                Picture(
                    name=name,
                    caption=f"Contact sheet of {item.exhibit_number}"
                    + (", blurred" if name.endswith("blurred") else ""),
                    png=contact_sheet(shown, found, title=f"{case.reference}  {item.exhibit_number}"),
                    shows_footage=not name.endswith("blurred"),
                ),
                {"stills": len(seen.stills), "blurred": name.endswith("blurred")},
                premis=PremisEvent.REDACTION if name.endswith("blurred") else PremisEvent.CREATION,
            )
    case.record(
        PremisEvent.METADATA_EXTRACTION,
        "item.examined",
        {"item": item.sha256, "media": facts},
        [item.sha256],
        once=f"examined {item.sha256.hex()} {TOOL.version}",
    )
    return facts


def add_derived(
    case: Case,
    parent: Item,
    picture: Picture,
    parameters: Mapping[str, Plain],
    *,
    premis: PremisEvent = PremisEvent.CREATION,
    tool: Tool = TOOL,
) -> Item:
    """Keep a picture made from an item, with what is needed to make it again; the same bytes are kept once."""
    kept = keep_derived(picture.png, case.objects)
    with case.writing():
        known = case.records.item(kept.sha256.hex())
        if known is not None:
            return _item_of(case, known)
        number = len(case.records.items(parent=parent.sha256.hex())) + 1
        item = Item(
            exhibit_number=f"{parent.exhibit_number}-D{number:02d}",
            sha256=kept.sha256,
            sha512=kept.sha512,
            size_bytes=kept.size_bytes,
            media_type="image/png",
            copy=CopyKind.DERIVED,
            derivation=Derivation(parent.sha256, tool, dict(parameters)),
        )
        body = {
            **_item_plain(item),
            "key": kept.key,
            "name": f"{picture.name}.png",
            "caption": picture.caption,
            "shows_footage": picture.shows_footage,
        }
        payload = {"item": body, "stored": [stored_entry(kept)]}
        case.record(premis, "item.derived", payload, [kept.sha256, parent.sha256])
    return item


def add_appearance(case: Case, item: Item, appearance: Appearance) -> None:
    """Record one more public posting of an item."""
    payload = {"item": item.sha256, "appearance": appearance}
    case.record(PremisEvent.METADATA_MODIFICATION, "appearance.recorded", payload, [item.sha256])


def withdraw_appearance(case: Case, item: Item, number: int, reason: str) -> None:
    """Take back a posting that was recorded wrongly; the log keeps both the record and the reason.

    Raises
    ------
    NotFoundError
        When no posting of this item was recorded by that event, or it was withdrawn already.
    BadInputError
        When no reason is given.
    """
    if number not in {event for event, _ in case.records.postings(item.sha256.hex())}:
        raise NotFoundError(
            f"No posting of {item.exhibit_number} stands under number {number}.",
            f"See them with their numbers: witnessmark item show {item.exhibit_number}.",
        )
    if not reason.strip():
        raise BadInputError("A posting is not withdrawn without a reason.", "Say with --reason what was wrong with it.")
    payload = {"item": item.sha256, "number": number, "reason": reason.strip()}
    case.record(PremisEvent.METADATA_MODIFICATION, "appearance.withdrawn", payload, [item.sha256])


def get_item(case: Case, name: str) -> Item:
    """An item by exhibit number or hash.

    Raises
    ------
    NotFoundError
    """
    body = case.records.item(name)
    if body is None:
        raise NotFoundError(
            f"There is no item '{name}' in case {case.reference}.", "See them with: witnessmark item list."
        )
    return _item_of(case, body)


def evidence(case: Case) -> list[Item]:
    """The evidentiary items, by exhibit number."""
    return [_item_of(case, body) for body in case.records.items(copy=CopyKind.EVIDENTIARY)]


def appearances(case: Case, item: Item) -> tuple[Appearance, ...]:
    """Known postings of an item, earliest first."""
    return tuple(from_plain(Appearance, body) for body in case.records.appearances(item.sha256.hex()))


def original_path(case: Case, item: Item) -> Path:
    """Read-only file of an item's bytes."""
    return case.objects.local_path(item_body(case, item)["key"])


def item_body(case: Case, item: Item) -> dict[str, Any]:
    """An item's record: its key, name, caption and media facts."""
    body = case.records.item(item.sha256.hex())
    if body is None:
        raise NotFoundError(f"There is no item {item.exhibit_number} here.", "See them with: witnessmark item list.")
    return body


def show_pictures(case: Case, item: Item, *, clear: bool) -> list[Path]:
    """Put copies of an item's pictures where a person can open them; clear footage only when asked, and logged.

    Returns
    -------
    list of Path
        Files below the case's ``pictures`` folder. They are conveniences: the kept ones are in the object store.
    """
    folder = case.folder / "pictures" / item.exhibit_number
    folder.mkdir(parents=True, exist_ok=True)
    shown: list[Path] = []
    for body in case.records.items(parent=item.sha256.hex()):
        if body["shows_footage"] and not clear:
            continue
        path = folder / Path(body["name"]).name
        put_out(path, case.objects.get(body["key"]))
        if body["shows_footage"]:
            digest = Sha256.from_hex(body["sha256"])
            payload = {"item": item.sha256, "picture": digest, "purpose": "looked at clear footage"}
            case.record(PremisEvent.REPLICATION, "item.looked-at", payload, [digest])
        shown.append(path)
    return shown


def put_out(path: Path, data: bytes) -> None:
    """Write a copy for people to look at: always what is kept, never through a link somebody left there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with draft.open("xb") as file:
        file.write(data)
    draft.replace(path)


def _next_exhibit(case: Case) -> str:
    return f"WM-{case.records.count_items(CopyKind.EVIDENTIARY) + 1:04d}"


def _item_plain(item: Item) -> dict[str, Plain]:
    plain = to_plain(item)
    assert isinstance(plain, dict)
    del plain["captures"]
    return plain


def _item_of(case: Case, body: Mapping[str, Any]) -> Item:
    fields = ("exhibit_number", "sha256", "sha512", "size_bytes", "media_type", "copy", "derivation")
    item = from_plain(Item, {name: body[name] for name in fields})
    captures = tuple(from_plain(Capture, capture) for capture in case.records.captures(item.sha256.hex()))
    return replace(item, captures=captures)


def _blurred(seen: Survey) -> Survey:
    stills = tuple(Still(still.pts_s, still.frame_index, blur(still.rgb)) for still in seen.stills)
    return replace(seen, stills=stills)


def _probe_facts(found: Probe) -> dict[str, Plain]:
    return {
        "format": found.format_name,
        "duration_s": found.duration_s,
        "bit_rate_bps": found.bit_rate_bps,
        "metadata": dict(found.metadata),
        "streams": to_plain(found.streams),
        "encoder_traces": list(found.encoder_traces),
        "warnings": list(found.warnings),
    }


def _survey_facts(seen: Survey) -> dict[str, Plain]:
    return {
        "frames": len(seen.pts_s),
        "width_px": seen.width_px,
        "height_px": seen.height_px,
        "shots_s": to_plain(seen.shots_s),
        "stopped": to_plain(seen.stopped),
    }
