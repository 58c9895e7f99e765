"""Working copies in which faces, and whatever a person drew, are blurred for good.

The recording is decoded twice by the confined process, picture by picture: once to find faces, once to burn the boxes
in. Nothing of the original's bytes is copied: what is written are new pictures at the same times, and new sound if it
was asked for; metadata, subtitles and other streams do not come along.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from witnessmark.custody import sniff
from witnessmark.errors import BadInputError, ClashError, MediaError
from witnessmark.media.blur import blur, coarse, drawn, png_bytes
from witnessmark.media.calls import hear, pictures
from witnessmark.media.faces import Box, FaceFinder
from witnessmark.media.records import Broken, Limits, Sampled
from witnessmark.media.tracking import Track, joined
from witnessmark.media.writing import SoundWriter, VideoWriter

Rgb = NDArray[np.uint8]
Progress = Callable[[float, str], None]

MARGIN = 0.2
"""A face's box is enlarged by this share of its width and height on each side."""
LOOK_HZ = 10.0
"""Pictures a second in which faces are looked for; between them their boxes are interpolated and grow."""
BLUR_LIMITS = Limits(cpu_s=6 * 3600.0, wall_s=48 * 3600.0, max_frames=2_000_000, max_sound_s=12 * 3600.0)
"""The decoder waits while faces are looked for, so that its clock runs long."""
VIDEO_ENDINGS, STILL_ENDINGS = (".mp4",), (".png", ".jpg", ".jpeg")
_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part that a person chose: a box at one or several times, moving evenly from one to the next.

    Attributes
    ----------
    keys : tuple of (float or None, Box)
        With None for a time there is one, and it holds throughout, or from `from_s` to `until_s`.
    from_s, until_s : float or None
        Presentation times [s], as counted from the first picture.
    """

    keys: tuple[tuple[float | None, Box], ...]
    from_s: float | None = None
    until_s: float | None = None

    def at(self, since_s: float) -> Box | None:
        """The box at a time since the first picture."""
        if (self.from_s is not None and since_s < self.from_s - 1e-6) or (
            self.until_s is not None and since_s > self.until_s + 1e-6
        ):
            return None
        boxes = [np.array([box.x_px, box.y_px, box.w_px, box.h_px]) for _, box in self.keys]
        if len(boxes) == 1:
            return self.keys[0][1]
        times = [time_s if time_s is not None else 0.0 for time_s, _ in self.keys]
        return Box(*(float(np.interp(since_s, times, [box[k] for box in boxes])) for k in range(4)))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be blurred.

    Attributes
    ----------
    faces : bool
    drawn : tuple of Drawn
    everything : bool
        Whole pictures.
    keep_sound : bool
        A voice tells who speaks; sound is left out unless this says so, and then kept as 16 kHz mono.
    grey : bool
    max_side_px : int or None
        Longer side of the copy at most.
    rate_hz : float or None
        Pictures a second in the copy; all of them unless given.
    """

    faces: bool = False
    drawn: tuple[Drawn, ...] = ()
    everything: bool = False
    keep_sound: bool = False
    grey: bool = False
    max_side_px: int | None = None
    rate_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Blurred:
    """What came of it.

    Attributes
    ----------
    width_px, height_px : int
        Upright, without the row or column that is added where a side is odd.
    pictures : int
    duration_s : float
        From the first picture to the last.
    looked : int
        Pictures in which faces were looked for.
    tracks : int
        Faces followed; one person may be followed several times, and some are no faces.
    pictures_with_faces : int
        Pictures into which at least one face's box was burned.
    drawn_used : tuple of int
        For each part drawn by hand, the pictures into which it was burned.
    sound : str
        kept | left out | none
    stopped : Broken or None
        Why decoding ended early; the copy ends there too.
    detector_sha256 : str or None
    """

    width_px: int
    height_px: int
    pictures: int
    duration_s: float
    looked: int
    tracks: int
    pictures_with_faces: int
    drawn_used: tuple[int, ...]
    sound: str
    stopped: Broken | None
    detector_sha256: str | None


