"""What the report says, once, for both its forms: the PDF and the page draw the same model."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import cast

from witnessmark.dossier.casefile import rows, table, words
from witnessmark.dossier.editions import without_pictures
from witnessmark.dossier.report_parts import (
    about_items,
    about_law,
    about_method,
    about_reviews,
    beside_claims,
    how_claims_came,
)
from witnessmark.dossier.wording import amount, bits, clean, flat, moment, percent, short, signed, span_words
from witnessmark.plain import Plain, iso

Model = dict[str, Plain]

_DISCRIMINATES = math.log10(2.0)  # ENFSI 2015: below 2 there is no word of support
_MODERATE = 1.0  # log10; below it the scale says "weak", which settles nothing
_RELIABILITY = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
_CREDIBILITY = {
    "1": "confirmed by other sources",
    "2": "probably true",
    "3": "possibly true",
    "4": "doubtful",
    "5": "improbable",
    "6": "truth cannot be judged",
}


def report_model(record: Model, sealed_at: dt.datetime) -> Model:
    """The report of a completed case record as texts, rows and picture files.

    Parameters
    ----------
    record : dict
        As in case.json.
    sealed_at : datetime

    Returns
    -------
    dict
        JSON values; every text is fit to print, none is markup.
    """
    case = table(record.get("case"))
    custody = table(record.get("custody"))
    edition = words(record.get("edition"))
    model: Model = {
        "reference": short(case.get("reference")),
        "title": short(case.get("title")),
        "mandate": clean(case.get("mandate")),
        "edition": edition,
        "recipient": clean(record.get("recipient")),
        "purpose": clean(record.get("purpose")),
        "sealed_at": moment(iso(sealed_at)),
        "sealed_at_iso": iso(sealed_at),
        "head_number": custody.get("head_number"),
        "head": custody.get("head_sha256"),
        "software": f"Witnessmark {clean(table(record.get('sealed_with')).get('version'))}",
        "question": clean(case.get("question")) or _question(record),
        "established": list(_established(record)),
        "not_resolved": list(_not_resolved(record)),
        "left_out": [clean(text) for text in cast("list[Plain]", record.get("left_out") or [])],
    }
    model["claims"] = _claims(record)
    model["claims_came"] = list(how_claims_came(record))
    model["pictures"] = _pictures(record, None)
    model["findings"] = _findings(record)
    model["abstentions"] = [
        {key: short(entry.get(key)) for key in ("line", "item", "reason", "what_would_help")}
        for entry in rows(record.get("abstentions"))
    ]
    model["sensitivity"] = _sensitivity(record)
    model["silent"] = _silent(record)
    model["space"] = _space(record)
    model["items"] = about_items(record, _pictures)
    model["reviews"] = about_reviews(record)
    model["law"] = about_law(record)
    model["method"] = about_method(record)
    return model


def _question(record: Model) -> str:
    claims = len(rows(record.get("claims")))
    asked = [clean(finding.get("question")) for finding in rows(record.get("findings"))]
    if claims:
        return f"How do the findings bear on the {claims} recorded claim{'s' if claims > 1 else ''}?"
    return asked[0] if asked else "What can be established about the preserved items?"


def _standings(record: Model) -> list[Model]:
    return rows(table(record.get("assessment")).get("standings"))


def _number(value: Plain) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _statement(record: Model, claim_id: Plain) -> str:
    for claim in rows(record.get("claims")):
        if claim.get("id") == claim_id:
            text = clean(claim.get("statement"), 300) or clean(_quote(claim).get("text"), 300)
            return f"{short(claim_id)} (“{text}”)" if text else short(claim_id)
    return short(claim_id)


def _quote(claim: Model) -> Model:
    quote = claim.get("quote")
    return quote if isinstance(quote, dict) else {"text": quote}


def _established(record: Model) -> list[str]:
    said = []
    for standing in _standings(record):
        size = abs(_number(standing.get("log10_lr")))
        name = _statement(record, standing.get("claim_id"))
        support = short(standing.get("lr_words")).replace(" the claim", "")
        if size >= 300:
            said.append(f"A hard bound among the findings {support} {name}.")
        elif size >= _MODERATE:
            said.append(f"The findings together give {support} {name}.")
    assessment = table(record.get("assessment"))
    for region in rows(assessment.get("regions_place")):
        if _number(region.get("probability")) >= 0.9 and _narrows(record, "place", region):
            area = amount(region.get("area_km2"), "km²")
            said.append(
                f"If the place lies on the grid, it is among {area} with {percent(region['probability'])} probability."
            )
    for region in rows(assessment.get("regions_time")):
        if _number(region.get("probability")) >= 0.9 and _narrows(record, "time", region):
            said.append(
                f"If the time lies on the axis, it is within {amount(region.get('minutes'), 'minutes')} with "
                f"{percent(region['probability'])} probability: {_intervals(region.get('intervals'))}."
            )
    items = len(rows(record.get("items")))
    if items:
        said.append(
            f"{'The item is' if items == 1 else f'All {items} items are'} preserved under the hashes listed below, and "
            "the custody log accounts for what was done since."
        )
    return said or ["Nothing but the custody log is established."]


def _intervals(value: Plain) -> str:
    spans = [span for span in value if isinstance(span, list) and len(span) == 2] if isinstance(value, list) else []
    texts = [span_words(moment(span[0]), moment(span[1])) for span in spans[:4]]
    return "; ".join(texts) + (f"; and {len(spans) - 4} more" if len(spans) > 4 else "")


def _not_resolved(record: Model) -> list[str]:
    """What the desk says is open, and what the records show to be open that it has not named."""
    given = record.get("not_resolved")
    said = [clean(text) for text in given] if isinstance(given, list) else []

    def unsaid(name: Plain) -> bool:
        return not any(re.search(rf"(?<!\w){re.escape(short(name))}(?!\w)", text) for text in said)

    more = []
    standings = {words(standing.get("claim_id")): standing for standing in _standings(record)}
    for claim in rows(record.get("claims")):
        if unsaid(claim.get("id")):
            more += _open_claim(_statement(record, claim.get("id")), standings.get(words(claim.get("id"))))
    for axis, whole in (("place", "grid"), ("time", "time axis")):
        regions = rows(table(record.get("assessment")).get(f"regions_{axis}"))
        if any(_number(region.get("probability")) >= 0.9 and not _narrows(record, axis, region) for region in regions):
            more.append(f"The findings do not narrow the {axis}: any part of the {whole} remains about as possible.")
    more += [
        f"{short(review.get('reviewer'))} dissents on {short(review.get('subject'))}; see the reviews."
        for review in rows(record.get("reviews"))
        if review.get("verdict") == "dissent"
    ]
    more += [
        f"The line “{short(entry.get('line'))}” could not tell: {clean(entry.get('reason'), 300)}"
        for entry in rows(record.get("abstentions"))
        if unsaid(entry.get("line"))
    ]
    return list(dict.fromkeys(said + more)) or ["Nothing is recorded as unresolved."]


def _open_claim(name: str, standing: Model | None) -> list[str]:
    if standing is None:
        return [f"No finding was weighed on {name}."]
    size = abs(_number(standing.get("log10_lr")))
    if standing.get("reason") or standing.get("lr_words") == "not weighed":
        why = clean(standing.get("reason")).rstrip(".")
        return [f"The findings were not weighed on {name}{': ' + why if why else ''}."]
    if size < _DISCRIMINATES:
        return [f"The findings do not tell {name} from its contrary."]
    if size < _MODERATE:
        return [f"The findings give no more than {short(standing.get('lr_words')).replace(' the claim', '')} {name}."]
    return []


def _claims(record: Model) -> Plain:
    sources = {words(source.get("id")): source for source in rows(record.get("sources"))}
    standings = {words(standing.get("claim_id")): standing for standing in _standings(record)}
    beside = beside_claims(record)
    made: list[Plain] = []
    for claim in rows(record.get("claims")):
        source = sources.get(words(claim.get("source")), {})
        standing = standings.get(words(claim.get("id")), {})
        quote = _quote(claim)
        reliability, credibility = short(source.get("reliability")), short(claim.get("credibility"))
        said_at = table(claim.get("said_at"))
        made.append(
            {
                "id": short(claim.get("id")),
                "who": short(source.get("name")) or short(claim.get("source")),
                "party": short(source.get("party")),
                "source_grade": f"source {reliability}: {_RELIABILITY.get(reliability, '')}" if reliability else "",
                "claim_grade": f"information {credibility}: {_CREDIBILITY.get(credibility, '')}" if credibility else "",
                "statement": clean(claim.get("statement")),
                "quote": clean(quote.get("text")),
                "translation": clean(quote.get("translation")),
                "cited": ", ".join(
                    part
                    for part in (short(quote.get("document")), short(quote.get("locator")), short(quote.get("url")))
                    if part
                ),
                "hedge": short(claim.get("hedge")),
                "beside": list(beside.get(words(claim.get("id")), ())),
                "said_at": moment(said_at.get("at")) if said_at else "",
                "prior": percent(standing.get("prior")),
                "posterior": percent(standing.get("posterior")) if standing else "not weighed",
                "posterior_words": short(standing.get("probability_words")),
                "lr": signed(standing.get("log10_lr")) if standing else "–",
                "lr_words": short(standing.get("lr_words")) or "not weighed",
                "bearing": cast(Plain, _bearing(record, claim, standing)),
            }
        )
    return made


def _bearing(record: Model, claim: Model, standing: Model) -> list[Model]:
    """Findings by how much the claim's log10 LR falls when they are left out."""
    found = []
    for share in rows(table(record.get("assessment")).get("shares")):
        without = table(share.get("without")).get(words(claim.get("id")))
        if without is None or "log10_lr" not in standing:
            continue
        change = _number(standing["log10_lr"]) - _number(without)
        if abs(change) >= _DISCRIMINATES:
            found.append((change, share))
    return [
        {"finding": short(share.get("finding_id")), "line": short(share.get("line")), "change": signed(change)}
        for change, share in sorted(found, key=lambda pair: -abs(pair[0]))
    ]


