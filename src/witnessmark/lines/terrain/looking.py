"""From marks and providers to a question that can be searched: which line, which region, which elevation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.lines.contract import InputRef, Mark, Marks, Remark, Tools
from witnessmark.lines.providers.contract import ElevationProvider
from witnessmark.lines.terrain.ground import LEAST_COVERED
from witnessmark.lines.terrain.observations import Axis, Searches, Sighted
from witnessmark.lines.terrain.records import Pan, Skyline
from witnessmark.lines.terrain.sighting import Sighting, sighting_of
from witnessmark.lines.terrain.skyline_file import FrameFile, read
from witnessmark.media.records import Broken
from witnessmark.plain import Plain

SKYLINE, SEARCH = "skyline", "search"
"""Kinds of marks that are read."""
ASK_ELEVATION, ASK_SEARCH = "elevation:", "search:"
OURS = ("edits", "pan_name")
"""Fields of a skyline mark besides those of a skyline file: the log of its edits, and which pan it belongs to."""
MOST_MARKS = 60
LATTICE = 25
"""Places a side at which providers are asked how much of a region they cover."""
FRAME_SIDE_PX, FRAME_QUALITY = 960, 80
DRAWN_POINTS = 240
COARSEST_M, FINEST_M = 2000.0, 10.0
DEFAULT_SPACING_M = 100.0


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Why nothing is observed."""

    reason: str
    what_would_help: str


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The line that is searched for.

    Attributes
    ----------
    asked : Skyline or Pan
    ready : Sighting
    marks : tuple of Mark
        Those it was read from.
    axes : tuple of Axis
        Of its frames.
    """

    asked: Skyline | Pan
    ready: Sighting
    marks: tuple[Mark, ...]
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Where to look, and where what was computed is kept for the next time."""

    region_deg: tuple[float, float, float, float]
    spacing_m: float
    asked_by: str
    folder: Path | None = None


def inputs_of(item: Item, marks: Sequence[Mark]) -> tuple[InputRef, ...]:
    """The marks that are read, each by the hash of what it holds."""
    refs = [InputRef(Sha256.of(_mark_bytes(mark)), f"mark:{mark.id}") for mark in marks]
    return tuple(refs) or (InputRef(item.sha256, "marks"),)


def _mark_bytes(mark: Mark) -> bytes:
    # repr, not canonical JSON: a hostile body need not have a canonical form
    body = sorted((str(key), repr(value)) for key, value in mark.body.items()) if _has_fields(mark) else repr(mark.body)
    return repr((mark.kind, mark.at_pts_s, body)).encode("utf-8", "replace")


def _has_fields(mark: Mark) -> bool:
    return isinstance(mark.body, Mapping)


def sight_of(marks: Marks, tools: Tools, remarks: list[Remark]) -> Sight | CannotTell:
    """The line to search with: of several that were marked, the one that spans the widest angle.

    Parameters
    ----------
    marks : Marks
        Of any kind. Skylines with the same ``pan_name`` are frames of one pan.
    tools : Tools
        The pictures of a pan's frames come from the original.
    remarks : list of Remark
        Added to: what was put right, passed over or refused.
    """
    drawn = [mark for mark in marks if mark.kind == SKYLINE]
    if not drawn:
        return CannotTell(
            "No skyline is marked.", "Mark where ground meets sky in a frame, as a mark of kind 'skyline'."
        )
    if len(drawn) > MOST_MARKS:
        remarks.append(_told(f"Of {len(drawn)} skyline marks only the first {MOST_MARKS} were read."))
    groups: dict[str, list[Mark]] = {}
    for mark in sorted(drawn[:MOST_MARKS], key=lambda each: (_at_s(each), each.id)):
        groups.setdefault(_group(mark), []).append(mark)
    found: list[Sight] = []
    refused: list[str] = []
    for members in groups.values():
        try:
            found.append(_sight(members, tools, remarks))
        except WitnessmarkError as error:
            refused.append(f"{error.what} {error.do}")
    if not found:
        return CannotTell(" ".join(refused[:3]), "Correct the mark; its fields are described in docs/lines/terrain.md.")
    for text in refused:
        remarks.append(_told(text))
    widest = max(found, key=lambda sight: sight.ready.span_deg)
    if len(found) > 1:
        names = ", ".join(mark.id for sight in found if sight is not widest for mark in sight.marks)
        remarks.append(
            Remark(
                "mark",
                False,
                f"Several lines are marked; the widest was searched with, not {names[:200]}.",
                "Frames of one pan from one spot are searched together when their marks bear the same pan_name.",
            )
        )
    return widest


