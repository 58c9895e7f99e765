"""A line of text read by Tesseract, one language pack at a time."""

from __future__ import annotations

import importlib
import importlib.util
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from witnessmark.errors import ProviderError
from witnessmark.lines.text.packs import Pack
from witnessmark.lines.text.rectifying import Grey

EDGE_MARKS = "|()[]{}<>'\"`´‘’“”„«»_~=^*\\/¦‹›°•·—–-,.:;!՝՛՜"
"""Marks that the rim of a box is read as; they are taken off a reading's ends."""
ENDS_MAY_KEEP = ".!?:՞։"
"""Marks that stay at the end of a reading of several words."""
INSTALL = "Run: pip install 'witnessmark[ocr]'."


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word as one pack reads it.

    Attributes
    ----------
    text : str
    confidence_share : float
        Tesseract's own, 0 to 1: not a probability of being right.
    left_share, right_share : float
        Where it stands along the line, as shares of its width.
    """

    text: str
    confidence_share: float
    left_share: float
    right_share: float


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as one pack reads it.

    Attributes
    ----------
    pack, script : str
    words : tuple of ReadWord
    """

    pack: str
    script: str
    words: tuple[ReadWord, ...]

    @property
    def text(self) -> str:
        """The words, in the order in which they are read, also from right to left."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence_share(self) -> float:
        """Of the words, weighed by their length."""
        letters = sum(len(word.text) for word in self.words)
        return sum(len(word.text) * word.confidence_share for word in self.words) / letters if letters else 0.0


class Reader:
    """Tesseract with several language packs open, each asked for itself; a context manager.

    Parameters
    ----------
    packs : sequence of Pack

    Raises
    ------
    ProviderError
        When tesserocr is not installed, or a pack cannot be opened.
    """

    def __init__(self, packs: Sequence[Pack]) -> None:
        if not installed():
            raise ProviderError("The reader of text is not installed.", INSTALL)
        os.environ.setdefault(
            "OMP_THREAD_LIMIT", "1"
        )  # read when the library is loaded: one line is too small to share
        tesserocr = importlib.import_module("tesserocr")
        self._single_line = tesserocr.PSM.SINGLE_LINE
        self._word_level = tesserocr.RIL.WORD
        self.version = str(tesserocr.tesseract_version()).split()[1]
        self._open: list[tuple[Pack, Any]] = []
        for pack in packs:
            folder = f"{pack.path.parent}/"
            try:
                api = tesserocr.PyTessBaseAPI(path=folder, lang=pack.name, psm=self._single_line)
            except RuntimeError as error:
                self.close()
                raise ProviderError(
                    f"The language pack '{pack.path.name}' cannot be opened.", "Install it anew."
                ) from error
            api.SetVariable("tessedit_do_invert", "0")
            self._open.append((pack, api))

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the packs."""
        for _, api in self._open:
            api.End()
        self._open.clear()

    def read(self, line: Grey) -> tuple[ReadLine, ...]:
        """What each pack reads in a line; nothing where it reads nothing.

        Parameters
        ----------
        line : ndarray of uint8, shape (height, width)
            From `witnessmark.lines.text.rectifying.rectified`.
        """
        return tuple(self._read(pack, api, line) for pack, api in self._open)

    def _read(self, pack: Pack, api: Any, line: Grey) -> ReadLine:
        height, width = line.shape
        api.SetImageBytes(line.tobytes(), width, height, 1, width)
        api.SetSourceResolution(300)
        words: list[ReadWord] = []
        if api.Recognize():
            walk = api.GetIterator()
            while walk is not None:
                if not walk.Empty(self._word_level):
                    text = unicodedata.normalize("NFC", str(walk.GetUTF8Text(self._word_level) or "")).strip()
                    box = walk.BoundingBox(self._word_level)
                    if text and box:
                        share = float(walk.Confidence(self._word_level)) / 100.0
                        words.append(ReadWord(text, min(max(share, 0.0), 1.0), box[0] / width, box[2] / width))
                if not walk.Next(self._word_level):
                    break
        return ReadLine(pack.name, pack.script, without_edge_marks(words))


def installed() -> bool:
    """Whether tesserocr is there."""
    return importlib.util.find_spec("tesserocr") is not None


def without_edge_marks(words: Sequence[ReadWord]) -> tuple[ReadWord, ...]:
    """The words without the marks that box edges are read as, at the line's two ends."""
    kept = list(words)
    while kept and not kept[0].text.strip(EDGE_MARKS):
        kept.pop(0)
    while kept and not kept[-1].text.strip(EDGE_MARKS):
        kept.pop()
    if not kept:
        return ()
    kept[0] = _with_text(kept[0], kept[0].text.lstrip(EDGE_MARKS))
    tail = kept[-1].text.rstrip("".join(mark for mark in EDGE_MARKS if mark not in ENDS_MAY_KEEP))
    kept[-1] = _with_text(kept[-1], tail if len(kept) > 1 else tail.rstrip(EDGE_MARKS))
    return tuple(word for word in kept if word.text)


def _with_text(word: ReadWord, text: str) -> ReadWord:
    return ReadWord(text, word.confidence_share, word.left_share, word.right_share)
