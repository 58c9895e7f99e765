"""Light on everything: the panorama of luminance that all frames of a clip are cut from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.rehearsal.caster import Sweep, drop_m, sweep
from witnessmark.rehearsal.ground import Ground
from witnessmark.rehearsal.materials import reflectance
from witnessmark.rehearsal.noise import Floats, Floats32, over_slices, smoothstep
from witnessmark.rehearsal.props import Built
from witnessmark.rehearsal.shapes import Solid
from witnessmark.rehearsal.sky import Air, on_cloud_plane
from witnessmark.rehearsal.sunlight import SUN_RADIUS_DEG, ShadowMap, Sun, shadow_map
from witnessmark.rehearsal.views import Codes, Cylinder

CODE_STEPS_PER_STOP = 3600
CODE_OFFSET_STOPS = 8.0
"""Luminance L [kcd/m2] is kept as (log2 L + 8) * 3600 in 16 bits: 18 stops from 1/256."""

PROP_REACH_M = 90.0
"""Shadows of props are cast on ground within this distance of the camera [m]."""

_DISC = np.array([[0.0, 0.0]] + [[0.75 * np.cos(a), 0.75 * np.sin(a)] for a in np.arange(6) * np.pi / 3])
"""Points of the sun's disc whose shadows are averaged, in radii: half-shadow is as soft as the sun is wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Panorama:
    """A rendered scene.

    Attributes
    ----------
    cylinder : Cylinder
    codes : ndarray of uint16, shape (n_rows, n_columns, 3)
        Luminance, encoded.
    sweep : Sweep
        What the rays met before props were drawn.
    prop_mask : ndarray of int16, shape (n_rows, n_columns)
        Index of the prop seen, -1 for none.
    direct_sun : bool
        Whether sunlight reaches the ground at the camera.
    """

    cylinder: Cylinder
    codes: Codes
    sweep: Sweep
    prop_mask: NDArray[np.int16]
    direct_sun: bool


