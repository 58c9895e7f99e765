"""Everything that is known about a rehearsed incident, written apart from its clip."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.plain import Plain, iso, to_plain
from witnessmark.rehearsal.caster import Sweep, drop_m, horizon_deg, ranges, tangents
from witnessmark.rehearsal.noise import Floats
from witnessmark.rehearsal.props import Built, shadow_tip
from witnessmark.rehearsal.scene import Panorama
from witnessmark.rehearsal.stage import Stage
from witnessmark.rehearsal.sunlight import sun_at
from witnessmark.rehearsal.views import project

SCHEMA = "witnessmark-rehearsal-truth/1"

SKYLINE_STEP_PX = 4


@dataclass(frozen=True, slots=True, eq=False)
class Skyline:
    """Where sky meets ground in one frame.

    Attributes
    ----------
    frame : int
    column_px, row_px : ndarray of float64, shape (n,)
        At pixel centres; NaN rows lie outside the panorama.
    azimuth_deg, elevation_deg : ndarray of float64, shape (n,)
        Apparent direction of each point.
    range_m : ndarray of float64, shape (n,)
        Distance of the ridge.
    relief_row_px : ndarray of float64, shape (n,)
        The same from the elevation model alone, without grain and trees.
    behind_prop : ndarray of bool, shape (n,)
        A prop stands before it.
    """

    frame: int
    column_px: Floats
    row_px: Floats
    azimuth_deg: Floats
    elevation_deg: Floats
    range_m: Floats
    relief_row_px: Floats
    behind_prop: NDArray[np.bool_]


def skyline(
    stage: Stage,
    panorama: Panorama,
    frame: int,
    step_px: int = SKYLINE_STEP_PX,
    relief: tuple[Floats, Floats] | None = None,
) -> Skyline:
    """The true skyline of a frame, every `step_px` columns; `relief` is `relief_skyline` where known already."""
    swept, lens, pose = panorama.sweep, stage.lens, stage.poses[frame]
    columns = np.asarray(np.arange(0, lens.width_px, step_px) + 0.5, dtype=np.float64)
    bearing = np.radians(swept.azimuth_deg)
    direction = np.stack([np.sin(bearing), np.cos(bearing), swept.skyline_tangent], axis=1)
    across, down = project(lens, pose, direction)
    row = _on_columns(columns, across, down)
    azimuth = _on_columns(columns, across, swept.azimuth_deg)
    tangent = _on_columns(columns, across, swept.skyline_tangent)
    distance = swept.skyline_range_m[_nearest(columns, across)]
    relief_azimuth, relief_tangent = relief or relief_skyline(stage, swept)
    angle = np.radians(relief_azimuth)
    relief_across, relief_down = project(lens, pose, np.stack([np.sin(angle), np.cos(angle), relief_tangent], axis=1))
    cylinder = panorama.cylinder
    pano_column = np.clip(
        np.rint(np.radians(azimuth - cylinder.first_azimuth_deg) / cylinder.step_rad), 0, cylinder.n_columns - 1
    ).astype(np.int64)
    pano_row = np.rint((cylinder.first_tangent - tangent) / cylinder.step_rad).astype(np.int64)
    inside = (pano_row >= 0) & (pano_row < cylinder.n_rows)
    behind = np.zeros(len(columns), dtype=bool)
    behind[inside] = panorama.prop_mask[pano_row[inside], pano_column[inside]] >= 0
    return Skyline(
        frame,
        columns,
        row,
        azimuth % 360.0,
        np.degrees(np.arctan(tangent)),
        distance,
        _on_columns(columns, relief_across, relief_down),
        behind,
    )


def relief_skyline(stage: Stage, swept: Sweep) -> tuple[Floats, Floats]:
    """Bearings [deg] and tangents of elevation of the skyline of the elevation model alone."""
    azimuth = swept.azimuth_deg[::8]
    range_m = ranges(20.0, stage.scenario.reach_m, 0.006)
    return azimuth, tangents(stage.ground, stage.eye_m, azimuth, range_m, relief_only=True).max(axis=1)


def _on_columns(columns: Floats, across: Floats, value: Floats) -> Floats:
    known = np.isfinite(across)
    order = np.argsort(across[known], kind="stable")
    return np.interp(columns, across[known][order], value[known][order])


def _nearest(columns: Floats, across: Floats) -> NDArray[np.int64]:
    filled = np.where(np.isfinite(across), across, -1e9)
    order = np.argsort(filled, kind="stable")
    at = np.clip(np.searchsorted(filled[order], columns), 1, len(order) - 1)
    left, right = order[at - 1], order[at]
    nearer_left = np.abs(filled[left] - columns) <= np.abs(filled[right] - columns)
    return np.where(nearer_left, left, right).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A ground or object point through the frames.

    Attributes
    ----------
    at_m : ndarray of float64, shape (3,)
        East and north of the camera, elevation [m].
    pixel : ndarray of float64, shape (n_frames, 2)
        Column and row; NaN when behind the camera.
    visible : ndarray of bool, shape (n_frames,)
        Inside the frame and not hidden by ground or props.
    """

    at_m: Floats
    pixel: Floats
    visible: NDArray[np.bool_]


