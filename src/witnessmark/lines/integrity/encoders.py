"""Strings that programs leave in the files they write: what each implies, and what it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from witnessmark.lines.contract import Remark
from witnessmark.lines.integrity.observations import KEEP_AT_MOST, Trace, printable
from witnessmark.media.records import Probe


@dataclass(frozen=True, slots=True)
class _Sign:
    pattern: re.Pattern[str]
    kind: str
    who: str
    implies: str
    does_not_imply: str


_REWRITTEN = "that the pictures or their order were changed: exporting, shortening or converting writes it too"
_ANYBODY = "who ran it or why; cameras, platforms and editing programs have it inside"
_CAMERA = "that the file is as the camera wrote it: these words survive copying and can be written by anybody"
_PLATFORM = "that the account which posted it filmed it, or when it was filmed"


def _sign(pattern: str, kind: str, who: str, implies: str, does_not_imply: str) -> _Sign:
    return _Sign(re.compile(pattern, re.IGNORECASE), kind, who, implies, does_not_imply)


SIGNS = (
    _sign(
        r"Adobe|Premiere|After Effects|Mainconcept|^\W?AVC Coding$",
        "editor",
        "an Adobe or MainConcept encoder",
        "that an editing or export program wrote the file",
        _REWRITTEN,
    ),
    _sign(
        r"Final Cut|iMovie|DaVinci|Resolve|Kdenlive|Shotcut|OpenShot|VEGAS|Avidemux|Movie ?Maker|Clipchamp|Filmora",
        "editor",
        "an editing program",
        "that an editing program wrote the file",
        _REWRITTEN,
    ),
    _sign(
        r"CapCut|InShot|KineMaster|VivaVideo|VN Video|Splice|VideoShow",
        "editor",
        "an editing app for phones",
        "that an editing app wrote the file",
        _REWRITTEN,
    ),
    _sign(r"HandBrake", "editor", "HandBrake", "that the file was converted", _REWRITTEN),
    _sign(
        r"produced by Google",
        "platform",
        "a Google service such as YouTube",
        "that the file came through a Google service",
        _PLATFORM,
    ),
    _sign(r"Twitter-vork", "platform", "Twitter/X", "that the file came through Twitter/X", _PLATFORM),
    _sign(r"^vid:v[0-9a-z]+|TikTok", "platform", "TikTok", "that the file came through TikTok", _PLATFORM),
    _sign(
        r"Facebook|Instagram|WhatsApp|Telegram|Snapchat|Elemental H\.264",
        "platform",
        "a platform",
        "that the file came through a platform or its app",
        _PLATFORM,
    ),
    _sign(
        r"com\.apple\.quicktime\.(make|model)|com\.android\.(version|capture|manufacturer|model)|GoPro|^DJI|^AVCHD",
        "camera",
        "a camera or phone",
        "that a recording device wrote it, or a program that kept its words",
        _CAMERA,
    ),
    _sign(
        r"^(VideoHandle|SoundHandle)$",
        "camera",
        "the recorder inside Android",
        "that a recording device wrote it, or a program that kept its words",
        _CAMERA,
    ),
    _sign(
        r"Core Media",
        "unknown",
        "Apple's media framework",
        "that an Apple device wrote it: its cameras and its editing apps alike",
        "that it is a camera's original",
    ),
    _sign(
        r"Lavf|Lavc|x264|x265|SVT-AV1|L-SMASH|GPAC|Bento4|mkvmerge|libebml|libwebm|mp4v2|XiphOphorus|Xiph\.Org",
        "generic",
        "a widely used library",
        "that a program with that library wrote or rewrote the file; recorders in phones seldom carry it",
        _ANYBODY,
    ),
)
METADATA_SIGNS = ("make", "model", "com.apple.quicktime.make", "com.apple.quicktime.model", "com.android.version")
RANK = ("editor", "platform", "generic", "camera", "unknown")  # who wrote last: a camera's words survive rewriting


def traces_of(probe: Probe) -> tuple[Trace, ...]:
    """The encoder traces, sorted into kinds; a string of no known program is kept as unknown."""
    found = [_read(text) for text in probe.encoder_traces]
    for place in (probe.metadata, *(stream.metadata for stream in probe.streams)):
        lower = {key.lower(): value for key, value in place.items()}
        found += [_read_camera(f"{field}: {lower[field]}") for field in METADATA_SIGNS if lower.get(field, "").strip()]
    unique = {trace.text: trace for trace in found}
    return tuple(unique.values())[:KEEP_AT_MOST]


def writer_of(traces: tuple[Trace, ...]) -> str:
    """Who last wrote the file, as far as traces tell: camera | editor | platform | generic | unknown."""
    kinds = {trace.kind for trace in traces}
    return next((kind for kind in RANK if kind in kinds), "unknown")


def encoder_remarks(traces: tuple[Trace, ...]) -> tuple[Remark, ...]:
    """One sentence a program."""
    by_who: dict[str, list[Trace]] = {}
    for trace in traces:
        if trace.who:
            by_who.setdefault(trace.who, []).append(trace)
    remarks = [
        Remark(
            "encoder",
            same[0].kind == "editor",
            f"It holds the words {', '.join(repr(trace.text) for trace in same[:4])}, as {who} leaves them: "
            f"this implies {same[0].implies}.",
            f"It does not imply {same[0].does_not_imply}.",
        )
        for who, same in by_who.items()
    ]
    if not remarks:
        remarks.append(
            Remark(
                "encoder",
                False,
                "It holds no words of a known camera, program or platform.",
                "Most platforms remove them, and many recorders leave none; their absence proves nothing.",
            )
        )
    return tuple(remarks)


def _read(text: str) -> Trace:
    if len(text) > 1 and ord(text[0]) == len(text) - 1:
        text = text[1:]  # QuickTime writes handler names as Pascal strings, their length in front
    shown = printable(text)
    for sign in SIGNS:
        if sign.pattern.search(shown):
            return Trace(shown, sign.kind, sign.who, sign.implies, sign.does_not_imply)
    return Trace(shown, "unknown", "", "", "")


def _read_camera(text: str) -> Trace:
    shown = printable(text)
    who = "a camera or phone"
    return Trace(shown, "camera", who, "that a recording device wrote it, or a program that kept its words", _CAMERA)
