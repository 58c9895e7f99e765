"""What a person draws or labels on an item; every mark is an event, and taking one back is another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.contract import Mark
from witnessmark.plain import Plain, canonical, from_plain

LARGEST_RADIUS_M = 2e7
"""Half the way round the earth: beyond it a place says nothing."""
CAMERA_PLACE = "camera-place"
"""Where the camera is known to have stood: body ``lat_deg``, ``lon_deg``, ``radius_m``, ``how_known``."""


def draw_mark(case: Case, item: Item, kind: str, body: Mapping[str, Plain], *, at_pts_s: float | None = None) -> Mark:
    """Put a mark on record; the same mark by the same person again is the same mark.

    Parameters
    ----------
    case : Case
    item : Item
    kind : str
        As the line that reads it documents it.
    body : mapping
        Plain values, units in the names.
    at_pts_s : float, optional
        The frame's presentation time [s]; the whole item unless given.

    Raises
    ------
    BadInputError
        When the kind is no word, or the body holds what cannot be kept, such as a number that is none.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,63}", kind):
        raise BadInputError(f"'{kind}' is no kind of mark.", "Kinds are lower-case words such as 'skyline'.")
    if kind == CAMERA_PLACE:
        _check_camera_place(body)
    if at_pts_s is not None and not math.isfinite(at_pts_s):
        raise BadInputError(f"{at_pts_s} is no time of a frame.", "Give it in seconds.")
    try:
        canonical(dict(body))
    except (ValueError, TypeError) as error:
        raise BadInputError(f"The mark cannot be kept as it is ({error}).", "Give text and finite numbers.") from error
    said: dict[str, object] = {
        "item": item.sha256,
        "kind": kind,
        "author": case.operator,
        "at_pts_s": at_pts_s,
        "body": dict(body),
    }
    mark = Mark(f"M-{Sha256.of(canonical(said)).hex()[:12]}", item.sha256, kind, case.operator, at_pts_s, dict(body))
    with case.writing():
        if all(known.id != mark.id for known in marks(case, item)):
            case.record(PremisEvent.METADATA_MODIFICATION, "mark.drawn", {"mark": mark}, [item.sha256])
    return mark


def withdraw_mark(case: Case, item: Item, mark_id: str, reason: str) -> None:
    """Take a mark back; the log keeps it, and the reason.

    Raises
    ------
    NotFoundError
        When no such mark stands on the item.
    BadInputError
        When no reason is given.
    """
    if not reason.strip():
        raise BadInputError("A mark is not withdrawn without a reason.", "Say with --reason what was wrong with it.")
    with case.writing():
        if all(known.id != mark_id for known in marks(case, item)):
            raise NotFoundError(
                f"There is no mark '{mark_id}' on {item.exhibit_number}.",
                f"See them with: witnessmark mark list {item.exhibit_number}.",
            )
        payload = {"id": mark_id, "reason": reason.strip()}
        case.record(PremisEvent.METADATA_MODIFICATION, "mark.withdrawn", payload, [item.sha256])


def marks(case: Case, item: Item) -> tuple[Mark, ...]:
    """The marks that stand on an item, by id."""
    return tuple(from_plain(Mark, body) for body in case.records.marks(item.sha256.hex()))


def mark_camera_place(case: Case, item: Item, lat_deg: float, lon_deg: float, radius_m: float, how_known: str) -> Mark:
    """Say where the camera of an item is known to have stood, so that other footage can be compared with it.

    Parameters
    ----------
    case : Case
    item : Item
        A recording or a photograph.
    lat_deg, lon_deg : float
        WGS 84 [deg].
    radius_m : float
        The camera stood within this distance of the point with 95 % probability [m].
    how_known : str
        In the person's words; never empty.

    Raises
    ------
    BadInputError
        When the place is none, its error is not given, or it is not said how it is known.
    """
    body: dict[str, Plain] = {
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "radius_m": radius_m,
        "how_known": how_known.strip(),
    }
    return draw_mark(case, item, CAMERA_PLACE, body)


def _check_camera_place(body: Mapping[str, Plain]) -> None:
    numbers = [body.get(name) for name in ("lat_deg", "lon_deg", "radius_m")]
    values = [float(number) for number in numbers if isinstance(number, (int, float)) and not isinstance(number, bool)]
    if len(values) != 3:
        raise BadInputError("A place has three numbers.", "Give lat_deg, lon_deg and radius_m.")
    lat_deg, lon_deg, radius_m = values
    if not (math.isfinite(lat_deg) and math.isfinite(lon_deg) and -90 <= lat_deg <= 90 and -180 <= lon_deg <= 180):
        raise BadInputError(f"{lat_deg}, {lon_deg} is no place.", "Give latitude and longitude in degrees, WGS 84.")
    if not 0 < radius_m < LARGEST_RADIUS_M:
        raise BadInputError("A place without its error is of no use.", "Give --radius-m, how far off it may be.")
    if not str(body.get("how_known") or "").strip():
        raise BadInputError("It is not said how the place is known.", "Say so with --how.")
