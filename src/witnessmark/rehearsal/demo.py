"""The demo: a rehearsed incident taken through every room, as an investigator, a reviewer and a dissenter would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from witnessmark.custody.records import Item
from witnessmark.desk.assessing import assess, show_assessment_pictures
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.copies import Answer, look_up
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item, show_pictures
from witnessmark.desk.lawful import attach
from witnessmark.desk.libraries import post
from witnessmark.desk.marking import draw_mark
from witnessmark.desk.outside import FOLDER
from witnessmark.desk.reviewing import review_subject
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.statements import add_claims
from witnessmark.desk.verifying import verify_case
from witnessmark.dossier import Edition, verify
from witnessmark.errors import ClashError, CustodyError, DossierError
from witnessmark.rehearsal.edits import apply_edit
from witnessmark.rehearsal.hand import marks_of
from witnessmark.rehearsal.incident import render_incident
from witnessmark.rehearsal.presets import demo_scenario
from witnessmark.rehearsal.relief import jacksboro_file
from witnessmark.rehearsal.scenario import Scenario
from witnessmark.rehearsal.story import demo_story
from witnessmark.review import Verdict, load_reviewer_key, new_reviewer_key

MARKER = "rehearsal.json"
HAND_SEED = 5
Progress = Callable[[str, float, str], None]
"""(which step, done from 0 to 1, what is being done)"""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo put everything, and what came out.

    Attributes
    ----------
    case : Path
    truth : str
        What was true, in a sentence.
    assessment : dict
    statements : dict of claim id to statement
    known : Answer
        What taking in the likeness told at once: which item it is a copy of, and how it was changed.
    pictures, dossiers : tuple of Path
    """

    case: Path
    truth: str
    assessment: dict[str, Any]
    statements: dict[str, str]
    known: Answer
    pictures: tuple[Path, ...]
    dossiers: tuple[Path, ...]


def run_demo(out: Path, *, scenario: Scenario | None = None, progress: Progress | None = None) -> Demo:
    """Render the incident and take it from intake to two sealed dossiers that verify.

    Parameters
    ----------
    out : Path
        New, empty, or an earlier demo's, which is replaced.
    scenario : Scenario, optional
        `demo_scenario` unless given.
    progress : callable, optional

    Returns
    -------
    Demo

    Raises
    ------
    ClashError
        When `out` holds something else.
    CustodyError, DossierError
        When what was made does not verify.
    """
    tell = progress or (lambda _which, _done, _what: None)
    _make_room(out)
    filmed = scenario or demo_scenario()
    story = demo_story(filmed)
    incident = render_incident(
        filmed, out / "footage", truth_folder=out / "truth", progress=lambda done, what: tell("rehearsal", done, what)
    )
    claims = out / "footage" / "claims.yaml"
    claims.write_text(story.claims_yaml, encoding="utf-8")
    case = new_case(
        out / "case",
        story.reference,
        story.title,
        mandate="A rehearsal: places, parties and footage are invented.",
        operator="A. Investigator (rehearsed)",
        settings={"space": dict(story.space)},
    )
    try:
        first, *later = story.appearances
        taken = add_item(
            case,
            incident.clip,
            method="downloaded from the first known posting (rehearsed)",
            url=first.url,
            appearance=first,
            progress=lambda done, what: tell("intake", done, what),
        )
        for appearance in later:
            post(case, taken.item, appearance)
        likeness = add_item(
            case,
            _re_edited(incident.clip, out / "footage"),
            method="downloaded from the posting that was called a likeness (rehearsed)",
            url=story.likeness.url,
            appearance=story.likeness,
            progress=lambda done, what: tell("intake of the likeness", done, what),
        )
        known = look_up(case, likeness.item, progress=lambda done, what: tell("looking for copies", done, what))
        book = add_claims(case, claims)
        _mark(case, taken.item, out / "truth")
        results = run_lines(case, progress=tell)
        exhibit = taken.item.exhibit_number
        assessment = assess(case, [exhibit], progress=lambda done, what: tell("fusion", done, what))
        _attach(case, results)
        _review(case, out, assessment["id"])
        dossiers = []
        for edition in (Edition.CLOSED, Edition.PUBLIC):
            tell("dossier", 0.0, f"sealing the {edition} edition")
            sealed = seal_case(case, out / f"dossier-{edition}", edition)
            verdict = verify(sealed.path)
            if verdict.exit_code == 1:
                raise DossierError(f"The {edition} dossier does not verify.", verdict.text)
            dossiers.append(sealed.path)
        report = verify_case(case)
        if not report.ok:
            raise CustodyError("The case does not verify.", report.faults[0].what)
        shown = [path for item in (taken.item, likeness.item) for path in show_pictures(case, item, clear=False)]
        pictures = [*shown, *show_assessment_pictures(case, assessment)]
    finally:
        case.close()
    tell("dossier", 1.0, "done")
    statements = {claim.id: claim.statement for claim in book.claims}
    return Demo(out / "case", story.truth, assessment, statements, known, tuple(pictures), tuple(dossiers))


def _re_edited(clip: Path, folder: Path) -> Path:
    """The clip cropped, then mirrored, encoded anew each time and without its tags, as re-posts are."""
    cropped = folder / "cropped.mp4"
    apply_edit(clip, cropped, "crop", seed=5, keep_metadata=False)
    apply_edit(cropped, folder / "likeness.mp4", "mirror", seed=5, keep_metadata=False)
    cropped.unlink()
    return folder / "likeness.mp4"


def _mark(case: Case, item: Item, truth: Path) -> None:
    """Elevation for the case's folder, and on the clip what an analyst would draw: the ridges, a shadow, the sky."""
    folder = case.folder / FOLDER / "elevation"
    folder.mkdir(parents=True)
    shutil.copyfile(jacksboro_file(), folder / "jacksboro.npz")
    for drawn in marks_of(truth / "truth.json", HAND_SEED):
        draw_mark(case, item, drawn.kind, drawn.body, at_pts_s=drawn.at_s)


def _make_room(out: Path) -> None:
    if out.exists() and not (out / MARKER).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise ClashError(f"'{out}' holds something that is not a demo.", "Name another folder with --out DIR.")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARKER).write_text(json.dumps({"made by": "witnessmark demo"}) + "\n", encoding="utf-8")


def _attach(case: Any, results: list[dict[str, Any]]) -> None:
    for result in results:
        if result["kind"] == "finding":
            note = "The time of filming bears on whether a conflict was under way; it says nothing of who acted."
            attach(case, "rome.8-2-a-i.4", result["id"], "context", note)


def _review(case: Any, out: Path, assessment_id: str) -> None:
    opinions = (
        (
            "B. Second (rehearsed)",
            Verdict.SIGN_OFF,
            "Went through every step again; the numbers follow from the inputs.",
        ),
        (
            "C. Third (rehearsed)",
            Verdict.DISSENT,
            "One line of inquiry alone does not carry a date; ask for a record of the weather.",
        ),
    )
    for name, verdict, reasons in opinions:
        path = out / f"reviewer-{name[0].lower()}.key"
        new_reviewer_key(path, name, "independent (rehearsed)")
        review_subject(
            case,
            assessment_id,
            key=load_reviewer_key(path),
            verdict=verdict,
            reasons=reasons,
            conflict_of_interest="none",
        )
