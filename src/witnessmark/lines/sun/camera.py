"""The camera of a frame as samples: focal length, pitch and roll that fit what is marked, drawn with their errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.sun.marks import CameraMark, HorizonPoints, LevelLines, Pixel, Read, Vertical

Floats = NDArray[np.float64]
_Cast = Callable[[Pixel], Floats]

SAMPLES = 500
"""Cameras drawn for a frame, and sun directions for each mark in it."""
DRAWN = 4000
"""Cameras weighed in each round before so many are kept."""
ROUNDS = 5

WIDE_FOCAL_RATIO, WIDE_LOG_SCALE = 0.80, 0.28
"""Focal length over the frame's longer side where nothing is known: median and spread of its logarithm.

That is 64 degrees across the longer side, 42 to 89 for 95 in 100: from action cameras to short portrait lenses. Stated,
not measured; a field of view from the file's metadata or a person replaces it.
"""
METADATA_LOG_SCALE = 0.06
"""The same where metadata gives the 35 mm equivalent: stabilised video is cropped by an unknown few per cent."""
PITCH_DEG, ROLL_DEG = 12.0, 4.0
"""Standard deviation of a hand-held camera's pitch and roll before anything is marked; stated, not measured."""
LEAN_DEG = 0.7
"""Standard deviation of what people take for vertical or level; stated, not measured."""
TAIL = 4.0
"""Degrees of freedom of the Student t that marks' residuals follow, so that one bad mark cannot rule."""
FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)
"""35 mm equivalents compare diagonals (CIPA DCG-001-2005)."""
FOCAL_TAGS = ("com.apple.quicktime.camera.focal_length.35mm_equivalent", "focallengthin35mmfilm")
"""Metadata keys of the 35 mm equivalent focal length [mm], in lower case."""


@dataclass(frozen=True, slots=True)
class Focal:
    """What is known of the focal length before marks.

    Attributes
    ----------
    log_px : float
        Natural logarithm of the focal length in pixels.
    log_scale : float
        Standard deviation of that.
    known_from : str
    """

    log_px: float
    log_scale: float
    known_from: str


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """Samples of one frame's camera.

    Attributes
    ----------
    focal_px, pitch_rad, roll_rad : ndarray of float64, shape (n,)
        Pitch of the optical axis above the horizontal; roll is positive when the camera's right side dips.
    width_px, height_px : int
        Of the upright frame; the principal point is its middle.
    misfit : float
        Root mean square of the marks' residuals at the best camera, in their standard errors; 0 without marks.
    marks_count : int
    """

    focal_px: Floats
    pitch_rad: Floats
    roll_rad: Floats
    width_px: int
    height_px: int
    misfit: float
    marks_count: int

    def rays(self, column_px: Floats | float, row_px: Floats | float) -> Floats:
        """Unit vectors through pixels: right, forward, up in the levelled frame of the camera, shape (n, 3)."""
        return rays(self.focal_px, self.pitch_rad, self.roll_rad, (self.width_px, self.height_px), column_px, row_px)


def rays(
    focal_px: Floats,
    pitch_rad: Floats,
    roll_rad: Floats,
    size_px: tuple[int, int],
    column_px: Floats | float,
    row_px: Floats | float,
) -> Floats:
    """Unit vectors through a pixel for many cameras; pixels count from the outer corner of the top left one."""
    x = (column_px - size_px[0] / 2.0) / focal_px
    y = (size_px[1] / 2.0 - row_px) / focal_px
    cos, sin = np.cos(roll_rad), np.sin(roll_rad)
    right, above = x * cos + y * sin, y * cos - x * sin
    pitch_cos, pitch_sin = np.cos(pitch_rad), np.sin(pitch_rad)
    out = np.stack([right, pitch_cos - above * pitch_sin, pitch_sin + above * pitch_cos], axis=-1)
    return np.asarray(out / np.linalg.norm(out, axis=-1, keepdims=True))


