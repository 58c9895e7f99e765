"""Packed horizons kept beside the elevation data, so that a region is swept once.

Plain ``.npy`` files with a manifest: numpy maps them into memory a page at a time. Zarr's chunks would give the same
and save a third of the room (deflate takes tangents to 0.83 of their size and distances to 0.32), for unpacking on
every read and three further packages.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, ProviderError, WitnessmarkError
from witnessmark.lines.terrain.ground import Ground, Window
from witnessmark.lines.terrain.horizon import (
    RANGE_FIRST_M,
    RANGE_LAST_M,
    TANGENT_STEP,
    Profiles,
    Progress,
    View,
    bearings_deg,
    profile,
)
from witnessmark.plain import Plain, canonical, from_plain

FORMAT = "witnessmark-profiles/1"
METHOD = "1"
"""Of the sweep; a change that alters its numbers counts it up, and older profiles are no longer found."""
ARRAYS = ("tangent_code", "range_code", "convergence_deg")
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """All that packed horizons depend on; its digest names their folder.

    Attributes
    ----------
    format, method : str
    ground : str
        Digest of the ground.
    window : Window
    view : View
    n_azimuths : int
    tangent_step, range_first_m, range_last_m : float
        Of the packing.
    """

    format: str
    method: str
    ground: str
    window: Window
    view: View
    n_azimuths: int
    tangent_step: float = TANGENT_STEP
    range_first_m: float = RANGE_FIRST_M
    range_last_m: float = RANGE_LAST_M

    def digest(self) -> Sha256:
        """The name under which the answer is kept."""
        return Sha256.of(canonical(self))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is kept in a folder of profiles.

    Attributes
    ----------
    asked : Asked
    sha256 : dict of str to str
        Of each file.
    """

    asked: Asked
    sha256: dict[str, str]


class ProfileCache:
    """Packed horizons by what they depend on.

    Parameters
    ----------
    folder : Path
        Usually ``profiles`` in the folder of the elevation data; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def profile(
        self,
        ground: Ground,
        n_azimuths: int = 720,
        *,
        window: Window | None = None,
        view: View | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> Profiles:
        """Packed horizons, from the cache where they are kept, else swept and kept; see `horizon.profile`.

        Raises
        ------
        ProviderError
            When what was swept cannot be written.
        """
        asked = self.asked(ground, n_azimuths, window, view)
        kept = self.kept(ground, asked)
        if kept is not None:
            if progress is not None:
                progress(1.0)
            return kept
        swept = profile(ground, n_azimuths, window=asked.window, view=asked.view, workers=workers, progress=progress)
        self._keep(asked, swept)
        return swept

    def asked(self, ground: Ground, n_azimuths: int, window: Window | None = None, view: View | None = None) -> Asked:
        """What a call of `profile` depends on."""
        part = ground.region if window is None else window
        return Asked(FORMAT, METHOD, str(ground.digest()), part, View() if view is None else view, n_azimuths)

    def kept(self, ground: Ground, asked: Asked, mode: Literal["r", "c"] = "r") -> Profiles | None:
        """What is kept of it, mapped into memory; None when nothing is, or it is not what was written.

        Every file is hashed first, so that a fault of the disk cannot move a horizon.
        """
        where = self.folder / str(asked.digest())
        try:
            value: Plain = json.loads((where / MANIFEST).read_bytes())
            manifest = from_plain(Manifest, value)
        except (OSError, ValueError, WitnessmarkError):
            return None
        if manifest.asked != asked or set(manifest.sha256) != set(ARRAYS):
            return None
        n_places = int(np.prod(asked.window.shape))
        shapes = {"convergence_deg": (n_places,)}
        arrays: list[NDArray[np.generic]] = []
        for name in ARRAYS:
            path = where / f"{name}.npy"
            try:
                with path.open("rb") as stream:
                    if hashlib.file_digest(stream, "sha256").hexdigest() != manifest.sha256[name]:
                        return None
                arrays.append(np.load(path, mmap_mode=mode, allow_pickle=False))
            except (OSError, ValueError):
                return None
            if arrays[-1].shape != shapes.get(name, (n_places, asked.n_azimuths)):
                return None
        tangent_code, range_code, convergence_deg = arrays
        return Profiles(
            Sha256.from_hex(asked.ground),
            asked.view,
            bearings_deg(asked.n_azimuths),
            *ground.posts_of(asked.window),
            convergence_deg.astype(np.float32),
            tangent_code.view(np.int16),
            range_code.view(np.uint8),
        )

    def _keep(self, asked: Asked, swept: Profiles) -> None:
        """Write beside, then move into place: a reader sees all of it or nothing."""
        where = self.folder / str(asked.digest())
        half: Path | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            half = Path(tempfile.mkdtemp(dir=self.folder, prefix="half-"))
            sums: dict[str, str] = {}
            for name in ARRAYS:
                path = half / f"{name}.npy"
                np.save(path, getattr(swept, name), allow_pickle=False)
                with path.open("rb") as stream:
                    sums[name] = hashlib.file_digest(stream, "sha256").hexdigest()
            (half / MANIFEST).write_bytes(canonical(Manifest(asked, sums)))
            if where.exists():  # damaged, or made by another process in the meantime: either way this one is whole
                shutil.rmtree(where)
            os.replace(half, where)
        except OSError as error:
            if half is not None:
                shutil.rmtree(half, ignore_errors=True)
            raise ProviderError(
                f"The horizons could not be kept in {self.folder} ({error}).", "Make room or choose another folder."
            ) from error


def bytes_needed(n_places: int, n_azimuths: int = 720) -> int:
    """Room that packed horizons take [bytes].

    Examples
    --------
    >>> bytes_needed(100) / 100  # a square kilometre at 100 m has 100 places: 0.2 MB
    2164.0
    """
    if n_places < 1 or n_azimuths < 1:
        raise BadInputError(f"{n_places} places with {n_azimuths} bearings.", "Both are counts from 1.")
    return n_places * (3 * n_azimuths + 4)
