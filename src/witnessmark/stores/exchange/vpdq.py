"""Meta's vPDQ hashes of videos: the text file and the JSON forms, read and written.

Formats as read in https://github.com/facebook/ThreatExchange: ``vpdq/cpp/vpdq/cpp/io/vpdqio.cpp`` (text: a line
``frame,quality,hash,seconds`` for each frame; older programs leave the seconds out), and
``python-threatexchange/threatexchange/extensions/vpdq/vpdq_util.py`` (JSON: a list of texts ``hash,quality,seconds``;
before that an object from frame number to ``{"quality", "hash", "timestamp"}``).

vPDQ hashes the whole frame; Witnessmark hashes the picture inside flat borders. Where a video has such borders the two
differ, and only its copies with the same borders are found by imported hashes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import ALGORITHM, PDQ_BYTES, Fingerprint, FrameCodes
from witnessmark.plain import Plain
from witnessmark.stores.exchange.reading import read_json

MOST_FRAMES = 5_000_000
STEP_S = 0.5
"""Frames closer together are passed over: some tools hash every frame, and a library holds two a second."""
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_LONGEST_S = 1e7
Feature = tuple[float, int, str]
"""Seconds, quality, hash."""


def read_vpdq(text: str, *, frames_per_s: float | None = None) -> FrameCodes:
    """Frame codes from any of the vPDQ forms.

    Parameters
    ----------
    text : str
    frames_per_s : float, optional
        Of the video, for files that give frame numbers without times.

    Returns
    -------
    FrameCodes
        By time.

    Raises
    ------
    BadInputError
        When a line is not as the format says (which line is told), times are missing, or there is no hash.
    """
    start = text.lstrip()[:1]
    if start == "[":
        features = _from_list(text)
    elif start == "{":
        features = _from_object(text)
    else:
        features = [
            _line(number, line, frames_per_s) for number, line in enumerate(text.splitlines(), 1) if line.strip()
        ]
    if not features:
        raise BadInputError("There is no vPDQ hash in it.", "Give a file that a vPDQ hasher wrote.")
    if len(features) > MOST_FRAMES:
        raise BadInputError(f"It has more than {MOST_FRAMES} hashes.", "Hash fewer frames a second.")
    return _codes(sorted(features))


def write_vpdq_text(frames: FrameCodes) -> str:
    r"""The text form: numbers of frames count the frames hashed, from 0.

    Examples
    --------
    >>> codes = np.zeros((1, 32), np.uint8)
    >>> write_vpdq_text(FrameCodes(np.array([1.5], np.float32), codes, np.array([99], np.uint8)))[-11:]
    '0000,1.500\n'
    """
    return "".join(
        f"{number},{quality},{digest},{at_s:.3f}\n" for number, (at_s, quality, digest) in enumerate(_features(frames))
    )


def write_vpdq_json(frames: FrameCodes) -> str:
    """The JSON form, which is also the signal text of vPDQ in lists of signals."""
    return json.dumps([f"{digest},{quality},{at_s:.3f}" for at_s, quality, digest in _features(frames)])


def recording_of(frames: FrameCodes) -> Fingerprint:
    """A fingerprint of tier 1 from hashes alone, two frames a second at most."""
    times_s = frames.times_s.astype(np.float64)
    kept, last_s = [], -math.inf
    for row, at_s in enumerate(times_s):
        if at_s >= last_s + STEP_S - 0.02:
            kept.append(row)
            last_s = float(at_s)
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    rows = np.array(kept, np.int64)
    thinner = FrameCodes(frames.times_s[rows], frames.codes[rows], frames.quality[rows])
    return Fingerprint(ALGORITHM, float(times_s[-1]) + step_s, 0, 0, thinner, None, None, None)


def hash_bytes(digest: str) -> NDArray[np.uint8]:
    """A PDQ hash from its hexadecimal form.

    Raises
    ------
    BadInputError
        When it is not 64 hexadecimal digits.
    """
    if not _HASH.fullmatch(digest):
        raise BadInputError(f"'{digest[:80]}' is no PDQ hash.", "A PDQ hash is written with 64 digits 0-9 and a-f.")
    return np.frombuffer(bytes.fromhex(digest), np.uint8)


def _features(frames: FrameCodes) -> Iterable[Feature]:
    for at_s, quality, code in zip(frames.times_s, frames.quality, frames.codes, strict=True):
        yield float(at_s), int(quality), code.tobytes().hex()


def _codes(features: list[Feature]) -> FrameCodes:
    codes = np.concatenate([hash_bytes(digest) for _, _, digest in features]).reshape(-1, PDQ_BYTES)
    return FrameCodes(
        times_s=np.array([at_s for at_s, _, _ in features], np.float32),
        codes=codes,
        quality=np.array([quality for _, quality, _ in features], np.uint8),
    )


def _line(number: int, line: str, frames_per_s: float | None) -> Feature:
    fields = [field.strip() for field in line.split(",")]
    try:
        frame, quality = int(fields[0]), fields[1]
        if frame < 0 or len(fields) not in (3, 4):
            raise ValueError(line)
        if len(fields) == 4:
            at = fields[3]
        elif frames_per_s is not None and frames_per_s > 0.0:
            at = str(frame / frames_per_s)
        else:
            raise BadInputError(
                "The file gives frame numbers without times.", "Give the video's frames a second as well."
            )
        return _feature(at, quality, fields[2])
    except (ValueError, IndexError) as error:
        raise BadInputError(
            f"Line {number} is not 'frame,quality,hash,seconds': '{line.strip()[:100]}'.",
            "Give a file that a vPDQ hasher wrote.",
            line=number,
        ) from error


def _from_list(text: str) -> list[Feature]:
    values = read_json(text, "The list of vPDQ hashes")
    if not isinstance(values, list):
        raise _odd()
    features = []
    for value in values:
        fields = value.split(",") if isinstance(value, str) else []
        if len(fields) != 3:
            raise _odd()
        features.append(_checked(fields[2], fields[1], fields[0]))
    return features


def _from_object(text: str) -> list[Feature]:
    values = read_json(text, "The object of vPDQ hashes")
    if not isinstance(values, dict):
        raise _odd()
    features = []
    for entry in values.values():
        if not isinstance(entry, dict):
            raise _odd()
        at_s, quality, digest = entry.get("timestamp"), entry.get("quality"), entry.get("hash")
        features.append(_checked(_number(at_s), _number(quality), digest if isinstance(digest, str) else ""))
    return features


def _number(value: Plain) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _odd()
    return str(value)


def _checked(at: str, quality: str, digest: str) -> Feature:
    try:
        return _feature(at, quality, digest)
    except ValueError as error:
        raise _odd() from error


def _feature(at: str, quality: str, digest: str) -> Feature:
    at_s, level = float(at), int(quality)
    if not 0.0 <= at_s <= _LONGEST_S or not 0 <= level <= 100 or not _HASH.fullmatch(digest.strip()):
        raise ValueError(digest)
    return at_s, level, digest.strip().lower()


def _odd() -> BadInputError:
    return BadInputError("A vPDQ hash in it is not 'hash,quality,seconds'.", "Give a file that a vPDQ hasher wrote.")
