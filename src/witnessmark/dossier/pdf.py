"""The report as PDF/A-2a (ISO 19005-2, tagged) that is PDF/UA-1 too, set by typst with fonts from a package."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from witnessmark.dossier.casefile import words
from witnessmark.dossier.wording import code_point
from witnessmark.errors import DossierError
from witnessmark.plain import Plain

FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSans-Oblique.ttf",
    "DejaVuSans-BoldOblique.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-Bold.ttf",
    "DejaVuSerif-Italic.ttf",
    "DejaVuSerif-BoldItalic.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf",
)
"""The DejaVu family as matplotlib carries it: Latin, Cyrillic, Armenian, Greek, Georgian; Hebrew and Arabic in Sans."""

STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
_HASHES = frozenset({"sha256", "sha512", "head", "key"})
_LONG_RUN = re.compile(r"[^\s\u200b]{29,}")


def font_folder() -> Path:
    """Where matplotlib keeps its fonts."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def drawable() -> frozenset[int]:
    """Code points that every style of DejaVu Sans used has, so that no setting of a text loses a sign."""
    sets = [set(FT2Font(str(font_folder() / name)).get_charmap()) for name in FONTS if name.startswith("DejaVuSans")]
    return frozenset(sets[0].intersection(*(found for found in sets[1:3])))


def fit_to_print(value: Plain, key: str = "") -> Plain:
    """Texts with signs the fonts lack written by code point, and breaks allowed in words that would leave the page.

    Hashes under a member named for them stay as they are, since the template breaks their lines itself.
    """
    if isinstance(value, str):
        if key in _HASHES and re.fullmatch("[0-9a-f]{64}|[0-9a-f]{128}", value):
            return value
        known = drawable()
        text = "".join(sign if ord(sign) in known else code_point(sign) for sign in value)
        return _LONG_RUN.sub(lambda run: "\u200b".join(re.findall(r".{1,14}", run[0])), text)
    if isinstance(value, list):
        return [fit_to_print(entry, key) for entry in value]
    if isinstance(value, dict):
        return {name: entry if name == "file" else fit_to_print(entry, name) for name, entry in value.items()}
    return value


def render_pdf(model: Mapping[str, Plain], pictures: Mapping[str, bytes], sealed_at: dt.datetime) -> bytes:
    """Set the report.

    Parameters
    ----------
    model : mapping
        From `report_model`.
    pictures : mapping of path in the bag to PNG bytes
    sealed_at : datetime
        Becomes the document's date, so that the same report has the same bytes.

    Raises
    ------
    DossierError
        When typst refuses the document.
    """
    at = sealed_at.astimezone(dt.UTC).replace(microsecond=0)
    template = Path(__file__).with_name("report.typ")
    data = fit_to_print(dict(model))
    assert isinstance(data, dict)
    data["date"] = [at.year, at.month, at.day, at.hour, at.minute, at.second]
    reference = words(data["reference"])
    data["short_reference"] = reference if len(reference) <= 60 else reference[:59] + "…"
    with tempfile.TemporaryDirectory(prefix="witnessmark-report-") as name:
        folder = Path(name)
        (folder / "fonts").mkdir()
        for font in FONTS:
            shutil.copyfile(font_folder() / font, folder / "fonts" / font)
        for path, png in pictures.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(png)
        (folder / "report.json").write_text(json.dumps(data, ensure_ascii=True), encoding="utf-8")
        shutil.copyfile(template, folder / "report.typ")
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder / "fonts")]
        )
        try:
            made = typst.compile(
                str(folder / "report.typ"),
                root=str(folder),
                font_paths=fonts,
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=[*STANDARDS],
                timestamp=at,
            )
        except typst.TypstError as error:
            raise DossierError(
                f"The report could not be set as PDF: {error}.", "Seal again; if it recurs, report the text it names."
            ) from error
    return made
