"""A recording or photograph looked at for writing: found, read in each script, followed, and told in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from witnessmark.lines.contract import no_progress
from witnessmark.lines.text import frames as pictures
from witnessmark.lines.text.choosing import MIXED, SCRIPT_SURE, Chosen, choose, script_shares, sense
from witnessmark.lines.text.detecting import Box, Detector, Rgb, height_px
from witnessmark.lines.text.following import (
    Sighting,
    Track,
    layer_of,
    line_size_px,
    looks_same,
    same_spot,
    similar,
    surroundings,
)
from witnessmark.lines.text.observations import UNDETERMINED, PackUsed, Reading, Sight, Written
from witnessmark.lines.text.packs import RIGHT_TO_LEFT, Pack
from witnessmark.lines.text.reading import Reader, ReadLine
from witnessmark.lines.text.rectifying import cut, rectified
from witnessmark.media.records import Broken, Limits

READ_PER_TRACK = 3
"""Writing that stays at its spot and looks the same is read in so many pictures."""
MOST_READ = 400
"""Lines read of a file; boxes beyond that are counted as left out."""
READINGS_KEPT = 6
KEPT_PX = 64
"""Height at which a line is kept to be looked at [px]."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What writing a file shows.

    Attributes
    ----------
    frames_at_s : tuple of float
    width_px, height_px : int
    detector, reader : str
    packs : tuple of PackUsed
    boxes_count, left_out_count : int
    written : tuple of Written
        Without names.
    stopped : str
    """

    frames_at_s: tuple[float, ...]
    width_px: int
    height_px: int
    detector: str
    reader: str
    packs: tuple[PackUsed, ...]
    boxes_count: int
    left_out_count: int
    written: tuple[Written, ...]
    stopped: str


def look(
    path: Path,
    packs: Sequence[Pack],
    limits: Limits,
    progress: Callable[[float, str], None] = no_progress,
) -> Looked | Broken:
    """Find and read writing in a recording or photograph.

    Parameters
    ----------
    path : Path
    packs : sequence of Pack
    limits : Limits
    progress : callable (done from 0 to 1, what is being done)

    Returns
    -------
    Looked or Broken

    Raises
    ------
    ProviderError
        When the detector or the reader is not installed, or a pack cannot be opened.
    """
    detector = Detector()
    chosen = pictures.look(path, limits, lambda done, what: progress(0.3 * done, what))
    if isinstance(chosen, Broken):
        return chosen
    tracks: list[Track] = []
    boxes_count = left_out_count = read_count = 0
    with Reader(packs) as reader:
        version = reader.version
        for number, still in enumerate(chosen.stills):
            progress(0.3 + 0.7 * number / len(chosen.stills), "reading")
            boxes = detector.boxes(still.rgb)
            boxes_count += len(boxes)
            for box in sorted(boxes, key=lambda box: -box.score * height_px(box.quad)):
                sighting = _sighting(number, still.pts_s, still.rgb, box)
                standing = _standing(tracks, sighting)
                if standing is None or standing.read_count < READ_PER_TRACK:
                    if read_count >= MOST_READ:
                        left_out_count += 1
                        continue
                    read_count += 1
                    sighting.lines = reader.read(sighting.line)
                if standing is None:
                    standing = _same_reading(tracks, sighting)
                if standing is not None:
                    standing.sightings.append(sighting)
                elif choose(sighting.lines or ()) is None:
                    left_out_count += 1
                else:
                    tracks.append(Track([sighting]))
    progress(1.0, "done")
    first = chosen.stills[0].rgb if chosen.stills else np.zeros((0, 0, 3), np.uint8)
    stills = {number: still.rgb for number, still in enumerate(chosen.stills)}
    found = [written for track in tracks if (written := _written(track, stills)) is not None]
    found.sort(key=lambda each: (-each.readings[0].confidence_share * len(each.readings[0].text), each.from_s))
    return Looked(
        frames_at_s=tuple(still.pts_s for still in chosen.stills),
        width_px=int(first.shape[1]),
        height_px=int(first.shape[0]),
        detector=f"{detector.name}, {detector.sha256[:12]}",
        reader=f"Tesseract {version}",
        packs=tuple(PackUsed(pack.name, pack.script, pack.sha256()) for pack in packs),
        boxes_count=boxes_count,
        left_out_count=left_out_count,
        written=tuple(replace(each, id=f"T{number}") for number, each in enumerate(found, start=1)),
        stopped=chosen.stopped,
    )


def _sighting(frame: int, at_s: float, rgb: Rgb, box: Box) -> Sighting:
    return Sighting(frame, at_s, box, rectified(rgb, box.quad), surroundings(rgb, box))


def _standing(tracks: Sequence[Track], sighting: Sighting) -> Track | None:
    """A track that was last seen at the same spot and looks the same."""
    for track in tracks:
        last = track.sightings[-1]
        if (
            not track.in_frame(sighting.frame)
            and same_spot(last.box, sighting.box)
            and looks_same(last.line, sighting.line)
        ):
            return track
    return None


def _same_reading(tracks: Sequence[Track], sighting: Sighting) -> Track | None:
    """A track that reads the same and was not seen in this picture yet."""
    read = choose(sighting.lines or ())
    if read is None:
        return None
    for track in tracks:
        if track.in_frame(sighting.frame):
            continue
        for known in track.sightings:
            other = choose(known.lines or ())
            if other is not None and other.script == read.script and similar(other.lines[0].text, read.lines[0].text):
                return track
    return None


def _written(track: Track, stills: dict[int, Rgb]) -> Written | None:
    """What a track comes to: readings of all its sightings together."""
    read = [(sighting, choose(sighting.lines or ())) for sighting in track.sightings]
    told = [(sighting, chosen) for sighting, chosen in read if chosen is not None]
    if not told:
        return None
    script, share = _script(told)
    readings = _readings(told, script)
    best = max(told, key=lambda pair: sense(pair[1].lines[0]) * line_size_px(pair[0].box))[0]
    layer, why = layer_of(track.sightings)
    return Written(
        id="",
        layer=layer,
        layer_why=why,
        script=script if share >= SCRIPT_SURE else UNDETERMINED,
        script_share=share,
        right_to_left=script in RIGHT_TO_LEFT,
        readings=readings,
        frames_count=len({sighting.frame for sighting in track.sightings}),
        from_s=track.sightings[0].at_s,
        until_s=track.sightings[-1].at_s,
        best=_sight(best, stills[best.frame]),
        names=(),
    )


def _script(told: Sequence[tuple[Sighting, Chosen]]) -> tuple[str, float]:
    """The script that most sightings speak for, and how far: sightings of one thing are averaged, not multiplied."""
    shares: defaultdict[str, float] = defaultdict(float)
    for sighting, _ in told:
        for script, share in script_shares(sighting.lines or ()).items():
            shares[script] += share / len(told)
    if 2 * sum(chosen.script == MIXED for _, chosen in told) > len(told):
        return MIXED, 1.0
    best = max(shares, key=lambda script: (shares[script], script))
    return best, float(shares[best])


def _readings(told: Sequence[tuple[Sighting, Chosen]], script: str) -> tuple[Reading, ...]:
    """Every reading once, those of the likeliest script first, then by how often and how surely it was read so."""
    weights: defaultdict[tuple[str, str], float] = defaultdict(float)
    best: dict[tuple[str, str], ReadLine] = {}
    frames: dict[tuple[str, str], set[int]] = {}
    for sighting, chosen in told:
        for line in chosen.lines:
            key = (line.script, line.text)
            weights[key] += sense(line)
            frames.setdefault(key, set()).add(sighting.frame)
            if key not in best or line.confidence_share > best[key].confidence_share:
                best[key] = line
    order = sorted(weights, key=lambda key: (key[0] != script, -weights[key], key))
    return tuple(
        Reading(key[1], key[0], best[key].pack, best[key].confidence_share, len(frames[key]))
        for key in order[:READINGS_KEPT]
    )


def _sight(sighting: Sighting, rgb: Rgb) -> Sight:
    line = cut(rgb, sighting.box.quad, KEPT_PX)
    jpeg = cv2.imencode(".jpg", line[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    corners = tuple((round(float(x), 1), round(float(y), 1)) for x, y in sighting.box.quad)
    return Sight(sighting.at_s, corners, round(height_px(sighting.box.quad), 1), jpeg)