def track(stage: Stage, panorama: Panorama, at_m: Floats, prop: int | None) -> Track:
    """Follow a point; `prop` is the index of the prop it belongs to, None for open ground."""
    reach = float(np.hypot(at_m[0], at_m[1]))
    direction = np.array([at_m[0], at_m[1], at_m[2] - stage.eye_m - float(drop_m(reach, stage.ground.lat_deg))])
    pixel = np.array([np.ravel(project(stage.lens, pose, direction)) for pose in stage.poses])
    inside = (
        (pixel[:, 0] >= 0.0)
        & (pixel[:, 0] < stage.lens.width_px)
        & (pixel[:, 1] >= 0.0)
        & (pixel[:, 1] < stage.lens.height_px)
    )
    cylinder = panorama.cylinder
    column, row = cylinder.locate(*(np.array([value]) for value in direction))
    i, j = int(np.rint(row[0])), int(np.rint(column[0]))
    if not (0 <= i < cylinder.n_rows and 0 <= j < cylinder.n_columns):
        return Track(at_m, pixel, np.zeros(len(pixel), dtype=bool))
    # The nearest of the pixels around: grass and slant blur what lies exactly where.
    around = (slice(max(i - 1, 0), i + 2), slice(max(j - 1, 0), j + 2))
    clear = bool((panorama.sweep.range_m[around] > 0.96 * reach - 0.5).any())
    masks = panorama.prop_mask[around]
    free = bool(((masks == -1) | (masks == (-2 if prop is None else prop))).any())
    return Track(at_m, pixel, inside & (clear and free))


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What is known of one prop."""

    built: Built
    foot: Track
    top: Track
    shadow: Track | None
    casts_shadow: bool


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is known of an incident; `document` is what is written."""

    stage: Stage
    standing: tuple[Standing, ...]
    skylines: tuple[Skyline, ...]
    horizon_at_sun_deg: float
    direct_sun: bool

    def document(self, clip: dict[str, Plain], edits: list[Plain]) -> dict[str, Plain]:
        """The truth as plain values; fields and units in ``docs/rehearsal.md``."""
        stage, scenario = self.stage, self.stage.scenario
        start = scenario.start.astimezone(dt.UTC)
        return {
            "schema": SCHEMA,
            "clip": clip,
            "edits": edits,
            "scenario": to_plain(scenario),
            "relief": {"name": stage.ground.relief.name, "source": stage.ground.relief.source},
            "camera": {
                "lat_deg": scenario.lat_deg,
                "lon_deg": scenario.lon_deg,
                "ground_elevation_m": _r(stage.eye_m - scenario.eye_height_m, 3),
                "eye_height_m": scenario.eye_height_m,
                "eye_elevation_m": _r(stage.eye_m, 3),
                "lens": {
                    "model": "pinhole",
                    "width_px": stage.lens.width_px,
                    "height_px": stage.lens.height_px,
                    "horizontal_fov_deg": stage.lens.horizontal_fov_deg,
                    "focal_px": _r(stage.lens.focal_px, 4),
                    "principal_point_px": [stage.lens.width_px / 2, stage.lens.height_px / 2],
                },
            },
            "start_utc": iso(start),
            "end_utc": iso(start + dt.timedelta(seconds=float(stage.time_s[-1]))),
            "frames": {
                "pts_s": _list(stage.time_s, 6),
                "heading_deg": [_r(pose.heading_deg, 5) for pose in stage.poses],
                "pitch_deg": [_r(pose.pitch_deg, 5) for pose in stage.poses],
                "roll_deg": [_r(pose.roll_deg, 5) for pose in stage.poses],
            },
            "sun": self._sun(start),
            "weather": {
                **_mapping(to_plain(scenario.weather)),
                "overcast": stage.air.overcast,
                "direct_sun_at_camera": self.direct_sun,
            },
            "props": [self._prop(standing) for standing in self.standing],
            "skylines": [self._skyline(line) for line in self.skylines],
            "sound": {
                "wind": scenario.weather.wind,
                "events": [to_plain(event) for event in scenario.sounds],
            },
        }

    def _sun(self, start: dt.datetime) -> dict[str, Plain]:
        stage, scenario = self.stage, self.stage.scenario
        end = start + dt.timedelta(seconds=float(stage.time_s[-1]))
        result: dict[str, Plain] = {}
        for name, moment in (("start", start), ("middle", stage.middle), ("end", end)):
            sun = sun_at(moment, scenario.lat_deg, scenario.lon_deg, stage.eye_m, scenario.weather.temperature_c)
            result[name] = {
                "utc": iso(sun.at),
                "azimuth_deg": _r(sun.azimuth_deg, 5),
                "elevation_deg": _r(sun.elevation_deg, 5),
                "apparent_elevation_deg": _r(sun.apparent_elevation_deg, 5),
            }
        result["horizon_at_its_azimuth_deg"] = _r(self.horizon_at_sun_deg, 4)
        result["behind_relief"] = self.horizon_at_sun_deg > stage.sun.apparent_elevation_deg
        return result

    def _prop(self, standing: Standing) -> dict[str, Plain]:
        built = standing.built
        points: dict[str, Plain] = {"foot": self._track(standing.foot), "top": self._track(standing.top)}
        points["shadow_tip"] = None if standing.shadow is None else self._track(standing.shadow)
        return {
            "name": built.prop.name,
            "kind": built.prop.kind,
            "height_m": built.prop.height_m,
            "azimuth_deg": built.prop.azimuth_deg % 360.0,
            "distance_m": built.prop.distance_m,
            "casts_shadow": standing.casts_shadow,
            **points,
        }

    def _track(self, point: Track) -> dict[str, Plain]:
        lat, lon = self.stage.ground.to_geographic(float(point.at_m[0]), float(point.at_m[1]))
        return {
            "lat_deg": _r(lat, 9),
            "lon_deg": _r(lon, 9),
            "elevation_m": _r(float(point.at_m[2]), 4),
            "east_m": _r(float(point.at_m[0]), 4),
            "north_m": _r(float(point.at_m[1]), 4),
            "pixel": [None if np.isnan(x) else [_r(x, 2), _r(y, 2)] for x, y in point.pixel.tolist()],
            "visible": [bool(value) for value in point.visible],
        }

    def _skyline(self, line: Skyline) -> dict[str, Plain]:
        return {
            "frame": line.frame,
            "pts_s": _r(float(self.stage.time_s[line.frame]), 6),
            "column_px": _list(line.column_px, 1),
            "row_px": _list(line.row_px, 2),
            "relief_row_px": _list(line.relief_row_px, 2),
            "azimuth_deg": _list(line.azimuth_deg, 4),
            "elevation_deg": _list(line.elevation_deg, 4),
            "range_m": _list(line.range_m, 1),
            "behind_prop": [bool(value) for value in line.behind_prop],
        }


