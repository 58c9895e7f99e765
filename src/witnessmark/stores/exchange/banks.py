"""Lists of signals as ThreatExchange's tools and hasher-matcher-actioner exchange them, read and written.

Read, as found in https://github.com/facebook/ThreatExchange:

- CSV with a header naming at least ``signal_type`` and ``signal_str`` (``threatexchange dataset --csv``; the sample
  ``pdq_samples.csv``), further columns ``collab``, ``category`` and ``tags``;
- CSV without a header: ``hash,id,time,tags`` (hasher-matcher-actioner's sample PDQ data);
- a line each of a signal type, a blank and the signal (``local_file`` exchanges).

Only ``pdq`` (a picture) and ``vpdq`` (a video) say something about pictures; other signal types are passed over.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import Fingerprint, FrameCodes
from witnessmark.lines.copies.library import Library
from witnessmark.plain import visible
from witnessmark.stores.exchange.bundle import BANK
from witnessmark.stores.exchange.vpdq import hash_bytes, read_vpdq, recording_of, write_vpdq_json
from witnessmark.stores.fingerprints import Entry

_HEADER = ("signal_type", "signal_str", "collab", "category", "tags")
_LIMIT_FIELD = 1 << 26
_PICTURE_QUALITY = 100
_TEXT_CHARACTERS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One picture or video of a list.

    Attributes
    ----------
    kind : str
        "pdq" or "vpdq".
    frames : FrameCodes
        Of a picture a single one, at 0 s; lists do not tell the quality of a picture, so it is taken for full.
    collab, category, tags : str
        As the list has them.
    """

    kind: str
    frames: FrameCodes
    collab: str = ""
    category: str = ""
    tags: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SignalList:
    """What was read.

    Attributes
    ----------
    signals : tuple of Signal
        Each distinct signal once.
    passed_over : tuple of str
        One sentence each: signals of other types, lines that are not as they should be.
    """

    signals: tuple[Signal, ...]
    passed_over: tuple[str, ...]


def read_signals(text: str) -> SignalList:
    """Read a list of signals in any of the three forms.

    Parameters
    ----------
    text : str

    Returns
    -------
    SignalList

    Raises
    ------
    BadInputError
        When there is no usable signal in it.
    """
    signals, passed_over, known = list[Signal](), list[str](), set[tuple[str, str]]()
    for number, kind, signal, rest in _rows(text):
        if kind not in ("pdq", "vpdq"):
            passed_over.append(f"Line {number}: signals of type '{visible(kind[:40])}' do not tell of pictures.")
            continue
        if (kind, signal) in known:
            continue
        known.add((kind, signal))
        try:
            frames = _picture(signal) if kind == "pdq" else read_vpdq(signal)
        except BadInputError as error:
            passed_over.append(f"Line {number}: {visible(error.what)}")
            continue
        signals.append(Signal(kind, frames, *rest))
    if not signals:
        why = passed_over[0] if passed_over else "It is empty."
        raise BadInputError(f"There is no PDQ or vPDQ hash in the list. {why}", "Give a list of signals.")
    return SignalList(tuple(signals), tuple(passed_over))


def bank_entries(signals: Sequence[Signal], bank: str) -> Iterator[Entry]:
    """Entries for a store: recordings of tier 1 that came from a bank.

    Parameters
    ----------
    signals : sequence of Signal
    bank : str
        What the list is called here; the origin is ``"bank: "`` and this.
    """
    for signal in signals:
        digest = hashlib.sha256(signal.frames.times_s.tobytes() + signal.frames.codes.tobytes()).hexdigest()
        note = " ".join(part for part in (signal.collab, signal.category, signal.tags) if part)
        name = f"{signal.kind} {digest[:12]}" + (f" ({visible(note)[:_TEXT_CHARACTERS]})" if note else "")
        yield Entry(recording_of(signal.frames), name, BANK + bank)


def write_signals(library: Library, collab: str, *, recordings: Collection[int] | None = None) -> str:
    """One's own recordings as CSV with a header: no names, a signal of type vPDQ each.

    Parameters
    ----------
    library : Library
    collab : str
        What the list is to be called.
    recordings : collection of int, optional
        Which of the library's own; all of them without it.

    Raises
    ------
    BadInputError
        When there is none with a picture.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    rows = sorted(
        ["vpdq", write_vpdq_json(fingerprint.frames), collab, "WORTH_INVESTIGATING", ""]
        for fingerprint in _own(library, recordings)
    )
    if not rows:
        raise BadInputError("There is nothing of your own with pictures to export.", "Index recordings first.")
    writer.writerows(rows)
    return out.getvalue()


def _own(library: Library, recordings: Collection[int] | None) -> Iterator[Fingerprint]:
    for recording in library.recordings():
        if not recording.origin and (recordings is None or recording.id in recordings):
            fingerprint = library.fingerprint(recording.id)
            if len(fingerprint.frames.times_s):
                yield fingerprint


def _picture(signal: str) -> FrameCodes:
    return FrameCodes(
        np.zeros(1, np.float32), hash_bytes(signal.strip()).reshape(1, -1), np.array([_PICTURE_QUALITY], np.uint8)
    )


def _rows(text: str) -> Iterator[tuple[int, str, str, tuple[str, str, str]]]:
    """Line, signal type, signal, and (collab, category, tags)."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    columns = [name.strip().casefold() for name in first.split(",")]
    headed = "signal_type" in columns and "signal_str" in columns
    if not headed and re.match(r"\w+ \S", first):
        for number, line in enumerate(text.splitlines(), 1):
            kind, _, signal = line.strip().partition(" ")
            if kind:
                yield number, kind.casefold(), signal.strip(), ("", "", "")
        return
    before = csv.field_size_limit(_LIMIT_FIELD)  # the module's own limit is less than a minute of vPDQ takes
    try:
        reader = csv.reader(io.StringIO(text))
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if not headed:
                yield reader.line_num, "pdq", row[0].strip(), ("", "", row[3] if len(row) > 3 else "")
            elif [name.strip().casefold() for name in row] != columns:
                named = dict(zip(columns, row, strict=False))
                rest = (named.get("collab", ""), named.get("category", ""), named.get("tags", ""))
                yield reader.line_num, named["signal_type"].strip().casefold(), named.get("signal_str", ""), rest
    except csv.Error as error:
        raise BadInputError(f"The list cannot be read as CSV ({error}).", "Give a list of signals.") from error
    finally:
        csv.field_size_limit(before)
