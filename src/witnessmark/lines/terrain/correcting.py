"""A person's corrections of a proposed skyline: plain edits, applied in their order, so that all can be done again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.terrain.checked_values import Refused, number, points, polyline, span
from witnessmark.lines.terrain.edge_finding import refine
from witnessmark.lines.terrain.horizon import EYE_HEIGHT_M
from witnessmark.lines.terrain.proposal import LINE, Guide, Proposal, check_frame, propose
from witnessmark.lines.terrain.records import Peak, Point, Polyline, Skyline, Span
from witnessmark.lines.terrain.sky_evidence import small_size
from witnessmark.lines.terrain.sky_model import SkyModel
from witnessmark.plain import Plain

Floats = NDArray[np.float64]

STROKES, SPANS, LINES = ("sky", "ground"), ("ignore", "erase"), ("line", "at-most", "inner")
KINDS = (*STROKES, *SPANS, *LINES, "peak")
SNAP_SHARE = 1.0 / 60.0
"""How far a drawn line may move to an edge, as a share of the frame's longer side."""
PULL = 0.6
"""What an edge loses, of the strongest, at the limit of that."""
STROKE_SHARE = 1.0 / 80.0
"""Half the width of a stroke where none is said, as a share of the frame's longer side."""
DRAWN_SIGMA_PX = 2.0
"""Error of a line drawn by hand and not snapped, where none is said."""
LEAST_CHANCE = 0.5
"""Columns less likely to be right are left out of a skyline."""
MOST_LINE_POINTS = 2000
MOST_EDITS = 1000


@dataclass(frozen=True, slots=True)
class Edit:
    """One correction.

    Attributes
    ----------
    kind : str
        sky | ground: a stroke over what is sky or ground; line: the skyline as drawn; ignore: columns where something
        hides it; erase: columns in which all earlier edits are taken back; at-most: the terrain is at most here; inner:
        a ridge before the skyline; peak: a known summit.
    points_px : polyline
        Of strokes and lines; the one point of a peak.
    span_px : (x0, x1) or None
        Of columns.
    snap : bool
        A line moves to the strongest edge nearby.
    radius_px : float
        Half the width of a stroke; 0 for the usual one.
    sigma_px : float
        Error of a line that is not snapped.
    name : str
    lat_deg, lon_deg : float
        Of a peak.
    """

    kind: str
    points_px: Polyline = ()
    span_px: Span | None = None
    snap: bool = True
    radius_px: float = 0.0
    sigma_px: float = DRAWN_SIGMA_PX
    name: str = ""
    lat_deg: float = 0.0
    lon_deg: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """A proposal with a person's edits.

    Attributes
    ----------
    proposal : Proposal
        With drawn lines in their columns.
    drawn, ignored : ndarray of bool, shape (width_px,)
        Columns whose row a person drew, and columns to be left out.
    at_most_px, inner_px : tuple of polylines
    peaks : tuple of Peak
    """

    proposal: Proposal
    drawn: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    at_most_px: tuple[Polyline, ...] = ()
    inner_px: tuple[Polyline, ...] = ()
    peaks: tuple[Peak, ...] = ()


