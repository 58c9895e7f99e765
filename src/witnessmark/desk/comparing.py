"""Two files compared with one another, without a case and without a library, if wished with a second opinion."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.desk.indexing import Progress, answer_row, fingerprint_file
from witnessmark.errors import BadInputError, ClashError
from witnessmark.lines.contract import no_progress
from witnessmark.lines.copies.descriptor import Descriptor
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import limits_for
from witnessmark.lines.copies.library import Recording
from witnessmark.lines.copies.looking import Hit, found_of, judged
from witnessmark.lines.copies.memory import highest_tier
from witnessmark.lines.copies.moments import with_writing
from witnessmark.lines.copies.observations import StillPair
from witnessmark.lines.copies.opinion import Described, Opinion, opinion
from witnessmark.lines.copies.pairing import one_reference
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.search import compare
from witnessmark.lines.copies.stills import blurred, still_pairs
from witnessmark.plain import to_plain

RATE_HZ, RATE_LONG_HZ = 2.0, 1.0
"""Pictures described a second, of short recordings and of those above `LONG_S`."""
LONG_S, MOST_S = 600.0, 1200.0
"""A descriptor is asked of at most 1,200 pictures a recording: the table of all pairs must fit into memory [s]."""
BACKGROUND_HZ = 0.5
BACKGROUND_PICTURES = 60
"""Of each unrelated recording: its beginning, two minutes at that rate."""
AT_A_TIME = 16
STRIP = "copies-strip"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How one file matches another.

    Attributes
    ----------
    query, reference : Recording
        Name, length and SHA-256 of the two files; neither is kept anywhere.
    match : Match or None
        As in a search; None when nothing in common was found.
    opinion : Opinion or None
        A learned descriptor's, where one was given. It changes nothing in `match`.
    query_fingerprint, reference_fingerprint : Fingerprint
    """

    query: Recording
    reference: Recording
    match: Match | None
    opinion: Opinion | None
    query_fingerprint: Fingerprint
    reference_fingerprint: Fingerprint

    def to_plain(self) -> dict[str, Any]:
        """For programs: both files, one row as `answer_row` gives it or None, and the second opinion or None."""
        return {
            "query": _file_row(self.query),
            "reference": _file_row(self.reference),
            "match": None if self.match is None else answer_row(self.match, self.reference),
            "descriptor": None if self.opinion is None else to_plain(self.opinion),
        }


