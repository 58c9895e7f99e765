"""Streets that nobody built: textured fronts at known distances, seen from any stand, in any light, with anything
laid over the picture. Everything is drawn here, from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from tests.lines.clips import STEADY_X264

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]
TEXELS_PER_M = 28.0


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a camera stands and looks: metres right of and ahead of the origin, heading right of ahead [deg]."""

    right_m: float = 0.0
    ahead_m: float = 0.0
    heading_deg: float = 0.0
    up_m: float = 1.6
    pitch_deg: float = 2.0
    fov_deg: float = 62.0


@dataclass(frozen=True, slots=True)
class Light:
    """Hour and weather.

    Attributes
    ----------
    side : float
        -1 sun from the left, 1 from the right, 0 overcast.
    level, gamma, contrast : float
        Exposure and tone.
    haze : float
        Share of what is 60 m away that is lost in the air.
    noise : float
        Sensor noise [grey].
    seed : int
        Of cast shadows and clouds.
    """

    side: float = 0.0
    level: float = 1.0
    gamma: float = 1.0
    contrast: float = 1.0
    haze: float = 0.1
    noise: float = 2.0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """A flat thing: its lower left corner, the directions of its width and height, and what it looks like."""

    corner_m: Floats
    along_m: Floats
    upward_m: Floats
    texture: Grey
    turned: float


@dataclass(frozen=True, slots=True, eq=False)
class Street:
    """Fronts and a pavement."""

    fronts: tuple[Front, ...]
    seed: int
    extra: tuple[Front, ...] = field(default=())

    @classmethod
    def seeded(cls, seed: int) -> Street:
        """Fronts on both sides and across the end, each its own; no two seeds share one."""
        rng = np.random.default_rng([seed, 77])
        fronts = []
        for side in (-1.0, 1.0):
            ahead, offset = 6.0 + rng.uniform(0.0, 3.0), side * rng.uniform(6.0, 9.0)
            while ahead < 60.0:
                length, tall = rng.uniform(8.0, 15.0), rng.uniform(6.0, 13.0)
                at = offset + side * rng.uniform(-0.6, 1.4)
                fronts.append(_front([at, 0.0, ahead], [0.0, 0.0, length], tall, rng, side))
                ahead += length + rng.choice([0.0, rng.uniform(1.0, 3.0)])
        across = -14.0
        while across < 14.0:
            length, tall = rng.uniform(7.0, 12.0), rng.uniform(7.0, 15.0)
            fronts.append(_front([across, 0.0, 62.0 + rng.uniform(0.0, 6.0)], [length, 0.0, 0.0], tall, rng, 0.0))
            across += length
        return cls(tuple(fronts), seed)

    def view(self, stand: Stand, light: Light, size_px: tuple[int, int] = (640, 360)) -> Grey:
        """The picture from a stand in a light; the same call, the same bytes."""
        wide, high = size_px
        focal = wide / 2.0 / np.tan(np.radians(stand.fov_deg) / 2.0)
        camera = np.array([[focal, 0.0, wide / 2.0], [0.0, focal, high / 2.0], [0.0, 0.0, 1.0]])
        turn = _turn(stand)
        eye = np.array([stand.right_m, stand.up_m, stand.ahead_m])
        picture = _sky(light, size_px).astype(np.float64)
        picture = _lay(picture, _pavement(self.seed), camera, turn, eye, light)
        for front in sorted((*self.fronts, *self.extra), key=lambda each: -_distance(each, eye, turn)):
            picture = _lay(picture, front, camera, turn, eye, light)
        return _developed(picture, light)


def _front(
    corner: Sequence[float], along: Sequence[float], tall: float, rng: np.random.Generator, turned: float
) -> Front:
    length = float(np.linalg.norm(along))
    return Front(np.array(corner), np.array(along), np.array([0.0, tall, 0.0]), facade(rng, length, tall), turned)