def read_edit(body: Mapping[str, Plain], width_px: int, height_px: int) -> tuple[Edit, tuple[str, ...]]:
    """An edit from the body of a mark, and what was put right in it.

    Raises
    ------
    BadInputError
        When it cannot be used; says what is wrong.
    """
    size, remarks = (width_px, height_px), list[str]()
    kind = body.get("kind")
    try:
        if not isinstance(kind, str) or kind not in KINDS:
            raise Refused(f"kind is {str(kind)[:40]!r}, it must be one of {', '.join(KINDS)}")
        if kind in SPANS:
            found = span(body.get("span_px"), "span_px", float(width_px), remarks)
            if found is None:
                raise Refused("span_px covers no column of the frame")
            return Edit(kind, span_px=found), tuple(remarks)
        given = body.get("points_px")
        if kind in STROKES:
            radius = number(body.get("radius_px", 0.0), "radius_px", 0.0, float(max(size)))
            return Edit(kind, points(given, "points_px", size), radius_px=radius), ()
        if kind == "peak":
            name = body.get("name")
            if not isinstance(name, str) or not name.strip() or len(name) > 200:
                raise Refused("name is not a name of at most 200 letters")
            lat = number(body.get("lat_deg"), "lat_deg", -90.0, 90.0)
            lon = number(body.get("lon_deg"), "lon_deg", -180.0, 180.0)
            return Edit(kind, points(given, "points_px", size)[:1], name=name.strip(), lat_deg=lat, lon_deg=lon), ()
        snapped = body.get("snap", True)
        if not isinstance(snapped, bool):
            raise Refused("snap is neither true nor false")
        sigma = number(body.get("sigma_px", DRAWN_SIGMA_PX), "sigma_px", 0.0, float(width_px), above=True)
        line = polyline(given, "points_px", size, remarks)
        return Edit(kind, line, snap=snapped, sigma_px=sigma), tuple(remarks)
    except Refused as error:
        raise BadInputError(f"The correction cannot be used: {error}.", "Draw it again.") from error


def snap(rgb: NDArray[np.uint8], line: Polyline, reach_px: int | None = None) -> Polyline:
    """A drawn line moved to the strongest edge that runs along it, a point a column.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    line : polyline
        From left to right.
    reach_px : int or None
        How far it may move; `SNAP_SHARE` of the longer side where None.

    Raises
    ------
    BadInputError
        When the frame is none or the line covers no column.
    """
    check_frame(rgb)
    row, _ = _snapped(rgb, line, reach_px)
    found = np.flatnonzero(np.isfinite(row))
    if not len(found):
        raise BadInputError("The line covers no column of the frame.", "Draw it over at least one column.")
    return tuple((float(column) + 0.5, float(row[column])) for column in found)


def _snapped(rgb: NDArray[np.uint8], line: Polyline, reach_px: int | None) -> tuple[Floats, Floats]:
    """Row and error of each column of the frame; NaN beside the line."""
    height, width = rgb.shape[:2]
    rough = _rows(line, width)
    reach = max(3, round(SNAP_SHARE * max(height, width))) if reach_px is None else max(1, reach_px)
    row, sigma = np.full(width, np.nan), np.full(width, np.nan)
    covered = np.flatnonzero(np.isfinite(rough))
    if len(covered):
        part = slice(int(covered[0]), int(covered[-1]) + 1)
        row[part], sigma[part] = refine(rgb[:, part], rough[part], reach, pull=PULL)
    return np.clip(row, 0.0, float(height)), sigma


def _rows(line: Polyline, width: int) -> Floats:
    """Row of a line in the middle of each column it covers; NaN beside it."""
    at = np.arange(width) + 0.5
    x, y = np.array(line, np.float64).T
    return np.where((at >= x[0] - 0.5) & (at <= x[-1] + 0.5), np.interp(at, x, y), np.nan)


