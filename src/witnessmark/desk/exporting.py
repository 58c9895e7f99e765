"""Handing a case to others in their formats: what an edition gives, written whole or not at all, and logged."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.assessing import latest_assessment
from witnessmark.desk.case import Case
from witnessmark.desk.sealing import planned
from witnessmark.desk.space import case_space
from witnessmark.dossier import Edition, Plan
from witnessmark.dossier.exports import WRITERS, CapturedPage, ExportContent, PlaceRegion, export_content
from witnessmark.dossier.exports.outlines import grid_outline
from witnessmark.dossier.exports.packing import is_wacz
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.hypotheses.regions import area_km2, highest_density

PROBABILITIES = (0.5, 0.9)
_DRAWING = frozenset({"geojson", "acled"})  # the formats that regions go into
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Exported:
    """An export in its place.

    Attributes
    ----------
    format : str
    edition : Edition
    path : Path
    sha256 : Sha256
    size_bytes : int
    notes : tuple of str
        What the file does not hold though somebody may look for it.
    """

    format: str
    edition: Edition
    path: Path
    sha256: Sha256
    size_bytes: int
    notes: tuple[str, ...]


def export_case(
    case: Case, name: str, out: Path, edition: Edition = Edition.PUBLIC, plan: Plan | None = None
) -> Exported:
    """Write an edition's content in another format, and log that it was handed out.

    Parameters
    ----------
    case : Case
    name : str
        One of `witnessmark.dossier.exports.WRITERS`.
    out : Path
        A file that does not exist yet; it appears whole or not at all.
    edition : Edition
    plan : Plan, optional
        As a dossier is sealed with.

    Raises
    ------
    ClashError
        When something is at `out`.
    NotFoundError
        When there is nothing to export, or no format of that name.
    BadInputError
        When the file cannot be written.
    """
    if name not in WRITERS:
        raise NotFoundError(f"There is no export '{name}'.", f"There are: {', '.join(WRITERS)}.")
    if os.path.lexists(out):
        raise ClashError(f"There is something at '{out}' already.", "Name another file; nothing is overwritten.")
    content, notes = content_of(case, edition, plan)
    if name not in _DRAWING:
        notes = ()
    write, _, _ = WRITERS[name]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise BadInputError(
            f"'{out}' cannot be written ({error.strerror}).", "Name a file in a folder you may write to."
        ) from error
    try:
        with open(descriptor, "wb") as file:
            write(content, file)
            file.flush()
            os.fsync(file.fileno())
        sha256, size_bytes = _digest(Path(draft))
        os.chmod(draft, 0o644 if edition is Edition.PUBLIC else 0o600)
        try:
            os.link(draft, out)  # fails where something has appeared since
        except FileExistsError as error:
            raise ClashError(f"Something has appeared at '{out}'.", "Name another file.") from error
        except OSError:  # a file system without hard links
            os.rename(draft, out)
    except OSError as error:
        raise BadInputError(f"'{out}' cannot be written ({error.strerror}).", "Check the disk it is on.") from error
    finally:
        Path(draft).unlink(missing_ok=True)
    case.record(
        PremisEvent.DISSEMINATION,
        "case.exported",
        {"format": name, "edition": edition, "name": out.name, "sha256": sha256, "size_bytes": size_bytes}
        | ({"recipient": plan.recipient, "purpose": plan.purpose, "left_out": plan.left_out} if plan else {}),
    )
    return Exported(name, edition, out, sha256, size_bytes, notes)


def content_of(case: Case, edition: Edition, plan: Plan | None = None) -> tuple[ExportContent, tuple[str, ...]]:
    """What an edition of the case gives, and notes on what it cannot draw.

    Raises
    ------
    NotFoundError
        When the case holds no item.
    """
    regions, notes = _regions(case)
    content = export_content(planned(case, edition, plan), edition, regions=regions, pages=captured_pages(case))
    return content, tuple(notes)


def captured_pages(case: Case) -> list[CapturedPage]:
    """The web archives among the evidence, by exhibit number."""
    found = []
    for body in case.records.items(copy="evidentiary"):
        if body["media_type"] != "application/zip":
            continue
        path = case.objects.local_path(body["key"])
        captures = case.records.captures(body["sha256"])
        if captures and is_wacz(path):
            at = captures[0]["ended"]
            found.append(CapturedPage(body["exhibit_number"], body["sha256"], body["size_bytes"], at, path))
    return found


def _regions(case: Case) -> tuple[list[PlaceRegion], list[str]]:
    """The assessment's regions of place as outlines, if it was made over the space the case has now."""
    try:
        assessment: dict[str, Any] = latest_assessment(case)
    except NotFoundError:
        return [], ["There is no assessment, so no posterior region."]
    if not case.settings.get("space"):
        return [], ["The case has no region and time axis now, so no posterior region is drawn."]
    over = case_space(case)
    if over.digest() != assessment["space"]:
        return [], ["The assessment was made over an earlier region or time axis; fuse again to draw its regions."]
    posterior = np.load(case.objects.local_path(assessment["marginals"]["place"]["key"]), allow_pickle=False)
    made = []
    for probability in PROBABILITIES:
        mask = highest_density(posterior, probability)
        if mask.any():
            made.append(
                PlaceRegion(
                    tuple(assessment["subjects"]),
                    probability,
                    round(area_km2(over.places, mask), 6),
                    over.places.spacing_m,
                    grid_outline(over.places, mask),
                )
            )
    return made, [] if made else ["The findings left nothing of the region weighed: there is no region to draw."]


def _digest(path: Path) -> tuple[Sha256, int]:
    hasher, size_bytes = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(_READ_BYTES):
            hasher.update(block)
            size_bytes += len(block)
    return Sha256(hasher.digest()), size_bytes
