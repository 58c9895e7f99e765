"""Commands on speech: hear a file; in a case, say how recordings are heard, and what a person hears otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    say,
    stamped,
    table,
    telling,
)
from witnessmark.errors import BadInputError
from witnessmark.lines.conversation import answers, languages
from witnessmark.lines.conversation.limits import DEFAULT_LANGUAGES
from witnessmark.lines.conversation.looking import Listened, Settings
from witnessmark.lines.conversation.models import OwnModel, cache_folder
from witnessmark.lines.conversation.observations import Segment
from witnessmark.plain import Plain

HEAR = "hear"


class _Speech(typer.core.TyperGroup):
    """`witnessmark speech FILE` hears a file; the other commands go by their names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [HEAR, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Speech,
    no_args_is_help=True,
    add_completion=False,
    help="What is said, in what language, and by how many voices: suggestions with their doubts.\n\n"
    "Hear a file:  witnessmark speech FILE --languages az,hy,ru,tr,en",
)

Languages = Annotated[
    str | None, typer.Option("--languages", metavar="CODES", help="The languages you reckon with.", show_default=False)
]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", metavar="DIR", help="A Whisper model of your own in CTranslate2's format."),
]
ModelHash = Annotated[str, typer.Option("--model-sha256", metavar="HEX", help="What its model.bin must be.")]
ModelLicence = Annotated[str, typer.Option("--model-licence", metavar="TEXT", help="Under which it may be used.")]
ItemName = Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")]


