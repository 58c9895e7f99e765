"""Fusing the case's findings into an assessment, with its pictures, on record."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from witnessmark.claims import Fit
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.intake import keep_derived, stored_entry
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.inquiry import load_finding
from witnessmark.desk.items import evidence, get_item, put_out
from witnessmark.desk.space import case_space
from witnessmark.desk.statements import fit_claims
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.fusion import FusionSettings, fuse
from witnessmark.fusion.pictures import draw
from witnessmark.fusion.summary import summary
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import no_progress
from witnessmark.plain import Plain, canonical, to_plain

Progress = Callable[[float, str], None]


def assess(
    case: Case,
    items: Sequence[str] = (),
    *,
    settings: FusionSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Fuse the current findings on one recording: where and when it was filmed, and how the claims stand.

    Two recordings were filmed at places and times of their own, so their findings are fused only when a person says
    that they show the same moment, by naming them together; the assessment records which.

    Parameters
    ----------
    case : Case
    items : sequence of str
        Exhibits taken as the same moment; the case's only evidence when empty.
    settings : FusionSettings, optional
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    dict
        The assessment as recorded: posterior, regions, shares, standings, pictures, what is not resolved.

    Raises
    ------
    NotFoundError
        When no finding and no abstention is on record.
    BadInputError
        When the case holds several items and none is named.
    """
    over = case_space(case)
    space = over.digest()
    subjects = _subjects(case, items)
    results = [body for body in case.records.results() if body["exhibit"] in subjects]
    bodies = [body for body in results if body["kind"] == "finding" and body["space"] == space]
    stale = [body["id"] for body in results if body["kind"] == "finding" and body["space"] != space]
    abstentions = [body for body in results if body["kind"] == "abstention"]
    if not bodies and not abstentions:
        again = " (those on record were weighed over an earlier region or time axis)" if stale else ""
        raise NotFoundError(f"There is no finding to fuse yet{again}.", "Run: witnessmark line run.")
    fits, not_weighed = fit_claims(case, over, subjects)
    regions = [fit.region for fit in fits]
    findings = [(body["id"], load_finding(case, body)) for body in bodies]
    fused = fuse(findings, over, regions, settings=settings, progress=progress or no_progress)
    stored: list[Plain] = []
    pictures: list[Plain] = []

    def keep(data: bytes) -> tuple[str, str]:
        kept = keep_derived(data, case.objects)
        stored.append(to_plain(stored_entry(kept)))
        return kept.sha256.hex(), kept.key

    for picture in draw(fused, over, regions):  # claims by id only: names of sources must not get into public pictures
        sha256, key = keep(picture.png)
        pictures.append({"name": _png(picture.name), "caption": picture.caption, "sha256": sha256, "key": key})
    core: dict[str, Any] = {
        "subjects": subjects,
        "space": space,
        "hypotheses": over.summary(),
        "findings": [finding_id for finding_id, _ in findings],
        "stale_findings": stale,
        **summary(fused, over),
        "marginals": {
            "place": dict(zip(("sha256", "key"), keep(_npy(fused.posterior_place)), strict=True)),
            "time": dict(zip(("sha256", "key"), keep(_npy(fused.posterior_time)), strict=True)),
        },
        "claims_not_weighed": to_plain(not_weighed),
        "claims_fitted": [_fitted(fit) for fit in fits],
    }
    core["not_resolved"] = not_resolved(core, abstentions, over)
    digest = Sha256.of(canonical({**core, "pictures": pictures})).hex()
    body = {"id": f"AS-{digest[:12]}", "digest": digest, "author": case.operator, **core, "pictures": pictures}
    with case.writing():
        made = case.records.assessments()
        body = next((earlier for earlier in made if earlier["id"] == body["id"]), body)  # it keeps its first author
        if not made or made[-1]["id"] != body["id"]:  # made again after another, it is the newest again
            payload = {"assessment": body, "stored": stored}
            case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "assessment.made", payload)
    return body


def not_resolved(body: dict[str, Any], abstentions: Sequence[dict[str, Any]], over: Hypotheses) -> list[str]:
    """What the assessment leaves open, in sentences: said as readily as what it settles."""
    open_points: list[str] = []
    for standing in body["standings"]:
        if abs(standing["log10_lr"]) < np.log10(2.0):
            open_points.append(
                f"Claim {standing['claim_id']}: the findings do not discriminate between it and its opposite."
            )
    n_places, n_instants = over.shape
    sizes = (
        ("place", "grid", "area_km2", n_places * over.places.cell_area_km2),
        ("time", "time axis", "minutes", n_instants * over.times.step_s / 60),
    )
    for axis, where, size, whole in sizes:
        if any(region["probability"] >= 0.9 and region[size] >= 0.85 * whole for region in body[f"regions_{axis}"]):
            open_points.append(
                f"The findings do not narrow the {axis}: any part of the {where} remains about as possible."
            )
    for fitted in body["claims_fitted"]:
        open_points.extend(f"Claim {fitted['claim_id']}: {note}" for note in fitted["notes"])
    for left in body["claims_not_weighed"]:
        open_points.append(f"Claim {left['claim_id']} was not weighed. {left['reason']}")
    for abstention in abstentions:
        open_points.append(
            f"Line '{abstention['line']}' on {abstention['exhibit']} cannot tell: {abstention['reason']}"
        )
    silent = [share["line"] for share in body["shares"] if not share["discriminates"]]
    if silent:
        open_points.append(f"Does not discriminate between the claims: {', '.join(sorted(set(silent)))}.")
    for finding_id in body["stale_findings"]:
        open_points.append(f"Finding {finding_id} was weighed over an earlier region or time axis and is left out.")
    return open_points


def _subjects(case: Case, items: Sequence[str]) -> list[str]:
    chosen = [get_item(case, name) for name in items] or evidence(case)
    if not chosen:
        raise NotFoundError("The case holds no evidence yet.", "Take a file in with: witnessmark item add FILE.")
    if len(chosen) > 1 and not items:
        raise BadInputError(
            f"The case holds {len(chosen)} items, each filmed at a place and time of its own.",
            "Name one with --item, or several if you hold that they show the same moment.",
        )
    return sorted({item.exhibit_number for item in chosen})


def latest_assessment(case: Case) -> dict[str, Any]:
    """The newest assessment.

    Raises
    ------
    NotFoundError
    """
    made = case.records.assessments()
    if not made:
        raise NotFoundError("The case has no assessment yet.", "Make one with: witnessmark assess.")
    return made[-1]


def show_assessment_pictures(case: Case, body: dict[str, Any]) -> list[Path]:
    """Put copies of an assessment's pictures below the case's ``pictures`` folder; they show no footage."""
    folder = case.folder / "pictures" / body["id"]
    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for picture in body["pictures"]:
        path = folder / Path(picture["name"]).name
        put_out(path, case.objects.get(picture["key"]))
        shown.append(path)
    return shown


def _fitted(fit: Fit) -> Plain:
    """How well the space holds a claim, and which gazetteer entries its names were taken for."""
    return {
        "claim_id": fit.region.claim_id,
        "cells": fit.n_cells,
        "steps": fit.n_steps,
        "place_share": fit.place_share,
        "time_share": fit.time_share,
        "looked_up": to_plain(fit.looked_up),
        "notes": list(fit.notes),
    }


def _png(name: str) -> str:
    return name if name.endswith(".png") else f"{name}.png"


def _npy(values: NDArray[np.float64]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
