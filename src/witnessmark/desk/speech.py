"""Speech at the desk: how a case wants its recordings heard, and what a person hears otherwise; both versions stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.marking import draw_mark, marks
from witnessmark.desk.outside import FOLDER
from witnessmark.errors import NotFoundError
from witnessmark.lines.contract import Mark
from witnessmark.lines.conversation import languages, limits
from witnessmark.lines.conversation.corrections import KIND, check, read_marks
from witnessmark.lines.conversation.looking import Settings
from witnessmark.lines.conversation.models import OwnModel, find_model
from witnessmark.lines.conversation.observations import ConversationObservations, Correction, Segment
from witnessmark.lines.conversation.transcriber import transcriber
from witnessmark.plain import Plain, canonical, from_plain, to_plain

SETTING = "speech"
LINE = "conversation"


class CaseSpeech:
    """What the conversation line asks as "speech:case".

    Parameters
    ----------
    case : Case
    """

    def __init__(self, case: Case) -> None:
        self._case = case

    def settings(self) -> Settings:
        """Languages and model of the case; what was heard is kept in its folder, and can be removed at any time."""
        return Settings(
            languages=case_languages(self._case),
            model=case_model(self._case),
            journal_folder=self._case.folder / FOLDER / SETTING,
            keep_journal=True,
        )

    def state(self) -> str:
        """A word that changes with what was set."""
        return Sha256.of(canonical(self._case.settings.get(SETTING))).hex()


def case_languages(case: Case) -> tuple[str, ...]:
    """The languages the case names, the usual ones where it names none."""
    named = _setting(case).get("languages")
    return tuple(str(code) for code in named) if named else limits.DEFAULT_LANGUAGES


def case_model(case: Case) -> OwnModel | None:
    """The model of its own that the case uses, None for the default."""
    own = _setting(case).get("model")
    return None if own is None else OwnModel(Path(own["path"]), str(own["sha256"]), str(own["licence"]))


def set_speech(case: Case, asked: Sequence[str] | None = None, model: OwnModel | None = None) -> None:
    """Say which languages a case reckons with, and which model listens. Earlier values stay logged.

    Parameters
    ----------
    case : Case
    asked : sequence of str, optional
        Codes; those before stay unless given.
    model : OwnModel, optional
        The one before stays unless given.

    Raises
    ------
    BadInputError, NotFoundError
        When the model is not the file that was named, or knows no such language.
    """
    own = case_model(case) if model is None else model
    codes = case_languages(case) if asked is None else tuple(asked)
    languages.check(codes, transcriber(find_model(own)).languages)
    kept = None if own is None else {"path": str(own.path.resolve()), "sha256": own.sha256, "licence": own.licence}
    setting = {SETTING: {"languages": list(codes), "model": kept}}
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": setting})


def correct(case: Case, item: Item, body: Mapping[str, Plain]) -> Mark:
    """Put on record what a person hears in a span of an item; the machine's version stays beside it.

    Parameters
    ----------
    case : Case
    item : Item
    body : mapping
        ``start_s``, ``end_s`` and at least one of ``text``, ``language``, ``translation``, ``speaker``; ``note``.

    Raises
    ------
    BadInputError
        When it is no correction.
    """
    said = {name: value for name, value in check(body).items() if value is not None}
    return draw_mark(case, item, KIND, said, at_pts_s=float(str(said["start_s"])))


def heard(case: Case, item: Item) -> tuple[ConversationObservations | None, tuple[Correction, ...]]:
    """What is on record of an item's speech: the machine's latest hearing, and every correction that stands.

    Returns
    -------
    seen : ConversationObservations or None
        None where the line has not been run, or heard nothing.
    corrected : tuple of Correction
    """
    corrected, _ = read_marks(marks(case, item))
    for result in reversed(case.records.results()):
        if result["line"] == LINE and result["item"] == item.sha256.hex() and result["observations"] is not None:
            return from_plain(ConversationObservations, result["observations"]), corrected
    return None, corrected


def segment_at(case: Case, item: Item, at_s: float) -> Segment:
    """The machine's stretch at a time.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    seen, _ = heard(case, item)
    for segment in seen.segments if seen is not None else ():
        if segment.start_s <= at_s < segment.end_s:
            return segment
    raise NotFoundError(
        f"No speech is on record at {at_s:g} s of {item.exhibit_number}.",
        f"Run the line: witnessmark line run {LINE} --item {item.exhibit_number}; or give --from and --to.",
    )


def versions(case: Case, item: Item) -> list[dict[str, Any]]:
    """Every stretch of an item with the machine's words, and people's beside them, in order of time."""
    seen, corrected = heard(case, item)
    rows: list[dict[str, Any]] = []
    left = list(corrected)
    for segment in seen.segments if seen is not None else ():
        own = [one for one in left if one.start_s < segment.end_s and one.end_s > segment.start_s]
        left = [one for one in left if one not in own]
        rows.append({"machine": segment, "people": own})
    rows += [{"machine": None, "people": [one]} for one in left]
    return sorted(rows, key=_start_s)


def _start_s(row: Mapping[str, Any]) -> float:
    machine = row["machine"]
    return float(row["people"][0].start_s if machine is None else machine.start_s)


def _setting(case: Case) -> dict[str, Any]:
    plain = to_plain(case.settings.get(SETTING) or {})
    assert isinstance(plain, dict)
    return plain
