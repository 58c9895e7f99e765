"""From a claims file to a book of claims: everything that is wrong with it is said at once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from importlib import resources
from pathlib import Path

from witnessmark.claims.fields import Fields, Problems, nearest, shown
from witnessmark.claims.reading import Node, parse, read_bytes
from witnessmark.claims.records import (
    About,
    Claim,
    ClaimBook,
    Count,
    Hedge,
    Quote,
    Reliability,
    Source,
    SourceKind,
)
from witnessmark.claims.regions import read_interval, read_region
from witnessmark.claims.rings import rings
from witnessmark.claims.seen import notes_on
from witnessmark.claims.times import parse_day, parse_time, parse_zone
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError

FORMAT = "witnessmark-claims/1"
MAX_CLAIMS = 2000
"""Most sources, and most claims, in one file."""


def template() -> str:
    """A commented claims file to start from; it loads as it stands.

    Examples
    --------
    >>> [claim.id for claim in load_claims(template()).claims]
    ['north-1', 'south-1', 'paper-1']
    """
    return resources.files("witnessmark.claims").joinpath("starter.yaml").read_text(encoding="utf-8")


def load_claims(text_or_path: str | bytes | Path) -> ClaimBook:
    """Read a claims file.

    Parameters
    ----------
    text_or_path : str, bytes or Path
        A `str` is the YAML itself, `bytes` are the YAML as UTF-8, a `Path` is the file that holds it.

    Returns
    -------
    ClaimBook
        With the SHA-256 of the bytes read.

    Raises
    ------
    BadInputError
        With every problem of the file and its line, when there is one; nothing is taken from the file then.
    """
    if isinstance(text_or_path, Path):
        raw = read_bytes(text_or_path)
    elif isinstance(text_or_path, bytes):
        raw = text_or_path
    else:
        try:
            raw = text_or_path.encode("utf-8")
        except UnicodeEncodeError as error:
            raise BadInputError(
                f"The claims hold a character that is half of a pair, at {error.start}.", "Save them as UTF-8 again."
            ) from error
    problems = Problems()
    fields = Fields(parse(raw), "the claims file", problems)
    written = fields.text("format")
    if written is not None and written != FORMAT:
        problems.note(fields.line_of("format"), f"the format is '{shown(written)}'; this program reads '{FORMAT}'.")
    recorded_by, reviewed_by = (fields.text(key, required=False) for key in ("recorded_by", "reviewed_by"))
    if recorded_by is not None and reviewed_by is not None and _name(recorded_by) == _name(reviewed_by):
        problems.note(
            fields.line_of("reviewed_by"), f"{shown(recorded_by)} wrote the file and cannot review it; ask another."
        )
    source_nodes = fields.entries("sources", required=True)
    claim_nodes = fields.entries("claims", required=True)
    fields.close()
    if max(len(source_nodes), len(claim_nodes)) > MAX_CLAIMS:
        raise BadInputError(f"The file holds more than {MAX_CLAIMS} sources or claims.", "Split it into several files.")
    sources = [_source(node, index, problems) for index, node in enumerate(source_nodes, 1)]
    claims = [_claim(node, index, problems) for index, node in enumerate(claim_nodes, 1)]
    _check_ids("source", [(name, node.line) for (name, _), node in zip(sources, source_nodes, strict=True)], problems)
    _check_ids("claim", [(name, node.line) for (name, _), node in zip(claims, claim_nodes, strict=True)], problems)
    found_claims = [claim for _, claim in claims if claim is not None]
    _check_references(
        found_claims, {name for name, _ in sources if name}, {name for name, _ in claims if name}, problems
    )
    problems.raise_if_any()
    found_sources = tuple(source for _, source in sources if source is not None)
    digest = Sha256(hashlib.sha256(raw).digest())
    book = ClaimBook(found_sources, tuple(found_claims), digest, recorded_by, reviewed_by)
    return replace(book, notes=notes_on(book))


def _name(text: str) -> list[str]:
    """A person's name without case, order of words and punctuation."""
    return sorted("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())


def _source(node: Node, index: int, problems: Problems) -> tuple[str | None, Source | None]:
    """The id, as far as readable, and the source, when whole."""
    fields = Fields(node, f"source {index}", problems)
    source_id = fields.identifier()
    fields.where = f"source {source_id}" if source_id else fields.where
    name = fields.text("name")
    kind = fields.choice("kind", SourceKind)
    party = fields.text("party")
    reliability = fields.choice("reliability", Reliability)
    reason = fields.text("reliability_reason")
    fields.close()
    if source_id is None or name is None or kind is None or party is None or reliability is None or reason is None:
        return source_id, None
    return source_id, Source(source_id, name, kind, None if party == "none" else party, reliability, reason)


def _claim(node: Node, index: int, problems: Problems) -> tuple[str | None, Claim | None]:
    """The id, as far as readable, and the claim, when whole."""
    fields = Fields(node, f"claim {index}", problems)
    claim_id = fields.identifier()
    fields.where = f"claim {claim_id}" if claim_id else fields.where
    source = fields.identifier("source")
    statement = fields.text("statement")
    hedge = fields.choice("hedge", Hedge)
    credibility = fields.read("credibility", _credibility)
    reason = fields.text("credibility_reason")
    quote_node = fields.node("quote", required=True)
    quote = _quote(Fields(quote_node, f"the quote of {fields.where}", problems)) if quote_node else None
    said_node = fields.node("said_at", required=True)
    said = _said_at(Fields(said_node, f"said_at of {fields.where}", problems)) if said_node else None
    about_node = fields.node("about", required=True)
    about = _about(Fields(about_node, f"about of {fields.where}", problems)) if about_node else None
    contradicts, repeats = fields.identifiers("contradicts"), fields.identifiers("repeats")
    attributes_to, items, via = fields.identifiers("attributes_to"), fields.identifiers("items"), fields.texts("via")
    fields.close()
    if claim_id is None or source is None or statement is None or hedge is None:
        return claim_id, None
    if credibility is None or reason is None or quote is None or said is None or about is None:
        return claim_id, None
    return claim_id, Claim(
        id=claim_id,
        source=source,
        statement=statement,
        quote=quote,
        hedge=hedge,
        said_at=said[0],
        said_within_s=said[1],
        credibility=credibility,
        credibility_reason=reason,
        about=about,
        contradicts=contradicts,
        repeats=repeats,
        line=fields.line,
        attributes_to=attributes_to,
        items=tuple(item.upper() for item in items),
        via=via,
    )


def _credibility(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5", "6"):
        raise BadInputError(f"'{shown(text)}' is no credibility.", "Give 1 to 6; 6 when the truth cannot be judged.")
    return int(text)


def _quote(fields: Fields) -> Quote | None:
    text, document, locator = fields.text("text"), fields.text("document"), fields.text("locator")
    url = fields.text("url", required=False)
    sha256 = fields.read("sha256", Sha256.from_hex, required=False)
    language = fields.text("language", required=False)
    translation = fields.text("translation", required=False)
    translated_by = fields.text("translated_by", required=False)
    hedge_words = fields.text("hedge_words", required=False)
    fields.close()
    if text is None or document is None or locator is None:
        return None
    if translation is not None and translated_by is None:
        fields.problems.note(
            fields.line_of("translation"), f"{fields.where} is translated; add 'translated_by', a person or a program."
        )
    if hedge_words is not None and not any(
        hedge_words.casefold() in passage.casefold() for passage in (text, translation or "")
    ):
        fields.problems.note(
            fields.line_of("hedge_words"),
            f"the hedge '{shown(hedge_words)}' does not stand in {fields.where}; quote the speaker's own words.",
        )
    return Quote(text, document, locator, url, sha256, language, translation, translated_by, hedge_words)


def _said_at(fields: Fields) -> tuple[Moment, float] | None:
    """When it was said, and within how many seconds after."""
    how_known = fields.text("how_known")
    proven = fields.read("zone_proven", _yes_or_no, required=False)
    moment: dt.datetime | None = None
    within_s = 0.0
    if fields.has("day"):
        within_s = 86_400.0
        if fields.has("at"):
            fields.problems.note(fields.line_of("at"), f"{fields.where} has both 'at' and 'day'; keep the one known.")
        zone = fields.read("zone", parse_zone)
        moment = fields.read("day", lambda text: parse_day(text, zone or dt.UTC)) if zone else None
        fields.node("at")
        fields.node("day")
    else:
        moment = fields.read("at", parse_time)
        fields.node("day")
    fields.close()
    if moment is None or how_known is None:
        return None
    return Moment(moment, how_known, bool(proven)), within_s


def _yes_or_no(text: str) -> bool:
    if text not in ("true", "false", "yes", "no"):
        raise BadInputError(f"'{shown(text)}' is neither true nor false.", "Write true or false.")
    return text in ("true", "yes")


def _about(fields: Fields) -> About | None:
    before = len(fields.problems)
    place_node = fields.node("place")
    place = read_region(place_node, f"place in {fields.where}", fields.problems) if place_node is not None else None
    times = [
        read_interval(node, f"time in {fields.where}", fields.problems)
        for node in fields.entries("time", one_is_a_list=True)
    ]
    alternatives = fields.identifiers("alternatives")
    counts = [
        _count(Fields(node, f"count in {fields.where}", fields.problems))
        for node in fields.entries("counts", one_is_a_list=True)
    ]
    who, what, unit = (fields.text(key, required=False) for key in ("who", "what", "unit"))
    otherwise = fields.texts("otherwise")
    fields.close()
    if len(fields.problems) > before:
        return None
    return About(
        place,
        tuple(time for time in times if time is not None),
        alternatives,
        tuple(count for count in counts if count is not None),
        who,
        what,
        unit,
        otherwise,
    )


def _count(fields: Fields) -> Count | None:
    what, counted_by = fields.text("what"), fields.text("counted_by")
    exactly, least, most = (
        fields.read(key, _whole_number, required=False) for key in ("number", "at_least", "at_most")
    )
    fields.close()
    if exactly is not None and (least is not None or most is not None):
        fields.problems.note(fields.line, f"{fields.where} has 'number' and a bound; keep one of them.")
        return None
    least, most = (exactly, exactly) if exactly is not None else (least, most)
    if least is None and most is None:
        fields.problems.note(fields.line, f"{fields.where} has no number; give 'number', or 'at_least' / 'at_most'.")
        return None
    if least is not None and most is not None and least > most:
        fields.problems.note(fields.line, f"{fields.where}: at least {least} is more than at most {most}.")
        return None
    return Count(what, least, most, counted_by) if what is not None and counted_by is not None else None


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadInputError(f"'{shown(text)}' is not a count.", "Write a whole number such as 8.")
    return int(text)


def _check_ids(kind: str, ids: Iterable[tuple[str | None, int]], problems: Problems) -> None:
    """Note ids given twice; ids that differ only in case count as the same."""
    first: dict[str, int] = {}
    for name, line in ids:
        if name is None:
            continue
        if name.casefold() in first:
            problems.note(line, f"the {kind} id '{name}' is taken since line {first[name.casefold()]}; choose another.")
        else:
            first[name.casefold()] = line


def _check_references(claims: list[Claim], sources: set[str], ids: set[str], problems: Problems) -> None:
    """Note sources and claims that are referred to and not there, and claims that go back to themselves."""
    for claim in claims:
        if claim.source not in sources:
            problems.note(
                claim.line, f"claim {claim.id} names the source '{claim.source}'; {nearest(claim.source, sources)}"
            )
        for relation, others in (
            ("contradicts", claim.contradicts),
            ("repeats", claim.repeats),
            ("attributes_to", claim.attributes_to),
        ):
            for other in others:
                if other == claim.id:
                    problems.note(claim.line, f"claim {claim.id} {relation} itself; name another claim.")
                elif other not in ids:
                    problems.note(
                        claim.line, f"claim {claim.id} {relation} '{other}', which is not here; {nearest(other, ids)}"
                    )
        for both in sorted(set(claim.contradicts) & set(claim.repeats)):
            problems.note(claim.line, f"claim {claim.id} both repeats and contradicts '{both}'; keep one.")
    goes_back = {claim.id: {*claim.repeats, *claim.attributes_to} - {claim.id} for claim in claims}
    lines = {claim.id: claim.line for claim in claims}
    for ring in rings(goes_back):
        for name in ring:
            problems.note(
                lines[name], f"claim {name} repeats itself by way of others; one of them must have been said first."
            )
