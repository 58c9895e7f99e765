"""Asking the libraries: which are there, what in them matches, and what matches only through another copy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import WitnessmarkError
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.laying import SAMPLE_S, through
from witnessmark.lines.copies.library import Library, Recording, Seen, as_it_is_now, together
from witnessmark.lines.copies.limits import RELATED_SCORE, copy_score
from witnessmark.lines.copies.moments import with_writing
from witnessmark.lines.copies.observations import Found, Known, Searched, SharedStretch
from witnessmark.lines.copies.records import Match, Stretch
from witnessmark.lines.copies.search import search
from witnessmark.lines.copies.stoplist import Stop, stops_of
from witnessmark.plain import Plain, canonical

PREFIX = "fingerprints:"
THROUGH_AT_MOST = 4
"""Copies whose own fingerprints are searched with, for what the item itself is too much changed to match."""
THROUGH_MOST_H = 1000.0
"""Libraries with more hours than this are searched with the item only: each further search costs as much again."""
WRITING_AT_MOST = 12
"""Copies in which writing over the picture is looked for."""
RANK = {"copy": 0, "same-sound": 1, "related": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A match with the recording it is of and where that is kept.

    Attributes
    ----------
    match : Match
        How the recording lies in the item.
    recording : Recording
    library : Library
    libraries : tuple of str
        Names of all the libraries that hold it, the one it was taken from first.
    seen : tuple of Seen
        From all of them, earliest first.
    via : tuple of str
        Recordings through which it was found.
    """

    match: Match
    recording: Recording
    library: Library
    libraries: tuple[str, ...]
    seen: tuple[Seen, ...]
    via: tuple[str, ...] = ()

    @property
    def known(self) -> Known:
        """The recording, as it is told of."""
        return known_of(self.recording, self.libraries, self.seen)


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What the libraries answered.

    Attributes
    ----------
    searched : tuple of Searched
    same_file : tuple of Known
    hits : tuple of Hit
        Surest first, copies before others.
    """

    searched: tuple[Searched, ...]
    same_file: tuple[Known, ...]
    hits: tuple[Hit, ...]


def libraries_of(providers: Mapping[str, object]) -> dict[str, Library]:
    """The libraries among the providers by name, the case's own first."""
    named = {
        key.removeprefix(PREFIX): provider
        for key, provider in providers.items()
        if key.startswith(PREFIX) and isinstance(provider, Library)
    }
    return dict(sorted(named.items(), key=lambda entry: (entry[0] != "case", entry[0])))


def kept_fingerprint(libraries: Mapping[str, Library], sha256: Sha256) -> Fingerprint | None:
    """The item's fingerprint where one of the libraries already holds all of it."""
    for library in libraries.values():
        if library.algorithm != ALGORITHM:
            continue
        for recording in library.recordings():
            if recording.sha256 == sha256.hex() and not recording.origin:
                kept = library.fingerprint(recording.id)
                if recording.tiers >= 3 or not len(kept.frames.times_s):  # sound alone has no more than the first tier
                    return kept
    return None


def look(
    fingerprint: Fingerprint,
    sha256: Sha256,
    libraries: Mapping[str, Library],
    progress: Callable[[float, str], None],
) -> Looked:
    """Search every library, then once more with the fingerprints of the copies found.

    Parameters
    ----------
    fingerprint : Fingerprint
        Of the item.
    sha256 : Sha256
        Of the item: recordings with it are the same file and are told apart from copies.
    libraries : mapping of str to Library
    progress : callable (done from 0 to 1, what is being done)

    Returns
    -------
    Looked
        A library that cannot be read is told of in `searched`; nothing is raised for it.
    """
    searched: list[Searched] = []
    same: list[Hit] = []
    hits: list[Hit] = []
    asked: dict[str, Library] = {}
    stops = _marked(libraries)
    for index, (name, library) in enumerate(libraries.items()):
        progress(0.6 * index / len(libraries), f"searching '{name}'")
        try:
            one, others = _search(fingerprint, name, library, sha256, same, stops)
        except WitnessmarkError as error:
            searched.append(Searched(name, "", 0, 0.0, str(error)))
            continue
        searched.append(one)
        if not one.not_searched:
            asked[name] = library
            hits.extend(others)
    direct = _merged(hits)
    further = _through(direct, sha256, asked, stops, lambda done, what: progress(0.6 + 0.4 * done, what))
    everything = _merged([*direct, *further])
    everything.sort(key=lambda hit: (RANK[hit.match.relation], len(hit.via), -hit.match.score, hit.recording.name))
    everything[:WRITING_AT_MOST] = [_with_writing(hit, fingerprint) for hit in everything[:WRITING_AT_MOST]]
    return Looked(
        searched=tuple(searched),
        same_file=tuple(hit.known for hit in same),  # each library calls it by a name of its own
        hits=tuple(everything),
    )


