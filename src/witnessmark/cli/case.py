"""Commands on a case: new, restore, set, show, list, linked, timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, pairs, read_roots, table
from witnessmark.desk.case import UNASSIGNED, Case, cases_below, new_case, open_case
from witnessmark.desk.outside import allow_online
from witnessmark.desk.space import build, set_space
from witnessmark.desk.stamping import check_url
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.plain import Plain

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Open a case, set what is weighed, look at it.")

Region = Annotated[str | None, typer.Option(metavar="W,S,E,N", help="Region in degrees, WGS 84.", show_default=False)]
Spacing = Annotated[float, typer.Option(help="Side of a place cell in metres.")]
From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="First instant weighed, with offset.")]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="End of the instants weighed, with offset.")]
Step = Annotated[float, typer.Option(help="Time step in seconds.")]
Prior = Annotated[
    list[str] | None,
    typer.Option(
        "--prior", metavar="NAME=P", help="Prior of an alternative, such as older-footage=0.25; may be repeated."
    ),
]


@app.command("new", epilog="Example:  witnessmark case new ridge --reference 2031-17 --title 'The ridge clip'")
def new(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    reference: Annotated[str, typer.Option(help="The case's reference, such as 2031-17.")],
    title: Annotated[str, typer.Option(help="A title people know it by.")] = "",
    mandate: Annotated[str, typer.Option(help="On what mandate you work.")] = "",
    region: Region = None,
    spacing_m: Spacing = 500.0,
    from_: From = None,
    to: To = None,
    step_s: Step = 600.0,
    prior: Prior = None,
    tsa: Annotated[str | None, typer.Option(metavar="URL", help="RFC 3161 time-stamping authority.")] = None,
    tsa_roots: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Root certificates of the authority that you trust.")
    ] = None,
    unassigned: Annotated[
        bool, typer.Option("--unassigned", help="A shelf for material that belongs to no incident yet.")
    ] = False,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a new case: its folder, its signing key, the first entry of its log."""
    settings: dict[str, Plain] = {"kind": UNASSIGNED} if unassigned else {}
    if _about_space(ctx):
        settings["space"] = _space(region, spacing_m, from_, to, step_s, prior)
        build(_mapping(settings["space"]))
    settings.update(_authority(tsa, tsa_roots))
    case = new_case(folder, reference, title, mandate=mandate, operator=operator, settings=settings)
    try:
        _tell(case, as_json)
    finally:
        case.close()