def blur_file(
    source: Path,
    out: Path,
    plan: Plan,
    *,
    finder: FaceFinder | None = None,
    limits: Limits = BLUR_LIMITS,
    progress: Progress | None = None,
) -> Blurred:
    """Write a blurred working copy of a recording or a still; whole, or not at all.

    Parameters
    ----------
    source : Path
    out : Path
        New; ends in .mp4 for a recording, in .png or .jpg for a still.
    plan : Plan
    finder : FaceFinder, optional
        Opened when faces are to be found, unless given.
    limits : Limits
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    Blurred

    Raises
    ------
    BadInputError
        When there is nothing to blur in the plan, the ending does not fit, or a drawn box lies outside the picture.
    ClashError
        When `out` exists.
    NotFoundError
        When faces are to be found and the detector is not installed.
    MediaError
        When not one picture decodes.
    """
    still = _checked(source, out, plan)
    if plan.faces and not plan.everything and finder is None:
        finder = FaceFinder()
    told = progress or (lambda done, what: None)
    tracks: tuple[Track, ...] = ()
    looked = 0
    if plan.faces and not plan.everything and finder is not None:
        tracks, looked = _find(source, finder, plan, limits, lambda done, what: told(0.6 * done, what))
    burner = _Burner(plan, tracks)
    begun = 0.6 if looked else 0.0
    with _draft(out) as draft:
        if still:
            done = _write_still(source, draft, out.suffix.lower(), burner, limits)
            sound = "none"
        else:
            done, sound = _write_video(
                source, draft, burner, plan, limits, lambda part, what: told(begun + (1 - begun) * part, what)
            )
        burner.check()
        draft.replace(out)
    return Blurred(
        width_px=burner.size_px[0],
        height_px=burner.size_px[1],
        pictures=burner.pictures,
        duration_s=burner.since_s,
        looked=looked,
        tracks=len(tracks),
        pictures_with_faces=burner.pictures_with_faces,
        drawn_used=tuple(burner.drawn_used),
        sound=sound,
        stopped=done.stopped,
        detector_sha256=finder.sha256 if finder is not None and looked else None,
    )


def _checked(source: Path, out: Path, plan: Plan) -> bool:
    """Whether it is a still.

    Raises
    ------
    BadInputError
    ClashError
    """
    if not (plan.faces or plan.drawn or plan.everything):
        raise BadInputError(
            "It is not said what to blur.", "Give --faces, --box x,y,w,h, --path, or --everything; several go together."
        )
    if out.exists():
        raise ClashError(f"There is a file '{out.name}' already.", "Name another one, or move that away.")
    if not out.parent.is_dir():
        raise BadInputError(f"There is no folder '{out.parent}'.", "Make it first, or write elsewhere.")
    try:
        with source.open("rb") as file:
            kind = sniff.media_type(file.read(sniff.HEAD_BYTES))
    except OSError as error:
        raise BadInputError(f"The file '{source}' cannot be read: {error.strerror}.", "Check the path.") from error
    still = kind.startswith("image/") and kind != "image/gif"
    endings = STILL_ENDINGS if still else VIDEO_ENDINGS
    if out.suffix.lower() not in endings:
        what = "A still" if still else "A recording"
        raise BadInputError(
            f"{what} is written as {' or '.join(endings)}, not '{out.suffix}'.", f"Name it '{out.stem}{endings[0]}'."
        )
    return still


def _find(
    source: Path, finder: FaceFinder, plan: Plan, limits: Limits, told: Progress
) -> tuple[tuple[Track, ...], int]:
    found: list[tuple[float, Sequence[Box]]] = []

    def take(pts_s: float, rgb: Rgb) -> None:
        found.append((pts_s, tuple(face.box for face in finder.find(rgb))))

    seen = pictures(
        source,
        take,
        limits,
        rate_hz=LOOK_HZ,
        max_side_px=plan.max_side_px,
        progress=lambda done, _: told(done, "looking for faces"),
    )
    _decoded(seen)
    return joined(found), len(found)


def _decoded(seen: Sampled | Broken) -> Sampled:
    if isinstance(seen, Broken):
        raise MediaError(f"Nothing could be blurred: {seen.reason}", seen.do)
    return seen