def facade(rng: np.random.Generator, length_m: float, tall_m: float) -> Grey:
    """A wall with stains and courses, windows with frames and what hangs in them, doors and signs, top row first."""
    wide, high = int(length_m * TEXELS_PER_M), int(tall_m * TEXELS_PER_M)
    wall = np.full((high, wide), rng.uniform(90.0, 190.0), np.float32)
    for cell_m, strength in ((3.0, 16.0), (0.8, 12.0), (0.25, 10.0)):
        cells = (max(2, int(tall_m / cell_m)), max(2, int(length_m / cell_m)))
        stain = rng.normal(0.0, strength, cells).astype(np.float32)
        wall += cv2.resize(stain, (wide, high), interpolation=cv2.INTER_CUBIC)
    course = rng.uniform(0.25, 0.7) * TEXELS_PER_M
    if rng.random() < 0.6:
        wall[(np.arange(high) % course < 1.5), :] -= 14.0
    storey, bay = rng.uniform(2.6, 3.4) * TEXELS_PER_M, rng.uniform(1.8, 3.4) * TEXELS_PER_M
    share_x, share_y = rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.6)
    for top in np.arange(0.2 * storey, high - 0.9 * storey, storey):
        for left in np.arange(rng.uniform(0.1, 0.5) * bay, wide - 0.8 * bay, bay):
            _window(wall, rng, int(left), int(top), int(share_x * bay), int(share_y * storey))
    for _ in range(int(rng.integers(1, 4))):
        left, tall = int(rng.uniform(0.0, 0.8) * wide), int(rng.uniform(1.9, 2.6) * TEXELS_PER_M)
        cv2.rectangle(wall, (left, high - tall), (left + int(1.2 * TEXELS_PER_M), high), rng.uniform(20.0, 110.0), -1)
    painted = np.clip(wall, 0.0, 255.0).astype(np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        _sign(painted, rng, wide, high)
    return painted


def _window(wall: NDArray[np.float32], rng: np.random.Generator, left: int, top: int, wide: int, high: int) -> None:
    cv2.rectangle(wall, (left - 2, top - 2), (left + wide + 2, top + high + 2), rng.uniform(170.0, 240.0), 3)
    cv2.rectangle(wall, (left, top), (left + wide, top + high), rng.uniform(15.0, 80.0), -1)
    if rng.random() < 0.7:
        cv2.line(wall, (left + wide // 2, top), (left + wide // 2, top + high), rng.uniform(140.0, 230.0), 2)
    if rng.random() < 0.6:  # a curtain, a blind, a plant, a thing hung out
        part = int(rng.uniform(0.2, 0.9) * high)
        cv2.rectangle(
            wall,
            (left + 2, top + 2),
            (left + int(rng.uniform(0.2, 1.0) * wide), top + part),
            rng.uniform(90.0, 220.0),
            -1,
        )
    for _ in range(int(rng.integers(0, 4))):
        at = (left + int(rng.uniform(0.0, 1.0) * wide), top + int(rng.uniform(0.3, 1.3) * high))
        cv2.circle(wall, at, int(rng.uniform(2.0, 6.0)), rng.uniform(20.0, 235.0), -1)


def _sign(wall: Grey, rng: np.random.Generator, wide: int, high: int) -> None:
    across, tall = int(rng.uniform(1.5, 4.0) * TEXELS_PER_M), int(rng.uniform(0.4, 0.8) * TEXELS_PER_M)
    left, top = int(rng.uniform(0.0, 0.7) * wide), high - int(rng.uniform(2.7, 3.6) * TEXELS_PER_M)
    dark = rng.random() < 0.5
    cv2.rectangle(wall, (left, top), (left + across, top + tall), 40 if dark else 225, -1)
    letters = "".join(chr(code) for code in rng.integers(65, 91, 8))
    cv2.putText(wall, letters, (left + 4, top + tall - 6), cv2.FONT_HERSHEY_DUPLEX, tall / 36.0, 230 if dark else 20, 2)


def _pavement(seed: int) -> Front:
    rng = np.random.default_rng([seed, 78])
    ground = np.full((900, 700), 105.0, np.float32)
    for cells, strength in ((24, 10.0), (90, 9.0), (300, 9.0)):
        ground += cv2.resize(
            rng.normal(0.0, strength, (cells, cells)).astype(np.float32), (700, 900), interpolation=cv2.INTER_CUBIC
        )
    for _ in range(60):
        at = rng.uniform(0.0, 1.0, 4) * np.array([700.0, 900.0, 60.0, 60.0])
        end = (int(at[0] + at[2] - 30), int(at[1] + at[3] - 30))
        cv2.line(ground, (int(at[0]), int(at[1])), end, rng.uniform(40.0, 190.0), int(rng.integers(1, 4)))
    corner, along, ahead = np.array([-12.0, 0.0, 3.5]), np.array([24.0, 0.0, 0.0]), np.array([0.0, 0.0, 62.0])
    return Front(corner, along, ahead, np.clip(ground, 0.0, 255.0).astype(np.uint8), 0.0)


def _turn(stand: Stand) -> Floats:
    """From the street's axes (right, up, ahead) to the camera's (right, down, ahead)."""
    heading, pitch = np.radians(stand.heading_deg), np.radians(stand.pitch_deg)
    yaw = np.array([[np.cos(heading), 0.0, -np.sin(heading)], [0.0, 1.0, 0.0], [np.sin(heading), 0.0, np.cos(heading)]])
    tilt = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(pitch), -np.sin(pitch)], [0.0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(np.diag([1.0, -1.0, 1.0]) @ tilt @ yaw, np.float64)


def _distance(front: Front, eye: Floats, turn: Floats) -> float:
    return float((turn @ (front.corner_m + 0.5 * front.along_m + 0.5 * front.upward_m - eye))[2])


def _lay(picture: Floats, front: Front, camera: Floats, turn: Floats, eye: Floats, light: Light) -> Floats:
    """Warp a flat thing into the picture; what lies behind the camera is cut off along its width or height."""
    high, wide = front.texture.shape
    to_camera = camera @ turn
    axes = np.stack([front.along_m / wide, -front.upward_m / high, front.corner_m + front.upward_m - eye], axis=1)
    plane = to_camera @ axes
    corners = np.array([[0.0, 0.0, 1.0], [wide, 0.0, 1.0], [wide, high, 1.0], [0.0, high, 1.0]]) @ plane.T
    if (corners[:, 2] < 0.6).all():
        return picture
    size = (picture.shape[1], picture.shape[0])
    columns, rows = np.meshgrid(np.arange(size[0], dtype=np.float64), np.arange(size[1], dtype=np.float64))
    back = np.linalg.inv(plane)
    down = back[2, 0] * columns + back[2, 1] * rows + back[2, 2]
    down = np.where(np.abs(down) < 1e-9, 1e-9, down)
    along = (back[0, 0] * columns + back[0, 1] * rows + back[0, 2]) / down
    below = (back[1, 0] * columns + back[1, 1] * rows + back[1, 2]) / down
    depth = 1.0 / down
    inside = (along >= 0.0) & (along < wide - 1) & (below >= 0.0) & (below < high - 1) & (depth > 0.6)
    if not inside.any():
        return picture
    far = float(np.median(depth[inside]))
    blur = far / (camera[0, 0] / TEXELS_PER_M)
    texture = cv2.GaussianBlur(front.texture, (0, 0), 0.5 * blur) if blur > 1.0 else front.texture
    seen = cv2.remap(texture, along.astype(np.float32), below.astype(np.float32), cv2.INTER_LINEAR).astype(np.float64)
    shade = 1.0 + 0.45 * light.side * -front.turned
    shade_map = np.full(seen.shape, shade)
    if light.side:
        shade_map *= _cast(light, along / wide, below / high, front)
    air = 1.0 - (1.0 - light.haze) ** (np.clip(depth, 0.0, 300.0) / 60.0)
    lit = seen * shade_map * (1.0 - air) + 205.0 * air
    return np.asarray(np.where(inside, lit, picture), np.float64)


def _cast(light: Light, across: Floats, down: Floats, front: Front) -> Floats:
    """Hard-edged shadow over part of a front, slanting with the sun."""
    rng = np.random.default_rng([light.seed, abs(int(front.corner_m[2] * 100)), abs(int(front.corner_m[0] * 100))])
    edge = rng.uniform(0.1, 0.9) + light.side * rng.uniform(0.2, 0.9) * (across - 0.5)
    return np.asarray(np.where(down > edge, 0.55, 1.0), np.float64)


def _sky(light: Light, size_px: tuple[int, int]) -> Floats:
    rng = np.random.default_rng([light.seed, 5])
    clouds = cv2.resize(rng.normal(0.0, 14.0, (6, 10)).astype(np.float32), size_px, interpolation=cv2.INTER_CUBIC)
    return np.asarray(215.0 + clouds, np.float64)


def _developed(picture: Floats, light: Light) -> Grey:
    rng = np.random.default_rng([light.seed, 6])
    tone = 255.0 * np.clip(picture * light.level / 255.0, 0.0, 1.0) ** light.gamma
    tone = 128.0 + light.contrast * (tone - 128.0)
    return np.clip(tone + rng.normal(0.0, light.noise, tone.shape), 0.0, 255.0).astype(np.uint8)


def write_clip(path: Path, pictures: Sequence[Grey], *, rate_hz: int = 5, crf: int = 24) -> Path:
    """Encode grey pictures one after the other."""
    height, width = pictures[0].shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate_hz, options=STEADY_X264 | {"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.repeat(picture[:, :, None], 3, axis=2), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def walk(
    street: Street, start: Stand, end: Stand, light: Light, count: int, size_px: tuple[int, int] = (640, 360)
) -> list[Grey]:
    """Pictures from one stand to another, the noise new in each."""
    pictures = []
    for share in np.linspace(0.0, 1.0, count):
        stand = Stand(*(float(a + (b - a) * share) for a, b in zip(_values(start), _values(end), strict=True)))
        view = street.view(stand, light, size_px).astype(np.float64)
        noise = np.random.default_rng([street.seed, int(1000 * share), light.seed]).normal(0.0, light.noise, view.shape)
        pictures.append(np.clip(view + noise, 0, 255).astype(np.uint8))
    return pictures


def _values(stand: Stand) -> tuple[float, ...]:
    return stand.right_m, stand.ahead_m, stand.heading_deg, stand.up_m, stand.pitch_deg, stand.fov_deg


def dressed(picture: Grey) -> Grey:
    """The same broadcaster's dress over any picture: a logo, a lower third with text, a clock."""
    made = picture.copy()
    high, wide = made.shape
    cv2.rectangle(made, (0, int(0.80 * high)), (wide, int(0.95 * high)), 45, -1)
    cv2.putText(
        made,
        "REHEARSED NEWS: A STREET, TODAY",
        (int(0.03 * wide), int(0.90 * high)),
        cv2.FONT_HERSHEY_DUPLEX,
        wide / 900,
        240,
        2,
    )
    cv2.circle(made, (int(0.91 * wide), int(0.11 * high)), int(0.06 * high), 235, -1)
    cv2.putText(made, "R7", (int(0.885 * wide), int(0.13 * high)), cv2.FONT_HERSHEY_TRIPLEX, wide / 1000, 20, 2)
    cv2.putText(made, "LIVE 12:00", (int(0.03 * wide), int(0.08 * high)), cv2.FONT_HERSHEY_DUPLEX, wide / 1100, 250, 1)
    return made
