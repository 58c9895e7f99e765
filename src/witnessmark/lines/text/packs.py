"""Tesseract's language packs: which are at hand, and the script each reads."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.errors import BadInputError

FOLDER_VARIABLE = "WITNESSMARK_TESSDATA"
SCRIPT_OF_PACK = {
    "aze": "latin", "tur": "latin", "eng": "latin", "deu": "latin", "fra": "latin", "pol": "latin", "kmr": "latin",
    "uzb": "latin", "Latin": "latin",
    "hye": "armenian", "Armenian": "armenian",
    "rus": "cyrillic", "aze_cyrl": "cyrillic", "ukr": "cyrillic", "bel": "cyrillic", "bul": "cyrillic",
    "srp": "cyrillic", "kaz": "cyrillic", "Cyrillic": "cyrillic",
    "kat": "georgian", "Georgian": "georgian",
    "fas": "arabic", "ara": "arabic", "ckb": "arabic", "Arabic": "arabic",
    "heb": "hebrew", "Hebrew": "hebrew",
    "ell": "greek", "Greek": "greek",
}  # fmt: skip
SCRIPTS = tuple(dict.fromkeys(SCRIPT_OF_PACK.values()))
RIGHT_TO_LEFT = frozenset({"arabic", "hebrew"})
DEFAULT_PACKS = {
    "latin": ("aze", "eng", "tur", "Latin"),
    "armenian": ("hye", "Armenian"),
    "cyrillic": ("rus", "ukr", "Cyrillic"),
    "georgian": ("kat", "Georgian"),
    "arabic": ("fas", "ara", "Arabic"),
    "hebrew": ("heb", "Hebrew"),
    "greek": ("ell", "Greek"),
}
"""Packs looked for, by script, in this order; the first two that are there are used, each for itself."""
PACKS_PER_SCRIPT = 2
HOW_TO_GET = (
    "Install language packs, such as Debian's tesseract-ocr-aze, tesseract-ocr-hye, tesseract-ocr-rus and "
    f"tesseract-ocr-eng, or put their .traineddata files into a folder and name it in {FOLDER_VARIABLE}."
)


@dataclass(frozen=True, slots=True)
class Pack:
    """A language pack.

    Attributes
    ----------
    name : str
        Such as "hye".
    script : str
        One of `SCRIPTS`.
    path : Path
    """

    name: str
    script: str
    path: Path

    def sha256(self) -> str:
        """Of its file, in hexadecimal."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def folders() -> Iterator[Path]:
    """Where packs are looked for: the named folder, Tesseract's own variable, this environment's, the system's."""
    for variable in (FOLDER_VARIABLE, "TESSDATA_PREFIX"):
        named = os.environ.get(variable, "").strip()
        if named:
            yield Path(named)
            yield Path(named) / "tessdata"
    yield Path(sys.prefix) / "share" / "tessdata"
    shared = Path("/usr/share")
    yield from sorted((shared / "tesseract-ocr").glob("*/tessdata"), reverse=True)
    yield shared / "tessdata"
    yield Path("/usr/local/share/tessdata")


def packs_for(scripts: Sequence[str], folder: Path | None = None) -> tuple[Pack, ...]:
    """The packs at hand for these scripts, in the order of the scripts; at most two a script.

    Parameters
    ----------
    scripts : sequence of str
    folder : Path, optional
        Only this folder.

    Raises
    ------
    BadInputError
        For a script that is not known.
    """
    places = list(folders()) if folder is None else [folder]
    found: list[Pack] = []
    for script in dict.fromkeys(scripts):
        if script not in DEFAULT_PACKS:
            raise BadInputError(f"There is no script '{script}'.", f"Those known are {', '.join(SCRIPTS)}.")
        here = [
            Pack(name, script, path) for name in DEFAULT_PACKS[script] if (path := _file_of(name, places)) is not None
        ]
        found.extend(here[:PACKS_PER_SCRIPT])
    return tuple(found)


class PacksAtHand:
    """What may be asked as "packs:tesseract": the packs for some scripts, so that new ones have lines run anew.

    Parameters
    ----------
    scripts : sequence of str
    """

    def __init__(self, scripts: Sequence[str]) -> None:
        self._scripts = tuple(scripts)

    def state(self) -> str:
        """A word that changes with the packs."""
        return " ".join(f"{pack.name}:{pack.sha256()[:12]}" for pack in packs_for(self._scripts))


def _file_of(name: str, places: Sequence[Path]) -> Path | None:
    for place in places:
        for path in (place / f"{name}.traineddata", place / "script" / f"{name}.traineddata"):
            if path.is_file():
                return path
    return None