def compare_files(
    a: Path,
    b: Path,
    *,
    descriptor: Descriptor | None = None,
    background: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Comparison:
    """Whether one file shows another, or a part of it.

    Parameters
    ----------
    a, b : Path
        The file in question, and the one it is compared with.
    descriptor : Descriptor, optional
        A model of one's own, asked as well. What it finds is told beside the verdict and never changes it.
    background : sequence of Path
        Recordings that show neither, by which the descriptor's similarities are normalised.
    progress : callable (done from 0 to 1, what is being done), optional

    Raises
    ------
    NotFoundError
        When a file is not there.
    BadInputError
        When a file cannot be decoded, is too long for a descriptor, or the descriptor cannot be used.
    """
    told = progress or no_progress
    share = 1.0 if descriptor is None else 0.5
    query = fingerprint_file(a, progress=lambda done, what: told(share * 0.4 * done, what))
    reference = fingerprint_file(b, progress=lambda done, what: told(share * (0.4 + 0.4 * done), what))
    for path, made in ((a, query), (b, reference)):
        if descriptor is not None and made.duration_s > MOST_S:
            raise BadInputError(
                f"'{path.name}' is longer than the {MOST_S / 60:.0f} minutes a descriptor is asked of.",
                "Cut out the part in question, or compare without a descriptor.",
            )
    told(share * 0.8, "comparing")
    match = judged(compare(query, reference))
    if match is not None and match.relation == "copy":
        match = with_writing(match, query.thumbnails, reference.thumbnails)
    second: Opinion | None = None
    if descriptor is not None:
        second = _asked(descriptor, a, b, background, query, reference, match, told)
    told(1.0, "done")
    return Comparison(_recording(a, query), _recording(b, reference), match, second, query, reference)


def _asked(
    descriptor: Descriptor,
    a: Path,
    b: Path,
    background: Sequence[Path],
    query: Fingerprint,
    reference: Fingerprint,
    match: Match | None,
    told: Progress,
) -> Opinion:
    """The descriptor's opinion on both files."""
    rate_hz = RATE_HZ if max(query.duration_s, reference.duration_s) <= LONG_S else RATE_LONG_HZ
    side = descriptor.facts.side_px
    told(0.5, f"describing pictures of '{a.name}'")
    times_s, pictures = _pictures(a, rate_hz, side)
    shown = Described(times_s, _described(descriptor, pictures, told, 0.5))
    flipped = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
    turned = Described(times_s, _described(descriptor, flipped, told, 0.65))
    times_s, pictures = _pictures(b, rate_hz, side)
    known = Described(times_s, _described(descriptor, pictures, told, 0.8))
    others: list[NDArray[np.uint8]] = []
    for path in background:
        fresh = _pictures(path, BACKGROUND_HZ, side, at_most=BACKGROUND_PICTURES)[1]
        if not fresh:
            raise BadInputError(f"'{path.name}' has no picture to normalise by.", "Give recordings with pictures.")
        others.extend(fresh)
    return opinion(descriptor.facts, match, shown, turned, known, _described(descriptor, others, told, 0.95))


def _pictures(
    path: Path, rate_hz: float, side_px: int, *, at_most: int = round(MOST_S)
) -> tuple[NDArray[np.float64], list[NDArray[np.uint8]]]:
    """Grey pictures of a file as squares of `side_px`, with their times; none of a file that has none."""
    times_s: list[float] = []
    pictures: list[NDArray[np.uint8]] = []

    def take(pts_s: float, luma: NDArray[np.uint8]) -> None:
        if len(pictures) < at_most:
            times_s.append(pts_s)
            pictures.append(np.asarray(cv2.resize(luma, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8))

    media.sample(path, take, limits_for(path), rate_hz=rate_hz, max_side_px=2 * side_px)
    return np.array(times_s, np.float64), pictures


def _described(
    descriptor: Descriptor, pictures: Sequence[NDArray[np.uint8]], told: Progress, from_share: float
) -> NDArray[np.float32]:
    """Vectors, shape (n, d); progress from `from_share` over 15 hundredths."""
    found = []
    for first in range(0, len(pictures), AT_A_TIME):
        told(min(1.0, from_share + 0.15 * first / len(pictures)), "describing pictures")
        found.append(descriptor(pictures[first : first + AT_A_TIME]))
    return np.concatenate(found) if found else np.zeros((0, 0), np.float32)


def write_strip(done: Comparison, folder: Path, *, clear: bool = False) -> Path | None:
    """The same moments of both files above one another, as a PNG in a folder; None without a match.

    Parameters
    ----------
    done : Comparison
    folder : Path
        Made when it is not there.
    clear : bool
        Stills are blurred unless this is set.

    Raises
    ------
    ClashError
        When the picture is there already.
    BadInputError
        When the folder cannot be written to.
    """
    path = strip_path(folder, clear=clear)
    if done.match is None:
        return None
    hit = Hit(done.match, done.reference, one_reference(done.reference_fingerprint), ("the two files",), ())
    pairs = still_pairs(done.query_fingerprint, (hit,))
    if not clear:
        pairs = tuple(blurred(pair) for pair in pairs)
    png = _drawn(hit, pairs, done.query_fingerprint.duration_s)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            out.write(png)
    except OSError as error:
        raise BadInputError(
            f"The picture cannot be written to '{folder}': {error.strerror}.", "Give a folder you may write to."
        ) from error
    return path


def strip_path(folder: Path, *, clear: bool = False) -> Path:
    """Where `write_strip` puts its picture.

    Raises
    ------
    ClashError
        When it is there already.
    """
    path = folder / (f"{STRIP}.png" if clear else f"{STRIP}-blurred.png")
    if path.exists():
        raise ClashError(f"'{path}' exists.", "Give another folder for pictures.")
    return path


def _drawn(hit: Hit, pairs: Sequence[StillPair], duration_s: float) -> bytes:
    from witnessmark.lines.copies import strips  # brings matplotlib, which other commands need not wait for

    with strips.styled():
        return strips.strip(found_of(hit, duration_s), pairs, duration_s, 1).png


def _recording(path: Path, made: Fingerprint) -> Recording:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Recording(0, path.name, "", made.duration_s, highest_tier(made), digest)


def _file_row(one: Recording) -> dict[str, Any]:
    return {"name": one.name, "sha256": one.sha256, "duration_s": one.duration_s}
