"""What the text line says of what it saw, and names of the case pointed out in readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from witnessmark.lines.contract import Remark
from witnessmark.lines.providers.names import NameBook
from witnessmark.lines.text.looking import Looked
from witnessmark.lines.text.observations import UNDETERMINED, NamedIn, Written
from witnessmark.plain import Plain

SHOWN = 12
"""Texts told one by one among the remarks; all are kept."""
LAYER_WORDS = {
    "overlay": "laid over the picture",
    "scene": "in front of the camera",
    UNDETERMINED: "laid over or in front of the camera, it cannot be told",
}


def with_names(written: Sequence[Written], book: NameBook | None) -> tuple[Written, ...]:
    """The texts with the case's names that their readings may hold, each name once a text, the best reading first."""
    if book is None or not book.things:
        return tuple(written)
    return tuple(replace(each, names=_names(each, book)) for each in written)


def _names(written: Written, book: NameBook) -> tuple[NamedIn, ...]:
    found: dict[str, NamedIn] = {}
    for number, reading in enumerate(written.readings):
        for spotted in book.spot(reading.text):
            found.setdefault(
                spotted.thing.id,
                NamedIn(
                    thing_id=spotted.thing.id,
                    name=spotted.thing.name,
                    kind=spotted.thing.kind,
                    words=spotted.text,
                    reading_index=number,
                    how=spotted.how,
                    closeness_share=round(spotted.closeness, 3),
                    rivals=tuple(rival.name for rival in spotted.rivals),
                ),
            )
    return tuple(found.values())


def remarks_of(looked: Looked, written: Sequence[Written], unread_scripts: Sequence[str]) -> tuple[Remark, ...]:
    """What a careful reader should know, in sentences."""
    made: list[Remark] = []
    for each in written[:SHOWN]:
        script = "its script cannot be told" if each.script == UNDETERMINED else f"{each.script} script"
        rivals = "; ".join(f"'{reading.text}'" for reading in each.readings[1:3])
        seen = f"{each.id} may read '{each.readings[0].text}' ({script}; {LAYER_WORDS[each.layer]})."
        made.append(
            Remark(
                "writing",
                False,
                seen,
                f"Other readings: {rivals}." if rivals else "No other reading made sense to the reader.",
                (each.from_s,) if each.from_s == each.until_s else (each.from_s, each.until_s),
            )
        )
        for name in each.names:
            others = f", or {', '.join(name.rivals)}" if name.rivals else ""
            made.append(
                Remark(
                    "name",
                    True,
                    f"'{name.words}' in {each.id} may be {name.kind} '{name.name}'{others} ({name.how} spelling).",
                    "Names are shared, signs point elsewhere, and readings are wrong at times: a person decides.",
                    (each.from_s,),
                )
            )
    if len(written) > SHOWN:
        made.append(Remark("more", False, f"{len(written) - SHOWN} more texts are kept.", "They read less surely."))
    if unread_scripts:
        made.append(
            Remark(
                "packs",
                True,
                f"No language pack for {', '.join(unread_scripts)} is at hand: writing in it was not read, or was "
                "read as another script.",
                "That no text in a script is told says nothing where its pack is missing.",
            )
        )
    return tuple(made)


def to_json(looked: Looked, written: Sequence[Written], unread_scripts: Sequence[str]) -> dict[str, Plain]:
    """What a program is told of a file."""
    return {
        "frames_s": list(looked.frames_at_s),
        "width_px": looked.width_px,
        "height_px": looked.height_px,
        "detector": looked.detector,
        "reader": looked.reader,
        "packs": [{"name": pack.name, "script": pack.script, "sha256": pack.sha256} for pack in looked.packs],
        "unread_scripts": list(unread_scripts),
        "boxes": looked.boxes_count,
        "left_out": looked.left_out_count,
        "stopped": looked.stopped or None,
        "texts": [_text_json(each) for each in written],
    }


def _text_json(each: Written) -> dict[str, Plain]:
    return {
        "id": each.id,
        "text": each.readings[0].text,
        "script": each.script,
        "script_share": round(each.script_share, 3),
        "layer": each.layer,
        "layer_why": each.layer_why,
        "right_to_left": each.right_to_left,
        "from_s": each.from_s,
        "until_s": each.until_s,
        "frames": each.frames_count,
        "box": [[x, y] for x, y in each.best.corners_px],
        "box_at_s": each.best.at_s,
        "height_px": each.best.height_px,
        "readings": [
            {
                "text": reading.text,
                "script": reading.script,
                "pack": reading.pack,
                "confidence": round(reading.confidence_share, 3),
                "frames": reading.frames_count,
            }
            for reading in each.readings
        ],
        "names": [
            {
                "id": name.thing_id,
                "name": name.name,
                "kind": name.kind,
                "words": name.words,
                "reading": name.reading_index,
                "how": name.how,
                "closeness": name.closeness_share,
                "rivals": list(name.rivals),
            }
            for name in each.names
        ],
        "suggestion": True,
    }
