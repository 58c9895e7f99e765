"""Answers of tiles kept as they are found: a search that is killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import ProviderError
from witnessmark.lines.terrain.records import Pan, Skyline
from witnessmark.lines.terrain.refine import Fits
from witnessmark.lines.terrain.settings import Settings
from witnessmark.lines.terrain.tiles import Part, Tile, TileAnswer
from witnessmark.plain import canonical

METHOD = "2"
"""Of the search; a change that alters its numbers counts it up, and older answers are no longer found."""
SUM_BYTES = 32


@dataclass(frozen=True, slots=True)
class TileKeeper:
    """Where answers are kept.

    Attributes
    ----------
    folder : Path
        Made when first written to; losing it costs searching anew.
    state : str
        Of the elevation: answers on other elevation are not found.
    """

    folder: Path
    state: str

    def get(self, tile: Tile, sight: Skyline | Pan, settings: Settings) -> TileAnswer | None:
        """What was found before; None when nothing is kept or it is not what was written."""
        try:
            raw = self._path(tile, sight, settings).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(raw[SUM_BYTES:]).digest() != raw[:SUM_BYTES]:
            return None
        try:
            with np.load(io.BytesIO(raw[SUM_BYTES:]), allow_pickle=False) as held:
                fits = Fits(held["place_m"], held["pose"], held["score"], held["facts"])
                return TileAnswer((Part(tile, held["log_evidence"], held["heading_deg"]),), fits)
        except (KeyError, ValueError, BadZipFile):
            return None

    def put(self, tile: Tile, sight: Skyline | Pan, settings: Settings, answer: TileAnswer) -> None:
        """Keep an answer: written beside, then moved into place.

        Raises
        ------
        ProviderError
            When it cannot be written.
        """
        (part,) = answer.parts
        buffer = io.BytesIO()
        fits = answer.fits
        np.savez_compressed(
            buffer,
            log_evidence=part.log_evidence,
            heading_deg=part.heading_deg,
            place_m=fits.place_m,
            pose=fits.pose,
            score=fits.score,
            facts=fits.facts,
        )
        raw = buffer.getvalue()
        path = self._path(tile, sight, settings)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, half = tempfile.mkstemp(dir=self.folder, prefix="half-")
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(raw).digest() + raw)
            os.replace(half, path)
        except OSError as error:
            raise ProviderError(
                f"What was found cannot be kept in {self.folder} ({error}).", "Make room and search again."
            ) from error

    def _path(self, tile: Tile, sight: Skyline | Pan, settings: Settings) -> Path:
        asked = [METHOD, self.state, tile.lattice, sight, settings]
        return self.folder / f"{Sha256.of(canonical(asked)).hex()}.tile"