def _marked(libraries: Mapping[str, Library]) -> tuple[Stop, ...]:
    """What people marked in any of the libraries holds in all of them."""
    found: list[Stop] = []
    for library in libraries.values():
        try:
            if library.algorithm == ALGORITHM:
                found.extend(stops_of([library]))
        except WitnessmarkError:  # told where it is searched
            continue
    return tuple(found)


def _search(
    fingerprint: Fingerprint, name: str, library: Library, sha256: Sha256, same: list[Hit], stops: Sequence[Stop]
) -> tuple[Searched, list[Hit]]:
    """One library's answer; recordings that are the very same file are put to `same`."""
    closed = getattr(library, "not_searched", "")
    if closed:
        return Searched(name, "", 0, 0.0, closed), []
    algorithm = library.algorithm
    if algorithm != ALGORITHM:
        reason = f"It was made by '{algorithm}', this program works by '{ALGORITHM}'; rebuild it from the files."
        return Searched(name, algorithm, 0, 0.0, reason), []
    with as_it_is_now(library) as view:
        recordings = {recording.id: recording for recording in view.recordings()}
        own = {number for number, recording in recordings.items() if recording.sha256 == sha256.hex()}
        matches = search(fingerprint, view, leave_out=own, stops=stops) if len(recordings) > len(own) else ()
    same.extend(_hit(_IDENTICAL, recordings[number], library, name) for number in sorted(own))
    others = [recording for number, recording in recordings.items() if number not in own]
    hours = sum(recording.duration_s for recording in others) / 3600.0
    # a library without a view may have been added to since its recordings were read: those come with the next search
    told = [match for match in map(judged, matches) if match is not None and match.recording in recordings]
    hits = [_hit(match, recordings[match.recording], library, name) for match in told]
    return Searched(name, algorithm, len(others), hours, ""), hits


def judged(match: Match | None) -> Match | None:
    """A match by the thresholds of this line: too unsure for a copy is related at most, too unsure for that nothing."""
    if match is None or (match.score < RELATED_SCORE and match.relation != "same-sound"):
        return None
    if match.relation == "copy" and match.score < copy_score(match.tier):
        least = copy_score(match.tier)
        reason = f"Its score of {match.score:.2f} lies below {least:g}, from where on a match is called a copy."
        return replace(match, relation="related", reasons=(*match.reasons, reason))
    return match


_IDENTICAL = Match(0, "copy", 0.0, False, (), 0, None, (), {})


def _hit(match: Match, recording: Recording, library: Library, name: str) -> Hit:
    return Hit(match, recording, library, (name,), recording.seen)


def _merged(hits: Sequence[Hit]) -> list[Hit]:
    """One entry a file: where two libraries hold it, or it was found twice, the surer match with the times of both."""
    kept: dict[object, Hit] = {}
    for hit in hits:
        key: object = hit.recording.sha256 or (id(hit.library), hit.recording.id)
        if key not in kept:
            kept[key] = hit
            continue
        best, other = kept[key], hit
        if _unsure(other) < _unsure(best):
            best, other = other, best
        libraries = tuple(dict.fromkeys((*best.libraries, *other.libraries)))
        kept[key] = replace(best, libraries=libraries, seen=together((*best.seen, *other.seen)))
    return list(kept.values())


def _unsure(hit: Hit) -> tuple[int, int, float]:
    """Ascending from the surest: a copy through another copy is surer than what directly is related at most."""
    return RANK[hit.match.relation], len(hit.via), -hit.match.score


