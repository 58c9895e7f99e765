"""Commands on items: add, list, show, posted, link."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from witnessmark.cli.blur import blur_in_case
from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    pairs,
    say,
    short,
    size_text,
    stamped,
    table,
    telling,
)
from witnessmark.cli.tellings import tell_known
from witnessmark.custody.records import Appearance, Item, Moment
from witnessmark.desk.case import Case
from witnessmark.desk.copies import Answer, look_up
from witnessmark.desk.items import Taken, add_item, get_item, item_body, show_pictures
from witnessmark.desk.libraries import post, unpost
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.plain import stated_moment, to_plain, visible
from witnessmark.stores.capture_addresses import How, is_address

if TYPE_CHECKING:
    from witnessmark.desk.capturing import Captured, Part

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Take files in, list them, look at them.")

Platform = Annotated[str | None, typer.Option(help="Where it was posted.")]
Account = Annotated[str | None, typer.Option(help="The account that posted it.")]
Url = Annotated[str | None, typer.Option(help="Where it was obtained from.")]
PostedAt = Annotated[str | None, typer.Option(metavar="TIME", help="When it was posted, with UTC offset.")]
PostedKnown = Annotated[str, typer.Option(help="How the posting time is known.")]
ZoneAssumed = Annotated[bool, typer.Option("--zone-assumed", help="The offset of --posted-at is an assumption.")]
State = Annotated[str, typer.Option(help="live, edited or deleted.")]


Fetch = Annotated[
    How,
    typer.Option(help="What an address is taken for: a file, a page (WACZ), or a platform's recording (yt-dlp)."),
]


@app.command("add", epilog="Example:  witnessmark item add clip.mp4 --method 'sent by a witness' --case ridge")
def add(
    files: Annotated[list[str], typer.Argument(metavar="FILE|URL...", help="Files, or web addresses, to preserve.")],
    method: Annotated[str | None, typer.Option(help="How you obtained it.")] = None,
    fetch: Fetch = How.AUTO,
    url: Url = None,
    platform: Platform = None,
    account: Account = None,
    posted_at: PostedAt = None,
    posted_known: PostedKnown = "stated by the operator",
    zone_assumed: ZoneAssumed = False,
    state: State = "live",
    look: Annotated[bool, typer.Option(help="Probe it, draw a contact sheet, and look for copies.")] = True,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Preserve files as evidence: hashed, stored write-once, logged and signed. The same bytes again add a capture.

    An address is fetched whole first: a page with what it is made of, a platform's recording, or a file. Each is then
    compared with the case's own items and with the organisation's library, if there is one.
    """
    posting = _posting(platform, account, url, posted_at, posted_known, zone_assumed, state)
    taken: list[dict[str, Any]] = []
    answers: list[Answer | None] = []
    refused: list[WitnessmarkError] = []
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        for name in files:
            told = _named(progress, Path(name))
            try:
                found: list[tuple[Taken, dict[str, Any]]]
                if is_address(name):
                    from witnessmark.desk.capturing import capture_url  # much to load, and seldom wanted

                    got = capture_url(
                        case, name, how=fetch, method=method, appearance=posting, look=look, progress=told
                    )
                    found = [(part.taken, _capture_told(part, got)) for part in got.parts]
                else:
                    how = method or "file handed over"
                    path = Path(name)
                    done = add_item(case, path, method=how, url=url, appearance=posting, look=look, progress=told)
                    found = [(done, {})]
            except WitnessmarkError as error:
                refused.append(error)
                continue
            for done, more in found:
                known = _known(case, done.item, told) if look else None
                shown = show_pictures(case, done.item, clear=False)
                taken.append(_row(name, done, known, shown) | more)
                answers.append(known)
        stamped(case)

    def tell() -> None:
        for row, known in zip(taken, answers, strict=True):
            again = "  (these bytes were here already: one more capture)" if row["already_kept"] else ""
            role = f", {row['role']}" if "role" in row else ""
            say(f"  {row['file']}{role}{again}", mark=row["exhibit_number"])
            OUT.print(f"  sha256 {row['sha256']}   {size_text(row['size_bytes'])}  {row['media_type']}")
            if row["note"]:
                OUT.print(f"  note: {row['note']}")
            broken = (row["media"] or {}).get("broken")
            if broken:
                OUT.print(f"  cannot be decoded: {broken['reason']} {broken['do']}")
            if known is not None:
                tell_known(known)
            for picture in row["pictures"]:
                OUT.print(f"  look at {picture}")
        for note in dict.fromkeys(note for row in taken for note in row.get("notes", [])):
            OUT.print(f"note: {note}")

    answer(as_json, {"taken": taken, "refused": [error.to_plain() for error in refused]}, tell)
    if refused:
        for each in refused:
            typer.echo(visible(f"Refused: {each}"), err=True)
        raise typer.Exit(2)


