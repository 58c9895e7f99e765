"""Commands of ``witnessmark copies`` that exchange fingerprints with others; no footage and no name leaves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    say,
    size_text,
    stamped,
    table,
    telling,
)
from witnessmark.desk.asking import PARTNERS, ask_partner, item_named, left_of, log_given, take_answer
from witnessmark.desk.case import default_operator
from witnessmark.desk.indexing import exchange_key, find_recording, fingerprint_file, index, partners_of
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import to_plain
from witnessmark.stores.exchange import (
    BANK,
    Answer,
    Partners,
    Sharing,
    answer_inquiry,
    bank_entries,
    grouped,
    import_bank,
    import_bundle,
    plain_partner,
    read_answer,
    read_inquiry,
    read_signals,
    read_vpdq,
    recording_of,
    remove_origin,
    write_bundle,
    write_inquiry,
    write_signals,
    write_vpdq_text,
)
from witnessmark.stores.exchange.sealed import MAGIC
from witnessmark.stores.fingerprints import Entry

Index = Annotated[str, typer.Argument(metavar="INDEX", help="A folder, or a PostgreSQL URL.")]
Origin = Annotated[str, typer.Option("--as", metavar="NAME", help="How you want to be called by the other side.")]
Contact = Annotated[str, typer.Option(help="How you can be reached.")]
Audience = Annotated[str, typer.Option(help="For whom; another audience gets other labels.")]
KeyFile = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Signing key; else the index's own.")]
PartnersFile = Annotated[Path | None, typer.Option("--partners", metavar="FILE", help="Else the index's own list.")]
Facts = Annotated[str, typer.Option(help="What to tell of appearances: none, time, or time-and-platform.")]
FeatureFrames = Annotated[
    float, typer.Option("--feature-frames", help="Frames a minute whose local features are shared; 0 for none.")
]
FeaturesEach = Annotated[int, typer.Option("--features-each", help="Local features of each such frame.")]
Fingerprint = Annotated[
    str | None, typer.Option("--fingerprint", help="Of the partner's key, as the partner read it out to you.")
]
Trust = Annotated[bool, typer.Option("--trust", help="Accept a new partner's key without comparing it.")]
FACTS = {"none": "none", "time": "time", "time-and-platform": "time and platform"}


def _sharing(origin: str, contact: str, audience: str, facts: str, frames: float, each: int, **more: Any) -> Sharing:
    if facts not in FACTS:
        raise BadInputError(f"'{facts}' is nothing that can be told.", f"Give one of {', '.join(FACTS)}.")
    told = cast(Literal["none", "time", "time and platform"], FACTS[facts])
    return Sharing(
        origin, contact, audience, told, frames_per_minute=frames, features_per_frame=each if frames else 0, **more
    )


def export(
    place: Index,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new file.")],
    origin: Origin = "",
    contact: Contact = "",
    audience: Audience = "",
    refs: Annotated[list[str] | None, typer.Option("--ref", help="Only these recordings; may be repeated.")] = None,
    facts: Facts = "none",
    round_up_s: Annotated[int, typer.Option("--round-up-s", help="Round times up; 86400 tells the day only.")] = 1,
    frames: FeatureFrames = 0.0,
    each: FeaturesEach = 32,
    keep_until: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Ask partners to remove it after this day.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="bundle, signals (hash exchange CSV) or vpdq.")] = "bundle",
    key: KeyFile = None,
    as_json: JsonOption = False,
) -> None:
    """Export your own recordings for a partner: a signed bundle of codes, or a list that hash banks read."""
    if out.exists():
        raise ClashError(f"'{out}' exists.", "Give the name of a new file.")
    if not out.parent.is_dir():
        raise NotFoundError(f"There is no folder '{out.parent}'.", "Make it first, or give another.")
    if facts != "none" and (Path(place).parent / "witnessmark.json").is_file():
        raise BadInputError(
            "A case's own library holds no times: they stand in the case's records.",
            "Export from the organisation's library, or with --facts none.",
        )
    with index(place) as store:
        chosen = None if not refs else [find_recording(store, ref).id for ref in refs]
        if form == "bundle":
            if not origin:
                raise BadInputError("A bundle says whose it is.", "Give --as NAME.")
            more: dict[str, Any] = {"round_up_s": round_up_s, "keep_until": keep_until and keep_until.date()}
            sharing = _sharing(origin, contact, audience, facts, frames, each, **more)
            signer = exchange_key(place, key)
            count = len(write_bundle(out, store, signer, sharing, recordings=chosen).listed)
            shown: str | None = signer.public.fingerprint.hex()
        else:
            text, count = _list_text(store, form, origin, chosen)
            out.write_text(text, encoding="utf-8")
            shown = None
    said = {"file": str(out), "recordings": count, "format": form, "key_fingerprint": shown}

    def tell() -> None:
        OUT.print(f"{count} recordings are in {out}. No picture and no name is.")
        if shown is not None:
            OUT.print(f"Read your key's fingerprint out to the partner: {grouped(shown)}")

    answer(as_json, said, tell)


def _list_text(store: Any, form: str, origin: str, chosen: list[int] | None) -> tuple[str, int]:
    own = [one.id for one in store.recordings() if not one.origin and (chosen is None or one.id in chosen)]
    if form == "signals":
        return write_signals(store, origin or "witnessmark", recordings=chosen), len(own)
    if form != "vpdq":
        raise BadInputError(f"'{form}' is no format.", "Give --format bundle, signals or vpdq.")
    if len(own) != 1:
        raise BadInputError("A vPDQ file is of one recording.", "Choose it with --ref.")
    return write_vpdq_text(store.fingerprint(own[0]).frames), 1


def import_(
    place: Index,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle, a hash exchange list or a vPDQ file.")],
    fingerprint: Fingerprint = None,
    trust: Trust = False,
    bank: Annotated[str, typer.Option(help="What to call the bank that a list or vPDQ file comes from.")] = "",
    rate_hz: Annotated[float | None, typer.Option(help="Frames a second, for vPDQ files without times.")] = None,
    partners: PartnersFile = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in a partner's bundle, kept apart by its origin; a newer one takes the place of the older."""
    if not file.is_file():
        raise NotFoundError(f"There is no file '{file}'.", "Check the path.")
    with file.open("rb") as start:
        sealed = start.read(len(MAGIC)) == MAGIC
    with index(place, must_exist=False) as store:
        if sealed:
            known = partners_of(place, partners)
            done = import_bundle(
                file, store, known, operator or default_operator(), fingerprint=fingerprint, trust=trust
            )
            said = {"partner": plain_partner(done.partner), **_counts(done.added, done.kept, done.removed)}
        else:
            said = _import_list(store, file, bank or file.stem, rate_hz, operator or default_operator())
    answer(
        as_json,
        said,
        lambda: OUT.print(f"{said['added']} added, {said['kept']} were there already, {said['removed']} removed."),
    )