def _through(
    direct: Sequence[Hit],
    sha256: Sha256,
    libraries: Mapping[str, Library],
    stops: Sequence[Stop],
    progress: Callable[[float, str], None],
) -> list[Hit]:
    """What the surest copies match and the item itself does not: other re-edits of the same content."""
    middles = [hit for hit in direct if hit.match.relation == "copy" and hit.recording.tiers >= 2]
    middles.sort(key=lambda hit: -hit.match.score)
    found = []
    for index, middle in enumerate(middles[:THROUGH_AT_MOST]):
        progress(index / THROUGH_AT_MOST, f"searching with '{middle.recording.name}'")
        fingerprint = _kept(middle)
        if fingerprint is None:
            continue
        for name, library in libraries.items():
            try:
                with as_it_is_now(library) as view:
                    recordings = {recording.id: recording for recording in view.recordings()}
                    if sum(recording.duration_s for recording in recordings.values()) > 3600.0 * THROUGH_MOST_H:
                        continue
                    left_out = _already(recordings, direct, library, sha256)
                    matches = search(fingerprint, view, leave_out=left_out, stops=stops)
            except WitnessmarkError:  # what the item itself matched stands without it
                continue
            for match in matches:
                second = judged(match)
                if second is None or second.relation != "copy" or match.recording not in recordings:
                    continue
                joined = through(middle.match, second)
                if joined is not None:
                    hit = _hit(joined, recordings[match.recording], library, name)
                    found.append(replace(hit, via=(middle.recording.name,)))
    return found


def _already(
    recordings: Mapping[int, Recording], direct: Sequence[Hit], library: Library, sha256: Sha256
) -> Collection[int]:
    """Recordings of a library that are the item or were found to be copies directly.

    What is related at most may still be the source: a re-edit of a re-edit can have lost too much to show it.
    """
    copies = [hit for hit in direct if hit.match.relation == "copy"]
    files = {sha256.hex(), *(hit.recording.sha256 for hit in copies if hit.recording.sha256)}
    numbers = {hit.recording.id for hit in copies if hit.library is library}
    return numbers | {number for number, recording in recordings.items() if recording.sha256 in files}


def _with_writing(hit: Hit, fingerprint: Fingerprint) -> Hit:
    if hit.match.relation != "copy" or hit.recording.tiers < 3:
        return hit
    known = _kept(hit)
    if known is None:
        return hit
    return replace(hit, match=with_writing(hit.match, fingerprint.thumbnails, known.thumbnails))


def _kept(hit: Hit) -> Fingerprint | None:
    """The fingerprint of what was found; None when it was taken down since, and the match stands without it."""
    try:
        return hit.library.fingerprint(hit.recording.id)
    except WitnessmarkError:
        return None


def known_of(recording: Recording, libraries: tuple[str, ...], seen: tuple[Seen, ...]) -> Known:
    """A library's recording as it is told of."""
    return Known(
        name=recording.name,
        origin=recording.origin,
        libraries=libraries,
        sha256=None if recording.sha256 is None else Sha256.from_hex(recording.sha256),
        duration_s=recording.duration_s,
        tier_number=recording.tiers,
        seen=seen,
    )


def found_of(hit: Hit, duration_s: float) -> Found:
    """A hit as it is told of; `duration_s` is the item's."""
    match = hit.match
    return Found(
        known=hit.known,
        relation=match.relation,
        score=match.score,
        mirrored=match.mirrored,
        stretches=tuple(_shared(stretch, match.relation) for stretch in match.stretches),
        covered_share=covered_share(match.stretches, duration_s),
        tier_number=match.tier,
        sound_agrees=match.sound_agrees,
        via=hit.via,
        reasons=match.reasons,
        evidence={name: _text(value) for name, value in sorted(match.evidence.items())},
    )


def covered_share(stretches: Sequence[Stretch], duration_s: float) -> float:
    """Part of the item's length that lies in the stretches, each end uncertain by half a sample; from 0 to 1."""
    spans = sorted((stretch.q0_s - SAMPLE_S / 2.0, stretch.q1_s + SAMPLE_S / 2.0) for stretch in stretches)
    covered_s, reached_s = 0.0, 0.0
    for start_s, end_s in spans:
        start_s, end_s = max(start_s, reached_s), min(end_s, duration_s)
        covered_s += max(0.0, end_s - start_s)
        reached_s = max(reached_s, end_s)
    return min(1.0, covered_s / duration_s) if duration_s > 0.0 else 0.0


def _shared(stretch: Stretch, relation: str) -> SharedStretch:
    return SharedStretch(
        item_start_s=max(0.0, stretch.q0_s),
        item_end_s=max(0.0, stretch.q1_s),
        known_start_s=max(0.0, stretch.r0_s),
        known_end_s=max(0.0, stretch.r1_s),
        speed_ratio=stretch.speed,
        agreed_s=stretch.agreed_s,
        matrix_share=stretch.transform.matrix,
        words=() if relation == "same-sound" else stretch.transform.words,
    )


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else canonical(value).decode()