def establish(stage: Stage, panorama: Panorama, skyline_every_s: float = 2.0) -> Truth:
    """Gather what is known of a rendered stage, with the skyline of a frame every so often."""
    horizon = horizon_deg(stage.ground, stage.eye_m, stage.sun.azimuth_deg, stage.scenario.reach_m)
    shining = panorama.direct_sun and stage.sun.apparent_elevation_deg > 0.0
    standing = []
    for number, built in enumerate(stage.built):
        tip = shadow_tip(built, stage.sun.towards, stage.ground) if shining else None
        standing.append(
            Standing(
                built,
                track(stage, panorama, built.foot_m, number),
                track(stage, panorama, built.top_m, number),
                None if tip is None else track(stage, panorama, tip, None),
                shining,
            )
        )
    wanted = np.arange(0.0, float(stage.time_s[-1]) + 1e-9, skyline_every_s)
    frames = sorted({int(np.argmin(np.abs(stage.time_s - moment))) for moment in wanted})
    relief = relief_skyline(stage, panorama.sweep)
    lines = tuple(skyline(stage, panorama, frame, relief=relief) for frame in frames)
    return Truth(stage, tuple(standing), lines, horizon, panorama.direct_sun)


def write(document: dict[str, Plain], path: Path) -> None:
    """Write a truth document as JSON, keys in order, one line a top-level part."""
    parts = [
        f"{json.dumps(key)}: {json.dumps(value, sort_keys=True, ensure_ascii=False)}" for key, value in document.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def _r(value: float, digits: int) -> float:
    return round(float(value), digits)


def _list(values: Floats, digits: int) -> list[Plain]:
    return [round(float(value), digits) for value in values]


def _mapping(value: Plain) -> dict[str, Plain]:
    assert isinstance(value, dict)
    return value
