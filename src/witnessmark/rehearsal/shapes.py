"""Upright things that stand on the ground, as boxes, cylinders, cones and balls that rays meet exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.rehearsal.noise import Floats

KINDS = ("pole", "post", "fence", "wall", "cairn", "marker", "vehicle", "board")


@dataclass(frozen=True, slots=True)
class Prop:
    """A thing placed by bearing and distance from the camera.

    Attributes
    ----------
    name : str
    kind : str
        pole | post | fence | wall | cairn | marker | vehicle | board
    azimuth_deg, distance_m : float
        Of the middle of its foot from the camera.
    height_m : float
        Of its top above the ground at that point.
    facing_deg : float
        Bearing of its long axis.
    length_m : float
        For fence and wall.
    """

    name: str
    kind: str
    azimuth_deg: float
    distance_m: float
    height_m: float
    facing_deg: float = 0.0
    length_m: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInputError(f"'{self.kind}' is not a thing I can draw.", f"Choose one of {', '.join(KINDS)}.")

    @property
    def foot_m(self) -> tuple[float, float]:
        """East and north of the camera [m]."""
        angle = np.radians(self.azimuth_deg)
        return float(self.distance_m * np.sin(angle)), float(self.distance_m * np.cos(angle))


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A unit box, ball, cylinder or cone, turned, scaled and moved.

    Attributes
    ----------
    form : str
        box: [-1, 1]^3; ball: radius 1; cylinder: radius 1, z from -1 to 1; cone: radius 1 at z = -1 to 0 at z = 1.
    axes : ndarray of float64, shape (3, 3)
        Columns are the half axes [m].
    centre : ndarray of float64, shape (3,)
        East, north, elevation [m].
    colour : tuple of float
        Linear reflectance.
    grain : float
        Strength of its surface's mottle.
    """

    form: str
    axes: Floats
    centre: Floats
    colour: tuple[float, float, float]
    grain: float = 0.12

    @property
    def radius_m(self) -> float:
        """Of a ball around it."""
        return float(np.sqrt((self.axes**2).sum()))

    def meet(self, start: Floats, direction: Floats) -> tuple[Floats, Floats]:
        """Where rays first enter.

        Parameters
        ----------
        start, direction : ndarray of float64, shape (n, 3), or (3,) for all

        Returns
        -------
        distance : ndarray of float64, shape (n,)
            In lengths of `direction`; inf for a miss.
        normal : ndarray of float64, shape (n, 3)
            Unit, outward; arbitrary for a miss.
        """
        inverse = np.asarray(np.linalg.inv(self.axes), dtype=np.float64)
        o, d = self._inside(start, direction, inverse)
        distance, local = _FORMS[self.form](o, d)
        distance = np.where(distance > 1e-6, distance, np.inf)
        normal = local @ inverse
        length = np.sqrt((normal * normal).sum(axis=1, keepdims=True))
        return distance, normal / np.where(length > 0.0, length, 1.0)

    def blocks(self, start: Floats, direction: Floats) -> NDArray[np.bool_]:
        """Whether rays meet it at all, shape (n,)."""
        inverse = np.asarray(np.linalg.inv(self.axes), dtype=np.float64)
        distance, _ = _FORMS[self.form](*self._inside(start, direction, inverse))
        return np.asarray(np.isfinite(distance) & (distance > 1e-6))

    def _inside(self, start: Floats, direction: Floats, inverse: Floats) -> tuple[Floats, Floats]:
        """Rays in the frame of the unit form; no component of a direction is exactly zero."""
        o = np.atleast_2d((start - self.centre) @ inverse.T)
        d = np.atleast_2d(direction @ inverse.T)
        d = np.where(np.abs(d) < 1e-12, 1e-12, d)
        n = max(len(o), len(d))
        return np.broadcast_to(o, (n, 3)), np.broadcast_to(d, (n, 3))


def _box(o: Floats, d: Floats) -> tuple[Floats, Floats]:
    near, far = (-1.0 - o) / d, (1.0 - o) / d
    enter, leave = np.minimum(near, far), np.maximum(near, far)
    first = np.maximum(np.maximum(enter[:, 0], enter[:, 1]), enter[:, 2])
    last = np.minimum(np.minimum(leave[:, 0], leave[:, 1]), leave[:, 2])
    normal = np.where(enter == first[:, None], -np.sign(d), 0.0)
    return np.where(first <= last, first, np.inf), normal


def _ball(o: Floats, d: Floats) -> tuple[Floats, Floats]:
    a, b, c = (d * d).sum(1), (o * d).sum(1), (o * o).sum(1) - 1.0
    root = b * b - a * c
    distance = np.where(root >= 0.0, (-b - np.sqrt(np.maximum(root, 0.0))) / a, np.inf)
    return distance, o + np.where(np.isfinite(distance), distance, 0.0)[:, None] * d


def _cylinder(o: Floats, d: Floats) -> tuple[Floats, Floats]:
    a = d[:, 0] ** 2 + d[:, 1] ** 2
    b = o[:, 0] * d[:, 0] + o[:, 1] * d[:, 1]
    c = o[:, 0] ** 2 + o[:, 1] ** 2 - 1.0
    root = b * b - a * c
    side = (-b - np.sqrt(np.maximum(root, 0.0))) / a
    fits = (root >= 0.0) & (side > 1e-6) & (np.abs(o[:, 2] + side * d[:, 2]) <= 1.0)
    side = np.where(fits, side, np.inf)
    cap = (-np.sign(d[:, 2]) - o[:, 2]) / d[:, 2]
    on_cap = (o[:, 0] + cap * d[:, 0]) ** 2 + (o[:, 1] + cap * d[:, 1]) ** 2 <= 1.0
    cap = np.where(on_cap & (cap > 1e-6), cap, np.inf)
    distance = np.minimum(side, cap)
    at = o + np.where(np.isfinite(distance), distance, 0.0)[:, None] * d
    flat = np.zeros_like(at)
    flat[:, 2] = -np.sign(d[:, 2])
    return distance, np.where((side <= cap)[:, None], at * [1.0, 1.0, 0.0], flat)


def _cone(o: Floats, d: Floats) -> tuple[Floats, Floats]:
    # x^2 + y^2 = ((1 - z) / 2)^2 for z in [-1, 1]
    h, m = (1.0 - o[:, 2]) / 2.0, -d[:, 2] / 2.0
    a = d[:, 0] ** 2 + d[:, 1] ** 2 - m * m
    b = o[:, 0] * d[:, 0] + o[:, 1] * d[:, 1] - h * m
    c = o[:, 0] ** 2 + o[:, 1] ** 2 - h * h
    a = np.where(np.abs(a) < 1e-12, 1e-12, a)
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    best = np.full(len(o), np.inf)
    for t in ((-b - root) / a, (-b + root) / a):
        z = o[:, 2] + t * d[:, 2]
        fits = (b * b - a * c >= 0.0) & (np.abs(z) <= 1.0) & (t > 1e-6)
        best = np.where(fits & (t < best), t, best)
    at = o + np.where(np.isfinite(best), best, 0.0)[:, None] * d
    return best, np.stack([at[:, 0], at[:, 1], (1.0 - at[:, 2]) / 4.0], axis=1)


_FORMS = {"box": _box, "ball": _ball, "cylinder": _cylinder, "cone": _cone}