@app.command(HEAR, epilog="Example:  witnessmark speech clip.mp4 --languages az,hy,ru,tr,en --json")
def hear(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A recording.", show_default=False)],
    asked: Languages = None,
    model: ModelFolder = None,
    model_sha256: ModelHash = "",
    model_licence: ModelLicence = "",
    no_translation: Annotated[bool, typer.Option("--no-translation", help="Do not translate into English.")] = False,
    no_speakers: Annotated[bool, typer.Option("--no-speakers", help="Do not tell voices apart.")] = False,
    no_events: Annotated[bool, typer.Option("--no-events", help="Do not point out other sounds.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Hear a file: speech with its words, languages and doubts, voices, other sounds. Needs no case.

    A run that was stopped goes on where it was when the same is asked again.
    """
    settings = Settings(
        languages=DEFAULT_LANGUAGES if asked is None else _codes(asked),
        model=_own(model, model_sha256, model_licence),
        translate=not no_translation,
        tell_speakers=not no_speakers,
        tell_events=not no_events,
        journal_folder=cache_folder() / "heard",
    )
    with telling(as_json) as progress:
        heard = answers.hear_file(path, settings, progress)
    answer(as_json, answers.to_json(heard, settings.languages), lambda: _tell(heard))


@app.command("set", epilog="Example:  witnessmark speech set --languages az,hy,ru,tr,en")
def set_(
    asked: Languages = None,
    model: ModelFolder = None,
    model_sha256: ModelHash = "",
    model_licence: ModelLicence = "",
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which languages a case reckons with, and which model listens; then run the conversation line."""
    from witnessmark.desk.speech import case_languages, case_model, set_speech

    own = _own(model, model_sha256, model_licence)
    if asked is None and own is None:
        raise BadInputError("Nothing to set was given.", "Give --languages, or --model with its hash and licence.")
    with opened(case_folder, operator) as case:
        set_speech(case, None if asked is None else _codes(asked), own)
        stamped(case)
        codes = case_languages(case)
        said = {"languages": codes, "model": case_model(case)}
    answer(as_json, said, lambda: OUT.print(f"Languages reckoned with: {', '.join(codes)}."))


@app.command("show", epilog="Example:  witnessmark speech show WM-0001")
def show(name: ItemName, case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """Show what the machine heard in an item, and what people heard, side by side."""
    from witnessmark.desk.items import get_item
    from witnessmark.desk.speech import versions

    with opened(case_folder) as case:
        item = get_item(case, name)
        rows = versions(case, item)

    def tell() -> None:
        if not rows:
            OUT.print(f"Nothing is on record. Run: witnessmark line run conversation --item {item.exhibit_number}")
        for row in rows:
            if row["machine"] is not None:
                _tell_segment(row["machine"])
            for one in row["people"]:
                parts = [one.language or "", one.text or "", one.translation or "", one.note]
                span = f"{one.start_s:7.1f} - {one.end_s:.1f} s"
                OUT.print(f"{span}  {one.author} hears: {' | '.join(part for part in parts if part)}")

    plain = [
        {"machine": None if row["machine"] is None else answers.segment_json(row["machine"]), "people": row["people"]}
        for row in rows
    ]
    answer(as_json, plain, tell)


@app.command("correct", epilog="Example:  witnessmark speech correct WM-0001 --at 12.5 --language hy --text '...'")
def correct(
    name: ItemName,
    at_s: Annotated[float | None, typer.Option("--at", help="A time within the machine's stretch, in s.")] = None,
    start_s: Annotated[float | None, typer.Option("--from", help="Or: where the span begins, in s.")] = None,
    end_s: Annotated[float | None, typer.Option("--to", help="And where it ends, in s.")] = None,
    text: Annotated[str | None, typer.Option(help="The words, as you hear them.")] = None,
    language: Annotated[str | None, typer.Option(help="In which language, by its code.")] = None,
    translation: Annotated[str | None, typer.Option(help="In English.")] = None,
    speaker: Annotated[str | None, typer.Option(help="Which voice, such as S2; never a name.")] = None,
    note: Annotated[str | None, typer.Option(help="How sure you are, and why.")] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put on record what you hear in a span; the machine's version stays beside it. Then run the line again."""
    from witnessmark.desk.items import get_item
    from witnessmark.desk.speech import correct as put_on_record
    from witnessmark.desk.speech import segment_at

    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        if at_s is not None and start_s is None and end_s is None:
            segment = segment_at(case, item, at_s)
            start_s, end_s = segment.start_s, segment.end_s
        body: dict[str, Plain] = {
            "start_s": start_s,
            "end_s": end_s,
            "text": text,
            "language": language,
            "translation": translation,
            "speaker": speaker,
            "note": note,
        }
        mark = put_on_record(case, item, body)
        stamped(case)
    answer(as_json, mark, lambda: OUT.print(f"{mark.id}: {item.exhibit_number}, {start_s:g} to {end_s:g} s: recorded."))


def _codes(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    if not found:
        raise BadInputError("No language is named.", "Give codes such as --languages az,hy,ru,tr,en.")
    return found


def _own(folder: Path | None, sha256: str, licence: str) -> OwnModel | None:
    if folder is None:
        if sha256 or licence:
            raise BadInputError("A hash or licence was given, but no model.", "Give --model DIR as well.")
        return None
    if not sha256 or not licence:
        raise BadInputError(
            "A model of your own is used only if it is known which it is and what allows it.",
            "Give --model-sha256 and --model-licence.",
        )
    return OwnModel(folder, sha256, licence)


def _tell(heard: Listened) -> None:
    OUT.print(f"{heard.speech_s:.1f} s of {heard.duration_s:.1f} s are speech. Heard with {heard.model.name}.")
    for segment in heard.segments:
        _tell_segment(segment)
    if heard.speakers_count:
        OUT.print(f"Voices, as suggested: {heard.speakers_count}.")
    if heard.events:
        shown = table("Other sound, as suggested", "from", "to", "by")
        for event in heard.events[:30]:
            shown.add_row(event.kind, f"{event.start_s:.2f} s", f"{event.end_s:.2f} s", event.by)
        OUT.print(shown)
        if len(heard.events) > 30:
            OUT.print(f"  {len(heard.events) - 30} more: see --json.")
    for text in [*answers.own_limits(heard), *heard.warnings]:
        OUT.print(f"  {text}")
    OUT.print("A machine's hearing: words may be wrong or invented. Have it heard by a person who speaks the language.")


def _tell_segment(segment: Segment) -> None:
    language = segment.language
    shares = ", ".join(f"{share.code} {share.probability:.2f}" for share in language.restricted)
    voice = f"  {segment.speaker}" if segment.speaker else ""
    say(f" {segment.text}", mark=f"{segment.start_s:7.1f} - {segment.end_s:.1f} s{voice}")
    OUT.print(
        f"           language: {language.verdict} ({languages.note(language.verdict)}; {shares}; "
        f"others {language.other_probability:.2f})"
    )
    if segment.translation is not None and segment.translation.text:
        doubt = f"  [{'; '.join(segment.translation.unreliable)}]" if segment.translation.unreliable else ""
        OUT.print(f"           English, by machine: {segment.translation.text}{doubt}")
    if segment.unreliable:
        OUT.print(f"           not to be relied on: {'; '.join(segment.unreliable)}")