def _row(name: str, done: Taken, known: Answer | None, pictures: list[Path]) -> dict[str, Any]:
    return {
        "file": name,
        "exhibit_number": done.item.exhibit_number,
        "sha256": done.item.sha256.hex(),
        "sha512": done.item.sha512.hex(),
        "size_bytes": done.item.size_bytes,
        "media_type": done.item.media_type,
        "already_kept": done.already_kept,
        "note": done.note,
        "media": done.media,
        "pictures": [str(picture) for picture in pictures],
        "known": to_plain(known),
    }


def _capture_told(part: Part, got: Captured) -> dict[str, Any]:
    """What is said of a file that was fetched, besides what is said of any."""
    return {
        "role": part.role,
        "url": got.url,
        "final_url": got.final_url,
        "redirects": list(got.redirects),
        "resources": got.resources,
        "missing": got.missing,
        "clock_offset_s": got.clock_offset_s,
        "notes": list(got.notes),
    }


@app.command("posted", epilog="Example:  witnessmark item posted WM-0001 --platform P --account A --posted-at TIME")
def posted(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")],
    platform: Platform = None,
    account: Account = None,
    url: Url = None,
    posted_at: PostedAt = None,
    posted_known: PostedKnown = "stated by the operator",
    zone_assumed: ZoneAssumed = False,
    state: State = "live",
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record one more public posting of an item. The earliest one bounds when it can have been filmed."""
    posting = _posting(platform, account, url, posted_at, posted_known, zone_assumed, state)
    if posting is None:
        raise BadInputError("Nothing about the posting was given.", "Give --platform, --account and --posted-at.")
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        post(case, item, posting)
        stamped(case)
    answer(as_json, posting, lambda: OUT.print(f"{item.exhibit_number} was posted on {posting.platform}: recorded."))


@app.command(
    "withdraw-posting", epilog="Example:  witnessmark item withdraw-posting WM-0001 7 --reason 'mistyped year'"
)
def withdraw_posting(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")],
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The posting's number, as item show prints it.")],
    reason: Annotated[str, typer.Option(help="What was wrong with it.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back a posting that was recorded wrongly; the log keeps it, with the reason. Then run the lines again."""
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        unpost(case, item, number, reason)
        stamped(case)
    said = {"item": item.exhibit_number, "number": number, "reason": reason}
    answer(as_json, said, lambda: OUT.print(f"Posting {number} of {item.exhibit_number} is withdrawn."))


@app.command("link", epilog="Example:  witnessmark item link WM-0001 --to ~/cases/ridge --reason 'shows that place'")
def link(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash, in this case.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The other case's folder.")],
    reason: Annotated[str, typer.Option(help="Why it belongs there too.")],
    postings: Annotated[bool, typer.Option(help="Take its known public postings over.")] = True,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Preserve an item in another case too. Both logs say so; nothing else of this case goes over."""
    from witnessmark.desk.linking import link_item

    with opened(case_folder, operator) as case, telling(as_json) as progress:
        made = link_item(case, name, to, reason, postings=postings, progress=progress)
        stamped(case)
    there = f"{made.other_exhibit_number} of case {made.other_reference}"
    answer(as_json, made, lambda: OUT.print(f"{made.exhibit_number} is {there}: recorded in both."))


app.command("blur", epilog="Example:  witnessmark item blur WM-0001 --faces --out for-the-press.mp4")(blur_in_case)


@app.command("list")
def list_(
    derived: Annotated[bool, typer.Option("--derived", help="Derived files too.")] = False,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the items of a case."""
    with opened(case_folder) as case:
        rows = case.records.items(copy=None if derived else "evidentiary")

    def tell() -> None:
        shown = table("Exhibit", "Name", "Copy", "Size", "Type", "SHA-256")
        for row in rows:
            size = size_text(row["size_bytes"])
            shown.add_row(
                row["exhibit_number"], row["name"], row["copy"], size, row["media_type"], short(row["sha256"], 16)
            )
        OUT.print(shown if rows else "No item yet. Take one in with: witnessmark item add FILE")

    answer(as_json, rows, tell)


@app.command("show", epilog="Example:  witnessmark item show WM-0001")
def show(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")],
    clear: Annotated[bool, typer.Option("--clear", help="Put out unblurred pictures too; the log says so.")] = False,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an item: hashes, how it was obtained, where it was posted. Pictures are blurred unless asked."""
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        body = item_body(case, item)
        body["captures"] = [to_plain(capture) for capture in item.captures]
        body["appearances"] = [
            {**posting, "number": number} for number, posting in case.records.postings(item.sha256.hex())
        ]
        body["derived"] = case.records.items(parent=item.sha256.hex())
        body["pictures"] = [str(path) for path in show_pictures(case, item, clear=clear)]

    def tell() -> None:
        media = body.get("media") or {}
        OUT.print(
            pairs(
                {
                    "exhibit": body["exhibit_number"],
                    "name": body["name"],
                    "copy": body["copy"],
                    "type": body["media_type"],
                    "size": f"{body['size_bytes']:,} bytes",
                    "sha256": body["sha256"],
                    "sha512": body["sha512"],
                    **{name: media[name] for name in ("format", "duration_s", "frames") if media.get(name) is not None},
                }
            )
        )
        if media.get("broken"):
            OUT.print(f"cannot be decoded: {media['broken']['reason']}")
        for capture in body["captures"]:
            OUT.print(f"obtained {capture['ended']} by {capture['operator']}: {capture['method']}")
        for posting in body["appearances"]:
            known = posting["posted"]["how_known"]
            who = f"{posting['platform']} by {posting['account']} ({known})"
            OUT.print(f"posting {posting['number']}: {posting['posted']['at']} on {who}", markup=False)
        for picture in body["pictures"]:
            OUT.print(f"look at {picture}")

    answer(as_json, body, tell)


def _known(case: Case, item: Item, progress: Any) -> Answer:
    """What the libraries say of an item; that they cannot be asked never keeps a file from being preserved."""
    try:
        return look_up(case, item, progress=progress)
    except WitnessmarkError as error:
        return Answer(item.exhibit_number, (), (), (), str(error))
    except Exception as error:  # a fault of ours costs the comparison; the next file is preserved all the same
        return Answer(item.exhibit_number, (), (), (), f"A fault of the program: {type(error).__name__}: {error}")


def _posting(
    platform: str | None,
    account: str | None,
    url: str | None,
    posted_at: str | None,
    known: str,
    zone_assumed: bool,
    state: str,
) -> Appearance | None:
    if platform is None and account is None and posted_at is None:
        return None
    if platform is None or posted_at is None:
        raise BadInputError("A posting needs a platform and a time.", "Give --platform and --posted-at.")
    if state not in ("live", "edited", "deleted"):
        raise BadInputError(f"'{state}' is not a state of a posting.", "Give --state live, edited or deleted.")
    moment = Moment(stated_moment(posted_at), known, zone_proven=not zone_assumed)
    return Appearance(platform, account or "unknown", url, moment, state)


def _named(progress: Any, path: Path) -> Any:
    return lambda done, what: progress.on(path.name, done, what)
