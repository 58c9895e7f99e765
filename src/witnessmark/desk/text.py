"""Writing in one file, without a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.contract import Picture, no_progress
from witnessmark.lines.providers.names import NameBook
from witnessmark.lines.text import detecting, reading
from witnessmark.lines.text.drawing import sheet
from witnessmark.lines.text.looking import Looked, look
from witnessmark.lines.text.observations import Written
from witnessmark.lines.text.packs import HOW_TO_GET, packs_for
from witnessmark.lines.text.telling import to_json, with_names
from witnessmark.media.records import Broken, Limits
from witnessmark.plain import Plain


@dataclass(frozen=True, slots=True, eq=False)
class FileText:
    """What is written in a file.

    Attributes
    ----------
    looked : Looked
    written : tuple of Written
        With names pointed out.
    unread_scripts : tuple of str
        Asked for, but no pack is at hand.
    """

    looked: Looked
    written: tuple[Written, ...]
    unread_scripts: tuple[str, ...]

    def to_json(self) -> dict[str, Plain]:
        """For programs."""
        return to_json(self.looked, self.written, self.unread_scripts)

    def picture(self) -> Picture | None:
        """The lines cut out beside their readings; None when there are none."""
        return sheet(self.written)


def text_of(
    file: Path,
    scripts: Sequence[str],
    *,
    packs_folder: Path | None = None,
    book: NameBook | None = None,
    progress: Callable[[float, str], None] = no_progress,
) -> FileText:
    """Find and read writing in a picture or a recording.

    Parameters
    ----------
    file : Path
    scripts : sequence of str
    packs_folder : Path, optional
        Where the language packs lie; the usual places unless given.
    book : NameBook, optional
    progress : callable (done from 0 to 1, what is being done)

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When packages or all language packs are missing, a script is not known, or the file cannot be decoded.
    """
    packs = packs_for(scripts, packs_folder)
    if not detecting.installed() or not reading.installed():
        raise BadInputError("Reading text needs packages that are not installed.", reading.INSTALL)
    if not packs:
        raise BadInputError(f"No language pack for {', '.join(scripts)} is at hand.", HOW_TO_GET)
    if not file.is_file():
        raise NotFoundError(f"There is no file '{file}'.", "Check the path.")
    looked = look(file, packs, Limits(), progress)
    if isinstance(looked, Broken):
        raise BadInputError(f"'{file.name}' cannot be read: {looked.reason}", looked.do)
    read = {pack.script for pack in packs}
    missing = tuple(script for script in dict.fromkeys(scripts) if script not in read)
    return FileText(looked, with_names(looked.written, book), missing)
