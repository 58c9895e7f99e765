"""The file a skyline is asked with, and back: every field checked, every repair told.

    {"image": {"width_px": w, "height_px": h}, "hfov_deg": x | [low, high] | null, "eye_height_m": 1.7, "sigma_px": 2,
     "skyline_px": [[x, y], ...], "ignore_px": [[x0, x1], ...], "pitch_deg": [mean, sd] | null,
     "roll_deg": [mean, sd] | null, "at_most_px": [[[x, y], ...], ...], "inner_px": [[[x, y], ...], ...],
     "peaks": [{"name", "lat_deg", "lon_deg", "x_px", "y_px"}, ...]}

Only `image` and `skyline_px` must be there. A pan is ``{"pan": {"frames": [one such object a frame, ...]}}``, where
`image` may also hold the `path` of the picture, or ``{"pan": {...}}`` with the fields of `records.Pan`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.checked_values import (
    MOST_POINTS,
    Refused,
    mean_sd,
    number,
    numbers,
    object_of,
    polyline,
    sequence,
    span,
    whole,
)
from witnessmark.lines.terrain.horizon import EYE_HEIGHT_M
from witnessmark.lines.terrain.records import Pan, Peak, Polyline, Skyline, Span
from witnessmark.plain import Plain, to_plain

MOST_BYTES = 32 << 20
MOST_SIDE_PX = 100_000
MOST_FRAMES = 60
MOST_LISTED = 500
"""Spans, lines or peaks of one frame."""
NARROWEST_DEG, WIDEST_DEG = 1.0, 170.0
"""Fields of view a pinhole camera can be taken for."""
HIGHEST_EYE_M = 9000.0
LEAST_ASKED_PX = 1.0
"""Of the line that must be left outside the ignored spans."""
DEFAULT_SIGMA_PX = 2.0

_BESIDE = ("image", "proposal", "edits", "abstained", "remarks")
"""Fields that tell where a line comes from; the search does not ask them."""
_FIELDS = tuple(field.name for field in fields(Skyline) if field.name not in ("width_px", "height_px"))


@dataclass(frozen=True, slots=True)
class FrameFile:
    """One frame's skyline, and the picture it was drawn on where the file names it."""

    skyline: Skyline
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file asks with.

    Attributes
    ----------
    sight : FrameFile, Pan, or tuple of FrameFile
        The latter are the frames of a pan that is still to be stitched.
    remarks : tuple of str
        What was put right or passed over, one sentence each.
    """

    sight: FrameFile | Pan | tuple[FrameFile, ...]
    remarks: tuple[str, ...]


def read_file(path: Path) -> Asked:
    """Read a skyline's or a pan's file.

    Raises
    ------
    BadInputError
        When the file cannot be read or holds what cannot be used; says where.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInputError(
                f"The skyline file '{path}' has {path.stat().st_size} bytes.",
                f"Thin the line out until it has at most {MOST_BYTES}; one point a pixel column is enough.",
            )
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInputError(
            f"The skyline file '{path}' cannot be read: {error.strerror}.", "Give the path of a JSON file."
        ) from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"The skyline file '{path}' is not UTF-8 text.", "Give the path of a JSON file.") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(
            f"The skyline file '{path}' is not JSON: {str(error)[:120]}.", "See docs/lines/terrain.md for its fields."
        ) from error
    return read(value, str(path), path.parent)


def read(value: object, name: str = "the skyline", folder: Path | None = None) -> Asked:
    """Read what such a file holds, once parsed.

    Parameters
    ----------
    value : object
    name : str
        What to call it in messages.
    folder : Path or None
        Where relative paths of pictures begin.

    Raises
    ------
    BadInputError
        When it cannot be used; says where.
    """
    remarks: list[str] = []
    try:
        whole_thing = object_of(value, "it")
        if "pan" not in whole_thing:
            return Asked(_frame(whole_thing, remarks, folder), tuple(remarks))
        pan = object_of(whole_thing["pan"], "pan")
        if "frames" not in pan:
            return Asked(_stitched(pan), tuple(remarks))
        given = sequence(pan["frames"], "pan.frames", 1, MOST_FRAMES)
        frames = []
        for index, entry in enumerate(given):
            told: list[str] = []
            try:
                frames.append(_frame(object_of(entry, "it"), told, folder))
            except Refused as error:
                raise Refused(f"frame {index + 1}: {error}") from error
            remarks += [f"Frame {index + 1}: {sentence}" for sentence in told]
        return Asked(tuple(frames), tuple(remarks))
    except Refused as error:
        raise BadInputError(f"{name} cannot be used: {error}.", "Put it right and ask again.") from error