def _pictures(record: Model, exhibit: str | None) -> list[Plain]:
    return [
        {
            "file": picture.get("file"),
            "caption": clean(picture.get("caption")),
            "blurred": picture.get("blurred"),
            "sha256": picture.get("sha256"),
        }
        for picture in rows(record.get("pictures"))
        if picture.get("exhibit") == exhibit
    ]


def _findings(record: Model) -> Plain:
    shares = {words(share.get("finding_id")): share for share in rows(table(record.get("assessment")).get("shares"))}
    numbers = {words(item.get("sha256")): words(item.get("exhibit_number")) for item in rows(record.get("items"))}
    made: list[Plain] = []
    for finding in rows(record.get("findings")):
        share = shares.get(words(finding.get("id")), {})
        limits = finding.get("limits")
        item = words(finding.get("item"))
        made.append(
            {
                "id": short(finding.get("id")),
                "line": short(finding.get("line")),
                "item": short(numbers.get(item, item)),
                "question": clean(finding.get("question")),
                "statement": clean(finding.get("statement")),
                "method": f"{short(finding.get('method'))} (version {short(finding.get('version'))})",
                "bits": bits(share.get("bits")) if share else "not part of the assessment",
                "share": _share_rows(share),
                "limits": [clean(limit) for limit in limits] if isinstance(limits, list) else [],
                "silent_on": list(_silent_on(finding, share)),
                "superseded": short(finding.get("superseded_by")),
                "seen": cast(Plain, flat(without_pictures(_without_inputs(finding.get("observations"))))),
                "parameters": cast(Plain, flat(finding.get("parameters"))),
                "seed": short(finding.get("seed")),
                "file": clean(table(finding.get("log_likelihood")).get("file")),
                "sha256": clean(table(finding.get("log_likelihood")).get("sha256")),
            }
        )
    return made


