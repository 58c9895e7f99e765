"""Taking in what stands at a web address: fetched whole into a folder of its own, then preserved like any file."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from witnessmark.custody.records import Appearance, Moment, PremisEvent, Tool
from witnessmark.desk.case import TOOL, Case
from witnessmark.desk.items import Progress, Taken, add_item
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.lines.contract import no_progress
from witnessmark.plain import Plain
from witnessmark.stores.capture_addresses import Guard, How, read_url
from witnessmark.stores.capture_media import FetchedMedia, fetch_media, known_platform
from witnessmark.stores.capture_page import CapturedPage, capture_page, is_page
from witnessmark.stores.capture_wire import Exchange, Limits, Wire

CLOCK_SLACK_S = 5.0
"""Beyond this, and beyond what a round trip leaves open, the difference between clocks is noted [s]."""
_SAFE_NAME = re.compile(r"[^\w.\- ]+")
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Part:
    """One file that a capture gave.

    Attributes
    ----------
    role : str
        "file", "page" (the web archive), "page source", "recording" or "what the platform says".
    taken : Taken
    """

    role: str
    taken: Taken


@dataclass(frozen=True, slots=True)
class Captured:
    """What was taken in from an address.

    Attributes
    ----------
    url, final_url : str
        As asked for, and where that led.
    parts : tuple of Part
    redirects : tuple of str
    resources, missing : int
        Of a page: what it is made of, fetched and not.
    clock_offset_s : float or None
        The server's clock less this machine's [s].
    notes : tuple of str
        What a person should know of this capture.
    """

    url: str
    final_url: str
    parts: tuple[Part, ...]
    redirects: tuple[str, ...]
    resources: int
    missing: int
    clock_offset_s: float | None
    notes: tuple[str, ...]


def capture_url(
    case: Case,
    url: str,
    *,
    how: How = How.AUTO,
    method: str | None = None,
    appearance: Appearance | None = None,
    look: bool = True,
    limits: Limits | None = None,
    guard: Guard | None = None,
    progress: Progress | None = None,
) -> Captured:
    """Fetch an address and take in what it gives.

    A page becomes a web archive (WACZ) and its source a file; a recording of a platform that yt-dlp knows is fetched
    as well, with what the platform says of it; anything else is a file. Nothing is taken in before all is there.

    Parameters
    ----------
    case : Case
    url : str
    how : How
        "auto" goes by the answer and the platform.
    method : str, optional
        How it was obtained, in the operator's words.
    appearance : Appearance, optional
        The posting it is; what the platform says fills this in for a recording when none is given.
    look : bool
        Look at the pictures of recordings, as `witnessmark.desk.items.add_item` does.
    limits : Limits, optional
    guard : Guard, optional
        Where a capture may connect: public addresses, unless a program says more.
    progress : callable (done from 0 to 1, what), optional

    Raises
    ------
    BadInputError
        For an address that may not be fetched, an answer that is none, or a package that is missing.
    ProviderError
        When there is no network, or the server does not answer as it should.
    """
    limits, guard, told = limits or Limits(), guard or Guard(), progress or no_progress
    asked = read_url(url).geturl()
    platform = known_platform(asked) if how is How.AUTO else None
    with tempfile.TemporaryDirectory(prefix="witnessmark-capture-") as name:
        folder = Path(name)
        chain: list[Exchange] = []
        page: CapturedPage | None = None
        media: FetchedMedia | None = None
        notes: list[str] = []
        if how is not How.MEDIA:
            (folder / "wire").mkdir()
            wire = Wire(guard, limits, folder / "wire", progress=_bytes_told(told))
            try:
                chain = wire.follow(asked)
                _check(chain[-1])
                if how is How.PAGE or (how is How.AUTO and is_page(chain[-1])):
                    page = capture_page(wire, chain, folder, limits, told)
            except WitnessmarkError as error:
                if platform is None:
                    raise
                chain = []
                notes.append(f"The page itself was not captured: {error.what}")
        if how is How.MEDIA or (platform and (page is not None or not chain)):
            (folder / "media").mkdir()
            try:
                media = fetch_media(asked, folder / "media", guard, limits, progress=told)
            except WitnessmarkError as error:
                if page is None:
                    raise
                notes.append(f"The page was captured; its recording was not: {error.what}")
        plan = [*_of_page(page, folder), *_of_file(chain, page, folder), *_of_media(media)]
        notes += _notes(chain, page)
        parts = _take(case, asked, plan, method, appearance, look, media, told)
    final = chain[-1].url if chain else asked
    main = chain[-1] if chain else None
    done = Captured(
        url=asked,
        final_url=final,
        parts=tuple(parts),
        redirects=tuple(stop.url for stop in chain[1:]),
        resources=len(page.resources) if page else 0,
        missing=len(page.missing) if page else 0,
        clock_offset_s=main.clock_offset_s if main else None,
        notes=tuple(notes),
    )
    _record(case, done, chain, page, media)
    return done


@dataclass(frozen=True, slots=True)
class _Planned:
    role: str
    path: Path
    tool: Tool
    method: str
    posted: bool
    started: dt.datetime


def _check(answer: Exchange) -> None:
    """Refuse an answer that is not what was asked for.

    Raises
    ------
    BadInputError
    """
    if not 200 <= answer.status < 300:
        raise BadInputError(
            f"'{answer.url}' answered {answer.status} {answer.reason}".rstrip() + ".",
            "Check the address; a page that needs a login is captured in a browser and taken in as a file.",
            status=answer.status,
        )
    if answer.size_bytes == 0:
        raise BadInputError(f"'{answer.url}' is empty.", "Check the address.")


def _of_page(page: CapturedPage | None, folder: Path) -> list[_Planned]:
    if page is None:
        return []
    stem = _file_name(urlsplit(page.page.url).hostname or "page")
    archive = page.wacz.rename(folder / f"{stem}.wacz")
    source = folder / f"{stem}.html"
    shutil.copyfile(page.page.body, source)
    tool = Tool("witnessmark page capture", TOOL.version)
    how = f"page and {len(page.resources)} files it is made of, over HTTP without a browser"
    started = page.chain[0].started
    return [
        _Planned("page", archive, tool, how, False, started),
        _Planned("page source", source, tool, "source of the page, over HTTP", False, started),
    ]


def _of_file(chain: list[Exchange], page: CapturedPage | None, folder: Path) -> list[_Planned]:
    if page is not None or not chain:
        return []
    answer = chain[-1]
    path = folder / "file" / _served_name(answer)
    path.parent.mkdir()
    answer.body.rename(path)
    return [_Planned("file", path, Tool("witnessmark fetch", TOOL.version), "over HTTP", True, chain[0].started)]


def _of_media(media: FetchedMedia | None) -> list[_Planned]:
    if media is None:
        return []
    tool, started = Tool("yt-dlp", media.version), media.started
    how = "recording as the platform serves it"
    planned = [_Planned("recording", path, tool, how, True, started) for path in media.files]
    if media.info is not None:
        planned.append(_Planned("what the platform says", media.info, tool, "metadata of the posting", False, started))
    return planned


def _take(
    case: Case,
    url: str,
    plan: Sequence[_Planned],
    method: str | None,
    appearance: Appearance | None,
    look: bool,
    media: FetchedMedia | None,
    told: Progress,
) -> list[Part]:
    posting = appearance or (_posting(media, url) if media is not None else None)
    parts = []
    for planned in plan:
        taken = add_item(
            case,
            planned.path,
            method=f"{method}: {planned.method}" if method else planned.method,
            tool=planned.tool,
            url=url,
            appearance=posting if planned.posted else None,
            look=look and planned.posted,
            started=planned.started,
            progress=told,
        )
        parts.append(Part(planned.role, taken))
    return parts


def _posting(media: FetchedMedia, url: str) -> Appearance | None:
    """The posting as the platform tells it; None when it tells no instant."""
    facts = media.facts
    if "posted" not in facts:
        return None
    return Appearance(
        platform=str(facts.get("platform", "not stated")),
        account=str(facts.get("account", "not stated")),
        url=str(facts.get("url", url)),
        posted=Moment(facts["posted"], f"platform metadata read by yt-dlp {media.version}"),
        text=facts.get("text"),
    )


def _notes(chain: list[Exchange], page: CapturedPage | None) -> list[str]:
    notes = []
    if chain:
        answer = chain[-1]
        offset_s, error_s = answer.clock_offset_s, answer.clock_error_s
        if offset_s is None:
            notes.append("The server tells no time: this machine's clock could not be compared with its.")
        elif abs(offset_s) > CLOCK_SLACK_S + (error_s or 0.0):
            notes.append(
                f"The server's clock and this machine's differ by {offset_s:+.0f} s; one of them is wrong. "
                "Compare this machine's with a time-stamp: witnessmark custody stamp."
            )
        schemes = [urlsplit(stop.url).scheme for stop in chain]
        if "https" in schemes and "http" in schemes[schemes.index("https") :]:
            notes.append("A redirect led from HTTPS to plain HTTP: who answered there is not proven.")
        elif schemes[-1] == "http":
            notes.append("Fetched over plain HTTP: who answered is not proven.")
    if page is not None:
        notes.append("Captured without a browser: what the page's scripts would have fetched is not in it.")
        if page.missing:
            notes.append(f"{len(page.missing)} files of the page could not be fetched; the log names them.")
    return notes


def _record(
    case: Case, done: Captured, chain: list[Exchange], page: CapturedPage | None, media: FetchedMedia | None
) -> None:
    """Put the way on record: every stop with its headers, hashes, addresses and clocks."""
    told: dict[str, Any] = {
        "url": done.url,
        "final_url": done.final_url,
        "items": [{"role": part.role, "sha256": part.taken.item.sha256} for part in done.parts],
        "exchanges": [stop.to_plain() for stop in chain],
        "notes": list(done.notes),
    }
    if page is not None:
        told["resources"] = [_brief(one) for one in page.resources]
        told["missing"] = [[url, why] for url, why in page.missing]
    if media is not None:
        told["media"] = {
            "tool": Tool("yt-dlp", media.version),
            "reached": [list(one) for one in media.reached],
            "refused": list(media.refused),
        }
    case.record(PremisEvent.CAPTURE, "item.fetched", told, [part.taken.item.sha256 for part in done.parts])


def _brief(one: Exchange) -> dict[str, Plain]:
    return {"url": one.url, "status": one.status, "sha256": one.sha256.hex(), "size_bytes": one.size_bytes}


def _served_name(answer: Exchange) -> str:
    """A file name from what the server says, or from the address; never a way out of a folder."""
    stated = answer.header("Content-Disposition")
    extended = re.search(r"filename\*\s*=\s*[\w-]*'[\w-]*'([^;\s]+)", stated, re.IGNORECASE)
    plain = re.search(r'filename\s*=\s*(?:"([^"]*)"|([^;\s]+))', stated, re.IGNORECASE)
    said = unquote(extended[1]) if extended else (plain[1] or plain[2]) if plain else ""
    path = urlsplit(answer.url).path
    return _file_name(re.split(r"[/\\]", said)[-1] or unquote(path.rsplit("/", 1)[-1]) or "file")


def _file_name(name: str) -> str:
    safe = _SAFE_NAME.sub("_", name).strip(". ")
    stem, dot, ending = safe.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}.{ending[:12]}" if dot and stem else safe[:_LONGEST_NAME] or "file"


def _bytes_told(told: Progress) -> Callable[[int, int], None]:
    return lambda done, whole: told(done / whole if whole else 0.0, f"fetching: {done / 1e6:.1f} MB")
