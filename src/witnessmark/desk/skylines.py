"""The skyline of a picture without a case: proposed, corrected by a file of edits, written as the search takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import Picture
from witnessmark.lines.terrain.correcting import Corrected, Edit, correct, read_edit, skyline_of
from witnessmark.lines.terrain.proposing import proposal_picture
from witnessmark.lines.terrain.records import Skyline
from witnessmark.lines.terrain.sky_model import SkyModel
from witnessmark.lines.terrain.skyline_file import to_file
from witnessmark.media.records import Broken
from witnessmark.plain import Plain

CONFIDENCES = 64
"""Even stretches of columns over which the chance to be right is told."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the camera; None for nothing.

    Attributes
    ----------
    hfov_deg : (low, high) or None
    eye_height_m : float
    pitch_deg, roll_deg : (mean, sd) or None
    """

    hfov_deg: tuple[float, float] | None
    eye_height_m: float
    pitch_deg: tuple[float, float] | None
    roll_deg: tuple[float, float] | None


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """A picture's skyline.

    Attributes
    ----------
    image : Path
    rgb : ndarray of uint8, shape (height, width, 3)
    corrected : Corrected
    skyline : Skyline or None
        As the terrain is asked with; None when the frame has none.
    reason : str or None
        Why it has none.
    edits : sequence of mapping
        As they were read.
    remarks : tuple of str
    """

    image: Path
    rgb: NDArray[np.uint8]
    corrected: Corrected
    skyline: Skyline | None
    reason: str | None
    edits: Sequence[Mapping[str, Plain]]
    remarks: tuple[str, ...]

    def to_plain(self) -> dict[str, Plain]:
        """A file as ``terrain locate --skyline`` takes it, with the proposal beside it."""
        told = self.corrected.proposal
        chance = np.array_split(np.where(np.isfinite(told.row_px), told.chance_right, 0.0), CONFIDENCES)
        proposal: dict[str, Plain] = {
            "by": told.by,
            "chance_right": [round(float(some.mean()), 3) for some in chance if len(some)],
            "columns_drawn": int(self.corrected.drawn.sum()),
            "columns_ignored": int(self.corrected.ignored.sum()),
        }
        body: dict[str, Plain]
        if self.skyline is None:
            size: dict[str, Plain] = {"width_px": told.width_px, "height_px": told.height_px, "path": str(self.image)}
            body = {"image": size, "skyline_px": []}
        else:
            body = to_file(self.skyline, self.image)
        return body | {
            "abstained": self.reason,
            "proposal": proposal,
            "edits": [dict(edit) for edit in self.edits],
            "remarks": list(self.remarks),
        }

    def picture(self) -> Picture:
        """The frame with the line, coloured by how sure it is."""
        return proposal_picture(self.rgb, self.corrected)


def propose_skyline(
    image: Path,
    known: Known,
    *,
    at_s: float = 0.0,
    edits: Path | Sequence[Mapping[str, Plain]] = (),
    model: SkyModel | None = None,
) -> Proposed:
    """Propose the skyline of a photograph or of a frame of a recording, and apply a person's edits.

    Parameters
    ----------
    image : Path
        Decoded in the sandbox.
    known : Known
    at_s : float
        Presentation time of the frame [s].
    edits : Path or sequence of mapping
        Edits, or a file with a JSON list of them, applied in their order; see docs/lines/terrain.md.
    model : SkyModel or None

    Raises
    ------
    BadInputError
        When the picture cannot be decoded or an edit cannot be used.
    """
    if not image.is_file():
        raise BadInputError(f"There is no picture '{image}'.", "Check the path.")
    still = media.still_at(image, at_s)
    if isinstance(still, Broken):
        raise BadInputError(f"'{image}' cannot be decoded: {still.reason.rstrip('.')}.", still.do)
    given = _edits(edits) if isinstance(edits, Path) else list(edits)
    read: list[Edit] = []
    remarks: list[str] = []
    for number, body in enumerate(given, start=1):
        try:
            edit, told = read_edit(body, still.rgb.shape[1], still.rgb.shape[0])
        except BadInputError as error:
            raise BadInputError(f"Edit {number}: {error.what}", error.do) from error
        read.append(edit)
        remarks += [f"Edit {number}: {sentence}" for sentence in told]
    corrected = correct(still.rgb, read, model=model)
    skyline, reason = None, corrected.proposal.reason
    if reason is None:
        try:
            skyline = skyline_of(
                corrected,
                hfov_deg=known.hfov_deg,
                eye_height_m=known.eye_height_m,
                pitch_deg=known.pitch_deg,
                roll_deg=known.roll_deg,
            )
        except BadInputError as error:
            reason = error.what
    return Proposed(image, still.rgb, corrected, skyline, reason, given, tuple(remarks))


def _edits(path: Path) -> list[Mapping[str, Plain]]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInputError(
            f"The edits '{path}' cannot be read as JSON ({str(error)[:120]}).", "Give a list."
        ) from error
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise BadInputError(
            f"The edits '{path}' are not a list of objects.", "Give one object an edit, in their order."
        )
    return value
