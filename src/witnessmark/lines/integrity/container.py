"""The container in plain words: streams, order of boxes, bytes that are missing."""

from __future__ import annotations

import math

from witnessmark.lines.contract import Remark
from witnessmark.lines.integrity.observations import ContainerFacts, printable
from witnessmark.media.records import Probe, Stream, Survey

FORMATS = {
    "mov,mp4,m4a,3gp,3g2,mj2": "an MP4 or QuickTime file",
    "matroska,webm": "a Matroska or WebM file",
    "avi": "an AVI file",
    "mpegts": "an MPEG transport stream",
    "flv": "a Flash video file",
    "asf": "a Windows Media file",
    "ogg": "an Ogg file",
    "jpeg_pipe": "a JPEG picture",
    "png_pipe": "a PNG picture",
}
SHORT_BY_FRAMES = 2  # frames that codecs hold back at the end


def container_facts(probe: Probe) -> ContainerFacts:
    """What the container says of itself and how its boxes lie."""
    top = [box for box in probe.boxes if box.depth == 0]
    order = tuple(printable(box.kind, 8) for box in top[:60])
    index_first = None
    if "moov" in order and "mdat" in order:
        index_first = order.index("moov") < order.index("mdat")
    last_end = max((box.offset_bytes + box.size_bytes for box in top), default=0)
    lower = {key.lower(): value for key, value in probe.metadata.items()}
    return ContainerFacts(
        format_name=probe.format_name,
        major_brand=printable(lower["major_brand"], 8) if "major_brand" in lower else None,
        size_bytes=probe.size_bytes,
        duration_s=probe.duration_s if probe.duration_s is None or math.isfinite(probe.duration_s) else None,
        box_order=order,
        index_first=index_first,
        missing_bytes=max(0, last_end - probe.size_bytes),
        streams=tuple(_stream(stream) for stream in probe.streams),
    )


def container_remarks(facts: ContainerFacts, probe: Probe, survey: Survey) -> tuple[Remark, ...]:
    """The container's facts as sentences, and what is not whole about them."""
    remarks = [
        Remark(
            "container",
            False,
            f"{_format(facts)}{_brand(facts)} of {facts.size_bytes:,} bytes with "
            f"{len(facts.streams)} stream{'s' if len(facts.streams) != 1 else ''}: {'; '.join(facts.streams)}.",
            "Cameras, editing programs and platforms all write such files.",
        )
    ]
    if facts.index_first is not None:
        where = "before" if facts.index_first else "after"
        remarks.append(
            Remark(
                "container",
                False,
                f"The index (moov) lies {where} the pictures (mdat): {' '.join(facts.box_order[:12])}.",
                "Platforms and exports usually put it first so that playing can start at once."
                if facts.index_first
                else "A recorder that writes as it goes puts it last; so do many editing programs.",
            )
        )
    if facts.missing_bytes:
        remarks.append(
            Remark(
                "container",
                True,
                f"The file ends {facts.missing_bytes:,} bytes before the end of its last box.",
                "An interrupted download or copy does this; fetch it again and compare.",
            )
        )
    remarks.extend(_short(probe, survey))
    remarks.extend(
        Remark(
            "container",
            True,
            f"Reading the container gave a warning: {printable(warning, 300).rstrip('.')}.",
            _WARNING_CAUSES,
        )
        for warning in probe.warnings[:10]
    )
    return tuple(remarks)


_WARNING_CAUSES = "Damage in transit, an interrupted recording or an unusual program can cause it."


def _short(probe: Probe, survey: Survey) -> list[Remark]:
    """Fewer frames than the container states."""
    if survey.stopped is not None:
        stopped = survey.stopped
        reached = "" if stopped.at_s is None else f" at {stopped.at_s:.2f} s"
        return [
            Remark(
                "container",
                True,
                f"Decoding stopped{reached} after {stopped.frames_decoded} frames: {stopped.reason.rstrip('.')}.",
                "A damaged or cut-off file, or the limits set for decoding; what comes after was not examined.",
            )
        ]
    stated = next((stream.frames_stated for stream in probe.streams if stream.kind == "video"), 0)
    decoded = len(survey.pts_s)
    if stated > 0 and decoded < stated - SHORT_BY_FRAMES:
        return [
            Remark(
                "container",
                True,
                f"The container states {stated} frames, {decoded} could be decoded.",
                "A recording that was interrupted, a download that was cut off, or frames that an edit list hides.",
            )
        ]
    return []


def _format(facts: ContainerFacts) -> str:
    named = FORMATS.get(facts.format_name)
    return f"It is {named}" if named else f"Its format is {facts.format_name}"


def _brand(facts: ContainerFacts) -> str:
    return f" (brand {facts.major_brand.strip()})" if facts.major_brand and facts.major_brand.strip() else ""


def _stream(stream: Stream) -> str:
    if stream.kind == "video":
        rate = f" at {stream.mean_rate_hz:.3g} frames a second" if stream.mean_rate_hz else ""
        turned = f", to be shown turned by {stream.rotation_deg} degrees" if stream.rotation_deg else ""
        return f"{stream.codec} pictures of {stream.width_px} x {stream.height_px} pixels{rate}{turned}"
    if stream.kind == "audio":
        channels = f", {stream.channels} channel{'s' if stream.channels != 1 else ''}" if stream.channels else ""
        rate = f" at {stream.sample_rate_hz} Hz" if stream.sample_rate_hz else ""
        return f"{stream.codec} sound{rate}{channels}"
    return f"a {stream.kind} stream ({stream.codec})"
