"""The terrain at the desk: from files without a case, and what a case's lines ask of one another about the ground."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.desk.case import TOOL
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import InputRef, Picture, Remark
from witnessmark.lines.providers.elevation import FilesElevation
from witnessmark.lines.providers.noting import Noted
from witnessmark.lines.terrain import TERRAIN, geotiff, records
from witnessmark.lines.terrain.drawing import horizon_picture, pictures
from witnessmark.lines.terrain.from_place import SeenFrom, seen_from
from witnessmark.lines.terrain.horizon import EYE_HEIGHT_M
from witnessmark.lines.terrain.likelihood import METHOD
from witnessmark.lines.terrain.looking import sighted, small_frame
from witnessmark.lines.terrain.observations import Sighted
from witnessmark.lines.terrain.pan import sight_of_file
from witnessmark.lines.terrain.searching import Kept, Question, observed, search
from witnessmark.lines.terrain.sighting import sighting_of
from witnessmark.lines.terrain.skyline_file import FrameFile, read_file
from witnessmark.plain import Plain, to_plain

Progress = Callable[[float, str], None]


def need_numba() -> None:
    """Make sure that what the terrain is computed with is here.

    Raises
    ------
    BadInputError
    """
    from importlib.util import find_spec

    if find_spec("numba") is None:
        raise BadInputError("Horizons need numba, which is not installed.", "Run: pip install 'witnessmark[terrain]'.")


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where a skyline of a file can be seen from.

    Attributes
    ----------
    found : records.Located
    question : Question
    sighted : Sighted
    elevation : Noted
    remarks : tuple of str
        What was put right in the file.
    digest : Sha256
        Of the file.
    elapsed_s : float
    """

    found: records.Located
    question: Question
    sighted: Sighted
    elevation: Noted
    remarks: tuple[str, ...]
    digest: Sha256
    elapsed_s: float

    def to_plain(self) -> dict[str, Plain]:
        """The answer as programs read it; see docs/lines/terrain.md."""
        found = self.found
        abstained = found.abstained is not None
        return {
            "candidates": [
                {
                    "lat": round(one.lat_deg, 7),
                    "lon": round(one.lon_deg, 7),
                    "heading_deg": round(one.heading_deg, 4),
                    "pitch_deg": round(one.pitch_deg, 4),
                    "roll_deg": round(one.roll_deg, 4),
                    "hfov_deg": round(one.hfov_deg, 4),
                    "log_likelihood_nats": round(one.log_likelihood_nats, 4),
                    "residual_px": round(one.residual_px, 4),
                    "probability": round(one.probability, 6),
                }
                for one in found.candidates
            ],
            "region50_km2": None if abstained else round(found.region50_km2, 6),
            "region90_km2": None if abstained else round(found.region90_km2, 6),
            "p_outside_region": None if abstained else round(found.p_outside_region, 6),
            "abstained": found.abstained,
            "elapsed_s": round(self.elapsed_s, 3),
            "elevation": {
                "resolution_m": round(self.elevation.resolution_m, 2),
                "vertical_datum": self.elevation.vertical_datum,
                "read": to_plain(self.elevation.readings),
            },
            "remarks": list(self.remarks),
        }

    def write_posterior(self, path: Path) -> None:
        """Write the posterior as GeoTIFF.

        Raises
        ------
        BadInputError, ProviderError
            When the search abstained, the path cannot be written, or rasterio is not installed.
        """
        geotiff.write(
            path,
            self.found,
            {
                "method": METHOD,
                "version": f"witnessmark {TOOL.version}, terrain line {TERRAIN.version}",
                "skyline_sha256": self.digest.hex(),
                "elevation_sha256": " ".join(each.sha256.hex() for each in self.elevation.readings),
            },
        )

    def draw(self, folder: Path, places: int, progress: Progress) -> list[dict[str, Plain]]:
        """Draw the map and the best places into a folder.

        Returns
        -------
        list of dict
            Each picture's file, caption, and why its place is behind the first.

        Raises
        ------
        BadInputError
            When the folder cannot be made or written to.
        """
        remarks = tuple(Remark("file", False, text, "It was put right by itself.") for text in self.remarks)
        marked = (InputRef(self.digest, "skyline file"),)
        seen = observed(
            self.digest,
            marked,
            self.question,
            self.sighted,
            self.elevation,
            self.found,
            remarks,
            progress,
            at_most=places,
        )
        why = {rival.number: rival.said for rival in seen.rivals}
        told: list[dict[str, Plain]] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number, picture in enumerate(pictures(seen, places)):
                path = folder / f"{picture.name}.png"
                path.write_bytes(picture.png)
                told.append(
                    {"file": str(path), "caption": picture.caption, "place": number or None, "why": why.get(number)}
                )
        except OSError as error:
            raise BadInputError(f"Nothing can be drawn into '{folder}' ({error}).", "Choose another folder.") from error
        return told


