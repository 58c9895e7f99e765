"""The library of emblems: putting pictures in, searching it with a box, and boxes on the items of a case."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from witnessmark import media
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.items import original_path
from witnessmark.desk.marking import draw_mark
from witnessmark.errors import BadInputError, NotFoundError, WitnessmarkError
from witnessmark.lines.contract import Mark, no_progress
from witnessmark.lines.uniforms import gathered
from witnessmark.lines.uniforms.comparing import checked_box, compare_box
from witnessmark.lines.uniforms.learned import Encoder
from witnessmark.lines.uniforms.looks import Rgb
from witnessmark.lines.uniforms.marking import FIELDS, MARK
from witnessmark.lines.uniforms.observations import BoxSeen
from witnessmark.lines.uniforms.proposing import Proposed, proposed
from witnessmark.lines.uniforms.references import KINDS, NOT_STATED, TEXTURE, Emblems, PassedOver, Reference
from witnessmark.media.records import Broken, Limits
from witnessmark.plain import Plain, iso
from witnessmark.stores.emblems import LOG, EmblemLibrary

EMBLEMS_VARIABLE = "WITNESSMARK_EMBLEMS"
"""The organisation's library of emblems for all its cases: a folder."""
SETTING, MODEL_SETTING = "emblems", "emblem_model"
MOST_BYTES = 64 << 20
KEPT_PX = 480
"""Longer side of what is kept of a decoded reference [px]."""
SMALLEST_PX = 16
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
LIMITS = Limits(cpu_s=30.0, wall_s=60.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a library answers for a box.

    Attributes
    ----------
    box : BoxSeen
    passed_over : tuple of PassedOver
    references_count : int
    curated : bool
        False for a folder of loose pictures, of which nothing is known.
    model : str
        SHA-256 of the learned encoder; empty for none.
    """

    box: BoxSeen
    passed_over: tuple[PassedOver, ...]
    references_count: int
    curated: bool
    model: str


class LooseFolder:
    """A folder of pictures that nobody keeps as a library: searched, and said to be of unknown origin.

    A ``manifest.csv`` in it with the columns file, label, source and licence is read for what it says.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        said = {row["file"]: row for row in read_manifest(folder / "manifest.csv")} if _has_manifest(folder) else {}
        self._paths: dict[Sha256, Path] = {}
        self._references: list[Reference] = []
        self._passed: list[PassedOver] = []
        self._decoded: dict[Sha256, Rgb | Broken] = {}
        for path in sorted(folder.iterdir()):
            if not path.is_file() or path.suffix.lower() not in PICTURES:
                continue
            try:
                raw = read_picture(path)
            except WitnessmarkError as error:
                self._passed.append(PassedOver(path.name, error.what, error.do))
                continue
            sha256 = Sha256(hashlib.sha256(raw).digest())
            if sha256 not in self._paths:
                self._paths[sha256] = path
                self._references.append(_from_row(sha256, said.get(path.name, {}), path.stem, "emblem", NOT_STATED))

    def references(self) -> Sequence[Reference]:
        """Every picture in it."""
        return self._references

    def picture(self, reference: Reference) -> Rgb | Broken:
        """It, decoded in the confined process."""
        if reference.sha256 not in self._decoded:
            try:
                self._decoded[reference.sha256] = decoded(self._paths[reference.sha256])
            except WitnessmarkError as error:
                self._decoded[reference.sha256] = Broken("decode", error.what, None, 0, error.do)
        return self._decoded[reference.sha256]

    def passed_over(self) -> Sequence[PassedOver]:
        """What cannot be read."""
        return self._passed


def open_library(folder: Path) -> Emblems:
    """A library, or a folder of loose pictures.

    Raises
    ------
    NotFoundError
        When it is not there.
    BadInputError
        When it is neither.
    """
    if (
        folder.is_dir()
        and not (folder / LOG).exists()
        and any(path.suffix.lower() in PICTURES for path in folder.iterdir())
    ):
        return LooseFolder(folder)
    return EmblemLibrary(folder)


def read_picture(path: Path) -> bytes:
    """The bytes of a picture file.

    Raises
    ------
    NotFoundError
        When there is none.
    BadInputError
        When it is too large or cannot be read.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no file '{path}'.", "Check the path.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInputError(f"'{path.name}' is larger than {MOST_BYTES >> 20} MiB.", "Give a smaller picture.")
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"'{path}' cannot be read ({error.strerror}).", "Check its permissions.") from error


def decoded(path: Path, at_s: float = 0.0, max_side_px: int | None = KEPT_PX) -> Rgb:
    """A picture, or a recording's frame, decoded in the confined process.

    Raises
    ------
    BadInputError
        When it cannot be decoded, or is too small to show anything.
    """
    still = media.still_at(path, at_s, LIMITS, max_side_px)
    if isinstance(still, Broken):
        raise BadInputError(f"'{path.name}' cannot be decoded: {still.reason.rstrip('.')}.", still.do)
    height, width = still.rgb.shape[:2]
    if min(height, width) < SMALLEST_PX:
        raise BadInputError(
            f"'{path.name}' is {width} x {height} px: nothing can be told of so little.",
            f"Give a picture of at least {SMALLEST_PX} px on its shorter side.",
        )
    return still.rgb


def add_reference(library: EmblemLibrary, file: Path, facts: Mapping[str, Any], operator: str) -> Reference:
    """Put a picture into a library.

    Parameters
    ----------
    library : EmblemLibrary
    file : Path
    facts : mapping
        Fields of `Reference` but its hash and who added it when.
    operator : str

    Raises
    ------
    NotFoundError, BadInputError, ClashError
        When there is no such file, it is no picture, something is not said of it, or it is there already.
    """
    raw = read_picture(file)
    now = iso(dt.datetime.now(dt.UTC).replace(microsecond=0))
    sha256 = Sha256(hashlib.sha256(raw).digest())
    reference = Reference(sha256=sha256, added=now, added_by=operator, **facts)
    return library.add(raw, decoded(file), reference)


def read_manifest(path: Path) -> list[dict[str, str]]:
    """Rows of a table of pictures: file, label, source, licence, and more where it has them.

    Raises
    ------
    BadInputError
        When it cannot be read, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [{str(key): str(value or "") for key, value in row.items()} for row in csv.DictReader(stream)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"'{path}' cannot be read as a table ({error}).", "Give comma-separated UTF-8.") from error
    missing = {"file", "label", "source", "licence"} - set(rows[0] if rows else {})
    if missing:
        raise BadInputError(
            f"'{path}' lacks the columns {', '.join(sorted(missing))}.",
            "Give file, label, source, licence; also kind, shows, dated, units, confused_with (lists with ';').",
        )
    return rows


def facts_of(row: Mapping[str, str], stem: str, kind: str) -> dict[str, Any]:
    """What a row of a table says of a picture, as fields of `Reference`."""
    stated = row.get("kind", "").strip()
    label = row.get("label", "").strip() or stem
    guessed = next(iter(TEXTURE)) if "camouflage" in f"{label} {stated}".casefold() else kind
    return {
        "label": label,
        "kind": stated if stated in KINDS else guessed,
        "shows": row.get("shows", "").strip() or label,
        "source": row.get("source", "").strip() or NOT_STATED,
        "licence": row.get("licence", "").strip() or NOT_STATED,
        "dated": row.get("dated", "").strip() or NOT_STATED,
        "units": _listed(row.get("units", "")),
        "confused_with": _listed(row.get("confused_with", "")),
    }


def search(
    folder: Path,
    file: Path,
    box_px: Sequence[float],
    *,
    at_s: float = 0.0,
    kinds: Sequence[str] = (),
    encoder: Encoder | None = None,
    progress: Any = None,
) -> Answer:
    """What in a library the box of a picture or frame is like.

    Parameters
    ----------
    folder : Path
    file : Path
        A picture or recording; decoded in the confined process.
    box_px : sequence of float
        Left, top, width, height.
    at_s : float
        Time of the frame [s].
    kinds : sequence of str
        Only these kinds; all unless given.
    encoder : Encoder, optional
    progress : callable, optional

    Raises
    ------
    NotFoundError, BadInputError
        When the library, the file or the box cannot be used.
    """
    told = progress or no_progress
    library = open_library(folder)
    told(0.0, f"looking at {file.name}")
    if not file.is_file():
        raise NotFoundError(f"There is no file '{file}'.", "Check the path.")
    rgb = decoded(file, at_s, None)
    place = checked_box(box_px, rgb.shape[1], rgb.shape[0])
    found, passed = gathered({f"{SETTING}:library": library}, lambda done, what: told(0.1 + 0.7 * done, what))
    wanted = [one for one in found if not kinds or one.reference.kind in kinds]
    told(0.8, "comparing")
    box = compare_box(rgb, place, wanted, None if encoder is None or not wanted else encoder.ranker(wanted))
    told(1.0, "done")
    curated = isinstance(library, EmblemLibrary)
    answer = replace(box, at_s=at_s)
    return Answer(answer, tuple(passed), len(wanted), curated, "" if encoder is None else encoder.sha256)


def propose(folder: Path, file: Path, *, at_s: float = 0.0, progress: Any = None) -> tuple[Proposed, ...]:
    """Boxes of a picture or frame where a person may find a reference of a library; accepted only by `draw_box`.

    Raises
    ------
    NotFoundError, BadInputError
        When the library or the file cannot be used.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no file '{file}'.", "Check the path.")
    rgb = decoded(file, at_s, None)
    return proposed(rgb, gathered({f"{SETTING}:library": open_library(folder)}, progress)[0])


def draw_box(
    case: Case, item: Item, box_px: Sequence[float], at_s: float, *, proposed_by: str = "", note: str = ""
) -> Mark:
    """Put a box on record that a person drew, or accepted, on a frame of an item.

    Raises
    ------
    BadInputError
        When the frame cannot be decoded, or the box does not lie in it.
    """
    rgb = decoded(original_path(case, item), at_s, None)
    place = checked_box(box_px, rgb.shape[1], rgb.shape[0])
    body: dict[str, Plain] = dict(zip(FIELDS, place, strict=True))
    body |= {key: value for key, value in (("proposed_by", proposed_by.strip()), ("note", note.strip())) if value}
    return draw_mark(case, item, MARK, body, at_pts_s=at_s)


def emblems_folder(case: Case | None = None) -> str | None:
    """Where the library of emblems is: the case's setting, else `EMBLEMS_VARIABLE`; None for nowhere."""
    folder = case.settings.get(SETTING) if case is not None else None
    return str(folder) if folder else os.environ.get(EMBLEMS_VARIABLE, "").strip() or None


def use_library(case: Case, folder: Path, model: Mapping[str, Plain] | None = None) -> None:
    """Set which library a case's boxes are compared with, and which learned encoder shortlists; both are tried first.

    Raises
    ------
    NotFoundError, BadInputError
        When it is no library, or the model cannot be opened.
    """
    EmblemLibrary(folder)
    setting: dict[str, Plain] = {SETTING: str(folder.resolve())}
    if model is not None:
        Encoder(Path(str(model["path"])), str(model["licence"]), str(model["sha256"]))
        setting[MODEL_SETTING] = dict(model)
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": setting})


def open_emblems(case: Case) -> dict[str, Any]:
    """What the uniforms line asks, by "emblems:name"; a library that cannot be opened is told of as passed over."""
    folder = emblems_folder(case)
    if folder is None:
        return {}
    found: dict[str, Any] = {}
    try:
        found[f"{SETTING}:library"] = EmblemLibrary(Path(folder))
    except WitnessmarkError as error:
        found[f"{SETTING}:library"] = Closed(PassedOver(folder, error.what, error.do))
    model = case.settings.get(MODEL_SETTING)
    if isinstance(model, dict):
        found[f"{SETTING}:encoder"] = Encoder(Path(str(model["path"])), str(model["licence"]), str(model["sha256"]))
    return found


@dataclass(frozen=True, slots=True)
class Closed:
    """A library that cannot be opened."""

    reason: PassedOver

    def references(self) -> Sequence[Reference]:
        """None."""
        return ()

    def picture(self, reference: Reference) -> Rgb | Broken:
        """Why nothing of it can be had."""
        return Broken("open", self.reason.reason, None, 0, self.reason.do)

    def passed_over(self) -> Sequence[PassedOver]:
        """Why it is closed."""
        return (self.reason,)

    def state(self) -> str:
        """Changes with the reason."""
        return f"closed: {self.reason.reason}"


def _has_manifest(folder: Path) -> bool:
    return (folder / "manifest.csv").is_file()


def _from_row(sha256: Sha256, row: Mapping[str, str], stem: str, kind: str, operator: str) -> Reference:
    return Reference(sha256=sha256, added=NOT_STATED, added_by=operator, **facts_of(row, stem, kind))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
