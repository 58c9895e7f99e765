"""Strings that encoders, muxers, editors and platforms leave in a file: the first and last megabytes are read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from witnessmark.media.worker.source import Handed

HEAD_BYTES = 6 << 20
TAIL_BYTES = 2 << 20
TRACES_MAX = 40

_MARKS = re.compile(
    rb"x264 - core \d{1,4}(?: r\d+)?(?: [0-9a-f]{7})?"
    rb"|x265 \(build \d{1,4}\)(?: - [\w.+\-]{1,40})?"
    rb"|Lavf\d{1,3}(?:\.\d{1,3}){0,2}"
    rb"|Lavc\d{1,3}(?:\.\d{1,3}){0,2}(?: [a-z0-9_\-]{2,20})?"
    rb"|HandBrake [\w.\-]{1,24}"
    rb"|ISO Media file produced by Google Inc\."
    rb"|vid:v[0-9a-z]{20,40}"  # TikTok writes the clip's number as a comment
    rb"|Twitter-vork muxer"
    rb"|(?:Adobe Premiere|Adobe Media Encoder|DaVinci Resolve|Final Cut Pro|After Effects)[ \w.]{0,30}"
    rb"|(?:TikTok|CapCut|InShot|KineMaster|VivaVideo|WhatsApp|Telegram|Instagram|Snapchat|VideoShow)(?![a-z])"
    rb"|com\.apple\.quicktime\.(?:make|model|software|creationdate)"
    rb"|com\.android\.(?:version|capture\.fps|manufacturer|model)"
    rb"|IsoMedia File Produced with GPAC[ \w.\-]{0,40}"
    rb"|GPAC-[\w.\-]{1,40}"
    rb"|Mainconcept[ \w.]{0,30}"
    rb"|GoPro[ \w]{0,20}"
    rb"|DJI[. ][\w.\-]{1,30}"
    rb"|XiphOphorus|Xiph\.Org libVorbis[ \w]{0,30}|libwebm-[\d.]{1,12}|libebml v[\d.]{1,12}|mkvmerge v[\d.]{1,12}"
    rb"|Elemental H\.264|AVCHD|SVT-AV1[ \w.\-]{0,40}"
)
_KEYS = frozenset(
    {
        "encoder",
        "encoded_by",
        "muxing_app",
        "writing_app",
        "writing_library",
        "software",
        "handler_name",
        "comment",
        "com.apple.quicktime.software",
        "com.android.version",
        "tool",
        "encoding_tool",
        "isft",
    }
)


def traces(handed: Handed, metadata: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Strings found in the metadata, then in the bytes, in order of finding, each once.

    Parameters
    ----------
    handed : Handed
    metadata : iterable of (key, text)
        Of the container and its streams. iTunes' ``©too`` arrives as ``encoder``.

    Returns
    -------
    tuple of str
        At most `TRACES_MAX`.
    """
    found: dict[str, None] = {}
    for key, text in metadata:
        if key.lower() in _KEYS and text.strip():
            found.setdefault(text.strip()[:200])
    for start, count in _spans(handed.size_bytes):
        handed.seek(start)
        for match in _MARKS.finditer(_read(handed, count)):
            found.setdefault(match.group().decode("latin-1").strip())
            if len(found) >= TRACES_MAX:
                return tuple(found)
    return tuple(found)


def _spans(size: int) -> list[tuple[int, int]]:
    if size <= HEAD_BYTES + TAIL_BYTES:
        return [(0, size)]
    return [(0, HEAD_BYTES), (size - TAIL_BYTES, TAIL_BYTES)]


def _read(handed: Handed, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0 and (part := handed.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