def locate(
    elevation: Sequence[Path],
    skyline: Path,
    region_deg: tuple[float, float, float, float],
    spacing_m: float,
    *,
    workers: int = 2,
    profiles: Path | None = None,
    picture: Path | None = None,
    progress: Progress,
) -> Located:
    """Search a region for the places a file's skyline, or pan, can be seen from.

    Parameters
    ----------
    elevation : sequence of Path
        Files, or folders of them.
    skyline : Path
        See docs/lines/terrain.md for its fields.
    region_deg : tuple of float
        West, south, east, north.
    spacing_m : float
        Between the places that are tried.
    workers : int
        Threads; the answer does not depend on it.
    profiles : Path or None
        Where horizons are kept, so that the region is swept once.
    picture : Path or None
        The frame, to draw on; the one that the file names unless given.
    progress : callable (done from 0 to 1, what)

    Raises
    ------
    BadInputError, ProviderError
        When the file or the region cannot be used, or the data do not cover it.
    """
    need_numba()
    started = time.monotonic()
    asked, remarks = sight_of_file(skyline)
    noted = Noted(FilesElevation(elevation))
    question = Question(asked, region_deg, spacing_m, "file", workers)
    found = search(question, noted, Kept(profiles=profiles), progress)
    elapsed_s = time.monotonic() - started
    shown = sighted(asked, sighting_of(asked), (), (), _frame(skyline, asked, picture))
    digest = Sha256.of(skyline.read_bytes())
    return Located(found, question, shown, noted, remarks, digest, elapsed_s)


def _frame(skyline: Path, asked: records.Skyline | records.Pan, picture: Path | None) -> bytes:
    """The frame a line was drawn on, to draw on; empty when there is none."""
    if isinstance(asked, records.Pan):
        return b""
    if picture is None:
        frame = read_file(skyline).sight
        picture = frame.picture if isinstance(frame, FrameFile) else None
    elif not picture.is_file():
        raise BadInputError(f"There is no picture '{picture}'.", "Check the path.")
    return b"" if picture is None or not picture.is_file() else small_frame(picture, 0.0, asked)


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """The horizon around a place.

    Attributes
    ----------
    seen : SeenFrom
    elapsed_s : float
    """

    seen: SeenFrom
    elapsed_s: float

    def picture(self) -> Picture:
        """The horizon drawn."""
        return horizon_picture(self.seen)

    def to_plain(self) -> dict[str, Plain]:
        """Bearings are true; what is not known is null."""
        seen, line = self.seen, self.seen.skyline
        return {
            "lat": seen.lat_deg,
            "lon": seen.lon_deg,
            "ground_m": round(seen.ground_m, 2),
            "eye_m": round(seen.eye_m, 2),
            "azimuth_deg": [round(float(value), 6) for value in line.azimuth_deg],
            "elevation_deg": _known(np.degrees(np.arctan(line.tangent)), 5),
            "distance_m": _known(line.range_m, 1),
            "on_filled_void": [bool(value) for value in line.on_filled],
            "data_end_m": _known(line.reach_m, 0),
            "spacing_m": round(seen.spacing_m, 3),
            "resolution_m": round(seen.resolution_m, 3),
            "vertical_datum": seen.vertical_datum,
            "read": to_plain(seen.readings),
            "elapsed_s": round(self.elapsed_s, 3),
        }


def _known(values: np.ndarray, digits: int) -> list[Plain]:
    return [round(float(value), digits) if np.isfinite(value) else None for value in values]


def horizon(
    elevation: Sequence[Path],
    lat_deg: float,
    lon_deg: float,
    *,
    step_deg: float = 0.5,
    eye_height_m: float = EYE_HEIGHT_M,
    reach_m: float = 50_000.0,
    spacing_m: float | None = None,
    mixed_datums: bool = False,
) -> Around:
    """What stands against the sky around a place.

    Parameters
    ----------
    elevation : sequence of Path
        Files, or folders of them.
    lat_deg, lon_deg : float
        WGS 84.
    step_deg : float
        Between bearings.
    eye_height_m : float
        Above the ground.
    reach_m : float
        How far ridges are looked for.
    spacing_m : float or None
        Of the ground's posts; those of the data unless given.
    mixed_datums : bool
        Accept heights above different vertical datums.

    Raises
    ------
    BadInputError, ProviderError
        When the data cannot be read or do not cover the place.
    """
    need_numba()
    if not (np.isfinite(step_deg) and 0.01 <= step_deg <= 90.0):
        raise BadInputError(f"A step of {step_deg:g} degrees.", "Give one from 0.01 to 90.")
    if not (np.isfinite(reach_m) and 1_000.0 <= reach_m <= 290_000.0):
        raise BadInputError(f"A reach of {reach_m / 1000.0:g} km.", "Give one from 1 to 290 km.")
    started = time.monotonic()
    seen = seen_from(
        FilesElevation(elevation),
        lat_deg,
        lon_deg,
        n_azimuths=round(360.0 / step_deg),
        eye_height_m=eye_height_m,
        spacing_m=spacing_m,
        reach_m=reach_m,
        mixed_datums=mixed_datums,
    )
    return Around(seen, time.monotonic() - started)