def _counts(added: int, kept: int, removed: int) -> dict[str, Any]:
    return {"added": added, "kept": kept, "removed": removed, "passed_over": []}


def _import_list(store: Any, file: Path, bank: str, rate_hz: float | None, operator: str) -> dict[str, Any]:
    text = file.read_bytes().decode("utf-8", "replace")
    if file.suffix in (".txt", ".json") or text.lstrip()[:1] in ("[", "{"):
        made = recording_of(read_vpdq(text, frames_per_s=rate_hz))
        return {"bank": bank, **_counts(*import_bank([Entry(made, file.stem, BANK + bank)], bank, store, operator))}
    found = read_signals(text)
    counts = import_bank(bank_entries(found.signals, bank), bank, store, operator)
    return {"bank": bank, **_counts(*counts), "passed_over": list(found.passed_over)}


def partners_(place: Index, partners: PartnersFile = None, as_json: JsonOption = False) -> None:
    """List the accepted partners and the banks of a library, with the fingerprints of their keys."""
    with index(place) as store:
        known = [plain_partner(one) for one in partners_of(place, partners).all()]
        origins = dict(store.stats().origins)
    rows = [{**one, "recordings": origins.get(str(one["origin"]), 0)} for one in known]
    rows += [{"origin": name, "recordings": count} for name, count in origins.items() if name.startswith(BANK)]

    def tell() -> None:
        shown = table("Partner", "Recordings", "Key", "Accepted", "Contact")
        for row in rows:
            key = grouped(str(row["fingerprint"])) if row.get("fingerprint") else "nobody signed it"
            shown.add_row(
                str(row["origin"]), str(row["recordings"]), key, str(row.get("how", "")), str(row.get("contact", ""))
            )
        OUT.print(shown if rows else "No partner yet. Take a bundle in with: witnessmark copies import INDEX FILE")

    answer(as_json, rows, tell)