def focal_prior(size_px: tuple[int, int], metadata: Mapping[str, str], marks: Sequence[Read]) -> Focal:
    """The focal length from a person, else from metadata, else a wide prior.

    Parameters
    ----------
    size_px : (width, height)
        Of the upright frame.
    metadata : mapping
        Of the container and its video stream.
    marks : sequence of Read
        Of the whole item; the first camera mark with a field of view counts.
    """
    for mark in marks:
        if isinstance(mark.body, CameraMark) and mark.body.hfov_deg is not None:
            mean_deg, error_deg = mark.body.hfov_deg
            half = math.radians(mean_deg) / 2.0
            # d ln f / d fov = -1 / sin(fov)
            scale = math.radians(error_deg) / max(math.sin(2.0 * half), 0.05)
            return Focal(math.log(size_px[0] / 2.0 / math.tan(half)), min(scale, 1.0), "a person")
    for key, text in metadata.items():
        if key.lower() in FOCAL_TAGS:
            try:
                focal_mm = float(text)
            except ValueError:
                continue
            if 4.0 <= focal_mm <= 2000.0:
                focal_px = focal_mm / FILM_DIAGONAL_MM * math.hypot(*size_px)
                return Focal(math.log(focal_px), METADATA_LOG_SCALE, "the file's metadata")
    return Focal(math.log(WIDE_FOCAL_RATIO * max(size_px)), WIDE_LOG_SCALE, "a wide prior")


def sample_cameras(
    marks: Sequence[Read], focal: Focal, size_px: tuple[int, int], rng: np.random.Generator, n: int = SAMPLES
) -> Cameras:
    """Cameras that fit one frame's marks.

    Notes
    -----
    Adaptive importance sampling (Cappe et al. 2004, Journal of Computational and Graphical Statistics 13, 907): what
    is drawn from the prior is weighed by the marks, a wide normal fitted to it is drawn from next, five times; then
    `n` are kept by systematic resampling. Without marks the prior itself is drawn.
    """
    centre, spread = _prior(marks, focal)
    shaped = [mark for mark in marks if isinstance(mark.body, (Vertical, HorizonPoints, LevelLines))]
    if not shaped:
        drawn = centre + spread * rng.standard_normal((n, 3))
        return _cameras(drawn, size_px, 0.0, 0)
    at, width = centre.copy(), np.diag(spread**2)
    drawn, weights, squares = _weighed(shaped, size_px, centre, spread, at, width, rng)
    for _ in range(ROUNDS - 1):
        at = weights @ drawn
        away = drawn - at
        width = (away * weights[:, None]).T @ away + np.diag((0.02 * spread) ** 2 + 1e-12)
        drawn, weights, squares = _weighed(shaped, size_px, centre, spread, at, 1.6 * width, rng)
    positions = (np.arange(n) + rng.random()) / n
    chosen = np.searchsorted(np.cumsum(weights), positions).clip(0, len(weights) - 1)
    best = float(np.sqrt(np.min(squares) / max(1, squares_count(shaped))))
    return _cameras(drawn[chosen], size_px, best, len(shaped))


def squares_count(shaped: Sequence[Read]) -> int:
    """How many residuals the marks give."""
    count = 0
    for mark in shaped:
        if isinstance(mark.body, HorizonPoints):
            count += len(mark.body.points_px)
        elif isinstance(mark.body, LevelLines):
            count += len(mark.body.lines_px) - 1
        else:
            count += 1
    return count


def _cameras(drawn: Floats, size_px: tuple[int, int], misfit: float, count: int) -> Cameras:
    return Cameras(np.exp(drawn[:, 0]), drawn[:, 1], drawn[:, 2], size_px[0], size_px[1], misfit, count)


def _prior(marks: Sequence[Read], focal: Focal) -> tuple[Floats, Floats]:
    """Centre and standard deviation of log focal length, pitch and roll."""
    pitch, roll = (0.0, PITCH_DEG), (0.0, ROLL_DEG)
    for mark in marks:
        if isinstance(mark.body, CameraMark):
            pitch = mark.body.pitch_deg or pitch
            roll = mark.body.roll_deg or roll
    centre = np.array([focal.log_px, math.radians(pitch[0]), math.radians(roll[0])])
    return centre, np.array([focal.log_scale, math.radians(pitch[1]), math.radians(roll[1])])