def _told(text: str) -> Remark:
    return Remark("mark", True, text, "A slip of the hand or of a program.")


def _at_s(mark: Mark) -> float:
    return mark.at_pts_s if mark.at_pts_s is not None and math.isfinite(mark.at_pts_s) else 0.0


def _group(mark: Mark) -> str:
    name = mark.body.get("pan_name") if _has_fields(mark) else None
    return f"pan {name}" if isinstance(name, str) and name.strip() else f"mark {mark.id}"


def _sight(members: Sequence[Mark], tools: Tools, remarks: list[Remark]) -> Sight:
    """One frame, or the frames of a pan stitched.

    Raises
    ------
    BadInputError
        When a mark cannot be used.
    """
    frames: list[tuple[Skyline, float | None]] = []
    stitched: Pan | None = None
    for mark in members:
        body: Mapping[str, object] = mark.body
        fields = {name: value for name, value in body.items() if name not in OURS} if _has_fields(mark) else body
        asked = read(fields, f"The skyline mark {mark.id[:60]}")
        remarks += [
            Remark("mark", False, f"Of mark {mark.id[:60]}: {text}", "It was put right by itself.")
            for text in asked.remarks
        ]
        if isinstance(asked.sight, Pan):
            stitched = asked.sight
        elif isinstance(asked.sight, FrameFile):
            frames.append((asked.sight.skyline, mark.at_pts_s))
        else:
            raise BadInputError(
                f"The skyline mark {mark.id[:60]} holds the frames of a pan.",
                "Draw one mark a frame, at the frame's time, with the same pan_name.",
            )
    if stitched is not None:  # which of its directions a frame's axis is, such a file does not say
        return Sight(stitched, sighting_of(stitched), tuple(members), ())
    if len(frames) == 1:
        (skyline, at_s) = frames[0]
        return Sight(skyline, sighting_of(skyline), tuple(members), (Axis(at_s, 0.0, 0.0),))
    from witnessmark.lines.terrain.pan import joined_frames

    joined = joined_frames([(skyline, _picture(tools, when)) for skyline, when in frames])
    remarks += [
        Remark("pan", False, text, "It is left out; the rest of the pan is searched with.") for text in joined.remarks
    ]
    pan = joined.pan
    axes = tuple(
        Axis(frames[number][1], turned, round(abs(turned) * pan.scale_sd + pan.drift_deg_sd, 4))
        for number, turned in zip(joined.used, joined.axis_deg, strict=True)
    )
    return Sight(pan, sighting_of(pan), tuple(members), axes)


def _picture(tools: Tools, at_s: float | None) -> NDArray[np.uint8] | None:
    """The picture of a frame at full size; None when it cannot be decoded."""
    still = media.still_at(tools.original, at_s or 0.0)
    return None if isinstance(still, Broken) else still.rgb


def region_of(marks: Marks, tools: Tools, remarks: list[Remark]) -> Region | CannotTell:
    """Where to look: a person's mark, else the case's region."""
    given: Region | None = None
    for name in sorted(tools.providers):
        asked = tools.providers[name]
        if name.startswith(ASK_SEARCH) and isinstance(asked, Searches):
            given = Region(asked.region_deg, asked.spacing_m, "case", asked.folder)
            break
    for mark in sorted((mark for mark in marks if mark.kind == SEARCH), key=lambda each: each.id):
        found = _stated(mark.body if _has_fields(mark) else {})
        if isinstance(found, Region):
            return replace(found, folder=given.folder if given else None)
        remarks.append(_told(f"The search mark {mark.id[:60]} was passed over: {found}."))
    if given is not None:
        return given
    return CannotTell(
        "It is not said where to look.",
        "Set the case's region, or draw a mark of kind 'search' with region_deg [west, south, east, north].",
    )


