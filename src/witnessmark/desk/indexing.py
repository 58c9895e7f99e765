"""Working with a fingerprint library by itself, without a case: asking it for a file, exchanging with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from witnessmark.custody.keys import CaseKey, create_key, load_key
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.contract import no_progress
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Recording
from witnessmark.lines.copies.limits import RELATED_SCORE
from witnessmark.lines.copies.patience import fingerprint_patiently
from witnessmark.lines.copies.records import Match, Stretch
from witnessmark.lines.copies.search import search
from witnessmark.media import Broken
from witnessmark.plain import to_plain
from witnessmark.stores.exchange import Partners
from witnessmark.stores.fingerprints import FingerprintStore, open_library

KEY = "exchange_key.pem"
PARTNERS = "partners.json"
Progress = Callable[[float, str], None]


@contextmanager
def index(place: str, *, must_exist: bool = True, rebuild: bool = False) -> Iterator[FingerprintStore]:
    """A fingerprint library by folder or URL, closed afterwards.

    Raises
    ------
    NotFoundError
        When the folder is not there and `must_exist`.
    """
    if must_exist and "://" not in place and not Path(place).is_dir():
        raise NotFoundError(
            f"There is no index at '{place}'.", f"Make one with: witnessmark copies index {place} FOLDER."
        )
    store = open_library(place, rebuild=rebuild)
    try:
        yield store
    finally:
        store.close()


def fingerprint_file(path: Path, *, progress: Progress | None = None) -> Fingerprint:
    """A file's fingerprint.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When neither a picture nor sound of it can be decoded.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no file '{path}'.", "Check the path.")
    made = fingerprint_patiently(path, progress=progress)
    if isinstance(made, Broken):
        raise BadInputError(f"'{path.name}' cannot be fingerprinted: {made.reason}", made.do, stage=made.stage)
    return made


def query(
    store: FingerprintStore, fingerprint: Fingerprint, *, tier: int = 3, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Everything a library holds that a fingerprint shows, surest first, as `answer_row` gives it."""
    told = progress or no_progress
    with store.view() as library:
        known = {recording.id: recording for recording in library.recordings()}
        matches = search(fingerprint.up_to(tier), library, progress=told)
    return [answer_row(match, known[match.recording]) for match in matches if _worth_telling(match)]


def _worth_telling(match: Match) -> bool:
    return match.relation == "same-sound" or match.score >= RELATED_SCORE


def answer_row(match: Match, recording: Recording) -> dict[str, Any]:
    """One match for programs; the stable form of ``witnessmark copies query --json``.

    The numbers of the longest stretch stand at the top, all of them under ``stretches``. ``relation`` is "copy" or
    "related"; a match of the sound alone is "related" and has ``same_sound`` true.
    """
    first = match.stretches[0] if match.stretches else None
    return {
        "ref": recording.name,
        "score": match.score,
        "relation": "copy" if match.relation == "copy" else "related",
        **_numbers(first),
        "mirrored": match.mirrored,
        "same_sound": match.relation == "same-sound",
        "sound_agrees": match.sound_agrees,
        "stretches": [_numbers(stretch) for stretch in match.stretches],
        "tier": match.tier,
        "reasons": list(match.reasons),
        "evidence": to_plain(match.evidence),
        "recording": recording.id,
        "origin": recording.origin,
        "sha256": recording.sha256,
        "duration_s": recording.duration_s,
        "seen": to_plain(recording.seen),
    }


def _numbers(stretch: Stretch | None) -> dict[str, Any]:
    if stretch is None:
        return dict.fromkeys(("q0", "q1", "r0", "r1", "speed", "transform", "changes", "agreed_s"))
    return {
        "q0": stretch.q0_s,
        "q1": stretch.q1_s,
        "r0": stretch.r0_s,
        "r1": stretch.r1_s,
        "speed": stretch.speed,
        "transform": list(stretch.transform.matrix),
        "changes": list(stretch.transform.words),
        "agreed_s": stretch.agreed_s,
    }


def find_recording(store: FingerprintStore, name: str) -> Recording:
    """A recording by number, by exact name, or by (the beginning, at least 8 digits, of) its SHA-256.

    Raises
    ------
    NotFoundError
        When none is called so.
    BadInputError
        When several are.
    """
    everything = store.recordings()
    found = [one for one in everything if name == one.name or (name.isdigit() and int(name) == one.id)]
    if not found and len(name) >= 8:
        found = [one for one in everything if one.sha256 is not None and one.sha256.startswith(name.lower())]
    if not found:
        raise NotFoundError(f"There is no recording '{name}' in it.", "See them with: witnessmark copies list INDEX.")
    if len(found) > 1:
        numbers = ", ".join(str(one.id) for one in found[:10])
        raise BadInputError(f"Several recordings are called '{name}'.", f"Give the number of one: {numbers}.")
    return found[0]


def exchange_key(place: str, path: Path | None) -> CaseKey:
    """The key that signs what leaves a library: the one named, else the index folder's own, made when first needed.

    Raises
    ------
    BadInputError
        For a library in a database when no key is named, or a key that cannot be used.
    """
    if path is None and "://" in place:
        raise BadInputError("A library in a database has no key of its own.", "Name a key file with --key FILE.")
    chosen = path or Path(place) / KEY
    return load_key(chosen) if chosen.exists() else create_key(chosen)


def partners_of(place: str, path: Path | None) -> Partners:
    """The accepted partners of a library: the file named, else the index folder's own.

    Raises
    ------
    BadInputError
        For a library in a database when no file is named.
    """
    if path is None and "://" in place:
        raise BadInputError("A library in a database keeps no partners file.", "Name one with --partners FILE.")
    return Partners(path or Path(place) / PARTNERS)