@app.command("restore", epilog="Example:  witnessmark case restore to-the-court ridge --key case_key.pem")
def restore(
    dossier: Annotated[Path, typer.Argument(metavar="DOSSIER", help="A closed edition that leaves nothing out.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet.")],
    key: Annotated[
        Path | None, typer.Option(metavar="PEM", help="The case's signing key, to go on working on it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a case folder again from a closed edition: log, files and tables, verified. Sealed fields stay sealed."""
    from witnessmark.desk.restoring import restore_case

    done = restore_case(dossier, folder, key_file=key)

    def tell() -> None:
        OUT.print(f"{done.folder}", markup=False)
        OUT.print(f"  case {done.reference}: {done.n_events} events, {done.n_files} files; verified", markup=False)
        if not done.can_be_worked_on:
            OUT.print("  put the case's signing key at keys/case_key.pem to open it; no dossier holds it")

    answer(as_json, done, tell)


@app.command("set", epilog="Example:  witnessmark case set --region 46.0,39.8,46.5,40.1 --from ... --to ...")
def set_(
    ctx: typer.Context,
    region: Region = None,
    spacing_m: Spacing = 500.0,
    from_: From = None,
    to: To = None,
    step_s: Step = 600.0,
    prior: Prior = None,
    tsa: Annotated[str | None, typer.Option(metavar="URL", help="RFC 3161 time-stamping authority.")] = None,
    tsa_roots: Annotated[Path | None, typer.Option(metavar="PEM", help="Its root certificates.")] = None,
    library: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="The organisation's fingerprint library: a folder or a PostgreSQL URL."),
    ] = None,
    places: Annotated[
        Path | None, typer.Option(metavar="STORE", help="The organisation's store of footage of known place: a folder.")
    ] = None,
    online: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A provider that may ask the network, such as glo30; 'none' for none again."),
    ] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set what is weighed, the time-stamping authority, or the organisation's stores. Earlier values stay logged."""
    authority, space = _authority(tsa, tsa_roots), _about_space(ctx)
    if not authority and not space and library is None and places is None and not online:
        raise BadInputError(
            "Nothing to set was given.",
            "Give --region, --from and --to, or --tsa, --tsa-roots, --library, --places or --online.",
        )
    with opened(case_folder, operator) as case:
        if library is not None:
            from witnessmark.desk.libraries import set_library

            set_library(case, library)
        if places is not None:
            from witnessmark.desk.places import set_places

            set_places(case, places)
        if online:
            allow_online(case, online)
        if space:
            set_space(case, _mapping(_space(region, spacing_m, from_, to, step_s, prior)))
        if authority:
            from witnessmark.custody.records import PremisEvent

            case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": authority})
        _tell(case, as_json)


@app.command("show")
def show(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """Show a case: what it holds and what is weighed."""
    with opened(case_folder) as case:
        _tell(case, as_json)


@app.command("list", epilog="Example:  witnessmark case list ~/cases")
def list_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to look.")] = Path("."),
    as_json: JsonOption = False,
) -> None:
    """List the cases in a folder."""
    rows: list[dict[str, Any]] = []
    for path in cases_below(folder):
        try:
            case = open_case(path)
        except WitnessmarkError as error:  # one damaged case must not hide the others
            rows.append({"folder": str(path), "problem": str(error)})
            continue
        rows.append({"folder": str(path), **_summary(case)})
        case.close()

    def tell() -> None:
        if not rows:
            OUT.print(f"No case in '{folder}'. Make one with: witnessmark case new DIR --reference REFERENCE")
            return
        shown = table("Reference", "Title", "Items", "Claims", "Findings", "Folder")
        for row in rows:
            if "problem" not in row:
                counts = (str(row[name]) for name in ("items", "claims", "findings"))
                shown.add_row(row["reference"], row["title"], *counts, row["folder"])
        OUT.print(shown)
        for row in rows:
            if "problem" in row:
                OUT.print(f"cannot be opened: {row['folder']}: {row['problem']}")

    answer(as_json, rows, tell)
    if any("problem" in row for row in rows):
        raise typer.Exit(1)


@app.command("linked", epilog="Example:  witnessmark case linked ~/cases")
def linked(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the cases are.")] = Path("."),
    within_days: Annotated[float, typer.Option(min=0.0, help="Times this far apart are told too.")] = 3.0,
    as_json: JsonOption = False,
) -> None:
    """Show what the cases of a folder share: bytes, copies, sources, accounts, units, names, places, acts, times."""
    from witnessmark.desk.patterns import linked_cases

    found = linked_cases(folder, within_days=within_days)

    def tell() -> None:
        shown = table("Kind", "What", "Between", "")
        for row in found["shared"]:
            between = "; ".join(f"{case}: {where}" for case, where in row.between)
            shown.add_row(row.kind, row.what, between, row.said)
        OUT.print(shown if found["shared"] else f"The {len(found['cases'])} cases share nothing that is looked for.")
        for row in found["not_opened"]:
            OUT.print(f"cannot be opened: {row['folder']}: {row['problem']}")
        OUT.print(found["said"])

    answer(as_json, found, tell)
    if found["not_opened"]:
        raise typer.Exit(1)


@app.command("timeline", epilog="Example:  witnessmark case timeline --html timeline.html")
def timeline_(
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it as a page to look at.", show_default=False)
    ] = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the case in the order of time: what was claimed, filmed, posted, said and done, each with its precision."""
    from witnessmark.desk.pages import write_page
    from witnessmark.desk.timeline import WORK, WORLD, timeline
    from witnessmark.desk.timeline_page import draw

    with opened(case_folder) as case:
        rows = timeline(case)
        if html is not None:
            drawn = [draw(rows, WORLD, "What is told of the world"), draw(rows, WORK, "What was done with it")]
            write_page(case, html, "timeline", {"rows": rows, "drawn": [one for one in drawn if one is not None]})
        reference = case.reference

    def tell() -> None:
        shown = table("From", "To", "Precision", "Kind", "What", "Who")
        for row in rows:
            shown.add_row(*(str(row[name] or "open") for name in ("from", "to")), *_cells(row))
        OUT.print(shown if rows else "Nothing of this case has a time yet.")
        if html is not None:
            OUT.print(f"look at {html}")

    answer(as_json, {"case": reference, "events": rows, "html": None if html is None else str(html)}, tell)


def _cells(row: dict[str, Any]) -> list[str]:
    return [row["precision"], row["kind"], f"{row['what']} ({row['ref']})" if row["ref"] else row["what"], row["who"]]


def _summary(case: Case) -> dict[str, Any]:
    head = case.records.head()
    return {
        "reference": case.reference,
        "title": case.settings["title"],
        "mandate": case.settings["mandate"],
        "kind": case.settings.get("kind", "incident"),
        "created_at": case.settings["created_at"],
        "items": case.records.count_items("evidentiary"),
        "derived": case.records.count_items("derived"),
        "claims": len(case.records.claims()),
        "findings": len(case.records.results("finding")),
        "abstentions": len(case.records.results("abstention")),
        "assessments": len(case.records.assessments()),
        "reviews": len(case.records.reviews()),
        "space": case.settings.get("space"),
        "tsa_url": case.tsa_url,
        "public_key_sha256": case.settings["public_key_sha256"],
        "events": head[0] if head else 0,
        "head_sha256": head[1] if head else None,
    }


def _tell(case: Case, as_json: bool) -> None:
    summary = {"folder": str(case.folder), **_summary(case)}

    def tell() -> None:
        OUT.print(pairs({name.replace("_", " "): _said(value) for name, value in summary.items()}))
        if summary["space"] is None:
            OUT.print("\nNothing is weighed yet: set a region and time axis with witnessmark case set.")

    answer(as_json, summary, tell)


def _said(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(entry)}" for name, entry in value.items())
    if isinstance(value, list):
        return ",".join(str(entry) for entry in value)
    return str(value)


def _space(
    region: str | None, spacing_m: float, from_: str | None, to: str | None, step_s: float, prior: list[str] | None
) -> Plain:
    if region is None or from_ is None or to is None:
        raise BadInputError(
            "A region and both ends of the time axis belong together.", "Give --region, --from and --to."
        )
    try:
        corners = [float(part) for part in region.split(",")]
        if len(corners) != 4:
            raise ValueError
    except ValueError as error:
        raise BadInputError(
            f"'{region}' is not a region.", "Write west,south,east,north in degrees, such as 46.0,39.8,46.5,40.1."
        ) from error
    space: dict[str, Plain] = {
        "region_deg": [*corners],
        "spacing_m": spacing_m,
        "from": from_,
        "to": to,
        "step_s": step_s,
    }
    if prior:
        space["priors"] = dict(_prior(text) for text in prior)
    return space


def _about_space(ctx: typer.Context) -> bool:
    """Whether any part of the space was given, so that no part of it is passed over in silence."""
    names = ("region", "spacing_m", "from_", "to", "step_s", "prior")
    sources = (ctx.get_parameter_source(name) for name in names)
    return any(source is not None and source.name == "COMMANDLINE" for source in sources)


def _prior(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise BadInputError(f"'{text}' is not a prior.", "Write it as older-footage=0.25.") from error


def _authority(url: str | None, roots: Path | None) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    if url is not None:
        check_url(url)
        found["tsa_url"] = url
    if roots is not None:
        found["tsa_roots_pem"] = read_roots(roots)
    return found


def _mapping(value: Plain) -> dict[str, Plain]:
    assert isinstance(value, dict)
    return value