def _write_still(source: Path, draft: Path, ending: str, burner: _Burner, limits: Limits) -> Sampled:
    kept: list[Rgb] = []

    def take(pts_s: float, rgb: Rgb) -> None:
        if not kept:
            kept.append(burner.burned(pts_s, rgb))

    seen = _decoded(pictures(source, take, limits, max_side_px=burner.plan.max_side_px))
    if ending == ".png":
        draft.write_bytes(png_bytes(kept[0]))
    else:
        Image.fromarray(kept[0]).save(draft, "JPEG", quality=_JPEG_QUALITY)
    return seen


def _write_video(
    source: Path, draft: Path, burner: _Burner, plan: Plan, limits: Limits, told: Progress
) -> tuple[Sampled, str]:
    heard_file = draft.with_name(f"{draft.name}.sound")
    try:
        sound, word = _sound(source, heard_file, limits, told) if plan.keep_sound else (None, "left out")
        with VideoWriter(draft, sound) as writer:
            seen = pictures(
                source,
                lambda pts_s, rgb: writer.add(pts_s, burner.burned(pts_s, rgb)),
                limits,
                rate_hz=plan.rate_hz,
                max_side_px=plan.max_side_px,
                progress=lambda done, _: told(done, "blurring"),
            )
        return _decoded(seen), word
    finally:
        heard_file.unlink(missing_ok=True)


def _sound(source: Path, path: Path, limits: Limits, told: Progress) -> tuple[tuple[Path, float] | None, str]:
    with SoundWriter(path) as writer:
        heard = hear(source, writer.add, limits, lambda done, _: told(0.05 * done, "writing the sound"))
    return (None, "none") if isinstance(heard, Broken) else ((path, heard.start_s), "kept")


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A name beside the wanted one, under which nothing is left when the work does not come to its end."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@dataclass(slots=True)
class _Burner:
    """Burns the boxes into one picture after another."""

    plan: Plan
    tracks: tuple[Track, ...]
    pictures: int = 0
    pictures_with_faces: int = 0
    since_s: float = 0.0
    size_px: tuple[int, int] = (0, 0)
    drawn_used: list[int] = field(default_factory=list)
    _start_s: float | None = None
    _few: dict[tuple[str, int], Rgb] = field(default_factory=dict)
    """What is drawn over each part, taken the first time it is: fresh colours in each picture would add up."""

    def burned(self, pts_s: float, rgb: Rgb) -> Rgb:
        """The picture with everything planned blurred."""
        if self._start_s is None:
            self._start_s = pts_s
            self.drawn_used = [0] * len(self.plan.drawn)
        self.since_s = pts_s - self._start_s
        self.size_px = (rgb.shape[1], rgb.shape[0])
        self.pictures += 1
        if self.plan.everything:
            picture = blur(rgb)
        else:
            picture = rgb.copy()
            faces = [(k, box) for k, track in enumerate(self.tracks) if (box := track.at(pts_s)) is not None]
            burned = [self._burn(picture, box.grown(MARGIN), ("face", k)) for k, box in faces]
            self.pictures_with_faces += any(burned)
            for k, part in enumerate(self.plan.drawn):
                box = part.at(self.since_s)
                if box is not None:
                    self.drawn_used[k] += self._burn(picture, box, ("drawn", k))
        if self.plan.grey:
            picture = np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
        return picture

    def _burn(self, picture: Rgb, box: Box, which: tuple[str, int]) -> bool:
        """Whether any of the box lies in the picture."""
        high, wide = picture.shape[:2]
        left, top = max(0, math.floor(box.x_px)), max(0, math.floor(box.y_px))
        right, low = min(wide, math.ceil(box.x_px + box.w_px)), min(high, math.ceil(box.y_px + box.h_px))
        if right <= left or low <= top:
            return False
        if which not in self._few:
            self._few[which] = coarse(picture[top:low, left:right])
        picture[top:low, left:right] = drawn(self._few[which], (right - left, low - top))
        return True

    def check(self) -> None:
        """Nothing that a person drew may be without effect.

        Raises
        ------
        BadInputError
        """
        for k, used in enumerate(self.drawn_used):
            if not used and not self.plan.everything:
                wide, high = self.size_px
                raise BadInputError(
                    f"Part {k + 1} drawn by hand lies in no picture: they are {wide} x {high} px, upright, and last "
                    f"{self.since_s:.3f} s.",
                    "Draw it on the upright picture, in pixels from its upper left corner, at times that it has.",
                )