def _narrows(record: Model, axis: str, region: Model) -> bool:
    """Whether a 90 % region is clearly smaller than the grid or the axis: a flat posterior's is 90 % of the whole."""
    space = table(record.get("hypotheses"))
    if axis == "place":
        whole = _number(space.get("n_places")) * _number(space.get("spacing_m")) ** 2 / 1e6
        return whole == 0 or _number(region.get("area_km2")) < 0.85 * whole
    whole = _number(space.get("n_instants")) * _number(space.get("step_s")) / 60
    return whole == 0 or _number(region.get("minutes")) < 0.85 * whole


def _without_inputs(seen: Plain) -> Plain:
    """Observations, remarks first, but for the hashes they rest on, which stand with the method."""
    if isinstance(seen, dict) and "remarks" in seen:
        seen = {"remarks": seen["remarks"], **seen}
    return (
        {key: entry for key, entry in seen.items() if key not in ("inputs", "item")} if isinstance(seen, dict) else seen
    )


def _share_rows(share: Model) -> list[Plain]:
    if not share:
        return []
    made: list[Plain] = [
        ["– on the place", bits(share.get("bits_place"))],
        ["– on the time", bits(share.get("bits_time"))],
        ["– on the alternatives", bits(share.get("bits_alternatives"))],
    ]
    if share.get("capped"):
        made.append(["Cap", "it may be beside the point, and fusing leaves room for that"])
    if _number(share.get("weight")) < 1:
        made.append(["Weight", f"{_number(share.get('weight')):.2f}, as it shares inputs with other findings"])
    return made


