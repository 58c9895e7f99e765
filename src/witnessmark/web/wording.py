"""The words of the pages: English in the templates, other languages from catalogues that Babel reads."""

from __future__ import annotations

import gettext
import io
from functools import cache
from importlib import resources

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE = "en"
"""The language the templates are written in."""


@cache
def languages() -> dict[str, str]:
    """Languages the pages speak, each called as it calls itself."""
    folder = resources.files("witnessmark.web").joinpath("locale")
    found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []
    return {code: (Locale.parse(code).display_name or code) for code in (SOURCE, *found)}


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; the source's own words for one that is not there."""
    if language == SOURCE or language not in languages():
        return NullTranslations()
    file = resources.files("witnessmark.web").joinpath("locale", language, "messages.po")
    with file.open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def choose(wished: str, accepted: str) -> str:
    """The language of a page: the person's own choice, else what the browser asks for, else the source.

    Examples
    --------
    >>> choose("", "xx, en;q=0.5")
    'en'
    """
    if wished in languages():
        return wished
    for part in accepted.split(","):
        code = part.split(";")[0].strip().partition("-")[0].lower()
        if code in languages():
            return code
    return SOURCE