def _stated(body: Mapping[str, Plain]) -> Region | str:
    region = body.get("region_deg")
    spacing = body.get("spacing_m", DEFAULT_SPACING_M)
    if not isinstance(region, (list, tuple)) or len(region) != 4 or not all(_is_number(value) for value in region):
        return "region_deg is not west, south, east, north in degrees"
    if not _is_number(spacing) or not FINEST_M <= float(str(spacing)) <= COARSEST_M:
        return f"spacing_m must lie from {FINEST_M:g} to {COARSEST_M:g}"
    west, south, east, north = (float(str(value)) for value in region)
    if not (-85.0 <= south < north <= 85.0 and -180.0 <= west <= 180.0 and -180.0 <= east <= 180.0 and west != east):
        return "region_deg holds no ground"
    return Region((west, south, east, north), float(str(spacing)), "mark")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def elevation_of(region: Region, tools: Tools, remarks: list[Remark]) -> tuple[str, ElevationProvider] | CannotTell:
    """The provider that covers most of the region; the first by name where several cover as much."""
    west, south, east, north = region.region_deg
    lat, lon = np.meshgrid(
        np.linspace(south, north, LATTICE), np.linspace(west, east if east > west else east + 360.0, LATTICE)
    )
    best: tuple[float, str, ElevationProvider] | None = None
    for name in sorted(tools.providers):
        asked = tools.providers[name]
        if not name.startswith(ASK_ELEVATION) or not isinstance(asked, ElevationProvider):
            continue
        try:
            found = asked.heights(lat, (lon + 180.0) % 360.0 - 180.0)
        except WitnessmarkError as error:
            remarks.append(Remark("elevation", True, f"{name} could not be read: {error}", "A file may be damaged."))
            continue
        covered = float(np.mean(np.isfinite(found.height_m) | (False if found.void is None else found.void)))
        if best is None or covered > best[0] + 0.02:
            best = (covered, name, asked)
    if best is None:
        return CannotTell(
            "There is no elevation model to search.",
            "Put elevation tiles (GeoTIFF, .hgt, DTED) of the region into outside/elevation of the case.",
        )
    if best[0] < LEAST_COVERED:
        return CannotTell(
            f"{100.0 * (1.0 - best[0]):.0f} % of the region to search lies outside the elevation data.",
            f"Add tiles for {west:g},{south:g},{east:g},{north:g} (west, south, east, north), or search a smaller one.",
        )
    return best[1], best[2]


def sighted_of(sight: Sight, tools: Tools) -> Sighted:
    """What was marked, with the frame to draw on where it can be had."""
    asked = sight.asked
    at_s = sight.axes[0].at_s if sight.axes else None
    jpeg = small_frame(tools.original, at_s or 0.0, asked) if isinstance(asked, Skyline) else b""
    return sighted(asked, sight.ready, tuple(mark.id for mark in sight.marks), sight.axes, jpeg)


def sighted(
    asked: Skyline | Pan, ready: Sighting, names: tuple[str, ...], axes: tuple[Axis, ...], jpeg: bytes
) -> Sighted:
    """What was marked, thinned to be kept and drawn."""
    line = (
        tuple(zip(asked.azimuth_deg, asked.elevation_deg, strict=True)) if isinstance(asked, Pan) else asked.skyline_px
    )
    return Sighted(
        kind="pan" if isinstance(asked, Pan) else "frame",
        marks=names,
        frames_count=max(1, len(axes)),
        columns_count=len(ready.points.a),
        span_deg=round(ready.span_deg, 2),
        axes=axes,
        width_px=0 if isinstance(asked, Pan) else asked.width_px,
        height_px=0 if isinstance(asked, Pan) else asked.height_px,
        line_px=tuple((round(float(x), 2), round(float(y), 2)) for x, y in line[:: max(1, len(line) // DRAWN_POINTS)]),
        ignored_px=() if isinstance(asked, Pan) else tuple((float(x0), float(x1)) for x0, x1 in asked.ignore_px),
        frame_jpeg=jpeg,
    )


def small_frame(original: Path, at_s: float, asked: Skyline) -> bytes:
    """The frame as a small JPEG; empty when it cannot be decoded or has another shape than was marked."""
    still = media.still_at(original, at_s, max_side_px=FRAME_SIDE_PX)
    if isinstance(still, Broken):
        return b""
    height, width = still.rgb.shape[:2]
    if abs(width * asked.height_px - height * asked.width_px) > 0.02 * width * asked.height_px:
        return b""
    bgr = cv2.cvtColor(still.rgb, cv2.COLOR_RGB2BGR)
    done, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, FRAME_QUALITY])
    return coded.tobytes() if done else b""