def forget(
    place: Index,
    origin: Annotated[str, typer.Argument(metavar="ORIGIN", help="Partner or bank, as copies partners names it.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the log of takedowns.")],
    partners: PartnersFile = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove everything that came from a partner or a bank, and the partner."""
    with index(place) as store:
        removed = remove_origin(origin, store, partners_of(place, partners), reason, operator or default_operator())
    said = {"origin": origin, "removed": removed}
    answer(as_json, said, lambda: OUT.print(f"{origin}: {removed} recordings removed."))


def ask(
    place: Index,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The recording; with --case also its exhibit number.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The question, a new file.")],
    origin: Origin,
    contact: Contact = "",
    partner: Annotated[str, typer.Option("--to", help="Who is asked; needed with --case.")] = "",
    frames: FeatureFrames = 60.0,
    each: FeaturesEach = 64,
    key: KeyFile = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a question to a partner whether a recording is known there; only codes leave, no picture and no name.

    With --case the recording is an item, and who is asked and what leaves the house is logged there.
    """
    sharing = _sharing(origin, contact, "", "none", frames, each)
    signer = exchange_key(place, key)
    if case_folder is None:
        with telling(as_json) as progress:
            made = fingerprint_file(Path(file), progress=progress)
        done = write_inquiry(out, made, signer, sharing)
    else:
        with opened(case_folder, operator) as case:
            done = ask_partner(case, item_named(case, file), partner, out, signer, sharing)
            stamped(case)
    left = left_of(done.fingerprint, out.stat().st_size)
    said = {
        "file": str(out),
        "inquiry": done.sealed.digest.hex(),
        "key_fingerprint": done.sealed.key.fingerprint.hex(),
        "left": to_plain(left),
        "recorded": case_folder is not None,
    }

    def tell() -> None:
        OUT.print(f"The question is in {out}; keep it, the answer belongs to it.")
        OUT.print(
            f"It holds {left.frames_count} frame codes, {left.sound_count} sound codes and {left.features_count} local "
            f"features of {left.duration_s:.1f} s, {size_text(left.size_bytes)}; no picture and no name."
        )
        OUT.print("The case's log has it." if case_folder is not None else "No case was named: nothing was logged.")

    answer(as_json, said, tell)


def answer_(
    place: Index,
    question: Annotated[Path, typer.Argument(metavar="QUESTION", help="What the partner sent.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The answer, a new file.")],
    origin: Origin,
    contact: Contact = "",
    audience: Audience = "",
    facts: Facts = "none",
    fingerprint: Fingerprint = None,
    trust: Trust = False,
    key: KeyFile = None,
    partners: PartnersFile = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a partner's question from your own recordings: stretches and opaque labels, nothing else."""
    asked = read_inquiry(question)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat()
    known = partners_of(place, partners)
    with index(place) as store:
        known.keep(known.check(asked.origin, asked.sealed.key, fingerprint=fingerprint, trust=trust, now=now))
        sharing = _sharing(origin, contact, audience or asked.origin, facts, 0.0, 0)
        done = answer_inquiry(out, asked, store, exchange_key(place, key), sharing)
    log = log_given(partners or Path(place) / PARTNERS, asked, done, sharing, default_operator())

    def tell() -> None:
        _tell_answer(done)
        OUT.print(f"The log of answers has it: {log}")

    answer(as_json, _answer_plain(done), tell)


def read(
    question: Annotated[Path, typer.Argument(metavar="QUESTION", help="The question you sent.")],
    file: Annotated[Path, typer.Argument(metavar="ANSWER", help="What came back.")],
    fingerprint: Fingerprint = None,
    trust: Trust = False,
    partners: Annotated[
        Path | None, typer.Option("--partners", metavar="FILE", help="Accepted partners; else the case's own list.")
    ] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a partner's answer: that it is to your question, and the key it is signed with, for you to compare.

    With --case the signed answer is kept and logged, and the copies line tells it as the partner's word.
    """
    if case_folder is None:
        done = read_answer(file, read_inquiry(question).sealed.digest)
        answer(as_json, _answer_plain(done), lambda: _tell_answer(done))
        return
    with opened(case_folder, operator) as case:
        accepted = None if partners is None else Partners(partners)
        item, done = take_answer(case, question, file, partners=accepted, fingerprint=fingerprint, trust=trust)
        stamped(case)

    def tell() -> None:
        _tell_answer(done)
        OUT.print(f"It is on record for {item.exhibit_number}, as the partner's word.")

    answer(as_json, {**_answer_plain(done), "recorded": item.exhibit_number}, tell)


def _answer_plain(done: Answer) -> dict[str, Any]:
    return {
        "origin": done.origin,
        "contact": done.contact,
        "created": to_plain(done.created),
        "key_fingerprint": done.sealed.key.fingerprint.hex(),
        "searched": done.searched,
        "searched_s": done.searched_s,
        "matches": to_plain(done.matches),
    }


def _tell_answer(done: Answer) -> None:
    OUT.print(f"{done.origin} searched {done.searched} recordings, {done.searched_s / 3600:.2f} h.")
    OUT.print(f"Signed with the key {grouped(done.sealed.key.fingerprint.hex())}")
    for match in done.matches:
        say(f"  {match.label}, score {match.score:.2f}", mark=match.relation)
        for part in match.stretches[:4]:
            OUT.print(f"  {part.q0_s:.2f}-{part.q1_s:.2f} s shows its {part.r0_s:.2f}-{part.r1_s:.2f} s")
    if not done.matches:
        OUT.print("Nothing like it there. That does not make it new.")


COMMANDS = (
    ("export", export, "witnessmark copies export archive ours.wmb --as 'Harbour Desk' --facts time"),
    ("import", import_, "witnessmark copies import archive theirs.wmb --fingerprint 'ab12 cd34 ...'"),
    ("partners", partners_, "witnessmark copies partners archive"),
    ("forget", forget, "witnessmark copies forget archive 'Harbour Desk' --reason 'agreement ended'"),
    (
        "ask",
        ask,
        "witnessmark copies ask archive WM-0002 question.wmq --as 'Ridge Desk' --to 'Harbour Desk' --case ridge",
    ),
    ("answer", answer_, "witnessmark copies answer archive question.wmq answer.wma --as 'Harbour Desk'"),
    ("read", read, "witnessmark copies read question.wmq answer.wma --case ridge --fingerprint 'ab12 cd34 ...'"),
)
"""Name, function and example of each command, registered by `witnessmark.cli.copies`."""