def to_file(sight: Skyline | Pan, picture: Path | None = None) -> dict[str, Plain]:
    """A skyline or a stitched pan as such a file holds it; reading it again gives the same."""
    plain = to_plain(sight)
    assert isinstance(plain, dict)
    if isinstance(sight, Pan):
        return {"pan": plain}
    image: dict[str, Plain] = {"width_px": plain.pop("width_px"), "height_px": plain.pop("height_px")}
    if picture is not None:
        image["path"] = str(picture)
    return {"image": image} | plain


def _frame(given: Mapping[str, object], remarks: list[str], folder: Path | None) -> FrameFile:
    for name in given:
        if name not in (*_FIELDS, *_BESIDE):
            remarks.append(f"The field '{str(name)[:40]}' is not known and was not read.")
    image = object_of(given.get("image"), "image")
    width = whole(image.get("width_px"), "image.width_px", 2, MOST_SIDE_PX)
    height = whole(image.get("height_px"), "image.height_px", 2, MOST_SIDE_PX)
    size = (width, height)
    if not given.get("skyline_px") and isinstance(given.get("abstained"), str):
        raise Refused(f"it holds no skyline, as none was found: {str(given['abstained'])[:200].rstrip('.')}")
    skyline = polyline(given.get("skyline_px"), "skyline_px", size, remarks)
    ignore = _ignored(given.get("ignore_px"), width, remarks)
    if _asked_px(skyline, ignore) < LEAST_ASKED_PX:
        raise Refused("ignore_px leaves nothing of skyline_px")
    eye = given.get("eye_height_m")
    sigma = given.get("sigma_px")
    return FrameFile(
        Skyline(
            width,
            height,
            skyline,
            sigma_px=DEFAULT_SIGMA_PX if sigma is None else number(sigma, "sigma_px", 0.0, float(width), above=True),
            hfov_deg=_field_of_view(given.get("hfov_deg")),
            eye_height_m=EYE_HEIGHT_M if eye is None else number(eye, "eye_height_m", 0.0, HIGHEST_EYE_M, above=True),
            pitch_deg=mean_sd(given.get("pitch_deg"), "pitch_deg", 90.0, remarks),
            roll_deg=mean_sd(given.get("roll_deg"), "roll_deg", 180.0, remarks),
            ignore_px=ignore,
            at_most_px=_lines(given.get("at_most_px"), "at_most_px", size, remarks),
            inner_px=_lines(given.get("inner_px"), "inner_px", size, remarks),
            peaks=tuple(_peak(entry, f"peaks[{i}]", size) for i, entry in enumerate(_listed(given, "peaks"))),
        ),
        _picture(image.get("path"), folder),
    )


def _listed(given: Mapping[str, object], name: str) -> tuple[object, ...]:
    return () if given.get(name) is None else sequence(given[name], name, 0, MOST_LISTED)


def _picture(value: object, folder: Path | None) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or "\0" in value:
        raise Refused("image.path is not a path")
    return Path(value) if folder is None else folder / value