class _Said:
    """What edits said so far of a frame, column by column."""

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self._rgb = rgb
        self.height, self.width = rgb.shape[:2]
        across, down = small_size(self.width, self.height)
        self._scale = across / self.width
        self.sure = np.zeros((down, across))
        self.low, self.high = np.zeros(across), np.full(across, float(down))
        self.row, self.sigma = np.full(self.width, np.nan), np.full(self.width, np.nan)
        self.ignored = np.zeros(self.width, bool)
        self.at_most: list[Polyline] = []
        self.inner: list[Polyline] = []
        self.peaks: list[Peak] = []

    def take(self, edit: Edit) -> None:
        """Apply one edit."""
        if edit.kind in STROKES:
            self._stroke(edit)
        elif edit.kind == "line":
            row, sigma = (
                _snapped(self._rgb, edit.points_px, None)
                if edit.snap
                else (_rows(edit.points_px, self.width), np.full(self.width, edit.sigma_px))
            )
            over = np.isfinite(row)
            self.row[over] = row[over]
            self.sigma[over] = np.where(np.isfinite(sigma), sigma, edit.sigma_px)[over]
            self.ignored[over] = False
        elif edit.kind == "ignore":
            self.ignored[self._columns(edit.span_px)] = True
        elif edit.kind == "erase":
            self._erase(edit)
        elif edit.kind == "peak":
            x, y = edit.points_px[0]
            self.peaks.append(Peak(edit.name, edit.lat_deg, edit.lon_deg, x, y))
        else:
            line = edit.points_px
            (self.at_most if edit.kind == "at-most" else self.inner).append(
                snap(self._rgb, line) if edit.snap else line
            )

    def _columns(self, span_px: Span | None) -> slice:
        low, high = (0.0, 0.0) if span_px is None else span_px
        return slice(max(0, int(np.floor(low))), max(0, int(np.ceil(high))))

    def _stroke(self, edit: Edit) -> None:
        """Paint a stroke on the small copy; where it contradicts an earlier one in a column, it wins."""
        down, across = self.sure.shape
        radius = edit.radius_px or STROKE_SHARE * max(self.width, self.height)
        path = np.array([[x * self._scale, y * self._scale] for x, y in edit.points_px])
        painted = np.zeros((down, across), np.uint8)
        thick = max(1, round(2.0 * radius * self._scale))
        if len(path) == 1:
            cv2.circle(painted, (int(path[0, 0]), int(path[0, 1])), max(1, thick // 2), 1, -1)
        else:
            cv2.polylines(painted, [np.floor(path).astype(np.int32)], False, 1, thick)
        over = painted.any(axis=0)
        first, last = painted.argmax(axis=0), down - painted[::-1].argmax(axis=0)
        if edit.kind == "sky":
            self.sure[painted > 0] = 1.0
            self.low[over] = np.maximum(self.low, last)[over]
            self.high[over & (self.high < self.low)] = down
        else:
            self.sure[painted > 0] = -1.0
            self.high[over] = np.minimum(self.high, first)[over]
            self.low[over & (self.high < self.low)] = 0.0
        self.row[self._contradicts()] = np.nan

    def _contradicts(self) -> NDArray[np.bool_]:
        """Columns whose drawn row lies on the wrong side of a stroke."""
        at = (np.arange(self.width) * self._scale).astype(np.intp).clip(0, len(self.low) - 1)
        row = np.nan_to_num(self.row * self._scale)
        return np.asarray((row < self.low[at] - 1.0) | (row > self.high[at] + 1.0))

    def _erase(self, edit: Edit) -> None:
        part = self._columns(edit.span_px)
        self.row[part], self.sigma[part], self.ignored[part] = np.nan, np.nan, False
        small = slice(int(part.start * self._scale), int(np.ceil(part.stop * self._scale)))
        self.sure[:, small], self.low[small], self.high[small] = 0.0, 0.0, float(len(self.sure))

        def outside(x: float) -> bool:
            return not part.start <= x <= part.stop

        self.at_most = [line for line in self.at_most if any(outside(x) for x, _ in line)]
        self.inner = [line for line in self.inner if any(outside(x) for x, _ in line)]
        self.peaks = [peak for peak in self.peaks if outside(peak.x_px)]

    def guide(self) -> Guide | None:
        """What the proposal has to keep to; None when no edit binds it."""
        low, high = self.low.copy(), self.high.copy()
        down = float(len(self.sure))
        at = np.clip(((np.arange(len(low)) + 0.5) / self._scale).astype(np.intp), 0, self.width - 1)
        drawn = np.isfinite(self.row[at])
        row = np.where(drawn, self.row[at] * self._scale, 0.0)
        low[drawn] = np.clip(np.floor(row) - 1.0, 0.0, down)[drawn]
        high[drawn] = np.clip(np.ceil(row) + 1.0, 0.0, down)[drawn]
        free = not self.sure.any() and not low.any() and bool((high == down).all())
        return None if free else Guide(self.sure, low, high)


def correct(rgb: NDArray[np.uint8], edits: Sequence[Edit], *, model: SkyModel | None = None) -> Corrected:
    """Propose a frame's skyline and apply edits in their order: the same frame and edits give the same line.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    edits : sequence of Edit
    model : SkyModel or None

    Raises
    ------
    BadInputError
        As `proposal.propose` does, or for more than `MOST_EDITS`.
    """
    check_frame(rgb)
    if len(edits) > MOST_EDITS:
        raise BadInputError(f"There are {len(edits)} corrections.", f"Draw the line with at most {MOST_EDITS}.")
    said = _Said(rgb)
    for edit in edits:
        said.take(edit)
    proposed = propose(rgb, guide=said.guide(), model=model)
    drawn = np.isfinite(said.row)
    shows = np.where(drawn, LINE, proposed.shows).astype(np.uint8)
    seen = (shows == LINE).any()
    return Corrected(
        Proposal(
            proposed.width_px,
            proposed.height_px,
            np.where(drawn, said.row, proposed.row_px),
            np.where(drawn, said.sigma, proposed.sigma_px),
            np.where(drawn, 1.0, proposed.chance_right),
            shows,
            proposed.by,
            None if drawn.any() and seen else proposed.reason,
        ),
        drawn,
        said.ignored,
        tuple(said.at_most),
        tuple(said.inner),
        tuple(said.peaks),
    )


def skyline_of(
    corrected: Corrected,
    *,
    hfov_deg: tuple[float, float] | None = None,
    eye_height_m: float = EYE_HEIGHT_M,
    pitch_deg: tuple[float, float] | None = None,
    roll_deg: tuple[float, float] | None = None,
    least_chance: float = LEAST_CHANCE,
) -> Skyline:
    """The skyline as the terrain is asked with: unsure columns are left out, not asserted.

    Parameters
    ----------
    corrected : Corrected
    hfov_deg, eye_height_m, pitch_deg, roll_deg
        As in `records.Skyline`.
    least_chance : float
        Columns less likely to be right are ignored.

    Raises
    ------
    BadInputError
        When no two columns have a skyline that is sure enough; gives the reason.
    """
    told = corrected.proposal
    kept = np.isfinite(told.row_px) & ~corrected.ignored & (told.chance_right >= least_chance)
    if told.reason is not None or kept.sum() < 2:
        raise BadInputError(
            told.reason or "No column of the frame has a skyline that is sure enough.",
            "Draw the skyline, or choose another frame.",
        )
    columns = np.flatnonzero(kept)
    every = max(1, len(columns) // MOST_LINE_POINTS)
    taken = np.unique(np.concatenate([columns[::every], columns[-1:]]))
    line: list[Point] = [(float(column) + 0.5, float(told.row_px[column])) for column in taken]
    return Skyline(
        told.width_px,
        told.height_px,
        tuple(line),
        sigma_px=float(np.sqrt(np.mean(np.square(told.sigma_px[columns])))),
        hfov_deg=hfov_deg,
        eye_height_m=eye_height_m,
        pitch_deg=pitch_deg,
        roll_deg=roll_deg,
        ignore_px=_gaps(kept),
        at_most_px=corrected.at_most_px,
        inner_px=corrected.inner_px,
        peaks=corrected.peaks,
    )


def _gaps(kept: NDArray[np.bool_]) -> tuple[Span, ...]:
    """Spans of columns between the first and the last kept that are not."""
    columns = np.flatnonzero(kept)
    ends = np.flatnonzero(np.diff(columns) > 1)
    return tuple((float(columns[end]) + 1.0, float(columns[end + 1])) for end in ends)
