"""What is written in the pictures, script by script: readings with their rivals, for a person to check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from witnessmark.custody.records import Item
from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, InputRef, Marks, Picture, Tools
from witnessmark.lines.providers.names import NameBook
from witnessmark.lines.text import detecting, drawing, likelihood, reading
from witnessmark.lines.text.looking import look
from witnessmark.lines.text.observations import TextObservations
from witnessmark.lines.text.packs import HOW_TO_GET, packs_for
from witnessmark.lines.text.telling import remarks_of, with_names
from witnessmark.media.records import Broken, Limits

__all__ = ["TEXT", "USUAL_SCRIPTS", "TextLine"]

USUAL_SCRIPTS = ("latin", "armenian", "cyrillic")
GROUP, PACKS = "names", "packs"


class TextLine:
    """The text line; see docs/lines/text.md."""

    name = "text"
    version = "1"
    question = "What is written in the pictures?"
    observations: type = TextObservations
    needs: frozenset[type] = frozenset()
    consults: frozenset[str] = frozenset({GROUP, PACKS})
    references: tuple[str, ...] = (
        "Liao et al., Real-time scene text detection with differentiable binarization, AAAI 34, 2020, "
        "doi:10.1609/aaai.v34i07.6812",
        "Smith, An overview of the Tesseract OCR engine, ICDAR 2007, doi:10.1109/ICDAR.2007.4376991",
        "Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63, 1968, "
        "doi:10.1080/01621459.1968.10480934",
        "Levenshtein, Binary codes capable of correcting deletions, insertions and reversals, "
        "Soviet Physics Doklady 10, 1966",
    )

    def __init__(self, scripts: Sequence[str] = USUAL_SCRIPTS, folder: Path | None = None) -> None:
        self._scripts = tuple(scripts)
        self._folder = folder

    def observe(self, item: Item, marks: Marks, tools: Tools) -> TextObservations | Abstention:
        """Find writing in the pictures and read it, one language pack at a time.

        Parameters
        ----------
        item : Item
        marks : Marks
            Not used: this line needs no person to begin with.
        tools : Tools
            A `NameBook` under ``names:case`` has its names pointed out.

        Returns
        -------
        TextObservations or Abstention
        """
        if not detecting.installed() or not reading.installed():
            return self._abstain(item, "Reading text needs packages that are not installed.", reading.INSTALL)
        packs = packs_for(self._scripts, self._folder)
        if not packs:
            return self._abstain(item, f"No language pack for {', '.join(self._scripts)} is at hand.", HOW_TO_GET)
        try:
            looked = look(tools.original, packs, Limits(), tools.progress)
        except WitnessmarkError as error:
            return self._abstain(item, error.what, error.do)
        if isinstance(looked, Broken):
            reason = f"The file could not be decoded: {looked.reason.rstrip('.')}."
            return self._abstain(item, reason, looked.do.rstrip(".") + ".")
        book = tools.providers.get(f"{GROUP}:case")
        names = book if isinstance(book, NameBook) else None
        written = with_names(looked.written, names)
        missing = tuple(script for script in self._scripts if script not in {pack.script for pack in packs})
        inputs = [InputRef(item.sha256, "pictures")]
        if names is not None:
            inputs.extend(InputRef(each.sha256, "names") for each in names.readings)
        return TextObservations(
            item=item.sha256,
            inputs=tuple(inputs),
            detector=looked.detector,
            reader=looked.reader,
            packs=looked.packs,
            unread_scripts=missing,
            frames_at_s=looked.frames_at_s,
            width_px=looked.width_px,
            height_px=looked.height_px,
            boxes_count=looked.boxes_count,
            left_out_count=looked.left_out_count,
            written=written,
            names_count=0 if names is None else len(names.things),
            stopped=looked.stopped,
            remarks=remarks_of(looked, written, missing),
        )

    def weigh(self, seen: TextObservations, over: Hypotheses) -> Abstention:
        """Abstain: nothing written is weighed; the observations are shown beside the abstention."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: TextObservations) -> tuple[Picture, ...]:
        """The lines cut out, each beside its readings."""
        made = drawing.sheet(seen.written)
        return () if made is None else (made,)

    def _abstain(self, item: Item, reason: str, helps: str) -> Abstention:
        return Abstention(self.name, self.version, reason, helps, (InputRef(item.sha256, "pictures"),))


TEXT = TextLine()