def _field_of_view(value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        given = sequence(value, "hfov_deg", 2, 2)
        low, high = (number(entry, "hfov_deg", 0.0, 180.0, above=True, below=True) for entry in given)
        if low > high:
            raise Refused(f"hfov_deg runs from {low:g} down to {high:g}; the lower comes first")
    else:
        low = high = number(value, "hfov_deg", 0.0, 180.0, above=True, below=True)
    if low < NARROWEST_DEG or high > WIDEST_DEG:
        raise Refused(
            f"hfov_deg reaches {low if low < NARROWEST_DEG else high:g}; from {NARROWEST_DEG:g} to {WIDEST_DEG:g} can"
            " be taken for a pinhole camera"
        )
    return low, high


def _lines(value: object, name: str, size: tuple[int, int], remarks: list[str]) -> tuple[Polyline, ...]:
    if value is None:
        return ()
    given = sequence(value, name, 0, MOST_LISTED)
    return tuple(polyline(entry, f"{name}[{index}]", size, remarks) for index, entry in enumerate(given))


def _ignored(value: object, width: int, remarks: list[str]) -> tuple[Span, ...]:
    """Spans within the frame, ascending, overlapping ones joined."""
    if value is None:
        return ()
    given = sequence(value, "ignore_px", 0, MOST_LISTED)
    found = []
    for index, entry in enumerate(given):
        kept = span(entry, f"ignore_px[{index}]", float(width), remarks)
        if kept is not None:
            found.append(kept)
    return joined_spans(found)


def joined_spans(spans: list[Span] | tuple[Span, ...]) -> tuple[Span, ...]:
    """Spans in ascending order, those that touch joined.

    Examples
    --------
    >>> joined_spans([(5.0, 9.0), (0.0, 2.0), (8.0, 12.0)])
    ((0.0, 2.0), (5.0, 12.0))
    """
    joined: list[Span] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


def _asked_px(line: Polyline, ignore: tuple[Span, ...]) -> float:
    """How many columns of the line lie outside the ignored spans."""
    low, high = line[0][0], line[-1][0]
    return (high - low) - sum(max(0.0, min(high, x1) - max(low, x0)) for x0, x1 in ignore)


def _peak(value: object, where: str, size: tuple[int, int]) -> Peak:
    given = object_of(value, where)
    name = given.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        raise Refused(f"{where}.name is not a name of at most 200 letters")
    return Peak(
        name.strip(),
        number(given.get("lat_deg"), f"{where}.lat_deg", -90.0, 90.0),
        number(given.get("lon_deg"), f"{where}.lon_deg", -180.0, 180.0),
        number(given.get("x_px"), f"{where}.x_px", 0.0, float(size[0])),
        number(given.get("y_px"), f"{where}.y_px", 0.0, float(size[1])),
    )


def _stitched(given: Mapping[str, object]) -> Pan:
    azimuth = numbers(given.get("azimuth_deg"), "pan.azimuth_deg", -720.0, 720.0)
    elevation = numbers(given.get("elevation_deg"), "pan.elevation_deg", -90.0, 90.0)
    sigma = numbers(given.get("sigma_deg"), "pan.sigma_deg", 0.0, 90.0, above=True)
    if not 2 <= len(azimuth) == len(elevation) == len(sigma) <= MOST_POINTS:
        raise Refused(
            f"pan has {len(azimuth)} azimuths, {len(elevation)} elevations and {len(sigma)} errors; it takes as many of"
            f" each, 2 to {MOST_POINTS}"
        )
    for index, (before, after) in enumerate(pairwise(azimuth)):
        if after <= before:
            raise Refused(f"pan.azimuth_deg does not ascend at entry {index + 1}: {before:g} is followed by {after:g}")
    if azimuth[-1] - azimuth[0] >= 360.0:
        raise Refused(f"pan.azimuth_deg spans {azimuth[-1] - azimuth[0]:g} degrees; a turn has less than 360")
    pitch = mean_sd(given.get("pitch_deg"), "pan.pitch_deg", 90.0, [])
    roll = mean_sd(given.get("roll_deg"), "pan.roll_deg", 180.0, [])
    if pitch is None or roll is None:
        raise Refused("pan says nothing of its level: pitch_deg and roll_deg must be a mean and a standard error")
    drift, eye = given.get("drift_deg_sd"), given.get("eye_height_m")
    return Pan(
        azimuth,
        elevation,
        sigma,
        number(given.get("scale_sd"), "pan.scale_sd", 0.0, 1.0),
        pitch,
        roll,
        0.0 if drift is None else number(drift, "pan.drift_deg_sd", 0.0, 90.0),
        EYE_HEIGHT_M if eye is None else number(eye, "pan.eye_height_m", 0.0, HIGHEST_EYE_M, above=True),
    )