def _silent_on(finding: Model, share: Model) -> list[str]:
    shape = table(finding.get("log_likelihood")).get("shape")
    limits = finding.get("limits")
    named = " ".join(map(words, limits)) if isinstance(limits, list) else ""
    said = []
    for axis, name in enumerate(("place", "time")):
        silent = isinstance(shape, list) and len(shape) == 2 and shape[axis] == 1
        if silent and not re.search(rf"says nothing (of|about) (the )?{name}", named):
            said.append(f"It says nothing of the {name}.")
    if share and share.get("discriminates") is False:
        said.append("By itself it does not discriminate between any claim and its contrary.")
    if finding.get("superseded_by"):
        said.append(f"It is superseded by {short(finding.get('superseded_by'))} and weighs nothing.")
    return said


def _sensitivity(record: Model) -> Plain:
    standings = _standings(record)
    shares = rows(table(record.get("assessment")).get("shares"))
    if not standings or not shares:
        return None
    names = [words(standing.get("claim_id")) for standing in standings]
    return {
        "claims": [short(name) for name in names],
        "all": [signed(standing.get("log10_lr")) for standing in standings],
        "rows": [
            {
                "finding": f"{short(share.get('finding_id'))} ({short(share.get('line'))})",
                "values": [signed(table(share.get("without")).get(name)) for name in names],
            }
            for share in shares
        ],
    }


def _silent(record: Model) -> Plain:
    listed = table(record.get("assessment")).get("does_not_discriminate")
    statements = {words(finding.get("id")): finding for finding in rows(record.get("findings"))}
    made: list[Plain] = []
    for name in listed if isinstance(listed, list) else []:
        finding = statements.get(words(name), {})
        made.append(
            {"id": short(name), "line": short(finding.get("line")), "statement": clean(finding.get("statement"))}
        )
    return made


def _space(record: Model) -> Plain:
    space = table(record.get("hypotheses"))
    if not space:
        return None
    assessment = table(record.get("assessment"))
    after = table(assessment.get("alternatives"))
    alternatives = rows(space.get("alternatives"))
    prior = 1.0 - sum(_number(alternative.get("prior")) for alternative in alternatives)
    made: list[Plain] = [["On the grid of places and times", percent(prior), percent(assessment.get("p_grid"))]]
    for alternative in alternatives:
        name = words(alternative.get("name"))
        made.append(
            [
                clean(alternative.get("statement")) or short(name),
                percent(alternative.get("prior")),
                percent(after.get(name)),
            ]
        )
    step = amount(space.get("step_s"), "s")
    return {
        "rows": made,
        "grid": f"{_number(space.get('n_places')):,.0f} places, {amount(space.get('spacing_m'), 'm')} apart",
        "crs": clean(space.get("crs"), 400),
        "axis": f"{_number(space.get('n_instants')):,.0f} instants from {moment(space.get('start'))}, {step} apart",
        "parameters": cast(Plain, flat(assessment.get("parameters"))),
    }