def encode(luminance: Floats32) -> Codes:
    """Luminance to 16-bit codes."""
    stops = np.log2(np.maximum(luminance, np.float32(2.0**-CODE_OFFSET_STOPS))) + np.float32(CODE_OFFSET_STOPS)
    return np.asarray(np.clip(stops * np.float32(CODE_STEPS_PER_STOP), 0.0, 65535.0), dtype=np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Everything that shines, gathered for shading."""

    sun: Sun
    air: Air
    shadows: ShadowMap | None
    ambient_klx: Floats
    eye_m: float

    def direct_share(self, x_m: Floats, y_m: Floats, height_m: Floats) -> Floats32:
        """Share of the sun's light past relief, canopy and cloud."""
        share = self.air.sun_share(x_m, y_m, height_m - self.eye_m)
        if self.shadows is None or not share.any():
            return np.zeros_like(share)
        return share * self.shadows.light(x_m, y_m, height_m)


def compose(
    ground: Ground,
    eye_m: float,
    cylinder: Cylinder,
    sun: Sun,
    air: Air,
    built: Sequence[Built],
    *,
    growth: float,
    reach_m: float,
    shadow_squares: tuple[tuple[float, int], ...],
    progress: Callable[[float, str], None],
) -> Panorama:
    """Render the panorama of a scene.

    Parameters
    ----------
    eye_m : float
        Elevation of the eye above the datum, over the ground's origin [m].
    growth, reach_m : float
        See `caster.sweep`.
    shadow_squares : see `sunlight.shadow_map`
    """
    progress(0.0, "casting rays over the relief")
    swept = sweep(ground, eye_m, cylinder.azimuth_deg, cylinder.row_tangent, growth=growth, reach_m=reach_m)
    progress(0.30, "casting the relief's shadow")
    lit = sun.apparent_elevation_deg > 0.2 and not air.overcast
    shadows = shadow_map(ground, sun, shadow_squares) if lit else None
    light = Light(sun, air, shadows, air.ambient_klx(), eye_m)
    progress(0.50, "shading the ground")
    shape = (cylinder.n_rows, cylinder.n_columns)
    luminance = np.empty((*shape, 3), dtype=np.float32)
    bearing = np.radians(cylinder.azimuth_deg)
    sines, cosines = np.sin(bearing), np.cos(bearing)
    airlight = air.airlight(cylinder.azimuth_deg).astype(np.float32)

    def work(rows: slice) -> None:
        tangent = np.broadcast_to(cylinder.row_tangent[rows, None], (rows.stop - rows.start, shape[1]))
        distance = swept.range_m[rows]
        out = luminance[rows]
        open_sky = np.isinf(distance)
        if open_sky.any():
            out[open_sky] = _sky(air, sines, cosines, tangent, open_sky)
        on_ground = ~open_sky
        if on_ground.any():
            column = np.broadcast_to(np.arange(shape[1]), distance.shape)[on_ground]
            out[on_ground] = _ground_light(
                ground,
                light,
                built,
                distance[on_ground],
                swept.behind_m[rows][on_ground],
                tangent[on_ground],
                sines[column],
                cosines[column],
                airlight[column],
                cylinder,
            )

    over_slices(work, shape[0], max(1, 120_000 // shape[1]))
    progress(0.90, "standing the props")
    mask = np.full(shape, -1, dtype=np.int16)
    nearest = swept.range_m + 0.15
    for number, thing in sorted(enumerate(built), key=lambda entry: -entry[1].prop.distance_m):
        _draw(thing, number, light, built, cylinder, nearest, luminance, mask, airlight)
    soft = cv2.GaussianBlur(luminance, (0, 0), 0.55)
    origin = np.zeros(1)
    foot = ground.bare_m(origin, origin)
    direct = bool(light.direct_share(origin, origin, foot + 1.0)[0] > 0.5)
    progress(1.0, "panorama done")
    return Panorama(cylinder, encode(np.asarray(soft, dtype=np.float32)), swept, mask, direct)


def _sky(air: Air, sines: Floats, cosines: Floats, tangent: Floats, where: NDArray[np.bool_]) -> Floats32:
    flat = 1.0 / np.sqrt(1.0 + tangent * tangent)
    direction = np.stack([(sines * flat)[where], (cosines * flat)[where], (tangent * flat)[where]], axis=-1)
    light = air.sky(direction)
    gamma = np.degrees(np.arccos(np.clip(direction @ air.sun, -1.0, 1.0)))
    if air.sun[2] > -0.01 and not air.overcast and gamma.min() < 25.0:
        through = np.exp(-1.6 * air.cloud_depth(*on_cloud_plane(direction)))
        aureole = 0.9 * np.exp(-gamma / 1.3) + 0.10 * np.exp(-gamma / 7.0)
        disc = smoothstep(1.15 * SUN_RADIUS_DEG, 0.85 * SUN_RADIUS_DEG, gamma) * 900.0
        light = light + (air.sun_klx / 100.0) * (28.0 * aureole + disc * through)[:, None]
    return light.astype(np.float32)


def _ground_light(
    ground: Ground,
    light: Light,
    built: Sequence[Built],
    range_m: Floats,
    behind_m: Floats,
    tangent: Floats,
    sine: Floats,
    cosine: Floats,
    airlight: Floats32,
    cylinder: Cylinder,
) -> Floats32:
    """Luminance of ground points through the air, shape (n, 3)."""
    x, y = range_m * sine, range_m * cosine
    seen = ground.surface(x, y, range_m)
    z = light.eye_m + tangent * range_m + drop_m(range_m, ground.lat_deg)
    # A ray that ends in the side of a tree ends at the tree, not on the ground before it.
    side = np.flatnonzero((z - seen.height_m > 0.3) & (range_m > 60.0))
    if side.size:
        range_m = range_m.copy()
        range_m[side] = behind_m[side]
        x, y = range_m * sine, range_m * cosine
        seen = ground.surface(x, y, range_m)
    step = np.clip(range_m * cylinder.step_rad * 1.2, 0.012, 60.0)
    step = np.where(seen.wooded > 0.01, np.maximum(step, 0.9), step)
    beside = ground.surface(x + step, y, range_m, seen.wooded)
    beyond = ground.surface(x, y + step, range_m, seen.wooded)
    soil_east, soil_north = (beside.bare_m - seen.bare_m) / step, (beyond.bare_m - seen.bare_m) / step
    steep = np.degrees(np.arctan(np.hypot(soil_east, soil_north))).astype(np.float32)
    # Above the soil: leaves and blades scatter light, so that only part of their slope shows, and blades hardly shade.
    leafy = seen.crown > 0.03
    part = np.where(leafy, 0.75, 0.5)
    most = np.where(leafy, 2.5, 0.7)
    east = soil_east + np.clip(part * ((beside.height_m - seen.height_m) / step - soil_east), -most, most)
    north = soil_north + np.clip(part * ((beyond.height_m - seen.height_m) / step - soil_north), -most, most)
    length = np.sqrt(1.0 + east * east + north * north)
    up = 1.0 / length
    facing = (-east * light.air.sun[0] - north * light.air.sun[1] + light.air.sun[2]) / length
    share = light.direct_share(x, y, seen.height_m)
    near = np.flatnonzero(range_m < PROP_REACH_M)
    openness = (0.55 + 0.45 * up).astype(np.float32)
    openness *= np.where(leafy, 0.40 + 0.60 * np.sqrt(seen.crown), 1.0 - 0.5 * seen.wooded)
    if near.size and built:
        points = np.stack([x[near], y[near], seen.bare_m[near]], axis=1)
        share[near] *= prop_light(points, light.sun, built)
        openness[near] *= _open_sky_at(points, built)
    # Leaves and grass let light through: some of it wraps past the edge of shadow.
    wrap = np.where(leafy, 0.25, 0.15)
    direct = np.clip((facing + wrap) / (1.0 + wrap), 0.0, 1.0) * share
    colour = reflectance(ground, x, y, z, range_m, seen, steep)
    bounce = 0.045 * direct[:, None] * light.air.sun_klx * np.array([1.0, 0.95, 0.75])
    incoming = direct[:, None] * light.air.sun_klx + openness[:, None] * light.ambient_klx + bounce
    luminance = colour * incoming / np.pi
    return through_air(luminance.astype(np.float32), range_m, airlight, light.air)


def through_air(luminance: Floats32, range_m: Floats, airlight: Floats32, air: Air) -> Floats32:
    """Aerial perspective: light dims by Koschmieder's law and the airlight takes its place."""
    clear = np.exp(-range_m[:, None] * air.extinction_per_m()).astype(np.float32)
    return luminance * clear + airlight * (np.float32(1.0) - clear)


def _disc(sun: Sun) -> list[Floats]:
    azimuth = np.radians(sun.azimuth_deg)
    right = np.array([np.cos(azimuth), -np.sin(azimuth), 0.0])
    up = np.cross(right, sun.towards)
    radius = np.tan(np.radians(SUN_RADIUS_DEG))
    return [
        (sun.towards + radius * (a * right + b * up)) / np.sqrt(1.0 + radius**2 * (a * a + b * b)) for a, b in _DISC
    ]


def prop_light(points: Floats, sun: Sun, built: Sequence[Built], *, whole_disc: bool = True) -> Floats32:
    """Share of the sun's disc, or its middle only, that props leave visible from points: shape (n, 3) -> (n,)."""
    azimuth = np.radians(sun.azimuth_deg)
    right = np.array([np.cos(azimuth), -np.sin(azimuth), 0.0])
    over = np.cross(right, sun.towards)
    plane = points @ np.stack([right, over, sun.towards], axis=1)
    towards = _disc(sun) if whole_disc else [sun.towards]
    hidden = np.zeros((len(points), len(towards)), dtype=bool)
    for cluster in _clusters(built):
        centre, radius = _ball_around(cluster)
        group = _shaded_by(plane, np.array([right @ centre, over @ centre, sun.towards @ centre]), radius)
        group = group[~hidden[group].all(axis=1)]
        if group.size == 0:
            continue
        near = plane[group]
        for solid in cluster:
            at = np.array([right @ solid.centre, over @ solid.centre, sun.towards @ solid.centre])
            inner = group[_shaded_by(near, at, solid.radius_m)]
            if inner.size == 0:
                continue
            start = points[inner]
            for number, direction in enumerate(towards):
                hidden[inner, number] |= solid.blocks(start, direction)
    return np.asarray(1.0 - hidden.mean(axis=1), dtype=np.float32)


def _clusters(built: Sequence[Built]) -> list[tuple[Solid, ...]]:
    """A few neighbouring solids at a time, so that far points are ruled out together."""
    return [thing.solids[i : i + 10] for thing in built for i in range(0, len(thing.solids), 10)]


def _shaded_by(plane: Floats, at: Floats, radius: float) -> NDArray[np.intp]:
    """Points whose ray to the sun comes near a ball; the half-shadow widens the ball with distance."""
    ahead = at[2] - plane[:, 2]
    reach = radius + 0.006 * np.maximum(ahead, 0.0)
    off = (plane[:, 0] - at[0]) ** 2 + (plane[:, 1] - at[1]) ** 2
    return np.flatnonzero((off < reach * reach) & (ahead > -radius))


def _ball_around(solids: Sequence[Solid]) -> tuple[Floats, float]:
    centre = np.mean([solid.centre for solid in solids], axis=0)
    radius = max(float(np.linalg.norm(solid.centre - centre)) + solid.radius_m for solid in solids)
    return centre, radius


def _open_sky_at(points: Floats, built: Sequence[Built]) -> Floats32:
    """Share of the sky's light that props leave to points beside them: contact shade, by a ball in their stead."""
    result = np.ones(len(points), dtype=np.float32)
    for cluster in _clusters(built):
        centre, radius = _ball_around(cluster)
        size = min(0.55 * radius, 1.2)
        square = ((points - centre) ** 2).sum(axis=1)
        near = np.flatnonzero(square < (3.0 * size) ** 2)
        share = np.minimum(size * size / np.maximum(square[near], 1e-6), 1.0)
        result[near] *= 1.0 - (0.40 * (share - 0.11)).astype(np.float32)
    return np.maximum(result, np.float32(0.25))


def _draw(
    thing: Built,
    number: int,
    light: Light,
    built: Sequence[Built],
    cylinder: Cylinder,
    nearest: Floats,
    luminance: Floats32,
    mask: NDArray[np.int16],
    airlight: Floats32,
) -> None:
    """Draw one prop into the panorama with four rays a pixel, behind nearer ground and nearer props."""
    eye = np.array([0.0, 0.0, light.eye_m])
    row0, row1, column0, column1 = _box_around(thing.solids, eye, cylinder)
    if row0 >= row1 or column0 >= column1:
        return
    shape = (row1 - row0, column1 - column0)
    rows, columns = (grid.ravel() for grid in np.mgrid[row0:row1, column0:column1])
    boxes = [_box_around([solid], eye, cylinder) for solid in thing.solids]
    inside = [(slice(a - row0, b - row0), slice(c - column0, d - column0)) for a, b, c, d in boxes]
    total = np.zeros((len(rows), 3), dtype=np.float32)
    covered = np.zeros(len(rows), dtype=np.float32)
    depth = np.full(len(rows), np.inf)
    for down, right in ((-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25)):
        bearing = np.radians(cylinder.first_azimuth_deg) + cylinder.step_rad * (columns + right)
        tangent = cylinder.first_tangent - cylinder.step_rad * (rows + down)
        direction = np.stack([np.sin(bearing), np.cos(bearing), tangent], axis=1)
        before = nearest[rows, columns]
        hit, met, colour = _shade_prop(thing, light, built, eye, direction, before, inside, shape)
        total[hit] += through_air(colour, np.full(hit.size, thing.prop.distance_m), airlight[columns[hit]], light.air)
        covered[hit] += 1.0
        depth[hit] = np.minimum(depth[hit], met)
    any_hit = covered > 0
    rows, columns, total, covered = rows[any_hit], columns[any_hit], total[any_hit], covered[any_hit]
    most = covered > 1.5
    nearest[rows[most], columns[most]] = depth[any_hit][most]
    behind = luminance[rows, columns]
    luminance[rows, columns] = total / 4.0 + behind * (1.0 - covered / 4.0)[:, None]
    mask[rows[most], columns[most]] = number


def _shade_prop(
    thing: Built,
    light: Light,
    built: Sequence[Built],
    eye: Floats,
    direction: Floats,
    before_m: Floats,
    inside: Sequence[tuple[slice, slice]],
    shape: tuple[int, int],
) -> tuple[NDArray[np.intp], Floats, Floats32]:
    """Which rays meet the prop before anything else, how far away, and the luminance there."""
    best = before_m.copy()
    which = np.full(len(direction), -1)
    normal = np.zeros((len(direction), 3))
    place = np.arange(len(direction)).reshape(shape)
    for index, solid in enumerate(thing.solids):
        close = place[inside[index]].ravel()
        if close.size == 0:
            continue
        distance, facing = solid.meet(eye, direction[close])
        nearer = distance < best[close]
        picked = close[nearer]
        best[picked], which[picked], normal[picked] = distance[nearer], index, facing[nearer]
    hit = np.flatnonzero(which >= 0)
    if hit.size == 0:
        return hit, best[hit], np.zeros((0, 3), dtype=np.float32)
    n = normal[hit]
    at = eye + best[hit, None] * direction[hit] + n * 0.004
    colour = np.array([solid.colour for solid in thing.solids], dtype=np.float32)[which[hit]]
    grain = np.array([solid.grain for solid in thing.solids], dtype=np.float32)[which[hit]]
    lattice = light.air.lattice
    around, high = at[:, 0] * 0.8 + at[:, 1] * 0.6, at[:, 2]
    stretch = np.where(grain > 0.4, 1.0, 0.3)  # wood grain runs upwards
    mottle = lattice.fractal(around + 50.0, high * stretch, 0.09, 4, 0.75)
    colour = colour * (1.0 + grain * mottle)[:, None]
    facing_sun = np.clip(n @ light.air.sun, 0.0, 1.0)
    share = light.direct_share(at[:, 0].copy(), at[:, 1].copy(), at[:, 2] + 0.5)
    turned_to = np.flatnonzero(facing_sun > 0.0)
    share[turned_to] *= prop_light(at[turned_to], light.sun, built, whole_disc=False)
    sky_view = 0.5 + 0.5 * n[:, 2]
    low = np.clip((at[:, 2] - thing.foot_m[2]) / 0.25, 0.0, 1.0)
    incoming = (facing_sun * share)[:, None] * light.air.sun_klx
    incoming = incoming + (sky_view * (0.5 + 0.5 * low))[:, None] * light.ambient_klx
    from_ground = (
        (1.0 - sky_view)[:, None] * 0.13 * (light.ambient_klx + light.air.sun_klx * max(light.air.sun[2], 0.0))
    )
    lit = colour * (incoming + from_ground) / np.pi
    return hit, best[hit], lit.astype(np.float32)


def _box_around(solids: Sequence[Solid], eye: Floats, cylinder: Cylinder) -> tuple[int, int, int, int]:
    """Rows and columns of the panorama that may show solids."""
    corners = []
    for solid in solids:
        for a in (-1.0, 1.0):
            for b in (-1.0, 1.0):
                for c in (-1.0, 1.0):
                    corners.append(solid.centre + solid.axes @ np.array([a, b, c]) - eye)
    east, north, up = np.array(corners).T
    column, row = cylinder.locate(east, north, up)
    return (
        int(np.clip(np.floor(row.min()) - 2, 0, cylinder.n_rows)),
        int(np.clip(np.ceil(row.max()) + 3, 0, cylinder.n_rows)),
        int(np.clip(np.floor(column.min()) - 2, 0, cylinder.n_columns)),
        int(np.clip(np.ceil(column.max()) + 3, 0, cylinder.n_columns)),
    )