def _weighed(
    shaped: Sequence[Read],
    size_px: tuple[int, int],
    centre: Floats,
    spread: Floats,
    at: Floats,
    width: Floats,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Draw cameras, one in ten from the prior and the rest about `at`; normalised weights and sums of squares."""
    root = np.linalg.cholesky(width)
    from_prior = rng.random(DRAWN) < 0.1
    normal = rng.standard_normal((DRAWN, 3))
    drawn = np.where(from_prior[:, None], centre + spread * normal, at + normal @ root.T)
    prior_nats = -0.5 * (((drawn - centre) / spread) ** 2).sum(axis=1) - np.log(spread).sum()
    about = np.linalg.solve(root, (drawn - at).T)
    about_nats = -0.5 * (about**2).sum(axis=0) - np.log(np.diag(root)).sum()
    proposal_nats = np.logaddexp(math.log(0.1) + prior_nats, math.log(0.9) + about_nats)
    squares, marks_nats = _residuals(shaped, size_px, np.exp(drawn[:, 0]), drawn[:, 1], drawn[:, 2])
    log_weights = prior_nats + marks_nats - proposal_nats
    weights = np.exp(log_weights - np.max(log_weights))
    return drawn, weights / weights.sum(), squares


def _residuals(
    shaped: Sequence[Read], size_px: tuple[int, int], focal_px: Floats, pitch: Floats, roll: Floats
) -> tuple[Floats, Floats]:
    """Sum of squared residuals, and log-likelihood under Student t [nats], of every camera."""
    squares, nats = np.zeros(focal_px.shape), np.zeros(focal_px.shape)
    lean = math.radians(LEAN_DEG)

    def cast(point: Pixel) -> Floats:
        return rays(focal_px, pitch, roll, size_px, point[0], point[1])

    def add(off_rad: Floats, error_rad: Floats) -> None:
        nonlocal squares, nats
        square = (off_rad / error_rad) ** 2
        squares = squares + square
        nats = nats - (TAIL + 1.0) / 2.0 * np.log1p(square / TAIL) - np.log(error_rad)

    for mark in shaped:
        body = mark.body
        if isinstance(body, Vertical):
            top, base = cast(body.top_px), cast(body.base_px)
            length_px = math.dist(body.top_px, body.base_px)
            add(_off_vertical(top, base), np.full(focal_px.shape, math.hypot(1.414 * body.sigma_px / length_px, lean)))
        elif isinstance(body, HorizonPoints):
            for point in body.points_px:
                add(np.arcsin(cast(point)[:, 2]), np.hypot(body.sigma_px / focal_px, math.radians(0.1)))
        elif isinstance(body, LevelLines):
            first = body.lines_px[0]
            for other in body.lines_px[1:]:
                up, error = _off_level(first, other, body.sigma_px, cast)
                add(up, np.hypot(error, lean))
    return squares, nats


def _off_vertical(top: Floats, base: Floats) -> Floats:
    """Angle about the line of sight between the marked line and the vertical through its middle [rad]."""
    plane = np.cross(top, base)
    plane /= np.linalg.norm(plane, axis=-1, keepdims=True)
    middle = top + base
    middle /= np.linalg.norm(middle, axis=-1, keepdims=True)
    level = np.hypot(middle[:, 0], middle[:, 1])
    return np.arcsin(np.clip(plane[:, 2] / np.maximum(level, 1e-3), -1.0, 1.0))


def _off_level(
    one: tuple[Pixel, Pixel], other: tuple[Pixel, Pixel], sigma_px: float, cast: _Cast
) -> tuple[Floats, Floats]:
    """Elevation of the direction two parallel lines share, and its error from the pixels [rad]."""
    ends = [one[0], one[1], other[0], other[1]]

    def elevation(points: Sequence[Pixel]) -> Floats:
        a, b, c, d = (cast(point) for point in points)
        along = np.cross(np.cross(a, b), np.cross(c, d))
        return np.asarray(np.arctan2(along[:, 2], np.hypot(along[:, 0], along[:, 1])))

    middle = elevation(ends)
    variance = np.zeros(middle.shape)
    for index in range(4):
        for axis in range(2):
            moved = [list(point) for point in ends]
            moved[index][axis] += sigma_px
            shift = elevation([(point[0], point[1]) for point in moved]) - middle
            variance += shift**2
    return middle, np.sqrt(variance) + 1e-6
